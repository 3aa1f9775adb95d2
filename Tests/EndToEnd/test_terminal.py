# SPDX-License-Identifier: Apache-2.0
"""The real program in a real pseudo-terminal: its screen, and the terminal that it leaves behind."""
import os
import pathlib
import random
import signal
import subprocess
import time

import pytest
from conftest import BIN, FOOTER, HELP, NOTHING
from service import Service
from terminal import Terminal


def test_the_empty_screen_says_where_it_looks(breakertop, sockets):
    with breakertop.terminal(80, 24) as terminal:
        terminal.wait_for_text(NOTHING)
        terminal.wait_for_text(str(sockets))
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.left_behind() == []


@pytest.mark.parametrize(
    "number, status",
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)],
)
def test_a_signal_ends_it_in_an_orderly_way(breakertop, number, status):
    with breakertop.terminal() as terminal:
        terminal.wait_for_text(NOTHING)
        terminal.kill(number)
        assert terminal.wait() == status
        assert terminal.left_behind() == []


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGBUS])
def test_a_crash_leaves_the_terminal_as_it_was_and_keeps_its_signal(breakertop, number):
    with breakertop.terminal() as terminal:
        terminal.wait_for_text(NOTHING)
        terminal.kill(number)
        assert terminal.wait() == -number
        assert terminal.left_behind() == []


def test_a_closed_window_ends_it(breakertop):
    with breakertop.terminal() as terminal:
        terminal.wait_for_text(NOTHING)
        terminal.hang_up()
        assert terminal.wait(5) == 129


def test_it_asks_for_the_modes_that_it_gives_back(breakertop):
    """The other tests would pass on a program that never touched the terminal."""
    with breakertop.terminal() as terminal:
        terminal.wait_for_text(NOTHING)
        assert {"?1049", "?1006", "?2004", "cursor hidden", "termios"} <= set(terminal.left_behind())


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50), (60, 12)])
def test_it_fills_the_screen_at_any_size(breakertop, size):
    with breakertop.terminal(*size) as terminal:
        terminal.wait_for_text(NOTHING)
        terminal.wait_until(lambda t: FOOTER in t.text().splitlines()[-1], "the footer on the last line")


