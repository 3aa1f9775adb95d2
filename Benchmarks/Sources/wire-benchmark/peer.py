#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""CPython's json beside ours: reads `decode N` or `encode N`, answers with the nanoseconds of CPU time that N times took."""
import json
import sys
import time

lines = open(sys.argv[1], "rb").read().splitlines()
samples = [json.loads(line) for line in lines]


def decode():
    for line in lines:
        json.loads(line)


def encode():
    for sample in samples:
        json.dumps(sample, separators=(",", ":")).encode()


for request in sys.stdin:
    word, count = request.split()
    work = {"decode": decode, "encode": encode}[word]
    start = time.thread_time_ns()
    for _ in range(int(count)):
        work()
    print(time.thread_time_ns() - start, flush=True)
