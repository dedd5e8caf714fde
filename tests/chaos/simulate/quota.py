"""Promise 7: never more calls than the quota in any rolling day."""

from __future__ import annotations

from bisect import bisect_left

from tests.chaos.simulate.standing import Standing
from tests.chaos.simulate.verdict import Verdict

__all__ = ["judge_quota"]

DAY_SECONDS = 86_400.0


def judge_quota(
    verdict: Verdict, standing: Standing, now: float, calls_per_day: int
) -> None:
    """Count a call, and all of the day that ends with it."""
    times = standing.call_times
    times.append(now)
    of_the_day = len(times) - bisect_left(times, now - DAY_SECONDS)
    if of_the_day > calls_per_day:
        verdict.broken(7, f"{standing.name} makes {of_the_day} calls in a day")
