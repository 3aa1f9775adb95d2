# SPDX-License-Identifier: Apache-2.0
"""The publishers in other languages: real interpreters, real traffic, looked at with breakertop and with raw bytes."""
import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import uuid

import pytest
from conftest import BIN
from raw_monitor import RawMonitor

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PUBLISHERS = ROOT / "demo/publishers"
PYTHON = ROOT / ".build/pybreaker/bin/python"
GO_SHOP = ROOT / ".build/shop-go"
GO = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(ROOT / ".build/go-cache")}
OPEN_TIME = 2_000  # of payments.charge in both examples, in milliseconds
LANGUAGES = ["python", "go"]


@pytest.fixture(scope="session")
def built():
    """The command that starts each language's example."""
    if not PYTHON.exists() or not pathlib.Path("/usr/bin/go").exists():
        pytest.fail("Go, go-resiliency or pybreaker is missing; run .ci/need-publishers, as Tests/run does")
    environment = {**os.environ, **GO}
    # With the race detector: a race that happens ends up in the exit status.
    for command in (["vet", "."], ["build", "-race", "-o", str(GO_SHOP), "."]):
        done = subprocess.run(["/usr/bin/go", *command], cwd=PUBLISHERS / "go", env=environment, capture_output=True, text=True,
                              timeout=300, check=False)
        assert done.returncode == 0, done.stderr
    return {"python": [str(PYTHON), "-B", "-W", "error", str(PUBLISHERS / "python/example.py")], "go": [str(GO_SHOP)]}


class Example:
    """A running example; its dependency fails while `fault` exists."""

    def __init__(self, language, command, environment, folder, bulk=0):
        self.fault = folder / "fault"
        self.name = {"python": "shop-py", "go": "shop-go"}[language]
        self.command, self.environment, self.folder = [*command, str(self.fault), str(bulk)], environment, folder
        self.log = open(folder / f"{language}.log", "wb")
        self.start()

    def start(self, name=None):
        self.socket = self.folder / (name or f"{self.name}.{self.name}.sock")
        self.process = subprocess.Popen(self.command, env=self.environment, stdout=self.log, stderr=self.log)
        end = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < end and self.process.poll() is None, f"it does not listen; it said: {self.said()}"
            time.sleep(0.02)

    def _answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def said(self):
        return pathlib.Path(self.log.name).read_text()

    def monitor(self, **more):
        return RawMonitor(self.socket, **more)

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


@pytest.fixture(params=LANGUAGES)
def shop(request, built, environment, sockets):
    example = Example(request.param, built[request.param], environment, sockets)
    yield from until_the_end(example)


@pytest.fixture(params=LANGUAGES)
def busy_shop(request, built, environment, sockets):
    """With 300 more circuits, which make events all the time once there is a fault."""
    example = Example(request.param, built[request.param], environment, sockets, bulk=300)
    yield from until_the_end(example)


def until_the_end(example):
    yield example
    status = example.end()
    assert status in (0, -signal.SIGKILL), f"it ended with {status} and said: {example.said()}"
    assert "Traceback" not in example.said() and "DATA RACE" not in example.said(), example.said()


def change(breakertop, *arguments):
    """A command of breakertop that changes something, without a question, whichever way its version asks."""
    knows_yes = "--yes" in breakertop.run(arguments[0], "--help").stdout
    done = breakertop.run(*arguments, *(["--yes"] if knows_yes else []))
    assert done.returncode == 0, done.stderr
    return done


def entry(breakertop, name="payments.charge"):
    return next(entry for entry in breakertop.json("list")["circuits"] if entry["circuit"] == name)


def wait_for(condition, what, seconds=15):
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return value


def adds_up(row):
    """Calls that ended in a way which the library does not know are not told."""
    return row["calls_total"] == sum(row.get(name, 0) for name in ("ok_total", "failed_total", "ignored_total", "late_total", "in_flight"))


# With breakertop.


