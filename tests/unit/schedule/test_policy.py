"""The frozen rules."""

from collections.abc import Callable

import pytest

from consumer.schedule.policy import RetryPolicy, SchedulePolicy


def test_the_defaults_are_the_documented_ones() -> None:
    """An operator who sets nothing gets what the configuration table says."""
    policy = SchedulePolicy()
    assert (
        policy.held_records,
        policy.held_bytes,
        policy.membership_lease_seconds,
    ) == (10_000, 64 * 2**20, 20.0)
    assert RetryPolicy() == policy.retry


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: RetryPolicy(base_seconds=-1), "at least 0"),
        (lambda: RetryPolicy(cap_seconds=0.1), "at least base_seconds"),
        (lambda: RetryPolicy(max_attempts=0), "at least 1"),
        (lambda: RetryPolicy(give_up_after_seconds=-1), "give_up_after_seconds"),
        (lambda: SchedulePolicy(held_records=0), "positive"),
        (lambda: SchedulePolicy(membership_lease_seconds=0), "lease"),
        (lambda: SchedulePolicy(resume_ratio=1.5), "between 0 and 1"),
    ],
)
def test_rules_that_cannot_be_are_refused(
    make: Callable[[], object], says: str
) -> None:
    """An illegal policy cannot exist."""
    with pytest.raises(ValueError, match=says):
        make()
