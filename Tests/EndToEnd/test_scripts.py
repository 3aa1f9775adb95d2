# SPDX-License-Identifier: Apache-2.0
"""Scripts and screen against publishers that a stranger wrote: what is meant, asked, sent and read back; silence, escapes."""
import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest
from conftest import BIN
from publisher import Publisher
from terminal import Terminal


class Refusing(Publisher):
    """Refuses the first commands, as many as it is told, with a code."""

    def __init__(self, folder, code, count, **more):
        self.code, self.count = code, count
        super().__init__(folder, **more)

    def _obey(self, lines, send):
        for line in lines:
            command = json.loads(line)
            self.commands.append(command)
            ok = len(self.commands) > self.count
            if ok:
                self.mode, self.rev = "forced_open", self.rev + 1
            answer = {"ok": True, "seq": 1} if ok else {"ok": False, "error": {"code": self.code, "message": "not now"}}
            send(self._circuit(), self._sample(), {"type": "result", "id": command["id"], **answer})


class Watch:
    """`breakertop watch` with its lines as they come."""

    def __init__(self, breakertop, *arguments, reads=True):
        self.process = subprocess.Popen(
            [BIN / "breakertop", "watch", *breakertop.only, *arguments], env=breakertop.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        if reads:
            self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait_for(self, *parts, seconds=15):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in self.lines:
                if all(part in line for part in parts):
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no line with {parts} within {seconds} s; there are {self.lines[-20:]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


def event(seq, kind="state", **more):
    state = {"circuit": 1, "from": "closed", "to": "open", "gen": seq, "cause": "rule"} if kind == "state" else {}
    line = {"type": "event", "t": int(time.time() * 1000), "up_ms": 70_000, "seq": seq, "kind": kind, **state, **more}
    return json.dumps(line).encode() + b"\n"


def silent_peer(folder, name="silent.a"):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / f"{name}.sock"))
    listener.listen(8)
    return listener


def test_a_strangers_publisher_is_listed_forced_and_cleared(breakertop, sockets):
    with Publisher(sockets) as stranger:
        entry = breakertop.json("list")["circuits"][0]
        assert (entry["service"], entry["circuit"], entry["state"]) == ("billing", "ledger.post", "closed")
        assert entry["failed_total"] is None, "what was not told is unknown, not 0"
        assert breakertop.json("open", "ledger.post", "--for", "90s", "--reason", "why")["results"][0]["ok"]
        command = stranger.commands[0]
        assert (command["action"], command["for_ms"], command["reason"]) == ("force_open", 90_000, "why")
        assert command["boot"] == stranger.hello["boot"]
        assert breakertop.json("list")["circuits"][0]["override"] == "forced_open"
        assert breakertop.run("clear", "billing/ledger.post").returncode == 0


def test_several_circuits_are_changed_only_with_a_yes(breakertop, sockets):
    with Publisher(sockets) as one, Publisher(sockets, instance="billing-2", boot="0" * 15 + "2") as two:
        for selector in ("billing/ledger.post", "billing-2/led*", "*"):
            done = breakertop.run("open", selector, "--for", "1m")
            assert done.returncode == 64 and "--yes" in done.stderr and "nothing was sent" in done.stderr
            assert "billing-2/ledger.post, now closed" in done.stderr, "it says what would be done"
        assert not one.commands and not two.commands
        assert breakertop.run("open", "billing-2/ledger.post", "--for", "1m").returncode == 0, "called by its name: no question"
        assert not one.commands and len(two.commands) == 1
        assert breakertop.run("open", "billing/ledger.post", "--for", "1m", "--yes").returncode == 0
        assert len(one.commands) == 1 and len(two.commands) == 2
        assert breakertop.run("clear", "billing-[12]/*", "-y").returncode == 0
        assert (one.mode, two.mode) == ("none", "none")


