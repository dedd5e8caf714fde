"""The adaptive limit by itself: its rules, one by one."""

from __future__ import annotations

import pytest

from consumer.schedule.limit import FLOOR, START, AdaptiveLimit, Sign

LATENCY_SECONDS = 0.05


def round_trip(
    limit: AdaptiveLimit, now: float, sign: Sign = Sign.DELIVERED, *, idle: int = 0
) -> tuple[float, int]:
    """Send as much as the limit allows, less `idle`; answer it all; return time, calls."""
    calls = max(0, limit.room(0, now) - idle)
    for _ in range(calls):
        limit.sent(now)
    if not idle:
        assert limit.room(calls, now) <= 1
    done = now + LATENCY_SECONDS
    for _ in range(calls):
        limit.answered(now, done, sign)
    return done, calls


def grown(most: int = 100, rounds: int = 30) -> tuple[AdaptiveLimit, float]:
    """Return a limit after rounds in which everything was well, and the time."""
    limit, now = AdaptiveLimit(most), 0.0
    for _ in range(rounds):
        now, _ = round_trip(limit, now)
    return limit, now


@pytest.mark.parametrize(("most", "start"), [(1, 1), (4, 4), (10, 10), (500, START)])
def test_it_starts_at_ten_calls_or_at_its_bound(most: int, start: float) -> None:
    """A target that is not known yet is not flooded."""
    assert AdaptiveLimit(most).current == start


@pytest.mark.peer("Vector #7371")
def test_it_doubles_in_a_round_trip_until_something_tells_it_otherwise() -> None:
    """Not at one call for each round trip (Vector #7371)."""
    limit, now = AdaptiveLimit(1_000), 0.0
    sizes = []
    for _ in range(5):
        sizes.append(limit.current)
        now, _ = round_trip(limit, now)
    assert limit.current >= 16 * sizes[0]


def test_it_stays_below_its_bound() -> None:
    """However well all goes."""
    limit, _ = grown(most=37)
    assert limit.current == 37


def test_it_does_not_rise_while_it_is_not_used_up() -> None:
    """What was not tried out is not known."""
    limit, now = AdaptiveLimit(100), 0.0
    for _ in range(20):
        now, _ = round_trip(limit, now, idle=4)
    assert limit.current == START


@pytest.mark.peer("Vector #21725")
def test_one_refusal_in_a_hundred_is_pardoned() -> None:
    """One slow profile among thousands lowers nothing (Vector #21725)."""
    limit, now = grown()
    before = limit.current
    limit.sent(now)
    limit.answered(now, now + 10.0, Sign.OVERLOADED)
    assert limit.current == before


def test_it_falls_once_for_each_round_trip() -> None:
    """Sixty refusals of calls that were out together are one piece of news."""
    limit, now = grown()
    before = limit.current
    for _ in range(60):
        limit.sent(now)
    for _ in range(60):
        limit.answered(now, now + 0.1, Sign.OVERLOADED)
    assert 0.5 * before < limit.current < before


def test_it_falls_harder_while_no_round_is_without_trouble() -> None:
    """Down to a floor above nought: one call now and then asks whether it is better."""
    limit, now = grown()
    for _ in range(60):
        now = max(now, limit.next_due(0, now) or now)
        now, _ = round_trip(limit, now, Sign.OVERLOADED)
    assert limit.current == FLOOR
    due = limit.next_due(0, now)
    assert due is not None
    assert now < due <= now + 10.0
    assert limit.room(0, now) == 0
    assert limit.room(0, due) == 1


@pytest.mark.peer("Netflix #137")
def test_calls_that_all_end_after_the_time_out_are_no_sign_to_send_more() -> None:
    """Netflix concurrency-limits #137: the limit ran to its bound in such an outage."""
    limit, now = grown(most=1_000, rounds=3)
    before = limit.current
    for _ in range(10):
        now = max(now, limit.next_due(0, now) or now)
        calls = limit.room(0, now)
        for _ in range(calls):
            limit.sent(now)
        for _ in range(calls):
            limit.answered(now, now + 10.0, Sign.OVERLOADED)
        now += 10.0
    assert limit.current < before / 8


def test_answers_to_calls_from_before_a_fall_are_old_news() -> None:
    """They neither raise it nor lower it again."""
    limit, now = grown()
    for _ in range(3):
        limit.sent(now)
        limit.answered(now, now + 0.1, Sign.OVERLOADED)
    fallen = limit.current
    limit.answered(now - 1.0, now + 0.2, Sign.DELIVERED)
    limit.answered(now - 1.0, now + 0.2, Sign.OVERLOADED)
    assert limit.current == fallen


def test_what_says_nothing_moves_nothing() -> None:
    """A refused connection, an answer that is not the target's."""
    limit, now = grown()
    before = limit.current
    for _ in range(50):
        limit.sent(now)
        limit.answered(now, now + 9.0, Sign.OTHER)
    assert limit.current == before


def test_after_an_outage_it_begins_anew() -> None:
    """What was found out in it says nothing of what comes."""
    limit, now = grown()
    for _ in range(40):
        now, _ = round_trip(limit, now, Sign.OVERLOADED)
        now = max(now, limit.next_due(0, now) or now)
    limit.restart(now)
    assert limit.current == 1
    for _ in range(12):
        now = max(now, limit.next_due(0, now) or now)
        now, _ = round_trip(limit, now)
    assert limit.current > START


@pytest.mark.parametrize("sign", [Sign.DELIVERED, Sign.OVERLOADED])
def test_answers_of_one_moment_are_no_division_by_nought(sign: Sign) -> None:
    """A clock may stand still for a while, and an answer come at once."""
    limit = AdaptiveLimit(1_000)
    for moment in range(40):
        now = 10.0 * moment
        for number in range(limit.room(0, now)):
            limit.sent(now)
            is_first = number == 0
            limit.answered(now, now, Sign.DELIVERED if is_first else sign)
    assert FLOOR <= limit.current <= 1_000


@pytest.mark.parametrize("sign", [Sign.DELIVERED, Sign.OVERLOADED])
def test_answers_to_calls_from_before_an_outage_are_no_news_after_it(
    sign: Sign,
) -> None:
    """Bug: late time-outs kept the limit at one, late deliveries raised it at once."""
    limit, now = grown()
    for _ in range(20):
        limit.sent(now)
    limit.restart(now + 1.0)
    for _ in range(20):
        limit.answered(now, now + 2.0, sign)
    assert limit.current == 1
    now += 2.0
    for _ in range(12):
        now = max(now, limit.next_due(0, now) or now)
        now, _ = round_trip(limit, now)
    assert limit.current > START


def test_a_trial_in_which_all_is_rejected_ends() -> None:
    """Bug: a rejection is no measure, and the limit stayed at a quarter."""
    limit, now = AdaptiveLimit(64), 0.0
    flying: list[tuple[float, float]] = []
    is_trial = False
    after = []
    while now < 120.0:
        now += 0.01
        while flying and flying[0][0] <= now:
            _, sent_at = flying.pop(0)
            is_trial = is_trial or (now > 10.0 and limit.current == 16.0)
            limit.answered(sent_at, now, Sign.REJECTED if is_trial else Sign.DELIVERED)
        for _ in range(limit.room(len(flying), now)):
            limit.sent(now)
            flying.append((now + (0.1 if now < 10.0 else 0.5), now))
        if is_trial:
            after.append(limit.current)
    assert after[0] == 16.0
    assert after[-1] == 64.0
