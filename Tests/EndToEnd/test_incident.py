# SPDX-License-Identifier: Apache-2.0
"""An incident from end to end: real services, real failures, the real program on both ends of the metrics socket."""
import time

import pytest
from conftest import BIN
from shop import Shop

CHARGE = "orders-1/payments.charge"


@pytest.fixture
def start_shop(environment, sockets):
    running = []

    def start(*steps):
        shop = Shop(BIN / "shop", environment, sockets, steps)
        running.append(shop)
        return shop.__enter__()

    yield start
    for shop in running:
        shop.__exit__()


def circuit(breakertop, name, instance="orders-1"):
    """What `list --json` says about one circuit; None while it is not there."""
    entries = breakertop.json("list")["circuits"]
    return next((entry for entry in entries if entry["circuit"] == name and entry["instance"] == instance), None)


def wait_for(breakertop, condition, what, name="payments.charge", instance="orders-1", seconds=40):
    end = time.monotonic() + seconds
    while True:
        entry = circuit(breakertop, name, instance)
        if entry and condition(entry):
            return entry
        assert time.monotonic() < end, f"not within {seconds} s: {what}; it is {entry}"
        time.sleep(0.1)


def flowing(entry):
    return entry["state"] == "closed" and entry["calls_total"] > 20 and entry["fresh"]


def test_a_trip_is_seen_with_its_reason_while_everything_else_works(breakertop, start_shop):
    shop = start_shop({"at": 0, "service": "payments", "endpoint": "POST /charge", "fail": 1})
    with breakertop.terminal(120, 40) as terminal:
        # Others may trip as well: the details are to be those of this one.
        terminal.wait_until(lambda t: t.line_with("payments.charge"), "the circuit")
        terminal.send("/payments.charge\r")
        # The reason of the first trip, in the event and in the details, with its figures.
        terminal.wait_until(lambda t: t.line_with("payments.charge", "closed → open", "failure ratio"), "the trip", 40)
        terminal.wait_until(lambda t: t.line_with("opened because", "failure ratio", "≥ 60%", "calls"), "the reason")
        tripped = wait_for(breakertop, lambda entry: entry["opened_total"] > 0, "the trip for scripts")
        assert tripped["trip"]["rule"] in ("failure_ratio", "probe_failed")
        assert "503" in tripped["trip"]["errors"][0]["message"]
        terminal.wait_until(lambda t: t.line_with("■ open", "payments.charge"), "the open circuit in the table")
        terminal.wait_until(lambda t: t.line_with("last errors", "503"), "the errors in the details")
        terminal.send("q")
        assert terminal.wait() == 0 and terminal.left_behind() == []
    # While one dependency is down, its caller answers by its fallback, and the other APIs work.
    status, order = shop.get("/orders", "POST")
    assert status == 200 and order["degraded"], order
    assert shop.get("/catalog")[0] == 200
    assert circuit(breakertop, "inventory.catalog", "gateway-1")["state"] == "closed"
    assert circuit(breakertop, "payments.charge")["fallback_total"] > 0


def test_a_force_holds_beyond_the_open_time_and_a_clear_brings_traffic_back_gently(breakertop, start_shop):
    start_shop()
    wait_for(breakertop, flowing, "calls flow")
    with breakertop.terminal(120, 40) as terminal:
        terminal.wait_until(lambda t: t.line_with("● closed", "payments.charge"), "the circuit")
        done = breakertop.run("open", "orders/payments.charge", "--for", "forever", "--reason", "e2e", "--as", "robot")
        assert done.returncode == 0, done.stderr
        forced = wait_for(breakertop, lambda entry: entry["override"] == "forced_open", "the override")
        assert forced["override_slot"]["claimed"] == "robot" and "uid" in forced["override_slot"]["principal"]
        # Another monitor sees who did it and why.
        terminal.wait_until(lambda t: t.line_with("FORCED OPEN", "robot", "e2e"), "the force in the events")
        terminal.wait_until(lambda t: t.line_with("▣ FORCED OPEN", "payments.charge"), "the force in the table")

        # Twice its open time of 4 s, by the service's own clock: nothing is admitted, everything refused.
        last = forced
        while last["override_slot"] and last["for_ms"] < 8_500:
            last = wait_for(breakertop, lambda entry: entry["for_ms"] > last["for_ms"], "time goes by")
            assert last["override"] == "forced_open"
            assert last["calls_total"] == forced["calls_total"], "a call was admitted under forced open"
        assert last["rejected_forced_total"] > forced["rejected_forced_total"] + 20

        done = breakertop.run("clear", "orders/payments.charge", "--as", "robot")
        assert done.returncode == 0, done.stderr
        terminal.wait_until(lambda t: t.line_with("→ half-open", "cleared"), "half-open first")
        terminal.wait_until(lambda t: t.line_with("half-open → closed", "probes ok"), "then closed")
        wait_for(breakertop, lambda entry: entry["calls_total"] > last["calls_total"] + 20, "it serves again")


