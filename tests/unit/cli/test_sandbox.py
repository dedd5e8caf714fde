"""`consumer sandbox`: the emulator of Target, alone."""

import json
import signal
import subprocess
import sys
import urllib.request

import pytest

from consumer.cli.exits import Exit
from consumer.sandbox.options import SandboxOptions, Switches, described
from tests.unit.cli.command import run


def test_every_switch_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Each option and switch is listed with its default."""
    ended = run(capsys, "sandbox", "--help")
    text = " ".join(ended.out.split())
    for entry in (*described(SandboxOptions), *described(Switches)):
        assert f"--{entry.name.replace('_', '-')}" in text
        assert entry.help.split(". ")[0].split("-")[0] in text


def test_it_serves_until_it_is_told_to_end() -> None:
    """It says where it listens, answers there, and ends cleanly at a signal."""
    ports = ("--port", "0", "--admin-port", "0", "--registry-port", "0")
    command = [sys.executable, "-m", "consumer", "sandbox", "--output", "json", *ports]
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        command, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            while not lines or lines[-1] != "}\n":
                lines.append(process.stdout.readline())
            addresses = json.loads("".join(lines))
            url = f"{addresses['registry']}/subjects"
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - local
                assert json.load(answer) == []
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == Exit.DONE


def test_a_value_that_does_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    """A negative port is a usage error, in words."""
    ended = run(capsys, "sandbox", "--port", "-1")
    assert ended.code == Exit.USAGE
    assert "port is not negative" in ended.err
