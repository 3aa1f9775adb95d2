# SPDX-License-Identifier: Apache-2.0
"""What every end-to-end test needs: the built programs and a folder of its own for the sockets."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from terminal import Terminal  # noqa: E402

BIN = pathlib.Path(os.environ.get("BREAKERTOP_BIN", "/nonexistent"))
# Words by which a test knows where it is: on the last line always, on the help's page, and where there is no service.
FOOTER, HELP, NOTHING = "Tab view", "any other key leaves this help", "no service publishes its circuits yet"
os.environ["SWIFT_BACKTRACE"] = "enable=no"
# Where a script runs in the background the interrupt is ignored, and so it would be by all programs under test.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    if not (BIN / "breakertop").exists():
        pytest.exit("set BREAKERTOP_BIN to the folder of the built programs; Tests/run does", returncode=4)


@pytest.fixture
def sockets():
    """A private folder for metrics sockets; its path is short enough for any socket in it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bt-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def environment(sockets, tmp_path):
    return dict(os.environ, BREAKERTOP_DIR=str(sockets), BREAKERTOP_OPERATOR="tester", XDG_STATE_HOME=str(tmp_path))


class Program:
    """breakertop with the test's folder and no other, as a script or in a terminal."""

    def __init__(self, environment):
        self.environment = environment
        self.only = ["--dir", environment["BREAKERTOP_DIR"]]

    def run(self, *arguments, seconds=20):
        only = [] if "--dir" in arguments else self.only
        return subprocess.run(
            [BIN / "breakertop", *arguments, *only], env=self.environment, capture_output=True, text=True, timeout=seconds,
            stdin=subprocess.DEVNULL, check=False,
        )

    def json(self, *arguments):
        done = self.run(*arguments, "--json")
        assert done.stdout, f"no JSON; status {done.returncode}, said: {done.stderr}"
        return json.loads(done.stdout)

    def terminal(self, columns=120, rows=40, arguments=(), **options):
        command = [str(BIN / "breakertop"), *self.only, *arguments]
        return Terminal(command, columns, rows, env=self.environment, **options)


@pytest.fixture
def breakertop(environment):
    return Program(environment)
