# SPDX-License-Identifier: Apache-2.0
"""Recordings of real services: what is in them, and what is left of them when something breaks."""
import json
import resource
import signal
import subprocess
import time

import pytest

from conftest import BIN
from publisher import Publisher
from service import Service


def tool(*arguments):
    return subprocess.run(
        [BIN / "breakertop", "recording", *arguments], capture_output=True, text=True, timeout=20, check=False)


class Recorder:
    """`breakertop record` beside a test."""

    def __init__(self, sockets, path, **options):
        self.path = path
        self.process = subprocess.Popen(
            [BIN / "breakertop", "record", path, "--dir", sockets], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def wait_for(self, text, seconds=20):
        """Until it can be read: half a second or so after it happened."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if text in lines(self.path):
                return
            time.sleep(0.1)
        raise AssertionError(f"not recorded within {seconds} s: {text}\n{lines(self.path)[-2000:]}")

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.communicate(timeout=20)[1]


def lines(path):
    """What zstdcat makes of it, however much of it there is."""
    if not path.exists():
        return ""
    return subprocess.run(["zstdcat", path], capture_output=True, text=True, timeout=20, check=False).stdout


def test_a_recording_is_json_that_zstdcat_reads(sockets, tmp_path):
    path = tmp_path / "a.btrec"
    with Publisher(sockets), Recorder(sockets, path) as recorder:
        recorder.wait_for('"type":"sample"')
        said = recorder.stop()
    assert recorder.process.returncode == 0 and "of 1 services" in said and str(path) in said
    assert path.stat().st_mode & 0o777 == 0o600
    facts = [json.loads(line) for line in lines(path).splitlines()]
    assert facts[0]["breakertop_recording"] == {"major": 1, "minor": 0}
    assert [fact["at"] for fact in facts[1:]] == sorted(fact["at"] for fact in facts[1:])
    kinds = [fact["line"]["type"] for fact in facts if "line" in fact]
    assert {"hello", "circuit", "sample", "ready"} <= set(kinds)
    done = tool("verify", path)
    assert done.returncode == 0 and "whole" in done.stdout and "not ended" not in done.stdout
    assert "1 at the end, with 1 circuits" in tool("info", path).stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(sockets, tmp_path, number):
    path = tmp_path / "a.btrec"
    with Publisher(sockets), Recorder(sockets, path) as recorder:
        recorder.wait_for('"type":"ready"')
        recorder.stop(number)
    assert recorder.process.returncode == 0 and "not ended" not in tool("info", path).stdout


def test_what_was_recorded_stays_when_the_recorder_is_killed(sockets, tmp_path):
    path = tmp_path / "a.btrec"
    with Publisher(sockets), Recorder(sockets, path) as recorder:
        recorder.wait_for('"type":"ready"')
        recorder.stop(signal.SIGKILL)
    done = tool("verify", path)
    assert done.returncode == 0 and "not ended in order" in done.stdout, done
    assert "1 at the end, with 1 circuits" in done.stdout


def test_a_service_that_dies_is_in_it(sockets, tmp_path):
    path = tmp_path / "a.btrec"
    with Recorder(sockets, path) as recorder:
        with Service(sockets) as service:
            recorder.wait_for('"type":"ready"')
            service.kill()
            recorder.wait_for('"phase":"lost"')


def test_a_full_disk_is_said_once_and_keeps_what_was_there(sockets, tmp_path):
    path = tmp_path / "a.btrec"
    limit = (2_500, 2_500)
    with Publisher(sockets), Recorder(
            sockets, path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)) as recorder:
        said = recorder.process.communicate(timeout=60)[1]
    assert recorder.process.returncode == 1 and said.count(str(path)) == 1 and "can be read" in said, said
    assert path.stat().st_size <= limit[0] and tool("verify", path).returncode == 0


def test_no_file_is_overwritten_and_none_is_taken_for_a_recording_that_is_none(sockets, tmp_path):
    path = tmp_path / "a.btrec"
    path.write_text("mine\n")
    with Recorder(sockets, path) as recorder:
        said = recorder.process.communicate(timeout=20)[1]
    assert recorder.process.returncode == 1 and "exists already" in said and path.read_text() == "mine\n"
    done = tool("info", path)
    assert done.returncode == 1 and "not a recording" in done.stderr
    done = tool("info", tmp_path / "none")
    assert done.returncode == 1 and "No such file" in done.stderr


def test_a_bit_that_is_wrong_is_found(sockets, tmp_path):
    path = tmp_path / "a.btrec"
    with Publisher(sockets), Recorder(sockets, path) as recorder:
        recorder.wait_for('"type":"ready"')
        recorder.stop()
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 0x10
    path.write_bytes(damaged)
    done = tool("verify", path)
    assert done.returncode == 1 and "damaged" in done.stdout, done
