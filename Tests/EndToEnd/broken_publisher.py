#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A publisher written from Protocol.md, with circuits that live by themselves. It keeps every rule, or all but one.

usage: broken_publisher.py PATH [--break RULE] [--observer] [--stop-when-alone] [--actions LIST] [--reckless] [--held] [--intrude N]

What is broken is marked by `broken("rule")`, so that each rule's breach stands beside the code that keeps it.
"""
import argparse
import collections
import json
import os
import re
import select
import signal
import socket
import threading
import time
import uuid

COLUMNS = [
    "id", "state", "gen", "override", "override_rev", "calls_total", "ok_total", "failed_total", "timeout_total", "ignored_total",
    "slow_total", "late_total", "rejected_total", "rejected_forced_total", "in_flight", "win_calls", "win_failed", "retry_total",
    "state_since", "open_until", "last_call", "from_the_future",
]
STATE_SINCE = COLUMNS.index("state_since")
ACTIONS = ["force_open", "clear", "reset", "probe"]
KNOWN_ACTIONS = ACTIONS + ["force_closed"]
BODY = ["id", "boot", "circuit", "action", "for_ms", "reason", "operator", "if_override_rev"]
OPEN_TIME, LONGEST, CHARACTERS, DETAIL, RATE = 200, 2**53 - 1, 200, 64, 20
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
LINE, DEPTH, KEPT, ROWS = 65_536, 32, 60, 256
BROKEN = None


def broken(rule):
    return BROKEN == rule


class Mistake(Exception):
    """A line that cannot be used: the code of the answer, and which rule asks for it."""

    def __init__(self, code, rule, message):
        super().__init__(message)
        self.code, self.rule = code, rule


class Circuit:
    def __init__(self, number, name):
        self.id, self.name = number, name
        self.state, self.gen, self.mode, self.rev, self.since, self.until = "closed", 0, "none", 0, None, None
        self.claimed = self.reason = ""
        self.calls = self.failed = self.rejected = self.forced = self.changed = 0
        self.trip, self.latencies, self.state_since, self.last_call = None, collections.Counter(), 0, None

    def description(self):
        message = {
            "type": "circuit", "id": self.id, "name": self.name, "tags": {"team": "ledger"},
            "rule": {"name": "consecutive_failures", "threshold_count": 5}, "open_ms": OPEN_TIME,
            "override": {"mode": self.mode, "rev": self.rev, "claimed": self.claimed, "reason": self.reason, "since": self.since, "until": self.until},
        }
        if self.trip:
            message["trip"] = self.trip
        if broken("circuit-fields") and self.id == 3:
            del message["rule"]
        if broken("force-described") and self.mode == "forced_open":
            message["override"] = {"mode": "none", "rev": self.rev}
        return message

    def row(self, beat):
        window = min(self.calls, 20)
        mode = "none" if broken("force-in-row") else self.mode
        open_until = self.state_since + OPEN_TIME if self.state == "open" else None
        if broken("open-until") and open_until:
            open_until += int(time.time() * 1000)
        last_call = int(time.time() * 1000) if broken("instants-past") and self.last_call else self.last_call
        row = [
            self.id, self.state, self.gen + (beat % 2 if broken("generations-rise") else 0), mode, self.rev,
            self.calls + (1 if broken("calls-sum") else 0), self.calls - self.failed, self.failed,
            self.failed + 1 if broken("timeouts-failed") else self.failed // 2, 0,
            beat % 2 if broken("counters-rise") else 0, 0, self.rejected, self.forced, 0, window,
            window + 1 if broken("window-failed") else 0, -1 if broken("row-values") else None,
            self.state_since, open_until, last_call, {"anything": [1]},
        ]
        if broken("hello-columns"):
            row.append("closed")
        return row[:-1] if broken("row-width") and self.id == 3 and beat > 0 else row


class Service:
    def __init__(self, options):
        self.lock = threading.RLock()
        self.start = time.monotonic() - 3.0
        self.boot = "no boot" if broken("hello-boot") else os.urandom(8).hex()
        self.circuits = {1: Circuit(1, "ledger.post"), 2: Circuit(2, "ledger.flap"), 3: Circuit(3, "mail.send")}
        if broken("sample-lines"):
            self.circuits.update({n: Circuit(n, f"idle-{n}") for n in range(4, 304)})
        self.events, self.seq, self.revision = collections.deque(maxlen=KEPT), 0, 1
        self.rate, self.filled = RATE, time.monotonic()
        self.remembered, self.role, self.connections, self.repeats = {}, "observer" if options.observer else "operator", 0, 0
        self.actions, self.is_reckless, self.intrusion, self.forces = options.actions.split(","), options.reckless, options.intrude, 0
        for _ in range(KEPT + 20):
            self.tell(2, "probe", ok=True, us=100)
        if options.held:
            for circuit in self.circuits.values():
                self.steer(circuit)
        threading.Thread(target=self.live, daemon=True).start()

    def up(self):
        return int((time.monotonic() - self.start) * 1000)

    def tell(self, circuit, kind, **fields):
        self.seq += 1
        up = self.up() - (500 if broken("event-clock") and self.seq % 2 else 0)
        event = {"type": "event", "t": int(time.time() * 1000), "up_ms": up, "seq": self.seq, "circuit": circuit, "kind": kind, **fields}
        if broken("event-fields") and kind == "probe":
            del event["us"]
        self.events.append(event)
        return self.seq

    def described(self, circuit):
        self.revision += 1
        circuit.changed = self.revision

    def live(self):
        beat = 0
        while True:
            time.sleep(0.02)
            beat += 1
            with self.lock:
                self.call(self.circuits[1], beat)
                if beat % 10 == 0:
                    self.flap(self.circuits[2])
                for circuit in self.circuits.values():
                    if circuit.until is not None and self.up() >= circuit.until and not broken("expiry"):
                        self.drop(circuit, "expiry")

    def call(self, circuit, beat):
        if circuit.mode == "forced_open" and not broken("force-holds"):
            circuit.forced += 1
            return
        circuit.calls, circuit.last_call = circuit.calls + 1, self.up()
        circuit.failed += beat % 10 == 0
        bucket = 100 + beat % 3
        circuit.latencies[bucket] += 1

    def flap(self, circuit):
        if circuit.mode != "none":
            return
        to, cause = {"closed": ("open", "rule"), "open": ("half_open", "timer"), "half_open": ("closed", "probe_ok")}[circuit.state]
        trip = {"at": self.up(), "rule": "consecutive_failures", "consecutive_failed": 5, "threshold_count": 5, "errors": []}
        if to == "open":
            circuit.trip = trip
        if to == "closed":
            self.tell(circuit.id, "probe", ok=True, us=1_000)
        self.turn(circuit, to, cause, **({"trip": trip} if to == "open" and not broken("trip-told") else {}))
        self.described(circuit)

    def turn(self, circuit, to, cause, **more):
        circuit.gen += 1
        before = "closed" if broken("state-chain") and to == "half_open" else circuit.state
        circuit.state, circuit.state_since = to, self.up()
        self.tell(circuit.id, "state", **{"from": before}, to=to, gen=circuit.gen, cause=cause, **more)

    def slot(self, circuit, mode, cause, lifetime=None, claimed="", reason=""):
        before, circuit.mode = circuit.mode, mode
        circuit.rev += 1
        circuit.since = self.up() if mode != "none" else None
        circuit.until = circuit.since + lifetime if lifetime and mode != "none" else None
        if broken("free-slot"):
            circuit.since = self.up()
        circuit.claimed, circuit.reason = claimed, reason
        self.described(circuit)
        if broken("force-told") and mode == "forced_open":
            cause = "config"
        self.tell(circuit.id, "override", **{"from": before}, to=mode, cause=cause,
                  rev=circuit.rev * 2 if broken("override-chain") else circuit.rev,
                  claimed=claimed, reason=reason, since=circuit.since, until=circuit.until)
        return before

    def drop(self, circuit, cause):
        if self.slot(circuit, "none", cause) == "forced_open" and not broken("clear-half-open"):
            self.turn(circuit, "half_open", "clear")

    # Commands

    def steer(self, circuit):
        """What another operator does."""
        self.tell(circuit.id, "command", id=str(uuid.uuid4()), action="force_closed", principal="uid 0", claimed="ann", reason="load test", ok=True)
        self.slot(circuit, "forced_closed", "command", 3_600_000, "ann", "load test")

    def command(self, message):
        """The result of a command; it is recorded, unless it was answered before."""
        self.forces += message["action"] == "force_open"
        if self.intrusion is not None and self.forces == self.intrusion:
            self.intrusion = None
            self.steer(self.circuits[1])
        body = {key: message.get(key) for key in BODY}
        known = self.remembered.get(body["id"])
        is_flood = not self.take_rate()
        refusal = self.refused_at_the_gate(message, is_flood)
        if refusal is None and known is not None:
            if known[0] == body or broken("id-conflict"):
                again = (broken("repeated") and not known[1]["ok"]) or (broken("force-once") and known[1]["ok"])
                if not again:
                    return known[1]
                self.repeats += 1
            else:
                refusal = "id_conflict"
        is_last = refusal is None
        circuit = self.circuits.get(message["circuit"])
        if is_last:
            refusal = self.refused_by_the_circuit(message, circuit)
        record = {key: message.get(name) or "" for key, name in [("claimed", "operator"), ("reason", "reason")]}
        code = {} if refusal is None else {"code": refusal}
        # A flood is only answered.
        is_told = refusal is None or not is_flood and not broken("commands-told")
        seq = self.tell(
            message["circuit"] if circuit and refusal != "wrong_boot" else None, "command", id=body["id"], action=message["action"], principal="uid 0", ok=refusal is None,
            **record, **code) if is_told else self.seq
        if refusal is None:
            self.obey(message, circuit)
        shown = seq - 1 if broken("force-recorded") else seq
        words = f"refused, {self.repeats}"
        result = {"type": "result", "id": body["id"], "ok": refusal is None, **(
            {"seq": shown} if refusal is None else {"error": {"code": refusal, "message": words}})}
        if is_last:
            self.remembered[body["id"]] = (body, result)
        return result

    def take_rate(self):
        now = time.monotonic()
        self.rate, self.filled = min(RATE, self.rate + (now - self.filled) * RATE), now
        is_granted = self.rate >= 1
        self.rate -= is_granted
        return is_granted

    def refused_at_the_gate(self, message, is_flood):
        if message["action"] not in self.actions:
            return "not_applicable" if broken("unsupported-action") else "unsupported"
        if self.role != "operator":
            return "invalid" if broken("observer") else "not_allowed"
        if message["boot"] != self.boot and not broken("wrong-boot"):
            return "wrong_boot"
        return "rate_limited" if is_flood and not broken("rate-limit") else None

    def refused_by_the_circuit(self, message, circuit):
        action, expected = message["action"], None if self.is_reckless else message.get("if_override_rev")
        if circuit is None:
            return "invalid" if broken("unknown-circuit") else "unknown_circuit"
        if broken("force-done") and action == "force_open":
            return "invalid"
        if expected is not None and expected != circuit.rev and not (broken("stale-revision") and action == "clear"):
            return "invalid" if broken("force-guarded") and action == "force_open" else "override_conflict"
        if action == "clear" and circuit.mode == "none" and not broken("clear-nothing"):
            return "not_applicable"
        is_forced = circuit.mode == "forced_open"
        if action == "probe" and (is_forced or circuit.state != "open") and not (is_forced and broken("probe-forced")):
            return "not_applicable"
        return None

    def obey(self, message, circuit):
        action = message["action"]
        if action.startswith("force"):
            mode = {"force_open": "forced_open", "force_closed": "forced_closed"}[action]
            self.slot(circuit, mode, "command", message.get("for_ms"), message.get("operator", ""), message.get("reason", ""))
            return
        if action == "probe":
            self.turn(circuit, "half_open", "probe_command")
            return
        if circuit.mode != "none":
            if action == "clear":
                self.drop(circuit, "command")
            else:
                self.slot(circuit, "none", "command")
        if action == "reset" and not broken("reset-closes") and circuit.state != "closed":
            self.turn(circuit, "closed", "reset")


# What else than a stranger's line a line before `subscribe` may be.
FIRST = ("legal-json", "command-first", "detail-first", "unknown-type-first", "interval-zero")


# Reading


def read(line):
    """A message from a monitor's line, by the letter of the page."""
    if len(line) > LINE:
        raise Mistake("line_too_long", "too-long", "too long")
    if not line.strip(b" \t\r"):
        raise Mistake("malformed", "empty-line", "an empty line")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise Mistake("malformed", "invalid-utf8", "not UTF-8") from error
    deepest = depth = 0
    for bracket in re.sub(r'"(\\.|[^"\\])*"', "", text):
        depth += (bracket in "[{") - (bracket in "]}")
        deepest = max(deepest, depth)
    if deepest > DEPTH:
        raise Mistake("too_deep", "too-deep", "too deep")

    def once(pairs):
        if len({key for key, _ in pairs}) < len(pairs):
            raise Mistake("malformed", "key-twice", "a key is there twice")
        return dict(pairs)

    def no_constant(word):
        raise Mistake("malformed", "not-a-number", f"{word} is no value")

    def whole(number):
        return int(float(number)) if float(number).is_integer() else float(number)

    try:
        message = json.loads(text, object_pairs_hook=once, parse_constant=no_constant, parse_float=whole)
    except json.JSONDecodeError as error:
        raise Mistake("malformed", "raw-control" if "control" in error.msg else "not-json", error.msg) from error
    if re.search("[\ud800-\udfff]", json.dumps(message, ensure_ascii=False)):
        raise Mistake("malformed", "half-surrogate", "half of a surrogate pair")
    if not isinstance(message, dict):
        raise Mistake("malformed", "not-an-object", "not an object")
    if not isinstance(message.get("type"), str):
        raise Mistake("missing_field", "type", "no type")
    if broken("legal-json") and "\\u0063" in text:
        raise Mistake("malformed", "legal-json", "escapes are not read here")
    return message


