"""What this member owns, and what of it is paused."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as Place

from consumer.model import TopicPartition
from consumer.source.records import Owned
from consumer.source.starts import Start

__all__ = ["Partitions"]


class Partitions:
    """The assignment and its pauses. Owned by the consumer's thread.

    Rules
    - An epoch's number is never used twice in one process.
    - A pause has no effect before a partition was ever assigned, so `apply` is called
      after every assignment, in the same callback: no record of it can have been handed
      over by then.
    - librdkafka keeps a pause through unassign and assign, incremental or not (seen with
      2.16.1): a partition that was paused when it went would come back paused, with nobody
      to resume it. So it is resumed before it is unassigned; no poll comes in between.
    - A pause and a resume each throw the prefetched records away: only differences are
      applied.

    Attributes:
        owned: Each partition that is ours, by topic and number.
        wanted: What the pipeline wants paused.
        held: Paused by the source: a person must look at them first.
        is_closed: True while nothing at all may come, for want of room.
        _paused: What librdkafka has paused: of what is owned, and of nothing else.
    """

    def __init__(self, consumer: Consumer, *, incremental: bool) -> None:
        self.consumer = consumer
        self.incremental = incremental
        self.owned: dict[tuple[str, int], Owned] = {}
        self.wanted: frozenset[TopicPartition] = frozenset()
        self.held: set[TopicPartition] = set()
        self.is_closed = False
        self._paused: set[TopicPartition] = set()
        self._epochs = itertools.count(1)

    def __contains__(self, partition: TopicPartition) -> bool:
        return partition in self.owned

    def sources(self) -> frozenset[TopicPartition]:
        """Return all that is owned."""
        return frozenset(place.source for place in self.owned.values())

    def epoch(self, partition: TopicPartition) -> int | None:
        """Return the number of the partition's assignment; None when it has none."""
        place = self.owned.get(partition)
        return None if place is None else place.epoch

    def add(self, starts: Sequence[Start]) -> None:
        """Assign `starts`, each at its offset and in a new epoch, paused where due."""
        self._assign({start.partition: start.offset for start in starts})
        for start in starts:
            self.owned[start.partition] = Owned(
                start.partition, next(self._epochs), start.offset
            )
            if start.is_held:
                self.held.add(start.partition)
        self.apply()

    def move(self, partition: TopicPartition, offset: int) -> None:
        """Go on at `offset`, in the same epoch.

        A seek would be refused: after an offset out of range librdkafka has stopped
        to fetch the partition ("Erroneous state").
        """
        self._resume({partition})
        if self.incremental:
            self.consumer.incremental_unassign([Place(*partition)])
        self._assign({partition: offset})
        self.apply()

    def renew(self, partition: TopicPartition, offset: int) -> int:
        """Go on at `offset` in a new epoch, and return its number."""
        epoch = next(self._epochs)
        self.owned[partition] = Owned(partition, epoch, offset)
        self.move(partition, offset)
        return epoch

    def remove(self, partitions: Iterable[TopicPartition]) -> None:
        """Unassign; what is not ours is left alone."""
        ours = [partition for partition in partitions if partition in self.owned]
        self._resume(ours)
        for partition in ours:
            del self.owned[partition]
            self.held.discard(partition)
        # Called for nothing too: without a call confluent-kafka would unassign by itself
        # what the group names, which may be more than what is assigned.
        if self.incremental:
            self.consumer.incremental_unassign([Place(*each) for each in ours])
        elif not self.owned:
            self.consumer.unassign()

    def apply(self) -> None:
        """Pause and resume what differs from what is wanted."""
        sources = self.sources()
        paused = sources if self.is_closed else (self.wanted | self.held) & sources
        if stop := paused - self._paused:
            self.consumer.pause([Place(*partition) for partition in stop])
            self._paused |= stop
        self._resume(self._paused - paused)

    def _resume(self, partitions: Iterable[TopicPartition]) -> None:
        """Resume those of `partitions` that are paused."""
        if resume := self._paused.intersection(partitions):
            self.consumer.resume([Place(*partition) for partition in resume])
            self._paused -= resume

    def _assign(self, starts: dict[TopicPartition, int]) -> None:
        """Assign `starts` beside what is assigned already."""
        places = [Place(*partition, offset) for partition, offset in starts.items()]
        if self.incremental:
            self.consumer.incremental_assign(places)
            return
        # An eager assignment is given whole: the others go on where they are.
        others = self.consumer.position([
            Place(*place.source)
            for place in self.owned.values()
            if place.source not in starts
        ])
        for other in others:
            if other.offset < 0:  # nothing was read of it yet
                other.offset = self.owned[other.topic, other.partition].start
        self.consumer.assign([*others, *places])
