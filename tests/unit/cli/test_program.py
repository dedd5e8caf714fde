"""The program: commands, help, and how it ends."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from consumer import __version__
from consumer.cli.exits import Exit, exit_of
from consumer.cli.program import COMMANDS, Commands, program
from consumer.errors import (
    ConfigurationError,
    DependencyError,
    PipelineFailedError,
    RegistryUnreachableError,
    SchemaUnresolvableError,
    UsageError,
)
from consumer.sandbox.errors import SandboxError
from tests.unit.cli.command import run


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UsageError("x"), 2),
        (ConfigurationError(()), 3),
        (SchemaUnresolvableError("x", "y"), 3),
        (DependencyError("x"), 4),
        (RegistryUnreachableError("x"), 4),
        (SandboxError("x"), 4),
        (PipelineFailedError("x"), 5),
        (ValueError("x"), 5),
    ],
)
def test_an_error_has_one_exit_code(error: Exception, expected: int) -> None:
    """What ended a command decides the exit code, in one place."""
    assert exit_of(error) == expected


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """`consumer --help` names every command and every exit code."""
    ended = run(capsys, "--help")
    assert ended.code == Exit.DONE
    for name, lazy in COMMANDS.items():
        assert f"  {name} " in ended.out
        assert lazy.help in ended.out
    assert "Exit codes: 0 done; 1 ran to the end and the answer is no" in ended.out


def test_help_imports_no_command() -> None:
    """The help of the program needs neither Kafka nor HTTP libraries."""
    code = (
        "import sys; from consumer.cli import main; main(['--help']);"
        "sys.exit(any(m in sys.modules for m in ('confluent_kafka', 'aiohttp',"
        "'pydantic', 'opentelemetry.sdk')))"
    )
    ended = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], check=False, capture_output=True
    )
    assert ended.returncode == 0


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`consumer --version` says which it is."""
    ended = run(capsys, "--version")
    assert (ended.code, ended.out) == (0, f"consumer, version {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nope",), "No such command 'nope'"),
        (("check",), "Missing option '--config'"),
        (("docs", "nope"), "'nope' is not one of"),
        (("sandbox", "--port", "x"), "'x' is not a valid integer"),
        (("sandbox", "--nope"), "No such option"),
        (("publish", "--config", "x", "--records", "0"), "is not in the range x>=1"),
    ],
)
def test_a_usage_error(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], expected: str
) -> None:
    """A wrong command line ends with 2, and says on standard error what is wrong."""
    ended = run(capsys, *arguments)
    assert ended.code == Exit.USAGE
    assert ended.out == ""
    assert expected in ended.err


def test_an_unexpected_error_shows_no_message(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A foreign exception may quote a secret: its type and place are said alone."""

    def fails() -> None:
        int("s3cr3t")

    monkeypatch.setattr(
        Commands, "get_command", lambda *_: click.Command("x", callback=fails)
    )
    ended = run(capsys, "x")
    assert ended.code == Exit.FAILED
    assert ended.err.startswith("error: ValueError at ")
    assert "s3cr3t" not in ended.err


@pytest.mark.parametrize("name", [*COMMANDS])
def test_every_command_has_its_help(name: str) -> None:
    """The line in the list and the command itself tell the same story."""
    context = click.Context(program)
    command = program.get_command(context, name)
    assert command is not None
    assert command.get_short_help_str(200) != ""


def test_python_dash_m(tmp_path: Path) -> None:
    """`python -m consumer` is the same program."""
    ended = subprocess.run(
        [sys.executable, "-m", "consumer", "check", "--config", "none.yaml"],
        check=False,
        capture_output=True,
        cwd=tmp_path,
    )
    assert ended.returncode == Exit.CONFIGURATION
