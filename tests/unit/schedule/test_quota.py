"""The rolling 24 hours."""

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
