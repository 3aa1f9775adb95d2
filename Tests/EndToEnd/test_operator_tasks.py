# SPDX-License-Identifier: Apache-2.0
"""Ten tasks of an operator on the demo's services, in keys and seconds.

The keys are counted and bounded: one more is a change of the tool that somebody has to want. The seconds are those that
the tool takes, from the first key to the answer on the screen, without any time for reading; they are printed (`pytest -s`)
and gate nothing.
"""
import time

import pytest
from conftest import BIN
from shop import Shop

CHARGE, REFUND = "payments.charge", "payments.refund"


class Desk:
    """The dashboard before an operator whose keys are counted."""

    def __init__(self, terminal):
        self.terminal = terminal
        self.table = []

    def task(self, what, keys, answer, most, seconds=20):
        """Types keys, a list of texts with a pause to look between them, and waits for a line with all parts of the answer."""
        start, count = time.monotonic(), 0
        for part in keys:
            if callable(part):
                self.terminal.wait_until(part, f"{what}: a step on the way")
                continue
            if isinstance(part, float):
                self.terminal.read(part)
                continue
            self.terminal.send(part)
            count += len(part.replace("\x1b[Z", "S"))
        self.terminal.wait_until(lambda t: t.line_with(*answer), f"{what}: {answer}", seconds)
        self.table.append((what, count, time.monotonic() - start))
        assert count <= most, f"{what} takes {count} keys by now, and took {most}"

    def tell(self):
        print("\n| task | keys | seconds |\n|---|---|---|")
        for what, keys, seconds in self.table:
            print(f"| {what} | {keys} | {seconds:.1f} |")


def shows(*parts):
    return lambda terminal: terminal.line_with(*parts)


@pytest.fixture
def shop(environment, sockets):
    with Shop(BIN / "shop", environment, sockets, [{"at": 12, "service": "payments", "fail": 1}]) as shop:
        yield shop


def test_ten_tasks(breakertop, shop):
    with breakertop.terminal(140, 44) as terminal:
        # What fails while the services start is over before the incident begins.
        terminal.wait_until(shows("2/2 sources fresh", "9 ●"), "the shop", 40)
        terminal.wait_until(shows("■ open", CHARGE), "the first trip", 40)
        terminal.wait_until(shows("■ open", REFUND), "the second trip", 40)
        desk = Desk(terminal)
        # A person reads a dialog: what comes within 0.4 s of its opening, or 0.7 s after another Enter, is not taken.
        read = 0.8
        desk.task("what is broken, and why", [], ["opened because", "failure ratio", "60%"], 0)
        desk.task("all about it: errors, configuration, history", ["g\r"], ["last errors", "payments: HTTP 503"], 2)
        desk.task("where a cascade began", ["3"], ["likely root", "payments"], 1)
        desk.task(
            "force one circuit open for ten minutes, with a reason, and see that it holds",
            ["1gO", "INC-42", "\t\t", read, "\r"], ["force open", CHARGE, "done in", "0 admitted"], 12)
        desk.task(
            "take it back, gently", ["Z", shows("Clear override"), "\x1b[Z", read, "\r"], ["clear override", CHARGE, "done in"], 3)
        desk.task(
            "stop all calls to a service, by a filter",
            ["/target=payments\r", shows("target=payments", "2 of 9 shown"), "MO", shows("(2)"), "INC-42", "\t\t", read, "\r"],
            ["force open 2 circuits", "2 done in", "0 admitted"], 28)
        desk.task("only what needs a look", ["\\!", shows("faults only")], ["FORCED OPEN", CHARGE], 2)
        # The service dies and comes back without its overrides.
        shop.kill("orders")
        terminal.wait_until(shows("stale"), "silence")
        shop.start("orders")
        terminal.wait_until(shows("override lost by restart", "Y"), "the loss", 40)
        desk.task(
            "a restart lost two forces: apply them again", ["Y", shows("Force open"), "\x1b[Z", read, "\r"],
            ["force open 2 circuits: 2 done in"], 3)
        assert breakertop.run("clear", f"orders/{REFUND}", "--as", "bob", "--yes", "--reason", "works again").returncode == 0
        desk.task("who took a force away, and why", [], ["cleared by bob", "works again"], 0)
        desk.task("the record of what everybody did", ["6"], ["clear override", "works again", "by bob"], 1)
        desk.tell()
        terminal.send("q")
        assert terminal.wait() == 0 and terminal.left_behind() == []
