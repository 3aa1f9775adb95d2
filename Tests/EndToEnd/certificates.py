#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Certificates as an operations team has them, and the ones that must be refused. Needs Debian's `openssl`.

    certificates.py FOLDER    writes NAME.crt and NAME.key for every name below, authority.crt and foreign.crt"""
import datetime
import pathlib
import subprocess
import sys

LOCAL = "DNS:localhost,IP:127.0.0.1"

# name: (days from now when it begins and ends to be valid, subject's common name, subject's alternative names)
CERTIFICATES = {
    "server": (-1, 30, "orders", LOCAL),
    "server-renewed": (-1, 60, "orders", LOCAL),
    "server-expired": (-30, -1, "orders", LOCAL),
    "server-not-yet": (1, 30, "orders", LOCAL),
    "server-address-only": (-1, 30, "orders", "IP:127.0.0.1"),
    "server-wrong-name": (-1, 30, "billing", "DNS:billing.example,DNS:*.billing.example"),
    "server-common-name-only": (-1, 30, "localhost", None),
    "client": (-1, 30, "ignored", "DNS:alice.example,URI:spiffe://example/alice,email:alice@example"),
    "client-common-name": (-1, 30, "bob", None),
    "client-address-only": (-1, 30, "alice.example", "IP:127.0.0.1"),
    "client-expired": (-30, -1, "carol", None),
    "client-not-yet": (1, 30, "dave", None),
}

CONFIGURATION = """
[ca]
default_ca = this
[this]
new_certs_dir = .
database = index.txt
serial = serial.txt
default_md = sha256
unique_subject = no
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


def openssl(folder, *arguments):
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"openssl {' '.join(arguments)}: {done.stderr}")


def new_key(folder, name):
    openssl(folder, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key")
    (folder / f"{name}.key").chmod(0o600)


def make_authority(folder, name):
    new_key(folder, name)
    openssl(folder, "req", "-x509", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-days", "30",
            "-out", f"{name}.crt")


def make_certificate(folder, name, begin, end, common_name, alternatives, authority="authority"):
    """A certificate that is valid from `begin` to `end`, in days from now; parts of days are taken."""
    new_key(folder, name)
    names = ["-addext", f"subjectAltName={alternatives}"] if alternatives else []
    openssl(folder, "req", "-new", "-key", f"{name}.key", "-subj", f"/CN={common_name}", *names, "-out", f"{name}.csr")
    openssl(folder, "ca", "-batch", "-config", "ca.cnf", "-cert", f"{authority}.crt", "-keyfile", f"{authority}.key",
            "-startdate", stamp(begin), "-enddate", stamp(end), "-notext", "-in", f"{name}.csr", "-out", f"{name}.crt")


def stamp(days):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


def make_all(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ca.cnf").write_text(CONFIGURATION)
    (folder / "index.txt").write_text("")
    (folder / "serial.txt").write_text("1000\n")
    for name in ("authority", "foreign"):
        make_authority(folder, name)
    for name, row in CERTIFICATES.items():
        make_certificate(folder, name, *row)
    make_certificate(folder, "server-foreign", -1, 30, "orders", LOCAL, authority="foreign")
    make_certificate(folder, "client-foreign", -1, 30, "mallory", "DNS:alice.example", authority="foreign")
    return folder


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    make_all(sys.argv[1])
