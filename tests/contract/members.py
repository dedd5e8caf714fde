"""Members of a consumer group under test: a source and all that it told."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

from confluent_kafka import Producer

from consumer.model import Commit, Record, TopicPartition
from consumer.source.source import Source
from consumer.source.values import (
    Assigned,
    OutOfRange,
    Property,
    SourceFault,
    SourceFaultKind,
    SourceOptions,
    Subscription,
)
from tests.broker.kafka import Cluster
from tests.broker.mock import MockCluster
from tests.contract.simulated import SimulatedCluster

__all__ = [
    "ROOM",
    "Member",
    "commit_of_all",
    "joined",
    "new_topic",
    "numbered",
    "options",
    "published",
    "until",
]

Kafka: TypeAlias = Mapping[str, Property]

PATIENCE_SECONDS = 15.0
ROOM = 100_000


async def until(is_true: Callable[[], bool], what: str = "") -> None:
    """Wait until `is_true`.

    Raises:
        AssertionError: A generous time has passed.
    """
    end = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while not is_true():
        if asyncio.get_running_loop().time() > end:
            raise AssertionError(f"it never came: {what or is_true}")
        await asyncio.sleep(0.01)


def new_topic(cluster: Cluster, partitions: int = 1, **settings: str) -> str:
    """Create a topic that no other test knows, and return its name."""
    name = f"t-{uuid.uuid4().hex[:12]}"
    cluster.create_topic(
        name, partitions, {key.replace("_", "."): settings[key] for key in settings}
    )
    return name


def numbered(count: int, first: int = 0) -> list[bytes]:
    """Return `count` different values."""
    return [b"%d" % number for number in range(first, first + count)]


def published(
    cluster: Cluster, topic: str, values: Sequence[bytes], partition: int = 0
) -> None:
    """Write `values` into one partition, in order, and wait until they are there.

    Raises:
        AssertionError: They are not, after a generous time.
    """
    if isinstance(cluster, SimulatedCluster):
        cluster.publish(topic, values, partition)
        return
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "log_level": 0})
    for value in values:
        producer.produce(
            topic,
            value,
            key=b"k",
            partition=partition,
            headers=[("n", value), ("empty", None), ("n", b"again")],
        )
    if producer.flush(PATIENCE_SECONDS):
        raise AssertionError("the records were not written")


class Member:
    """A listener that remembers everything. Owned by its test."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.assigned: dict[TopicPartition, Assigned] = {}
        self.epochs: list[int] = []
        self.revoked: list[tuple[frozenset[TopicPartition], bool]] = []
        self.results: list[
            tuple[Mapping[TopicPartition, Commit], Mapping[TopicPartition, int], float]
        ] = []
        self.faults: list[SourceFault] = []
        self.positions: dict[TopicPartition, Commit] = {}
        self.asked: list[frozenset[TopicPartition]] = []
        self.is_silent = False
        self.source: Source

    def on_records(self, batch: list[Record]) -> None:
        """Remember them."""
        self.records += batch

    def on_assigned(self, assigned: tuple[Assigned, ...]) -> None:
        """Remember them."""
        for each in assigned:
            self.assigned[each.partition] = each
            self.epochs.append(each.epoch)

    async def on_revoking(
        self, partitions: frozenset[TopicPartition]
    ) -> Mapping[TopicPartition, Commit]:
        """Return what the test wants committed."""
        self.asked.append(partitions)
        if self.is_silent:
            await asyncio.Event().wait()
        return {
            each: commit
            for each, commit in self.positions.items()
            if each in partitions
        }

    def on_revoked(self, partitions: frozenset[TopicPartition], *, lost: bool) -> None:
        """Remember them."""
        self.revoked.append((partitions, lost))
        for each in partitions:
            del self.assigned[each]

    def on_committed(
        self,
        commits: Mapping[TopicPartition, Commit],
        failed: Mapping[TopicPartition, int],
        sent_at: float,
    ) -> None:
        """Remember the result."""
        self.results.append((commits, failed, sent_at))

    def on_fault(self, fault: SourceFault) -> None:
        """Remember it."""
        self.faults.append(fault)

    def values(self, partition: int | None = None) -> list[bytes | None]:
        """Return the values that were read, of one partition or of all."""
        return [
            record.value
            for record in self.records
            if partition in {None, record.source.partition}
        ]

    def commit_of(
        self, partition: TopicPartition, offset: int, metadata: str = ""
    ) -> dict[TopicPartition, Commit]:
        """Return a commit of the partition's present epoch."""
        epoch = self.assigned[partition].epoch
        return {partition: Commit(offset=offset, metadata=metadata, epoch=epoch)}

    async def committed(
        self, commits: Mapping[TopicPartition, Commit]
    ) -> Mapping[TopicPartition, int]:
        """Commit, wait for the result and return what failed."""
        before = len(self.results)
        await until(lambda: self.source.commit(commits), "room for a commit")
        await until(lambda: len(self.results) > before, "the commit's result")
        return self.results[before][1]

    async def gets(self, count: int) -> None:
        """Wait for `count` partitions."""
        await until(lambda: len(self.assigned) == count, f"{count} partitions")

    async def reads(self, count: int) -> None:
        """Wait for `count` records in all."""
        await until(lambda: len(self.records) >= count, f"{count} records")

    async def turns(self) -> None:
        """Wait until the thread has served what it was told before."""
        for _ in range(2):
            beat = self.source.heartbeat()
            await until(lambda beat=beat: self.source.heartbeat() > beat, "a turn")  # type: ignore[misc] # mypy cannot infer a lambda with a default

    async def sees(self, kind: SourceFaultKind) -> SourceFault:
        """Wait for a fault of `kind` and return it."""
        await until(lambda: any(each.kind is kind for each in self.faults), kind)
        return next(each for each in self.faults if each.kind is kind)


