"""How far a publisher may run ahead of the group that reads.

The mock cluster keeps 5 MiB or 100,000 messages per partition and drops the oldest in
silence (rdkafka_mock.c), so whoever publishes to it has to wait for the commits.
"""

from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple, TypeAlias

from confluent_kafka import Consumer, KafkaException, TopicPartition

from consumer.sandbox.errors import SandboxError

__all__ = ["Ahead", "CommittedOffsets", "Partition"]

MAX_BYTES = 3 * 1024 * 1024
MAX_RECORDS = 50_000

Partition: TypeAlias = tuple[str, int]
Committed: TypeAlias = Callable[[Collection[Partition]], Mapping[Partition, int]]


class Produced(NamedTuple):
    """One confirmed record that the group has not committed yet."""

    offset: int
    size_bytes: int


class Ahead:
    """Records confirmed and not committed, per partition. Owned by the publisher."""

    def __init__(
        self,
        committed: Committed,
        *,
        max_bytes: int = MAX_BYTES,
        max_records: int = MAX_RECORDS,
    ) -> None:
        self._committed = committed
        self._max_bytes = max_bytes
        self._max_records = max_records
        self._waiting: dict[Partition, deque[Produced]] = {}
        self._sizes: dict[Partition, int] = {}

    def produced(self, partition: Partition, offset: int, size_bytes: int) -> None:
        """Take note of a confirmed record."""
        waiting = self._waiting.setdefault(partition, deque())
        waiting.append(Produced(offset, size_bytes))
        self._sizes[partition] = self._sizes.get(partition, 0) + size_bytes

    def is_full(self, unconfirmed_bytes: int = 0, unconfirmed: int = 0) -> bool:
        """Whether another record could be too far ahead; asks for commits if so.

        Args:
            unconfirmed_bytes: Bytes on their way; any partition may get them all.
            unconfirmed: Records on their way, likewise.
        """
        most_bytes = self._max_bytes - unconfirmed_bytes
        most = self._max_records - unconfirmed
        if not self._over(most_bytes, most):
            return False
        if self._waiting:
            for partition, offset in self._committed(self._waiting).items():
                self._release(partition, offset)
        return self._over(most_bytes, most)

    def _over(self, most_bytes: int, most: int) -> bool:
        if most_bytes <= 0 or most <= 0:
            return True
        return any(
            size >= most_bytes or len(self._waiting[partition]) >= most
            for partition, size in self._sizes.items()
        )

    def _release(self, partition: Partition, committed: int) -> None:
        waiting = self._waiting.get(partition, deque())
        while waiting and waiting[0].offset < committed:
            self._sizes[partition] -= waiting.popleft().size_bytes


class CommittedOffsets:
    """Asks the broker what a group has committed, without joining it. May block."""

    def __init__(self, settings: Mapping[str, object], group: str) -> None:
        self._consumer = Consumer({
            **settings,
            "group.id": group,
            "enable.auto.commit": False,
        })

    def __call__(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """Return the committed offset of each partition that has one.

        Raises:
            SandboxError: The broker does not say.
        """
        asked = [TopicPartition(topic, number) for topic, number in partitions]
        try:
            found = self._consumer.committed(asked, timeout=10)
        except KafkaException as error:
            raise SandboxError(f"cannot read committed offsets: {error}") from error
        return {
            (place.topic, place.partition): place.offset
            for place in found
            if place.offset >= 0
        }

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()
