"""The rolling quota: so many calls in any window, counted to the second."""

import math
from collections import deque

__all__ = ["Quota"]


class Quota:
    """Counts admitted calls over a rolling window. Owned by the event loop.

    "1 000 000 updates in any rolling 24 h" (profile-single-api.md). A call leaves the
    window when it is as old as the window is long; ages are rounded to whole seconds,
    never in the caller's favour.
    """

    def __init__(self, limit: int, window_seconds: float) -> None:
        self.limit = limit
        self.window_seconds = window_seconds
        self._seconds: deque[list[int]] = deque()  # [second, calls in it]
        self._used = 0

    def admit(self, now: float) -> bool:
        """Count a call at `now`, Unix seconds, unless the quota is used up."""
        self._forget(now)
        if self._used >= self.limit:
            return False
        second = int(now)
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1][1] += 1
        else:
            self._seconds.append([second, 1])
        self._used += 1
        return True

    def used(self, now: float) -> int:
        """Return how many calls the window holds."""
        self._forget(now)
        return self._used

    def wait_seconds(self, now: float) -> int:
        """Return after how many whole seconds a call would be admitted."""
        self._forget(now)
        if self._used < self.limit or not self._seconds:
            return 0
        return max(1, math.ceil(self._seconds[0][0] + 1 + self.window_seconds - now))

    def _forget(self, now: float) -> None:
        edge = now - self.window_seconds
        while self._seconds and self._seconds[0][0] + 1 <= edge:
            self._used -= self._seconds.popleft()[1]
