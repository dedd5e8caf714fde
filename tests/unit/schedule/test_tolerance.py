"""What is pardoned, and how it is found out whether load makes trouble."""

from __future__ import annotations

import pytest

from consumer.schedule.tolerance import TOLERATED_SECONDS, Tolerance, Verdict

HALF, WHOLE = 20.0, 40.0
LATE_SECONDS, BASE_SECONDS = 0.02, 0.05
ANSWER_SECONDS = 0.002


def fallen() -> Tolerance:
    """Return what judges at half of a limit that was borne."""
    tolerance = Tolerance()
    tolerance.note_borne(WHOLE)
    assert tolerance.fall(17.0, 0.0, LATE_SECONDS, BASE_SECONDS) == HALF
    assert tolerance.is_judging
    return tolerance


def judged(
    tolerance: Tolerance, limit: float, now: float, *, every: int
) -> tuple[Verdict, float]:
    """Answer until there is a verdict, one in `every` badly; 0 for none.

    Raises:
        AssertionError: There is none.
    """
    for number in range(1, 10_000):
        now += ANSWER_SECONDS
        is_bad = every > 0 and number % every == 0
        verdict = tolerance.judge(limit, now, is_bad=is_bad)
        if verdict is not None:
            return verdict, now
    raise AssertionError("no verdict")


def pardoned(tolerance: Tolerance) -> int:
    """Return how many that come together are pardoned."""
    found = 0
    while tolerance.pardons(is_known=True):
        found += 1
    return found


def test_two_that_come_together_are_pardoned_and_more_come_with_what_is_accepted() -> (
    None
):
    """Three in four hundred, and not more of them saved up."""
    tolerance = Tolerance()
    assert pardoned(tolerance) == 2
    for _ in range(200):
        tolerance.note_accepted()
    assert pardoned(tolerance) == 2
    for _ in range(60):
        tolerance.note_accepted()
    assert pardoned(tolerance) == 0


def test_beyond_what_was_borne_each_counts_twice() -> None:
    """There it is more likely that load made it."""
    tolerance = Tolerance()
    assert tolerance.pardons(is_known=False)
    assert not tolerance.pardons(is_known=False)


def test_a_small_fall_is_not_judged() -> None:
    """Only half of what was borne tells load from what it did not make."""
    tolerance = Tolerance()
    tolerance.note_borne(WHOLE)
    assert tolerance.fall(35.0, 0.0, LATE_SECONDS, BASE_SECONDS) == 35.0
    assert not tolerance.is_judging


def test_trouble_that_ends_at_half_was_made_by_load() -> None:
    """The usual case: the target bears what it bore."""
    tolerance = fallen()
    verdict, _ = judged(tolerance, HALF, 0.0, every=0)
    assert verdict is Verdict.NO_MORE
    assert not tolerance.is_judging


def test_more_than_half_is_nothing_to_find_out() -> None:
    """There is too much even here; where nothing is accepted it is an outage."""
    verdict, _ = judged(fallen(), HALF, 0.0, every=1)
    assert verdict is Verdict.NO_MORE
    tolerance = fallen()
    tolerance.judge(HALF, 1.0, is_bad=False)
    verdict, _ = judged(tolerance, HALF, 1.0, every=1)
    assert verdict is Verdict.TOO_MUCH


@pytest.mark.peer("Vector #21725")
@pytest.mark.parametrize("every", [100, 33, 10, 4])
def test_what_is_as_frequent_at_half_is_tolerated(every: int) -> None:
    """And half as much again: one sick server behind a balancer slows nothing."""
    tolerance = fallen()
    verdict, now = judged(tolerance, HALF, 0.0, every=every)
    assert verdict is Verdict.RETURN
    verdict, now = judged(tolerance, WHOLE, now, every=every)
    assert verdict is Verdict.NO_LOAD
    for number in range(1, 5_000):
        if number % every:
            tolerance.note_accepted()
        else:
            assert tolerance.pardons(is_known=False)


def test_what_is_tolerated_is_forgotten() -> None:
    """After five minutes the sick server may be gone."""
    tolerance = fallen()
    _, now = judged(tolerance, HALF, 0.0, every=10)
    _, now = judged(tolerance, WHOLE, now, every=10)
    tolerance.end_round(now + TOLERATED_SECONDS - 1.0)
    assert pardoned(tolerance) > 2
    for _ in range(200):
        tolerance.note_accepted()
    tolerance.end_round(now + TOLERATED_SECONDS + 1.0)
    assert pardoned(tolerance) == 2


def test_what_grows_with_the_return_is_load() -> None:
    """Also if it was there at half: nothing of it is tolerated."""
    tolerance = fallen()
    _, now = judged(tolerance, HALF, 0.0, every=50)
    verdict, _ = judged(tolerance, WHOLE, now, every=2)
    assert verdict is Verdict.LOAD
    assert pardoned(tolerance) <= 2


def test_load_that_comes_on_top_hides_not_what_was_there_before() -> None:
    """A tenth at half and a fifth at the whole: load would have made half of all bad."""
    tolerance = fallen()
    _, now = judged(tolerance, HALF, 0.0, every=10)
    verdict, _ = judged(tolerance, WHOLE, now, every=5)
    assert verdict is Verdict.LOAD
    assert pardoned(tolerance) > 2


def test_answers_to_what_was_sent_before_are_not_counted() -> None:
    """A time-out tells so late that the first seconds would look well."""
    tolerance = Tolerance()
    tolerance.note_borne(WHOLE)
    tolerance.fall(17.0, 0.0, 2.0, BASE_SECONDS)
    for number in range(900):
        assert tolerance.judge(HALF, number * ANSWER_SECONDS, is_bad=False) is None
    verdict, now = judged(tolerance, HALF, 2.0, every=20)
    assert verdict is Verdict.RETURN
    assert now >= 4.0
