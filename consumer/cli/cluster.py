"""Reads records of a cluster, for commands: joins no group, commits nothing."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message
from confluent_kafka import TopicPartition as Position

from consumer.errors import ConfigurationError, DependencyError, UsageError
from consumer.model import Record, TopicPartition
from consumer.source.asking import Asking, refused
from consumer.source.properties import consumer_properties
from consumer.source.records import Owned, record
from consumer.source.values import Property

__all__ = ["Cluster"]

ANSWER_SECONDS = 10.0
BATCH = 500
FETCH_WAIT_MS = 10
POLL_SECONDS = 0.2


class Cluster:
    """One client. Owned by the command that entered it."""

    def __init__(self, kafka: Mapping[str, Property]) -> None:
        """Make the client; nothing is asked yet.

        Raises:
            ConfigurationError: librdkafka refuses a property.
        """
        self._asking = Asking(kafka)
        properties = consumer_properties(kafka)
        properties.pop("group.instance.id", None)  # nobody's membership is at stake
        try:
            self._consumer = Consumer({
                **properties,
                "enable.partition.eof": True,
                # A fetch at a partition's end holds back what is asked behind it.
                "fetch.wait.max.ms": FETCH_WAIT_MS,
                "error_cb": self._asking.note,
                "log_level": 0,  # what it would say ten times a second is said once
            })
        except KafkaException as error:
            raise ConfigurationError((refused(error),)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._consumer.close()

    def _asked(self) -> AbstractContextManager[None]:
        """Turn librdkafka's errors into ours."""
        return self._asking.asked(self._consumer.poll)

    def one(self, topic: str, partition: int, offset: int) -> Record:
        """Return one record.

        A cluster that does not answer ends in a DependencyError.

        Raises:
            UsageError: There is no such topic, partition or offset.
        """
        with self._asked():
            if partition not in self._partitions(topic):
                raise UsageError(f"{topic} has no partition {partition}")
            low, high = self._bounds(topic, partition)
            if not low <= offset < high:
                has = f"offsets {low} to {high - 1}" if low < high else "no records"
                raise UsageError(f"{topic}[{partition}] has {has}")
            found = next(self._read({partition: (offset, high)}, topic), None)
        if found is None or found.offset != offset:
            after = "" if found is None else f"; the next is at {found.offset}"
            where = f"{topic}[{partition}]"
            raise UsageError(f"{where} has no record at {offset}{after}")
        return found

    def last(self, topic: str, count: int) -> list[Record]:
        """Return the newest records of all partitions together, the oldest first.

        A cluster that does not answer ends in a DependencyError, a topic that it does
        not have in a UsageError.
        """
        with self._asked():
            wanted: dict[int, tuple[int, int]] = {}
            for partition in self._partitions(topic):
                low, high = self._bounds(topic, partition)
                if low < high:
                    wanted[partition] = (max(low, high - count), high)
            newest: dict[int, deque[Record]] = {
                partition: deque(maxlen=count) for partition in wanted
            }
            for found in self._read(wanted, topic):
                newest[found.source.partition].append(found)
        every = [found for kept in newest.values() for found in kept]
        every.sort(key=lambda one: (one.timestamp_ms, one.source.partition, one.offset))
        return every[-count:]

    def offsets(
        self, partition: TopicPartition, wanted: tuple[int, int]
    ) -> Iterator[int]:
        """Give the offsets at which a partition has a record.

        Args:
            partition: Which; it is there.
            wanted: From this offset to that one, which is left out.

        A cluster that does not answer ends in a DependencyError.
        """
        with self._asked():
            for found in self._read({partition.partition: wanted}, partition.topic):
                yield found.offset

    def topics(self) -> frozenset[str]:
        """Return the names of all topics that we may see.

        A cluster that does not answer ends in a DependencyError.
        """
        with self._asked():
            return frozenset(self._consumer.list_topics(timeout=ANSWER_SECONDS).topics)

    def every(self, topic: str) -> Iterator[Record]:
        """Yield all records of a topic, partition by partition in order of offsets.

        A cluster that does not answer ends in a DependencyError, a topic that it does
        not have in a UsageError.
        """
        with self._asked():
            wanted: dict[int, tuple[int, int]] = {}
            for partition in self._partitions(topic):
                low, high = self._bounds(topic, partition)
                if low < high:
                    wanted[partition] = (low, high)
            yield from self._read(wanted, topic)

    def between(
        self, topic: str, ranges: Mapping[int, tuple[int, int]]
    ) -> Iterator[Record]:
        """Yield the records of a topic from a first to a last offset of partitions.

        Offsets that are gone are left out. Errors as in `every`.
        """
        with self._asked():
            wanted: dict[int, tuple[int, int]] = {}
            for partition, (first, last) in ranges.items():
                low, high = self._bounds(topic, partition)
                start, end = max(first, low), min(last + 1, high)
                if start < end:
                    wanted[partition] = (start, end)
            yield from self._read(wanted, topic)

    def _partitions(self, topic: str) -> list[int]:
        """Return the numbers of a topic's partitions.

        Raises:
            UsageError: There is no such topic.
        """
        found = self._consumer.list_topics(topic, timeout=ANSWER_SECONDS).topics[topic]
        if found.error is not None or not found.partitions:
            raise UsageError(f"the cluster has no topic {topic}")
        return sorted(found.partitions)

    def _bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """Return the first offset of a partition, and one past the last."""
        place = Position(topic, partition)
        return self._consumer.get_watermark_offsets(place, timeout=ANSWER_SECONDS)

    def _read(
        self, wanted: Mapping[int, tuple[int, int]], topic: str
    ) -> Iterator[Record]:
        """Give the records from a start to an end (which is left out) of partitions.

        Raises:
            DependencyError: Nothing came for a while.
        """
        self._consumer.assign([
            Position(topic, partition, start)
            for partition, (start, _) in wanted.items()
        ])
        owned = {
            partition: Owned(TopicPartition(topic, partition), 0, start)
            for partition, (start, _) in wanted.items()
        }
        left = {partition: end for partition, (_, end) in wanted.items()}
        deadline = time.monotonic() + ANSWER_SECONDS
        while left:
            for message in self._arrived():
                deadline = time.monotonic() + ANSWER_SECONDS
                partition = cast("int", message.partition())
                if is_end(message):
                    left.pop(partition, None)
                    continue
                offset, end = cast("int", message.offset()), left.get(partition, 0)
                if offset + 1 >= end:
                    left.pop(partition, None)
                if offset < end:
                    yield record(message, owned[partition])
            if time.monotonic() > deadline:
                raise DependencyError(f"{topic}: no records in {ANSWER_SECONDS:g} s")

    def _arrived(self) -> list[Message]:
        """Return what has come, after a wait for the first; `consume` waits for all."""
        first = self._consumer.poll(POLL_SECONDS)
        return [] if first is None else [first, *self._consumer.consume(BATCH, 0)]


def is_end(message: Message) -> bool:
    """Return whether a message says that its partition has no more.

    Raises:
        KafkaException: It says that something is wrong.
    """
    error = message.error()
    if error is None:
        return False
    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its only name
        return True
    raise KafkaException(error)
