"""Whether more calls at once make each of them slower.

Rules:
    - A round's median is compared with the base, which is the median with room to
      spare: up to 1.5 times the base, latency holds.
    - A slow round takes its own rise back. If the next is slow again, the limit is a
      quarter for one round, and a quarter of that as long as latency falls with it: what
      is measured then is the new base.
    - Where the limit is not used up, or is hardly more than one call, a slow round is no
      queue of ours: the target is slower, and that is the new base.

Theory of operation:
    By Little's law (calls at once = rate x latency) the best rate that was seen on the
    way down tells which limit gives 1.5 times the base. So a slower target is not
    starved, and the base cannot creep up under a steady queue. (Netflix
    concurrency-limits pull request 134: Gradient2 grows without bound.)

    A median of twenty answers strays by a tenth: one that is faster moves the base half
    of the way only, or the fastest of many would be the base.
"""

from __future__ import annotations

__all__ = ["Latency"]

FASTER, HOLDS, IS_SLOW = 0.75, 1.5, 2.0  # of the base
DOUBT_SECONDS = 10.0
TRIAL, LEAST_TRIAL = 0.25, 2.0
STILL_QUEUING = 0.4  # of the latency before a trial; 0.25 when all of it was queueing
NEVER = float("-inf")


class Latency:
    """What is known of an endpoint's latency. Owned by its limit.

    Attributes:
        base: The median in seconds with room to spare; None while nothing is known.
        holds: True while the limit may rise.
    """

    __slots__ = ("_tried_at", "_way_down", "base", "holds")

    def __init__(self) -> None:
        self.base: float | None = None
        self.holds = True
        self._tried_at = NEVER
        self._way_down: list[tuple[float, float]] = []  # limits and their medians

    @property
    def is_trying(self) -> bool:
        """True while the limit is low only to measure."""
        return bool(self._way_down)

    def forget_doubt(self) -> None:
        """Go on as if latency held: the limit fell for another reason."""
        self.holds = True
        self._way_down = []

    def end_trial(self) -> float:
        """Return the limit from before a trial in which nothing could be measured."""
        before, _ = self._way_down[0]
        self.forget_doubt()
        return before

    def judge(
        self, median: float, began: float, limit: float, now: float, *, is_full: bool
    ) -> float | None:
        """Judge a round; return the limit to go on with, None for the same.

        Args:
            median: Its median latency in seconds.
            began: The limit at its begin.
            limit: The limit at its end.
            now: The time.
            is_full: True when the limit was used up.
        """
        base = self.base
        if self._way_down:
            return self._judge_trial(median, limit, is_full=is_full)
        if base is None:
            self.base = median
        elif median < FASTER * base:
            self.base, self.holds = (base + median) / 2, True
        elif median <= HOLDS * base:
            self.holds = True
        elif self.holds:
            self.holds = False
            return began
        elif not is_full or limit <= LEAST_TRIAL:
            self.base, self.holds = median, True
        elif median > IS_SLOW * base or now >= self._tried_at + DOUBT_SECONDS:
            self._tried_at = now
            return self._try_less(median, limit)
        return None

    def _try_less(self, median: float, limit: float) -> float:
        self._way_down.append((limit, median))
        return max(LEAST_TRIAL, limit * TRIAL)

    def _judge_trial(self, median: float, limit: float, *, is_full: bool) -> float:
        _, slower = self._way_down[-1]
        if 0.0 < median < STILL_QUEUING * slower and limit > LEAST_TRIAL and is_full:
            return self._try_less(median, limit)
        before, _ = self._way_down[0]
        rate = max(limit / seconds for limit, seconds in self._way_down)
        self.forget_doubt()
        self.base = median
        return min(before, max(1.0, HOLDS * median * rate))
