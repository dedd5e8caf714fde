"""Seeded histories: the same rules, many and long.

Run one alone: `python -m tests.property.histories SEED [STEPS]`.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from typing import TypeVar

from tests.property.rules import begin, step
from tests.property.world import World

__all__ = ["STEPS", "history"]

STEPS = 200

T = TypeVar("T")


class Seeded:
    """Draws from a seed; see `rules.Draw`."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a history, not a secret

    def one(self, of: Sequence[T]) -> T:
        """Return one of these."""
        return of[int(self._random.random() * len(of))]

    def number(self, low: int, high: int) -> int:
        """Return a number from `low` to `high`, both included."""
        return low + int(self._random.random() * (high - low + 1))


def history(seed: int, steps: int = STEPS) -> World:
    """Play one history to its end and return the world.

    Raises:
        AssertionError: A promise is broken, or the model says something else.
    """
    world, draw = World(), Seeded(seed)
    try:
        begin(world, draw)
        for _ in range(steps):
            step(world, draw)
        world.finish()
    except AssertionError as error:
        error.add_note(f"python -m tests.property.histories {seed} {steps}")
        raise
    return world


if __name__ == "__main__":
    history(*map(int, sys.argv[1:3]))
