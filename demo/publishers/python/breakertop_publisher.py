# SPDX-License-Identifier: Apache-2.0
"""pybreaker's circuit breakers on a metrics socket, where `breakertop` shows them and an operator may force them.

Copy this file into a service (Linux, Python 3.9 or later; it needs pybreaker 1.4.1 and nothing else):

    charge = CircuitBreaker(name="payments.charge", fail_max=5, reset_timeout=10)   # instead of pybreaker.CircuitBreaker
    publish("orders", charge, ledger)                                               # once, after any fork

Callers go on as before: `breaker.call`, `@breaker` and `with breaker.calling()`; a forced circuit raises ForcedOpenError,
which is a CircuitBreakerError. The override is kept here, since pybreaker has none that lasts: a forced open refuses every
call before pybreaker sees it, a forced closed lets every call go around pybreaker. Not covered: `call_async` (Tornado) and
storages in Redis.
"""
import atexit
import collections
import contextlib
import decimal
import errno
import fcntl
import inspect
import json
import logging
import os
import pwd
import re
import resource
import secrets
import selectors
import socket
import stat
import struct
import threading
import time
import unicodedata

import pybreaker

LINE, DEPTH, NAME, TEXT, LARGEST = 65_536, 32, 200, 1_000, 2**53 - 1
ACTIONS = ["force_open", "force_closed", "clear", "reset", "probe"]
COLUMNS = ["id", "state", "state_since", "gen", "override", "override_rev", "open_until", "calls_total", "ok_total",
           "failed_total", "ignored_total", "late_total", "rejected_total", "rejected_forced_total", "in_flight",
           "consecutive_failed", "probe_ok", "opened_total", "last_call", "outage_since"]
KEYS = {"type", "client", "interval_ms", "filter", "detail", "events_since", "id", "boot", "circuit", "action", "for_ms",
        "reason", "operator", "if_override_rev", "circuits"}  # that a monitor may send
CAUSES = {("closed", "open"): "rule", ("half_open", "open"): "probe_failed", ("open", "half_open"): "timer",
          ("half_open", "closed"): "probe_ok"}
FREE = {"principal": "", "claimed": "", "reason": "", "since": None, "until": None}  # nobody holds the override
PIECE, ROWS = 256, 128  # 128 rows of these columns always fit into a line
EVENTS, ANSWERS, MONITORS, MISTAKES = 1_024, 1_024, 64, 100
LONGEST = 31 * 24 * 3_600 * 1_000  # of a force, in milliseconds

log = logging.getLogger("breakertop")
_start = time.monotonic()
_started = int(time.time() * 1_000)
# One for all that is published: held for microseconds, never while the service's own code runs.
_lock = threading.RLock()


def up_ms():
    return int((time.monotonic() - _start) * 1_000)


def cut(text, characters=NAME, size=TEXT):
    """A text that fits the wire: no half of a surrogate pair, so long at most."""
    return text[:characters].encode("utf-8", "replace")[:size].decode("utf-8", "ignore")


class ForcedOpenError(pybreaker.CircuitBreakerError):
    """An operator has forced the circuit open."""


class CircuitBreaker(pybreaker.CircuitBreaker):
    """pybreaker's circuit breaker with counters and an override."""

    def __init__(self, *args, name, **options):
        if not name or len(name.encode()) > NAME:
            raise ValueError(f"a circuit's name must have 1 to {NAME} bytes, not {name!r}")
        super().__init__(*args, name=name, **options)
        self.circuit = Circuit(self)
        self.add_listener(self.circuit)

    def call(self, func, *args, **options):
        if inspect.isgeneratorfunction(func):  # as in `with breaker.calling()`
            return self._generate(func, args, options)
        return self._call(Ticket.run, func, args, options)

    def call_async(self, func, *args, **options):
        raise NotImplementedError("call_async would go around the override and the counters")

    def _generate(self, func, args, options):
        # Admitted when it is first asked for a value: one that nobody runs must not be in flight for ever.
        return (yield from self._call(Ticket.iterate, func, args, options))

    def _call(self, how, func, args, options):
        with _lock:  # A forced circuit answers at once, even while pybreaker is busy with a call.
            ticket = self.circuit.admit_forced()
        if ticket is None:
            with self._lock:  # pybreaker lets one call in at a time, and so does what is around it
                ticket = self._admit()
                if not ticket.passes:
                    try:
                        return super().call(how, ticket, func, *args, **options)
                    except BaseException as error:
                        ticket.end(error)  # where another listener refused it
                        raise
        return how(ticket, func, *args, **options)

    def _admit(self):
        while True:
            with _lock:
                ticket, step = self.circuit.admit()
            if ticket:
                return ticket
            step()  # outside the lock, for it calls the service's listeners