def test_too_small_a_terminal_says_what_it_needs_and_recovers(breakertop):
    with breakertop.terminal(40, 10) as terminal:
        terminal.wait_for_text("terminal too small: 40×10")
        terminal.resize(100, 30)
        terminal.wait_for_text(NOTHING)
        for columns in range(100, 1, -7):
            terminal.resize(columns, max(1, columns // 3))
        terminal.resize(90, 28)
        terminal.wait_for_text(NOTHING)
        terminal.send("q")
        assert terminal.wait() == 0


def test_help_opens_and_closes_and_escape_never_quits(breakertop):
    with breakertop.terminal() as terminal:
        terminal.wait_for_text(NOTHING)
        terminal.send("?")
        terminal.wait_for_text(HELP)
        terminal.send("\x1b")
        terminal.wait_for_text(NOTHING)
        terminal.send("\x1b\x1b\x1b")
        terminal.read(0.5)
        assert terminal.status is None and NOTHING in terminal.text()


def test_alt_moves_by_words_in_what_is_typed_and_what_follows_it_in_one_read_is_no_command_elsewhere(breakertop):
    with breakertop.terminal() as terminal:
        terminal.wait_for_text(NOTHING)
        terminal.send("?")
        terminal.wait_for_text(HELP)
        terminal.send("\x1b/q")
        terminal.wait_for_text(NOTHING)
        # Those letters were not meant for the view; a moment later they are.
        terminal.read(0.6)
        assert terminal.status is None
        terminal.send("/target=payments state\x1bb\x1bb\x1b\x7f")
        terminal.wait_until(lambda t: t.text().splitlines()[-1].startswith(" /payments state"), "the word is deleted")


def test_the_table_is_arranged_as_the_last_dashboard_had_it_unless_options_say_otherwise(breakertop):
    file = pathlib.Path(breakertop.environment["XDG_STATE_HOME"]) / "breakertop/dashboard"
    with breakertop.terminal() as terminal:
        terminal.wait_for_text("STATE▲")
        terminal.send(">")
        terminal.wait_for_text("SERVICE▲")
        terminal.send("q")
        assert terminal.wait() == 0
    assert file.stat().st_mode & 0o777 == 0o600
    with breakertop.terminal() as terminal:
        terminal.wait_for_text("SERVICE▲")
    with breakertop.terminal(arguments=["--sort", "calls", "--columns", "calls"]) as terminal:
        terminal.wait_for_text("CALLS/s▼")
        assert "STATE" not in terminal.text()
    file.write_bytes(b"sort \xff\n" * 3)
    with breakertop.terminal() as terminal:
        terminal.wait_for_text("line 1: there is no column")
        terminal.wait_for_text("STATE▲")


def test_each_frame_is_drawn_at_once_by_synchronized_output(breakertop):
    with breakertop.terminal() as terminal:
        terminal.wait_for_text(NOTHING)
        terminal.read(0.3)
        before = len(terminal.output)
        terminal.send("?")
        terminal.wait_for_text(HELP)
        frame = bytes(terminal.output[before:])
        assert frame.startswith(b"\x1b[?2026h") and frame.count(b"\x1b[?2026h") == frame.count(b"\x1b[?2026l")


def test_no_terminal_is_one_clear_line(breakertop):
    done = subprocess.run(
        [BIN / "breakertop"], env=breakertop.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=10, check=False,
    )
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert "terminal" in done.stderr


def shows(terminal, count):
    """Whether all of a service's circuits c1, c2 and so on are on the screen."""
    return {f"c{number}" for number in range(1, count + 1)} <= set(terminal.text().split())


def is_whole(terminal):
    """The header stands on the first line and the footer on the last, once each, nothing of another size between them."""
    lines = terminal.text().splitlines()
    return (
        "breakertop" in lines[0] and FOOTER in lines[-1]
        and sum(FOOTER in line for line in lines) == 1
    )


def test_the_view_of_a_circuit_has_the_histogram_of_the_one_that_is_looked_at(breakertop, sockets):
    with Service(sockets, "--circuits", 2), breakertop.terminal(120, 40) as terminal:
        terminal.wait_for_text("c2")
        terminal.send("\r")
        terminal.wait_until(lambda t: "/ c1" in t.text() and "since boot" in t.text(), "latencies of c1")
        terminal.send("\x1b[C")
        terminal.wait_until(lambda t: "/ c2" in t.text() and "since boot" in t.text(), "latencies of c2")


def test_after_a_storm_of_resizes_the_picture_is_whole(breakertop, sockets):
    chance = random.Random(7)
    with Service(sockets, "--circuits", 6), breakertop.terminal() as terminal:
        terminal.wait_for_text("c6")
        for _ in range(150):
            terminal.resize(chance.randint(1, 250), chance.randint(1, 80))
            terminal.send(chance.choice(["", "", "j", "k", "?", "\x1b", "g"]))
            terminal.read(chance.choice([0, 0, 0.002, 0.02]))
        terminal.send("\x1b")
        terminal.read(0.2)
        terminal.send("\x1b")
        terminal.resize(110, 28)
        # Whatever an emulator does with the cells of another size, the program draws all of them.
        terminal.wait_until(lambda t: is_whole(t) and shows(t, 6), "the whole picture in 110×28")
        # Within a moment of Escape it would be Alt and Q.
        time.sleep(0.1)
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.left_behind() == []


def test_what_others_wrote_on_the_screen_goes_with_ctrl_l(breakertop, sockets):
    with breakertop.terminal(80, 24) as terminal:
        terminal.wait_for_text(NOTHING)
        clean = terminal.text().splitlines()[1:]
        os.write(terminal.slave, b"\x1b[H\x1b[7mBroadcast message from root@db1\r\n\x1b[12;40Hgoing down")
        terminal.wait_for_text("Broadcast message")
        terminal.read(0.6)
        assert "going down" in terminal.text(), "nothing had to be cleared: the test shows nothing"
        terminal.send("\x0c")
        terminal.wait_until(lambda t: "Broadcast" not in t.text() and "going down" not in t.text(), "a clean screen")
        # The clock is on the first line.
        assert terminal.text().splitlines()[1:] == clean


@pytest.mark.parametrize("way", ["key", "signal"])
def test_a_stop_gives_the_terminal_back_and_takes_it_again(breakertop, sockets, way):
    """In a shell with job control, as a person does it; the whole picture is there again, in the size of now."""
    with Service(sockets, "--circuits", 3), Terminal(["sh", "-i"], 100, 30, env={"PS1": "ready> "}) as terminal:
        terminal.wait_for_text("ready>")
        terminal.send(f"{BIN / 'breakertop'} --dir {sockets}\n")
        terminal.wait_for_text("c3")
        assert "?1049" in terminal.left_behind()
        if way == "key":
            terminal.send("\x1a")
        else:
            os.kill(os.tcgetpgrp(terminal.master), signal.SIGTSTP)
        terminal.wait_until(lambda t: "Stopped" in t.text() and not t.left_behind(), "the shell, and its terminal")
        terminal.resize(90, 26)
        terminal.send("echo still $((40 + 2))\n")
        terminal.wait_for_text("still 42")
        terminal.send("fg\n")
        terminal.wait_until(lambda t: is_whole(t) and shows(t, 3), "the whole picture again")
        assert {"?1049", "?1006", "?2004", "cursor hidden", "termios"} <= set(terminal.left_behind())
        terminal.send("?")
        terminal.wait_for_text(HELP)
        terminal.send("\x1b")
        terminal.wait_until(lambda t: HELP not in t.text(), "the help gone")
        terminal.send("q")
        terminal.wait_until(lambda t: not t.left_behind(), "the terminal as it was")
        terminal.send("exit\n")
        terminal.wait()
