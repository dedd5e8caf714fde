"""Which value is the later one, for mappings with `order: event_time`.

Rules:
    - Decided is for each profile and attribute: a value is left out when one of a later
      `occurred_at` was *delivered*; of one and the same moment the later offset wins.
    - An item with nothing left is dropped (`stale`).
    - An item that says nothing of its moment, as that of a tombstone, has its record's
      timestamp.
    - Remembered are the profiles that were sent to most recently, in this process; of
      the others nothing is known, and what comes is sent. So readers who must know use
      `stamp`, which goes out in the same call.
    - Items ordered by offset are no part of this: they write over what is there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from consumer.model import Item, ProfileId, Record

__all__ = ["EventTime", "moment_of", "newest"]

NOTHING: Mapping[str, int] = {}


def moment_of(record: Record, item: Item) -> int:
    """Return when an item's action happened, Unix milliseconds."""
    known = item.occurred_at_ms
    return record.timestamp_ms if known is None else known


def newest(values: dict[str, str], moment: int, known: Mapping[str, int]) -> set[str]:
    """Return the names of those values that nothing later is known of."""
    return {name for name in values if known.get(name, moment) <= moment}


class EventTime:
    """What was delivered last, by its moment. Owned by the scheduler."""

    __slots__ = ("_known", "_profiles")

    def __init__(self, profiles: int) -> None:
        """Remember so many profiles."""
        self._known: OrderedDict[ProfileId, dict[str, int]] = OrderedDict()
        self._profiles = profiles

    def known(self, profile: ProfileId) -> Mapping[str, int]:
        """Return attribute to the moment of what was delivered last."""
        return self._known.get(profile, NOTHING)

    def is_stale(self, record: Record, item: Item) -> bool:
        """Tell whether nothing of an item is left to be sent."""
        known = self._known.get(item.profile)
        if known is None or not item.route.by_event_time:
            return False
        return not newest(item.attributes, moment_of(record, item), known)

    def note(self, record: Record, item: Item) -> None:
        """Note that an item was delivered, as far as it was not older than others."""
        known = self._known.get(item.profile)
        if known is None:
            known = self._known[item.profile] = {}
            if len(self._known) > self._profiles:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(item.profile)
        moment = moment_of(record, item)
        for name in item.attributes:
            if known.get(name, moment) <= moment:
                known[name] = moment
