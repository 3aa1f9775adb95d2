# SPDX-License-Identifier: Apache-2.0
"""Inside of tmux, a terminal of its own kind: its size changes when it is split, and its window may be gone for a while."""
import subprocess
import time

import pytest
from conftest import BIN, FOOTER, HELP
from service import Service
from terminal import Terminal


class Tmux:
    """A server of tmux with a socket of its own and nobody's configuration."""

    def __init__(self, folder):
        self.command = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self("new-session", "-d", "-s", "test", "-x", "120", "-y", "40", "exec sh")
        self("set-option", "-g", "status", "off")

    def __call__(self, *arguments):
        done = subprocess.run([*self.command, *arguments], capture_output=True, text=True, timeout=10, check=False)
        assert done.returncode == 0, f"tmux {arguments}: {done.stderr}"
        return done.stdout

    def keys(self, *keys):
        self("send-keys", "-t", "test:0.0", *keys)

    def text(self):
        return self("capture-pane", "-p", "-t", "test:0.0")

    def size(self):
        columns, rows = self("display-message", "-p", "-t", "test:0.0", "#{pane_width} #{pane_height}").split()
        return int(columns), int(rows)

    def wait_until(self, condition, what, seconds=15):
        end = time.monotonic() + seconds
        while not condition(self.text()):
            assert time.monotonic() < end, f"not within {seconds} s: {what}; the pane:\n{self.text()}"
            time.sleep(0.05)

    def wait_for_picture(self):
        """The whole picture in the pane's present size: header above, footer on its last line, every circuit."""
        def is_whole(text):
            lines = text.split("\n")[: self.size()[1]]
            return (
                len(lines) == self.size()[1] and "breakertop" in lines[0] and FOOTER in lines[-1]
                and {"c1", "c2", "c3"} <= set(text.split())
            )
        self.wait_until(is_whole, f"the whole picture in {self.size()}")


@pytest.fixture
def tmux(sockets):
    tmux = Tmux(sockets)
    yield tmux
    subprocess.run([*tmux.command, "kill-server"], capture_output=True, timeout=10, check=False)


@pytest.fixture
def shown(tmux, sockets):
    with Service(sockets, "--circuits", 3):
        tmux.keys(f"echo be''fore; {BIN / 'breakertop'} --dir {sockets}; echo status $?", "Enter")
        tmux.wait_for_picture()
        yield tmux


def test_a_split_and_its_end_leave_the_picture_whole(shown):
    shown("split-window", "-v", "-t", "test:0.0", "exec sleep 1000")
    shown.wait_for_picture()
    assert shown.size()[1] < 25
    shown("split-window", "-h", "-t", "test:0.0", "-l", "30", "exec sleep 1000")
    shown.wait_for_picture()
    assert shown.size()[0] < 100
    for columns in range(85, 60, -3):
        shown("resize-pane", "-t", "test:0.0", "-x", str(columns))
    shown("kill-pane", "-a", "-t", "test:0.0")
    shown.wait_for_picture()
    assert shown.size() == (120, 40)


def test_a_window_that_was_away_shows_the_present_and_its_size(shown):
    shown("set-option", "-g", "window-size", "latest")
    for columns, rows in ((90, 30), (132, 43)):
        with Terminal([*shown.command, "attach"], columns, rows) as window:
            window.wait_until(
                lambda t: FOOTER in t.text().splitlines()[-1] and "c3" in t.text().split(), "the picture")
            shown.wait_for_picture()
            assert shown.size() == (columns, rows)
            window.send("?")
            window.wait_for_text(HELP)
            window.send("\x1b")
            shown.wait_for_picture()
            shown("detach-client")
            assert window.wait() == 0
        # Nobody looks, and it runs on.
        shown.wait_for_picture()


def test_it_gives_the_pane_back_as_it_was(shown):
    assert "before" not in shown.text()
    assert shown("display-message", "-p", "-t", "test:0.0", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}") == "1 1 0\n"
    shown.keys("q")
    shown.wait_until(lambda text: "before" in text and "status 0" in text, "the shell's lines")
    assert shown("display-message", "-p", "-t", "test:0.0", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}") == "0 0 1\n"
