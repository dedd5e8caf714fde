"""Whether more calls make each of them slower."""

from __future__ import annotations

from consumer.schedule.latency import Latency

BASE_SECONDS = 0.05


def known() -> Latency:
    """Return one that knows its base."""
    latency = Latency()
    assert latency.judge(BASE_SECONDS, 10.0, 10.0, 0.0, is_full=True) is None
    assert latency.base == BASE_SECONDS
    return latency


def test_the_first_slow_round_takes_its_rise_back() -> None:
    """And the limit rises no further until latency holds again."""
    latency = known()
    assert latency.judge(0.09, 20.0, 30.0, 1.0, is_full=True) == 20.0
    assert not latency.holds
    assert latency.judge(0.06, 20.0, 20.0, 2.0, is_full=True) is None
    assert latency.holds


def test_the_second_tries_a_quarter_and_finds_the_limit_by_littles_law() -> None:
    """A queue of ours: with a quarter of the calls each takes its base again."""
    latency = known()
    latency.judge(0.2, 40.0, 50.0, 1.0, is_full=True)
    assert latency.judge(0.2, 40.0, 40.0, 2.0, is_full=True) == 10.0
    # 40 calls in 0.2 s and 10 in 0.05 s are the same 200 a second.
    assert latency.judge(0.05, 10.0, 10.0, 3.0, is_full=True) == 2.5
    found = latency.judge(0.05, 2.5, 2.5, 4.0, is_full=True)
    assert found == 1.5 * 0.05 * 200
    assert not latency.is_trying
    assert latency.holds


def test_a_target_that_became_slower_is_not_starved() -> None:
    """At a quarter it is as slow: that is the new base, and the limit comes back."""
    latency = known()
    latency.judge(0.2, 40.0, 40.0, 1.0, is_full=True)
    latency.judge(0.2, 40.0, 40.0, 2.0, is_full=True)
    assert latency.judge(0.2, 10.0, 10.0, 3.0, is_full=True) == 40.0
    assert latency.base == 0.2


def test_where_the_limit_is_not_used_up_it_is_no_queue_of_ours() -> None:
    """A slow round is the target's own."""
    latency = known()
    latency.judge(0.2, 40.0, 40.0, 1.0, is_full=False)
    assert latency.judge(0.2, 40.0, 40.0, 2.0, is_full=False) is None
    assert latency.base == 0.2
    assert latency.holds


def test_one_fast_round_moves_the_base_half_of_the_way() -> None:
    """Or the fastest of many rounds would be the base, and all others slow."""
    latency = known()
    latency.judge(0.03, 10.0, 10.0, 1.0, is_full=True)
    assert latency.base == 0.04
