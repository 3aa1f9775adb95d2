# SPDX-License-Identifier: Apache-2.0
"""Time travel: recordings on the screen, and the recent past of a live one."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from conftest import BIN
from shop import Shop
from terminal import Terminal

INCIDENT = pathlib.Path(__file__).resolve().parents[2] / "demo/incident.btrec"


def replay(environment, *arguments, columns=120, rows=40):
    return Terminal([str(BIN / "breakertop"), "replay", *map(str, arguments)], columns, rows, env=environment)


def verify(path):
    return subprocess.run(
        [BIN / "breakertop", "recording", "verify", path], capture_output=True, text=True, timeout=20, check=False)


def change(terminal):
    """The words on a change that was gone to, of whichever circuit."""
    return re.search(r"\d\d:\d\d:\d\d\S*  \S+/\S+ (open|half-open|closed)\b", terminal.text())


def without_moment(text):
    """What a replay shows, but for the line of moments."""
    return [line.rstrip() for line in text.split("\n") if "∥" not in line and "▶" not in line and "REPLAY" not in line]


@pytest.fixture
def shop(environment, sockets):
    # It fails from the beginning, so that there is something to go back to.
    steps = [{"at": 3, "service": "payments", "endpoint": "POST /charge", "fail": 1}]
    with Shop(BIN / "shop", environment, sockets, steps) as shop:
        yield shop


def test_the_incident_replays_with_no_service_running(environment):
    with replay(environment, INCIDENT) as terminal:
        terminal.wait_until(lambda t: t.line_with("REPLAY incident.btrec", "2/2 sources fresh"), "the recording")
        terminal.wait_until(lambda t: t.line_with("▶ 1×", "■"), "that it plays, and what happened when")
        terminal.send("]")
        terminal.wait_until(lambda t: t.line_with("orders/payments.charge open") and t.line_with("■ open", "payments.charge"), "the trip")
        terminal.wait_until(lambda t: t.line_with("∥ 1×"), "that it pauses there")
        # In the same views.
        terminal.send("3")
        terminal.wait_until(lambda t: t.line_with("■ payments.charge"), "the map of that moment")
        terminal.send("1:at +50s\r")
        terminal.wait_until(lambda t: t.line_with("FORCED OPEN", "payments.charge"), "the force")
        terminal.send("C")
        terminal.wait_until(lambda t: t.line_with("this is a recording: nothing can be done"), "the refusal")
        # What is typed right behind it was meant for the dialog.
        time.sleep(0.6)
        terminal.send("q")
        assert terminal.wait() == 0 and terminal.left_behind() == []


def test_going_there_shows_what_playing_there_shows(environment):
    """On the real screen, as fast as it goes, over the restart of a service."""
    with replay(environment, INCIDENT, "--at", "+80s") as terminal:
        terminal.wait_until(lambda t: t.line_with("∥ 1×", "REPLAY") or t.line_with("REPLAY", "sources fresh"), "the moment")
        terminal.send(">" * 6 + " ")
        terminal.wait_until(lambda t: t.line_with("▶ 64×"), "that it plays")
        terminal.wait_until(lambda t: "…" not in (t.line_with("∥ 64×") or "…"), "the end")
        played = without_moment(terminal.text())
        terminal.send("\x1b[H")
        terminal.wait_until(lambda t: without_moment(t.text()) != played, "the beginning")
        terminal.send("\x1b[F")
        terminal.wait_until(lambda t: without_moment(t.text()) == played, "the same end")
        terminal.send("q")
        assert terminal.wait() == 0


@pytest.mark.parametrize("columns, rows", [(60, 12), (80, 24), (200, 50)])
def test_it_fits_any_size_and_a_click_on_its_line_goes_there(environment, columns, rows):
    with replay(environment, INCIDENT, "--at", "+140s", columns=columns, rows=rows) as terminal:
        terminal.wait_until(lambda t: t.line_with("REPLAY") and t.line_with("∥ 1×"), "the recording")
        before = terminal.line_with("∥ 1×")
        terminal.send(f"\x1b[<0;12;{rows - 1}M\x1b[<0;12;{rows - 1}m")
        terminal.wait_until(lambda t: (t.line_with("∥ 1×") or before) != before, "another moment")
        terminal.resize(40, 8)
        terminal.wait_for_text("REPLAY")
        terminal.resize(columns, rows)
        terminal.wait_until(lambda t: t.line_with("∥ 1×"), "the screen")
        terminal.send("q")
        assert terminal.wait() == 0 and terminal.left_behind() == []


def test_marks_are_kept_beside_the_recording(environment, tmp_path):
    copy = tmp_path / "mine.btrec"
    shutil.copyfile(INCIDENT, copy)
    with replay(environment, copy, "--at", "+60s") as terminal:
        terminal.wait_until(lambda t: t.line_with("REPLAY mine.btrec", "sources fresh"), "the recording")
        terminal.send("mthe deploy\r")
        terminal.wait_until(lambda t: t.line_with("∥", "│ the deploy"), "the mark")
        terminal.send("q")
        assert terminal.wait() == 0
    marks = tmp_path / "mine.btrec.marks"
    assert marks.read_text().startswith('{"at":') and '"label":"the deploy"' in marks.read_text()
    with replay(environment, copy) as terminal:
        terminal.wait_until(lambda t: t.line_with("REPLAY mine.btrec", "sources fresh"), "the recording")
        terminal.send('"')
        terminal.wait_until(lambda t: t.line_with("│ the deploy") and t.line_with("mark “the deploy”"), "the mark again")
        terminal.send("q")
        assert terminal.wait() == 0
    # What cannot be read is left alone, and said.
    marks.write_text("not JSON\n")
    with replay(environment, copy) as terminal:
        terminal.wait_until(lambda t: t.line_with("mine.btrec.marks cannot be read"), "the complaint")
        terminal.send("mx\r")
        terminal.wait_until(lambda t: t.line_with("mine.btrec.marks cannot be read"), "the complaint")
        terminal.send("q")
        assert terminal.wait() == 0
    assert marks.read_text() == "not JSON\n"


@pytest.mark.parametrize("content, words", [
    (b"", "it is not a recording"), (b"PK\x03\x04 something else", "it is not a recording"), (None, "No such file")])
def test_what_is_no_recording_is_refused_in_words(environment, tmp_path, content, words):
    path = tmp_path / "x.btrec"
    if content is not None:
        path.write_bytes(content)
    with replay(environment, path) as terminal:
        assert terminal.wait() == 1
        assert words in terminal.text() and "x.btrec" in terminal.text()


def test_a_recording_cut_in_the_middle_plays_up_to_there(environment, tmp_path):
    path = tmp_path / "cut.btrec"
    path.write_bytes(INCIDENT.read_bytes()[:80_000])
    with replay(environment, path, "--at", "+40s") as terminal:
        terminal.wait_until(lambda t: t.line_with("FORCED OPEN", "payments.charge"), "what was")
        terminal.send("\x1b[F")
        terminal.wait_until(lambda t: t.line_with("∥ 1×") and t.line_with("REPLAY"), "its end")
        terminal.send("q")
        assert terminal.wait() == 0


def test_a_time_that_is_not_in_it_is_refused_in_words(environment):
    with replay(environment, INCIDENT, "--at", "+2h") as terminal:
        assert terminal.wait() == 64
        assert "is not in the recording" in terminal.text()


def test_a_live_screen_freezes_goes_back_and_returns(breakertop, shop, tmp_path):
    with breakertop.terminal(120, 40) as terminal:
        terminal.wait_until(lambda t: t.line_with("closed → open", "payments.charge"), "the trip", 40)
        terminal.send("p")
        terminal.wait_until(lambda t: t.line_with("PAUSED −", "behind"), "the pause")
        terminal.wait_until(lambda t: not t.line_with(" 0 events behind") and t.line_with("events behind"), "what comes meanwhile", 30)
        # What is not now is not for orders.
        terminal.send("O")
        terminal.wait_until(lambda t: t.line_with("not now: End goes back"), "the refusal")
        time.sleep(0.6)
        terminal.send("[")
        terminal.wait_until(lambda t: t.line_with("orders/payments.charge"), "the last change")
        terminal.send("[" * 30)
        terminal.wait_until(lambda t: t.line_with("no change before this moment"), "the first change")
        terminal.send("][")
        terminal.wait_until(lambda t: change(t) and t.line_with("PAUSED") and not t.line_with("no change"), "the first change")
        terminal.send(f":save {tmp_path}/mine.btrec\r")
        terminal.wait_until(lambda t: t.line_with("saved in", "mine.btrec"), "what was saved")
        terminal.send("\x1b[F")
        terminal.wait_until(lambda t: t.line_with(" LIVE ") and not t.line_with("PAUSED"), "now")
        terminal.send("q")
        assert terminal.wait() == 0 and terminal.left_behind() == []
    assert "whole" in verify(tmp_path / "mine.btrec").stdout
    with replay(breakertop.environment, tmp_path / "mine.btrec") as terminal:
        terminal.wait_until(lambda t: t.line_with("REPLAY mine.btrec", "sources fresh") and t.line_with("1×", "■"), "what was saved")
        terminal.send("]")
        terminal.wait_until(change, "the first change in it")
        terminal.send("q")
        assert terminal.wait() == 0


def test_what_happens_is_written_down_and_outlives_the_screen(breakertop, shop, tmp_path):
    ended, killed, left = (tmp_path / name for name in ("ended.btrec", "killed.btrec", "left.btrec"))
    with breakertop.terminal(120, 40) as terminal:
        terminal.wait_until(lambda t: t.line_with("payments.charge"), "the shop")
        terminal.send(f":record {ended}\r")
        terminal.wait_until(lambda t: t.line_with(" REC "), "that it is recorded")
        time.sleep(2)
        terminal.send(":record\r")
        terminal.wait_until(lambda t: t.line_with("recorded in"), "that it is ended")
        assert "whole" in verify(ended).stdout
        terminal.send(f":record {left}\r")
        terminal.wait_until(lambda t: t.line_with(" REC "), "that it is recorded")
        terminal.send("q")
        assert terminal.wait() == 0
    # On the way out it is ended in order, too.
    assert "whole" in verify(left).stdout
    with breakertop.terminal(120, 40) as terminal:
        terminal.wait_until(lambda t: t.line_with("payments.charge"), "the shop")
        terminal.send(f":record {killed}\r")
        terminal.wait_until(lambda t: t.line_with(" REC "), "that it is recorded")
        # A crash of the screen, and of a service before it.
        shop.kill("orders")
        terminal.wait_until(lambda t: t.line_with("1/2 sources fresh"), "the loss", 20)
        time.sleep(2.5)
        terminal.kill(signal.SIGKILL)
        terminal.wait()
    told = verify(killed).stdout
    assert "not ended in order" in told and "sound" in told and "damaged" not in told
    with replay(breakertop.environment, killed, "--at", "-1s") as terminal:
        terminal.wait_until(lambda t: t.line_with("REPLAY killed.btrec", "1/2 sources fresh"), "the loss in the recording")
        terminal.send("q")
        assert terminal.wait() == 0


def test_a_disk_that_takes_no_more_is_said_once_and_the_screen_lives_on(environment, sockets, shop):
    path = sockets / "full.btrec"
    limit = 6_000
    command = ["/bin/sh", "-c", f'ulimit -f {limit // 512}; exec "$@"', "sh", str(BIN / "breakertop"), "--dir", str(sockets)]
    with Terminal(command, 120, 40, env=environment) as terminal:
        terminal.wait_until(lambda t: t.line_with("payments.charge"), "the shop")
        terminal.send(f":record {path}\r")
        terminal.wait_until(lambda t: t.line_with("File too large"), "the failure", 40)
        assert not terminal.line_with(" REC ")
        terminal.send("2")
        terminal.wait_until(lambda t: t.line_with("gateway-1 /") or t.line_with("orders-1 /"), "another view")
        terminal.send("q")
        assert terminal.wait() == 0 and terminal.left_behind() == []
    assert path.stat().st_size <= limit
    assert "damaged" not in verify(path).stdout
    assert os.access(path, os.R_OK)


def test_without_history_there_is_none_and_that_is_said(breakertop, shop):
    with breakertop.terminal(120, 40, arguments=["--history", "0"]) as terminal:
        terminal.wait_until(lambda t: t.line_with("payments.charge"), "the shop")
        terminal.send("[")
        terminal.wait_until(lambda t: t.line_with("what was is not kept"), "the words")
        terminal.send("p")
        terminal.wait_until(lambda t: t.line_with("PAUSED"), "the pause")
        terminal.send("q")
        assert terminal.wait() == 0
