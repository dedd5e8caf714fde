"""Calls allowed in any rolling 24 hours, counted in buckets of one minute.

    "The Single Profile Update API is limited to 1 million updates in any rolling
    24-hour period." (Adobe Target developer guide, Single Profile Update API)

A bucket leaves the window only when its last second is 24 hours old, so the count is
never below the truth: at most one minute's calls are counted too long.
"""

from __future__ import annotations

import itertools
from collections import deque

from consumer.model import Pause, PauseReason

__all__ = ["WINDOW_SECONDS", "Quota"]

WINDOW_SECONDS = 86_400.0
BUCKET_SECONDS = 60.0
RATE_SECONDS = 3_600.0


class Quota:
    """Our share of the account's calls, as this process has used it.

    Owned by the pipeline's loop.

    Attributes:
        calls_per_day: Calls allowed in any rolling 24 hours.
    """

    def __init__(self, calls_per_day: int) -> None:
        self.calls_per_day = calls_per_day
        self._buckets: deque[list[int]] = deque()  # [bucket number, calls]
        self._used = 0

    def left(self, now: float) -> int:
        """Return how many calls may still be made at `now` (seconds, monotonic)."""
        self._forget(now)
        return self.calls_per_day - self._used

    def spend(self, now: float) -> None:
        """Count one call that goes out at `now`, whatever becomes of it."""
        number = int(now // BUCKET_SECONDS)
        buckets = self._buckets
        if buckets and buckets[-1][0] == number:
            buckets[-1][1] += 1
        else:
            self._forget(now)
            buckets.append([number, 1])
        self._used += 1

    def pauses(self, now: float) -> tuple[Pause, ...]:
        """Name the pause when nothing is left, and when the next call is allowed."""
        if self.left(now) > 0:
            return ()
        freed_at = self._leaves_at(self._buckets[0][0])
        return (
            Pause(
                reason=PauseReason.QUOTA,
                scope="single",
                since=self._buckets[-1][0] * BUCKET_SECONDS,
                ends_when=f"calls leave the rolling window in {freed_at - now:.0f} s",
            ),
        )

    def used(self, now: float) -> int:
        """Return the calls counted in the window that ends at `now`."""
        self._forget(now)
        return self._used

    def runs_out_at(self, now: float) -> float | None:
        """Return when nothing is left at the rate of the last hour; None if never.

        What leaves the window meanwhile is free again; calls to come stay in it for all
        of the 24 hours that are looked ahead.
        """
        self._forget(now)
        oldest = (now - RATE_SECONDS) // BUCKET_SECONDS
        recent = itertools.takewhile(lambda b: b[0] >= oldest, reversed(self._buckets))
        rate = sum(calls for _, calls in recent) / RATE_SECONDS
        used = self._used
        for number, calls in self._buckets:
            leaves = self._leaves_at(number) - now
            if used + rate * leaves >= self.calls_per_day:
                break
            used -= calls
        if used + rate * WINDOW_SECONDS < self.calls_per_day:
            return None
        return now + max(0.0, self.calls_per_day - used) / rate if rate else now

    def _forget(self, now: float) -> None:
        buckets = self._buckets
        while buckets and self._leaves_at(buckets[0][0]) <= now:
            self._used -= buckets.popleft()[1]

    def _leaves_at(self, number: int) -> float:
        return (number + 1) * BUCKET_SECONDS + WINDOW_SECONDS
