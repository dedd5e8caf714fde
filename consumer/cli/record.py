"""`consumer record`: events of a cluster, with their schemas, in a file."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

import click

from consumer.cli.cluster import Cluster
from consumer.cli.files import load_settings
from consumer.cli.material import read_material
from consumer.cli.output import emit, output_option, say
from consumer.cli.recording import Recording, write_recording
from consumer.cli.tape import Tape
from consumer.cli.writers import Writers
from consumer.decode.masking import Masking
from consumer.pipeline.assembly import decode_limits
from consumer.pipeline.material import keys_of

__all__ = ["record"]

KEY_BYTES = 32


@click.command()
@click.option("--config", required=True, metavar="FILE", help="Configuration file.")
@click.option("--from", "topic", required=True, metavar="TOPIC", help="The topic.")
@click.option(
    "--last",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="N",
    help="The newest records of all partitions together.",
)
@click.option("--mask", is_flag=True, help="Replace values, so that it may be shared.")
@click.option(
    "--keep",
    "kept",
    multiple=True,
    metavar="PATH",
    help="A field that --mask copies, such as store.zone.",
)
@click.option("-o", "file", required=True, metavar="FILE", help="Where to write them.")
@output_option
def record(
    form: str,
    /,
    *,
    config: str,
    topic: str,
    last: int,
    mask: bool,
    kept: tuple[str, ...],
    file: str,
) -> int:
    """Record the newest events of a topic, with the schemas that wrote them.

    The bytes are as they were, in base64. With --mask each value becomes another one of
    the same type and length; null, the symbols of enums and truth values stay, and
    equal values stay equal, by a random key that is forgotten. A file that is masked
    can go to CI, where `consumer plan` reads it. No group is joined, nothing committed.
    """
    settings = load_settings(config).settings
    material = read_material(settings, keys_of(settings))
    with Cluster(settings.kafka.properties) as cluster:
        records = cluster.last(settings.topics.get(topic, topic), last)
    masking = Masking(secrets.token_bytes(KEY_BYTES), frozenset(kept))
    with Writers(settings, material.readers) as writers:
        limits = decode_limits(settings)
        tape = Tape(material, writers, limits, masking if mask else None)
        recorded = tuple(tape.recorded(one) for one in records)
        schemas = {**writers.known, **tape.local}
    recording = Recording(masked=mask, schemas=schemas, records=recorded)
    write_recording(recording, Path(file))
    tell(form, recording, file, tape.refused)
    return 0


def tell(
    form: str, recording: Recording, file: str, refused: Mapping[str, int]
) -> None:
    """Say what was recorded."""
    count, schemas = len(recording.records), len(recording.schemas)
    if form == "json":
        emit({
            "ok": True,
            "file": file,
            "records": count,
            "schemas": schemas,
            "masked": recording.masked,
            "not_events": dict(refused),
        })
        return
    masked = "masked" if recording.masked else "NOT masked: it may hold personal data"
    say(f"{file}: {count} records and {schemas} schemas, {masked}")
    for code, number in refused.items():
        say(f"{number} of them are no events: {code}")
