"""Unit tests of `consumer/decode/compatibility.py`: all that keeps records from us."""

from __future__ import annotations

import itertools
import json

import pytest

from consumer.decode.admission import admit
from consumer.decode.compatibility import DifferenceKind, differences
from consumer.decode.limits import DecodeLimits
from consumer.decode.resolve import resolve
from consumer.errors import SchemaUnresolvableError
from tests.unit.decode.avro import fields, schema
from tests.unit.decode.test_resolve import (
    DATE,
    DECIMAL,
    ENUM,
    FIXED,
    MICROS,
    MILLIS,
    RECORD,
    array,
    table,
)

MORE = {**RECORD, "fields": [*RECORD["fields"], {"name": "b", "type": "int"}]}
KNOWN = {**ENUM, "symbols": ["A", "B", "C"]}
OTHER = {**ENUM, "symbols": ["X", "Y"]}
TYPES: tuple[object, ...] = (
    "null",
    "int",
    "long",
    "double",
    "string",
    "bytes",
    "boolean",
    DATE,
    MILLIS,
    MICROS,
    DECIMAL,
    FIXED,
    {**FIXED, "size": 3},
    ENUM,
    KNOWN,
    OTHER,
    {**OTHER, "default": "X"},
    RECORD,
    MORE,
    ["null", "string"],
    ["int", "string"],
    ["null", RECORD],
    array("int"),
    array(RECORD),
    array(MORE),
    table(ENUM),
    table(OTHER),
)


def found(written: object, ours: object) -> list[tuple[str, str, str]]:
    """Return kind, field and detail of what differs between the fields `x`."""
    limits = DecodeLimits()
    writer = admit(json.dumps(schema(written)), {}, limits)
    reader = admit(json.dumps(schema(ours)), {}, limits)
    return [(d.kind, d.field, d.detail) for d in differences(writer, reader)]


@pytest.mark.parametrize(("written", "ours"), list(itertools.product(TYPES, TYPES)))
def test_it_agrees_with_resolution(written: object, ours: object) -> None:
    """Something cannot be read exactly when resolution refuses the schema."""
    limits = DecodeLimits()
    writer = admit(json.dumps(schema(written)), {}, limits)
    reader = admit(json.dumps(schema(ours)), {}, limits)
    try:
        resolve(writer, reader)
        is_refused = False
    except SchemaUnresolvableError:
        is_refused = True
    kinds = {one.kind for one in differences(writer, reader)}
    assert is_refused is (DifferenceKind.UNREADABLE in kinds)


@pytest.mark.parametrize(
    ("written", "ours", "expected"),
    [
        ("int", "long", []),
        ("long", "int", [("unreadable", "x", "long cannot be read as int")]),
        (
            MILLIS,
            {"type": "long", "logicalType": "time-micros"},
            [("unreadable", "x", "timestamp-millis cannot be read as time-micros")],
        ),
        (["null", "string"], "string", [("branch", "x", "null")]),
        ("string", ["null", "string"], []),
        (
            ["null", "int"],
            "string",
            [("unreadable", "x", "none of null, int can be read as string")],
        ),
        (KNOWN, ENUM, [("symbol", "x", "C")]),
        (ENUM, KNOWN, []),
        (OTHER, ENUM, [("unreadable", "x", "X, Y")]),
        (KNOWN, {**ENUM, "default": "A"}, []),
        (
            RECORD,
            MORE,
            [("unreadable", "x.b", "it is not written, and has no default here")],
        ),
        (
            array(RECORD),
            array(MORE),
            [("unreadable", "x[].b", "it is not written, and has no default here")],
        ),
        (table(KNOWN), table(ENUM), [("symbol", "x{}", "C")]),
        (
            ["null", RECORD],
            ["null", MORE],
            [("unreadable", "x.b", "it is not written, and has no default here")],
        ),
    ],
)
def test_what_differs_is_named(
    written: object, ours: object, expected: list[tuple[str, str, str]]
) -> None:
    """A difference has its kind, the path of our field, and what it is."""
    assert found(written, ours) == expected


def test_everything_is_named_and_not_only_the_first() -> None:
    """Two fields that cannot be read, and one that is not written, are three."""
    limits = DecodeLimits()
    writer = fields(
        {"name": "a", "type": "string"},
        {"name": "old", "type": "string"},
        {"name": "more", "type": "string"},
    )
    reader = fields(
        {"name": "a", "type": "int"},
        {"name": "new", "type": "int", "aliases": ["old"]},
        {"name": "c", "type": "int", "default": 0},
    )
    ours = admit(json.dumps(reader), {}, limits)
    each = list(differences(admit(json.dumps(writer), {}, limits), ours))
    assert [(one.kind, one.field) for one in each] == [
        (DifferenceKind.UNREADABLE, "a"),
        (DifferenceKind.UNREADABLE, "new"),
        (DifferenceKind.ABSENT, "c"),
    ]
