# SPDX-License-Identifier: Apache-2.0
"""The metrics socket over TCP and TLS, as two machines would use it: real service, real monitor, openssl's certificates."""
import json
import os
import shutil
import socket
import ssl
import subprocess
import time

import certificates
import pytest
from service import FULL_BIN, Service, free_port


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    return certificates.make_all(tmp_path_factory.mktemp("pem"))


@pytest.fixture
def monitor(environment):
    def run(*arguments, seconds=20):
        return subprocess.run(
            [FULL_BIN / "breakertop", *map(str, arguments)], env=environment, stdin=subprocess.DEVNULL, text=True,
            capture_output=True, timeout=seconds, check=False)

    return run


def serve(pem, sockets, port, *more, certificate="server", clients=True):
    authorities = ["--authorities", pem / "authority.crt"] if clients else []
    return Service(
        sockets, "--no-unix", "--tcp", port, "--certificate", pem / f"{certificate}.crt", "--key", pem / f"{certificate}.key",
        *authorities, *more)


def tls(pem, port, client=None, host="127.0.0.1", authority="authority"):
    options = ["--target", f"tls:{host}:{port}", "--ca", pem / f"{authority}.crt"]
    if client:
        options += ["--cert", pem / f"{client}.crt", "--key", pem / f"{client}.key"]
    return options


