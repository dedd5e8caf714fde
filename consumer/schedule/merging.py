"""Which waiting items of a profile are sent in one call, and what that call says.

Rules:
    - Items are joined in the order of their shard, so those of one partition in offset
      order; of an attribute that several write the latest value is sent: the latest in
      that order, or in time where their mapping says so (`event_time`).
    - A work is formed when it is taken, from all that waits then: an item that waits for
      its retry is joined by those that came meanwhile.
    - What the target rejects is halved, and the halves are sealed: nothing joins them
      until the culprit stands alone. Newer items wait behind.
    - The first cut is between what may have been applied together before and what joined
      it since: less of it, sent alone, would take the profile back to a value that it
      has left.
    - Items of a closed partition are passed by.

Theory of operation:
    The size of a work is that of its union, not of its items: a profile that writes the
    same attributes a thousand times is one small call. Each item is looked at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from consumer.schedule.entry import Entry, Shard
from consumer.schedule.event_time import EventTime, moment_of, newest
from consumer.schedule.policy import MergePolicy

__all__ = ["Gathered", "gather", "halves"]


class Gathered(msgspec.Struct, frozen=True, gc=False):
    """What is sent in one call.

    Attributes:
        entries: The items, in the order of their shard; never empty.
        attributes: Name to value of their union.
    """

    entries: tuple[Entry, ...]
    attributes: dict[str, str]


def gather(
    shard: Shard, first: Entry, policy: MergePolicy, event_time: EventTime
) -> Gathered:
    """Return the work that begins with `first`, the first item that may go.

    A sealed half is taken whole, as far as its partitions are open: it was within the
    bounds when it was first sent.
    """
    alone = len(shard.entries) == 1 or policy.items == 1
    if alone and not first.item.route.by_event_time:
        return Gathered((first,), first.item.attributes)
    union = Union(event_time.known(shard.profile))
    changes = union.changes(first)
    union.add(first, changes, union.growth(changes))
    entries = [first]
    for entry in () if alone else _followers(shard, first):
        changes = union.changes(entry)
        growth = union.growth(changes)
        is_full = (
            len(entries) >= policy.items
            or union.characters + growth > policy.characters
        )
        if is_full and not entry.seal:
            break
        union.add(entry, changes, growth)
        entries.append(entry)
    return Gathered(tuple(entries), union.attributes)


def halves(entries: tuple[Entry, ...]) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """Return the two parts of a work of several items.

    They are cut behind the last item that was in more calls of unsure end than the last
    of all; when there is none, in the middle, and the first part is the larger one.
    """
    fewest = entries[-1].unsure
    middle = (len(entries) + 1) // 2
    places = range(len(entries) - 1, 0, -1)
    cut = next((n for n in places if entries[n - 1].unsure > fewest), middle)
    return entries[:cut], entries[cut:]


def _followers(shard: Shard, first: Entry) -> Iterable[Entry]:
    """Yield what may join `first`: open items behind it, as far as the seal goes."""
    entries = iter(shard.entries)
    for entry in entries:
        if entry is first:
            break
    for entry in entries:
        if entry.ticket.partition.open:
            if entry.seal != first.seal:
                return
            yield entry


class Union:
    """The attributes of one work under way. Owned by `gather`.

    Attributes:
        attributes: Name to value of what was added.
        characters: Length of its names and values.
    """

    __slots__ = ("_moments", "attributes", "characters")

    def __init__(self, known: Mapping[str, int]) -> None:
        """Begin with nothing; `known` are the moments of what was delivered."""
        self.attributes: dict[str, str] = {}
        self.characters = 0
        self._moments = known

    def changes(self, entry: Entry) -> dict[str, str]:
        """Return what an item would write: all, or what nothing later is known of."""
        item = entry.item
        if not item.route.by_event_time:
            return item.attributes
        values, moment = item.attributes, moment_of(entry.ticket.record, item)
        names = newest(values, moment, self._moments)
        return {name: value for name, value in values.items() if name in names}

    def growth(self, changes: dict[str, str]) -> int:
        """Return how many characters longer it gets by these."""
        own, growth = self.attributes, 0
        for name, value in changes.items():  # no generator: it is half of merging
            growth += (
                len(value) - len(own[name]) if name in own else len(name) + len(value)
            )
        return growth

    def add(self, entry: Entry, changes: dict[str, str], growth: int) -> None:
        """Write an item's changes over what is there; it gets so much longer."""
        self.characters += growth
        self.attributes.update(changes)
        if entry.item.route.by_event_time:
            moment = moment_of(entry.ticket.record, entry.item)
            self._moments = {**self._moments, **dict.fromkeys(changes, moment)}