def test_breakertop_shows_them_and_what_nobody_knows_is_not_zero(shop, breakertop):
    wait_for(lambda: entry(breakertop)["calls_total"] > 20, "calls flow")
    charge = entry(breakertop)
    assert (charge["state"], charge["override"], charge["service"]) == ("closed", "none", shop.name)
    assert charge["retry_total"] is None and charge["win_calls"] is None and charge["open_until"] is None
    assert entry(breakertop, "ledger.post")["state"] == "closed"


def test_a_force_holds_twice_the_open_time_and_a_clear_lets_traffic_return(shop, breakertop):
    wait_for(lambda: entry(breakertop)["calls_total"] > 20, "calls flow")
    with shop.monitor() as monitor:
        change(breakertop, "open", "payments.charge", "--for", "1h", "--reason", "INC-42")
        forced = monitor.event("override")
        assert forced["reason"] == "INC-42" and forced["principal"].startswith(f"uid {os.getuid()}")
        assert forced["until"] == forced["since"] + 3_600_000
        first = monitor.next_row()
        seen = len(monitor.rows())
        while monitor.rows()[-1]["last_call"] < first["last_call"] + 2 * OPEN_TIME + 500:
            monitor.wait_for(type="sample")
        for row in monitor.rows()[seen:]:
            assert row["override"] == "forced_open" and row["in_flight"] == 0
            assert (row["calls_total"], row["ok_total"]) == (first["calls_total"], first["ok_total"]), "a call got through"
        last = monitor.rows()[-1]
        assert last["rejected_forced_total"] > first["rejected_forced_total"] + 100, "nobody called"
        change(breakertop, "clear", "payments.charge")
        resumed = monitor.event("state")
        assert (resumed["to"], resumed["cause"]) == ("half_open", "clear")
        assert monitor.event("probe")["ok"]
        closed = monitor.event("state")
        assert (closed["from"], closed["to"], closed["cause"]) == ("half_open", "closed", "probe_ok")
        wait_for(lambda: monitor.next_row()["ok_total"] > last["ok_total"] + 20, "traffic returns")


def test_a_clear_while_the_dependency_is_down_opens_again(shop):
    with shop.monitor() as monitor:
        assert monitor.command("force_open")["ok"]
        shop.fault.touch()
        assert monitor.command("clear")["ok"]
        assert monitor.event("state")["to"] == "half_open"
        opened = monitor.event("state")
        assert (opened["to"], opened["cause"]) == ("open", "probe_failed")
        # From now on the library opens, waits and probes by itself.
        assert monitor.event("state")["cause"] == "timer"
        assert monitor.event("state")["cause"] == "probe_failed"
        shop.fault.unlink()
        assert monitor.event("state")["cause"] == "timer"
        assert monitor.event("state")["cause"] == "probe_ok"


def test_a_force_ends_by_itself(shop, breakertop):
    with shop.monitor() as monitor:
        change(breakertop, "open", "payments.charge", "--for", "2s")
        begun = monitor.event("override")
        assert begun["until"] == begun["since"] + 2_000
        ended = monitor.event("override")
        assert (ended["to"], ended["cause"]) == ("none", "expiry")
        assert 0 <= ended["up_ms"] - begun["until"] <= 1_100
        assert (ended["principal"], ended["since"], ended["until"]) == ("", None, None), "a free slot names nobody"
        assert monitor.event("state")["cause"] == "clear"
        assert entry(breakertop)["override"] == "none"


def test_nobody_needs_to_watch_for_a_force_to_end(shop):
    with shop.monitor() as monitor:
        assert monitor.command("force_open", for_ms=500)["ok"]
    time.sleep(2)
    with shop.monitor() as monitor:
        assert monitor.rows()[-1]["override"] == "none"


def test_a_forced_closed_lets_every_call_pass(shop):
    with shop.monitor() as monitor:
        assert monitor.command("force_closed", circuit=1)["ok"]
        shop.fault.touch()
        first = monitor.next_row()
        wait_for(lambda: monitor.next_row()["failed_total"] > first["failed_total"] + 50, "failures pass")
        last = monitor.rows()[-1]
        assert (last["rejected_total"], last["rejected_forced_total"], last["opened_total"]) == (0, 0, 0)
        assert monitor.command("clear")["ok"]
        assert monitor.event("state")["cause"] == "rule", "without the force it opens"


