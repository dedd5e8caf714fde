"""`consumer run`: the service, until a signal drains it."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import NoReturn, TypeVar

import click
import uvloop

from consumer.cli.ending import Signals, leave
from consumer.cli.exits import Exit
from consumer.cli.files import load_settings
from consumer.cli.output import report
from consumer.pipeline.connections import begin_to_look
from consumer.pipeline.findings import Needs
from consumer.pipeline.material import read_material
from consumer.pipeline.service import serve
from consumer.telemetry.logs import configure
from consumer.telemetry.metrics import Metrics

__all__ = ["event_loop", "run", "tune_garbage_collector", "until_signal"]

T = TypeVar("T")


@click.command()
@click.option(
    "--config",
    required=True,
    type=click.Path(dir_okay=False),
    help="The configuration file.",
)
@click.pass_obj
def run(signals: Signals, config: str) -> NoReturn:
    """Consume events and update profiles, until SIGTERM or SIGINT.

    The signal drains: fetching stops, calls on the wire end, offsets are committed, and
    the group is left, within `drain_timeout_seconds`. A second signal cuts that short.
    """
    settings = load_settings(config).settings
    metrics = Metrics()
    configure(settings.logging.level, settings.logging.format, sys.stderr, metrics)
    material = read_material(settings)
    needs = Needs(
        settings=settings, mappings=material.mappings, readers=material.readers
    )
    tune_garbage_collector()

    def serving(stop: asyncio.Event) -> Awaitable[None]:
        return serve(
            settings,
            material,
            os.environ,
            stop,
            metrics=metrics,
            on_started=lambda _: begin_to_look(needs),
        )

    async def served() -> NoReturn:
        leave(await until_signal(serving, signals))

    event_loop(served)


def event_loop(main: Callable[[], Coroutine[None, None, T]]) -> T:
    """Run `main` on the fastest loop that there is."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


def tune_garbage_collector() -> None:
    """Keep what is loaded out of every collection, and collect less often.

    The values made per record are not tracked (`model`), so a collection finds next to
    nothing; at the default thresholds it looked for it 20 times a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def until_signal(
    serving: Callable[[asyncio.Event], Awaitable[None]], signals: Signals
) -> int:
    """Run `serving` until it ends; the first signal asks it to.

    Returns:
        The exit code.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals.on_first(lambda: loop.call_soon_threadsafe(stop.set))
    try:
        await serving(stop)
    except Exception as error:  # noqa: BLE001 - here the process ends, and says why
        return report(error)
    return Exit.DONE