@pytest.mark.parametrize("verb", ["clear", "reset"])
def test_somebody_elses_override_is_ended_only_with_a_yes(breakertop, sockets, verb):
    with Publisher(sockets) as stranger:
        assert breakertop.run("open", "billing/ledger.post", "--for", "1m", "--as", "ann").returncode == 0
        done = breakertop.run(verb, "billing/ledger.post", "--as", "bob")
        assert done.returncode == 64 and "ann" in done.stderr and "to end that needs --yes" in done.stderr
        assert len(stranger.commands) == 1 and stranger.mode == "forced_open"
        done = breakertop.run(verb, "billing/ledger.post", "--as", "bob", "--yes")
        assert done.returncode == 0 and "ended: billing-1/ledger.post is forced open by ann" in done.stderr, done.stderr
        assert stranger.mode == "none"
        # One's own is ended without a question.
        assert breakertop.run("open", "billing/ledger.post", "--for", "1m", "--as", "bob").returncode == 0
        assert breakertop.run(verb, "billing/ledger.post", "--as", "bob").returncode == 0


def test_one_name_that_stands_for_nothing_stops_all(breakertop, sockets):
    with Publisher(sockets) as stranger:
        for arguments in (["--yes"], ["--dry-run"]):
            done = breakertop.run("open", "ledger.post", "nothing*", "--for", "1m", *arguments)
            assert done.returncode == 2 and "nothing*" in done.stderr and "billing/ledger.post" in done.stderr
        assert not stranger.commands


def test_a_dry_run_prints_what_is_sent_and_sends_nothing(breakertop, sockets):
    with Publisher(sockets) as stranger:
        stranger.rev = 7
        arguments = ["open", "led*", "--for", "until-cleared", "--reason", "why", "--yes", "--as", "ann"]
        dry = breakertop.json(*arguments, "--dry-run")
        assert dry["version"] == 1 and dry["dry_run"] and dry["troubles"] == []
        assert not stranger.commands
        plain = breakertop.run(*arguments, "--dry-run")
        assert plain.returncode == 0 and "billing-1/ledger.post, now closed" in plain.stdout and '"for_ms":null' in plain.stdout
        assert breakertop.run(*arguments).returncode == 0
        sent = stranger.commands[0]
        assert len(sent.pop("id")) == 36
        assert sent == dry["commands"][0]["command"] and sent["if_override_rev"] == 7


def ask(breakertop, *arguments):
    return Terminal([str(BIN / "breakertop"), *arguments, *breakertop.only], 140, 40, env=breakertop.environment)


def test_a_question_shows_what_would_change_and_only_yes_means_yes(breakertop, sockets):
    with Publisher(sockets) as stranger:
        for answer, status in (("no\r", 1), ("\r", 1), ("y\r", 1), ("\x04", 1), ("\x03", -signal.SIGINT), ("yes\r", 0)):
            with ask(breakertop, "open", "led*", "--for", "10m") as terminal:
                terminal.wait_for_text("type yes")
                assert terminal.line_with("billing-1/ledger.post", "now closed", "calls/s would be refused")
                assert terminal.line_with("force open for 10 min")
                assert not stranger.commands
                terminal.send(answer)
                assert terminal.wait() == status
        assert len(stranger.commands) == 1 and stranger.mode == "forced_open"


def test_what_was_typed_before_the_question_is_no_answer(breakertop, sockets):
    with Publisher(sockets) as stranger:
        with ask(breakertop, "open", "led*", "--for", "10m") as terminal:
            terminal.send("yes\ryes\r")
            terminal.wait_for_text("type yes")
            terminal.read(0.5)
            assert terminal.status is None and not stranger.commands
            terminal.send("\r")
            assert terminal.wait() == 1 and not stranger.commands


def test_a_wide_change_asks_for_the_number_of_circuits(breakertop, sockets):
    with Publisher(sockets) as one, Publisher(sockets, service="web", instance="web-1", boot="0" * 15 + "2") as two:
        for answer, status in (("yes\r", 1), ("3\r", 1), ("2\r", 0)):
            with ask(breakertop, "open", "*", "--for", "10m") as terminal:
                terminal.wait_for_text("type their number (2)")
                terminal.send(answer)
                assert terminal.wait() == status
        assert len(one.commands) == 1 and len(two.commands) == 1


