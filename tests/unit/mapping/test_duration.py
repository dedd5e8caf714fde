"""Durations in JSON."""

from __future__ import annotations

import pytest

from consumer.mapping.duration import duration_of
from consumer.mapping.loading import check
from consumer.model import Decoded, Mapped
from tests.unit.mapping.kit import FakeReader, record

SPAN = {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}
OFFER = {
    "type": "record",
    "name": "t.Thing",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "validity", "type": ["null", SPAN]},
    ],
}
MAPPING = """\
version: 1
name: thing
owner: team
source: {topic: things, schema: t.Thing}
when: event.validity.days > 10
profile: {third_party_id: id}
attributes:
  days: {from: validity.days, missing: skip}
  months: {cel: "event.validity.months + 1"}
"""


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ({}, (0, 0, 0)),
        ({"days": 30}, (0, 30, 0)),
        ({"months": 2**32 - 1, "milliseconds": 1}, (2**32 - 1, 0, 1)),
        ("\x01\x00\x00\x00\x02\x00\x00\x00\x00\x01\x00\x00", (1, 2, 256)),
    ],
)
def test_a_duration_is_its_parts(value: object, parts: tuple[int, ...]) -> None:
    """A map of them, what is left out being 0, or Avro's text of its bytes."""
    assert tuple(duration_of(value).values()) == parts


@pytest.mark.parametrize(
    "value",
    [
        "P1M",
        "\u20ac" * 12,
        7,
        None,
        {"weeks": 1},
        {"days": -1},
        {"days": 2**32},
        {"days": 1.5},
        {"days": True},
    ],
)
def test_what_is_no_duration_is_refused(value: object) -> None:
    """Nothing is rounded or guessed."""
    with pytest.raises(ValueError, match=r"duration|whole|latin-1"):
        duration_of(value)


def test_a_mapping_names_the_parts_of_a_duration() -> None:
    """In a path and in CEL alike, as whole numbers."""
    found = check({"thing.yaml": MAPPING}, {"t.Thing": FakeReader(OFFER)}, {}, None)
    assert found.faults == ()
    assert found.mappings is not None
    span = {"months": 2, "days": 30, "milliseconds": 0}
    mapped = found.mappings.map(
        record(), Decoded({"id": "C-1", "validity": span}, "t.Thing")
    )
    assert isinstance(mapped, Mapped)
    assert mapped.items[0].attributes == {"days": "30", "months": "3"}
