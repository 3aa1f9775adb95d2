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


def test_a_kept_override_is_told_as_restored_and_never_as_lost(breakertop, kept, sockets):
    with breakertop.terminal(160, 30) as terminal:
        terminal.wait_until(lambda t: t.line_with("c1"), "the circuit")
        force(kept)
        terminal.wait_until(lambda t: t.line_with("FORCED"), "the override")
        wait_until(lambda: "c1" in (sockets / "overrides.json").read_text(), "the file does not name the circuit")
        kept.kill()
        started(kept)
        seen = []
        terminal.wait_until(
            lambda t: seen.append(t.text()) or t.line_with("FORCED OPEN again", "until", "by tester", "drill", "kept over the restart"),
            "the word that it is restored, by whom, why and until when", 20)
        # The whole picture has come with it: nothing more is to be told.
        terminal.wait_until(lambda t: t.line_with("restarted: a new process"), "the restart")
        assert not [text for text in [*seen, terminal.text()] if "LOST!" in text or "OVERRIDE LOST" in text]


def test_a_process_that_overlaps_with_the_old_one_takes_over_what_that_one_held(kept, sockets):
    file = sockets / "overrides.json"
    force(kept)
    wait_until(lambda: file.exists() and "c1" in file.read_text(), "the file does not name the circuit")
    with Service(sockets, "--overrides", file) as new:
        socket_of_new = sockets / "orders.orders-1.2.sock"
        wait_until(lambda: answers(socket_of_new), "it does not listen")
        new.until_said("another process keeps its overrides")
        with RawMonitor(socket_of_new) as monitor:
            # Not one call has passed by what the old one has stopped.
            assert monitor.rows()[0]["override"] == "forced_open" and monitor.rows()[0]["calls_total"] == 0
        with RawMonitor(socket_of(kept)) as monitor:
            assert monitor.command("force_open", circuit=2, for_ms=60_000, reason="late")["ok"]
        wait_until(lambda: "c2" in file.read_text(), "the old one does not keep any more")
        kept.kill()
        new.until_said("overrides are kept over a restart from now on")
        with RawMonitor(socket_of_new) as monitor:
            modes = [monitor.rows(circuit)[-1]["override"] for circuit in (1, 2, 3)]
            assert modes == ["forced_open", "forced_open", "none"]
            assert monitor.command("force_closed", circuit=3, for_ms=60_000, reason="by the new one")["ok"]
        wait_until(lambda: "c3" in file.read_text(), "the new one does not keep")
        assert new.said().count("another process keeps its overrides") == 1


def test_a_service_without_a_place_to_publish_serves_on_and_publishes_when_there_is_one(sockets):
    folder = sockets / "place"
    folder.mkdir(mode=0o700)
    folder.chmod(0o777)
    service = Service(folder)
    with service.start():
        service.until_said("circuits are not published")
        assert service.process.poll() is None and "chmod go-w" in service.said()
        folder.chmod(0o700)
        wait_until(lambda: answers(socket_of(service)), "it does not publish although it could")
        assert service.stop() == 0


def test_an_override_that_is_not_kept_is_lost_and_the_monitor_says_so(breakertop, sockets):
    with started(Service(sockets)) as service:
        with breakertop.terminal(140, 30) as terminal:
            terminal.wait_until(lambda t: t.line_with("c1"), "the circuit")
            force(service)
            terminal.wait_until(lambda t: t.line_with("FORCED"), "the override")
            service.kill()
            started(service)
            terminal.wait_until(lambda t: t.line_with("▣ LOST!"), "the word that the override is lost", 20)
            terminal.wait_until(
                lambda t: t.line_with("OVERRIDE LOST", "forced open until", "by tester", "drill"),
                "whose it was, why and until when")


def test_somebody_elses_override_is_replaced_only_with_a_yes(breakertop, sockets):
    with started(Service(sockets)) as service:
        name = f"{service.name}/c1"

        def change(action, who, *more):
            return breakertop.run(action, name, "--for", "1h", "--as", who, "--reason", f"by {who}", *more)

        assert change("open", "ann").returncode == 0
        assert change("open", "ann").returncode == 0, "one's own is renewed without a question"
        for action in ("open", "close"):
            refused = change(action, "bob")
            assert refused.returncode == 64 and "forced open" in refused.stderr and "“by ann”" in refused.stderr, refused
        assert breakertop.json("list")["circuits"][0]["override_slot"]["claimed"] == "ann"
        done = change("close", "bob", "--yes")
        assert done.returncode == 0 and "replaced: " in done.stderr and "“by ann”" in done.stderr, done
        assert breakertop.run("clear", name, "--as", "ann").returncode == 64, "nor is it ended without a yes"
        assert breakertop.run("clear", name, "--as", "bob").returncode == 0, "one's own is"


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