def test_what_the_service_refuses_or_does_not_show_is_not_done(breakertop, sockets):
    with Refusing(sockets, "override_conflict", 1):
        answer = breakertop.run("open", "ledger.post", "--for", "1m")
        assert answer.returncode == 1 and "not now (override_conflict)" in answer.stderr
    with Publisher(sockets, instance="billing-2", boot="0" * 15 + "2"):
        # This stranger knows no forced closed: it says done, and nothing changes.
        done = breakertop.run("close", "billing-2/ledger.post", "--for", "1m")
        assert done.returncode == 1 and "its effect does not show" in done.stderr
        result = breakertop.json("close", "billing-2/ledger.post", "--for", "1m")["results"][0]
        assert (result["ok"], result["read_back"]) == (True, False)
        result = breakertop.json("open", "billing-2/ledger.post", "--for", "1m")["results"][0]
        assert (result["ok"], result["read_back"], result["standing"]) == (True, True, "forced open")
        assert 0 <= result["latency_ms"] < 5_000


def test_a_service_that_is_busy_is_asked_again_with_a_new_id(breakertop, sockets):
    with Refusing(sockets, "rate_limited", 2) as busy:
        assert breakertop.run("open", "ledger.post", "--for", "1m").returncode == 0
        assert len({command["id"] for command in busy.commands}) == 3


class Mute(Publisher):
    """Takes commands, does them, and never answers."""

    def _obey(self, lines, send):
        for line in lines:
            command = json.loads(line)
            self.commands.append(command)
            self.mode, self.rev, self.claimed = "forced_open", self.rev + 1, command.get("operator", "")
            send(self._circuit(), self._sample())


def test_who_did_not_answer_has_neither_done_nor_refused(breakertop, sockets):
    with Mute(sockets):
        answer = breakertop.json("open", "ledger.post", "--for", "1m")["results"][0]
        assert (answer["outcome"], answer["ok"], answer["code"]) == ("unknown", None, "no_answer")
        assert answer["read_back"] and answer["standing"] == "forced open"
        done = breakertop.run("open", "ledger.post", "--for", "1m")
        assert done.returncode == 1 and "not known:" in done.stderr and "refused" not in done.stderr


def test_while_somebody_could_not_be_asked_a_name_alone_is_no_order(breakertop, sockets):
    silent = silent_peer(sockets, "billing.billing-2")
    with Publisher(sockets) as one:
        for selector in ("ledger.post", "billing/ledger.post", "*/ledger.post"):
            done = breakertop.run("open", selector, "--for", "1m")
            assert done.returncode == 64 and "billing-2.sock" in done.stderr and "--yes" in done.stderr
        assert not one.commands
        done = breakertop.run("open", "ledger.post", "--for", "1m", "--yes")
        assert done.returncode == 1 and "billing-2.sock" in done.stderr and len(one.commands) == 1
        answer = breakertop.json("open", "*/ledger.post", "--for", "1m", "--yes")
        assert answer["results"][0]["ok"] and "billing-2.sock" in answer["troubles"][0]
        # No other instance is meant by these.
        for selector in ("billing-1/ledger.post", "billing/billing-1/ledger.post"):
            done = breakertop.run("open", selector, "--for", "1m")
            assert done.returncode == 0 and "billing-2.sock" in done.stderr
        done = breakertop.run("open", "billing-2/ledger.post", "--for", "1m")
        assert done.returncode == 3, "it may be the one that is hung: that is no wrong name"
        assert "billing-2.sock: " in done.stderr.splitlines()[0], "that comes first"
        assert "no circuit “billing-2/ledger.post” among those reached" in done.stderr and len(one.commands) == 4
    silent.close()


def test_who_could_not_be_asked_holds_up_no_other_service(breakertop, sockets):
    silent = silent_peer(sockets)
    with Publisher(sockets) as one:
        done = breakertop.run("open", "billing/ledger.post", "--for", "1m")
        assert done.returncode == 0 and "silent.a.sock" in done.stderr and len(one.commands) == 1
        assert breakertop.run("open", "billing-2/ledger.post", "--for", "1m").returncode == 2, "a wrong name"
        assert breakertop.run("open", "ledger.post", "--for", "1m").returncode == 64, "it may have one of that name"
        # A target may have any name, hung or dead.
        (sockets / "elsewhere").mkdir(mode=0o700)
        stray = silent_peer(sockets / "elsewhere", "foo.bar")
        target = f"unix:{sockets}/elsewhere/foo.bar.sock"
        assert breakertop.run("open", "billing/ledger.post", "--for", "1m", "-t", target).returncode == 64
        stray.close()
        done = breakertop.run("open", "billing/ledger.post", "--for", "1m", "-t", target)
        assert done.returncode == 64 and "foo.bar.sock" in done.stderr and len(one.commands) == 1
    silent.close()


