# SPDX-License-Identifier: Apache-2.0
"""The demo's services as real processes, each to be killed and started again."""
import json
import socket
import subprocess
import time
import urllib.request

SERVICES = ["payments", "inventory", "shipping", "orders", "gateway"]


def free_base_port():
    """The first of five ports in a row that are free now."""
    for base in range(21_000, 60_000, 97):
        taken = []
        try:
            for port in range(base, base + 5):
                probe = socket.socket()
                taken.append(probe)
                probe.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
        finally:
            for probe in taken:
                probe.close()
    raise AssertionError("no five free ports in a row")


class Shop:
    """Starts what is asked for; ends it all on the way out, and their input's end would do it if this process died."""

    def __init__(self, program, environment, folder, steps=()):
        self.program, self.environment = program, environment
        self.base = free_base_port()
        self.faults = folder / "faults.json"
        self.faults.write_text(json.dumps({"steps": list(steps)}))
        self.started_at = int(time.time() * 1000)
        self.processes = {}

    def start(self, name):
        arguments = ["load", "--rate", "40"] if name == "load" else [
            "serve", name, "--faults", str(self.faults), "--started-at", str(self.started_at)]
        self.processes[name] = subprocess.Popen(
            [self.program, *arguments, "--base-port", str(self.base)], env=self.environment, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )

    def kill(self, name):
        """As kill -9 does."""
        self.processes[name].kill()
        self.processes[name].wait()

    def get(self, path, method="GET"):
        port = self.base + self._port_of("gateway")
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method, data=b"" if method == "POST" else None)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)

    @staticmethod
    def _port_of(name):
        return ["gateway", "orders", "payments", "inventory", "shipping"].index(name)

    def __enter__(self):
        for name in [*SERVICES, "load"]:
            self.start(name)
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