class Ticket:
    """One admitted call."""

    def __init__(self, circuit, passes):
        self.circuit, self.passes, self.epoch, self.begun, self.ended = circuit, passes, circuit.epoch, time.monotonic(), False
        self.is_probe = circuit.state == "half_open" and not passes

    def run(self, func, /, *args, **options):
        with self:
            return func(*args, **options)

    def iterate(self, func, /, *args, **options):
        with self:
            return (yield from func(*args, **options))

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.end(error)

    def end(self, error):
        failed = error is not None and self.circuit.breaker.is_system_error(error)
        with _lock:
            if not self.ended:
                self.ended = True
                self.circuit.finish(self, error, failed)


class Circuit(pybreaker.CircuitBreakerListener):
    """What is published about one breaker, and its override. Everything but the listener's functions needs the lock."""

    def __init__(self, breaker):
        self.breaker, self.publisher, self.id, self.revision = breaker, None, 0, 0
        self.state, self.since, self.gen, self.open_until, self.trip = "closed", up_ms(), 1, None, None
        self.outage = None  # since when it is not closed
        # Rises with a clear, reset or probe: results of calls from before count as late.
        self.epoch = 0
        # What pybreaker is to do before its next call; never done in a command, which must not wait for a call in progress.
        self.due = None
        self.mode, self.rev, self.until, self.slot, self.last_change = "none", 0, None, FREE, "nobody has changed it"
        self.calls = self.ok = self.failed = self.ignored = self.late = self.rejected = self.rejected_forced = self.in_flight = 0
        self.opened, self.last_call, self.errors = 0, None, collections.deque(maxlen=20)
        self.budget, self.left_out = Bucket(20, 20), collections.Counter()

    # Calls.

    def admit_forced(self):
        """A ticket around pybreaker under a forced closed, None without an override."""
        self.expire()
        self.last_call = up_ms()
        if self.mode == "forced_open":
            self.rejected_forced += 1
            raise ForcedOpenError(f"{self.breaker.name} is forced open: {self.slot['reason']}")
        return self.begin(passes=True) if self.mode == "forced_closed" else None

    def admit(self):
        """A ticket, or what pybreaker must do first. pybreaker's own lock is held."""
        ticket = self.admit_forced()  # again: the call may have waited for others
        if ticket:
            return ticket, None
        if self.due:
            step, self.due = self.due, None
            return None, step
        if self.state == "open":
            # Decided here, in one with the count, instead of by pybreaker's wall clock.
            if up_ms() >= self.open_until:
                return None, self.breaker.half_open
            self.rejected += 1
            raise pybreaker.CircuitBreakerError("Timeout not elapsed yet, circuit breaker still open")
        return self.begin(passes=False), None

    def begin(self, passes):
        self.calls, self.in_flight = self.calls + 1, self.in_flight + 1
        return Ticket(self, passes)

    def finish(self, ticket, error, failed):
        self.in_flight -= 1
        if ticket.epoch != self.epoch:
            self.late += 1
            return
        if error is None:
            self.ok += 1
        elif failed:
            self.failed += 1
        else:
            self.ignored += 1  # an exception that pybreaker is told to exclude
        if ticket.is_probe:
            us = int((time.monotonic() - ticket.begun) * 1_000_000)
            self.tell("probe", ok=not failed, us=us, **({"error": type(error).__name__} if failed else {}))

    # What pybreaker tells.

    def failure(self, cb, exc):
        try:
            message = str(exc)
        except Exception:  # A broken error must not break the call's own.
            message = ""
        with _lock:
            self.errors.append((cut(type(exc).__name__), cut(message)))

    def state_change(self, cb, old_state, new_state):
        state = new_state.name.replace("-", "_")
        with _lock:
            if self.due or state == self.state:
                return  # the verdict of a late call, which the next one undoes; or what was told when it was commanded
            cause = CAUSES.get((self.state, state), "health_check")  # the service itself has moved it
            if state == "open":
                self.trip = self.describe_trip(cause)
            self.move(state, cause)

    def describe_trip(self, cause):
        counts = collections.Counter(self.errors)
        newest = list(dict.fromkeys(reversed(self.errors)))[:5]
        limit = {"threshold_count": self.breaker.fail_max} if cause == "rule" else {}
        return {"at": up_ms(), "rule": "consecutive_failures" if cause == "rule" else cause, **limit,
                "consecutive_failed": self.breaker.fail_counter,
                "errors": [{"type": error[0], "message": error[1], "count": counts[error]} for error in newest]}

    def move(self, state, cause):
        previous, self.state, self.since, self.gen = self.state, state, up_ms(), self.gen + 1
        self.open_until = None
        self.outage = None if state == "closed" else self.since if self.outage is None else self.outage
        if state == "open":
            self.open_until, self.opened = self.since + int(self.breaker.reset_timeout * 1_000), self.opened + 1
        else:
            self.errors.clear()
        if previous != state:
            self.change()
            trip = {"trip": self.trip} if state == "open" else {}
            self.tell("state", **{"from": previous}, to=state, gen=self.gen, cause=cause, **trip)

    # The override.

    def refusal(self, command):
        action, expected = command["action"], command["if_override_rev"]
        if expected not in (None, self.rev):
            return "override_conflict", f"the override is at revision {self.rev}, not {expected}: {self.last_change}"
        if action == "clear" and self.mode == "none":
            return "not_applicable", "there is no override to clear"
        if action == "probe" and (self.state != "open" or self.mode == "forced_open"):
            return "not_applicable", f"only an open circuit that is not forced can probe early (it is {self.state}, {self.mode})"
        return None

    def perform(self, command, principal):
        action, forced = command["action"], self.mode
        if action in ("force_open", "force_closed"):
            self.override(action.replace("force_", "forced_"), "command", principal, command)
            return
        if action in ("clear", "reset") and forced != "none":
            self.override("none", "command", principal, command)
        if action == "reset":
            self.resume("closed", "reset")
        elif action == "probe":
            self.resume("half_open", "probe_command")
        elif forced == "forced_open":
            self.resume("half_open", "clear")

    def expire(self):
        if self.until is not None and up_ms() >= self.until:
            forced = self.mode
            self.override("none", "expiry", "expiry", {"operator": "", "reason": "", "for_ms": None})
            if forced == "forced_open":
                self.resume("half_open", "clear")

    def override(self, mode, cause, principal, command):
        previous, self.mode, self.rev, now = self.mode, mode, self.rev + 1, up_ms()
        self.until = None if mode == "none" or command["for_ms"] is None else now + command["for_ms"]
        self.slot = FREE if mode == "none" else {"principal": principal, "claimed": command["operator"],
                                                 "reason": command["reason"], "since": now, "until": self.until}
        self.last_change = f"set to {mode} by {principal} {command['operator']} at {time.strftime('%H:%M:%S')}"
        self.change()
        self.tell("override", **{"from": previous}, to=mode, cause=cause, rev=self.rev, **self.slot)

    def resume(self, state, cause):
        self.epoch += 1
        self.due = self.breaker.close if state == "closed" else self.breaker.half_open
        self.move(state, cause)

    # What monitors see.

    def describe(self):
        breaker, slot = self.breaker, {"mode": self.mode, "rev": self.rev, **self.slot}
        return {"type": "circuit", "id": self.id, "name": breaker.name,
                "rule": {"name": "consecutive_failures", "threshold_count": breaker.fail_max},
                "open_ms": int(breaker.reset_timeout * 1_000), "probe_limit": 1, "probe_need": breaker.success_threshold,
                "override": slot, **({"trip": self.trip} if self.trip else {})}

    def row(self):
        """The values of COLUMNS."""
        probe_ok = None if self.state != "half_open" else 0 if self.due else self.breaker.success_counter
        consecutive_failed = 0 if self.due and self.state == "closed" else self.breaker.fail_counter
        return (self.id, self.state, self.since, self.gen, self.mode, self.rev, self.open_until, self.calls, self.ok, self.failed,
                self.ignored, self.late, self.rejected, self.rejected_forced, self.in_flight, consecutive_failed, probe_ok,
                self.opened, self.last_call, self.outage)

    def change(self):
        if self.publisher:
            self.publisher.revision += 1
            self.revision = self.publisher.revision

    def tell(self, kind, **fields):
        if not self.publisher:
            return
        if kind in ("state", "probe") and not self.budget.take():
            self.left_out[kind] += 1
        else:
            self.publisher.tell(self.id, kind, fields)


