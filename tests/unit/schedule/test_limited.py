"""The adaptive limit in the scheduler: what is taken, and what moves it."""

from __future__ import annotations

import pytest

from consumer.model import DELIVERED, UNSENT, FaultKind, Outcome, OutcomeKind
from consumer.schedule.endpoint import sign_of
from consumer.schedule.limit import START, Sign
from consumer.schedule.policy import SchedulePolicy
from tests.unit.schedule.desk import REFUSED, REJECTED, RETRY, Desk

ADAPTIVE = SchedulePolicy(adaptive=True, membership_lease_seconds=9_999.0)
THROTTLED = Outcome(OutcomeKind.RETRY, "http_429", status=429)


def filled(count: int, most: int = 64) -> Desk:
    """Return a desk with so many profiles waiting."""
    desk = Desk(
        SchedulePolicy(
            adaptive=True, max_in_flight=most, membership_lease_seconds=9_999.0
        )
    )
    for offset in range(count):
        desk.put(offset, f"p{offset}")
    return desk


def test_no_more_is_taken_than_the_limit_allows() -> None:
    """It starts at ten, whatever room the caller has."""
    desk = filled(50)
    works = desk.scheduler.take(50, 0.0)
    assert len(works) == START
    assert desk.scheduler.statistics().limit == START
    assert desk.scheduler.take(50, 0.0) == []
    desk.answer(works[0], DELIVERED, now=0.1)
    assert 1 <= len(desk.scheduler.take(50, 0.1)) <= 3


def test_it_rises_while_it_is_used_up_and_calls_are_as_fast_as_ever() -> None:
    """Up to the configured bound, not beyond it."""
    desk = filled(5_000, most=40)
    now = 0.0
    for _ in range(60):
        works = desk.scheduler.take(1_000, now)
        assert desk.scheduler.take(1_000, now) == []  # it is used up
        now += 0.05
        for work in works:
            desk.answer(work, DELIVERED, now=now)
    assert desk.scheduler.statistics().limit == 40


def test_it_falls_when_the_target_asks_for_less() -> None:
    """And may fall below one: then one call now and then, and it says when."""
    desk = filled(2_000)
    now = 0.0
    for _ in range(40):
        works = desk.scheduler.take(1_000, now)
        now += 0.1
        for work in works:
            desk.answer(work, THROTTLED, now=now)
        now = max(now, desk.scheduler.next_due(now) or now)
        desk.renew(now)
    assert desk.scheduler.statistics().limit < 1
    (work,) = desk.scheduler.take(1_000, now + 60.0)
    desk.answer(work, DELIVERED, now=now + 60.1)
    due = desk.scheduler.next_due(now + 60.1)
    assert due is not None
    assert due > now + 60.1
    assert desk.scheduler.take(1_000, now + 60.1) == []


def test_an_unsent_work_says_nothing_of_the_target() -> None:
    """Its slot is free again, and the limit stays where it was."""
    desk = filled(50)
    for work in desk.scheduler.take(50, 0.0):
        desk.answer(work, UNSENT)
    assert desk.scheduler.statistics().limit == START
    assert len(desk.scheduler.take(50, 0.0)) == START


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (DELIVERED, Sign.DELIVERED),
        (REJECTED, Sign.REJECTED),
        (Outcome(OutcomeKind.REJECTED, "bad_id"), Sign.OTHER),  # our own encoder's
        (THROTTLED, Sign.OVERLOADED),
        (Outcome(OutcomeKind.RETRY, "http_503", status=503), Sign.OVERLOADED),
        (Outcome(OutcomeKind.RETRY, "http_420", status=420), Sign.OVERLOADED),
        (Outcome(OutcomeKind.RETRY, FaultKind.TIMEOUT), Sign.OVERLOADED),
        (Outcome(OutcomeKind.RETRY, FaultKind.CONNECT), Sign.OTHER),
        (RETRY, Sign.OTHER),
        (REFUSED, Sign.OTHER),
        (UNSENT, Sign.OTHER),
    ],
)
def test_what_an_outcome_says_of_the_load(outcome: Outcome, expected: Sign) -> None:
    """429, 420, 503 and time-outs say that it is too much."""
    assert sign_of(outcome) is expected


@pytest.mark.peer("Vector #8470")
def test_the_wait_for_a_retry_after_is_no_latency() -> None:
    """A call's time counts from when it is taken, and none is taken in the wait."""
    desk = filled(500)
    now = 0.0
    for _ in range(3):
        for work in desk.scheduler.take(100, now):
            desk.answer(work, DELIVERED, now=now + 0.05)
        now += 0.05
    held = Outcome(OutcomeKind.RETRY, "http_429", "", 60.0, 429)
    desk.answer(desk.take_one(now), held, now=now + 0.05)
    before = desk.scheduler.statistics().limit
    assert desk.scheduler.take(100, now + 1.0) == []
    now += 61.0
    for _ in range(5):
        works = desk.scheduler.take(100, now)
        assert works
        for work in works:
            desk.answer(work, DELIVERED, now=now + 0.05)
        now += 0.05
    assert desk.scheduler.statistics().limit >= before


def test_the_budget_of_retries_follows_the_limit() -> None:
    """It holds at most twice as many as calls may be made at once."""
    desk = filled(200)
    works = desk.scheduler.take(100, 0.0)
    for work in works:
        desk.answer(work, THROTTLED, now=0.1)
    budget = desk.scheduler._dispatch.endpoint.budget
    assert budget.available(99_999.0) <= 2 * START