def test_a_fault_opens_it_with_its_reason_and_the_sums_hold(shop):
    with shop.monitor(interval_ms=100) as monitor:
        monitor.next_row()
        shop.fault.touch()
        opened = monitor.event("state")
        assert (opened["from"], opened["to"], opened["cause"]) == ("closed", "open", "rule")
        error = opened["trip"]["errors"][0]
        assert error["message"] == "503 no healthy upstream" and error["count"] == 5
        wait_for(lambda: monitor.next_row()["rejected_total"] > 10, "calls are refused")
        open_row = monitor.rows()[-1]
        assert open_row["state"] == "open" and 0 <= open_row["open_until"] - opened["trip"]["at"] - OPEN_TIME < 100
        assert monitor.command("probe")["ok"]
        assert monitor.event("state")["cause"] == "probe_command"
        assert monitor.event("state")["cause"] == "probe_failed"
        shop.fault.unlink()
        assert monitor.command("reset")["ok"]
        assert monitor.event("state")["cause"] == "reset"
        wait_for(lambda: monitor.next_row()["state"] == "closed", "it is closed")
        assert all(map(adds_up, monitor.rows())), "calls = ok + failed + ignored + late + in flight"


# The conversation.


def test_the_conversation_has_the_protocols_order(shop):
    with shop.monitor(interval_ms=1) as first:
        assert first.command("force_open", reason="why")["ok"] and first.command("clear")["ok"]
        first.wait_for(type="sample")
        assert first.of_type("subscribed")[0]["interval_ms"] == 100, "drawn into what is allowed"
    with shop.monitor() as monitor:
        kinds = [line["type"] for line in monitor.lines]
        assert kinds[0:2] == ["hello", "subscribed"] and kinds[-1] == "ready"
        assert kinds.index("circuit") < kinds.index("event") < kinds.index("sample")
        last_sample = monitor.of_type("sample")[-1]
        assert last_sample["end"] and [row[0] for row in last_sample["rows"]] == [1, 2]
        events = monitor.of_type("event")
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1)) and all(event["replayed"] for event in events)
        assert [event["kind"] for event in events[:5]] == ["command", "override", "command", "override", "state"]
        hello = monitor.hello
        assert hello["pid"] == shop.process.pid and re.fullmatch("[0-9a-f]{16}", hello["boot"])
        assert oct(shop.socket.stat().st_mode)[-3:] == "600" and shop.socket.with_suffix(".lock").exists()
    with shop.monitor(events_since=3) as again:
        assert again.of_type("event")[0]["seq"] == 4 and not again.of_type("gap")
    with shop.monitor(events_since=10**9) as beyond:
        assert beyond.of_type("event")[0]["seq"] == 1
    with shop.monitor(filter="ledger") as filtered:
        filtered.wait_for(type="sample")
        assert {circuit["name"] for circuit in filtered.of_type("circuit")} == {"ledger.post"}
        assert {row[0] for sample in filtered.of_type("sample") for row in sample["rows"]} == {2}
        assert not filtered.of_type("event")


def test_samples_come_in_time_even_when_nothing_changes(shop):
    with shop.monitor(filter="no such circuit") as monitor:
        for _ in range(5):
            assert monitor.wait_for(seconds=1, type="sample")["rows"] == []


def test_a_command_is_done_once_and_refused_with_the_reason(shop):
    with shop.monitor() as monitor:
        identity = str(uuid.uuid4())
        done = monitor.command("force_open", id=identity, for_ms=60_000, reason="once", if_override_rev=0)
        assert done["ok"]
        with shop.monitor() as another:
            assert another.command("force_open", id=identity, for_ms=60_000, reason="once", if_override_rev=0) == done
            assert another.command("force_open", id=identity, for_ms=60_001, reason="once")["error"]["code"] == "id_conflict"
        assert monitor.next_row()["override_rev"] == 1

        def code(*arguments, **fields):
            return monitor.command(*arguments, **fields)["error"]["code"]

        assert code("clear", if_override_rev=0) == "override_conflict"
        assert code("clear", boot="0" * 16) == "wrong_boot"
        assert code("clear", circuit=99) == "unknown_circuit"
        assert code("force_open", for_ms=32 * 24 * 3_600_000) == "invalid"
        assert code("probe") == "not_applicable"
        assert code("clear", circuit=2) == "not_applicable"
        refused = [event for event in monitor.of_type("event") if event["kind"] == "command" and not event["ok"]]
        assert [event["code"] for event in refused][-1] == "not_applicable"
        assert [event["circuit"] for event in refused if event["code"] == "wrong_boot"] == [None]


