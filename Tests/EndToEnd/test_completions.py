# SPDX-License-Identifier: Apache-2.0
"""Completions in the real shells, and the manual page through the real formatters."""
import shutil
import socket
import subprocess
import textwrap
import time

import pytest
from conftest import BIN
from publisher import Publisher
from terminal import Terminal

COMMANDS = ["dashboard", "list", "watch", "check", "open", "close", "clear", "reset", "probe", "conform", "manual"]


def script(breakertop, shell, folder):
    path = folder / ("_breakertop" if shell == "zsh" else f"breakertop.{shell}")
    path.write_text(breakertop.run("--generate-completion-script", shell).stdout)
    return path


def run(command, breakertop, seconds=30):
    environment = dict(breakertop.environment, PATH=f"{BIN}:{breakertop.environment['PATH']}", HOME=breakertop.environment["BREAKERTOP_DIR"])
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=seconds, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def bash(breakertop, folder, *words):
    """What bash offers after these words, the last of which is being typed."""
    line = " ".join(words)
    quoted = " ".join(f"'{word}'" for word in words)
    return run(
        ["bash", "--norc", "-c", textwrap.dedent(f"""
            set -e; source '{script(breakertop, "bash", folder)}'; complete -p breakertop >/dev/null; set +e
            COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMP_LINE='{line}'; COMP_POINT={len(line)}
            _breakertop breakertop '{words[-1]}' '{words[-2]}'; printf '%s\\n' "${{COMPREPLY[@]}}"; exit 0
        """)], breakertop).split()


def start(shell, breakertop, folder):
    """An interactive shell that has read its completion script."""
    path = script(breakertop, shell, folder)
    command, read = {
        "bash": (["bash", "--norc", "--noprofile", "-i"], f"source {path}"),
        "fish": (["fish", "--no-config", "-i"], f"source {path}"),
        "zsh": (["zsh", "-f", "-i"], f"fpath=({folder} $fpath); autoload -U compinit; compinit -u -D"),
    }[shell]
    environment = dict(breakertop.environment, PATH=f"{BIN}:{breakertop.environment['PATH']}", HOME=str(folder))
    terminal = Terminal(command, 160, 40, env=environment)
    terminal.read(1)
    terminal.send(f"{read}; echo rea''dy\r")
    terminal.wait_until(lambda t: t.line_with("ready"), "the shell")
    return terminal


@pytest.fixture
def circuits(sockets):
    evil = "led$(touch ${HOME}/pwned)`touch ${HOME}/pwned`"
    with Publisher(sockets), Publisher(sockets, instance="billing-2", boot="0" * 15 + "2", circuit=evil):
        yield sockets
    assert not (sockets / "pwned").exists(), "a circuit's name was run by a shell"


def test_bash_completes_commands_options_and_circuits(breakertop, circuits):
    assert set(COMMANDS) <= set(bash(breakertop, circuits, "breakertop", ""))
    assert bash(breakertop, circuits, "breakertop", "che") == ["check"]
    assert "--dry-run" in bash(breakertop, circuits, "breakertop", "open", "--dr")
    assert "forever" in bash(breakertop, circuits, "breakertop", "open", "x", "--for", "fo")
    assert bash(breakertop, circuits, "breakertop", "open", "--dir", str(circuits), "led") == ["ledger.post"]
    assert bash(breakertop, circuits, "breakertop", "open", "--dir", str(circuits), "billing-1/") == ["billing-1/ledger.post"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_tab_completes_commands_options_and_circuits(breakertop, circuits, shell):
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    path = script(breakertop, shell, circuits)
    run({"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}[shell] + [str(path)], breakertop)
    with start(shell, breakertop, circuits) as terminal:
        for typed, completed in (
            ("breakertop che", "breakertop check"), ("breakertop open --dry", "breakertop open --dry-run"),
            (f"breakertop open --dir {circuits} led", "ledger.post"),
        ):
            terminal.send(typed)
            # A machine under load may need longer than a Tab waits: then one presses it again.
            for _ in range(5):
                terminal.send("\t")
                end = time.monotonic() + 3
                while completed not in terminal.text() and time.monotonic() < end:
                    terminal.read(0.05)
                if completed in terminal.text():
                    break
            assert completed in terminal.text(), terminal.text()
            terminal.send("\x15" if shell != "fish" else "\x03")
            terminal.read(0.3)


def test_a_completion_does_not_wait_for_a_service_that_says_nothing(breakertop, sockets):
    silent = socket.socket(socket.AF_UNIX)
    silent.bind(str(sockets / "silent.a.sock"))
    silent.listen(8)
    with Publisher(sockets):
        start = time.monotonic()
        assert bash(breakertop, sockets, "breakertop", "open", "--dir", str(sockets), "led") == ["ledger.post"]
        assert time.monotonic() - start < 5
    silent.close()


@pytest.fixture
def page(breakertop, sockets):
    path = sockets / "breakertop.1"
    path.write_text(run([str(BIN / "breakertop"), "manual"], breakertop))
    return path


@pytest.mark.parametrize(
    "command",
    [["groff", "-man", "-ww", "-Tutf8", "-z"], ["mandoc", "-Tlint", "-Wwarning"]], ids=["groff", "mandoc"])
def test_the_manual_page_is_without_fault(page, command):
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]} here")
    done = subprocess.run([*command, str(page)], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0 and done.stdout == "" and done.stderr == ""


@pytest.mark.skipif(not shutil.which("groff"), reason="no groff here")
def test_the_manual_page_says_what_the_help_says(breakertop, page):
    formatted = subprocess.run(
        ["groff", "-man", "-Tascii", "-P-cbou", "-rLL=200n", "-rHY=0", str(page)], capture_output=True, text=True, timeout=30, check=True).stdout
    words = set(formatted.replace(",", " ").replace("[", " ").replace("]", " ").split())
    for command in COMMANDS:
        assert command in words
        options = {word.strip("[],.") for word in breakertop.run(command, "--help").stdout.split() if word.strip("[]").startswith("--")}
        assert options and options <= words, options - words
    for part in ("EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES", "BREAKERTOP_DIR"):
        assert part in formatted
