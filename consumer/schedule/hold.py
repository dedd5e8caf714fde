"""How long an item is held back in order to merge.

Rules:
    - `merge: window` always holds an item for its `send_within`; `merge: eager` only
      while calls are short, which is when the quota would run out at the present rate.
    - The time counts from the earlier of the offer and the broker's timestamp, so a
      restart, or a lag, does not hold anything a second time.
    - At three quarters of a held bound, or while a partition is not fetched because of
      one, holding ends: the items with the least time left become ready. What is held
      then can merge with nothing new.
    - `send_within` bounds the holding; it promises no delivery.
"""

from __future__ import annotations

from consumer.model import Record, Route

__all__ = ["ready_at"]


def ready_at(
    record: Record, route: Route, now: float, wall_ms: int, *, is_short: bool
) -> float:
    """Return when an item is ready, on the clock of `now`; not later than it says.

    Args:
        record: What the item was born of.
        route: What its mappings say.
        now: The time, monotonic seconds.
        wall_ms: The time of day, Unix milliseconds; what the broker's is compared with.
        is_short: True while calls are short.
    """
    if not (route.send_within_seconds and (route.window or is_short)):
        return now
    known = record.timestamp_ms >= 0
    age_seconds = max(0, wall_ms - record.timestamp_ms) / 1000 if known else 0.0
    return now + route.send_within_seconds - age_seconds
