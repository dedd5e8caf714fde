"""The limit comes back from a spell of trouble, not from a whole outage alone."""

from __future__ import annotations

import heapq
import random

import pytest

from consumer.schedule.limit import AdaptiveLimit, Sign

LATENCY_SECONDS = 0.05
DEMAND = 60.0  # calls in a second, of a target that bears any number when it is well
TROUBLE = (20.0, 28.0)
BACK_SECONDS = 30.0
ENOUGH = DEMAND * LATENCY_SECONDS  # Little's law


def limit_after(seed: int, ratio: float, seconds: float) -> float:
    """Return the limit so long after a spell in which `ratio` of the calls get 503."""
    chooser = random.Random(seed)  # noqa: S311 - repeatable, not secret
    limit = AdaptiveLimit(64)
    flying: list[tuple[float, int, float, bool]] = []
    waiting, number, now = 0.0, 0, 0.0
    while now < TROUBLE[1] + seconds:
        now += 0.005
        waiting += DEMAND * 0.005
        while flying and flying[0][0] <= now:
            ended, _, sent_at, fails = heapq.heappop(flying)
            limit.answered(sent_at, ended, Sign.OVERLOADED if fails else Sign.DELIVERED)
            waiting += fails
        while waiting >= 1 and limit.room(len(flying), now) > 0:
            waiting -= 1
            number += 1
            limit.sent(now)
            fails = TROUBLE[0] <= now < TROUBLE[1] and chooser.random() < ratio
            heapq.heappush(flying, (now + LATENCY_SECONDS, number, now, fails))
    return limit.current


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_half_a_failure_is_over_soon_after_its_end(seed: int) -> None:
    """Bug: eight seconds in which half of the calls failed held all back for minutes."""
    assert limit_after(seed, 0.5, BACK_SECONDS) >= ENOUGH
