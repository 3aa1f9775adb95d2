# SPDX-License-Identifier: Apache-2.0
"""A real service in a process of its own: `Tests/TestService`, built with TLS and run by swift-service-lifecycle."""
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

# The root package's programs, which have TLS; those of the demo are built without.
FULL_BIN = pathlib.Path(os.environ.get("BREAKERTOP_FULL_BIN", "/nonexistent"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """Ended by its own `stop`, `kill`, or the end of the `with`."""

    def __init__(self, folder, *options, name="orders", setup=None):
        self.folder = pathlib.Path(folder)
        self.name, self.options, self.setup = name, [str(option) for option in options], setup
        self.faults = self.folder / f"{name}.faults"
        self.process, self.log = None, []

    def start(self):
        self.faults.touch()
        environment = dict(os.environ, BREAKERTOP_DIR=str(self.folder))
        self.process = subprocess.Popen(
            [FULL_BIN / "test-service", "--service", self.name, "--faults", self.faults, *self.options], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=self.setup,
        )
        threading.Thread(target=self.log.extend, args=[self.process.stdout], daemon=True).start()
        return self

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def fail(self, *circuits):
        """Those circuits' calls fail from now on, and no others."""
        self.faults.write_text("\n".join(circuits))

    def stop(self, seconds=10):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def said(self):
        return "".join(self.log)

    def until_said(self, words, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if words in self.said():
                return
            time.sleep(0.02)
        raise AssertionError(f"it never said {words!r}, but: {self.said()}")
