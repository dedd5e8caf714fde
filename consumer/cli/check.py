"""`consumer check`: configuration, schemas and mappings, before anything runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar

import click

from consumer.cli.exits import Exit
from consumer.cli.files import load_settings
from consumer.cli.output import emit, faults_value, output_option, say
from consumer.cli.quoting import quoted_faults
from consumer.config.load import Origin
from consumer.config.settings import Settings
from consumer.decode.readers import load_readers
from consumer.errors import ConfigurationError, FileFault
from consumer.mapping.loading import check as check_mappings
from consumer.source.properties import consumer_properties
from consumer.telemetry.switch import read_switch
from consumer.watch import read_folder

__all__ = ["check"]

T = TypeVar("T")
AVRO = frozenset({".avsc"})
MAPPINGS = frozenset({".yaml", ".yml", ".json"})  # fixtures stand beside mappings


@click.command()
@click.option("--config", required=True, metavar="FILE", help="Configuration file.")
@click.option(
    "--show-origin",
    is_flag=True,
    help="Say where each value came from, secrets masked.",
)
@output_option
def check(form: str, config: str, *, show_origin: bool) -> int:
    """Check the configuration, the schemas and the mappings that it names.

    Every fault is named with file, line, column, what is wrong and the mend. Nothing is
    connected to. Exit code 3 when there is a fault.
    """
    faults: list[FileFault] = []
    loaded = tried(faults, lambda: load_settings(config))
    if loaded is not None:
        settings = loaded.settings
        tried(faults, lambda: consumer_properties(settings.kafka.properties))
        tried(faults, lambda: read_switch(os.environ, settings.tracing.sample_ratio))
        tried(faults, lambda: faults.extend(faults_of(settings)))
    origins = loaded.origins if loaded is not None and show_origin else ()
    is_ok = not any(fault.severity == "error" for fault in faults)
    if form == "json":
        emit(value(is_ok=is_ok, faults=tuple(faults), origins=origins))
    else:
        show(tuple(faults), origins, config)
        say(counted(tuple(faults)), "green" if is_ok else "red")
    return Exit.DONE if is_ok else Exit.CONFIGURATION


def faults_of(settings: Settings) -> tuple[FileFault, ...]:
    """Return what is wrong with the mappings, warnings included.

    Raises ConfigurationError when the schemas are wrong: nothing can be said then.
    """
    readers = load_readers(read_folder(settings.schemas, AVRO))
    found = check_mappings(
        read_folder(settings.mappings, MAPPINGS),
        readers,
        settings.topics,
        {name: key.reveal().encode() for name, key in settings.keys.items()},
    )
    return found.faults


def counted(faults: tuple[FileFault, ...]) -> str:
    """Return how many faults and warnings there are."""
    warnings = sum(1 for fault in faults if fault.severity == "warning")
    errors = len(faults) - warnings
    said = "ok" if not errors else "1 fault" if errors == 1 else f"{errors} faults"
    more = "1 warning" if warnings == 1 else f"{warnings} warnings"
    return f"{said}, {more}" if warnings else said


def tried(faults: list[FileFault], step: Callable[[], T]) -> T | None:
    """Return what `step` gives; None, and its faults noted, when it finds some."""
    try:
        return step()
    except ConfigurationError as error:
        faults.extend(error.faults)
        return None


def value(
    *, is_ok: bool, faults: tuple[FileFault, ...], origins: tuple[Origin, ...]
) -> dict[str, object]:
    """Return what a program reads."""
    found: dict[str, object] = {"ok": is_ok, "faults": faults_value(faults)}
    if origins:
        found["origins"] = [asdict(origin) for origin in origins]
    return found


def show(
    faults: tuple[FileFault, ...], origins: tuple[Origin, ...], config: str
) -> None:
    """Print what a person reads; of the configuration no value, but where it is told."""
    for origin in origins:
        click.echo(f"{origin.key} = {origin.shown}  ({origin.where})")
    if faults:
        click.echo(quoted_faults(faults, frozenset({config})))
