"""`consumer try`: each step from a record to the exact HTTP requests, nothing sent."""

from __future__ import annotations

import json
from pathlib import Path

import click

from consumer.cli.exits import Exit
from consumer.cli.hidden import hidden, hidden_fields
from consumer.cli.material import Material, read_material, settings_for
from consumer.cli.output import emit, output_option, say
from consumer.cli.taking import (
    Given,
    decoded_text,
    from_bytes,
    from_cluster,
    from_json,
    headers_of,
    only,
    place_of,
)
from consumer.cli.trial import Taken, Trial, size_of
from consumer.cli.writers import Writers
from consumer.config.settings import Settings
from consumer.errors import UsageError
from consumer.mapping.explaining import RuleTrace
from consumer.pipeline.material import keys_of

__all__ = ["try_"]

SOURCES = ("record", "hex", "base64", "from")


@click.command("try")
@click.argument("mapping", metavar="[MAPPING]", required=False)
@click.option(
    "--record",
    metavar="FILE.json",
    help="The event: plain JSON or Avro's JSON encoding; null is a tombstone.",
)
@click.option("--hex", metavar="DIGITS", help="The value's bytes, in any framing.")
@click.option("--base64", metavar="TEXT", help="The same.")
@click.option(
    "--from",
    metavar="TOPIC:PARTITION:OFFSET",
    help="A record of --config's cluster; a dead letter is tried as what it was.",
)
@click.option("--topic", help="The record's topic, when a mapping has several.")
@click.option("--key", help="The record's key, as text.")
@click.option(
    "--header", "headers", multiple=True, metavar="NAME:HEX", help="A header."
)
@click.option("--show-values", is_flag=True, help="Show the values of --from.")
@click.option("--config", metavar="FILE", help="Configuration: client, keys, folders.")
@click.option(
    "--schemas", metavar="FOLDER", help="Avro schemas; else the shipped ones."
)
@click.option("--mappings", metavar="FOLDER", help="Mapping files; the shipped ones.")
@output_option
def try_(
    form: str,
    /,
    *,
    mapping: str | None,
    topic: str | None,
    key: str | None,
    headers: tuple[str, ...],
    config: str | None,
    schemas: str | None,
    mappings: str | None,
    show_values: bool,
    **sources: str | None,
) -> int:
    """Show every step from a record to the requests that it makes; send nothing.

    The record is one of --record, --hex, --base64 and --from. Every mapping that claims
    it is shown, or MAPPING alone, by its name or its file. Without --config the client
    is called `client`, and keyed hashes use the published test key. Exit code 1 when
    the record is refused.
    """
    settings = settings_for(config, schemas, mappings)
    keys = keys_of(settings) if config else None
    material = material_of(settings, keys, mapping)
    given = Given(topic=topic, key=key, headers=tuple(headers_of(headers)))
    source = source_of(sources, config)
    taken = take(source, given, settings, material)
    trial = Trial(settings, material.mappings, taken)
    shown = show_values or source[0] != "from"
    if form == "json":
        emit(trial.value(shown=shown))
    else:
        show(trial, shown=shown)
    return Exit.NO if trial.refused else Exit.DONE


def material_of(
    settings: Settings, keys: dict[str, bytes] | None, mapping: str | None
) -> Material:
    """Return schemas and mappings: all of them, or one, by its file or name."""
    if mapping is None:
        return read_material(settings, keys)
    if mapping.endswith((".yaml", ".yml")):
        return read_material(settings, keys, Path(mapping))
    found = read_material(settings, keys)
    return Material(
        files=found.files,
        readers=found.readers,
        mappings=only(mapping, found.mappings),
    )


def source_of(sources: dict[str, str | None], config: str | None) -> tuple[str, str]:
    """Return which option gives the record, and what it says.

    Raises:
        UsageError: None does, or several do, or there is no cluster.
    """
    given = [(kind, text) for kind, text in sources.items() if text is not None]
    if len(given) != 1:
        options = ", ".join(f"--{kind}" for kind in SOURCES)
        raise UsageError(f"name the record by one of {options}")
    if given[0][0] == "from" and config is None:
        raise UsageError("--from needs --config: it names the cluster")
    return given[0]


def take(
    source: tuple[str, str], given: Given, settings: Settings, material: Material
) -> Taken:
    """Return the record that an option, with its text, names."""
    kind, text = source
    if kind == "record":
        return from_json(Path(text), given, material)
    with Writers(settings, material.readers) as writers:
        if kind == "from":
            place = place_of(text, settings)
            return from_cluster(place, settings, material.mappings, writers)
        value = decoded_text(text, is_hex=kind == "hex")
        return from_bytes(value, given, material, writers)


# ------------------------------------------------------------------- what is printed


def show(trial: Trial, *, shown: bool) -> None:
    """Print what a person reads."""
    show_record(trial, shown=shown)
    for trace in trial.traces:
        click.echo(f"mapping {trace.mapping}")
        for rule in trace.rules:
            show_rule(rule, shown=shown)
    for number, (item, request) in enumerate(trial.requests, 1):
        of = len(trial.requests)
        click.echo(f"\nrequest {number} of {of}, {size_of(request)} bytes:")
        if shown:
            click.echo((request.head + b"\r\n" + request.body).decode().rstrip())
        else:
            click.echo(f"{request.method} {request.target.partition('?')[0]}")
            click.echo(text_of(hidden_fields(item.attributes)))
    if trial.refused:
        say(f"refused: {trial.refused}", "red")
    elif trial.skipped:
        say(f"skipped: {trial.skipped}", "yellow")


def show_record(trial: Trial, *, shown: bool) -> None:
    """Print where the record is, what its bytes say, and its event."""
    said = trial.record_value(shown=shown)
    place = f"{said['topic']}[{said['partition']}]@{said['offset']}"
    size = "" if said["bytes"] is None else f", {said['bytes']} bytes"
    click.echo(f"record {place}{size}, key {text_of(said['key'])}")
    letter = trial.taken.letter
    if letter is not None:
        click.echo("dead letter, given up:")
        for name, text in letter.said.items():
            click.echo(f"    {name:<28} {text}")
    if said["writer"] is not None:
        begins = f"the event begins at byte {said['begins_at']}"
        click.echo(f"written by {said['writer']}; {begins}")
    if said["unclaimed"] is not None:
        click.echo(f"no mapping of {said['topic']} reads {said['unclaimed']}")
    event = trial.event()
    if event is not None:
        click.echo(f"read as {said['reader'] or ''}")
        for name, value in event.items():
            click.echo(f"    {name:<28} {text_of(value if shown else hidden(value))}")


def show_rule(rule: RuleTrace, *, shown: bool) -> None:
    """Print one rule and its steps."""
    click.echo(f"  {rule.element} {rule.name}" if rule.element else f"  {rule.name}")
    for step in rule.steps:
        value = step.value if shown else hidden(step.value)
        click.echo(f"    {step.name:<28} {text_of(value)}")
    if rule.refused:
        click.echo(f"    refused: {rule.refused}")


def text_of(value: object) -> str:
    """Return a value as JSON where it is JSON's, else as text."""
    return json.dumps(value, ensure_ascii=False, default=str)
