"""Paths at the edges: what Kafka does not say, and what lies below a text."""

from __future__ import annotations

import pytest

from consumer.mapping.paths import Scope
from consumer.mapping.value_type import TEXT, Kind, ValueType
from consumer.model import Decoded, Mapped
from tests.unit.mapping.kit import BASE, Found, event, faults, mapping, record


def test_a_record_without_a_timestamp() -> None:
    """A broker that gives no timestamp leaves `meta.timestamp` missing."""
    rule = (
        '{from: meta.timestamp, missing: {use: never}, format: {date: "%Y", zone: UTC}}'
    )
    found = mapping(f"{BASE}  x: {rule}\n")
    mapped = found.map(record(timestamp_ms=-1), Decoded(event(), "t.Thing"))
    assert isinstance(mapped, Mapped)
    assert mapped.items[0].attributes == {"x": "never"}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (
            "  x: meta.topic.name\n",
            (
                "M202",
                7,
                6,
                "`meta.topic` has no field `name`.",
                "`meta.topic` is a text: nothing lies below it.",
            ),
        ),
        (
            '  x: {from: at, format: {date: "%H", zone: {from: hom}}}\n',
            (
                "M202",
                7,
                51,
                "`t.Thing` has no field `hom`.",
                "Did you mean `home`?",
            ),
        ),
        (
            "  x: {from: nick, missing: {default: none}}\n",
            (
                "M104",
                7,
                28,
                (
                    "`missing` has the wrong shape: write `skip`, `reject`, `clear` or "
                    "`{use: text}`."
                ),
                "Compare it with the reference of mapping files.",
            ),
        ),
        (
            "  x: id\ncases: [{when: event.no, attributes: {y: id}}]\n",
            (
                "M301",
                8,
                16,
                "CEL (column 6): undeclared reference to 'event.no'.",
                "Fields are named by their whole path, such as `event.loan.score`.",
            ),
        ),
        (
            "  x: id\ntests: [{name: a}, {nam: b, name: c}]\n",
            ("M101", 8, 21, "There is no key `nam` here.", "Did you mean `name`?"),
        ),
    ],
)
def test_the_place_is_exact(line: str, fault: Found) -> None:
    """Also deep in a rule, in a list or in a case a fault has its own place."""
    assert faults(BASE + line) == [fault]


def test_a_guard_of_nothing_known_changes_nothing() -> None:
    """What `meta` or an unknown name is proved not to be narrows no type."""
    scope = Scope(event=ValueType(kind=Kind.RECORD, fields={"a": TEXT}), schema="t")
    assert scope.guarded(["meta.key", "item.a", "nothing"]) == scope