def test_too_many_commands_are_refused_and_do_not_wash_the_events_away(shop):
    with shop.monitor() as monitor:
        begun = time.monotonic()
        results = monitor.commands(["force_open"] * 200)
        rate = 20 * (time.monotonic() - begun)
        done = sum(result["ok"] for result in results)
        assert 20 <= done <= 20 + rate + 1
        assert {result["error"]["code"] for result in results if not result["ok"]} <= {"rate_limited"}
        events = monitor.of_type("event")
        # One for each time that the rate was exceeded: at most once for each command that was let through.
        assert len([event for event in events if event.get("code") == "rate_limited"]) <= done
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        wait_for(lambda: monitor.command("clear")["ok"], "the rate recovers")


def test_refused_commands_are_recorded_or_told_in_number(shop):
    with shop.monitor() as monitor:
        begun = time.monotonic()
        results = monitor.commands(["clear"] * 20, boot="0" * 16)
        assert {result["error"]["code"] for result in results} == {"wrong_boot"}
        seconds = time.monotonic() - begun

        def count():
            monitor.wait_for(type="sample")
            events = monitor.of_type("event")
            recorded = len([event for event in events if event.get("code") == "wrong_boot"])
            left_out = [event for event in events if event["kind"] == "suppressed"]
            assert all((event["suppressed_kind"], event["circuit"]) == ("command", None) for event in left_out)
            assert recorded <= 10 + seconds + 1
            return recorded + sum(event["count"] for event in left_out)

        wait_for(lambda: count() == 20, "each is recorded or counted")
        assert [count() for _ in range(8)] == [20] * 8, "and only once"


COMMAND = b'{"type":"command","id":"6f1d0f9c-3c4e-4b0a-9a51-0d7f2f8e4c11","boot":"9f2c41d07be35a18","circuit":1,"action":"clear"}'
BAD_LINES = [
    (b'{"type":"command"', "malformed"), (b"[1]", "malformed"), (b"", "malformed"), (b'{"type":"\xff"}', "malformed"),
    (b'{"type":"detail","circuits":[],"circuits":[]}', "malformed"), (b'{"type":"subscribe","client":"x","client":"x"}', "malformed"),
    (b'{"type":"detail","circuits":[NaN]}', "malformed"),
    (b'{"type":"x","a":"\\ud800"}', "malformed"), (b'{"type":"x","a":"\x01"}', "malformed"), (b"{}", "missing_field"),
    (b'{"type":"subscribe","interval_ms":1}', "missing_field"), (COMMAND.replace(b'"circuit":1,', b""), "missing_field"),
    (COMMAND.replace(b":1,", b":0,"), "bad_value"), (COMMAND.replace(b"}", b',"for_ms":0}'), "bad_value"),
    (b'{"type":7}', "bad_value"), (b'{"type":"later"}', "unexpected"), (b'{"type":"subscribe","client":"x","interval_ms":1}', "unexpected"),
    (b'{"type":"x","a":' + b"[" * 32 + b"]" * 32 + b"}", "too_deep"), (b"{" + b"[" * 60_000, "too_deep"), (b"x" * 65_537, "line_too_long"),
    (b"x" * 300_000, "line_too_long"), (b'{"type":"detail","circuits":[0]}', "bad_value"),
    (COMMAND.replace(b"6f1d0f9c-", b""), "bad_value"), (COMMAND.replace(b":1,", b":1.5,"), "bad_value"),
    (COMMAND.replace(b":1,", b":1e99999,"), "bad_value"), (COMMAND.replace(b"clear", b"dance"), "bad_value"),
    (COMMAND.replace(b"clear", b"force_open"), "missing_field"),
    (COMMAND.replace(b"}", b',"reason":"' + "\u00e4".encode() * 201 + b'"}'), "bad_value"),
]


