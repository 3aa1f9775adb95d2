# SPDX-License-Identifier: Apache-2.0
"""Peers and folders that are not as they should be: one clear line each, and nothing else suffers."""
import os
import socket
import threading

import pytest


class Peer:
    """A socket in the folder that says what it is told to everyone who connects, and then nothing."""

    def __init__(self, path, says, closes=False):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(8)
        self.says, self.closes, self.kept = says, closes, []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
                connection.sendall(self.says)
            except OSError:
                return
            if self.closes:
                connection.close()
            else:
                self.kept.append(connection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        for connection in self.kept:
            connection.close()


HIGHER_MAJOR = (
    b'{"type":"hello","protocol":{"major":2,"minor":0},"service":"s","instance":"s","boot":"0123456789abcdef",'
    b'"env":"","version":"","pid":1,"host":"h","started":1,"columns":["id"],"actions":[]}\n'
)


@pytest.mark.parametrize(
    "says, words",
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not a metrics socket"),
        (b"\x00\xff\xfe garbage\n", ""),
        (b"x" * 200_000, "65536"),
        (HIGHER_MAJOR, "protocol 2"),
    ],
    ids=["http", "binary", "endless line", "higher major"],
)
def test_a_peer_that_speaks_something_else_is_named_with_the_reason(breakertop, sockets, says, words):
    with Peer(sockets / "odd.odd.sock", says):
        with breakertop.terminal(120, 30) as terminal:
            terminal.wait_until(lambda t: t.line_with("odd.odd.sock"), "the peer's name on the screen")
            assert words in terminal.line_with("odd.odd.sock")
            terminal.send("q")
            assert terminal.wait() == 0 and terminal.left_behind() == []
        done = breakertop.run("list")
        assert done.returncode == 3
        assert "odd.odd.sock" in done.stderr


def test_a_peer_that_closes_at_once_and_one_that_says_nothing(breakertop, sockets):
    with Peer(sockets / "closes.a.sock", b"", closes=True), Peer(sockets / "silent.a.sock", b""):
        done = breakertop.run("list")
        assert done.returncode == 3
        assert "closes.a.sock" in done.stderr and "silent.a.sock" in done.stderr


def test_a_leftover_socket_harms_nobody(breakertop, sockets):
    leftover = socket.socket(socket.AF_UNIX)
    leftover.bind(str(sockets / "dead.dead.sock"))
    leftover.close()
    done = breakertop.run("list")
    assert done.returncode == 3
    assert (sockets / "dead.dead.sock").exists(), "a monitor removes nothing"


@pytest.mark.parametrize("fault", ["writable by others", "symlink", "a file"])
def test_an_unsafe_folder_is_refused_with_its_name_and_what_to_do(breakertop, sockets, fault):
    folder = sockets / "folder"
    if fault == "writable by others":
        folder.mkdir()
        os.chmod(folder, 0o777)
    elif fault == "symlink":
        (sockets / "real").mkdir(mode=0o700)
        folder.symlink_to(sockets / "real")
    else:
        folder.write_text("")
    done = breakertop.run("list", "--dir", str(folder))
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1 and str(folder) in lines[0]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(breakertop, sockets):
    folder = sockets / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    done = breakertop.run("list", "--dir", str(folder))
    assert done.returncode != 0
    assert str(folder) in done.stderr and "owner" in done.stderr
    with breakertop.terminal(120, 30) as terminal:
        terminal.wait_for_text("no service publishes")


def test_usage_errors_name_the_value(breakertop):
    done = breakertop.run("open", "orders/payments.charge", "--for", "soon")
    assert done.returncode == 64 and "soon" in done.stderr
    done = breakertop.run("dance")
    assert done.returncode == 64 and "dance" in done.stderr
