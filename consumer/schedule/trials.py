"""Trials: the one record of a guard that is tried while all others are kept.

Rules:
    - A trial is the oldest record that can be one: of a closed partition the first of
      whose profiles nothing of the partition waits before it, of another the first that
      was not mapped. What was not tried yet goes before what was. What an older set
      mapped may be about anybody by now: it is mapped anew when all before it is of
      today's set, and goes on only if it is such a first one still.
    - One at a time for each guard.
    - It is settled by its result, though its partition is held. One that says nothing of
      the guard (it is another mapping's, or skipped) is followed by the next.
    - One that has no result after `probe_seconds`, and no call on the wire, makes room
      for the next: else a profile that fails for ever would keep its guard open for
      ever. It is kept as before, until its turn comes again. If it is delivered after
      all (its partition may be open), it has passed.

Theory of operation:
    Only one is given up at a time, so an outage, in which none has a result, passes the
    turn on and costs nothing. That order holds is not known here: whoever sends an item
    of a trial sees that it is the first of its partition in its shard (`dispatch`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from consumer.model import Record, TopicPartition
from consumer.schedule.offsets import Partition, Ticket

__all__ = ["Questions", "Trials", "chosen"]

NEVER = float("-inf")


class Questions(NamedTuple):
    """What is asked of a record that was mapped.

    Attributes:
        leads: Whether nothing of its partition waits before any item of it.
        is_stale: Whether an older set mapped it.
    """

    leads: Callable[[Ticket], bool]
    is_stale: Callable[[Ticket], bool]


class Trials:
    """The trials under way, one of a partition. Owned by `Guarding`."""

    def __init__(self) -> None:
        self._under_way: dict[Partition, Ticket] = {}

    def of(self, partitions: Iterable[Partition]) -> list[Ticket]:
        """Return the records of these that are being tried."""
        under_way = self._under_way
        return [under_way[one] for one in partitions if one in under_way]

    def start(self, ticket: Ticket, now: float) -> None:
        """Begin the trial of a record, or give it its time once more."""
        ticket.is_trial = True
        ticket.tried_at = now
        self._under_way[ticket.partition] = ticket

    def put_aside(self, ticket: Ticket) -> None:
        """Let another one be tried; that this one was is remembered."""
        ticket.is_trial = False
        if self._under_way.get(ticket.partition) is ticket:
            del self._under_way[ticket.partition]

    def finish(self, ticket: Ticket) -> None:
        """End the trial of a record, under way or put aside."""
        self.put_aside(ticket)
        ticket.tried_at = None

    def finish_of(self, partitions: Iterable[Partition]) -> None:
        """End the trials of these: what they would say is of no use any more."""
        for ticket in self.of(partitions):
            self.finish(ticket)

    def forget(self, partitions: Iterable[Partition]) -> None:
        """End the trials of these, also those that were put aside."""
        for partition in partitions:
            self.finish_of((partition,))
            for ticket in partition.incomplete.values():
                ticket.tried_at = None


def chosen(
    partitions: Collection[Partition],
    heads: Mapping[TopicPartition, Record],
    ask: Questions,
) -> Ticket | None:
    """Return the record of some partitions that is to be tried next.

    Args:
        partitions: Which.
        heads: The first record of each partition that waits for its guard alone.
        ask: What is asked of a record.
    """
    found = [first(one, heads.get(one.name), ask) for one in partitions]
    return min((one for one in found if one is not None), key=turn, default=None)


def first(partition: Partition, head: Record | None, ask: Questions) -> Ticket | None:
    """Return the record of a partition that is to be tried next."""
    tried = []
    for ticket in candidates(partition, head, ask):
        if ticket.tried_at is None:
            return ticket
        tried.append(ticket)
    return min(tried, key=turn, default=None)


def candidates(
    partition: Partition, head: Record | None, ask: Questions
) -> Iterator[Ticket]:
    """Yield the records of a partition that may be tried and are not, in order.

    Behind one that is not mapped by today's set nothing is: that one may be about
    anybody.
    """
    if not partition.held:
        ticket = None if head is None else partition.incomplete.get(head.offset)
        if ticket is not None:
            yield ticket
        return
    for ticket in partition.incomplete.values():
        if ticket.letter_owed:
            continue
        if ticket.mapped is None:
            if ticket.record is head:
                yield ticket
            return
        if ask.is_stale(ticket):
            if not ticket.is_trial:
                yield ticket
            return
        if not ticket.is_trial and ask.leads(ticket):
            yield ticket


def turn(ticket: Ticket) -> tuple[float, int, TopicPartition, int]:
    """Return what the next to be tried has the least of: the longest ago, the oldest."""
    record, tried_at = ticket.record, ticket.tried_at
    when = NEVER if tried_at is None else tried_at
    return when, record.timestamp_ms, record.source, record.offset
