"""`consumer offsets show`: one partition's commit, its offset map decoded."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping

import click

from consumer.cli.cluster import Cluster
from consumer.cli.columns import many
from consumer.cli.exits import Exit
from consumer.cli.files import load_settings
from consumer.cli.looking import counted, standing_of
from consumer.cli.output import emit, output_option
from consumer.cli.standing import PartitionStanding
from consumer.cli.status import partition_value, ranges_text, who
from consumer.config.settings import Settings
from consumer.errors import UsageError
from consumer.model import TopicPartition
from consumer.pipeline.topics import topic_names
from consumer.source.admin import Admin

__all__ = ["EXACT", "near", "numbered", "show"]

EXACT = "Count records in the log itself, not offsets."


@click.command()
@click.argument("place", metavar="TOPIC:PARTITION")
@click.option("--config", required=True, metavar="FILE", help="Configuration file.")
@click.option("--exact", is_flag=True, help=EXACT)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    metavar="N",
    help="The most ranges to name.",
)
@output_option
def show(form: str, /, *, place: str, config: str, exact: bool, limit: int) -> int:
    """Show one partition's commit: its offset, and its offset map decoded.

    The map says which offsets beyond the committed one are done; a bit of it may also
    be a gap of a transaction or of compaction. Ranges that are not done are named up to
    the last done offset.
    """
    settings = load_settings(config).settings
    admin = Admin(settings.kafka.properties)
    wanted = place_of(place, settings, admin.topics())
    group_id = settings.kafka.group_id
    stored, bounds = admin.committed(group_id, [wanted]), admin.bounds([wanted])
    group = admin.group(group_id)
    is_replay = topic_names(settings).with_replay(wanted.topic) is not None
    replays = {wanted.topic} if is_replay else frozenset()
    found = standing_of(settings, stored, bounds, group, replays)[wanted]
    if exact:
        with Cluster(settings.kafka.properties) as cluster:
            found = next(counted(cluster, [found]))
    if form == "json":
        emit(detail_value(found, limit))
    else:
        for line in detail(group_id, found, limit):
            click.echo(line)
    return Exit.DONE


def place_of(text: str, settings: Settings, known: Mapping[str, int]) -> TopicPartition:
    """Return the partition of `TOPIC:PARTITION`.

    Raises:
        UsageError: It has another shape, or the cluster has no such partition.
    """
    name, colon, number = text.rpartition(":")
    if not colon or not number.isdecimal():
        raise UsageError(f"{text} is no TOPIC:PARTITION")
    topic = settings.topics.get(name, name)
    if topic not in known:
        raise UsageError(f"the cluster has no topic {topic}{near(topic, known)}")
    return TopicPartition(topic, numbered(topic, int(number), known[topic]))


def numbered(topic: str, number: int, count: int) -> int:
    """Return a partition's number.

    Raises:
        UsageError: There is none of that number.
    """
    if number >= count:
        raise UsageError(f"{topic} has the partitions 0 to {count - 1}, not {number}")
    return number


def near(name: str, known: Collection[str]) -> str:
    """Return the end of a sentence that says which name was meant."""
    found = difflib.get_close_matches(name, known, 1)
    return f": did you mean {found[0]}?" if found else ""


def detail(group_id: str, one: PartitionStanding, limit: int) -> Iterator[str]:
    """Give what a person reads of one partition."""
    bounds, committed = one.bounds, one.committed
    yield f"{one.place} of group {group_id}"
    if bounds is not None:
        yield f"  log          {bounds.start} to {bounds.end}, the last left out"
    yield f"  committed    {'nothing' if committed is None else committed.offset}"
    if one.begins is not None and (committed is None or committed.offset != one.begins):
        yield f"  goes on at   {one.begins}"
    yield f"  owner        {'nobody' if one.owner is None else who(one.owner)}"
    yield f"  lag          {'not known' if one.lag is None else one.lag.words}"
    if committed is not None:
        size = len(committed.metadata)
        yield f"  metadata     {size} characters, map: {committed.state}"
        yield f"  done beyond  {many(committed.done, 'offset')}, gaps included"
    if committed is not None and committed.bitmap:
        yield f"  not done     {ranges_text(one, limit) or 'nothing'}"
        yield f"  map ends at  {committed.end}: from there on nothing is done"
    if one.problem:
        yield f"  problem      {one.problem}"


def detail_value(one: PartitionStanding, limit: int) -> dict[str, object]:
    """Return what a program reads of one partition."""
    committed = one.committed
    return {
        "ok": True,
        "topic": one.place.topic,
        **partition_value(one, limit),
        "metadata_characters": 0 if committed is None else len(committed.metadata),
        "map_end": None if committed is None else committed.end,
    }
