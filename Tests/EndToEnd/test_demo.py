# SPDX-License-Identifier: Apache-2.0
"""`demo/run` as a newcomer runs it: it shows every state, and leaves nothing running, however it ends."""
import os
import pathlib
import signal
import subprocess
import time

import pytest
from conftest import BIN
from terminal import Terminal

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def processes_of(folder):
    """Every process that was started with this folder for its sockets."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environment = (entry / "environ").read_bytes()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if f"BREAKERTOP_DIR={folder}\0".encode() in environment and state != "Z":
                found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]


def wait_until_gone(folder, seconds=10):
    end = time.monotonic() + seconds
    while processes_of(folder):
        assert time.monotonic() < end, f"left running: {processes_of(folder)}"
        time.sleep(0.05)


def test_every_state_is_seen_within_30_s_of_the_start(breakertop, environment, sockets):
    shop = subprocess.Popen(
        [BIN / "shop", "run", "--faults", ROOT / "demo/faults/tour.json"], env=environment, stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        start, seen = time.monotonic(), set()
        while {"closed", "open", "half_open"} - seen:
            assert time.monotonic() - start < 30, f"only {seen} was seen"
            seen |= {entry["state"] for entry in breakertop.json("list")["circuits"]}
    finally:
        shop.terminate()
        shop.wait(10)
    wait_until_gone(sockets)


@pytest.mark.parametrize("end", ["q", "SIGTERM", "SIGHUP", "SIGKILL", "closed window"])
def test_demo_run_leaves_nothing_running(environment, sockets, end):
    with Terminal([str(ROOT / "demo/run")], 120, 40, env=environment) as terminal:
        terminal.wait_until(lambda t: t.line_with("payments.charge"), "the shop on the dashboard", 120)
        assert len(processes_of(sockets)) > 6
        if end == "q":
            terminal.send("q")
            assert terminal.wait() == 0
            assert terminal.left_behind() == []
        elif end == "closed window":
            terminal.hang_up()
            terminal.wait()
        else:
            # To the script alone, as from another terminal; a key or the window's end reaches all of them.
            terminal.kill(getattr(signal, end))
            if end == "SIGKILL":
                terminal.wait()
                terminal.hang_up()
        wait_until_gone(sockets)


def test_a_service_of_the_demo_that_dies_returns(breakertop, environment, sockets):
    with Terminal([str(ROOT / "demo/run")], 120, 40, env=environment) as terminal:
        terminal.wait_until(lambda t: t.line_with("● closed", "shipping.book"), "the shop on the dashboard", 120)
        orders = [pid for pid in processes_of(sockets) if b"serve\0orders" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert len(orders) == 1
        os.kill(orders[0], signal.SIGKILL)
        terminal.wait_until(lambda t: t.line_with("LOST", "orders-1"), "the loss")
        terminal.wait_until(lambda t: t.line_with("orders-1", "restarted: a new process"), "the return", 30)
        terminal.send("q")
        assert terminal.wait() == 0
    wait_until_gone(sockets)
