"""Whether a replay would put an older value over a newer one."""

from __future__ import annotations

import msgspec
import pytest

from consumer.deliver.fetch import (
    NO_PROFILE,
    Fetched,
    FetchedAttribute,
    FetchedProfile,
)
from consumer.letters.letter import Letter, opened
from consumer.letters.staleness import Stale, Why, failed_ms, stale
from consumer.model import IdKind, Outcome, OutcomeKind, ProfileId
from tests.unit.letters.kit import letter, origin, stored

WHO = ProfileId(IdKind.THIRD_PARTY_ID, "C-1")
WANTED = {WHO: {"x": "new", "y": "same"}}
FAILED = 10_000


def read(first_failure: float | None = 10.0, timestamp_ms: int = 5) -> Letter:
    """Return a letter that first failed then, of a record of that time."""
    record = msgspec.structs.replace(origin(), timestamp_ms=timestamp_ms)
    [one] = stored([letter(record, first_failure=first_failure)])
    found = opened(one)
    assert found is not None
    return found


def held(**attributes: tuple[str, int | None]) -> FetchedProfile:
    """Return what Target holds: values, and when they were written."""
    return FetchedProfile(
        {name: FetchedAttribute(*found) for name, found in attributes.items()}, 99_000
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (held(x=("old", FAILED - 1), y=("same", FAILED + 1)), []),
        (held(x=("old", FAILED)), []),
        (held(x=("old", FAILED + 1)), [Stale("x", Why.LATER, FAILED + 1)]),
        (held(x=("new", FAILED + 1)), []),
        (held(x=("old", None)), [Stale("x", Why.UNREADABLE)]),
        (held(x=("new", None)), []),
        (held(z=("other", FAILED + 1)), []),
        (NO_PROFILE, []),
        (
            Outcome(OutcomeKind.REJECTED, "invalid_id"),
            [Stale("x", Why.UNREADABLE), Stale("y", Why.UNREADABLE)],
        ),
    ],
)
def test_what_is_newer(found: Fetched, expected: list[Stale]) -> None:
    """Another value that was written later, or of which nobody knows when."""
    assert stale(WANTED, {WHO: found}, FAILED) == expected


def test_a_profile_that_was_not_asked_for_is_unreadable() -> None:
    """Nothing is taken for fresh because nobody looked."""
    assert [one.why for one in stale(WANTED, {}, FAILED)] == [Why.UNREADABLE] * 2


def test_without_a_time_of_failure_any_other_value_is_unreadable() -> None:
    """It cannot be said what is later than nothing."""
    found = stale(WANTED, {WHO: held(x=("old", 1), y=("same", 1))}, None)
    assert found == [Stale("x", Why.UNREADABLE, 1)]


def test_the_first_failure_is_the_letters_own() -> None:
    """Else it is the record's own time, which is earlier; else nobody knows it."""
    assert failed_ms(read()) == FAILED
    assert failed_ms(read(first_failure=None)) == 5
    assert failed_ms(read(first_failure=None, timestamp_ms=-1)) is None
    naive = read()
    said = {**naive.said, "first-failure": "2026-03-01T12:00:00"}
    without_zone = Letter(origin=naive.origin, said=said, has_payload=True)
    assert failed_ms(without_zone) == 5
