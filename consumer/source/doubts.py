"""Positions that the log has, although librdkafka said that it has not.

After a change of the leader's epoch librdkafka asks the broker where the epoch of its
position ended (KIP-320), and compares the answer with the position of that later moment:
records that were on their way, or a second change of the epoch, may have moved it. Then
it tells "Partition log truncation detected at offset 1491 (leader epoch 2): broker end
offset is 1489 (offset leader epoch 0)" of a log that lost nothing, and stops to fetch.
(Seen with 2.16.1 when a broker was killed, and stood still for seconds after its start.)

Theory of operation: a position that lies within the log is assigned again, and librdkafka
is told to compare it anew, by a seek that names the position's own epoch. Nothing is read
before that. When the log was truncated indeed, the same error comes back; by then there is
no position any more, and it is believed.
"""

from __future__ import annotations

import logging

from confluent_kafka import Consumer, KafkaException
from confluent_kafka import TopicPartition as Place

from consumer.model import TopicPartition
from consumer.source.partitions import Partitions

__all__ = ["Doubts"]

log = logging.getLogger(__name__)


class Doubts:
    """Compares positions anew. Owned by the consumer's thread."""

    def __init__(self, consumer: Consumer, partitions: Partitions) -> None:
        self.consumer = consumer
        self.partitions = partitions
        self._waiting: dict[TopicPartition, tuple[Place, int | None]] = {}

    def compare(self, partition: TopicPartition, low: int, high: int) -> bool:
        """Begin to compare anew; False when there is no doubt.

        Args:
            partition: Of what librdkafka said that its position is not in the log.
            low: The log's first offset.
            high: The one after its last.
        """
        here = self._position(partition)
        if here is None or not low <= here.offset <= high:
            return False
        log.warning(
            "%s: position %d is in the log (%d to %d): it is compared anew",
            partition,
            here.offset,
            low,
            high,
        )
        self._waiting[partition] = here, self.partitions.epoch(partition)
        self.partitions.held.add(partition)
        self.partitions.move(partition, here.offset)
        return True

    def serve(self) -> None:
        """Do what waits for librdkafka to be ready."""
        for partition, (here, epoch) in list(self._waiting.items()):
            if self.partitions.epoch(partition) == epoch:
                if not self._is_sought(here):
                    continue
                self.partitions.held.discard(partition)
                self.partitions.apply()
            del self._waiting[partition]

    def _position(self, partition: TopicPartition) -> Place | None:
        """Return what would be read next, with its epoch; None when nothing was read."""
        try:
            (here,) = self.consumer.position([Place(*partition)])
        except KafkaException:
            return None
        return here

    def _is_sought(self, here: Place) -> bool:
        """Whether librdkafka took the seek: it does not before it has begun to fetch."""
        try:
            self.consumer.seek(here)
        except KafkaException:
            return False
        return True
