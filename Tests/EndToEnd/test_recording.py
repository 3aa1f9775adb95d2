# SPDX-License-Identifier: Apache-2.0
"""Recordings of real services: what is in them, and what is left of them when something breaks."""
import json
import random
import resource
import secrets
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

    def __init__(self, sockets, path, options=(), **more):
        self.path = path
        self.process = subprocess.Popen(
            [BIN / "breakertop", "record", path, "--dir", sockets, *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, **more)

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


def series(folder, stem="friday"):
    return sorted(path for path in folder.iterdir() if path.name.startswith(f"{stem}.20") and path.suffix == ".btrec")


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.1)


def test_a_recording_goes_on_in_further_files_and_only_its_own_are_removed(sockets, tmp_path):
    path = tmp_path / "friday.btrec"
    stamp = "2020-01-01T00-00-0{}Z"
    text, link, other = (tmp_path / f"friday.{stamp.format(number)}.btrec" for number in (1, 2, 3))
    text.write_text("mine\n")
    spared = tmp_path / "saturday.2020-01-01T00-00-03Z.btrec"
    names = set()
    with Publisher(sockets), Recorder(sockets, other) as recorder:
        recorder.wait_for('"type":"ready"')
        recorder.stop()
        spared.write_bytes(other.read_bytes())
        link.symlink_to(spared)
        recorder = Recorder(sockets, path, options=("--rotate", "1s", "--keep", "3s"))

        def has_turned():
            names.update(each.name for each in series(tmp_path) if "2020" not in each.name)
            return len(names) >= 6

        wait_until(has_turned)
        with Recorder(sockets, path, options=("--rotate", "1s")) as second:
            said = second.process.communicate(timeout=20)[1]
        assert second.process.returncode == 1 and "another breakertop records" in said and "name another file" in said
        said = recorder.stop()
    assert recorder.process.returncode == 0 and "files" in said and not other.exists(), said
    assert text.exists() and link.is_symlink() and spared.exists(), "they are not of the series"
    left = [each for each in series(tmp_path) if "2020" not in each.name]
    assert 3 <= len(left) < len(names) and not path.exists() and not list(tmp_path.glob(".*"))
    for each in left:
        done = tool("verify", each)
        assert done.returncode == 0 and "whole" in done.stdout and "1 at the end, with 1 circuits" in done.stdout, done
    samples = [json.loads(line)["line"] for each in left for line in lines(each).splitlines() if '"bytes"' in line and '"sample"' in line]
    ups = [sample["up_ms"] for sample in samples]
    assert ups == sorted(set(ups)) and len(ups) >= 3
    assert max(b - a for a, b in zip(ups, ups[1:])) < 2 * min(b - a for a, b in zip(ups, ups[1:])) + 500, "none is lost"


def test_without_names_nothing_of_what_was_said_is_in_it(sockets, tmp_path):
    path = tmp_path / "a.btrec"
    with Publisher(sockets, service="geheim", instance="geheim-1", circuit="geheim.post") as publisher, Recorder(
            sockets, path, options=("--redact",)) as recorder:
        publisher.extra.append({"type": "geheim", "x": 1})
        recorder.wait_for('"type":"ready"')
        recorder.wait_for('"type":"sample"')
        recorder.stop()
    content = lines(path)
    assert "geheim" not in content and str(sockets) not in content and "circuit-1" in content
    assert json.loads(content.splitlines()[0])["redacted"] is True
    assert "redacted     " in tool("info", path).stdout


def test_a_line_that_nobody_knows_yet_is_kept_as_it_came(sockets, tmp_path):
    path = tmp_path / "a.btrec"
    with Publisher(sockets) as publisher, Recorder(sockets, path) as recorder:
        recorder.wait_for('"type":"ready"')
        publisher.extra.append({"type": "weather", "sky": ["blue", 1e3]})
        recorder.wait_for('"weather"')
        recorder.stop()
    assert [json.loads(line)["line"] for line in lines(path).splitlines() if '"weather"' in line] == [
        {"type": "weather", "sky": ["blue", 1000.0]}]
    assert tool("verify", path).returncode == 0


def test_the_lines_alone_are_a_recording(sockets, tmp_path):
    path = tmp_path / "a.btrec"
    with Publisher(sockets), Recorder(sockets, path) as recorder:
        recorder.wait_for('"type":"ready"')
        recorder.stop()
    plain, packed = tmp_path / "a.ndjson", tmp_path / "a.ndjson.zst"
    plain.write_text(lines(path))
    subprocess.run(["zstd", "-q", plain, "-o", packed], check=True, timeout=20)
    for other in (plain, packed):
        done = tool("verify", other)
        assert done.returncode == 0 and "1 at the end, with 1 circuits" in done.stdout, done


def in_small_folder(size, *command):
    """Runs a command beside a file system of so many bytes, where that is allowed."""
    script = f'mount -t tmpfs -o size={size} none "$1" && shift && exec "$@"'
    return ["unshare", "-rm", "sh", "-c", script, "sh", *command]


def test_a_disk_that_is_full_ends_it_with_words_and_what_is_there_plays(sockets, tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(in_small_folder("16k", folder, "true"), capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system may be mounted here")
    path, copy = folder / "a.btrec", tmp_path / "a.btrec"
    script = '"$0" record "$1" --dir "$2"; status=$?; cp "$1" "$3"; exit $status'
    with Publisher(sockets) as publisher:
        process = subprocess.Popen(
            in_small_folder("16k", folder, "sh", "-c", script, BIN / "breakertop", path, sockets, copy),
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            # What does not compress.
            end = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < end:
                publisher.extra.append({"type": "noise", "text": secrets.token_hex(3_000)})
                time.sleep(0.2)
            said = process.communicate(timeout=20)[1]
        finally:
            process.kill()
    assert process.returncode == 1 and said.count(str(path)) == 1 and "No space left" in said, said
    assert "can be read" in said and tool("verify", copy).returncode == 0


@pytest.mark.parametrize("seed", range(4))
def test_dd_at_random_places_leaves_the_rest(sockets, tmp_path, seed):
    path = tmp_path / "a.btrec"
    with Publisher(sockets) as publisher, Recorder(sockets, path) as recorder:
        recorder.wait_for('"type":"ready"')
        publisher.extra += [{"type": "noise", "text": secrets.token_hex(2_000)} for _ in range(4)]
        recorder.wait_for('"noise"')
        recorder.stop(signal.SIGKILL if seed % 2 else signal.SIGINT)
    chance = random.Random(seed)
    for _ in range(6):
        place = chance.randrange(200, path.stat().st_size)
        subprocess.run(
            ["dd", "if=/dev/urandom", f"of={path}", "bs=1", f"seek={place}", "count=16", "conv=notrunc", "status=none"],
            check=True, timeout=20)
        for done in (tool("info", path), tool("verify", path)):
            assert done.returncode in (0, 1) and "from  " in done.stdout and "Fatal" not in done.stderr, done


def test_all_are_killed_and_what_they_did_is_in_it(sockets, tmp_path):
    path = tmp_path / "a.btrec"
    with Recorder(sockets, path) as recorder:
        with Service(sockets) as service:
            recorder.wait_for('"type":"ready"')
            service.kill()
            recorder.wait_for('"phase":"lost"')
        recorder.stop(signal.SIGKILL)
    done = tool("verify", path)
    assert done.returncode == 0 and "1 at the end" in done.stdout and "not ended in order" in done.stdout, done
