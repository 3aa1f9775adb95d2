# SPDX-License-Identifier: Apache-2.0
"""A publisher as a stranger writes it from Protocol.md: one circuit, told as the test wants it, and every command obeyed."""
import json
import socket
import threading
import time

COLUMNS = ["id", "state", "state_since", "override", "override_rev", "calls_total", "rejected_forced_total", "from_the_future"]
RULE = {"name": "failure_ratio", "threshold_permille": 600, "min_calls": 5, "window_ms": 10_000}


class Publisher:
    """Serves one circuit on a socket of the folder; `extra` lines go out with the next sample."""

    def __init__(self, folder, service="billing", instance="billing-1", circuit="ledger.post", boot="0" * 15 + "1", **more):
        self.hello = {
            "type": "hello", "protocol": {"major": 1, "minor": 7}, "service": service, "instance": instance, "boot": boot,
            "columns": COLUMNS, "actions": ["force_open", "clear", "reset"], "unknown_field": {"nested": [1, 2]},
        }
        self.circuit = {"type": "circuit", "id": 1, "name": circuit, "rule": RULE, **more}
        self.mode, self.rev, self.seq, self.commands, self.extra, self.claimed = "none", 0, 0, [], [], ""
        self.start = time.monotonic()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / f"{service}.{instance}.sock"))
        self.listener.listen(8)
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        for connection in self.connections:
            connection.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._hold, args=(connection,), daemon=True).start()

    def _hold(self, connection):
        lock = threading.Lock()

        def send(*messages):
            with lock:
                connection.sendall(b"".join(
                    message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n" for message in messages))

        try:
            send(self.hello)
            lines = connection.makefile("rb")
            lines.readline()
            limits = {"line_bytes": 65_536, "commands_per_second": 20}
            send({"type": "subscribed", "interval_ms": 250, "role": "operator", "limits": limits},
                 {"type": "from_the_future"}, self._circuit(), self._sample(), {"type": "ready"})
            threading.Thread(target=self._obey, args=(lines, send), daemon=True).start()
            while True:
                time.sleep(0.2)
                extra, self.extra = self.extra, []
                send(*extra, self._sample())
        except OSError:
            return

    def _obey(self, lines, send):
        try:
            for line in lines:
                command = json.loads(line)
                self.commands.append(command)
                self.claimed = command.get("operator", "")
                self.mode = {"force_open": "forced_open"}.get(command["action"], "none")
                self.rev, self.seq = self.rev + 1, self.seq + 1
                send(self._circuit(), self._sample(), {"type": "result", "id": command["id"], "ok": True, "seq": self.seq})
        except OSError:
            return

    def _circuit(self):
        slot = {"mode": self.mode, "rev": self.rev, "principal": "", "claimed": self.claimed, "reason": "", "since": None, "until": None}
        return {**self.circuit, "override": slot}

    def _up(self):
        return int((time.monotonic() - self.start) * 1000) + 60_000

    def _sample(self):
        row = [1, "closed", 1_000, self.mode, self.rev, self._up() // 100, 0, "whatever"]
        return {"type": "sample", "t": int(time.time() * 1000), "up_ms": self._up(), "seq": self.seq, "rows": [row], "end": True}
