"""A consumer group and what is allowed, as a broker describes them."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import NamedTuple

from confluent_kafka.admin._group import ConsumerGroupDescription, MemberDescription

from consumer.model import TopicPartition

__all__ = ["Group", "Member", "group_of", "operations"]


class Member(NamedTuple):
    """One member of a group.

    Attributes:
        id: As the coordinator calls it.
        client_id: As it calls itself.
        host: Where it comes from.
        instance_id: Its name in static membership; empty for none.
        partitions: What it owns.
    """

    id: str
    client_id: str
    host: str
    instance_id: str
    partitions: frozenset[TopicPartition]


class Group(NamedTuple):
    """A group.

    Attributes:
        state: Such as `stable`, `empty`, or `dead` (there is none).
        protocol: `classic`, or `consumer` (KIP-848).
        members: Who is in it.
        operations: What we may do with it, upper case; None when not told.
    """

    state: str
    protocol: str
    members: tuple[Member, ...]
    operations: frozenset[str] | None

    def owners(self) -> dict[TopicPartition, Member]:
        """Return who owns each partition that has an owner."""
        return {place: one for one in self.members for place in one.partitions}


def group_of(found: ConsumerGroupDescription) -> Group:
    """Return a group that librdkafka describes."""
    return Group(
        state=str(found.state.name).lower(),
        protocol=str(found.type.name).lower(),
        members=tuple(map(member_of, found.members)),
        operations=operations(found.authorized_operations),
    )


def member_of(found: MemberDescription) -> Member:
    """Return a member that librdkafka describes."""
    return Member(
        id=found.member_id,
        client_id=found.client_id,
        host=found.host.removeprefix("/"),  # Java's InetAddress.toString()
        instance_id=found.group_instance_id or "",
        partitions=frozenset(
            TopicPartition(place.topic, place.partition)
            for place in found.assignment.topic_partitions
        ),
    )


def operations(found: Iterable[enum.Enum] | None) -> frozenset[str] | None:
    """Return the names of operations, upper case; None when none were told."""
    return frozenset(one.name for one in found) if found else None