def test_who_died_without_a_goodbye_is_said_by_whatever_could_mean_it(breakertop, sockets):
    with Publisher(sockets) as one:
        silent_peer(sockets, "billing.billing-2").close()
        for command in (["open", "billing/ledger.post", "--for", "1m"], ["clear", "ledger.*"], ["reset", "ledger.post"]):
            done = breakertop.run(*command)
            assert done.returncode == 64 and "--yes" in done.stderr, done.stderr
            assert "billing.billing-2.sock: died without saying goodbye" in done.stderr.splitlines()[0]
            assert not one.commands
        done = breakertop.run("open", "billing/ledger.post", "--for", "1m", "--yes")
        assert done.returncode == 1 and len(one.commands) == 1, "not done to all"
        assert "billing-2.sock: died" in done.stderr and "billing-1/ledger.post: done" in done.stdout
        for command in (["open", "billing-2/ledger.post", "--for", "1m", "--yes"], ["list", "billing-2/ledger.post"]):
            done = breakertop.run(*command)
            assert done.returncode == 3, done.stderr
            assert "billing-2.sock: died" in done.stderr.splitlines()[0] and "among those reached" in done.stderr
        assert breakertop.run("list", "billing-1/nothing").returncode == 2, "of that one all is known"
        assert breakertop.run("open", "billing-1/ledger.post", "--for", "1m").returncode == 0
        with ask(breakertop, "clear", "billing/ledger.post") as terminal:
            terminal.wait_for_text("type yes")
            assert terminal.line_with("billing-2.sock: died"), "it is said before the question"


def test_where_nobody_was_reached_the_reason_is_said_and_nothing_untrue(breakertop, sockets):
    silent_peer(sockets, "billing.billing-2").close()
    for command in (["open", "ledger.post", "--for", "1m"], ["list"], ["check"]):
        done = breakertop.run(*command)
        said = done.stdout + done.stderr
        assert "died without" in said and "no service publishes" not in said
        assert done.returncode == 3


def test_a_watch_of_chosen_kinds_tells_only_those(breakertop, sockets):
    with Publisher(sockets) as stranger, Watch(breakertop, "--only", "state") as watch:
        watch.wait_for("watching 1 circuit;")
        stranger.extra = [event(1, kind="probe", circuit=1, ok=True, us=1), event(2)]
        watch.wait_for("went from closed to open")
        assert len(watch.lines) == 2
    done = breakertop.run("watch", "--only", "sate")
    assert done.returncode == 64 and "“sate”" in done.stderr and "there are circuit, state" in done.stderr


def test_a_screen_without_a_terminal_is_wrong_usage(breakertop):
    assert breakertop.run("dashboard").returncode == 64


def test_a_list_takes_words_and_patterns(breakertop, sockets):
    with Publisher(sockets), Publisher(sockets, service="web", instance="web-1", boot="0" * 15 + "2", circuit="stock"):
        for words, status, said in (
            (["ledger.pst"], 2, "no circuit “ledger.pst”; did you mean billing/ledger.post?"),
            (["wbe/*"], 2, "no circuit “wbe/*”; did you mean web/stock?"),
            (["st*", "nowhere/at-all"], 2, "no circuit “nowhere/at-all”; there are billing/ledger.post, web/stock"),
            (["stock", "billing"], 2, "no circuit that all of these stand for: stock billing"),
            (["open"], 0, ""), (["stock", "half-open"], 0, ""), (["half_open"], 0, ""), (["st*"], 0, ""),
        ):
            done = breakertop.run("list", *words)
            assert (done.returncode, done.stderr.strip()) == (status, f"breakertop: {said}" if said else ""), words
        assert "web-1/stock" in breakertop.run("list", "st*", "nowhere/at-all").stdout, "what is there is shown"
        names = lambda *words: [entry["circuit"] for entry in breakertop.json("list", *words)["circuits"]]
        assert names("closed") == ["ledger.post", "stock"]
        assert names("bill*/*") == ["ledger.post"] == names("billing/ledger.post", "CLOSED")
        assert names("web*/*", "led*") == ["ledger.post", "stock"]
        assert names("st*", "open") == []


