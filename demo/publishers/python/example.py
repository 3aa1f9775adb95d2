# SPDX-License-Identifier: Apache-2.0
"""A service that charges cards all day. Its dependency fails as long as the file that is named as argument exists:

    python3 example.py /tmp/fault &
    breakertop                                  # watch; then: touch /tmp/fault, rm /tmp/fault

A number after it adds so many circuits that open and probe all the time while the file exists.
"""
import contextlib
import os
import signal
import sys
import threading
import time

import pybreaker
from breakertop_publisher import CircuitBreaker, publish

FAULT = sys.argv[1] if len(sys.argv) > 1 else "/tmp/fault"
BULK = int(sys.argv[2]) if len(sys.argv) > 2 else 0
charge_breaker = CircuitBreaker(name="payments.charge", fail_max=5, reset_timeout=2)
ledger_breaker = CircuitBreaker(name="ledger.post", fail_max=3, reset_timeout=30, success_threshold=2)
bulk_breakers = [CircuitBreaker(name=f"bulk.{number}", fail_max=1, reset_timeout=0.1) for number in range(BULK)]


def call_dependency():
    if os.path.exists(FAULT):
        raise ConnectionError("503 no healthy upstream")


@charge_breaker
def charge():
    time.sleep(0.002)
    call_dependency()


def post():
    with ledger_breaker.calling():
        time.sleep(0.001)


def call_bulk():
    for breaker in bulk_breakers:
        with contextlib.suppress(pybreaker.CircuitBreakerError, ConnectionError):
            breaker.call(call_dependency)


def work(call, stop):
    while not stop.wait(0.02):
        with contextlib.suppress(pybreaker.CircuitBreakerError, ConnectionError):  # a real service would answer with its fallback
            call()


def main():
    stop, ends = threading.Event(), {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before there are threads, which inherit it
    with publish("shop-py", charge_breaker, ledger_breaker, *bulk_breakers):
        workers = [threading.Thread(target=work, args=(call, stop)) for call in (charge, charge, post, call_bulk)]
        for worker in workers:
            worker.start()
        signal.sigwait(ends)
        stop.set()
        for worker in workers:
            worker.join()


main()
