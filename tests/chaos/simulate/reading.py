"""A member's fetches: what is handed over, as far as there is room."""

from __future__ import annotations

from collections.abc import Callable

from consumer.model import Record, TopicPartition
from consumer.source.room import Room
from tests.chaos.simulate.broker import Broker, Stored
from tests.chaos.simulate.member_values import Owned

__all__ = ["Reading"]


class Reading:
    """Fetches. Owned by the client's thread; `room` is the pipeline's, too.

    Attributes:
        owned: What is ours.
        paused: What is not to be fetched.
        room: How much may be handed over.
    """

    def __init__(self, broker: Broker, batch: int) -> None:
        self.owned: dict[TopicPartition, Owned] = {}
        self.paused: frozenset[TopicPartition] = frozenset()
        self.room = Room()
        self._broker = broker
        self._batch = batch

    @property
    def has_room(self) -> bool:
        """True when anything may be handed over."""
        return self.room.left() > 0

    def fetch(self, hand_over: Callable[[list[Record]], object]) -> bool:
        """Hand over what there is, as far as there is room; False when nothing was."""
        room = min(self.room.left(), self._batch)
        batch: list[Record] = []
        for partition, place in self.owned.items():
            if partition in self.paused or len(batch) >= room:
                continue
            found = self._broker.read(partition, place.position, room - len(batch))
            batch += [record_of(partition, place.epoch, one) for one in found]
            if found:
                place.position = found[-1].offset + 1
        if not batch:
            return False
        first = batch[0].source
        self.owned[first] = self.owned.pop(first)  # it is the last one next time
        self.room.hand_over(len(batch))
        hand_over(batch)
        return True


def record_of(source: TopicPartition, epoch: int, stored: Stored) -> Record:
    """Return a record as the pipeline reads it."""
    headers = sum(len(name) + len(text or b"") for name, text in stored.headers)
    return Record(
        source=source,
        offset=stored.offset,
        timestamp_ms=stored.timestamp_ms,
        key=stored.key,
        value=stored.value,
        headers=stored.headers,
        epoch=epoch,
        size_bytes=len(stored.key or b"") + len(stored.value or b"") + headers,
    )