@pytest.mark.parametrize(
    "arguments, status, words",
    [
        ([], 0, "OK: 1 circuit, 1 service"),
        (["ledger.post", "--fail-on", "open,half_open,forced,stale,unknown"], 0, "OK"),
        (["--min-sources", "2"], 3, "UNKNOWN"),
        (["nothing"], 2, "UNKNOWN"),
        (["--fail-on", "opne"], 64, "opne"),
    ],
)
def test_a_check_says_by_its_status_whether_anything_offends(breakertop, sockets, arguments, status, words):
    with Publisher(sockets):
        done = breakertop.run("check", *arguments)
        assert done.returncode == status and words in done.stdout + done.stderr


def test_a_check_fails_on_what_is_forced_and_on_who_does_not_answer(breakertop, sockets):
    assert breakertop.run("check").returncode == 3
    with Publisher(sockets) as stranger:
        stranger.mode, stranger.rev = "forced_open", 1
        done = breakertop.run("check")
        assert done.returncode == 1
        assert done.stdout.splitlines()[0] == "FAILED: 1 forced_open; 1 circuit, 1 service"
        assert "billing-1/ledger.post" in done.stdout.splitlines()[1]
        answer = breakertop.json("check")
        assert (answer["version"], answer["ok"], answer["status"]) == (1, False, 1)
        assert answer["offending"][0]["concern"] == "forced_open"
        assert breakertop.run("check", "--fail-on", "open").returncode == 0
        stranger.mode = "none"
        silent = silent_peer(sockets)
        done = breakertop.run("check")
        assert done.returncode == 1 and "silent.a.sock" in done.stdout
        silent.close()


def test_a_check_fails_on_who_died_and_not_on_who_said_goodbye(breakertop, sockets):
    with Publisher(sockets):
        # As a process that is killed leaves them; one that goes in an orderly way takes both away.
        silent_peer(sockets, "orders.orders-1").close()
        (sockets / "orders.orders-1.lock").touch()
        done = breakertop.run("check")
        assert done.returncode == 1, done.stdout
        assert done.stdout.splitlines()[0] == "FAILED: 1 not reached; 1 circuit, 1 service"
        assert "orders.orders-1.sock: died without saying goodbye" in done.stdout
        assert "died without" in breakertop.json("check")["troubles"][0]
        assert "died without" in breakertop.run("list").stderr
        assert breakertop.run("open", "billing/ledger.post", "--for", "1m").returncode == 0, "who is dead has no circuit"
        assert breakertop.run("check", "--fail-on", "open").returncode == 0
        (sockets / "orders.orders-1.sock").unlink()
        assert breakertop.run("check", "--fail-on", "stale").returncode == 0
        assert breakertop.run("check", "--fail-on", "stale", "--min-sources", "2").returncode == 3


def test_a_watch_tells_the_picture_then_what_happens(breakertop, sockets):
    with Publisher(sockets) as stranger, Watch(breakertop) as watch:
        watch.wait_for("UTC billing-1 ledger.post: closed")
        watch.wait_for("watching 1 circuit;")
        stranger.extra = [event(1), event(2, kind="from_the_future"), b'{"type":"gap","from":3,"to":9}\n']
        assert watch.wait_for("UTC billing-1 ledger.post: went from closed to open")
        assert watch.wait_for("UTC billing-1: gap, 7 events")
        with Publisher(sockets, instance="billing-2", boot="0" * 15 + "2") as late:
            watch.wait_for("billing-2: publishes its circuits")
            watch.wait_for("billing-2 ledger.post: closed")
            for connection in late.connections:
                connection.shutdown(socket.SHUT_RDWR)
            watch.wait_for("billing-2: lost")


def test_a_watch_for_scripts_is_versioned_json_a_line(breakertop, sockets):
    with Publisher(sockets) as stranger, Watch(breakertop, "--json", "led*") as watch:
        watch.wait_for('"type":"ready"')
        stranger.extra = [event(1)]
        state = json.loads(watch.wait_for('"type":"state"'))
        assert (state["version"], state["from"], state["to"], state["seq"]) == (1, "closed", "open", 1)
        assert (state["service"], state["instance"], state["circuit"]) == ("billing", "billing-1", "ledger.post")
        first = json.loads(watch.lines[0])
        assert (first["version"], first["type"], first["circuit"], first["state"]) == (1, "circuit", "ledger.post", "closed")
        for connection in stranger.connections:
            connection.shutdown(socket.SHUT_RDWR)
        assert json.loads(watch.wait_for('"status":"lost"'))["type"] == "source"


