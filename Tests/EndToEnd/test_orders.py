# SPDX-License-Identifier: Apache-2.0
"""Orders to several real services by the dashboard's keys and commands."""
import time

from service import Service


def orders(sockets, number):
    return Service(sockets, "--number", number, "--circuits", 1)


def test_a_force_on_a_marked_group_is_done_everywhere_and_misses_the_instance_that_comes_later(breakertop, sockets):
    with orders(sockets, 1), orders(sockets, 2), breakertop.terminal(160, 40) as terminal:
        terminal.wait_until(lambda t: t.line_with("2/2 sources fresh"), "both services")
        terminal.send(":group circuit\r")
        terminal.wait_until(lambda t: t.line_with("▾ orders / c1"), "the group")
        terminal.send("g ")
        terminal.wait_until(lambda t: t.line_with("2 marked"), "the marks")
        terminal.send(":force-open 5m provider is down\r")
        terminal.wait_for_text("Force open: orders / c1 (2 circuits)")
        terminal.wait_until(lambda t: t.line_with("orders-2/c1", "● closed", "calls/s"), "the targets with their state")
        # Two circuits that have all the calls there are: the word has to be typed.
        terminal.wait_for_text("“open 2”")
        terminal.send("\x1b[Z\x1b[Zopen 2")
        terminal.read(0.6)
        terminal.send("\t")
        terminal.wait_for_text("[ Force open (2) ]")
        terminal.send("\r")
        terminal.wait_until(
            lambda t: t.line_with("force open orders / c1 on 2: 2 done in", "ms", "0 admitted", "refused since"), "done")
        assert not terminal.line_with("marked")
        for number in (1, 2):
            circuit = next(c for c in breakertop.json("list")["circuits"] if c["instance"] == f"orders-{number}")
            assert circuit["override"] == "forced_open" and circuit["override_slot"]["reason"] == "provider is down"
        with orders(sockets, 3):
            terminal.wait_until(
                lambda t: t.line_with("2/3 forced; new instance orders-3 NOT forced: apply again? Y"), "what is missing")
            terminal.send(":audit\r")
            terminal.wait_until(lambda t: t.line_with("orders-2/c1: done in", "0 admitted", "refused since"), "each target")
            terminal.wait_until(lambda t: t.line_with("▸", "done", "orders-1/c1", "“provider is down”"), "the record")
            terminal.send("Y")
            terminal.wait_for_text("Force open: orders")
            terminal.read(0.6)
            terminal.send("\x1b[D")
            terminal.wait_for_text("[ Force open ]")
            terminal.send("\r")
            terminal.wait_until(lambda t: t.line_with("3/3 forced"), "all of them")
        terminal.send("q")
        assert terminal.wait() == 0 and terminal.left_behind() == []


def test_what_the_terminal_has_not_taken_is_not_confirmed(breakertop, sockets):
    with orders(sockets, 1), breakertop.terminal(160, 50) as terminal:
        terminal.wait_until(lambda t: t.line_with("● closed", "c1"), "the circuit")
        # Nobody reads: full pictures fill what the kernel keeps for the terminal.
        for _ in range(100):
            terminal.send("\x0c")
            time.sleep(0.03)
        for keys in ("O", "\x1b[D", "\r"):
            terminal.send(keys)
            time.sleep(0.8)
        terminal.wait_for_text("this was not on the screen yet: read it, then press Enter")
        assert breakertop.json("list")["circuits"][0]["override_rev"] == 0
        terminal.read(0.8)
        terminal.send("\r")
        terminal.wait_until(lambda t: t.line_with("force open orders-1/c1: done in"), "the force")
        terminal.send("q")
        assert terminal.wait() == 0


def test_what_the_terminal_has_not_read_is_not_confirmed_though_the_kernel_took_it(breakertop, sockets):
    with orders(sockets, 1), breakertop.terminal(120, 40) as terminal:
        terminal.wait_until(lambda t: t.line_with("● closed", "c1"), "the circuit")
        # The terminal stands still, and the dialog waits for it in the kernel.
        for keys in ("O", "\x1b[D", "\r", "\r"):
            terminal.send(keys)
            time.sleep(1)
        assert breakertop.json("list")["circuits"][0]["override_rev"] == 0
        terminal.wait_for_text("this was not on the screen yet: read it, then press Enter")
        terminal.read(0.8)
        terminal.send("\r")
        terminal.wait_until(lambda t: t.line_with("force open orders-1/c1: done in"), "the force")
        terminal.send("q")
        assert terminal.wait() == 0


def test_a_read_only_dashboard_sends_nothing(breakertop, sockets):
    with orders(sockets, 1), breakertop.terminal(120, 40, arguments=["--read-only"]) as terminal:
        terminal.wait_until(lambda t: t.line_with("● closed", "c1"), "the circuit")
        assert terminal.line_with("READ-ONLY")
        for keys in ("O", ":force-open 5m why\r", "R"):
            terminal.send(keys)
            terminal.wait_for_text("this dashboard is read-only")
            # What is typed at once was meant for the dialog that did not open.
            terminal.read(0.5)
            terminal.send("k")
        terminal.send("q")
        assert terminal.wait() == 0
        assert breakertop.json("list")["circuits"][0]["override_rev"] == 0
