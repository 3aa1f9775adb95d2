# SPDX-License-Identifier: Apache-2.0
"""`breakertop conform`: a good publisher keeps every rule, and each planted breach is found, alone and by its name."""
import concurrent.futures
import contextlib
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from conftest import BIN
from shop import Shop

PUBLISHER = pathlib.Path(__file__).parent / "broken_publisher.py"
RULES = [rule["id"] for rule in json.loads(
    subprocess.run([BIN / "breakertop", "conform", "--rules", "--json"], capture_output=True, check=True).stdout)["rules"]]

# What else a breach may break, since nobody could keep it then.
FOLLOWS = {
    # Whoever lets one connection stop all of them answers nobody in time.
    "others-unharmed": {"subscribe-early", "unknown-type-first", "half-line"},
    # The number of a generation is what rows are compared by.
    "generations-rise": {"filter-same"},
    # It tells no gap, since it drops who would need one.
    "reader-dropped": {"event-seq", "state-chain"},
}
# What a rule needs to be tested, beside what all get.
PUBLISHER_OPTIONS = {"observer": ["--observer"], "bye-said": ["--stop-when-alone"], "bye-fields": ["--stop-when-alone"]}
CONFORM_OPTIONS = {"subscribe-timeout": [], "reader-dropped": [], "bye-said": ["--quick", "--wait-bye", "10"], "bye-fields": ["--quick", "--wait-bye", "10"]}


@contextlib.contextmanager
def publisher(*options):
    """A publisher of its own on a socket of its own; yields the socket and the process."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bt-", dir="/tmp"))
    path = folder / "billing.billing-1.sock"
    process = subprocess.Popen([sys.executable, PUBLISHER, path, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        yield path, process
    finally:
        process.kill()
        said = process.communicate()[1]
        shutil.rmtree(folder, ignore_errors=True)
    assert said == ""


def conform(*arguments, **more):
    return subprocess.run(
        [BIN / "breakertop", "conform", *arguments], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False, **more)


def verdicts(done):
    return {rule["id"]: rule for rule in json.loads(done.stdout)["rules"]}


def breach(rule):
    with publisher("--break", rule, *PUBLISHER_OPTIONS.get(rule, [])) as (path, _):
        options = CONFORM_OPTIONS.get(rule, ["--quick"])
        done = conform(path, "--json", "--commands", "ledger.post", *options)
    found = verdicts(done)
    return done.returncode, {name: found[name].get("reason") for name in found if found[name]["verdict"] == "broken"}


@pytest.fixture(scope="module")
def breaches():
    """Every rule's breach, several at a time: they mostly wait."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        yield {rule: pool.submit(breach, rule) for rule in RULES}


@pytest.mark.parametrize("rule", RULES)
def test_the_breach_of_a_rule_is_found_and_nothing_else(breaches, rule):
    status, broken = breaches[rule].result()
    assert rule in broken, f"nobody breaks it, or it was not seen; broken: {broken}"
    assert set(broken) - {rule} <= FOLLOWS.get(rule, set()), broken
    assert status == 1


def test_a_good_publisher_keeps_every_rule():
    with publisher("--stop-when-alone") as (path, _):
        done = conform(f"unix:{path}", "--commands", "ledger.post", "--wait-bye", "10", "--json")
    not_kept = {name: rule for name, rule in verdicts(done).items() if rule["verdict"] != "kept"}
    assert set(not_kept) == {"observer"}, not_kept
    assert done.returncode == 0
    assert "ledger.post" in done.stderr, "it warns of the circuit that it forces"


def test_who_only_observes_is_tested_as_such():
    with publisher("--observer") as (path, _):
        done = conform(path, "--quick", "--json", "--commands", "ledger.post")
    found = verdicts(done)
    assert found["observer"]["verdict"] == "kept"
    assert found["wrong-boot"]["reason"] == found["force-done"]["reason"] == "this connection only observes"
    assert done.returncode == 0 and json.loads(done.stdout)["broken"] == 0


def test_the_projects_own_publisher_keeps_every_rule(environment, sockets):
    with Shop(BIN / "shop", environment, sockets):
        path = sockets / "orders.orders-1.sock"
        deadline = time.monotonic() + 10
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)
        done = conform(path, "--json", "--commands", "payments.charge")
    found = verdicts(done)
    assert [rule for rule in found.values() if rule["verdict"] == "broken"] == []
    not_tested = {name for name, rule in found.items() if rule["verdict"] == "not_tested"}
    assert not_tested <= {
        "observer", "unsupported-action", "bye-said", "bye-fields", "gap-fields", "trip-told", "open-until", "histogram-fields",
        "histograms-rise"}