def test_a_service_that_is_killed_and_returns_is_a_new_boot(breakertop, start_shop):
    shop = start_shop()
    before = wait_for(breakertop, flowing, "calls flow")
    assert breakertop.run("open", CHARGE, "--for", "1h").returncode == 0
    with breakertop.terminal(120, 40) as terminal:
        terminal.wait_until(lambda t: t.line_with("▣ FORCED OPEN", "payments.charge"), "the force")
        shop.kill("orders")
        terminal.wait_until(lambda t: t.line_with("LOST"), "the loss in the events")
        terminal.wait_until(lambda t: t.line_with("◌ stale (▣)", "payments.charge"), "stale, not closed")
        assert "unknown" in terminal.text().splitlines()[0]
        shop.start("orders")
        terminal.wait_until(lambda t: t.line_with("restarted: a new process"), "the return in the events")
        terminal.wait_until(lambda t: t.line_with("payments.charge", "OVERRIDE LOST", "until"), "what was lost, and until when")
        terminal.wait_until(lambda t: t.line_with("● closed", "payments.charge", "▣ LOST!"), "it is back, the force is not")
        after = wait_for(breakertop, flowing, "calls flow again")
        assert after["boot"] != before["boot"] and after["override"] == "none"
        assert not terminal.line_with("TWIN"), "the dead boot is no twin"
        # Counters began anew; a rate that subtracted the old ones would be absurd.
        words = terminal.line_with("payments.charge", "● closed").split("≥ 60%")[1].split()
        rate = next(word for word in words if word == "–" or word[0].isdigit())
        assert rate == "–" or 0 <= float(rate) < 200
        terminal.send("q")
        assert terminal.wait() == 0


def test_the_keys_force_and_clear_and_cancel_is_the_default(breakertop, start_shop):
    start_shop()
    wait_for(breakertop, flowing, "calls flow")
    with breakertop.terminal(120, 40) as terminal:
        terminal.wait_until(lambda t: t.line_with("● closed", "payments.charge"), "the circuit")
        terminal.send("/charge\r")
        terminal.wait_until(lambda t: t.line_with("▸", "payments.charge"), "the filter")
        # O and a volley of keys that could confirm, in one write: nothing happens.
        terminal.send("O\x1b[Z\r\x1b[D\r\r\r")
        terminal.read(1)
        assert circuit(breakertop, "payments.charge")["override_rev"] == 0
        terminal.send("\x1b")
        terminal.read(0.3)
        terminal.send("O")
        terminal.wait_for_text("calls/s will be refused")
        terminal.send("by hand")
        terminal.wait_for_text("by hand")
        terminal.send("\x1b[200~\r\n\r\n\x1b[201~")  # A paste confirms nothing.
        terminal.read(0.6)
        assert circuit(breakertop, "payments.charge")["override_rev"] == 0
        terminal.send("\t\t")
        terminal.wait_for_text("[ Force open ]")
        terminal.read(0.3)
        terminal.send("\r")
        terminal.wait_until(lambda t: t.line_with("done in", "0 admitted", "refused since"), "done, with its effect")
        assert circuit(breakertop, "payments.charge")["override"] == "forced_open"
        terminal.send("R")
        terminal.wait_for_text("it closes at once")
        terminal.send("\x1b")
        terminal.wait_for_text("cancelled, nothing was sent")
        # Within a moment of Escape it would be Alt and C.
        terminal.read(0.1)
        terminal.send("C")
        terminal.wait_for_text("a few probe calls first")
        terminal.read(0.6)
        terminal.send("\x1b[D")
        terminal.wait_for_text("[ Clear override ]")
        terminal.read(0.3)
        terminal.send("\r")
        terminal.wait_until(lambda t: t.line_with("clear override", "done in"), "cleared")
        wait_for(breakertop, lambda entry: entry["override"] == "none" and entry["state"] == "closed", "it serves again")


def test_scripts_say_what_they_did_and_refuse_what_they_cannot(breakertop, start_shop):
    start_shop()
    wait_for(breakertop, flowing, "calls flow")
    answer = breakertop.json("open", CHARGE, "--for", "1m")
    assert answer["version"] == 1 and answer["results"][0]["ok"] and answer["results"][0]["seq"] > 0
    assert breakertop.json("reset", CHARGE)["results"][0]["ok"]
    wait_for(breakertop, lambda entry: entry["state"] == "closed" and entry["override"] == "none", "reset")
    refused = breakertop.run("clear", CHARGE)
    assert refused.returncode == 1 and "no override" in refused.stderr
    unknown = breakertop.run("open", "orders/nothing", "--for", "1m")
    assert unknown.returncode == 2 and "orders/nothing" in unknown.stderr and "orders/payments.charge" in unknown.stderr
    assert len(unknown.stderr.strip().splitlines()) == 1
    assert breakertop.run("list").stdout.count("\n") == 9


def test_an_override_expires_by_itself_and_traffic_returns(breakertop, start_shop):
    start_shop()
    wait_for(breakertop, flowing, "calls flow")
    assert breakertop.run("open", CHARGE, "--for", "2s").returncode == 0
    expired = wait_for(breakertop, lambda entry: entry["override"] == "none" and entry["state"] == "closed", "expiry")
    assert expired["override_rev"] == 2
