"""What the tests of roots and lists share: a schema with both, and a way to map by it."""

from __future__ import annotations

import datetime as dt

from consumer.mapping.loading import check
from consumer.mapping.mapping_set import MappingSet
from consumer.model import Decoded, Failure, Mapped
from tests.unit.mapping.kit import FakeReader, Found, record

MEMBER = {
    "type": "record",
    "name": "Member",
    "fields": [
        {"name": "id", "type": ["null", "string"]},
        {"name": "role", "type": "string"},
        {"name": "since", "type": ["null", {"type": "int", "logicalType": "date"}]},
        {"name": "score", "type": "int"},
    ],
}
HOUSE = {
    "type": "record",
    "name": "House",
    "fields": [
        {"name": "city", "type": "string"},
        {"name": "nick", "type": ["null", "string"]},
        {"name": "members", "type": {"type": "array", "items": MEMBER}},
        {"name": "pets", "type": ["null", {"type": "array", "items": "string"}]},
        {
            "name": "event",
            "type": {
                "type": "record",
                "name": "E",
                "fields": [{"name": "x", "type": "int"}],
            },
        },
    ],
}
SCHEMA = {
    "type": "record",
    "name": "t.Change",
    "fields": [
        {"name": "op", "type": "string"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "before", "type": ["null", HOUSE]},
        {"name": "after", "type": ["null", "House"]},
        {"name": "solid", "type": "House"},
        {
            "name": "deep",
            "type": [
                "null",
                {
                    "type": "record",
                    "name": "Deep",
                    "fields": [{"name": "after", "type": ["null", "House"]}],
                },
            ],
        },
    ],
}
READERS = {"t.Change": FakeReader(SCHEMA)}
AT = dt.datetime(2026, 3, 1, 15, 30, 0, 250_999, tzinfo=dt.UTC)


def member(id_: str | None, score: int = 1, **changes: object) -> dict[str, object]:
    """Return a member of a house."""
    return {"id": id_, "role": "adult", "since": None, "score": score, **changes}


def house(*members: object, **changes: object) -> dict[str, object]:
    """Return a house."""
    values = {"city": "Bern", "nick": None, "members": list(members), "pets": None}
    return {**values, "event": {"x": 1}, **changes}


def change(**changes: object) -> dict[str, object]:
    """Return an event of `t.Change`."""
    values = {"op": "u", "at": AT, "before": None, "after": house(), "deep": None}
    return {**values, "solid": house(), **changes}


def text(head: str, attributes: str = "{x: city}", *, source: str = "") -> str:
    """Return a file: keys of its head, its attributes, and more of its source."""
    return (
        f"version: 1\nname: m\nsource: {{topic: t, schema: t.Change{source}}}\n"
        f"{head}\nattributes: {attributes}\n"
    )


def mappings(*files: str) -> MappingSet:
    """Return the set of files that are right."""
    named = {f"{number}.yaml": one for number, one in enumerate(files)}
    found = check(named, READERS, {}, {})
    assert found.faults == ()
    assert found.mappings is not None
    return found.mappings


def run(file: str, **changes: object) -> Mapped | Failure:
    """Map one event by one file."""
    return mappings(file).map(record("t"), Decoded(change(**changes), "t.Change"))


def items(file: str, **changes: object) -> object:
    """Return profile and attributes of each item, or why there is none."""
    found = run(file, **changes)
    if isinstance(found, Failure):
        return f"refused: {found.message}"
    if found.skipped is not None:
        return f"skipped: {found.skipped}"
    return [(item.profile.value, item.attributes) for item in found.items]


def faults(*files: str) -> list[Found]:
    """Return the faults of files."""
    named = {f"{number}.yaml": one for number, one in enumerate(files)}
    found = check(named, READERS, {}, {}).faults
    return [(f.code, f.line, f.column, f.message, f.mend) for f in found]