def circuits(breakertop, path):
    return {circuit["circuit"]: circuit for circuit in json.loads(breakertop.run("list", "--json", "--dir", str(path.parent)).stdout)["circuits"]}


@pytest.mark.parametrize("held", [[], ["--held"]], ids=["free", "held"])
@pytest.mark.parametrize("options", [
    [], ["--reckless"], ["--reckless", "--actions", "force_open,reset"], ["--reckless", "--actions", "reset,force_closed"],
], ids=" ".join)
def test_it_steers_nothing_unless_told_to(breakertop, options, held):
    with publisher(*options, *held) as (path, _):
        found = verdicts(conform(path, "--quick", "--json"))
        after = circuits(breakertop, path).values()
    assert found["unknown-circuit"]["verdict"] == "kept"
    assert {(circuit["override"], circuit["override_rev"]) for circuit in after} == ({("forced_closed", 1)} if held else {("none", 0)})


# The second and third `force_open` are the first again, and one with an old revision; the fourth comes after `clear`.
@pytest.mark.parametrize("options", [[], ["--reckless"]], ids=["guarded", "reckless"])
@pytest.mark.parametrize("force", [0, 1, 2, 4])
def test_another_operators_override_survives(breakertop, force, options):
    if force in (1, 4) and options:
        pytest.skip("nobody can see it before, and such a service does not refuse")
    with publisher("--intrude", str(force), *options) as (path, _):
        done = conform(path, "--quick", "--json", "--commands", "ledger.post")
        assert circuits(breakertop, path)["ledger.post"]["override"] == "forced_closed"
    found = verdicts(done)
    reason = "somebody else steered the circuit meanwhile" if force else "somebody holds an override"
    assert {found[name].get("reason") for name in ("force-done", "force-holds", "clear-half-open", "expiry", "reset-closes")} == {reason}
    assert {name for name in found if found[name]["verdict"] == "broken"} == ({"stale-revision"} if options else set())


def test_an_interruption_undoes_the_force(breakertop):
    with publisher() as (path, _):
        tester = subprocess.Popen(
            [BIN / "breakertop", "conform", path, "--commands", "ledger.post"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

        def mode():
            listing = json.loads(breakertop.run("list", "--json", "--dir", str(path.parent)).stdout)
            return {circuit["circuit"]: circuit["override"] for circuit in listing["circuits"]}["ledger.post"]

        deadline = time.monotonic() + 10
        while mode() != "forced_open":
            assert time.monotonic() < deadline
        tester.send_signal(signal.SIGINT)
        _, said = tester.communicate(timeout=10)
        assert tester.returncode == 130 and "cleared" in said
        assert mode() == "none"


def test_the_report_fits_a_terminal_and_says_where_and_what():
    with publisher("--break", "calls-sum") as (path, _):
        done = conform(path, "--quick")
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and max(map(len, lines)) <= 80
    place = next(number for number, line in enumerate(lines) if line.split() == ["BROKEN", "calls-sum"])
    said = " ".join(line.strip() for line in lines[place:place + 6])
    assert "calls_total = ok_total" in said and "watch, line " in said and "the sum is" in said and '{"type": "sample"' in said
    assert lines[-1].startswith(f"{len(RULES)} rules: ") and ", 1 broken, " in lines[-1]


def test_nobody_there_and_wrong_usage(sockets):
    done = conform(sockets / "nobody.sock")
    assert done.returncode == 3 and "nobody.sock" in done.stderr
    assert conform().returncode == 64
    assert conform("unix:/x", "--wait-bye", "-1").returncode == 64


def test_someone_who_speaks_something_else_is_a_broken_publisher(sockets):
    import socket
    import threading
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(sockets / "http.sock"))
    listener.listen(8)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n\x1b[2J")
                connection.close()

    threading.Thread(target=serve, daemon=True).start()
    done = conform(sockets / "http.sock")
    assert done.returncode == 1 and "HTTP/1.1 400" in done.stdout and "\x1b" not in done.stdout
    listener.close()


def test_the_rules_are_listed_with_their_place_in_the_protocol():
    page = (pathlib.Path(__file__).parents[2] / "Sources/BreakerWire/BreakerWire.docc/Protocol.md").read_text(encoding="utf-8")
    headings = {line.lstrip("#").strip() for line in page.splitlines() if line.startswith("#")}
    rules = json.loads(conform("--rules", "--json").stdout)["rules"]
    assert {rule["section"] for rule in rules} <= headings
    assert all(rule["statement"].endswith(".") and rule["severity"] in ("must", "should") for rule in rules)
    assert all(rule["id"] in conform("--rules").stdout for rule in rules[:1])
