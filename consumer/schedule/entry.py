"""What stands in a queue: an item with its history, and the queue of a profile."""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

import msgspec

from consumer.model import Item, ProfileId
from consumer.schedule.offsets import Ticket

__all__ = ["Entry", "Ranked", "Shard", "Trouble"]

# Rank, order of offering, and a number that keeps two hints of one entry from being
# compared by their entry.
Ranked: TypeAlias = "tuple[float, int, int, Entry]"


class Trouble(msgspec.Struct, eq=False):
    """What went wrong with one item, and what of it counts against the item.

    Attributes:
        first_failure: When it failed first, on the clock of `now`.
        last_failure: When it failed last.
        unwell_mark: The endpoint's unwell seconds at the last failure.
        refused: True when the last answer was a suspect one.
        refusals: Counted suspect answers.
        retries: Counted retry answers.
        counted_seconds: Counted time.
    """

    first_failure: float
    last_failure: float
    unwell_mark: float
    refused: bool = False
    refusals: int = 0
    retries: int = 0
    counted_seconds: float = 0.0


class Entry(msgspec.Struct, eq=False):
    """One item in its shard, or in flight.

    Attributes:
        item: The item.
        ticket: Its record.
        shard: Its shard.
        sequence: The order of offering.
        ready_at: When it became ready, or is again after a failure.
        rank: Its ready time less its class's head start; a retry keeps its place.
        waiting: True while it stands in its shard.
        hinted: True while a hint of it is kept anywhere.
        is_held: True while it waits in order to merge and was not taken along.
        attempts: Calls made for it.
        is_retry: True when its last call failed: the next one takes a token.
        unsure: Calls for it that may have been applied though they failed.
        seal: The half of a rejected work that it belongs to; 0 for none.
        trouble: What went wrong; None while nothing did.
    """

    item: Item
    ticket: Ticket
    shard: Shard
    sequence: int
    ready_at: float
    rank: float
    waiting: bool = True
    hinted: bool = True
    is_held: bool = False
    attempts: int = 0
    is_retry: bool = False
    unsure: int = 0
    seal: int = 0
    trouble: Trouble | None = None

    @property
    def is_refused(self) -> bool:
        """True when its last answer was a suspect one."""
        return self.trouble is not None and self.trouble.refused


class Shard(msgspec.Struct, eq=False):
    """The queue of one profile.

    Attributes:
        profile: Whose.
        entries: Waiting items; each partition's are in offset order.
        flying: The items in flight; empty when none are.
        sent_at: When they, or those before them, were taken.
        held_by: The item whose retry the shard waits for.
        claims: Hints that met the shard busy.
    """

    profile: ProfileId
    entries: deque[Entry] = msgspec.field(default_factory=deque)
    flying: tuple[Entry, ...] = ()
    sent_at: float = 0.0
    held_by: Entry | None = None
    claims: list[Ranked] = msgspec.field(default_factory=list)

    def first_open(self) -> Entry | None:
        """Return the first item that waits and whose partition is served, if any."""
        for entry in self.entries:
            if entry.ticket.partition.open:
                return entry
        return None

    def is_first(self, entry: Entry) -> bool:
        """Tell whether no other item of its partition waits before this one."""
        partition = entry.ticket.partition
        found = (one for one in self.entries if one.ticket.partition is partition)
        return next(found, None) is entry