def test_a_bad_line_is_answered_and_costs_nothing_else(shop):
    with shop.monitor() as monitor:
        for number, (line, code) in enumerate(BAD_LINES, start=2):  # the first line was the subscribe
            monitor.send_bytes(line + b"\n")
            error = monitor.wait_for(type="error")
            assert (error["code"], error["line"]) == (code, number), f"{line[:80]}: {error}"
        # All legal JSON is good: any order, white space, escapes, 1e0 for 1, unknown and nested fields.
        legal = COMMAND.replace(b":1,", b' :\t1e0 , "unknown" : [{"unknown": null, "unknown": -1.5e-7}], ')
        legal = legal.replace(b"command", b"\\u0063ommand")
        monitor.send_bytes(legal.replace(b"9f2c41d07be35a18", monitor.hello["boot"].encode()) + b" \r\n")
        assert monitor.wait_for(type="result")["error"]["code"] == "not_applicable"
        # Split at every byte it is the same line.
        for byte in COMMAND + b"\n":
            monitor.send_bytes(bytes([byte]))
        assert monitor.wait_for(type="result")["error"]["code"] == "wrong_boot"


def test_a_stranger_is_told_and_left(shop):
    for line, code in BAD_LINES + [(COMMAND, "unexpected"), (b"GET / HTTP/1.1\r", "malformed")]:
        if code == "unexpected" and b"command" not in line:
            continue
        with shop.monitor(subscribe=False) as stranger:
            with contextlib.suppress(BrokenPipeError):  # it need not take all of a line that is too long
                stranger.send_bytes(line + b"\n")
            assert [line["type"] for line in stranger.read_to_end()] == ["hello", "error"]
            assert stranger.lines[1]["code"] == code
    with shop.monitor(subscribe=False) as silent:
        assert silent.wait_for(seconds=7, type="error")["code"] == "timeout"
        assert silent.read() is None


def test_after_a_hundred_mistakes_the_next_ends_the_conversation(shop):
    with shop.monitor() as monitor:
        monitor.send_bytes(b'{"type":"later"}\n' * 150)
        monitor.read_to_end()
        assert len(monitor.of_type("error")) == 101


def test_who_does_not_read_is_dropped_and_costs_its_bound(shop):
    def memory():
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{shop.process.pid}/status").read_text())[1])

    with shop.monitor() as deaf, shop.monitor() as other:
        before = memory()
        line = COMMAND.replace(b"6f1d", b"7f1d") + b"\n"
        deaf.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):  # nothing more is read from who does not take the answers
            for _ in range(100_000):
                deaf.socket.sendall(line)
        assert memory() < before + 32_768, "kB, most of it the race detector's"
        assert other.command("force_open")["ok"] or other.lines[-1]["error"]["code"] == "rate_limited", "the others are served"
        end = time.monotonic() + 15
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while time.monotonic() < end:
                try:
                    deaf.socket.sendall(line)
                except TimeoutError:
                    continue


def test_one_monitor_too_many_is_told(shop):
    monitors = [shop.monitor(subscribe=False) for _ in range(64)]
    with socket.socket(socket.AF_UNIX) as late:
        late.connect(str(shop.socket))
        late.settimeout(5)
        assert b"too_many_connections" in late.recv(65_536)
    for monitor in monitors:
        monitor.socket.close()

    def is_served():
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(shop.socket))
            probe.settimeout(5)
            return b"hello" in probe.recv(65_536)

    wait_for(is_served, "there is a seat again")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")
