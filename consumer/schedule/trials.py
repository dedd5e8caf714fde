"""Trials: the one record of a guard that is tried while all others are kept.

Rules:
    - A trial is the oldest record that can be one: of a closed partition its first, of
      another the first that was not mapped.
    - One at a time for each guard.
    - It is settled by its result, though its partition is held. One that says nothing of
      the guard (it is another mapping's, or skipped) is followed by the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from consumer.model import Record, TopicPartition
from consumer.schedule.offsets import Partition, Ticket

__all__ = ["Trials", "oldest"]


class Trials:
    """The trials under way, one of a partition. Owned by `Guarding`."""

    def __init__(self) -> None:
        self._under_way: dict[Partition, Ticket] = {}

    def is_any(self, partitions: Iterable[Partition]) -> bool:
        """Tell whether a record of these is being tried."""
        return any(partition in self._under_way for partition in partitions)

    def start(self, ticket: Ticket) -> None:
        """Begin the trial of a record."""
        ticket.is_trial = True
        self._under_way[ticket.partition] = ticket

    def finish(self, ticket: Ticket) -> None:
        """End the trial of a record."""
        ticket.is_trial = False
        self._under_way.pop(ticket.partition, None)

    def finish_of(self, partitions: Iterable[Partition]) -> None:
        """End the trials of these: what they would say is of no use any more."""
        for partition in partitions:
            ticket = self._under_way.get(partition)
            if ticket is not None:
                self.finish(ticket)


def oldest(
    partitions: Collection[Partition], heads: Mapping[TopicPartition, Record]
) -> Ticket | None:
    """Return the record of some partitions that may be tried.

    Args:
        partitions: Which.
        heads: The first record of each partition that waits for its guard alone.
    """
    found = [first(one, heads.get(one.name)) for one in partitions]
    return min(
        (ticket for ticket in found if ticket is not None), key=age, default=None
    )


def first(partition: Partition, head: Record | None) -> Ticket | None:
    """Return the record of a partition that may be tried.

    Of a closed one it is the first of all: nothing of its profiles is before it then.
    """
    if not partition.held:
        return None if head is None else partition.incomplete.get(head.offset)
    for ticket in partition.incomplete.values():
        if not ticket.letter_owed:
            is_free = ticket.mapped is not None or ticket.record is head
            return ticket if is_free else None
    return None


def age(ticket: Ticket) -> tuple[int, TopicPartition, int]:
    """Return what the oldest record has the least of."""
    record = ticket.record
    return record.timestamp_ms, record.source, record.offset