def options(cluster: Cluster, group: str, kafka: Kafka) -> SourceOptions:
    """Return quick options for a member of `group`.

    On the in-process cluster `group.protocol: consumer` is what joins in 0.1 s; the
    classic one takes seconds there.
    """
    properties: dict[str, Property] = {
        "bootstrap.servers": cluster.bootstrap,
        "group.id": group,
        "fetch.wait.max.ms": 50,
    }
    if (
        isinstance(cluster, MockCluster)
        and "partition.assignment.strategy" not in kafka
    ):
        properties["group.protocol"] = "consumer"
    properties.update(kafka)
    if properties.get("group.protocol") != "consumer":
        properties.setdefault("session.timeout.ms", 6000)
        properties.setdefault("heartbeat.interval.ms", 100)
    return SourceOptions(
        kafka=properties,
        startup_timeout_seconds=10,
        revoke_timeout_seconds=3,
        commit_timeout_seconds=3,
        assignment_grace_seconds=3,
        arrival_seconds=0.1,
    )


@asynccontextmanager
async def joined(
    cluster: Cluster,
    topic: str,
    kafka: Kafka | None = None,
    *,
    room: int = ROOM,
    out_of_range: OutOfRange = OutOfRange.PAUSE,
    subscription: Subscription | None = None,
) -> AsyncIterator[Member]:
    """Give a member of the group that is named as `topic` and reads it.

    It leaves in the end.
    """
    member = Member()
    chosen = dataclasses.replace(
        options(cluster, topic, kafka or {}), out_of_range=out_of_range
    )
    if isinstance(cluster, SimulatedCluster):
        member.source = cluster.source(chosen, member)
    else:
        member.source = Source(chosen, asyncio.get_running_loop(), member)
    try:
        await member.source.start(subscription or Subscription(topics=(topic,)))
        member.source.grant(room)
        yield member
    finally:
        await member.source.aclose(3)


def commit_of_all(member: Member, offset: int) -> dict[TopicPartition, Commit]:
    """Return a commit of every partition, of its present epoch."""
    return {
        each: Commit(offset=offset, metadata="", epoch=assigned.epoch)
        for each, assigned in member.assigned.items()
    }
