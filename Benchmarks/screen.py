# SPDX-License-Identifier: Apache-2.0
"""What a program of the terminal costs. Started by `Benchmarks/screen`, which builds what is measured.

Each program runs in a pty of its own, which this process reads: it is the terminal, and only takes what comes. In each
round all take a turn, one after the other, so that a slow moment meets all of them. Times never decide anything.
"""
import argparse
import fcntl
import json
import os
import pathlib
import pty
import random
import re
import select
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

COLUMNS, ROWS = 120, 40
FRAME_GAP = 0.025
TICK = os.sysconf("SC_CLK_TCK")
SEQUENCE = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1bP[^\x1b]*\x1b\\|\x1b[ -/]*[0-~]|[\x00-\x1f\x7f]")
REPLIES = {b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[c": b"\x1b[?62;22c", b"\x1b[>c": b"\x1b[>41;0;0c", b"\x1b[6n": b"\x1b[1;1R",
           b"\x1b[5n": b"\x1b[0n"}


class Session:
    """A program in a pty, from its start to its end."""

    def __init__(self, command, home):
        self.chunks, self.output, self.size = [], bytearray(), 0
        self.first_paint = self.ended_at = None
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.termios = termios.tcgetattr(self.slave)
        environment = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8", HOME=home, XDG_CONFIG_HOME=home)
        for name in ("NO_COLOR", "COLUMNS", "LINES", "COLORTERM", "HTOPRC"):
            environment.pop(name, None)
        self.started = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            self._become(command, environment)
        self.pidfd = os.pidfd_open(self.pid)

    def _become(self, command, environment):
        try:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for descriptor in (0, 1, 2):
                os.dup2(self.slave, descriptor)
            os.closerange(3, 256)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            os.execvpe(command[0], command, environment)
        finally:
            os._exit(127)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            if self.ended_at is None:
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        for descriptor in (self.pidfd, self.master, self.slave):
            os.close(descriptor)

    def read(self, until):
        """Reads until then, or until one chunk came: returns whether it did. The end of the program is no chunk."""
        left = until - time.monotonic()
        watched = [self.master] + ([self.pidfd] if self.ended_at is None else [])
        ready = select.select(watched, [], [], max(0, left))[0]
        if self.master in ready:
            data = os.read(self.master, 65536)
            now = time.monotonic()
            self.chunks.append((now, len(data)))
            self.size += len(data)
            self.output += data
            if self.first_paint is None and len(SEQUENCE.sub(b"", data).strip()) >= 4:
                self.first_paint = now - self.started
            for question, reply in REPLIES.items():
                if question in data:
                    os.write(self.master, reply)
            return True
        if self.pidfd in ready:
            self.ended_at = time.monotonic()
        return False

    def pump(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.ended_at is None:
            self.read(until)

    # What it costs

    def processor_time(self):
        """Of all its threads, in seconds: to the nanosecond where the kernel tells, else in ticks."""
        folder = pathlib.Path(f"/proc/{self.pid}")
        exact = sum(int((task / "schedstat").read_text().split()[0]) for task in (folder / "task").iterdir()) / 1e9
        words = (folder / "stat").read_text().rpartition(")")[2].split()
        # Threads that ended are in the ticks only.
        return max(exact, (int(words[11]) + int(words[12])) / TICK)

    def memory(self, name="VmRSS"):
        """In MB."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+)", text).group(1)) * 1024 / 1e6

    def steady(self, seconds):
        """What it writes and takes when nobody presses a key."""
        chunks, size, processor, begin = len(self.chunks), self.size, self.processor_time(), time.monotonic()
        self.pump(seconds)
        wall = time.monotonic() - begin
        processor = self.processor_time() - processor
        times = [when for when, _ in self.chunks[chunks:]]
        frames = sum(1 for index, when in enumerate(times) if index == 0 or when - times[index - 1] > FRAME_GAP)
        return {
            "frames/s": frames / wall, "bytes/frame": (self.size - size) / frames if frames else 0,
            "CPU %": 100 * processor / wall, "RSS MB": self.memory(), "bytes": self.size - size, "frames": frames,
        }

    def keys(self, count, chance):
        """From a key to the first byte that follows, in ms: sent at any moment, whatever the program is at."""
        latencies, lost = [], 0
        for number in range(count):
            self.pump(chance.uniform(0.03, 0.11))
            sent = time.monotonic()
            os.write(self.master, b"\x1b[A" if number % 2 else b"\x1b[B")
            if self.read(sent + 2):
                latencies.append((self.chunks[-1][0] - sent) * 1e3)
            else:
                lost += 1
        return latencies, lost

    def quit(self):
        """Ends it with q: how long that took in ms (None: it had to be killed), and what it left behind."""
        sent = time.monotonic()
        os.write(self.master, b"q")
        while self.ended_at is None and time.monotonic() < sent + 5:
            self.read(sent + 5)
        while self.read(time.monotonic() + 0.02):
            pass
        took = None if self.ended_at is None else (self.ended_at - sent) * 1e3
        return took, self.left_behind()

    def left_behind(self):
        state = {}
        for numbers, action in re.findall(rb"\x1b\[\?([0-9;]+)([hl])", bytes(self.output)):
            for number in numbers.split(b";"):
                state[int(number)] = action == b"h"
        left = [f"?{number}" for number, on in sorted(state.items()) if on and number not in (7, 12, 25)]
        left += ["cursor"] if state.get(25) is False else []
        return left + (["termios"] if termios.tcgetattr(self.slave) != self.termios else [])


def stand_back():
    """Services run elsewhere: here they must not take the processor from whoever is measured."""
    # Not by niceness alone, which Dispatch sets anew for each of its threads; and Linux may share out processors by session.
    os.setsid()
    os.nice(19)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    try:
        pathlib.Path("/proc/self/autogroup").write_text("19")
    except OSError:
        pass


class Services:
    """`screen-services` in a process of its own."""

    def __init__(self, program, folder, services, circuits, hertz, percent):
        self.folder = folder / f"{services}x{circuits}-{percent}"
        self.folder.mkdir()
        self.process = subprocess.Popen(
            [program, self.folder, *map(str, (services, circuits, hertz, percent))], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=stand_back)
        end = time.monotonic() + 60
        while len(list(self.folder.glob("*.sock"))) < services:
            if time.monotonic() > end or self.process.poll() is not None:
                self.stop()
                sys.exit(f"{services} services did not come up within 60 s")
            time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.kill()
        self.process.wait()


class Witness:
    """Hears from a service when a force took effect: from then on it refuses every call."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rb")
        self.next("hello")
        self.socket.sendall(b'{"type":"subscribe","client":"witness","interval_ms":1000}\n')
        self.next("ready")

    def next(self, *types):
        while True:
            line = json.loads(self.lines.readline())
            if line["type"] in types:
                return line

    def override(self):
        """The mode that a circuit is put in next, and when, in ms since 1970 by this machine's clock."""
        while True:
            line = self.next("event")
            if line["kind"] == "override" and not line.get("replayed"):
                return line["to"], line["t"]


def confirm(program, served, home, options):
    """From the Enter that confirms a forced open to when the service refuses every call, in ms."""
    latencies = []
    with Session(program, home) as session:
        session.pump(options.settle)
        witness = Witness(next(served.folder.glob("*.sock")))
        for number in range(2 * options.forces):
            # As a person does: to the button, a look, and Enter, no sooner than a held key would repeat.
            for keys, pause in ((b"O" if number % 2 == 0 else b"C", 0.5), (b"\x1b[Z", 0.3)):
                os.write(session.master, keys)
                session.pump(pause)
            sent = time.time() * 1e3
            os.write(session.master, b"\r")
            mode, at = witness.override()
            if mode == "forced_open":
                latencies.append(max(0, at - sent))
            session.pump(0.2)
        session.quit()
    print(f"\nconfirm → every call refused, {len(latencies)} forces: median {statistics.median(latencies):.1f} ms, "
          f"p99 {quantile(latencies, 0.99):.1f} ms, most {max(latencies):.1f} ms")


def tty_writes(command, home, settle, seconds):
    """write(2) calls on the terminal for each frame, counted by strace in a run of its own; None without strace."""
    if not shutil.which("strace"):
        return None
    log = pathlib.Path(home) / "strace"
    options = ["-f", "-qq", "-y", "-s", "0", "-e", "trace=write,writev", "-e", "signal=none", "-o", str(log)]
    with Session(["strace", *options, *command], home) as session:
        session.pump(settle)
        begin, frames = log.stat().st_size, session.steady(seconds)["frames"]
        text = log.read_text(errors="replace")[begin:]
        session.quit()
    log.unlink()
    return len(re.findall(r"writev?\(\d+</dev/(?:pts/\d+|tty)\b", text)) / frames if frames else None


PARTS = ["beside", "quiet", "confirm", "10000", "100000"]

MEASURES = [
    "bytes/frame", "frames/s", "CPU %", "RSS MB", "first paint ms", "key p50 ms", "key p99 ms", "quit ms",
]


def turn(command, home, options, chance):
    with Session(command, home) as session:
        session.pump(options.settle)
        result = session.steady(options.seconds)
        latencies, lost = session.keys(options.keys, chance)
        result["keys without an answer"] = lost
        result["latencies"] = latencies
        result["quit ms"], result["left"] = session.quit()
        result["first paint ms"] = session.first_paint * 1e3 if session.first_paint else None
    if latencies:
        result["key p50 ms"] = statistics.median(latencies)
        result["key p99 ms"] = quantile(latencies, 0.99)
    return result


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def race(programs, home, options, chance):
    """Rounds in which each program has its turn, the first one another each time."""
    results = {name: [] for name in programs}
    for number in range(options.rounds):
        names = list(programs)
        for name in names[number % len(names):] + names[:number % len(names)]:
            print(f"round {number + 1} of {options.rounds}: {name}          ", end="\r", file=sys.stderr, flush=True)
            results[name].append(turn(programs[name], home, options, chance))
    print(" " * 60, end="\r", file=sys.stderr)
    return results


def show(title, results, writes, ours):
    print(f"\n{title}\n")
    print(f"{'':16}" + "".join(f"{name:>34}" for name in results))
    print(f"{'':16}" + f"{'min':>10}{'median':>10}{'spread':>7}{'× ours':>7}" * len(results))
    for measure in MEASURES:
        line, base = f"{measure:16}", None
        for name, rounds in results.items():
            values = [each[measure] for each in rounds if each.get(measure) is not None]
            if not values:
                line += f"{'-':>34}"
                continue
            least, middle = min(values), statistics.median(values)
            spread = f"{100 * (max(values) / least - 1):.0f} %" if least > 0 else "-"
            base = middle if name == ours else base
            line += f"{least:10.2f}{middle:10.2f}{spread:>7}" + (f"{middle / base:7.2f}" if base else f"{'-':>7}")
        print(line)
    keys = {name: [each for rounds in results[name] for each in rounds["latencies"]] for name in results}
    print(f"{'all keys p99 ms':16}" + "".join(f"{quantile(each, 0.99) if each else 0:20.2f}{'':14}" for each in keys.values()))
    print(f"{'writes/frame':16}" + "".join(f"{'-' if each is None else f'{each:.2f}':>20}{'':14}" for each in writes.values()))
    for name, rounds in results.items():
        left = sorted({each for result in rounds for each in result["left"]})
        lost = sum(result["keys without an answer"] for result in rounds)
        late = sum(1 for result in rounds if result["quit ms"] is None)
        print(f"{name}: left on exit: {', '.join(left) or 'nothing'}; keys without an answer: {lost}; did not quit: {late}")


def main():
    parser = argparse.ArgumentParser(
        prog="Benchmarks/screen", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8, help="how long each turn is watched without keys")
    parser.add_argument("--settle", type=float, default=3, help="seconds from the start until then")
    parser.add_argument("--keys", type=int, default=100, help="how many keys a turn")
    parser.add_argument("--forces", type=int, default=30, help="how many forces are timed")
    parser.add_argument("--active", type=int, default=100, help="percent of the circuits that have calls")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only", choices=PARTS, action="append", help="only this part; may be repeated")
    options = parser.parse_args()
    parts = options.only or PARTS
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="bt-screen-", dir="/tmp") as folder:
        try:
            measure(parts, pathlib.Path(folder), options)
        except KeyboardInterrupt:
            sys.exit(130)


def measure(parts, folder, options):
    chance = random.Random(options.seed)
    home = str(folder / "home")
    (folder / "home/btop").mkdir(parents=True)
    (folder / "home/btop/btop.conf").write_text("update_ms=1000\n")
    breakertop, services = str(options.bin / "breakertop"), options.bin / "screen-services"

    def watch(served):
        return [breakertop, "--dir", str(served.folder)]

    if "beside" in parts:
        with Services(services, folder, 10, 10, 1, options.active) as served:
            programs = {"breakertop": watch(served), "htop": ["htop", "-d", "10"], "btop": ["btop", "--utf-force"]}
            results = race(programs, home, options, chance)
            writes = {name: tty_writes(programs[name], home, options.settle, options.seconds) for name in programs}
        show(f"100 circuits at 1 Hz, {options.active} % active, {COLUMNS}×{ROWS}", results, writes, "breakertop")
    if "quiet" in parts:
        print("\nbytes written in 5 s when nothing changes")
        for what, count in (("no service", 0), ("10 services, 100 circuits without calls", 10)):
            with Services(services, folder, count, 10, 1, 0) as served, Session(watch(served), home) as session:
                session.pump(options.settle + 3)
                print(f"{what:44}{session.steady(5)['bytes']:6}")
                session.quit()
    if "confirm" in parts:
        with Services(services, folder, 1, 100, 1, options.active) as served:
            confirm(watch(served), served, home, options)
    for part, count, each, hertz, settle in (("10000", 20, 500, 4, 6), ("100000", 100, 1_000, 1, 20)):
        if part not in parts:
            continue
        alone = argparse.Namespace(**dict(vars(options), settle=settle))
        with Services(services, folder, count, each, hertz, options.active) as served:
            results = race({"breakertop": watch(served)}, home, alone, chance)
            writes = {"breakertop": tty_writes(watch(served), home, settle, options.seconds)}
        show(f"{part} circuits at {hertz} Hz, {options.active} % active, {COLUMNS}×{ROWS}", results, writes, "breakertop")


if __name__ == "__main__":
    main()
