"""Where reading begins: the committed offset and its metadata, or a resolved number.

librdkafka could find the start by itself, but then nobody would know it before the
first record came: the start is committed at once (the membership lease rests on an
acknowledged commit) and the offset map in the metadata says what is done beyond it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaException
from confluent_kafka import TopicPartition as Place

from consumer.model import TopicPartition
from consumer.source.values import OutOfRange, SourceFault, SourceFaultKind

__all__ = ["RESTART_MEND", "Start", "Starts", "reset_offset"]

REQUEST_SECONDS = 5.0
RESTART_MEND = (
    "Set the group's offset with Kafka's tools, or source.out_of_range to reset, and "
    "restart."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where one partition begins.

    Attributes:
        partition: Which.
        offset: The offset.
        metadata: What was committed with it.
        reset_from: The last acknowledged offset, when this one does not follow it.
        fault: What is odd about it, if anything is.
        is_held: True when it must not be read until a person has looked.
    """

    partition: TopicPartition
    offset: int
    metadata: str = ""
    reset_from: int | None = None
    fault: SourceFault | None = None
    is_held: bool = False


class Starts:
    """Resolves starts. Owned by the consumer's thread.

    A topic that need not have been there begins at its beginning: what was written to it
    before it was found must not be passed over, whatever the policy is for others.

    Attributes:
        acknowledged: The newest acknowledged offset of each partition that this process
            ever committed: what the group says later must not be less.
    """

    def __init__(
        self,
        consumer: Consumer,
        policy: str,
        out_of_range: OutOfRange,
        is_optional: Callable[[str], bool],
    ) -> None:
        self.consumer = consumer
        self.policy = policy
        self.out_of_range = out_of_range
        self.is_optional = is_optional
        self.acknowledged: dict[TopicPartition, int] = {}
        self._ask_until = 0.0

    def resolved(
        self,
        partitions: Sequence[TopicPartition],
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> list[Start]:
        """Return the starts of those partitions whose start could be found out.

        Blocks for 10 s at most, however many they are: the log's ends are asked for
        partition by partition, and that of the first one that gets no answer has used
        up the time of the others. Those left out are to be asked for again.

        Args:
            partitions: Which.
            is_wanted: Becomes False when the answers are not wanted any more.
        """
        try:
            places = self.consumer.committed(
                [Place(*partition) for partition in partitions], timeout=REQUEST_SECONDS
            )
        except KafkaException:
            return []
        self._ask_until = time.monotonic() + REQUEST_SECONDS
        found = (
            self.start(place) for place in places if place.error is None and is_wanted()
        )
        return [start for start in found if start is not None]

    def start(self, place: Place) -> Start | None:
        """Return where `place` begins; None when the broker did not say."""
        partition = TopicPartition(place.topic, place.partition)
        known = self.acknowledged.get(partition)
        if known is not None and place.offset < known:
            return self.jumped_back(partition, place, known)
        if place.offset >= 0:
            return Start(
                partition=partition, offset=place.offset, metadata=place.metadata or ""
            )
        return self.first(partition)

    def first(self, partition: TopicPartition) -> Start | None:
        """Return where a partition without a committed offset begins."""
        left = self._ask_until - time.monotonic()
        if left <= 0:
            return None
        try:
            low, high = watermarks(self.consumer, partition, left)
        except KafkaException:
            return None
        policy = "earliest" if self.is_optional(partition.topic) else self.policy
        if policy != "error":
            offset = low if policy == "earliest" else high
            return Start(partition=partition, offset=offset)
        fault = SourceFault(
            kind=SourceFaultKind.NO_OFFSET,
            message=f"{partition}: the group has no offset and auto.offset.reset is error",
            mend="Set the group's offset with Kafka's tools, or auto.offset.reset.",
            partition=partition,
        )
        return Start(partition=partition, offset=low, fault=fault, is_held=True)

    def jumped_back(
        self, partition: TopicPartition, place: Place, known: int
    ) -> Start | None:
        """Return a start that lies before what was acknowledged.

        Jepsen saw "spurious zero offsets" and lost commits in Kafka-like systems
        (Bufstream 0.1.0, 2024): reading on silently would repeat the whole log.
        """
        offset, metadata = place.offset, place.metadata or ""
        if offset < 0:
            found = self.first(partition)
            if found is None:
                return None
            offset, metadata = found.offset, ""
        fault = SourceFault(
            kind=SourceFaultKind.JUMPED_BACK,
            message=f"{partition}: committed was {known}, now it is {place.offset}",
            mend=RESTART_MEND,
            partition=partition,
            offset=place.offset,
        )
        return Start(
            partition=partition,
            offset=offset,
            metadata=metadata,
            reset_from=known,
            fault=fault,
            is_held=self.out_of_range is OutOfRange.PAUSE,
        )


def watermarks(
    consumer: Consumer, partition: TopicPartition, seconds: float = REQUEST_SECONDS
) -> tuple[int, int]:
    """Return the first offset that the log has, and the one after its last."""
    return consumer.get_watermark_offsets(Place(*partition), timeout=seconds)


def reset_offset(
    consumer: Consumer, partition: TopicPartition, policy: str
) -> tuple[int, int, int]:
    """Return where a reset goes, and the log's first and next offset.

    Raises what librdkafka raises when the broker gives no answer.
    """
    low, high = watermarks(consumer, partition)
    return (high if policy == "latest" else low), low, high
