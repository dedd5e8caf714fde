"""Whom the records of a workload are about: a number for each profile, the same always."""

from __future__ import annotations

import itertools
import random

__all__ = ["HOT", "even", "hot", "without_hot", "zipf"]

SEED = 1
ZIPF_PROFILES = 100_000
ZIPF_EXPONENT = 1.1
HOT_SHARE = 0.1
HOT = 0  # the hot profile; the others of that workload have one record each


def even(count: int, profiles: int) -> list[int]:
    """Return `count` of so many profiles, each as likely as another."""
    chance = random.Random(SEED)  # noqa: S311 - the same records every time
    return [chance.randrange(profiles) for _ in range(count)]


def zipf(count: int) -> list[int]:
    """Return `count` of 100,000 profiles: the nth is drawn as often as 1 / n ** 1.1.

    The first profile has 13.5 % of the records, the first hundred 57 %.
    """
    weights = (1 / n**ZIPF_EXPONENT for n in range(1, ZIPF_PROFILES + 1))
    heaped = list(itertools.accumulate(weights))
    chance = random.Random(SEED)  # noqa: S311 - as above
    return chance.choices(range(ZIPF_PROFILES), cum_weights=heaped, k=count)


def hot(count: int) -> list[int]:
    """Return `count` of which a tenth are the hot profile, and all others distinct."""
    chance = random.Random(SEED)  # noqa: S311 - as above
    distinct = itertools.count(1)
    return [
        HOT if chance.random() < HOT_SHARE else next(distinct) for _ in range(count)
    ]


def without_hot(count: int) -> list[int]:
    """Return those of `hot` that are not the hot profile."""
    return [one for one in hot(count) if one != HOT]
