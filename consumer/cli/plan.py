"""`consumer plan`: what would change if these mappings were deployed instead of those."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import click

from consumer.cli.comparison import Comparison, Example, Tally
from consumer.cli.exits import Exit
from consumer.cli.material import settings_for
from consumer.cli.output import emit, output_option, say
from consumer.cli.recording import Recording, read_recording
from consumer.cli.side import Side, settings_against
from consumer.config.settings import Settings
from consumer.decode.masking import Masking
from consumer.errors import UsageError

__all__ = ["plan"]

KEY_BYTES = 32
KINDS = ("gained", "lost", "changed")
OTHERS = 8  # masks to try until two values that differ look different
Pair = tuple[str | None, str | None]
Show = Callable[[Example], Pair]


@click.command()
@click.option(
    "--against",
    required=True,
    metavar="FOLDER",
    help="The mappings that are deployed; or a folder with `mappings` and `avro`.",
)
@click.option(
    "--sample", required=True, metavar="FILE", help="Events of `consumer record`."
)
@click.option("--show-values", is_flag=True, help="Show the values of the examples.")
@click.option("--config", metavar="FILE", help="Configuration: client, keys, folders.")
@click.option("--schemas", metavar="FOLDER", help="Avro schemas; the shipped ones.")
@click.option("--mappings", metavar="FOLDER", help="Mapping files; the shipped ones.")
@output_option
def plan(
    form: str,
    /,
    *,
    against: str,
    sample: str,
    config: str | None,
    schemas: str | None,
    mappings: str | None,
    show_values: bool,
) -> int:
    """Show what would change if these mappings were deployed instead of those.

    Maps every recorded event by both sets: which attributes it gains, loses or changes,
    whether it would newly be a dead letter or skipped, how many calls it takes. Nothing
    is connected to or sent. Exit code 0 when nothing changes, 1 when something does.
    """
    settings = settings_for(config, schemas, mappings)
    recording = read_recording(Path(sample))
    others = settings_against(settings, existing(Path(against)))
    found = compared(settings, others, recording, has_keys=config is not None)
    show = as_it_is if show_values else masked_by(secrets.token_bytes(KEY_BYTES))
    if form == "json":
        emit(value_of(found, show))
    else:
        print_changes(found, show)
    return Exit.NO if found.is_changed else Exit.DONE


def existing(folder: Path) -> Path:
    """Return a folder.

    Raises:
        UsageError: It is not there.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder")
    return folder


def as_it_is(example: Example) -> Pair:
    """Return what a record had before, and what it has after."""
    return example.before, example.after


def masked_by(key: bytes) -> Show:
    """Return a function that masks both, so that they still look different."""
    maskings = [Masking(key + bytes([number])) for number in range(OTHERS)]

    def show(example: Example) -> Pair:
        before, after = (
            None if value is None else maskings[0].text(value)
            for value in (example.before, example.after)
        )
        for masking in maskings[1:]:
            if before != after or example.after is None:
                break
            after = masking.text(example.after)
        return before, after

    return show


def compared(
    settings: Settings, others: Settings, recording: Recording, *, has_keys: bool
) -> Comparison:
    """Compare what both sets make of every record."""
    found = Comparison()
    schemas = recording.schemas
    with (
        Side(others, schemas, has_keys=has_keys) as before,
        Side(settings, schemas, has_keys=has_keys) as after,
    ):
        for record in recording.records:
            place = f"{record.source}@{record.offset}"
            found.add(place, before.end(record), after.end(record))
    return found


# ----------------------------------------------------------------------------- shown


def value_of(found: Comparison, show: Show) -> dict[str, object]:
    """Return what a program reads."""
    return {
        "ok": not found.is_changed,
        "records": found.records,
        "attributes": {
            name: {
                **{kind: tallies[kind].records for kind in KINDS if kind in tallies},
                "examples": [
                    {"change": kind, **example_value(one, show)}
                    for kind, tally in tallies.items()
                    for one in tally.examples
                ],
            }
            for name, tallies in found.by_attribute().items()
        },
        "ends": [
            {
                "before": before,
                "after": after,
                "records": tally.records,
                "examples": [one.record for one in tally.examples],
                "why": sorted({reason(one) for one in tally.examples} - {""}),
            }
            for (before, after), tally in found.ends.items()
        ],
        "profiles": {
            "records": found.profiles.records,
            "examples": [example_value(one, show) for one in found.profiles.examples],
        },
        "calls": {
            "before": found.calls_before,
            "after": found.calls_after,
            "per_record_before": per_record(found.calls_before, found.records),
            "per_record_after": per_record(found.calls_after, found.records),
        },
    }


def example_value(example: Example, show: Show) -> dict[str, object]:
    """Return one example as a program reads it."""
    before, after = show(example)
    return {"record": example.record, "before": before, "after": after}


def reason(example: Example) -> str:
    """Return why a record ends otherwise; empty when it is no dead letter."""
    return example.after or example.before or ""


def per_record(calls: int, records: int) -> float:
    """Return calls per record."""
    return round(calls / records, 3) if records else 0.0


def print_changes(found: Comparison, show: Show) -> None:
    """Print what a person reads."""
    for name, tallies in found.by_attribute().items():
        counts = [f"{kind} by {tally.records}" for kind, tally in tallies.items()]
        click.echo(f"attribute {name}: {', '.join(counts)}")
        for tally in tallies.values():
            print_examples(tally, show)
    for (before, after), tally in found.ends.items():
        click.echo(f"{before} -> {after}: {tally.records} records")
        for one in tally.examples:
            click.echo(f"    {one.record}  {reason(one)}".rstrip())
    if found.profiles.records:
        click.echo(f"another profile: {found.profiles.records} records")
        print_examples(found.profiles, show)
    calls = [
        per_record(count, found.records)
        for count in (found.calls_before, found.calls_after)
    ]
    click.echo(f"calls per record: {calls[0]} -> {calls[1]}")
    if found.is_changed:
        say(f"{found.records} records were mapped twice, and something changes", "red")
    else:
        say(f"{found.records} records were mapped twice: nothing changes", "green")


def print_examples(tally: Tally, show: Show) -> None:
    """Print a few records, before and after."""
    for one in tally.examples:
        before, after = show(one)
        click.echo(f"    {one.record}: {text_of(before)} -> {text_of(after)}")


def text_of(value: str | None) -> str:
    """Return a value in quotes, or `nothing`."""
    return "nothing" if value is None else f'"{value}"'
