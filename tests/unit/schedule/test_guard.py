"""When a guard trips, how it is probed, and what closes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.schedule.guard import (
    LEAST_RECORDS,
    PASSES,
    WINDOW_RECORDS,
    Guard,
    GuardKind,
    GuardName,
    GuardPolicy,
)

NAME = GuardName(GuardKind.MAPPING, "loan-funded")


def guard_of(**rules: float) -> Guard:
    """Return a guard whose policy is the default but for what is given."""
    return Guard(NAME, GuardPolicy(**rules))  # type: ignore[arg-type]  # a count is an int


def fed(guard: Guard, course: str, now: float = 5.0) -> list[int]:
    """Feed a course, `x` for a rejected record; return which of them tripped it."""
    tripped = []
    for number, letter in enumerate(course):
        if letter == "x":
            if guard.reject("bad", now):
                tripped.append(number)
        else:
            guard.accept()
    return tripped


def test_as_many_in_a_row_trip_it() -> None:
    """The tenth rejected record in a row, and not nine beside one that was accepted."""
    assert fed(guard_of(), "x" * 9 + "." + "x" * 9) == []
    assert fed(guard_of(), "." * 500 + "x" * 10) == [509]


def test_more_than_half_of_the_last_hundred_trip_it() -> None:
    """Half of them do not; one more does."""
    half = guard_of()
    assert fed(half, ".x" * 200) == []
    assert fed(half, "x") == [0]  # an accepted one leaves the window


def test_a_few_records_are_no_ratio() -> None:
    """At low volume the first record, if it is bad, is not all of them."""
    one_in_nine = "xxxxxxxx." * 2
    assert len(one_in_nine) < LEAST_RECORDS
    assert fed(guard_of(), one_in_nine) == []
    assert fed(guard_of(), one_in_nine + "xxxx") == [LEAST_RECORDS - 1]


def test_what_left_the_window_does_not_count() -> None:
    """Rejected records of long ago are forgotten."""
    guard = guard_of()
    assert fed(guard, "xxxxxxxx...") == []
    assert fed(guard, "." * WINDOW_RECORDS + "x.x.") == []
    assert len(guard._rejected) == 2


def test_rules_may_be_switched_off() -> None:
    """A ratio of one never trips; a guard that is not enabled never does."""
    patient = guard_of(max_rejected_ratio=1, max_consecutive=1_000_000)
    assert fed(patient, "x" * 5_000) == []
    off = guard_of(enabled=False, max_consecutive=1)
    assert fed(off, "x" * 5_000) == []
    assert len(off._rejected) <= WINDOW_RECORDS


def test_a_tripped_guard_says_since_when_and_why() -> None:
    """It is open until it is closed; what is rejected meanwhile trips it no more."""
    guard = guard_of(max_consecutive=2, probe_seconds=30)
    assert not guard.is_open
    assert fed(guard, "xx", now=7.0) == [1]
    assert (guard.is_open, guard.since, guard.code, guard.trips) == (
        True,
        7.0,
        "bad",
        1,
    )
    assert guard.probe_at == 37.0
    assert fed(guard, "xxxx", now=8.0) == []
    assert (guard.since, guard.trips) == (7.0, 1)


def test_three_probes_in_a_row_that_pass_close_it() -> None:
    """One that fails waits again, and those before it prove nothing."""
    guard = guard_of(max_consecutive=1, probe_seconds=30)
    fed(guard, "x", now=0.0)
    guard.pass_probe(30.0)
    assert (guard.probe_at, guard.has_passed) == (30.0, False)  # the next at once
    guard.fail_probe("worse", 31.0)
    assert (guard.probe_at, guard.code, guard.passes) == (61.0, "worse", 0)
    for number in range(PASSES):
        assert not guard.has_passed
        guard.pass_probe(61.0 + number)
    assert guard.has_passed
    guard.close()
    assert not guard.is_open
    assert not guard.has_passed


def test_a_closed_guard_begins_anew() -> None:
    """What tripped it is of the past: the next series is counted from nothing."""
    guard = guard_of()
    fed(guard, "x" * 10)
    guard.close()
    assert fed(guard, "x" * 9) == []
    assert fed(guard, "x") == [0]
    assert guard.trips == 2


@pytest.mark.parametrize(
    ("between", "expected"), [(WINDOW_RECORDS - 2, True), (WINDOW_RECORDS - 1, False)]
)
def test_it_knows_whether_the_target_refused_any(between: int, expected: bool) -> None:  # noqa: FBT001
    """One of the last hundred records; a rule's refusal is none of the target's."""
    guard = guard_of(max_consecutive=1, max_rejected_ratio=1)
    guard.reject("http_400", 0.0, by_target=True)
    before = guard.is_refused
    guard.close()
    assert (before, guard.is_refused) == (True, False)
    patient = guard_of(max_consecutive=2, max_rejected_ratio=1)
    patient.reject("http_400", 0.0, by_target=True)
    fed(patient, "." * (between - 1) + "xx")
    assert (patient.is_open, patient.is_refused) == (True, expected)
    patient.reject("http_400", 0.0, by_target=True)
    after = patient.is_refused
    assert after


@pytest.mark.parametrize(
    "rules",
    [
        {"max_rejected_ratio": 0.0},
        {"max_rejected_ratio": 1.1},
        {"max_consecutive": 0},
        {"probe_seconds": 0.0},
    ],
)
def test_rules_that_cannot_be_are_refused(rules: dict[str, float]) -> None:
    """A guard that would be open for ever, or never probed, cannot be made."""
    with pytest.raises(ValueError, match=next(iter(rules))):
        guard_of(**rules)


def test_a_name_is_said_as_a_person_says_it() -> None:
    """In a log and in `/status`."""
    assert str(NAME) == "mapping loan-funded"
    assert str(GuardName(GuardKind.TOPIC, "loans")) == "topic loans"


@given(
    st.lists(st.booleans(), max_size=400),
    st.floats(0.1, 1.0),
    st.integers(1, 30),
)
def test_it_trips_just_when_the_rule_says(
    course: list[bool], ratio: float, most: int
) -> None:
    """Against the rule's own words, on random courses."""
    guard = guard_of(max_rejected_ratio=ratio, max_consecutive=most)
    for end, accepted in enumerate(course, 1):
        last = course[max(0, end - WINDOW_RECORDS) : end]
        too_many = len(last) >= LEAST_RECORDS and last.count(False) > ratio * len(last)
        in_a_row = not any(course[max(0, end - most) : end]) and end >= most
        if accepted:
            guard.accept()
            continue
        assert guard.reject("bad", 0.0) is (too_many or in_a_row)
        if guard.is_open:
            return