def until_listening(port, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise AssertionError(f"nobody listens on {port}")


def test_tcp_on_loopback_shows_all_and_lets_nobody_operate(monitor, sockets):
    port = free_port()
    with Service(sockets, "--no-unix", "--tcp", port):
        until_listening(port)
        listed = monitor("list", "--json", "--target", f"tcp:127.0.0.1:{port}")
        assert [row["circuit"] for row in json.loads(listed.stdout)["circuits"]] == ["c1", "c2", "c3"]
        done = monitor("open", "orders/c1", "--for", "1m", "--target", f"tcp:127.0.0.1:{port}")
        assert done.returncode == 1, done.stderr
        assert "observe" in done.stdout + done.stderr


def test_plain_tcp_beyond_loopback_is_refused_by_both_ends(monitor, sockets):
    with Service(sockets, "--no-unix", "--tcp", free_port(), "--host", "0.0.0.0") as service:
        assert service.process.wait(10) != 0
        assert "TLS" in service.said()
    refused = monitor("list", "--target", "tcp:192.0.2.1:7411")
    assert refused.returncode != 0
    assert "tls:192.0.2.1:7411" in refused.stderr


def test_a_certificate_on_the_list_operates_and_the_audit_names_it(monitor, sockets, pem):
    port = free_port()
    with serve(pem, sockets, port, "--certificate-operator", "alice.example") as service:
        until_listening(port)
        done = monitor("open", "orders/c1", "--for", "1m", "--reason", "drill", *tls(pem, port, "client"))
        assert done.returncode == 0, done.stdout + done.stderr
        service.until_said("alice.example")
        other = monitor("clear", "orders/c1", *tls(pem, port, "client-common-name"))
        assert other.returncode == 1, "a certificate that is not on the list only observes"
        row = json.loads(monitor("list", "--json", *tls(pem, port, "client-common-name")).stdout)["circuits"][0]
        assert "alice.example" in json.dumps(row)


@pytest.mark.parametrize(
    "client, words",
    [
        (None, "--cert and --key"),
        ("client-expired", "expired"),
        ("client-foreign", "certificate"),
        ("client-not-yet", "certificate"),
    ],
)
def test_a_monitor_without_a_good_certificate_is_refused_in_words(monitor, sockets, pem, client, words):
    port = free_port()
    with serve(pem, sockets, port):
        until_listening(port)
        refused = monitor("list", *tls(pem, port, client))
        assert refused.returncode != 0
        assert words in refused.stderr, refused.stderr


@pytest.mark.parametrize(
    "certificate, words",
    [
        ("server-expired", "expired"),
        ("server-not-yet", "valid"),
        ("server-foreign", "authorit"),
        ("server-wrong-name", "127.0.0.1"),
    ],
)
def test_a_service_with_a_bad_certificate_is_refused_in_words(monitor, sockets, pem, certificate, words):
    port = free_port()
    with serve(pem, sockets, port, certificate=certificate, clients=False):
        until_listening(port)
        refused = monitor("list", *tls(pem, port))
        assert refused.returncode != 0
        assert words in refused.stderr, refused.stderr


def test_without_the_authority_or_with_a_missing_file_the_words_say_which_option_helps(monitor, sockets, pem):
    port = free_port()
    target = ["--target", f"tls:127.0.0.1:{port}"]
    nobody = monitor("list", *target, "--ca", pem / "authority.crt")
    assert nobody.returncode == 3 and f"nobody listens at tls:127.0.0.1:{port}" in nobody.stderr
    with serve(pem, sockets, port, clients=False):
        until_listening(port)
        refused = monitor("list", *target)
        assert refused.returncode == 3 and "with --ca" in refused.stderr, refused.stderr
        missing = monitor("list", *target, "--ca", "/nowhere.crt")
        assert missing.returncode == 64 and "'/nowhere.crt': No such file or directory\n" in missing.stderr, missing.stderr


def test_plain_text_on_the_tls_port_and_tls_on_a_plain_port(monitor, sockets, pem):
    port, plain = free_port(), free_port()
    with serve(pem, sockets, port, "--service", "secured"), Service(sockets, "--no-unix", "--tcp", plain):
        until_listening(port), until_listening(plain)
        with socket.create_connection(("127.0.0.1", port), 5) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            stranger.settimeout(10)
            assert len(stranger.recv(65_536)) < 100, "at most an alert comes back, no fact"
        wrong = monitor("list", *tls(pem, plain, "client"))
        assert wrong.returncode != 0 and "TLS" in wrong.stderr, wrong.stderr
        wrong = monitor("list", "--target", f"tcp:127.0.0.1:{port}")
        assert wrong.returncode != 0 and f"tls:127.0.0.1:{port}" in wrong.stderr, wrong.stderr
        assert monitor("list", *tls(pem, port, "client")).returncode == 0


def test_a_renewed_certificate_is_taken_without_a_restart(sockets, pem, tmp_path):
    port = free_port()
    for end in ("crt", "key"):
        shutil.copy(pem / f"server.{end}", tmp_path / f"server.{end}")
        shutil.copy(pem / f"authority.{end}", tmp_path / f"authority.{end}")
    context = ssl.create_default_context(cafile=pem / "authority.crt")

    def shown():
        with socket.create_connection(("127.0.0.1", port), 5) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secured:
                return secured.getpeercert()["notAfter"]

    with serve(tmp_path, sockets, port, clients=False):
        until_listening(port)
        before = shown()
        for end in ("crt", "key"):
            shutil.copy(pem / f"server-renewed.{end}", tmp_path / f"new.{end}")
            os.chmod(tmp_path / f"new.{end}", 0o600)
            os.replace(tmp_path / f"new.{end}", tmp_path / f"server.{end}")
        deadline = time.monotonic() + 30
        while shown() == before:
            assert time.monotonic() < deadline, "the old certificate is still shown"
            time.sleep(0.2)


def test_targets_from_a_file_are_followed_as_it_changes(sockets, tmp_path, breakertop):
    ports = [free_port(), free_port()]
    file = tmp_path / "targets.json"

    def write(*chosen):
        new = tmp_path / "new.json"
        new.write_text(json.dumps([{"targets": [f"127.0.0.1:{port}" for port in chosen], "labels": {"zone": "a"}}]))
        os.replace(new, file)

    write(ports[0])
    with Service(sockets, "--no-unix", "--tcp", ports[0]), Service(sockets, "--no-unix", "--tcp", ports[1], name="stock"):
        until_listening(ports[0]), until_listening(ports[1])
        watch = subprocess.Popen(
            [FULL_BIN / "breakertop", "watch", "--json", "--target", f"file:{file}"], env=breakertop.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        try:
            wait_for_words(watch, '"orders"')
            write(*ports)
            wait_for_words(watch, '"stock"')
        finally:
            watch.terminate()
            watch.communicate(timeout=10)


def wait_for_words(process, words):
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(f"the stream ended without {words}")
