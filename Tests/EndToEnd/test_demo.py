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


def wait_until_gone(folder, seconds=10, but=None):
    end = time.monotonic() + seconds
    while left := [pid for pid in processes_of(folder) if pid != but]:
        assert time.monotonic() < end, f"left running: {left}"
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


def run_below_a_shell():
    """demo/run as a shell's child, as people start it: a session's leader would take all with it when it ends."""
    return ["/bin/sh", "-c", f"{ROOT}/demo/run; echo ended; exec sleep 600"]


def child_of(parent, folder):
    """The one process that `parent` started."""
    stats = {pid: pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in processes_of(folder)}
    return next(pid for pid, stat in stats.items() if int(stat[1]) == parent)


@pytest.mark.parametrize("end", ["q", "SIGTERM", "SIGHUP", "SIGKILL", "closed window"])
def test_demo_run_leaves_nothing_running(environment, sockets, end):
    with Terminal(run_below_a_shell(), 120, 40, env=environment) as terminal:
        terminal.wait_until(lambda t: t.line_with("payments.charge"), "the shop on the dashboard", 120)
        assert len(processes_of(sockets)) > 6
        if end == "q":
            terminal.send("q")
            terminal.wait_for_text("ended")
            assert terminal.left_behind() == []
        elif end == "closed window":
            terminal.hang_up()
        else:
            # To the script alone, as from another terminal; a key or the window's end reaches all of them.
            os.kill(child_of(terminal.pid, sockets), getattr(signal, end))
        if end == "SIGKILL":
            # The shop goes by itself; the dashboard stays until somebody quits it.
            terminal.wait_until(lambda t: t.line_with("stopped", "orders-1"), "the shop's end on the dashboard")
            terminal.send("q")
        wait_until_gone(sockets, but=terminal.pid)


def test_demo_run_gives_the_terminal_back_when_its_dashboard_is_killed(environment, sockets):
    with Terminal(run_below_a_shell(), 120, 40, env=environment) as terminal:
        terminal.wait_until(lambda t: t.line_with("payments.charge"), "the shop on the dashboard", 120)
        dashboard = [
            pid for pid in processes_of(sockets)
            if pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].endswith(b"/breakertop")
        ]
        assert len(dashboard) == 1
        os.kill(dashboard[0], signal.SIGKILL)
        terminal.wait_for_text("ended")
        assert [mode for mode in terminal.left_behind() if mode != "keypad"] == []
        wait_until_gone(sockets, but=terminal.pid)


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


def test_a_force_survives_the_kill_of_a_service_of_the_demo_that_keeps_overrides(breakertop, environment, sockets):
    shop = subprocess.Popen(
        [BIN / "shop", "run", "--state", sockets / "state"], env=environment, stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )

    def charge(condition, what, seconds=30):
        end = time.monotonic() + seconds
        while True:
            found = [entry for entry in breakertop.json("list")["circuits"] if entry["circuit"] == "payments.charge"]
            if found and condition(found[0]):
                return found[0]
            assert time.monotonic() < end, f"not within {seconds} s: {what}; {found}"
            time.sleep(0.1)

    try:
        before = charge(lambda entry: entry["fresh"], "the circuit")
        done = breakertop.run("open", "orders/payments.charge", "--for", "10m", "--reason", "drill", "--yes")
        assert done.returncode == 0, done.stderr
        file = sockets / "state/orders-1.overrides.json"
        end = time.monotonic() + 10
        while not (file.exists() and "payments.charge" in file.read_text()):
            assert time.monotonic() < end, "the file does not name the circuit"
            time.sleep(0.05)
        orders = [pid for pid in processes_of(sockets) if b"serve\0orders" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert len(orders) == 1
        os.kill(orders[0], signal.SIGKILL)
        after = charge(lambda entry: entry["fresh"] and entry["boot"] != before["boot"], "the return")
        assert after["override"] == "forced_open" and after["calls_total"] == 0
    finally:
        shop.terminate()
        shop.wait(10)
    wait_until_gone(sockets)


@pytest.mark.parametrize("word, status, said", [
    ("--help", 0, "usage: demo/run"), ("-h", 0, "demo/faults/tour.json"), ("--faults", 64, "demo/run --help tells how"),
])
def test_demo_run_tells_how_it_is_used(word, status, said):
    done = subprocess.run([ROOT / "demo/run", word], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == status and said in done.stdout + done.stderr


@pytest.mark.parametrize("is_own", [True, False])
def test_a_build_that_came_along_with_a_copied_checkout_loses_its_modules(tmp_path, is_own):
    modules = tmp_path / ".build/x86_64/debug/ModuleCache"
    modules.mkdir(parents=True)
    place = tmp_path if is_own else "/elsewhere"
    (tmp_path / ".build/debug.yaml").write_text(f'  inputs: ["{place}/Sources/a.swift"]\n')
    script = f"cd {tmp_path} && . {ROOT}/.ci/need.sh && own_build .build && own_build missing"
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, timeout=10, check=True)
    assert modules.exists() == is_own and ("made in another folder" in done.stderr) != is_own
