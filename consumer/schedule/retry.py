"""How long a failed work waits, and how many retries there may be.

The budget keeps retries from multiplying the load on a target that is already in
trouble: they are at most a tenth of all calls and one a second, beyond a first burst.
"""

from __future__ import annotations

from collections.abc import Callable

from consumer.schedule.policy import RetryPolicy

__all__ = ["RetryBudget", "backoff_seconds"]

REFILL_PER_CALL = 0.1
REFILL_PER_SECOND = 1.0
MAX_DOUBLINGS = 64  # 2.0 ** 1024 overflows; the cap is reached long before this
ROUNDING = 1e-9  # ten tenths are a whole token


def backoff_seconds(
    policy: RetryPolicy, failures: int, random: Callable[[], float]
) -> float:
    """Return the wait before the next try, in seconds, with full jitter.

    Full jitter ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015): a
    uniform share of the ceiling, so that works that failed together do not return
    together.

    Args:
        policy: Base and cap.
        failures: How many tries have failed, from 1.
        random: A number in [0, 1).
    """
    doublings = min(failures - 1, MAX_DOUBLINGS)
    return random() * min(policy.cap_seconds, policy.base_seconds * 2.0**doublings)


class RetryBudget:
    """A bucket of retries for one endpoint. Owned by that endpoint.

    It holds at most twice the concurrency limit, is full at the start, and is refilled
    by a tenth of the calls and by one a second; a delivered retry gives its token back.
    """

    __slots__ = ("_at", "_capacity", "_tokens")

    def __init__(self, max_in_flight: int) -> None:
        self._capacity = 2.0 * max_in_flight
        self._tokens = self._capacity
        self._at = 0.0

    def bound(self, limit: float) -> None:
        """Hold at most twice as many as calls may be made at once, and at least two."""
        self._capacity = max(2.0, 2.0 * limit)
        self._tokens = min(self._tokens, self._capacity)

    def note_call(self) -> None:
        """Refill for one call made."""
        if self._tokens < self._capacity:
            self._add(REFILL_PER_CALL)

    def give_back(self) -> None:
        """Return the token of a retry that was delivered, or was not sent after all."""
        self._add(1.0)

    def available(self, now: float) -> int:
        """Return how many retries there may be now."""
        if self._tokens < self._capacity:
            self._add((now - self._at) * REFILL_PER_SECOND)
        self._at = now
        return int(self._tokens + ROUNDING)

    def spend(self, now: float) -> bool:
        """Take one token; False when there is none."""
        if self.available(now) < 1:
            return False
        self._tokens -= 1.0
        return True

    def next_at(self, now: float) -> float:
        """Return when there is a token at the latest, if no call is made meanwhile."""
        if self.available(now) >= 1:
            return now
        return now + (1.0 - self._tokens) / REFILL_PER_SECOND

    def _add(self, tokens: float) -> None:
        self._tokens = min(self._capacity, self._tokens + tokens)
