"""What the tests of mappings share: a schema, a way to check a file, a record."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from consumer.mapping.loading import CheckedSet, check
from consumer.mapping.mapping_set import MappingSet
from consumer.mapping.specification import MappingSpec
from consumer.model import Decoded, Failure, Mapped, Record, TopicPartition

FIELDS: list[object] = [
    {"name": "id", "type": "string"},
    {"name": "nick", "type": ["null", "string"], "default": None},
    {"name": "count", "type": "long"},
    {"name": "ratio", "type": "double"},
    {"name": "ok", "type": "boolean"},
    {"name": "raw", "type": "bytes"},
    {
        "name": "price",
        "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
    },
    {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    {"name": "hour", "type": {"type": "long", "logicalType": "time-micros"}},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {
        "name": "clock",
        "type": {"type": "long", "logicalType": "local-timestamp-micros"},
    },
    {"name": "uid", "type": {"type": "string", "logicalType": "uuid"}},
    {
        "name": "colour",
        "type": {"type": "enum", "name": "Colour", "symbols": ["RED", "BLUE"]},
    },
    {"name": "either", "type": ["string", "int"]},
    {"name": "tags", "type": {"type": "array", "items": "string"}},
    {"name": "marks", "type": {"type": "map", "values": "int"}},
    {
        "name": "home",
        "type": [
            "null",
            {
                "type": "record",
                "name": "Home",
                "fields": [
                    {"name": "city", "type": "string"},
                    {"name": "zone", "type": "string"},
                ],
            },
        ],
        "default": None,
    },
    {
        "name": "lines",
        "type": {
            "type": "array",
            "items": {
                "type": "record",
                "name": "Line",
                "fields": [
                    {"name": "sku", "type": "string"},
                    {"name": "price", "type": "Price"},
                    {"name": "note", "type": ["null", "string"], "default": None},
                ],
            },
        },
    },
    {"name": "type", "type": "string"},
    {"name": "meta", "type": "string"},
    {"name": "clear", "type": "string"},
]
PRICE = {"type": "fixed", "name": "t.Price", "size": 8, "logicalType": "decimal"}
SCHEMA: dict[str, object] = {
    "type": "record",
    "name": "Thing",
    "namespace": "t",
    "fields": json.loads(
        json.dumps(FIELDS).replace(
            '"Price"', json.dumps({**PRICE, "precision": 9, "scale": 2})
        )
    ),
}

# Code, line, column, message, mend.
Found = tuple[str, int, int, str, str]

BASE = """\
version: 1
name: thing
owner: team
source: {topic: things, schema: t.Thing}
profile: {third_party_id: id}
attributes:
"""


@dataclass(frozen=True)
class FakeReader:
    """A reader's schema."""

    schema: Mapping[str, object]


READERS = {"t.Thing": FakeReader(SCHEMA)}


def event(**changes: object) -> dict[str, object]:
    """Return an event of `t.Thing`, some fields changed."""
    values: dict[str, object] = {
        "id": "C-1",
        "nick": None,
        "count": 7,
        "ratio": 0.5,
        "ok": True,
        "raw": b"\x00",
        "price": Decimal("19.90"),
        "day": dt.date(2026, 3, 1),
        "hour": dt.time(15, 30),
        "at": dt.datetime(2026, 3, 1, 15, 30, tzinfo=dt.UTC),
        "clock": dt.datetime(2026, 3, 1, 15, 30),  # noqa: DTZ001 - a local timestamp
        "uid": uuid.UUID(int=1),
        "colour": "RED",
        "either": "S-1",
        "tags": ["b", "a", "b"],
        "marks": {"maths": 1},
        "home": None,
        "lines": [
            {"sku": "x", "price": Decimal("5.00"), "note": None},
            {"sku": "y", "price": Decimal("7.50"), "note": "n"},
        ],
        "type": "T",
        "meta": "M",
        "clear": "C",
    }
    return {**values, **changes}


def record(topic: str = "things", **changes: object) -> Record:
    """Return a record, some fields changed."""
    values: dict[str, object] = {
        "source": TopicPartition(topic, 3),
        "offset": 42,
        "timestamp_ms": 1_772_379_000_000,
        "key": b"K-1",
        "value": b"",
        "headers": (("source", b"pos"), ("none", None)),
        "epoch": 1,
        "size_bytes": 10,
    }
    return Record(**{**values, **changes})  # type: ignore[arg-type]  # by name


def checked(text: str, keys: Mapping[str, bytes] | None = None) -> CheckedSet:
    """Check one file of this text."""
    return check({"thing.yaml": text}, READERS, {}, keys)


def cases(table: str) -> list[tuple[str, Found]]:
    """Return what stands in a table: a text, and below it the fault that it has.

    A fault is written as `CODE line:column message | mend`.
    """
    found: list[tuple[str, Found]] = []
    for block in table.strip("\n").split("\n\n"):
        text, _, below = block.rpartition("\n")
        code, place, rest = below.split(" ", 2)
        line, column = place.split(":")
        message, mend = rest.split(" | ", 1)
        found.append((text, (code, int(line), int(column), message, mend)))
    return found


def faults(text: str) -> list[Found]:
    """Return the faults of a file."""
    return [(f.code, f.line, f.column, f.message, f.mend) for f in checked(text).faults]


def mapping(text: str) -> MappingSet:
    """Return the set of one file that is right."""
    found = checked(text)
    assert found.faults == ()
    assert found.mappings is not None
    return found.mappings


def run(text: str, **changes: object) -> Mapped | Failure:
    """Map one event by a whole file."""
    return mapping(text).map(record(), Decoded(event(**changes), "t.Thing"))


def each(name: str, path: str) -> object:
    """Return what the model makes of `for_each: {name: path}`."""
    spec = {"version": 1, "name": "a", "source": {"schema": "s"}, "profile": []}
    return MappingSpec.model_validate({**spec, "for_each": {name: path}}).for_each


def attribute(rule: str, **changes: object) -> object:
    """Return what one rule makes: its text, None when skipped, or the refusal's code."""
    found = run(f"{BASE}  zero: {{value: z}}\n  x: {rule}\n", **changes)
    if isinstance(found, Failure):
        return f"refused: {found.code}"
    return found.items[0].attributes.get("x")