def checked(message):
    """The same message, if it has all that it needs."""
    if message["type"] == "command":
        for name in ("id", "boot", "circuit", "action"):
            if message.get(name) is None:
                raise Mistake("missing_field", "field-missing", f"no {name}")
        if not UUID.fullmatch(message["id"]):
            raise Mistake("bad_value", "not-an-id", "no UUID")
        if message["action"] not in KNOWN_ACTIONS:
            raise Mistake("bad_value", "not-an-action", "no action")
        if message["action"].startswith("force") and "for_ms" not in message:
            raise Mistake("missing_field", "force-needs-time", "how long?")
        if message.get("for_ms") is not None and not 1 <= message["for_ms"] <= LONGEST:
            raise Mistake("bad_value", "lifetime-zero" if message["for_ms"] < 1 else "lifetime-huge", "for_ms is out of range")
        if len(message.get("reason") or "") > CHARACTERS:
            raise Mistake("bad_value", "reason-too-long", "the reason is too long")
    if message["type"] == "subscribe" and not (message.get("client") and isinstance(message.get("interval_ms"), int)):
        raise Mistake("missing_field", "subscribe", "client and interval_ms are needed")
    if message["type"] == "subscribe" and message["interval_ms"] < 1:
        raise Mistake("bad_value", "interval-zero", "interval_ms is from 1")
    if message["type"] == "detail" and not isinstance(message.get("circuits"), list):
        raise Mistake("missing_field", "detail-missing", "no circuits")
    if message["type"] == "detail" and len(message["circuits"]) > DETAIL:
        raise Mistake("bad_value", "detail-too-many", "too many circuits")
    return message


