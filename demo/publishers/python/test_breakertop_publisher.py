# SPDX-License-Identifier: Apache-2.0
"""What needs a call in progress; run by `python3 -m unittest` with pybreaker."""
import os
import tempfile
import threading
import unittest

import pybreaker

import breakertop_publisher
from breakertop_publisher import COLUMNS, CircuitBreaker, ForcedOpenError, publish


class CallsInProgress(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.environ["BREAKERTOP_DIR"] = folder.name
        self.breaker = CircuitBreaker(name="slow", fail_max=1, reset_timeout=60, exclude=[KeyError])
        self.publisher = publish("test", self.breaker)
        self.addCleanup(self.publisher.close)

    def do(self, action):
        command = {"id": action, "boot": self.publisher.boot, "circuit": 1, "action": action, "for_ms": None, "reason": "",
                   "operator": "", "if_override_rev": None}
        self.assertTrue(self.publisher.handle(command, os.geteuid())["ok"])

    def expect(self, **expected):
        row = dict(zip(COLUMNS, self.breaker.circuit.row()))
        self.assertEqual({name: row[name] for name in expected}, expected)

    def test_what_was_called_before_a_clear_is_late_and_decides_nothing(self):
        begun, go_on = threading.Event(), threading.Event()

        def fail():
            begun.set()
            go_on.wait(10)
            raise OSError("late")

        caller = threading.Thread(target=lambda: self.assertRaises(pybreaker.CircuitBreakerError, self.breaker.call, fail))
        caller.start()
        begun.wait(10)
        # The call in progress holds pybreaker's lock; no command and no refusal waits for it.
        self.do("force_open")
        self.assertRaises(ForcedOpenError, self.breaker.call, self.fail)
        self.do("clear")
        go_on.set()
        caller.join(10)
        self.expect(state="half_open", late_total=1, failed_total=0, in_flight=0)
        self.assertEqual(self.breaker.call(lambda: 7), 7)
        self.expect(state="closed", ok_total=1, calls_total=2, rejected_forced_total=1)

    def test_a_call_that_waited_for_another_is_refused_when_it_was_forced_meanwhile(self):
        begun, go_on, waits = threading.Event(), threading.Event(), threading.Event()

        def succeed():
            begun.set()
            go_on.wait(10)

        first = threading.Thread(target=self.breaker.call, args=[succeed])
        first.start()
        begun.wait(10)
        admit_forced = self.breaker.circuit.admit_forced
        self.breaker.circuit.admit_forced = lambda: (waits.set(), admit_forced())[1]
        second = threading.Thread(target=lambda: self.assertRaises(ForcedOpenError, self.breaker.call, self.fail))
        second.start()
        waits.wait(10)
        self.do("force_open")
        go_on.set()
        first.join(10)
        second.join(10)
        self.expect(calls_total=1, ok_total=1, rejected_forced_total=1)

    def test_with_blocks_generators_and_excluded_errors_are_counted(self):
        with self.breaker.calling():
            self.expect(in_flight=1)
        self.expect(calls_total=1, ok_total=1, in_flight=0)
        numbers = self.breaker(lambda: range(3))()
        self.assertEqual(list(numbers), [0, 1, 2])

        @self.breaker
        def generate():
            yield from numbers

        generate()  # which nobody runs
        self.expect(calls_total=2, in_flight=0)
        self.assertEqual(list(generate()), [0, 1, 2])
        self.assertRaises(KeyError, self.breaker.call, {}.__getitem__, 1)
        self.expect(calls_total=4, ok_total=3, ignored_total=1, state="closed")
        with self.assertRaises(pybreaker.CircuitBreakerError):
            with self.breaker.calling():
                raise OSError("down")
        self.expect(failed_total=1, state="open", opened_total=1, in_flight=0)
        self.assertRaises(pybreaker.CircuitBreakerError, self.breaker.call, self.fail)
        self.do("reset")
        self.expect(rejected_total=1, state="closed", consecutive_failed=0)
        self.assertEqual(self.breaker.call(lambda: 7), 7)

    def test_events_beyond_the_allowance_are_told_in_number(self):
        circuit = self.breaker.circuit
        circuit.budget = breakertop_publisher.Bucket(0, 20)  # which time does not fill
        with breakertop_publisher._lock:  # the publisher's thread tells what is due, too
            for _ in range(15):
                self.breaker.open()
                self.breaker.close()
            self.publisher.advance()
            events = list(self.publisher.events)
        self.assertEqual([event["kind"] for event in events], ["state"] * 20 + ["suppressed"])
        self.assertEqual((events[-1]["suppressed_kind"], events[-1]["count"], events[-1]["circuit"]), ("state", 10, 1))

    def test_who_only_observes_is_told_first_that_nobody_may(self):
        self.publisher.read_only = True
        command = {"id": "1", "boot": "", "circuit": 1, "action": "clear", "for_ms": None, "reason": "", "operator": "",
                   "if_override_rev": None}
        for uid in (os.geteuid(), 65_534):
            self.assertEqual(self.publisher.handle(command, uid)["error"]["code"], "read_only")

    def test_one_name_twice_and_impossible_names_are_refused(self):
        self.assertRaises(ValueError, self.publisher.add, CircuitBreaker(name="slow"))
        for name in ("", "x" * 201, "\ud800"):
            self.assertRaises(ValueError, CircuitBreaker, name=name)
        self.assertEqual(breakertop_publisher.file_name(".a/ü"), "%2Ea%2F%C3%BC")


if __name__ == "__main__":
    unittest.main()
