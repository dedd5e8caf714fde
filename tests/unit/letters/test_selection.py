"""Which letters a person means."""

from __future__ import annotations

import pytest

from consumer.letters.letter import Coordinates
from consumer.letters.marker import MarkerKind
from consumer.letters.selection import Place, Selection, grouped
from consumer.letters.states import Entry, Register, State
from tests.unit.letters.kit import GROUP, PLACE, letter, marker, origin, stored

OTHER = Coordinates("visits", 0, 7, 5)
THIRD = Coordinates("loans", 3, 42, 6)


def entries() -> list[Entry]:
    """Return three entries: two of loans, one resolved, and one of visits."""
    register = Register(GROUP)
    for record in stored(
        [
            letter(),
            letter(origin(OTHER, b"x"), reason="no_framing", mappings=()),
            letter(origin(THIRD), mappings=("loans", "more")),
            marker(MarkerKind.RESOLVED, place=THIRD),
        ],
        first_ms=1_000,
    ):
        register.add(record)
    return list(register.entries())


@pytest.mark.parametrize(
    ("selection", "meant"),
    [
        (Selection(), [PLACE, THIRD, OTHER]),
        (Selection(states=frozenset({State.OPEN})), [PLACE, OTHER]),
        (Selection(reasons=frozenset({"missing"})), [PLACE, THIRD]),
        (Selection(mappings=frozenset({"more", "none"})), [THIRD]),
        (Selection(topics=frozenset({"visits"})), [OTHER]),
        (Selection(since_ms=2_000), [THIRD, OTHER]),
        (Selection(places=frozenset({Place("loans", 3, 41)})), [PLACE]),
        (
            Selection(places=frozenset({Place("g.visits.dead-letters", 0, 1)})),
            [OTHER],
        ),
        (
            Selection(
                reasons=frozenset({"missing"}), states=frozenset({State.RESOLVED})
            ),
            [THIRD],
        ),
    ],
)
def test_what_is_meant(selection: Selection, meant: list[Coordinates]) -> None:
    """Everything that is said must hold; what is not said does not matter."""
    found = [one.coordinates for one in entries() if selection.is_meant(one)]
    assert found == meant


def test_groups_have_one_reason_mapping_and_schema() -> None:
    """The largest first, with their ages and the newest of them."""
    found = entries()
    again = Register(GROUP)
    for offset in range(3):
        for record in stored(
            [letter(origin(Coordinates("loans", 0, offset, 0)))], first_ms=50 + offset
        ):
            again.add(record)
    many, *single = grouped([*found, *again.entries()])
    assert (many.reason, many.mappings, many.schema) == ("missing", ("loans",), "id 7")
    assert (many.letters, many.states) == (4, {State.OPEN: 4})
    assert (many.oldest_ms, many.newest_ms) == (50, 1_000)
    assert many.example.coordinates == PLACE
    assert [one.letters for one in single] == [1, 1]
    assert {one.mappings for one in single} == {(), ("loans", "more")}


def test_an_open_letter_stands_for_its_group() -> None:
    """A newer one that is closed does not."""
    register = Register(GROUP)
    places = [Coordinates("loans", 0, offset, 0) for offset in (1, 2)]
    closing = marker(MarkerKind.RESOLVED, place=places[1])
    for record in stored([*(letter(origin(place)) for place in places), closing]):
        register.add(record)
    [group] = grouped(register.entries())
    assert group.example.coordinates == places[0]
    assert group.newest_ms == 1_000
