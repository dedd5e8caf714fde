"""How records end, each counted once, when it is settled (promise 8).

A record is `dead_lettered` if any item was given up; else `delivered` if any of its
items was the last of its work; else `merged` if any went out; a record without items,
or with none that was not dropped, is `skipped`.
"""

from __future__ import annotations

import msgspec

from consumer.model import (
    End,
    Failure,
    Item,
    Mapped,
    Record,
    Settlement,
    SkipReason,
)
from consumer.schedule.dispatch import Ended
from consumer.schedule.offsets import Ticket

__all__ = ["Ends", "ended_item", "rejection", "settlement", "with_done"]


class Ends(msgspec.Struct):
    """The counters. Owned by the scheduler.

    Attributes:
        consumed: Records admitted.
        delivered: Settled so.
        merged: Settled so.
        skipped: Settled so.
        dead_lettered: Settled so, once the letter was confirmed.
        released: Dropped when their partition was revoked or lost.
    """

    consumed: int = 0
    delivered: int = 0
    merged: int = 0
    skipped: int = 0
    dead_lettered: int = 0
    released: int = 0

    def count(self, end: End) -> None:
        """Count one record."""
        if end is End.DELIVERED:
            self.delivered += 1
        elif end is End.SKIPPED:
            self.skipped += 1
        elif end is End.DEAD_LETTERED:
            self.dead_lettered += 1
        else:
            self.merged += 1


def ended_item(ended: Ended) -> Ticket | None:
    """Note an item's final outcome; return its record's ticket if that was the last."""
    ticket = ended.entry.ticket
    if not ticket.partition.alive:
        return None
    ticket.open_items -= 1
    if ended.given_up is not None:
        ticket.given_up = ticket.given_up or ended.given_up
        ticket.undelivered += (ended.entry.item.profile,)
        ticket.partition.linger(ticket)  # its letter takes time; its profile goes on
    elif ended.is_last:
        ticket.last_of_work = True
    elif ended.is_stale:
        ticket.stale += (ended.entry.item.profile,)
    return None if ticket.open_items else ticket


def settlement(ticket: Ticket, mapped: Mapped) -> Settlement:
    """Return how a record ends whose items all have their outcome."""
    given_up = ticket.given_up
    if given_up is not None:
        undelivered = frozenset(ticket.undelivered)
        profiles = [item.profile for item in mapped.items]
        return Settlement(
            ticket.record,
            End.DEAD_LETTERED,
            mapped.mappings,
            None,
            given_up.failure,
            given_up.attempts,
            given_up.first_failure,
            given_up.last_failure,
            tuple(p.digest for p in profiles if p not in undelivered),
            mapped.items[0].route.mapping_set,
        )
    if not mapped.items:
        return Settlement(ticket.record, End.SKIPPED, mapped.mappings, mapped.skipped)
    if ticket.is_stale:
        return Settlement(ticket.record, End.SKIPPED, mapped.mappings, SkipReason.STALE)
    end = End.DELIVERED if ticket.last_of_work else End.MERGED
    made_by = mapped.items[0].route.mapping_set
    return Settlement(ticket.record, end, mapped.mappings, mapping_set=made_by)


def with_done(ticket: Ticket, mapped: Mapped) -> tuple[tuple[Item, ...], Mapped]:
    """Return what is to be sent of a record that was mapped anew, and its whole.

    What was delivered before is a part of the record and not sent again.
    """
    if not ticket.done:
        return mapped.items, mapped
    done = {item.profile for item in ticket.done}
    items = tuple([item for item in mapped.items if item.profile not in done])
    return items, Mapped((*items, *ticket.done), None, mapped.mappings)


def rejection(
    record: Record, failure: Failure, now: float, done: tuple[Item, ...] = ()
) -> Settlement:
    """Return how a record ends that became no items, or none but those delivered."""
    return Settlement(
        record,
        End.DEAD_LETTERED,
        failure.mappings,
        None,
        failure,
        0,
        now,
        now,
        tuple(item.profile.digest for item in done),
        failure.mapping_set,
    )