class Connection:
    def __init__(self, service, connection):
        self.service, self.socket = service, connection
        self.start, self.interval, self.filter, self.detail, self.ready = time.monotonic(), None, None, set(), False
        self.pending, self.buffer, self.lines, self.errors, self.skipping, self.held = [], b"", 0, 0, False, None
        self.cursor = self.revision = self.beat = 0
        self.due, self.stopping, self.is_over, self.told_latencies, self.said = 0.0, False, False, {}, set()

    # What goes out

    def send(self, *messages):
        data = b"".join(message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n" for message in messages)
        self.socket.sendall(data)

    def hello(self):
        service = self.service
        number = 2 if broken("protocol-version") else 1
        instance = "" if broken("hello-fields") else f"billing-{service.connections if broken('same-hello') else 1}"
        self.send({
            "type": "hello", "protocol": {"major": number, "minor": 3}, "service": "billing", "instance": instance, "boot": service.boot,
            "columns": COLUMNS + (["state"] if broken("hello-columns") else []), "actions": service.actions, "unknown_field": [{}],
        })

    def subscribed(self, message):
        asked = message["interval_ms"]
        self.interval = min(max(asked, 100), 4_000_000 if broken("interval-bound") else 60_000)
        if broken("interval-granted") and asked == 250:
            self.interval = 300
        self.filter, self.detail, since = message.get("filter"), set(message.get("detail") or []), message.get("events_since")
        limits = {"line_bytes": LINE, "commands_per_second": 20}
        if broken("subscribed-fields"):
            del limits["line_bytes"]
        answer = {"type": "subscribed", "interval_ms": self.interval, "role": self.service.role, "limits": limits}
        early = [self.service.circuits[1].description()] if broken("subscribed-second") else []
        with self.service.lock:
            self.send(*early, answer, {"type": "from_the_future"}, *self.picture(since))
        self.ready = True
        self.due = self.next_beat()

    def picture(self, since):
        """Everything up to `ready`."""
        service, first = self.service, self.service.events[0]["seq"]
        circuits = self.changed()
        fresh = since is None or since > service.seq or broken("events-since")
        flag = {} if broken("replayed-told") else {"replayed": True}
        replay = [{**event, **flag} for event in service.events if self.concerns(event) and (fresh or event["seq"] > since)]
        if (fresh and broken("fresh-replay")) or (not fresh and since + 1 < first):
            replay.insert(0, {"type": "gap", "from": 1 if fresh else since + 1, "to": first - 1})
        self.cursor = service.seq
        samples, ready = self.sample(), [{"type": "ready"}] * (2 if broken("ready-once") else 1)
        if broken("first-sample"):
            samples[0]["rows"] = samples[0]["rows"][:-1]
        late = [message for message in circuits if message["id"] == 2] if broken("described-first") else []
        circuits = [message for message in circuits if message not in late]
        if broken("replay-first"):
            replay, samples = [], samples + replay
        return circuits + replay + samples + late + ready + self.oddities()

    def oddities(self):
        """Lines that no service may say."""
        return {
            "line-length": [b'{"type":"from_the_future","pad":"' + b"x" * LINE + b'"}\n'],
            "utf8": [b'{"type":"from_the_future","text":"\xff"}\n'],
            "json": [b'{"type":"from_the_future",}\n'],
            "keys-once": [b'{"type":"from_the_future","type":"from_the_future"}\n'],
            "nesting": [b'{"type":"from_the_future","deep":' + b"[" * DEPTH + b"]" * DEPTH + b"}\n"],
            "integers": [{"type": "from_the_future", "number": 2**53}],
            "gap-fields": [{"type": "gap", "from": "one", "to": "two"}],
            "result-fields": [{"type": "result", "id": "one", "ok": True, "seq": 0}],
        }.get(BROKEN, [])

    def wanted(self, circuit):
        return self.filter is None or self.filter in circuit.name or broken("filter")

    def concerns(self, event):
        return event["circuit"] is None or self.wanted(self.service.circuits[event["circuit"]])

    def changed(self):
        before, self.revision = self.revision, self.service.revision
        return [c.description() for c in self.service.circuits.values() if (c.changed > before or before == 0) and self.wanted(c)]

    def sample(self):
        service, beat = self.service, self.beat
        self.beat += 1
        rows = [c.row(beat) for c in service.circuits.values() if self.wanted(c) and (beat == 0 or c.id <= 3)]
        if broken("filter-same") and self.filter:
            rows = [row[:STATE_SINCE] + [row[STATE_SINCE] - 1] + row[STATE_SINCE + 1:] for row in rows]
        if broken("row-order"):
            rows.reverse()
        up = service.up() - (500 if broken("clock-rises") and beat % 2 else 0)
        seq = service.seq - (30 if broken("sample-seq") and beat % 2 else 0)
        moment = {"type": "sample", "t": "now" if broken("sample-fields") else int(time.time() * 1000), "up_ms": up, "seq": seq}
        most = len(rows) if broken("sample-lines") else ROWS
        pieces = [rows[start:start + most] for start in range(0, len(rows), max(most, 1))] or [[]]
        samples = [{**moment, "rows": piece} for piece in pieces]
        samples[-1]["end"] = True
        if broken("others-unharmed"):
            samples.append({"type": "from_the_future", "pad": "x" * 60_000})
        return samples

    def next_beat(self):
        return time.monotonic() + (1.2 if broken("heartbeat") else self.interval / 1000)

    def histograms(self):
        asked = self.service.circuits if broken("detail") else self.detail
        for number in sorted(set(asked) & set(self.service.circuits)):
            circuit = self.service.circuits[number]
            counts = dict(circuit.latencies)
            if broken("histograms-rise") and self.beat % 2:
                counts = {bucket: count - 5 for bucket, count in counts.items() if count > 5}
            if self.told_latencies.get(number) == counts:
                continue
            self.told_latencies[number] = counts
            buckets = [value for pair in sorted(counts.items()) for value in pair]
            yield {"type": "histogram", "circuit": number, "t": 0, "up_ms": self.service.up(),
                   "buckets": None if broken("histogram-fields") else buckets}

    def news(self):
        """What is due now; the lock is held."""
        service, messages = self.service, []
        messages += self.changed()
        for event in list(service.events):
            if event["seq"] > self.cursor and self.concerns(event):
                if not (broken("event-seq") and event["kind"] == "probe"):
                    messages.append(event)
        self.cursor = service.seq
        answers, self.pending = self.pending, []
        messages += answers
        if time.monotonic() >= self.due and not (broken("half-line") and self.buffer):
            messages += self.sample()
            messages += self.histograms()
            self.due = self.next_beat()
        return messages

    # What comes in

    def run(self):
        try:
            self.socket.settimeout(10)
            if broken("reader-dropped"):
                self.socket.settimeout(None)
            if broken("others-unharmed"):
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
                self.socket.settimeout(None)
            if broken("subscribe-early"):
                time.sleep(0.1)
                if select.select([self.socket], [], [], 0)[0] and b'"subscribe"' in self.socket.recv(LINE, socket.MSG_PEEK):
                    self.socket.recv(LINE)
            if broken("hello-first"):
                select.select([self.socket], [], [], 10)
            self.hello()
            while not self.is_over:
                self.turn()
        except OSError:
            pass
        finally:
            self.socket.close()
            with self.service.lock:
                self.service.connections -= 1

    def turn(self):
        if select.select([self.socket], [], [], 0.02)[0]:
            data = self.socket.recv(LINE)
            if not data:
                self.is_over = True
                return
            self.receive(data)
        if self.is_over:
            return
        if self.stopping:
            if not broken("bye-said"):
                self.send({"type": "bye", "reason": 5 if broken("bye-fields") else "shutdown"})
            self.is_over = True
        elif self.interval is None:
            if time.monotonic() - self.start > 5 and not broken("subscribe-timeout"):
                self.send({"type": "error", "code": "timeout", "message": "no `subscribe` within 5 s", "line": None})
                self.is_over = True
        else:
            with self.service.lock:
                messages = self.news()
                if broken("others-unharmed"):
                    self.send(*messages)
            if messages and not broken("others-unharmed"):
                self.send(*messages)

    def receive(self, data):
        *lines, rest = (self.buffer + data).split(b"\n")
        for line in lines:
            if self.is_over:
                return
            if self.skipping:
                self.skipping = False
            else:
                self.take(line)
        self.buffer = b"" if self.skipping else rest
        if len(self.buffer) > LINE:
            self.take(self.buffer)
            self.skipping, self.buffer = True, b""

    def take(self, line):
        self.lines += 1
        try:
            message = checked(read(line))
            self.handle(message)
        except Mistake as mistake:
            self.complain(mistake)

    def handle(self, message):
        kind, subscribed = message["type"], self.interval is not None
        if kind == "subscribe" and not subscribed:
            return self.subscribed(message)
        if kind == "subscribe":
            raise Mistake("unexpected", "second-subscribe", "subscribed already")
        if kind not in ("command", "detail"):
            raise Mistake("unexpected", "unknown-type" if subscribed else "unknown-type-first", "an unknown type")
        if not subscribed:
            raise Mistake("unexpected", f"{kind}-first", "subscribe first")
        if kind == "detail":
            self.detail, self.told_latencies = set(message["circuits"]), {}
            return None
        with self.service.lock:
            self.answer(self.service.command(message))
        return None

    def answer(self, result):
        if broken("answers-in-order") and result.get("error", {}).get("code") == "wrong_boot":
            self.held = result
            return
        self.pending += [result, self.held] if self.held else [result]
        self.held = None

    def complain(self, mistake):
        subscribed = self.interval is not None
        first = mistake.rule if subscribed or mistake.rule in FIRST else "stranger"
        if broken(first) and first not in ("legal-json", "unknown-type-first"):
            return
        self.errors += 1
        message = {"type": "error", "code": mistake.code, "message": str(mistake), "line": self.lines}
        if broken("error-fields"):
            message["message"] = "x" * 2_000
        if subscribed:
            self.pending.append(message)
            if self.errors > 100 and not broken("error-limit"):
                with self.service.lock:
                    self.send(*self.pending)
                self.is_over = True
        else:
            self.send(message)
            self.is_over = mistake.rule != "unknown-type-first" or broken("unknown-type-first")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("--break", dest="rule")
    parser.add_argument("--observer", action="store_true")
    parser.add_argument("--stop-when-alone", action="store_true", help="stop once all but one of many monitors have gone")
    parser.add_argument("--actions", default=",".join(ACTIONS), help="those that it can do")
    parser.add_argument("--reckless", action="store_true", help="take no notice of `if_override_rev`")
    parser.add_argument("--held", action="store_true", help="another operator holds every circuit")
    parser.add_argument("--intrude", type=int, help="another operator takes the first circuit before this `force_open`; 0 = before any command")
    options = parser.parse_args()
    global BROKEN
    BROKEN = options.rule
    service = Service(options)
    listener = socket.socket(socket.AF_UNIX)
    os.fchmod(listener.fileno(), 0o666 if broken("socket-mode") else 0o600)
    listener.bind(options.path)
    listener.listen(128)
    connections, stop = [], threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def accept():
        while True:
            connection = Connection(service, listener.accept()[0])
            connections.append(connection)
            with service.lock:
                service.connections += 1
            threading.Thread(target=connection.run, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print("ready", flush=True)
    alone = 0
    while not stop.wait(0.1):
        is_alone = options.stop_when_alone and len(connections) > 10 and service.connections == 1
        alone = alone + 1 if is_alone else 0
        if alone > 15:
            break
    listener.close()
    for connection in connections:
        connection.stopping = True
    deadline = time.monotonic() + 2
    while service.connections and time.monotonic() < deadline:
        time.sleep(0.02)


if __name__ == "__main__":
    main()
