"""Which waiting items of a profile are sent in one call, and what that call says.

Rules:
    - Items are joined in the order of their shard, so those of one partition in offset
      order; of an attribute that several write the latest value is sent.
    - A work is formed when it is taken, from all that waits then: an item that waits for
      its retry is joined by those that came meanwhile.
    - What the target rejects is halved, and the halves are sealed: nothing joins them
      until the culprit stands alone. Newer items wait behind.
    - Items of a closed partition are passed by.

Theory of operation:
    The size of a work is that of its union, not of its items: a profile that writes the
    same attributes a thousand times is one small call. Each item is looked at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from consumer.schedule.entry import Entry, Shard
from consumer.schedule.policy import MergePolicy

__all__ = ["Gathered", "gather", "halves"]


class Gathered(NamedTuple):
    """What is sent in one call.

    Attributes:
        entries: The items, in the order of their shard; never empty.
        attributes: Name to value of their union.
    """

    entries: tuple[Entry, ...]
    attributes: dict[str, str]


def gather(shard: Shard, first: Entry, policy: MergePolicy) -> Gathered:
    """Return the work that begins with `first`, the first item that may go.

    A sealed half is taken whole, as far as its partitions are open: it was within the
    bounds when it was first sent.
    """
    own = first.item.attributes
    if len(shard.entries) == 1 or policy.items == 1:
        return Gathered((first,), own)
    return _joined(first, _followers(shard, first), policy)


def halves(entries: tuple[Entry, ...]) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """Return the two halves of a work of several items, the larger one first."""
    middle = (len(entries) + 1) // 2
    return entries[:middle], entries[middle:]


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


def _joined(first: Entry, followers: Iterable[Entry], policy: MergePolicy) -> Gathered:
    union, entries = dict(first.item.attributes), [first]
    left = policy.characters - _growth({}, union)
    for entry in followers:
        values = entry.item.attributes
        growth = _growth(union, values)
        is_full = growth > left or len(entries) >= policy.items
        if is_full and not entry.seal:
            break
        union.update(values)
        left -= growth
        entries.append(entry)
    return Gathered(tuple(entries), union)


def _growth(union: dict[str, str], values: dict[str, str]) -> int:
    """Return how many characters longer the union gets by these values."""
    return sum(
        len(value) - len(union[name]) if name in union else len(name) + len(value)
        for name, value in values.items()
    )