def test_a_watch_ends_after_its_time_by_a_signal_and_with_its_reader(breakertop, sockets):
    with Publisher(sockets) as stranger:
        done = breakertop.run("watch", "--for", "1s", "--no-snapshot")
        assert done.returncode == 0 and done.stdout.count("\n") == 1 and "watching" in done.stdout and done.stderr == ""
        assert breakertop.run("watch", "--for", "until-cleared").returncode == 64
        for number in (signal.SIGINT, signal.SIGTERM):
            with Watch(breakertop) as watch:
                watch.wait_for("watching")
                watch.process.send_signal(number)
                assert watch.process.wait(5) == -number and watch.process.stderr.read() == ""
        with Watch(breakertop, reads=False) as watch:
            assert "ledger.post" in watch.process.stdout.readline()
            watch.process.stdout.close()
            # Nothing more happens here that would be written: it must notice by itself.
            assert watch.process.wait(5) == 0 and watch.process.stderr.read() == ""
        assert not stranger.commands


def test_a_watch_that_finds_nobody_waits_and_says_so(breakertop):
    done = breakertop.run("watch", "--for", "2s")
    assert done.returncode == 3 and "no service publishes yet" in done.stderr


def test_a_watch_for_what_is_not_there_says_so_once_and_waits(breakertop, sockets):
    with Publisher(sockets):
        done = breakertop.run("watch", "ledger.pst", "led*", "--for", "2s")
        assert done.returncode == 2
        assert done.stderr == "breakertop: waiting: no circuit “ledger.pst”; did you mean billing/ledger.post?\n"
        with Watch(breakertop, "stock") as watch:
            watch.wait_for("watching 0 circuits")
            with Publisher(sockets, instance="billing-2", boot="0" * 15 + "2", circuit="stock"):
                watch.wait_for("billing-2 stock: closed")


def test_two_processes_of_one_name_are_told_apart(breakertop, sockets):
    with Publisher(sockets) as one:
        one.hello["pid"] = 4711
        (sockets / "billing.billing-1.sock").rename(sockets / "billing.billing-1.2.sock")
        with Publisher(sockets, boot="0" * 15 + "2"):
            listed = breakertop.run("list")
            assert listed.returncode == 0 and "2 live processes are called billing/billing-1" in listed.stderr
            assert "boot 0000000000000001, process 4711" in listed.stdout and "boot 0000000000000002" in listed.stdout
            assert all(entry["twin"] for entry in breakertop.json("list")["circuits"])
            asked = breakertop.run("open", "billing-1/ledger.post", "--for", "1m")
            assert asked.returncode == 64 and "boot 0000000000000001" in asked.stderr


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def test_a_watch_that_nobody_reads_keeps_its_bound_and_says_what_it_left_out(breakertop, sockets):
    total = 40_000
    with Publisher(sockets) as stranger, Watch(breakertop, "--json", "--no-snapshot", reads=False) as watch:
        assert "ready" in watch.process.stdout.readline()
        before = resident(watch.process.pid)
        stranger.extra = [event(seq, kind="probe", circuit=1, ok=True, us=1) for seq in range(1, total + 1)]
        end = time.monotonic() + 30
        while stranger.extra and time.monotonic() < end:
            time.sleep(0.1)
        # By then it has waited for its reader in vain, and begun to leave lines out.
        time.sleep(10)
        assert resident(watch.process.pid) - before < 40_000, "kB"
        watch.reader.start()
        time.sleep(1)
        stranger.extra.append(event(total + 1))
        watch.wait_for('"type":"state"')
        lines = [json.loads(line) for line in watch.lines]
        gaps = [line for line in lines if line["type"] == "gap"]
        assert gaps and all(gap["cause"] in ("slow_reader", "service") for gap in gaps)
        told = sum(line["type"] in ("probe", "state") for line in lines) + sum(gap["lines"] for gap in gaps)
        assert told == total + 1, "every event is there or counted"