class Bucket:
    """Lets `rate` through a second, and `burst` at once after a pause."""

    def __init__(self, rate, burst):
        self.rate, self.burst, self.level, self.filled, self.was_empty = rate, burst, burst, time.monotonic(), False

    def take(self):
        now = time.monotonic()
        self.level = min(self.burst, self.level + (now - self.filled) * self.rate)
        self.filled = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


class Publisher:
    """Serves circuits on a metrics socket, on a thread of its own, until `close`."""

    def __init__(self, service, breakers, instance, operators, read_only):
        instance = instance or os.environ.get("BREAKERTOP_INSTANCE") or service
        for name in (service, instance):
            if not name or len(name.encode()) > NAME:
                raise ValueError(f"the names of service and instance must have 1 to {NAME} bytes, not {name!r}")
        self.operators, self.read_only = operators, read_only
        # Our own name now: looking one up for each monitor might wait for a directory service.
        self.names = {}
        with contextlib.suppress(KeyError):
            self.names[os.geteuid()] = pwd.getpwuid(os.geteuid()).pw_name
        self.circuits, self.revision = [], 0
        self.events, self.seq = collections.deque(maxlen=EVENTS), 0
        self.answers, self.rates, self.left_out = collections.OrderedDict(), {}, 0
        self.boot = secrets.token_hex(8)
        self.hello = {"type": "hello", "protocol": {"major": 1, "minor": 0}, "service": service, "instance": instance,
                      "boot": self.boot, "env": cut(os.environ.get("BREAKERTOP_ENV", ""), size=NAME), "pid": os.getpid(),
                      "host": cut(socket.gethostname()), "started": _started, "keeps_overrides": False,
                      "columns": COLUMNS, "actions": ACTIONS}
        self.claim = Claim(service, instance)
        self.stopping, self.monitors = False, set()
        self.wake_read, self.wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        for breaker in breakers:
            self.add(breaker)
        self.thread = threading.Thread(target=self._run, name="breakertop", daemon=True)
        self.thread.start()
        atexit.register(self.close)

    def add(self, breaker):
        """Publishes one more breaker."""
        with _lock:
            if any(circuit.breaker.name == breaker.name for circuit in self.circuits):
                raise ValueError(f"there is a circuit {breaker.name!r} already")
            circuit = breaker.circuit
            self.circuits.append(circuit)
            circuit.publisher, circuit.id = self, len(self.circuits)
            circuit.change()
        self.wake()

    def close(self):
        """Says goodbye to the monitors and removes the socket; takes a second at most. May be called twice."""
        atexit.unregister(self.close)
        self.stopping = True
        self.wake()
        self.thread.join(2)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def wake(self):
        with contextlib.suppress(OSError):  # full: it is awake already
            os.write(self.wake_write, b"!")

    def tell(self, circuit, kind, fields):
        """Appends an event; needs the lock."""
        self.seq += 1
        self.events.append({"type": "event", "t": int(time.time() * 1_000), "up_ms": up_ms(), "seq": self.seq, "circuit": circuit,
                            "kind": kind, **fields})
        self.wake()
        return self.seq

    def advance(self):
        """What is due without traffic, once a second."""
        with _lock:
            for circuit in self.circuits:
                circuit.expire()
                for kind, count in circuit.left_out.items():
                    self.tell(circuit.id, "suppressed", {"suppressed_kind": kind, "count": count})
                circuit.left_out.clear()
            if self.left_out:
                self.tell(None, "suppressed", {"suppressed_kind": "command", "count": self.left_out})
                self.left_out = 0

    # Commands.

    def handle(self, command, uid):
        """A command's `result`. The checks come in the protocol's order."""
        name = self.names.get(uid)
        principal = f"uid {uid} ({name})" if name else f"uid {uid}"
        with _lock:
            rate, told = self.rates.setdefault(uid, (Bucket(20, 20), Bucket(1, 10)))  # few users can open a socket of mode 0600
            granted = rate.take()
            still_flooding, rate.was_empty = rate.was_empty and not granted, not granted
            refusal = self.refusal(command, uid, principal, granted)
            known = None if refusal else self.answers.get(command["id"])
            if known and known[0] == command:
                log.warning("command answered again %s", json.dumps(command))
                return known[1]
            if known:
                refusal = "id_conflict", f"id {command['id']} was used before for another command; use a new id"
            if refusal:
                return self.refuse(command, principal, refusal, None if still_flooding else told)
            answer = self.perform(command, principal, told)
            self.answers[command["id"]] = command, answer
            if len(self.answers) > ANSWERS:
                self.answers.popitem(last=False)
            return answer

    def refusal(self, command, uid, principal, granted):
        if command["action"] not in ACTIONS:
            return "unsupported", f"this service cannot do {command['action']}"
        if self.read_only:
            return "read_only", "this publisher is read-only: it takes no commands"
        if uid not in self.operators:
            return "not_allowed", f"{principal} only observes here"
        if command["boot"] != self.boot:
            return "wrong_boot", f"the service has restarted: this is boot {self.boot}, not {command['boot']}; look again"
        return None if granted else ("rate_limited", "more than 20 commands a second; send it again later")

    def perform(self, command, principal, told):
        if (command["for_ms"] or 0) > LONGEST:
            return self.refuse(command, principal, ("invalid", f"for_ms is at most {LONGEST}, or null for until cleared"), told)
        circuit = self.find(command)
        if not circuit:
            return self.refuse(command, principal, ("unknown_circuit", f"there is no circuit {command['circuit']}"), told)
        circuit.expire()
        refusal = circuit.refusal(command)
        if refusal:
            return self.refuse(command, principal, refusal, told)
        seq = self.record(command, principal, {"ok": True})
        circuit.perform(command, principal)
        return {"type": "result", "id": command["id"], "ok": True, "seq": seq}

    def refuse(self, command, principal, refusal, told):
        """The refusal as an answer; recorded as far as `told` lets it, since a flood must not wash away what others did."""
        code, message = refusal
        if told and told.take():
            self.record(command, principal, {"ok": False, "code": code})
        elif told:
            self.left_out += 1
            log.warning("command refused: %s %s", code, json.dumps(command))
        return {"type": "result", "id": command["id"], "ok": False, "error": {"code": code, "message": cut(message, TEXT)}}

    def record(self, command, principal, outcome):
        # A number of another boot says nothing about a circuit of this one.
        circuit = None if outcome.get("code") == "wrong_boot" else self.find(command)
        # As JSON, since what a peer sent must not forge lines of the log.
        log.warning("command by %s: %s %s", principal, json.dumps(outcome), json.dumps(command))
        return self.tell(circuit.id if circuit else None, "command", {
            "id": command["id"], "action": command["action"], "principal": principal, "claimed": command["operator"],
            "reason": command["reason"], **outcome})

    def find(self, command):
        number = command["circuit"]
        return self.circuits[number - 1] if number <= len(self.circuits) else None

    # The thread.

    def _run(self):
        seats = min(MONITORS, max(1, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4))
        with selectors.DefaultSelector() as selector:
            selector.register(self.claim.listener, selectors.EVENT_READ)
            selector.register(self.wake_read, selectors.EVENT_READ)
            tick = time.monotonic()
            while not self.stopping:
                due = min([tick + 1, *(monitor.due() for monitor in self.monitors)])
                for key, _ in selector.select(max(0, due - time.monotonic())):
                    if key.fileobj is self.claim.listener:
                        self._accept(selector, seats)
                    elif key.fileobj == self.wake_read:
                        os.read(self.wake_read, 4_096)
                if time.monotonic() >= tick + 1:
                    tick = time.monotonic()
                    self.advance()
                for monitor in list(self.monitors):
                    self._serve(monitor, selector)
        self._say_goodbye()

    def _accept(self, selector, seats):
        try:
            connection, _ = self.claim.listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                time.sleep(0.1)  # It stays readable: without a pause this would be a busy loop.
            return
        connection.setblocking(False)
        if len(self.monitors) >= seats:
            message = f"{seats} monitors are connected already; try again later"
            with contextlib.suppress(OSError), connection:
                connection.send(encode({"type": "error", "code": "too_many_connections", "message": message, "line": None}))
            return
        monitor = Monitor(self, connection)
        self.monitors.add(monitor)
        selector.register(connection, selectors.EVENT_READ, monitor)

    def _serve(self, monitor, selector):
        try:
            wants = monitor.serve()
        except OSError:
            wants = 0
        except Exception:  # A mistake here must cost one monitor, not the service's publisher.
            log.exception("a monitor's conversation failed")
            wants = 0
        if wants:
            selector.modify(monitor.connection, wants, monitor)
        else:
            selector.unregister(monitor.connection)
            monitor.connection.close()
            self.monitors.discard(monitor)

    def _say_goodbye(self):
        self.claim.remove_socket()  # nobody new is to find a service that says goodbye
        end = time.monotonic() + 1
        for monitor in self.monitors:
            monitor.end({"type": "bye", "reason": "shutdown"})
            with contextlib.suppress(OSError), monitor.connection as connection:
                monitor.compose()
                connection.settimeout(max(0.01, end - time.monotonic()))
                connection.sendall(monitor.out)
        self.claim.release()


