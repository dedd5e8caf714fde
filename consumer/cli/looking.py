"""Looks where a group stands, from Kafka alone: for the day on which every pod is dead.

Nothing is joined, nothing is committed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from consumer.cli.cluster import Cluster
from consumer.cli.standing import (
    NONE,
    Amount,
    PartitionStanding,
    Standing,
    TopicStanding,
    between,
    judged,
)
from consumer.config.settings import Settings
from consumer.mapping.mapping_set import MappingSet
from consumer.model import TopicPartition
from consumer.pipeline.topics import Topics, topics_of
from consumer.schedule.committed import committed_of
from consumer.source.admin import Admin, Bounds, Stored
from consumer.source.group import Group
from consumer.source.properties import start_policy

EARLIEST = "earliest"
INTERNAL = "__"  # Kafka's own topics

__all__ = ["counted", "look", "partitions_of", "standing_of"]


def look(
    settings: Settings, admin: Admin, mappings: MappingSet | None = None
) -> Standing:
    """Return where the group stands.

    Args:
        settings: The group, and how a partition without a commit begins.
        admin: Whom to ask.
        mappings: What is read; without them only what the group has committed is told.

    Raises DependencyError when the cluster does not answer.
    """
    known = admin.topics()
    group_id = settings.kafka.group_id
    visible = [name for name in known if not name.startswith(INTERNAL)]
    stored = admin.committed(group_id, partitions_of(visible, known))
    kinds = {one.topic: "other" for one in stored}
    named = Topics(sources=(), letters={}, replays={})
    if mappings is not None:
        named = topics_of(settings, mappings, known)
        if settings.dead_letters.read_replays:
            kinds |= {one: "replay" for one in named.replays.values() if one in known}
        kinds |= dict.fromkeys(named.sources, "source")
    present = {one: kind for one, kind in kinds.items() if one in known}
    partitions = partitions_of(present, known)
    group = admin.group(group_id)
    replays = {one for one, kind in present.items() if kind == "replay"}
    found = standing_of(settings, stored, admin.bounds(partitions), group, replays)
    letters = [one for one in named.letters.values() if one in known]
    return Standing(
        group_id=group_id,
        group=group,
        topics=tuple(
            TopicStanding(
                name=name,
                kind=kind,
                partitions=tuple(found[one] for one in partitions if one.topic == name),
            )
            for name, kind in sorted(present.items())
        ),
        missing=tuple(one for one in named.sources if one not in known),
        letters=sizes(letters, admin.bounds(partitions_of(letters, known))),
    )


def partitions_of(
    topics: Collection[str], known: Mapping[str, int]
) -> list[TopicPartition]:
    """Return every partition of some topics, in order."""
    return [
        TopicPartition(name, number)
        for name in sorted(topics)
        for number in range(known[name])
    ]


def sizes(
    topics: Collection[str], bounds: Mapping[TopicPartition, Bounds | str]
) -> dict[str, Amount | None]:
    """Return how many records each topic holds at most."""
    found: dict[str, Amount | None] = {}
    for name in sorted(topics):
        total: Amount | None = NONE
        for place, one in bounds.items():
            if place.topic == name and total is not None:
                total = None if isinstance(one, str) else total + between(one)
        found[name] = total
    return found


def standing_of(
    settings: Settings,
    stored: Mapping[TopicPartition, Stored],
    bounds: Mapping[TopicPartition, Bounds | str],
    group: Group | None,
    replays: Collection[str],
) -> dict[TopicPartition, PartitionStanding]:
    """Return where the group stands in the partitions of `bounds`.

    Args:
        settings: How a partition without a commit begins.
        stored: What the group has committed.
        bounds: What the logs hold.
        group: Who is in it.
        replays: Topics of replays: those begin at their beginning.
    """
    owners = {} if group is None else group.owners()
    usual = start_policy(settings.kafka.properties)
    found = {}
    for place, log in bounds.items():
        commit = stored.get(place)
        one = PartitionStanding(
            place=place,
            committed=None if commit is None else committed_of(*commit),
            owner=owners.get(place),
        )
        policy = EARLIEST if place.topic in replays else usual
        found[place] = judged(one, log, policy)
    return found


def counted(
    cluster: Cluster, partitions: Collection[PartitionStanding]
) -> Iterator[PartitionStanding]:
    """Give partitions with their lag counted in the log itself.

    Reads every record that has no final outcome, and what lies between: as long as that
    takes.
    """
    for one in partitions:
        lag = one.lag
        if lag is None or lag.is_exact or one.bounds is None or one.begins is None:
            yield one
            continue
        wanted = (one.begins, one.bounds.readable)
        count = sum(
            not one.is_done(offset) for offset in cluster.offsets(one.place, wanted)
        )
        yield replace(one, lag=Amount(count, is_exact=True))
