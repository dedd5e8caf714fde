"""The rolling 24 hours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.model import PauseReason
from consumer.schedule.quota import BUCKET_SECONDS, WINDOW_SECONDS, Quota

DAY = WINDOW_SECONDS


def test_calls_come_back_a_day_after_they_were_made() -> None:
    """A call is free again once its minute is 24 hours old, not before."""
    quota = Quota(2)
    quota.spend(10.0)
    quota.spend(70.0)
    assert quota.left(80.0) == 0
    assert quota.left(DAY + 59.9) == 0
    assert quota.left(DAY + 60.0) == 1
    assert quota.left(DAY + 120.0) == 2


def test_a_quota_that_is_gone_is_a_pause_with_a_way_out() -> None:
    """The pause names the quota and when the next call is allowed."""
    quota = Quota(1)
    assert quota.pauses(0.0) == ()
    quota.spend(30.0)
    (pause,) = quota.pauses(60.0)
    assert pause.reason is PauseReason.QUOTA
    assert pause.ends_when == "calls leave the rolling window in 86400 s"


def test_used_forgets_what_is_old() -> None:
    """`used` counts the window only."""
    quota = Quota(10)
    quota.spend(0.0)
    quota.spend(DAY / 2)
    assert quota.used(DAY / 2) == 2
    assert quota.used(DAY + BUCKET_SECONDS) == 1


@pytest.mark.peer("kafka-connect-http clescot #387")
@given(
    st.integers(1, 5),
    st.lists(st.floats(0, 20_000, allow_nan=False), max_size=60),
)
def test_no_window_ever_holds_more_than_the_quota(
    limit: int, gaps: list[float]
) -> None:
    """However calls are spread, any 24 hours hold at most the quota."""
    quota, now, made = Quota(limit), 0.0, []
    for gap in gaps:
        now += gap
        if quota.left(now) > 0:
            quota.spend(now)
            made.append(now)
    for end in made:
        assert sum(1 for at in made if end - WINDOW_SECONDS < at <= end) <= limit


def test_the_forecast_says_when_nothing_is_left() -> None:
    """At the rate of the last hour; at a rate that the day allows, never."""
    quota = Quota(1_000)
    assert quota.runs_out_at(0.0) is None
    for _ in range(100):
        quota.spend(1_800.0)
    # 100 an hour, and 900 are left.
    assert quota.runs_out_at(1_800.0) == pytest.approx(1_800.0 + 9 * 3_600.0)
    assert quota.runs_out_at(9 * 3_600.0) is None  # nothing in the last hour


def test_the_forecast_counts_what_leaves_the_window() -> None:
    """A day's even use that fits never runs out, however much of it is used."""
    quota = Quota(1_500)
    for minute in range(1_440):
        quota.spend(minute * 60.0)
    now = 1_440 * 60.0
    assert quota.used(now) == 1_440
    assert quota.runs_out_at(now) is None
    for _ in range(30):  # half as much again in the last hour
        quota.spend(now)
    out = quota.runs_out_at(now)
    assert out is not None
    assert out > now


def test_a_quota_that_is_gone_runs_out_now() -> None:
    """Whether calls are being made or not."""
    quota = Quota(1)
    quota.spend(0.0)
    assert quota.runs_out_at(10.0) == 10.0
    assert quota.runs_out_at(7_200.0) == 7_200.0
