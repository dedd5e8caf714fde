"""Which mapping used how many calls of any rolling 24 hours, and whether it may go on.

Rules:
    - A call that several mappings made together is charged to them in equal parts.
    - All calls are charged, also while no mapping has a share of its own: one that is
      set takes account of the day before.
    - A mapping whose share is used up may go on when calls of it leave the window.

Theory of operation:
    As `quota`, in buckets of one minute. Parts are whole millionths of a call, so that
    what leaves the window is just what came into it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from consumer.schedule.quota import BUCKET_SECONDS, WINDOW_SECONDS

__all__ = ["Charges"]

CALL = 1_000_000  # a call has so many parts


class Charges:
    """The calls of each mapping, as this process made them. Owned by the pipeline.

    Attributes:
        shares: Mapping to the calls that it may make in any rolling 24 hours; those
            that are not in it may make any.
    """

    def __init__(self) -> None:
        self.shares: Mapping[str, int] = {}
        self._buckets: deque[tuple[int, dict[str, int]]] = deque()
        self._used: dict[str, int] = {}

    def spend(self, mappings: tuple[str, ...], now: float) -> None:
        """Charge a call that goes out at `now` to the mappings that made it."""
        number = int(now // BUCKET_SECONDS)
        if not self._buckets or self._buckets[-1][0] != number:
            self._forget(now)
            self._buckets.append((number, {}))
        bucket, used = self._buckets[-1][1], self._used
        part = CALL // len(mappings)
        for mapping in mappings:
            bucket[mapping] = bucket.get(mapping, 0) + part
            used[mapping] = used.get(mapping, 0) + part

    def spent(self, mappings: tuple[str, ...], now: float) -> str | None:
        """Return the first mapping that has not its part of one more call left."""
        for mapping in mappings:
            if mapping in self.shares and not self.may_go_on(
                mapping, now, len(mappings)
            ):
                return mapping
        return None

    def may_go_on(self, mapping: str, now: float, together: int = 1) -> bool:
        """Tell whether a mapping may make a call, with so many others or alone."""
        share = self.shares.get(mapping)
        if share is None:
            return True
        self._forget(now)
        return self._used.get(mapping, 0) + CALL // together <= share * CALL

    def used(self, now: float) -> dict[str, float]:
        """Return the calls of each mapping in the window that ends at `now`."""
        self._forget(now)
        return {mapping: parts / CALL for mapping, parts in self._used.items()}

    def frees_at(self, mapping: str) -> float | None:
        """Return when the oldest calls of a mapping leave the window; None for none."""
        for number, bucket in self._buckets:
            if mapping in bucket:
                return leaves_at(number)
        return None

    def _forget(self, now: float) -> None:
        buckets, used = self._buckets, self._used
        while buckets and leaves_at(buckets[0][0]) <= now:
            for mapping, parts in buckets.popleft()[1].items():
                used[mapping] -= parts
                if not used[mapping]:
                    del used[mapping]


def leaves_at(number: int) -> float:
    """Return when the calls of a minute leave the window."""
    return (number + 1) * BUCKET_SECONDS + WINDOW_SECONDS
