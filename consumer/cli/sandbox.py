"""`consumer sandbox`: the emulator of Target, alone."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Mapping

import click

from consumer.cli.output import emit, output_option, say
from consumer.errors import UsageError
from consumer.sandbox.errors import SandboxError
from consumer.sandbox.options import (
    Described,
    SandboxOptions,
    Switches,
    described,
    options_from,
)
from consumer.sandbox.server import Addresses, serve

__all__ = ["sandbox"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def option(entry: Described) -> Callable[[click.Command], click.Command]:
    """Return the option of one setting of the sandbox."""
    name = entry.name.replace("_", "-")
    if isinstance(entry.default, bool):
        flags, kind = f"--{name}/--no-{name}", None
    else:
        flags = f"--{name}"
        kind = click.Choice(entry.choices) if entry.choices else type(entry.default)
    decorate: Callable[[click.Command], click.Command] = click.option(
        flags, entry.name, default=entry.default, type=kind, help=f"{entry.help}."
    )
    return decorate


def all_options(command: click.Command) -> click.Command:
    """Give `command` an option for every setting and every switch."""
    for entry in (*described(SandboxOptions), *described(Switches)):
        command = option(entry)(command)
    return command


@click.command()
@output_option
def sandbox(form: str, /, **values: object) -> int:
    """Emulate Target's profile APIs, with an admin interface and a schema registry.

    Runs until it is interrupted. What Adobe documents is fixed; what it does not
    document is an option, and its default is a guess. With --output json, the
    addresses are printed as one JSON value once all ports listen.
    """
    asyncio.run(until_signal(options_of(values), form))
    return 0


sandbox = all_options(sandbox)


def options_of(values: Mapping[str, object]) -> SandboxOptions:
    """Return the options of a sandbox.

    Raises:
        UsageError: A value does not fit.
    """
    try:
        return options_from(values)
    except SandboxError as error:
        raise UsageError(str(error)) from None


async def until_signal(options: SandboxOptions, form: str) -> None:
    """Serve until SIGINT or SIGTERM."""

    def started(addresses: Addresses) -> None:
        if form == "json":
            emit(addresses._asdict())
            return
        say(f"target    {addresses.target}")
        say(f"admin     {addresses.admin}")
        say(f"registry  {addresses.registry}")

    task = asyncio.ensure_future(serve(options, started))
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