def test_another_user_observes(shop):
    shop.folder.chmod(0o711)
    shop.socket.chmod(0o666)
    boot = shop.monitor(subscribe=False).hello["boot"]
    script = f"""
import os, sys
sys.path.insert(0, {str(pathlib.Path(__file__).parent)!r})
from raw_monitor import RawMonitor
os.setgid(65534); os.setuid(65534)
monitor = RawMonitor({str(shop.socket)!r})
assert monitor.of_type("subscribed")[0]["role"] == "observer"
assert monitor.command("force_open")["error"]["code"] == "not_allowed"
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    with shop.monitor() as monitor:
        assert (monitor.of_type("event")[0]["principal"], monitor.hello["boot"]) == ("uid 65534", boot)


# Many circuits, many events.


def test_many_circuits_come_in_lines_that_fit(busy_shop):
    with busy_shop.monitor() as monitor:
        assert sorted(circuit["id"] for circuit in monitor.of_type("circuit")) == list(range(1, 303))
        samples = monitor.of_type("sample")
        assert [row[0] for sample in samples for row in sample["rows"]] == list(range(1, 303))
        assert [sample.get("end", False) for sample in samples] == [False] * (len(samples) - 1) + [True] and len(samples) > 1
        assert len({sample["seq"] for sample in samples}) == 1


def told(monitor):
    """The numbers of all events that it got, or was told that it will not get."""
    for line in monitor.lines:
        if line["type"] == "gap":
            yield from range(line["from"], line["to"] + 1)
        elif line["type"] == "event":
            yield line["seq"]


def listen(monitor, number):
    """Reads until an event of at least this number was told, or the service has dropped it."""
    newest = max(told(monitor), default=0)
    try:
        while newest < number and (line := monitor.read(30)) is not None:
            newest = {"gap": line.get("to"), "event": line.get("seq")}.get(line["type"]) or newest
    except AssertionError:
        assert monitor.rest and b"\n" not in monitor.rest  # dropped in the middle of a line


def test_lost_events_are_told_as_a_gap_and_numbers_have_no_hole(busy_shop):
    with busy_shop.monitor() as slow, busy_shop.monitor(filter="bulk.299") as other:
        busy_shop.fault.touch()
        # More than what is kept, what is on its way and what lies in the kernel (of 100 bytes at least), together: however fast the
        # machine is, some of it is lost to who did not read meanwhile.
        wait_for(lambda: other.wait_for(type="sample")["seq"] > 5_000, "enough happens", 120)
        newest = other.of_type("sample")[-1]["seq"]
        busy_shop.fault.unlink()
        listen(slow, newest)
        numbers, gaps = list(told(slow)), slow.of_type("gap")
        if not numbers or numbers[-1] < newest:  # dropped after 10 s, it comes again and asks for the rest
            with busy_shop.monitor(events_since=numbers[-1] if numbers else 0) as again:
                listen(again, newest)
                numbers += told(again)
                gaps += again.of_type("gap")
        assert gaps and numbers == list(range(1, len(numbers) + 1))

        def transitions():
            """How many of its circuit's it was told of, one by one or as left out."""
            events = other.of_type("event")
            return sum(event["kind"] == "state" for event in events) + sum(
                event["count"] for event in events if event["kind"] == "suppressed" and event["suppressed_kind"] == "state")

        # What is left out is told in number, so the sum is what happened; after a gap nobody can know.
        wait_for(lambda: other.wait_for(type="sample") and (
            other.rows(302)[-1]["gen"] == transitions() + 1 or other.of_type("gap")), "every transition is told", 30)
    with busy_shop.monitor(events_since=1) as late:
        numbers = list(told(late))
        assert late.of_type("gap")[0]["from"] == 2 and numbers == list(range(2, len(numbers) + 2))
        assert late.of_type("gap")[0]["to"] >= 1_024
    with busy_shop.monitor() as new:
        assert not new.of_type("gap") and 1 <= len([event for event in new.of_type("event") if event.get("replayed")]) <= 256


# Life and death.


def test_sigterm_says_bye_and_leaves_nothing_behind(shop):
    with shop.monitor() as monitor:
        assert shop.end() == 0
        monitor.read_to_end()
        assert monitor.lines[-1]["type"] == "bye"
    assert list(shop.folder.glob("*.sock")) == list(shop.folder.glob("*.lock")) == []


