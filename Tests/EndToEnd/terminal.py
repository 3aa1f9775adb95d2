# SPDX-License-Identifier: Apache-2.0
"""A terminal for a program under test: a pty of a given size, its keys, its bytes, its modes, and its screen read back by pyte."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import pyte


class Screen(pyte.Screen):
    """pyte's screen with what ncurses uses of xterm and pyte lacks: repeat (REP), scroll (SU, SD), and dim as a colour."""

    last = " "

    def draw(self, data):
        self.last = data[-1:] or self.last
        super().draw(data)

    def select_graphic_rendition(self, *attributes, **options):
        super().select_graphic_rendition(*attributes, **options)
        if 2 in attributes and self.cursor.attrs.fg == "default":
            self.cursor.attrs = self.cursor.attrs._replace(fg="dim")

    def repeat_last(self, count=None):
        self.draw(self.last * (count or 1))


    def scroll_up(self, count=None):
        self._at_top_margin(self.delete_lines, count)

    def scroll_down(self, count=None):
        self._at_top_margin(self.insert_lines, count)

    def _at_top_margin(self, edit, count):
        x, y = self.cursor.x, self.cursor.y
        self.cursor.y = self.margins.top if self.margins else 0
        edit(count or 1)
        self.cursor.x, self.cursor.y = x, y


class Stream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, b="repeat_last", S="scroll_up", T="scroll_down")
    events = pyte.ByteStream.events | {"repeat_last", "scroll_up", "scroll_down"}


class Terminal:
    """Runs a command as the session leader of a fresh pty.

    with Terminal(["prog"], columns=120, rows=40) as terminal:
        terminal.wait_for_text("ready")
        terminal.send("q")
        assert terminal.wait() == 0 and not terminal.left_behind()
    """

    def __init__(self, command, columns=80, rows=24, env=None, answers_sync=True, term="xterm-256color"):
        self.output = bytearray()
        self.status = None
        self.answers_sync = answers_sync
        self.screen = Screen(columns, rows)
        self.stream = Stream(self.screen)
        self.master, self.slave = pty.openpty()
        # As every terminal does, it says that it is well when it has read the question.
        self.screen.write_process_input = lambda data: os.write(self.master, data.encode())
        self._set_size(columns, rows)
        # The slave stays open here, so that the modes can be read after the program has gone.
        self.termios_before = termios.tcgetattr(self.slave)
        environment = dict(os.environ, TERM=term, LC_ALL="C.UTF-8", SWIFT_BACKTRACE="enable=no")
        environment.pop("NO_COLOR", None)
        environment.update(env or {})
        self.pid = os.fork()
        if self.pid == 0:
            self._become(command, environment)

    def _become(self, command, environment):
        try:
            os.close(self.master)
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for descriptor in (0, 1, 2):
                os.dup2(self.slave, descriptor)
            if self.slave > 2:
                os.close(self.slave)
            for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            os.execvpe(command[0], command, environment)
        finally:
            os._exit(127)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.wait(5)
        self.hang_up()

    def hang_up(self):
        """Closes the terminal, as a closed window does."""
        for name in ("master", "slave"):
            if getattr(self, name) is not None:
                os.close(getattr(self, name))
                setattr(self, name, None)

    # Size, modes, screen

    def _set_size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)

    def text(self):
        """The screen as a person sees it."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def left_behind(self):
        """What is not as it was before the program: empty when the terminal was given back in full."""
        state = {}
        for numbers, action in re.findall(rb"\x1b\[\?([0-9;]+)([hl])", bytes(self.output)):
            for number in numbers.split(b";"):
                state[int(number)] = action == b"h"
        left = ["?%d" % number for number, on in sorted(state.items()) if on and number not in (7, 12, 25)]
        if state.get(25) is False:
            left.append("cursor hidden")
        keypad = re.findall(rb"\x1b([=>])", bytes(self.output))
        if keypad and keypad[-1] == b"=":
            left.append("keypad")
        if self.slave is not None and termios.tcgetattr(self.slave) != self.termios_before:
            left.append("termios")
        return left

    # Input and output

    def send(self, keys):
        os.write(self.master, keys.encode() if isinstance(keys, str) else keys)

    def read(self, seconds):
        """Reads for so long; returns what came."""
        end = time.monotonic() + seconds
        before = len(self.output)
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                return bytes(self.output[before:])
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return bytes(self.output[before:])
            self._take(data)

    def _take(self, data):
        self.output += data
        # pyte stumbles over the private query of synchronized output; a terminal swallows it.
        self.stream.feed(data.replace(b"\x1b[?2026$p", b""))
        if self.answers_sync and b"\x1b[?2026$p" in data:
            self.send(b"\x1b[?2026;2$y")

    def wait_until(self, condition, what, seconds=15):
        """Reads until the condition holds on this terminal; fails with the screen otherwise."""
        end = time.monotonic() + seconds
        while not condition(self):
            assert time.monotonic() < end, f"not within {seconds} s: {what}; the screen:\n{self.text()}"
            assert self.status is None and os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None, (
                f"the program ended while waiting for: {what}; the screen:\n{self.text()}"
            )
            self.read(0.05)

    def wait_for_text(self, text, seconds=15):
        self.wait_until(lambda terminal: text in terminal.text(), text, seconds)

    def line_with(self, *parts):
        """The first line of the screen that holds all parts, or None."""
        return next((line for line in self.text().splitlines() if all(part in line for part in parts)), None)

    # The process

    def kill(self, number):
        os.kill(self.pid, number)

    def wait(self, seconds=10):
        """The exit status, or minus the signal that ended it; None if it still runs."""
        end = time.monotonic() + seconds
        while self.status is None and time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif self.master is not None:
                self.read(0.01)
            else:
                time.sleep(0.01)
        if self.master is not None:
            self.read(0.02)
        return self.status