def test_no_control_character_of_a_peer_reaches_the_terminal(breakertop, sockets):
    evil = "pay\x1b[2J\x1b]0;title\x07\x9b31m\u202e"
    trip = {"at": 1, "rule": evil, "calls": None, "failed": None, "consecutive_failed": None, "errors": []}
    with Publisher(sockets, circuit=evil, trip=trip):
        for arguments in (
            ["list"], ["list", "--json"], ["check", "--fail-on", "open"], ["watch", "--for", "1s"], ["watch", "--for", "1s", "--json"],
            ["open", "nothing", "--for", "1m"], ["open", "pay*", "--for", "1m"], ["open", "pay*", "--for", "1m", "--dry-run"],
            ["open", evil, "--for", "1m"],
        ):
            done = breakertop.run(*arguments)
            said = done.stdout + done.stderr
            assert "pay" in said or arguments[0] == "check"
            assert not any(ord(character) < 32 and character != "\n" or 127 <= ord(character) < 160 for character in said)
            assert "\u202e" not in said
        with breakertop.terminal(120, 40) as terminal:
            terminal.wait_for_text("pay?")
            assert b"\x1b]0;title" not in terminal.output


def test_a_line_that_cannot_be_read_is_said_while_the_rest_goes_on(breakertop, sockets):
    with Publisher(sockets) as stranger:
        with breakertop.terminal(120, 40) as terminal:
            terminal.wait_until(lambda t: t.line_with("● closed", "ledger.post"), "the circuit")
            stranger.extra.append(b'{"type":"circuit","id":2,"name":"x","rule":{"name":"r"},"override":{"mode":"half"}}\n')
            terminal.wait_until(lambda t: t.line_with("UNREADABLE", "half"), "the complaint")
            terminal.read(3)
            assert terminal.line_with("● closed", "ledger.post"), "its other lines still count"


def test_a_reader_that_goes_away_is_no_error(breakertop, sockets):
    with Publisher(sockets):
        done = subprocess.run(
            f"{BIN / 'breakertop'} list --dir {sockets} | true", shell=True, capture_output=True, text=True, timeout=20,
            check=False)
        assert done.returncode == 0 and done.stderr == ""


def test_targets_are_named_on_the_line_or_in_the_environment(breakertop, sockets):
    def names(*arguments, **more):
        done = subprocess.run(
            [BIN / "breakertop", "list", "--json", *arguments], env={**breakertop.environment, **more}, capture_output=True, text=True,
            timeout=20, stdin=subprocess.DEVNULL, check=False)
        return [entry["instance"] for entry in json.loads(done.stdout)["circuits"]]

    one, two = sockets / "one", sockets / "two"
    one.mkdir(mode=0o700)
    two.mkdir(mode=0o700)
    with Publisher(one), Publisher(two, instance="billing-2", boot="0" * 15 + "2"):
        path = f"unix:{two}/billing.billing-2.sock"
        assert names("--target", path) == ["billing-2"]
        assert names("-t", path, "--dir", str(one)) == ["billing-1", "billing-2"]
        assert names(BREAKERTOP_TARGETS=f"{path}, {one}") == ["billing-1", "billing-2"]
        assert names("-t", str(one), BREAKERTOP_TARGETS=path) == ["billing-1"], "what the line says counts alone"
        (sockets / "list.json").write_text(json.dumps([{"targets": [path]}]))
        assert names("-t", f"file:{sockets}/list.json") == ["billing-2"]
    for arguments, more, words in (
        (["-t", "orders:70"], {}, "orders:70"), (["--cert", "a.pem"], {}, "--key"), ([], {"BREAKERTOP_TARGETS": "tcp:x"}, "“x” has no port"),
    ):
        done = subprocess.run(
            [BIN / "breakertop", "list", *arguments], env={**breakertop.environment, **more}, capture_output=True, text=True, timeout=20,
            stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 64 and words in done.stderr


def test_a_mistyped_command_is_met_with_the_one_that_was_meant(breakertop):
    for arguments, words in (
        (["opne", "x", "--for", "1m"], "did you mean 'open'"), (["list", "--jsno"], "--json"), (["clear"], "circuit"),
        (["open", "x"], "--for"), (["open", "x", "--for", "1 year"], "1 year"),
    ):
        done = breakertop.run(*arguments)
        assert done.returncode == 64 and words in done.stderr and not done.stdout
    done = breakertop.run("opne", "x")
    assert done.returncode == 64 and done.stderr.count("did you mean 'open'") == 1 and "dashboard" not in done.stderr