def test_kill_9_is_seen_as_lost_and_the_next_takes_the_name(shop, breakertop):
    with breakertop.terminal(120, 40) as terminal:
        terminal.wait_until(lambda t: t.line_with("● closed", "payments.charge"), "the circuit")
        shop.process.kill()
        shop.process.wait()
        terminal.wait_until(lambda t: t.line_with("LOST"), "the loss")
        assert shop.socket.exists(), "nobody could remove it"
        shop.start()
        terminal.wait_until(lambda t: t.line_with("restarted: a new process"), "the return")
        terminal.send("q")
        assert terminal.wait() == 0


def test_two_of_one_name_live_side_by_side(shop, breakertop, environment):
    twin = Example("python" if shop.name == "shop-py" else "go", shop.command[:-2], environment, shop.folder)
    second = shop.folder / f"{shop.name}.{shop.name}.2.sock"
    try:
        wait_for(second.exists, "the second name")
        assert RawMonitor(second).hello["pid"] == twin.process.pid and shop.monitor().hello["pid"] == shop.process.pid
    finally:
        assert twin.end() == 0
    assert not second.exists() and shop.socket.exists()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fault", ["writable by others", "symlink", "a file"])
def test_an_unsafe_folder_is_refused(built, environment, sockets, language, fault):
    folder = sockets / "folder"
    if fault == "writable by others":
        folder.mkdir()
        folder.chmod(0o777)
    elif fault == "symlink":
        (sockets / "real").mkdir(mode=0o700)
        folder.symlink_to(sockets / "real")
    else:
        folder.write_text("")
    done = subprocess.run(built[language], env={**environment, "BREAKERTOP_DIR": f"{folder}/"}, capture_output=True, text=True,
                          timeout=20, check=False)
    assert done.returncode != 0 and str(folder) in done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_breakertop_dir_the_runtime_folder_is_taken(built, environment, sockets, language):
    if os.access("/run/breakertop", os.W_OK):
        pytest.skip("/run/breakertop comes first here")
    environment = {**environment, "BREAKERTOP_DIR": "", "XDG_RUNTIME_DIR": str(sockets), "BREAKERTOP_INSTANCE": ".a/b"}
    with subprocess.Popen(built[language], env=environment, stderr=subprocess.PIPE) as process:
        wait_for(lambda: list((sockets / "breakertop").glob("*.%2Ea%2Fb.sock")), "the socket in the runtime folder")
        process.terminate()
        assert process.wait(5) == 0


# The rules.


@pytest.mark.parametrize("language", LANGUAGES)
def test_their_own_tests_pass(built, language):
    command = {"python": [PYTHON, "-B", "-W", "error", "-m", "unittest"],
               "go": ["/usr/bin/go", "test", "-race", "-count=1", "."]}[language]
    done = subprocess.run(command, cwd=PUBLISHERS / language, env={**os.environ, **GO}, capture_output=True, text=True, timeout=300,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_they_pass_conform(shop, breakertop):
    command = [BIN / "breakertop", "conform", f"unix:{shop.socket}", "--commands", "payments.charge"]
    done = subprocess.run(command, env=breakertop.environment, capture_output=True, text=True, timeout=180, check=False,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_publisher_in_30_lines_is_listed(breakertop, environment, sockets):
    page = (ROOT / "Sources/BreakerWire/BreakerWire.docc/Protocol.md").read_text()
    program = re.search(r"^## A publisher in 30 lines$.*?^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1]
    assert len(program.splitlines()) <= 30
    with subprocess.Popen([sys.executable, "-c", program], env=environment) as process:
        try:
            wait_for(lambda: list(sockets.glob("*.sock")), "the socket")
            shown = breakertop.run("list")
            assert shown.returncode == 0 and "payments.charge" in shown.stdout and not shown.stderr, shown
            charge = entry(breakertop)
            assert (charge["state"], charge["service"], charge["fresh"]) == ("closed", "orders", True)
            wait_for(lambda: entry(breakertop)["calls_total"] > charge["calls_total"], "calls flow")
            path = next(sockets.glob("*.sock"))
            with RawMonitor(path, interval_ms=100) as monitor:
                assert [line["type"] for line in monitor.lines] == ["hello", "subscribed", "circuit", "sample", "ready"]
                for _ in range(5):
                    monitor.wait_for(seconds=2, type="sample")
        finally:
            process.kill()
