# SPDX-License-Identifier: Apache-2.0
"""The real program in a real pseudo-terminal: its screen, and the terminal that it leaves behind."""
import signal
import subprocess

import pytest
from conftest import BIN

NOTHING = "no service publishes its circuits yet"


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
        terminal.wait_until(lambda t: "Enter details" in t.text().splitlines()[-1], "the footer on the last line")


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
        terminal.wait_for_text("force the circuit open")
        terminal.send("\x1b")
        terminal.wait_for_text(NOTHING)
        terminal.send("\x1b\x1b\x1b")
        terminal.read(0.5)
        assert terminal.status is None and NOTHING in terminal.text()


def test_each_frame_is_drawn_at_once_by_synchronized_output(breakertop):
    with breakertop.terminal() as terminal:
        terminal.wait_for_text(NOTHING)
        terminal.read(0.3)
        before = len(terminal.output)
        terminal.send("?")
        terminal.wait_for_text("force the circuit open")
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
