"""`consumer status`: where the group stands, with all pods dead if need be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import click

from consumer.cli.cluster import Cluster
from consumer.cli.columns import columns, many
from consumer.cli.files import load_settings
from consumer.cli.looking import counted, look
from consumer.cli.material import read_material
from consumer.cli.output import emit, output_option, say
from consumer.cli.standing import Amount, PartitionStanding, Standing, TopicStanding
from consumer.config.settings import Settings
from consumer.errors import ConfigurationError
from consumer.mapping.mapping_set import MappingSet
from consumer.source.admin import Admin
from consumer.source.group import Member

__all__ = [
    "amount_value",
    "mappings_of",
    "partition_value",
    "ranges_text",
    "status",
    "who",
]

SHOWN = 3  # ranges in a cell
LISTED = 100  # ranges for a program
HEAD = (
    *("partition", "start", "end", "committed", "done beyond", "lag", "not done"),
    "owner",
)
NUMBERS = frozenset(range(6))
NOTE = (
    "<= is at most: gaps of transactions and compaction count. --exact reads the log."
)
KINDS = {
    "source": "source",
    "replay": "replay",
    "other": "the group has committed, no mapping reads it",
}
NOT_TOLD = "not told by this broker"


@click.command()
@click.option("--config", required=True, metavar="FILE", help="Configuration file.")
@click.option(
    "--exact",
    is_flag=True,
    help="Count the lag in the log itself: reads all that has no final outcome.",
)
@output_option
def status(form: str, /, *, config: str, exact: bool) -> int:
    """Show where the consumer group stands, from Kafka alone.

    For each partition: what the log holds, the committed offset, how many offsets beyond
    it are done (the map in the commit's metadata), the lag as records without a final
    outcome, and the owner. Works while nothing runs; no group is joined, nothing is
    committed.

    Done beyond, and a lag that is marked <=, count offsets: gaps of transactions and
    compaction are in them. Not done are ranges below the last done offset; what lies
    behind it is not done either.
    """
    settings = load_settings(config).settings
    mappings, trouble = mappings_of(settings)
    found = look(settings, Admin(settings.kafka.properties), mappings)
    if exact:
        found = exactly(settings, found)
    if form == "json":
        emit(value_of(found, trouble))
        return 0
    if trouble:
        say(f"{trouble} Only topics that the group has committed are shown.", "yellow")
    for line in lines(found):
        click.echo(line)
    return 0


def mappings_of(settings: Settings) -> tuple[MappingSet | None, str]:
    """Return the mappings; none, and why, when they are at fault.

    Whoever asks for the status may be up because of just that.
    """
    try:
        return read_material(settings, keys=None).mappings, ""
    except ConfigurationError as error:
        count = len(error.faults)
        return None, f"The mappings have {many(count, 'fault')} (see `consumer check`)."


def exactly(settings: Settings, found: Standing) -> Standing:
    """Return a standing with every lag counted in the log."""
    with Cluster(settings.kafka.properties) as cluster:
        topics = tuple(
            replace(topic, partitions=tuple(counted(cluster, topic.partitions)))
            for topic in found.topics
        )
    return replace(found, topics=topics)


# --------------------------------------------------------------------------- a person


def lines(found: Standing) -> Iterator[str]:
    """Give what a person reads."""
    yield from group_lines(found)
    for topic in found.topics:
        yield ""
        yield f"{topic.name} ({KINDS[topic.kind]}): lag {topic.lag or 'not known'}"
        rows = [row(one) for one in topic.partitions]
        yield from (f"  {line}" for line in columns(HEAD, rows, NUMBERS))
        for one in topic.partitions:
            if one.problem:
                yield f"  partition {one.place.partition}: {one.problem}"
    for name in found.missing:
        yield ""
        yield f"{name} (source): does not exist, or we may not see it"
    if found.letters:
        yield ""
        yield "topics of dead letters (`consumer dlq list` says what is open)"
        for name, amount in found.letters.items():
            yield f"  {name}: {'not known' if amount is None else amount.words}"
    if any(is_bound(one) for one in amounts(found)):
        yield ""
        yield NOTE


def group_lines(found: Standing) -> Iterator[str]:
    """Give the lines about the group and its members."""
    group = found.group
    if group is None:
        yield f"group {found.group_id}: members are {NOT_TOLD}"
        return
    count = len(group.members)
    members = many(count, "member") if count else "no members"
    yield f"group {found.group_id}: {group.state}, {members} ({group.protocol})"
    for one in group.members:
        instance = f", instance {one.instance_id}" if one.instance_id else ""
        owned = many(len(one.partitions), "partition")
        yield f"  {who(one)}{instance}, {owned}, {one.id}"


def row(one: PartitionStanding) -> list[str]:
    """Return the cells of a partition."""
    bounds, committed = one.bounds, one.committed
    return [
        str(one.place.partition),
        "?" if bounds is None else str(bounds.start),
        "?" if bounds is None else str(bounds.end),
        "-" if committed is None else str(committed.offset),
        str(one.done_beyond),
        str(one.lag or "?"),
        ranges_text(one, SHOWN) or "-",
        "-" if one.owner is None else who(one.owner),
    ]


def who(member: Member) -> str:
    """Return a member as a person knows it."""
    return f"{member.client_id}@{member.host}"


def ranges_text(one: PartitionStanding, most: int) -> str:
    """Return ranges that are not done, in words."""
    ranges, has_more = one.not_done(most)
    texts = [f"{a}" if a == b else f"{a}-{b}" for a, b in ranges]
    return ", ".join([*texts, *(["..."] if has_more else [])])


def amounts(found: Standing) -> Iterator[Amount | None]:
    """Give every number of records that is shown."""
    for topic in found.topics:
        yield from (one.lag for one in topic.partitions)
    yield from found.letters.values()


def is_bound(amount: Amount | None) -> bool:
    """Whether a number is an upper bound."""
    return amount is not None and not amount.is_exact


# -------------------------------------------------------------------------- a program


def value_of(found: Standing, trouble: str) -> dict[str, object]:
    """Return what a program reads."""
    group = found.group
    value: dict[str, object] = {
        "ok": True,
        "group": {
            "id": found.group_id,
            "state": None if group is None else group.state,
            "protocol": None if group is None else group.protocol,
            "members": None if group is None else list(map(owner_value, group.members)),
        },
        "topics": list(map(topic_value, found.topics)),
        "missing": list(found.missing),
        "letters": {
            name: amount_value(amount) for name, amount in found.letters.items()
        },
    }
    return {**value, "trouble": trouble} if trouble else value


def topic_value(topic: TopicStanding) -> dict[str, object]:
    """Return a topic as a program reads it."""
    return {
        "topic": topic.name,
        "kind": topic.kind,
        "lag": amount_value(topic.lag),
        "partitions": list(map(partition_value, topic.partitions)),
    }


def partition_value(one: PartitionStanding, most: int = LISTED) -> dict[str, object]:
    """Return a partition as a program reads it; what is not known is null."""
    bounds, committed = one.bounds, one.committed
    return {
        "partition": one.place.partition,
        "start": None if bounds is None else bounds.start,
        "end": None if bounds is None else bounds.end,
        "readable_end": None if bounds is None else bounds.readable,
        "committed": None if committed is None else committed.offset,
        "begins": one.begins,
        "map": None if committed is None else str(committed.state),
        "done_beyond": one.done_beyond,
        "not_done": ranges_value(one, most),
        "lag": amount_value(one.lag),
        "owner": None if one.owner is None else owner_value(one.owner),
        "problem": one.problem or None,
    }


def ranges_value(one: PartitionStanding, most: int) -> dict[str, object]:
    """Return ranges that are not done, below the last done offset."""
    ranges, has_more = one.not_done(most)
    return {"ranges": [list(each) for each in ranges], "has_more": has_more}


def amount_value(amount: Amount | None) -> dict[str, object] | None:
    """Return a number of records, and whether it is exact."""
    if amount is None:
        return None
    return {"records": amount.records, "is_exact": amount.is_exact}


def owner_value(member: Member) -> dict[str, object]:
    """Return a member as a program reads it."""
    return {
        "member_id": member.id,
        "client_id": member.client_id,
        "host": member.host,
        "instance_id": member.instance_id or None,
        "partitions": [list(place) for place in sorted(member.partitions)],
    }
