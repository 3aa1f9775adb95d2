# SPDX-License-Identifier: Apache-2.0
"""A terminal at the end of a slow line: what is shown is late, but never a backlog; keys and memory do not suffer."""
import os
import pathlib
import re
import select
import time

import pytest
from conftest import HELP
from service import Service

# What a pty of Linux holds for its reader, at most; a frame of 120×40 is below 16 KiB.
PTY_BUFFER, FRAME = 80 * 1024, 16 * 1024


def memory(pid):
    """In MiB."""
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def trickle(terminal, bytes_per_second, condition, seconds):
    """Reads so slowly until the condition holds; returns whether it does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not condition(terminal):
        if select.select([terminal.master], [], [], 0.05)[0]:
            terminal._take(os.read(terminal.master, bytes_per_second // 20))
        time.sleep(0.05)
    return condition(terminal)


@pytest.fixture
def flooded(breakertop, sockets):
    """A screen on which much changes all the time."""
    with Service(sockets, "--circuits", 60, "--rate", 100), breakertop.terminal() as terminal:
        terminal.wait_for_text("c22")
        yield terminal


def fill(terminal, frames):
    """Asks for so many full frames, which nobody reads; the program has to go on taking keys."""
    for _ in range(frames):
        assert select.select([], [terminal.master], [], 5)[1], "the program reads no keys"
        terminal.send("\x0c")
        time.sleep(0.02)


def test_a_terminal_that_takes_nothing_gets_no_backlog(flooded):
    """Far more frames fall due than it takes; afterwards it gets what it had taken before, and then the newest picture."""
    before = memory(flooded.pid)
    fill(flooded, 250)
    assert memory(flooded.pid) < before + 20
    flooded.send("?")
    shown = len(flooded.output)
    flooded.wait_for_text(HELP)
    assert len(flooded.output) - shown < PTY_BUFFER + 4 * FRAME


def test_on_a_line_of_a_kilobyte_a_second_keys_work_and_q_quits(flooded):
    before = memory(flooded.pid)
    trickle(flooded, 1_000, lambda _: False, 3)
    flooded.send("?")
    # Behind it is what the pty held already.
    assert trickle(flooded, 20_000, lambda t: HELP in t.text(), 30), flooded.text()
    flooded.send("\x1b")
    trickle(flooded, 1_000, lambda _: False, 3)
    assert memory(flooded.pid) < before + 20
    flooded.send("q")
    ended = lambda t: os.waitid(os.P_PID, t.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    assert trickle(flooded, 1_000, ended, 5), "it did not quit"
    assert flooded.wait() == 0


def test_a_terminal_that_takes_nothing_any_more_does_not_keep_it_from_quitting(flooded):
    for number in range(100):
        flooded.send("?" if number % 2 == 0 else "\x1b")
        time.sleep(0.02)
    # Within a moment of Escape it would be Alt and Q.
    time.sleep(0.1)
    flooded.send("q")
    end = time.monotonic() + 5
    while os.waitid(os.P_PID, flooded.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        assert time.monotonic() < end, "it waits for its terminal"
        time.sleep(0.05)
    assert flooded.wait() == 0
    # What it left unsaid it cannot have said; the line discipline is its own to give back.
    assert "termios" not in flooded.left_behind()
