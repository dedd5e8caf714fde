"""What commands print: results on standard output, everything else on standard error.

With `--output json` standard output carries exactly one JSON value, whatever happens:
also an error is one.
"""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from typing import Concatenate, ParamSpec

import click
import msgspec

from consumer.cli.exits import Exit, exit_of
from consumer.errors import ConfigurationError, ConsumerError, FileFault
from consumer.sandbox.errors import SandboxError

__all__ = [
    "emit",
    "faults_value",
    "many",
    "output_option",
    "report",
    "say",
]

FRAMES = 3
OURS = (ConsumerError, SandboxError)
P = ParamSpec("P")


def emit(value: object) -> None:
    """Print the one JSON value."""
    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2)
    click.echo(text.decode())


def say(text: str, colour: str | None = None) -> None:
    """Print a line for a person on standard error, in colour on a terminal."""
    click.echo(click.style(text, fg=colour), err=True, color=is_coloured())


def many(count: int, noun: str) -> str:
    """Return a count with its noun, such as `1 letter` or `2 letters`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def is_coloured() -> bool:
    """Say whether standard error takes colour (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and sys.stderr.isatty()


def faults_value(faults: tuple[FileFault, ...]) -> list[dict[str, object]]:
    """Return faults as JSON values."""
    return [asdict(fault) for fault in faults]


def report(error: Exception) -> Exit:
    """Say what ended the command, and return its exit code.

    The message of a foreign exception is not shown: it may quote a value or a secret.
    """
    if isinstance(error, OURS):
        say(f"error: {error}", "red")
    else:
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        places = " < ".join(f"{one.filename}:{one.lineno}" for one in reversed(frames))
        say(f"error: {type(error).__name__} at {places}", "red")
    return exit_of(error)


def output_option(
    command: Callable[Concatenate[str, P], int],
) -> Callable[P, int]:
    """Give a command `--output`, and make a JSON value of an error that ends it.

    The command takes the form, `text` or `json`, as its first parameter.
    """

    @click.option(
        "--output",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="What to print on standard output; json prints exactly one JSON value.",
    )
    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> int:
        form = str(kwargs.pop("output"))
        try:
            return command(form, *args, **kwargs)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:  # nobody reads any more: not an error of the command
            raise
        except Exception as error:  # noqa: BLE001 - a program waits for its JSON value
            if form == "json":
                emit(error_value(error))
            return report(error)

    return wrapped


def error_value(error: Exception) -> dict[str, object]:
    """Return an error as a JSON value."""
    faults = error.faults if isinstance(error, ConfigurationError) else ()
    value: dict[str, object] = {"ok": False, "error": type(error).__name__}
    if faults:
        return {**value, "faults": faults_value(faults)}
    return {**value, "message": str(error)} if isinstance(error, OURS) else value
