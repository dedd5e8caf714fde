"""The rolling quota."""

from hypothesis import given
from hypothesis import strategies as st

from consumer.sandbox.quota import Quota

WINDOW = 10.0


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(0, 5))
def test_no_window_holds_more_than_the_quota(steps: list[float], limit: int) -> None:
    """In any window there are at most as many admitted calls as the quota says."""
    quota = Quota(limit, WINDOW)
    now = 1000.0
    admitted = []
    for step in steps:
        now += step
        if quota.admit(now):
            admitted.append(now)
        assert sum(1 for at in admitted if at > now - WINDOW) <= limit


@given(st.lists(st.floats(0, 5), max_size=60))
def test_the_hint_is_right(steps: list[float]) -> None:
    """After the time that it names, a call is admitted."""
    quota = Quota(2, WINDOW)
    now = 1000.0
    for step in steps:
        now += step
        if not quota.admit(now):
            now += quota.wait_seconds(now)
            assert quota.admit(now)


def test_used_and_wait() -> None:
    """A quota that is not used up asks nobody to wait."""
    quota = Quota(2, WINDOW)
    quota.admit(1000.0)
    assert (quota.used(1000.0), quota.wait_seconds(1000.0)) == (1, 0)
    quota.admit(1000.5)
    assert (quota.used(1000.5), quota.wait_seconds(1000.5)) == (2, 11)
    assert quota.used(1011.0) == 0
