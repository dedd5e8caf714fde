"""Unit tests of `consumer/decode/defaults.py`."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal

import pytest

from consumer.decode.admission import admit
from consumer.decode.defaults import default_value
from consumer.decode.limits import DecodeLimits
from tests.unit.decode.avro import schema

DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}
FIXED = {"type": "fixed", "name": "F", "size": 2}
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
DATE = {"type": "int", "logicalType": "date"}
ENUM = {"type": "enum", "name": "E", "symbols": ["A", "B"]}
RECORD = {
    "type": "record",
    "name": "R",
    "fields": [
        {"name": "a", "type": "int"},
        {"name": "b", "type": DATE, "default": 0},
    ],
}


def value_of(type_: object, default: object) -> object:
    """Return the value of `default` in a field of `type_`."""
    root = admit(json.dumps(schema(type_)), {}, DecodeLimits())
    return default_value(root.fields[0].type, default)


@pytest.mark.parametrize(
    ("type_", "default", "expected"),
    [
        ("null", None, None),
        ("boolean", True, True),
        ("int", -(2**31), -(2**31)),
        ("long", 2**63 - 1, 2**63 - 1),
        ("double", 1, 1.0),
        ("float", "-Infinity", -math.inf),
        ("string", "a", "a"),
        ("bytes", "\u00ff", b"\xff"),
        (DECIMAL, "\u0004\u00d2", Decimal("12.34")),
        (FIXED, "ab", b"ab"),
        (DATE, 1, dt.date(1970, 1, 2)),
        ({"type": "long", "logicalType": "timestamp-nanos"}, 1, EPOCH),
        (ENUM, "B", "B"),
        ({"type": "array", "items": DATE}, [0], [dt.date(1970, 1, 1)]),
        ({"type": "map", "values": "bytes"}, {"k": "v"}, {"k": b"v"}),
        (["null", "string"], "a", "a"),
        (["null", "string"], None, None),
        (RECORD, {"a": 1}, {"a": 1, "b": dt.date(1970, 1, 1)}),
        (RECORD, {"a": 1, "b": 1}, {"a": 1, "b": dt.date(1970, 1, 2)}),
    ],
)
def test_a_default_is_the_value_that_would_have_been_read(
    type_: object, default: object, expected: object
) -> None:
    """A field that was not written looks like one that was."""
    assert value_of(type_, default) == expected


@pytest.mark.parametrize(
    ("type_", "default", "message"),
    [
        ("null", 0, "no null"),
        ("int", True, "no int"),
        ("int", 2**31, "does not fit into int"),
        ("long", -(2**63) - 1, "does not fit into long"),
        ("int", 1.5, "no int"),
        ("double", "nan", "no double"),
        ("bytes", "\u0100", "latin-1"),
        (FIXED, "abc", "no fixed"),
        (FIXED, 1, "no fixed"),
        (DATE, 2**31 - 1, "out of range|ordinal"),
        ({"type": "long", "logicalType": "timestamp-millis"}, 2**62, "out of range"),
        (DECIMAL, "\u0030\u0039", "more digits than its precision"),
        ({"type": "int", "logicalType": "time-millis"}, -1, "before midnight"),
        (ENUM, "C", "no enumeration"),
        ({"type": "array", "items": "int"}, {}, "no array"),
        ({"type": "map", "values": "int"}, {"k": "v"}, "no int"),
        (["null", "string"], 1, "none of the union's types"),
        (RECORD, {"b": 1}, "the default has no a"),
        (RECORD, None, "no structure"),
    ],
)
def test_a_default_of_another_type_is_refused(
    type_: object, default: object, message: str
) -> None:
    """The message says what it is not."""
    with pytest.raises(ValueError, match=message):
        value_of(type_, default)
