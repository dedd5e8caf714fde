"""The scheduler and the dead letters against a plain model, on random histories.

The same rules twice: seeded histories, many and long, and Hypothesis, which makes a
broken one short.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.property.histories import history
from tests.property.rules import begin, step
from tests.property.world import STATES, World

T = TypeVar("T")

HISTORIES = 300
MANY = 10
BROKEN_ONCE = (99_391, 99_874, 100_497, 5_001_421, 102_972, 8_800_457)
FIRST_SEED = 20_261_126
MOST_STEPS = 50


class Drawn:
    """Draws from Hypothesis; see `rules.Draw`."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def one(self, of: Sequence[T]) -> T:
        """Return one of these."""
        return of[self.number(0, len(of) - 1)]

    def number(self, low: int, high: int) -> int:
        """Return a number from `low` to `high`, both included."""
        return self._data.draw(st.integers(low, high))


@pytest.mark.timeout(120)
def test_seeded_histories() -> None:
    """Promises 1 to 5, 8 and 10, the books at each step, every profile in the end.

    What is worth a history was reached, many times.
    """
    reached: Counter[str] = Counter()
    for number in range(HISTORIES):
        reached += history(FIRST_SEED + number).reached
    assert {name for name in STATES if reached[name] >= MANY} == STATES


@pytest.mark.parametrize("seed", BROKEN_ONCE)
def test_histories_that_were_broken_once(seed: int) -> None:
    """Each was one of thousands with fresh seeds."""
    assert history(seed).reached


@pytest.mark.timeout(120)
@given(data=st.data(), steps=st.integers(0, MOST_STEPS))
@settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_drawn_histories(data: st.DataObject, steps: int) -> None:
    """The same; the first that is broken is made as short as it can be."""
    world, draw = World(), Drawn(data)
    begin(world, draw)
    for _ in range(steps):
        step(world, draw)
    world.finish()
