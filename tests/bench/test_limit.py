"""The adaptive limit keeps its aims in some of its scenarios; the bench has them all."""

from __future__ import annotations

import pytest

from consumer.schedule.limit import AdaptiveLimit
from tests.bench.limit import LEAST_GOODPUT, MOST_REFUSED, Figures, main, measure
from tests.bench.limit_scenarios import SCENARIOS

# The best fixed limit lies on it, so it is not searched.
LADDERS = {
    "capacity 5": (5, 8),
    "429 beyond 30/s": (1, 2),
    "429 beyond 400/s, from 30 to 60 s 40/s": (27,),
    "no answer beyond 100 at once": (135,),
    "one profile takes 3 s, capacity 5": (5, 8),
    "503 from 20 to 40 s": (60,),
    "3.00% are refused, however few there are": (60,),
    "3 % are refused, and 429 beyond 400/s": (27,),
}


def figures(name: str) -> Figures:
    """Run a scenario with one seed."""
    (scenario,) = [one for one in SCENARIOS if one.name == name]
    return measure(scenario, (1,), LADDERS[name])


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", LADDERS)
def test_the_aims_are_met(name: str) -> None:
    """90 % of the best fixed limit's goodput, and at most 2 % refused once settled."""
    found = figures(name)
    assert found.goodput_share >= LEAST_GOODPUT
    assert found.missed == ()


def test_a_limit_that_does_not_adapt_misses_them() -> None:
    """The judge can say no: 64 at once where 30 calls a second are allowed."""
    found = figures("429 beyond 30/s")
    assert found.fixed.refused_share > MOST_REFUSED
    assert AdaptiveLimit(64).current < 64


@pytest.mark.parametrize("arguments", [["--only", "no such"], ["--seeds", "0"]])
def test_nothing_measured_is_no_aim_met(arguments: list[str]) -> None:
    """A name mistyped, or no seed, ends with 2 and not with all aims met."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
