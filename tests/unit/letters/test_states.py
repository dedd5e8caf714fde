"""Which letters are open, replayed or resolved."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from consumer.letters.letter import Coordinates
from consumer.letters.marker import Marker, MarkerKind, marker_in
from consumer.letters.states import Entry, Register, State
from consumer.settle import DeadLetter
from tests.unit.letters.kit import GROUP, PLACE, letter, marker, origin, stored

LOANS = ("loans",)


def register(*written: DeadLetter) -> Register:
    """Return a register of what was written, in that order."""
    found = Register(GROUP)
    for record in stored(written):
        found.add(record)
    return found


def states(*written: DeadLetter) -> list[State]:
    """Return the state of each record that has letters, by its place."""
    return [entry.state for entry in register(*written).entries()]


def test_a_letter_is_open_until_it_is_marked() -> None:
    """Its entry says where it is, why, and since when."""
    [entry] = register(letter()).entries()
    assert entry == Entry(
        coordinates=PLACE,
        place=stored([letter()])[0].source,
        offset=0,
        written_ms=0,
        replays=0,
        stage="mapping",
        reason="missing",
        mappings=LOANS,
        schema="id 7",
        has_payload=True,
        letters=1,
        state=State.OPEN,
        marker=None,
    )
    assert entry.letter == "g.loans.dead-letters:3:0"


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (MarkerKind.REPLAYED, State.REPLAYED),
        (MarkerKind.RESOLVED, State.RESOLVED),
    ],
)
def test_a_marker_closes_it(kind: MarkerKind, state: State) -> None:
    """Wherever it stands."""
    assert states(letter(), marker(kind)) == [state]
    assert states(marker(kind), letter()) == [state]


def test_one_that_failed_again_is_open_again() -> None:
    """A marker closes letters up to its `replays`, and none of a later replay."""
    failed = (letter(), marker(replays=0), letter(replays=1, reason="http_400"))
    [entry] = register(*failed).entries()
    assert (entry.state, entry.reason, entry.replays) == (State.OPEN, "http_400", 1)
    assert (entry.letters, entry.offset) == (2, 2)
    assert states(*failed, marker(MarkerKind.RESOLVED, replays=1)) == [State.RESOLVED]
    assert states(*failed, marker(replays=0)) == [State.OPEN]


def test_a_letter_written_twice_is_one() -> None:
    """A lost answer, or a record that was read again, makes no second entry."""
    [entry] = register(letter(), letter(reason="http_400")).entries()
    assert (entry.letters, entry.reason, entry.offset) == (2, "http_400", 1)


def test_a_late_repeat_of_an_earlier_try_tells_nothing() -> None:
    """The letter with most replays is the newest, whatever stands behind it."""
    [entry] = register(letter(replays=1, reason="http_400"), letter()).entries()
    assert (entry.replays, entry.reason, entry.letters) == (1, "http_400", 2)


def test_the_newest_of_several_markers_counts() -> None:
    """One that was replayed and resolved afterwards is resolved."""
    both = (marker(MarkerKind.REPLAYED), marker(MarkerKind.RESOLVED))
    assert states(letter(), *both) == [State.RESOLVED]
    assert states(letter(), *reversed(both)) == [State.REPLAYED]
    older = marker(MarkerKind.REPLAYED, replays=0)
    newer = marker(MarkerKind.RESOLVED, replays=1)
    assert states(letter(replays=1), newer, older) == [State.RESOLVED]


def test_a_topic_that_was_made_anew_has_other_records() -> None:
    """The same offset with another timestamp is not closed by an old marker."""
    again = Coordinates(PLACE.topic, PLACE.partition, PLACE.offset, 1_800_000_000_000)
    assert states(letter(), marker(), letter(origin(again))) == [
        State.REPLAYED,
        State.OPEN,
    ]


def test_other_groups_and_strangers_are_left_alone() -> None:
    """In a topic that several groups share, each sees its own."""
    stranger = DeadLetter("t", 0, None, b"", ())
    found = register(letter(group="other"), letter(), marker(group="other"), stranger)
    [entry] = found.entries()
    assert (entry.state, found.others, found.strangers) == (State.OPEN, 1, 1)


def test_entries_come_by_the_place_of_their_record() -> None:
    """So that what is sent again keeps the order of its partition."""
    places = [Coordinates("a", 1, n, 0) for n in (9, 2)] + [Coordinates("a", 0, 5, 0)]
    found = register(*(letter(origin(place)) for place in places)).entries()
    assert [(e.coordinates.partition, e.coordinates.offset) for e in found] == [
        *((0, 5), (1, 2)),
        (1, 9),
    ]


@pytest.mark.parametrize(
    ("value", "headers", "schema"),
    [
        (b"\0\0\0\0\x07event", (), "id 7"),
        (b"event", (("__value_schema_id", b"\0\0\0\0\x09"),), "id 9"),
        (b"\xc3\x01" + bytes(8) + b"x", (), "fingerprint 0000000000000000"),
        (b"event", (), ""),
        (None, (), "tombstone"),
    ],
)
def test_the_schema_is_what_the_bytes_name(
    value: bytes | None, headers: Sequence[tuple[str, bytes]], schema: str
) -> None:
    """By whatever framing; bytes that name none have none."""
    [entry] = register(letter(origin(value=value, headers=tuple(headers)))).entries()
    assert entry.schema == schema


def test_a_marker_is_read_back_as_it_was_written() -> None:
    """Its key is readable, its value is empty and no tombstone."""
    written = marker(MarkerKind.RESOLVED, replays=3, note="publisher told, ü")
    assert (written.key, written.value) == (b"loans:3:41", b"")
    [record] = stored([written])
    assert marker_in(record) == Marker(
        coordinates=PLACE,
        kind=MarkerKind.RESOLVED,
        replays=3,
        group=GROUP,
        at="2026-03-01T12:00:00Z",
        note="publisher told, ü",
    )


@pytest.mark.parametrize(
    "header",
    [
        ("dead-letter-marker", b"lost"),
        ("dead-letter-replays", b"-1"),
        ("dead-letter-reason", b"missing"),
    ],
)
def test_what_says_otherwise_is_no_marker(header: tuple[str, bytes]) -> None:
    """A word that no marker has, or the headers of a letter, close nothing."""
    [record] = stored([marker()])
    headers = (*record.headers, header)
    assert marker_in(msgspec.structs.replace(record, headers=headers)) is None


def test_a_letter_is_no_marker() -> None:
    """Even when its record brought a header of that name."""
    forged = (("dead-letter-version", b"1"), ("dead-letter-marker", b"resolved"))
    [record] = stored([letter(origin(headers=forged))])
    assert marker_in(record) is None
    assert states(letter(origin(headers=forged))) == [State.OPEN]
