"""Backoff and the retry budget."""

import random

import pytest

from consumer.schedule.policy import RetryPolicy
from consumer.schedule.retry import RetryBudget, backoff_seconds

POLICY = RetryPolicy()


@pytest.mark.parametrize(
    ("failures", "ceiling"),
    [(1, 0.2), (2, 0.4), (4, 1.6), (8, 25.6), (9, 30.0), (5_000, 30.0)],
)
def test_the_ceiling_doubles_up_to_the_cap(failures: int, ceiling: float) -> None:
    """The wait is a uniform share of 0.2 s doubled with each failure, 30 s at most."""
    assert ceiling / 2 == pytest.approx(backoff_seconds(POLICY, failures, lambda: 0.5))
    assert backoff_seconds(POLICY, failures, lambda: 0.0) == 0.0
    chance = random.Random(7)  # noqa: S311 - jitter
    waits = [backoff_seconds(POLICY, failures, chance.random) for _ in range(200)]
    assert 0 <= min(waits) < ceiling / 4
    assert ceiling * 3 / 4 < max(waits) < ceiling


def test_the_budget_is_full_at_the_start_and_runs_out() -> None:
    """There are at most twice as many retries at once as there may be calls."""
    budget = RetryBudget(2)
    assert [budget.spend(5.0) for _ in range(5)] == [True] * 4 + [False]


def test_the_budget_is_refilled_by_time_calls_and_deliveries() -> None:
    """One a second, a tenth of the calls, and what a delivered retry gives back."""
    budget = RetryBudget(1)
    assert budget.spend(0.0)
    assert budget.spend(0.0)
    assert budget.next_at(0.25) == pytest.approx(1.0)
    for _ in range(5):
        budget.note_call()
    assert budget.available(0.25) == 0
    assert budget.available(0.5) == 1
    assert budget.next_at(0.5) == 0.5
    budget.give_back()
    assert budget.available(0.5) == 2
    assert budget.available(100.0) == 2
    budget.note_call()
    assert budget.available(100.0) == 2


@pytest.mark.parametrize(
    ("limit", "tokens"), [(0.1, 2), (1.0, 2), (1.5, 3), (40.0, 80)]
)
def test_a_budget_is_bound_to_twice_the_limit_and_two_at_least(
    limit: float, tokens: int
) -> None:
    """What it holds beyond that is gone, and it fills up to that."""
    budget = RetryBudget(100)
    budget.bound(limit)
    assert budget.available(0.0) == tokens
    assert budget.available(9_999.0) == tokens
