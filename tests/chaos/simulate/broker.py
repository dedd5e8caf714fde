"""A broker's memory: logs, what was committed, and the group's members.

It keeps what a real one keeps and refuses what a real one refuses. Who is a member, and
who may read what, is decided by `group`; requests take their time in `network`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from consumer.model import Header, TopicPartition

__all__ = ["METADATA_TOO_LARGE", "Broker", "Offsets", "Stored"]

METADATA_TOO_LARGE = 12


class Stored(NamedTuple):
    """One record of a log."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]


Offsets: TypeAlias = Mapping[TopicPartition, tuple[int, str]]  # offset and metadata


class Broker:
    """Logs and committed offsets. Owned by the outside.

    Attributes:
        logs: The records of each partition, by offset, with gaps.
        committed: Offset and metadata of each partition that has any.
        metadata_bytes: Its `offset.metadata.max.bytes`.
        is_down: Tells whether it answers nobody now.
        wake: Called when there is something new to read.
    """

    def __init__(self, metadata_bytes: int = 4096) -> None:
        self.logs: dict[TopicPartition, list[Stored]] = {}
        self.committed: dict[TopicPartition, tuple[int, str]] = {}
        self.metadata_bytes = metadata_bytes
        self.is_down: Callable[[], bool] = lambda: False
        self.wake: Callable[[], None] = lambda: None

    def create(self, topic: str, partitions: int = 1) -> None:
        """Make a topic."""
        for number in range(partitions):
            self.logs.setdefault(TopicPartition(topic, number), [])

    def append(
        self,
        partition: TopicPartition,
        value: bytes | None,
        *,
        timestamp_ms: int = -1,
        key: bytes | None = None,
        headers: tuple[Header, ...] = (),
        gap: int = 0,
    ) -> int:
        """Write a record, `gap` offsets after the one before; return its offset."""
        offset = self.end(partition) + gap
        self.logs[partition].append(Stored(offset, timestamp_ms, key, value, headers))
        self.wake()
        return offset

    def end(self, partition: TopicPartition) -> int:
        """Return one past the last offset."""
        log = self.logs[partition]
        return log[-1].offset + 1 if log else 0

    def read(self, partition: TopicPartition, offset: int, count: int) -> list[Stored]:
        """Return at most `count` records from `offset` on."""
        log = self.logs[partition]
        first = bisect_left(log, offset, key=lambda record: record.offset)
        return log[first : first + count]

    def commit(self, offsets: Offsets) -> dict[TopicPartition, int]:
        """Keep offsets; return the code of each that is refused."""
        failed = {}
        for partition, (offset, metadata) in offsets.items():
            if len(metadata) > self.metadata_bytes:
                failed[partition] = METADATA_TOO_LARGE
            else:
                self.committed[partition] = (offset, metadata)
        return failed
