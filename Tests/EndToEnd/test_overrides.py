# SPDX-License-Identifier: Apache-2.0
"""Overrides over restarts, without monitors and with a full disk; and how a service that stops differs from one that died."""
import json
import os
import resource
import signal
import socket
import time

import pytest
from raw_monitor import RawMonitor
from service import Service


def socket_of(service):
    return service.folder / f"{service.name}.{service.name}-1.sock"


def wait_until(condition, what, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(what)


def force(service, action="force_open", for_ms=60_000):
    with RawMonitor(socket_of(service)) as monitor:
        result = monitor.command(action, for_ms=for_ms, reason="drill")
        assert result["ok"], result


def answers(path):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def started(service):
    service.start()
    wait_until(lambda: answers(socket_of(service)), "it does not listen")
    return service


@pytest.fixture
def kept(sockets):
    service = Service(sockets, "--overrides", sockets / "overrides.json")
    with started(service):
        yield service


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_kept_override_refuses_the_first_call_of_the_next_process(kept, sockets, end):
    force(kept)
    file = sockets / "overrides.json"
    wait_until(lambda: file.exists() and "c1" in file.read_text(), "the file does not name the circuit")
    assert file.stat().st_mode & 0o777 == 0o600
    getattr(kept, end)()
    started(kept)
    with RawMonitor(socket_of(kept)) as monitor:
        row = monitor.rows()[0]
        assert row["override"] == "forced_open" and row["calls_total"] == 0 and row["rejected_forced_total"] > 0
        restored = [event for event in monitor.of_type("event") if event["kind"] == "override"]
        assert [(event["to"], event["cause"]) for event in restored] == [("forced_open", "restored")]
        assert restored[0]["reason"] == "drill" and restored[0]["principal"].startswith("uid ")


def test_an_override_that_is_not_kept_is_lost_and_the_monitor_says_so(breakertop, sockets):
    with started(Service(sockets)) as service:
        with breakertop.terminal(140, 30) as terminal:
            terminal.wait_until(lambda t: t.line_with("c1"), "the circuit")
            force(service)
            terminal.wait_until(lambda t: t.line_with("FORCED"), "the override")
            service.kill()
            started(service)
            terminal.wait_until(lambda t: t.line_with("LOST"), "the word that the override is lost", 20)


def test_an_override_expires_while_nobody_watches(sockets):
    with started(Service(sockets)) as service:
        force(service, for_ms=1_500)
        time.sleep(4)
        with RawMonitor(socket_of(service)) as monitor:
            row = monitor.rows()[0]
            assert row["override"] == "none" and row["ok_total"] > 0
            expiries = [event for event in monitor.of_type("event") if event.get("cause") == "expiry"]
            assert len(expiries) == 1


def test_a_disk_that_is_full_costs_the_keeping_not_the_override(sockets):
    def no_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

    # Writes to files beyond 64 bytes fail as on a full disk.
    service = Service(sockets, "--overrides", sockets / "overrides.json", setup=no_room)
    with started(service):
        force(service)
        service.until_said("overrides.json")
        assert not (sockets / "overrides.json").exists() or json.loads((sockets / "overrides.json").read_text())
        with RawMonitor(socket_of(service)) as monitor:
            assert monitor.rows()[0]["override"] == "forced_open"
        assert not [name for name in os.listdir(sockets) if "overrides" in name and name.endswith(".tmp")]


def test_stopped_differs_from_died(sockets):
    with started(Service(sockets)) as service:
        with RawMonitor(socket_of(service)) as monitor:
            assert service.stop() == 0
            monitor.wait_for(type="bye")
        assert not socket_of(service).exists()
        started(service)
        with RawMonitor(socket_of(service)) as monitor:
            service.kill()
            while (line := monitor.read()) is not None:
                assert line["type"] != "bye"
