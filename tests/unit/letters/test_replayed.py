"""What is left to send, and what the next letter says."""

from __future__ import annotations

from consumer.letters.letter import Letter
from consumer.letters.replayed import again, left, letter_in, taken
from consumer.model import (
    End,
    Failure,
    IdKind,
    Item,
    Mapped,
    ProfileId,
    Route,
    Settlement,
    SkipReason,
    Stage,
)
from tests.unit.letters.kit import PLACE, letter, origin, stored

A, B = ProfileId(IdKind.PC_ID, "a"), ProfileId(IdKind.PC_ID, "b")
BOTH = Mapped(
    items=tuple(Item(one, {"x": "1"}, Route(mappings=("loans",))) for one in (A, B)),
    skipped=None,
    mappings=("loans",),
)


def read(delivered: tuple[str, ...] = ()) -> Letter:
    """Return a letter as it is read on the replay topic."""
    [record] = stored([letter(delivered=delivered)])
    found = taken(record, "loans", "g")
    assert isinstance(found, Letter)
    return found


def test_items_of_delivered_profiles_are_left_out() -> None:
    """By their digest, whatever else the mappings make of them today."""
    assert left(BOTH, read()) is BOTH
    found = left(BOTH, read((A.digest,)))
    assert [item.profile for item in found.items] == [B]
    assert found.skipped is None


def test_nothing_left_is_skipped() -> None:
    """With its own reason; a record that is skipped anyway keeps the one it has."""
    every = read((A.digest, B.digest))
    found = left(BOTH, every)
    assert (found.items, found.skipped, found.mappings) == (
        *((), SkipReason.DELIVERED),
        ("loans",),
    )
    when = Mapped(items=(), skipped=SkipReason.WHEN, mappings=("loans",))
    assert left(when, every) is when


def test_the_next_letter_is_of_the_same_record() -> None:
    """It knows each profile once that was delivered in any try."""
    before = read((A.digest,))
    [record] = stored([letter()])
    failure = Failure(Stage.DELIVER, "http_400", "no")
    ended = Settlement(
        record, End.DEAD_LETTERED, failure=failure, delivered=(B.digest, A.digest)
    )
    found = again(ended, before)
    assert found.record is before.origin
    assert found.delivered == (A.digest, B.digest)
    assert (found.failure, found.end) == (failure, End.DEAD_LETTERED)


def test_what_is_not_ours_is_refused() -> None:
    """Another source, another group, and no letter at all."""
    [record] = stored([letter()])
    for one, topic, group in (
        (record, "visits", "g"),
        (record, "loans", "h"),
        (origin(), "loans", "g"),
    ):
        assert letter_in(one, topic, group) is None
        found = taken(one, topic, group)
        assert isinstance(found, Failure)
        assert (found.stage, found.code) == (Stage.DECODE, "no_letter")
        assert topic in found.message


def test_a_letter_without_its_value_is_refused() -> None:
    """It is a letter all the same, so that the next one has its coordinates."""
    [record] = stored([letter(max_bytes=1)])
    found = taken(record, "loans", "g")
    assert isinstance(found, Failure)
    assert found.code == "payload_omitted"
    same = letter_in(record, "loans", "g")
    assert same is not None
    assert (same.coordinates, same.has_payload) == (PLACE, False)
