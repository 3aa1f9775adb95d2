# SPDX-License-Identifier: Apache-2.0
"""Scripts and screen against publishers that a stranger wrote: ambiguity, silence, escapes, unreadable lines."""
import socket

from publisher import Publisher


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


def test_a_name_that_stands_for_several_circuits_is_refused_unless_all_are_meant(breakertop, sockets):
    with Publisher(sockets) as one, Publisher(sockets, instance="billing-2", boot="0" * 15 + "2") as two:
        done = breakertop.run("open", "billing/ledger.post", "--for", "1m")
        assert done.returncode == 2 and "billing-1/ledger.post" in done.stderr and "billing-2/ledger.post" in done.stderr
        assert not one.commands and not two.commands
        assert breakertop.run("open", "billing-2/ledger.post", "--for", "1m").returncode == 0
        assert not one.commands and len(two.commands) == 1
        assert breakertop.run("open", "billing/ledger.post", "--for", "1m", "--all").returncode == 0
        assert len(one.commands) == 1 and len(two.commands) == 2


def test_who_could_not_be_asked_is_said_and_all_is_then_not_done(breakertop, sockets):
    silent = silent_peer(sockets)
    with Publisher(sockets):
        done = breakertop.run("open", "ledger.post", "--for", "1m")
        assert done.returncode == 0 and "silent.a.sock" in done.stderr
        done = breakertop.run("open", "ledger.post", "--for", "1m", "--all")
        assert done.returncode == 1 and "silent.a.sock" in done.stderr
        answer = breakertop.json("open", "ledger.post", "--for", "1m", "--all")
        assert answer["results"][0]["ok"] and "silent.a.sock" in answer["troubles"][0]
    silent.close()


def test_no_control_character_of_a_peer_reaches_the_terminal(breakertop, sockets):
    evil = "pay\x1b[2J\x1b]0;title\x07\x9b31m\u202e"
    trip = {"at": 1, "rule": evil, "calls": None, "failed": None, "consecutive_failed": None, "errors": []}
    with Publisher(sockets, circuit=evil, trip=trip):
        for arguments in (["list"], ["open", "nothing", "--for", "1m"], ["open", evil, "--for", "1m"]):
            done = breakertop.run(*arguments)
            said = done.stdout + done.stderr
            assert "pay" in said
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
    import subprocess
    with Publisher(sockets):
        from conftest import BIN
        done = subprocess.run(
            f"{BIN / 'breakertop'} list --dir {sockets} | true", shell=True, capture_output=True, text=True, timeout=20,
            check=False)
        assert done.returncode == 0 and done.stderr == ""
