# SPDX-License-Identifier: Apache-2.0
"""A monitor as a test wants it: sends any bytes, and waits for the lines that matter."""
import json
import socket
import time
import uuid


class RawMonitor:
    """One connection to a metrics socket; remembers every line that it has read."""

    def __init__(self, path, subscribe=True, **more):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.rest, self.lines, self.events_seen = b"", [], 0
        self.hello = self.wait_for(type="hello")
        if subscribe:
            self.send(type="subscribe", client="test/1", **{"interval_ms": 200, **more})
            self.wait_for(type="ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, **message):
        self.send_bytes(json.dumps(message).encode() + b"\n")

    def send_bytes(self, data):
        self.socket.sendall(data)

    def read(self, seconds=5):
        """The next line as a dict; None at the end of the stream."""
        end = time.monotonic() + seconds
        while b"\n" not in self.rest:
            self.socket.settimeout(max(0.001, end - time.monotonic()))
            try:
                data = self.socket.recv(65_536)
            except ConnectionResetError:
                data = b""
            if not data:
                assert not self.rest, f"half a line at the end: {self.rest!r}"
                return None
            self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        assert len(line) <= 65_536
        self.lines.append(json.loads(line))
        return self.lines[-1]

    def wait_for(self, seconds=5, **fields):
        """The next line with these fields; those before it are kept in `lines`."""
        end = time.monotonic() + seconds
        while True:
            try:
                line = self.read(max(0.001, end - time.monotonic()))
            except TimeoutError:
                raise AssertionError(f"not within {seconds} s: {fields}; the last lines were {self.lines[-5:]}") from None
            assert line is not None, f"the stream ended before {fields}; the last lines were {self.lines[-5:]}"
            if all(line.get(name) == value for name, value in fields.items()):
                return line

    def event(self, kind, seconds=5):
        """The next event of a kind, in order; one may have come while something else was waited for."""
        end = time.monotonic() + seconds
        while True:
            while self.events_seen < len(self.of_type("event")):
                event = self.of_type("event")[self.events_seen]
                self.events_seen += 1
                if event["kind"] == kind:
                    return event
            self.wait_for(max(0.001, end - time.monotonic()), type="event")

    def read_to_end(self, seconds=5):
        while self.read(seconds) is not None:
            pass
        return self.lines

    def of_type(self, kind):
        return [line for line in self.lines if line["type"] == kind]

    def command(self, action, circuit=1, **fields):
        """A command's `result`."""
        message = {"type": "command", "id": str(uuid.uuid4()), "boot": self.hello["boot"], "circuit": circuit, "action": action,
                   "operator": "tester", **({"for_ms": None} if action.startswith("force") else {}), **fields}
        self.send(**message)
        return self.wait_for(type="result", id=message["id"])

    def commands(self, actions, **fields):
        """The results of commands that are sent at once."""
        known, ids = len(self.of_type("result")), [str(uuid.uuid4()) for _ in actions]
        for action, number in zip(actions, ids):
            self.send(type="command", id=number, circuit=1, action=action, for_ms=None, **{"boot": self.hello["boot"], **fields})
        for number in ids:
            self.wait_for(type="result", id=number)
        return self.of_type("result")[known:]

    def rows(self, circuit=1):
        """What all samples said about a circuit, by column."""
        return [dict(zip(self.hello["columns"], row)) for sample in self.of_type("sample") for row in sample["rows"] if row[0] == circuit]

    def next_row(self, circuit=1):
        """The circuit's next row that is read after now; its traffic changes it all the time."""
        for _ in range(2):  # the first may be on its way already
            known = len(self.rows(circuit))
            while len(self.rows(circuit)) == known:
                self.wait_for(type="sample")
        return self.rows(circuit)[-1]