class Monitor:
    """One connection: its lines come in, answers and facts go out. It queues answers only; of facts it knows how far it got."""

    def __init__(self, publisher, connection):
        self.publisher, self.connection, self.opened = publisher, connection, time.monotonic()
        self.uid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
        self.input, self.skipping, self.lines, self.mistakes = bytearray(), False, 0, 0
        self.answers, self.out, self.blocked, self.ending = [publisher.hello], b"", None, False
        self.interval, self.filter, self.wanted = None, None, set()
        self.revision, self.seq, self.replay_end, self.is_live, self.more = 0, 0, 0, False, False
        self.next_sample, self.position, self.sample_seq, self.sent = 0, None, 0, {}

    def due(self):
        """When it is to be served again, if nothing happens before."""
        if self.out:
            return self.blocked + 10
        if self.more or self.answers:
            return 0
        return self.opened + 5 if self.interval is None else _start + self.next_sample / 1_000

    def serve(self):
        """Reads, sends; the events to wait for, or 0 when the conversation is over."""
        if not self.ending:
            self.read()
        if self.interval is None and not self.ending and time.monotonic() >= self.opened + 5:
            self.fail("timeout", "no `subscribe` within 5 s", line=None)
        if not self.out:
            self.compose()
            self.blocked = time.monotonic()
        if self.out:
            with contextlib.suppress(BlockingIOError):
                self.out = self.out[self.connection.send(self.out):]
        if self.out:
            if time.monotonic() >= self.blocked + (1 if self.ending else 10):
                return 0
            return selectors.EVENT_WRITE if self.is_full() or self.ending else selectors.EVENT_READ | selectors.EVENT_WRITE
        return 0 if self.ending else selectors.EVENT_READ

    def is_full(self):
        return len(self.answers) >= 64

    def read(self):
        self.take_lines()
        if self.is_full() or self.ending:
            return
        try:
            data = self.connection.recv(LINE)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionResetError("the monitor closed the connection")
        self.input += data
        self.take_lines()

    def take_lines(self):
        while not self.ending and not self.is_full():
            end = self.input.find(b"\n")
            if end < 0 and len(self.input) <= LINE:
                return
            line, is_long = bytes(self.input[:max(end, 0)]), end < 0 or end > LINE
            del self.input[:end + 1 if end >= 0 else None]
            if not self.skipping:
                self.lines += 1
                self.take(line, is_long)
            self.skipping = end < 0

    def take(self, line, is_long):
        try:
            if is_long:
                raise WireError("line_too_long", f"a line may have at most {LINE} bytes")
            message = parse(line)
            kind = message.take("type", text(NAME, least=1))
            # Read whole before it is asked whether it belongs here. There are no histograms for `detail`.
            read = {"subscribe": read_subscribe, "command": read_command, "detail": lambda detail: detail.take("circuits", circuits)}
            content = read[kind](message) if kind in read else None
            if kind not in read or (kind == "subscribe") != (self.interval is None):
                raise WireError("unexpected", f"a `{cut(kind, 40)}` does not belong here")
            if kind == "subscribe":
                self.subscribe(*content)
            elif kind == "command":
                self.answers.append(self.publisher.handle(content, self.uid))
        except WireError as error:
            is_known = error.code != "unexpected" or kind in ("command", "detail")
            self.mistakes += 1
            if self.interval is None and is_known or self.mistakes > MISTAKES:
                self.fail(error.code, str(error), self.lines)
            else:
                self.answers.append({"type": "error", "code": error.code, "message": cut(str(error), TEXT), "line": self.lines})

    def subscribe(self, interval, wanted, since):
        self.interval = min(max(interval, 100), 60_000)
        self.filter = None if wanted is None else unicodedata.normalize("NFC", wanted)
        role = "operator" if self.uid in self.publisher.operators and not self.publisher.read_only else "observer"
        self.answers.append({"type": "subscribed", "interval_ms": self.interval, "role": role,
                             "limits": {"line_bytes": LINE, "commands_per_second": 20}})
        with _lock:
            self.replay_end = self.publisher.seq
            self.seq = since if since is not None and since <= self.replay_end else self.replay_start()
        self.more = True

    def replay_start(self):
        room, start = LINE, self.replay_end
        for event in list(self.publisher.events)[:-PIECE - 1:-1]:
            room -= len(encode({**event, "replayed": True}))
            if room < 0:
                break
            start = event["seq"] - 1
        return start

    def fail(self, code, message, line):
        self.end({"type": "error", "code": code, "message": cut(message, TEXT), "line": line})

    def end(self, message):
        self.answers.append(message)
        self.ending = True

    def compose(self):
        messages, self.answers, self.more = self.answers, [], False
        if self.interval is not None and not self.ending:
            with _lock:
                self.append_facts(messages)
        self.out = b"".join(map(encode, messages))

    def append_facts(self, messages):
        """Descriptions, then events, then rows, a bounded piece of each."""
        publisher = self.publisher
        changed = sorted((circuit for circuit in publisher.circuits if circuit.revision > self.revision),
                         key=lambda circuit: circuit.revision) if self.revision < publisher.revision else []
        for circuit in changed[:PIECE]:
            self.revision = circuit.revision
            if self.filter is None or self.filter in unicodedata.normalize("NFC", circuit.breaker.name):
                self.wanted.add(circuit.id)
                messages.append(circuit.describe())
        self.more = len(changed) > PIECE
        if self.more:
            return
        self.append_events(messages)
        self.more = self.seq < publisher.seq
        if not self.is_live and self.seq < self.replay_end:
            return
        if not self.is_live or self.position is not None or up_ms() >= self.next_sample:
            messages.append(self.sample())
            self.more = self.more or self.position is not None
            if self.position is None and not self.is_live:
                self.is_live = True
                messages.append({"type": "ready"})

    def append_events(self, messages):
        publisher = self.publisher
        oldest = publisher.seq - len(publisher.events) + 1
        if self.seq < oldest - 1:
            messages.append({"type": "gap", "from": self.seq + 1, "to": oldest - 1})
            self.seq = oldest - 1
        first = self.seq - oldest + 1
        for index in range(first, min(first + PIECE, len(publisher.events))):
            event = publisher.events[index]
            self.seq = event["seq"]
            if event["circuit"] is None or event["circuit"] in self.wanted:
                messages.append({**event, "replayed": True} if self.seq <= self.replay_end else event)

    def sample(self):
        """The next piece of a sample: rows that changed since the last one, read now."""
        if self.position is None:
            self.position, self.sample_seq = 0, self.publisher.seq
        rows, all_circuits, now = [], self.publisher.circuits, up_ms()
        while self.position < len(all_circuits) and len(rows) < ROWS:
            row = all_circuits[self.position].row()
            self.position += 1
            if row[0] in self.wanted and self.sent.get(row[0]) != row:
                self.sent[row[0]] = row
                rows.append(row)
        message = {"type": "sample", "t": int(time.time() * 1_000), "up_ms": now, "seq": self.sample_seq, "rows": rows}
        if self.position >= len(all_circuits):
            self.position = None
            self.next_sample = (now // self.interval + 1) * self.interval
            message["end"] = True
        return message


# Lines.


class WireError(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Fields(dict):
    """An object of a line, which knows its keys that were there twice."""

    def __init__(self, pairs):
        super().__init__(pairs)
        self.twice = {key for key, count in collections.Counter(key for key, _ in pairs).items() if count > 1}

    def take(self, name, check, *default):
        value = self.get(name)
        if value is None and not default:
            raise WireError("missing_field", f"`{name}` is missing or null")
        return default[0] if value is None else check(name, value)


def parse(line):
    """A line as one object; numbers are exact."""
    depth = deepest = 0
    for bracket in re.sub(rb'"(?:[^"\\]|\\.)*"', b"", line):
        depth += (bracket in b"{[") - (bracket in b"}]")
        deepest = max(deepest, depth)
    if deepest > DEPTH:
        raise WireError("too_deep", f"nested deeper than {DEPTH} levels")
    try:
        message = json.loads(line.decode(), object_pairs_hook=Fields, parse_int=decimal.Decimal, parse_float=decimal.Decimal,
                             parse_constant=lambda word: json.loads(""))
        json.dumps(message, ensure_ascii=False, default=str).encode()  # fails on half of a surrogate pair
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise WireError("malformed", f"not JSON: {error}") from None
    if not isinstance(message, Fields):
        raise WireError("malformed", "a line must be one object")
    if not message.twice.isdisjoint(KEYS):
        raise WireError("malformed", f"`{min(message.twice & KEYS)}` is there twice")
    return message


def integer(least):
    def check(name, value):
        if not isinstance(value, decimal.Decimal) or not least <= value <= LARGEST or value != int(value):
            raise WireError("bad_value", f"`{name}` must be an integer from {least} to {LARGEST}")
        return int(value)
    return check


def text(most, least=0, characters=None, pattern=""):
    def check(name, value):
        if not isinstance(value, str) or not least <= len(value.encode()) <= most or not re.match(pattern, value):
            raise WireError("bad_value", f"`{name}` must be a text of {least} to {most} bytes {pattern}".rstrip())
        # People count a letter and its accents as one.
        if characters and sum(not unicodedata.category(character).startswith("M") for character in value) > characters:
            raise WireError("bad_value", f"`{name}` must have at most {characters} characters")
        return value
    return check


def circuits(name, value):
    if not isinstance(value, list) or len(value) > 64:
        raise WireError("bad_value", f"`{name}` must be a list of at most 64 circuits")
    return [integer(1)(name, number) for number in value]


def read_subscribe(message):
    """The interval, the filter and the number of an event, where they are."""
    message.take("client", text(NAME, least=1))
    message.take("detail", circuits, None)
    return (message.take("interval_ms", integer(1)), message.take("filter", text(NAME), None),
            message.take("events_since", integer(0), None))


def read_command(message):
    uuid, hexadecimal = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z", r"[0-9a-fA-F]{16}\Z"
    action = "(" + "|".join(ACTIONS) + r")\Z"
    command = {
        "id": message.take("id", text(NAME, pattern=uuid)), "boot": message.take("boot", text(NAME, pattern=hexadecimal)),
        "circuit": message.take("circuit", integer(1)), "action": message.take("action", text(NAME, pattern=action)),
        "for_ms": message.take("for_ms", integer(1), None), "reason": message.take("reason", text(TEXT, characters=200), ""),
        "operator": message.take("operator", text(TEXT, characters=200), ""),
        "if_override_rev": message.take("if_override_rev", integer(0), None)}
    if not command["action"].startswith("force_"):
        command["for_ms"] = None
    elif "for_ms" not in message:  # to forget it must not mean for ever
        raise WireError("missing_field", "`for_ms` is missing; say how many milliseconds, or null for until cleared")
    return command


def encode(message):
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


# Where.


class Claim:
    """The right to a name in the folder, and the socket that listens there. The lock, not the file, says who lives."""

    def __init__(self, service, instance):
        folder = find_folder()
        for number in range(1, 17):
            stem = f"{folder}/{file_name(service)}.{file_name(instance)}" + (f".{number}" if number > 1 else "")
            self.path, self.lock_path = f"{stem}.sock", f"{stem}.lock"
            if len(os.fsencode(self.path)) > 107:
                raise OSError(f"socket path '{self.path}' is longer than 107 bytes; set BREAKERTOP_DIR to a shorter folder")
            self.lock = self._take_lock()
            if self.lock is not None:
                break
        else:
            raise OSError(f"16 live publishers are named {service}/{instance} in '{folder}'; give each a name of its own")
        try:
            self._listen()
        except BaseException:
            os.close(self.lock)
            raise

    def _listen(self):
        with contextlib.suppress(FileNotFoundError):  # what a dead holder left
            if not stat.S_ISSOCK(os.lstat(self.path).st_mode):
                raise OSError(f"'{self.path}' is in the way and is no socket; remove it")
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.setblocking(False)
        os.fchmod(self.listener.fileno(), 0o600)  # before there is a file that others could open
        self.listener.bind(self.path)
        os.chmod(self.path, 0o600)
        self.listener.listen(64)
        self.inode = os.lstat(self.path).st_ino

    def _take_lock(self):
        while True:
            lock = os.open(self.lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # The last holder may have removed the file between our opening and locking it.
                if os.path.samestat(os.fstat(lock), os.lstat(self.lock_path)):
                    return lock
                os.close(lock)
            except FileNotFoundError:
                os.close(lock)
            except BlockingIOError:
                os.close(lock)
                return None

    def remove_socket(self):
        with contextlib.suppress(OSError):
            if os.lstat(self.path).st_ino == self.inode:
                os.unlink(self.path)

    def release(self):
        self.remove_socket()
        self.listener.close()
        with contextlib.suppress(OSError):
            os.unlink(self.lock_path)  # while it is still held
        os.close(self.lock)


def file_name(text):
    safe = "".join(chr(byte) if re.match(rb"[A-Za-z0-9._-]", bytes([byte])) else f"%{byte:02X}" for byte in text.encode())
    return "%2E" + safe[1:] if safe.startswith(".") else safe


def find_folder():
    """The first folder that is usable, made if need be. One that is not safe is an error: somebody may have put it there."""
    def writable(path):
        return os.access(path, os.W_OK | os.X_OK)

    chosen, runtime = os.environ.get("BREAKERTOP_DIR"), os.environ.get("XDG_RUNTIME_DIR")
    if chosen:
        return check_folder(chosen, make=True)
    if writable("/run/breakertop"):
        return check_folder("/run/breakertop", make=False)
    if runtime and writable(f"{runtime}/breakertop" if os.path.lexists(f"{runtime}/breakertop") else runtime):
        return check_folder(f"{runtime}/breakertop", make=True)
    return check_folder(f"/tmp/breakertop-{os.geteuid()}", make=True)


def check_folder(path, make):
    path = path.rstrip("/") or "/"  # lstat("link/") would follow the link
    if make:
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
    status = os.lstat(path)
    if not stat.S_ISDIR(status.st_mode):
        raise OSError(f"'{path}' is no folder, or a symbolic link, which somebody else could turn; name the folder itself")
    if status.st_uid not in (0, os.geteuid()) or status.st_mode & 0o022:
        raise OSError(f"folder '{path}' (owner uid {status.st_uid}, mode {status.st_mode & 0o7777:o}) must belong to you or root"
                      " and be writable by nobody else; use a folder of your own, made by: mkdir -m 700 FOLDER")
    return path


def publish(service, *breakers, instance=None, operators=None, read_only=False):
    """Publishes breakers until the process ends in order or `close` is called.

    `operators` are the numbers of users who may give commands; by default this process's own. Raises OSError when there is
    no place for the socket. Signals are the service's own business: a SIGTERM that ends it by `sys.exit` says goodbye, one
    that just kills is seen as a loss.
    """
    return Publisher(service, breakers, instance, {os.geteuid()} if operators is None else set(operators), read_only)
