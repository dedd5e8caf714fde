"""Where Apache's reader (avro 1.12.2) and ours differ: each by name, with the reason."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import NamedTuple

import avro.errors
import pytest

from consumer.errors import SchemaUnresolvableError
from tests.property.apache import REFUSED, read
from tests.unit.decode.avro import code, fields, outcome, schema, taught, zigzag

DATE = {"type": "int", "logicalType": "date"}
MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 3, "scale": 1}
ENUM = {"type": "enum", "name": "E", "symbols": ["A", "B"]}
FIXED = {"type": "fixed", "name": "F", "size": 16}
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Difference(NamedTuple):
    """One difference.

    Attributes:
        name: What it is called.
        reason: Why ours is right, or which of two choices it is.
        writer: Type of the only field that was written.
        reader: Type of ours.
        body: The bytes.
        ours: Our value of the field.
        theirs: Apache's; `REFUSED` where it cannot resolve the schemas.
    """

    name: str
    reason: str
    writer: object
    reader: object
    body: bytes
    ours: object
    theirs: object


def array(items: object) -> dict[str, object]:
    """Return an array."""
    return {"type": "array", "items": items}


def logical(base: str, name: str) -> dict[str, object]:
    """Return a logical type."""
    return {"type": base, "logicalType": name}


DIFFERENCES = (
    Difference(
        "enum default",
        "Resolution: 'if the reader has a default value, then that value is used'",
        ENUM,
        {**ENUM, "symbols": ["A"], "default": "A"},
        zigzag(1),
        "A",
        REFUSED,
    ),
    Difference(
        "string to bytes",
        "Resolution: 'string is promotable to bytes'",
        "string",
        "bytes",
        b"\x02a",
        b"a",
        REFUSED,
    ),
    Difference(
        "bytes to string",
        "Resolution: 'bytes is promotable to string'",
        "bytes",
        "string",
        b"\x02a",
        "a",
        REFUSED,
    ),
    Difference(
        "promotion in an array",
        "Resolution applies 'recursively to the reader's and writer's array item schemas'",
        array("int"),
        array("long"),
        b"\x02\x0a\x00",
        [5],
        REFUSED,
    ),
    Difference(
        "union read as one of its types",
        "Resolution: 'if writer's is a union, but reader's is not', its values may fit",
        ["null", "int"],
        "int",
        b"\x02\x0a",
        5,
        REFUSED,
    ),
    Difference(
        "name without its namespace",
        "Resolution: records match by their 'unqualified' name",
        {"type": "record", "name": "a.R", "fields": []},
        {"type": "record", "name": "b.R", "fields": []},
        b"",
        {},
        REFUSED,
    ),
    Difference(
        "alias of a type",
        "Apache's Python reader knows no aliases",
        {"type": "record", "name": "Old", "fields": []},
        {"type": "record", "name": "New", "aliases": ["Old"], "fields": []},
        b"",
        {},
        REFUSED,
    ),
    Difference(
        "the reader's logical type",
        "Mappings are written for our schema: Apache takes the writer's logical type",
        "int",
        DATE,
        zigzag(1),
        dt.date(1970, 1, 2),
        1,
    ),
    Difference(
        "no logical type in the reader",
        "As above: without one in ours the value is the base type's",
        DATE,
        "int",
        zigzag(1),
        1,
        dt.date(1970, 1, 2),
    ),
    Difference(
        "an int read as a timestamp",
        "As above, and an int is promotable to long",
        "int",
        MILLIS,
        zigzag(1),
        EPOCH.replace(microsecond=1000),
        1,
    ),
    Difference(
        "promotion to a float",
        "Apache leaves the integer, whose digits a double does not have",
        "long",
        "double",
        zigzag(2**53 + 1),
        float(2**53),
        2**53 + 1,
    ),
    Difference(
        "uuid",
        "Ours is a UUID, so that it has one spelling",
        logical("string", "uuid"),
        logical("string", "uuid"),
        b"\x48" + str(uuid.UUID(int=10)).upper().encode(),
        uuid.UUID(int=10),
        str(uuid.UUID(int=10)).upper(),
    ),
    Difference(
        "uuid on fixed",
        "Apache does not implement it",
        {**FIXED, "logicalType": "uuid"},
        {**FIXED, "logicalType": "uuid"},
        bytes(16),
        uuid.UUID(int=0),
        bytes(16),
    ),
    Difference(
        "duration",
        "Apache does not implement it",
        {**FIXED, "size": 12, "logicalType": "duration"},
        {**FIXED, "size": 12, "logicalType": "duration"},
        b"\x01" + bytes(11),
        {"months": 1, "days": 0, "milliseconds": 0},
        b"\x01" + bytes(11),
    ),
    Difference(
        "local timestamp",
        "Apache does not implement it",
        logical("long", "local-timestamp-micros"),
        logical("long", "local-timestamp-micros"),
        zigzag(1),
        EPOCH.replace(microsecond=1, tzinfo=None),
        1,
    ),
    Difference(
        "timestamp in nanoseconds",
        "Apache does not implement it",
        logical("long", "timestamp-nanos"),
        logical("long", "timestamp-nanos"),
        zigzag(1_000),
        EPOCH.replace(microsecond=1),
        1_000,
    ),
)


@pytest.mark.parametrize("one", DIFFERENCES, ids=lambda one: one.name)
def test_a_known_difference_is_still_one(one: Difference) -> None:
    """Each is what it says; one that goes away belongs into the comparison."""
    assert one.reason
    writer, reader = schema(one.writer), schema(one.reader)
    assert outcome(taught(writer, reader), one.body) == {"x": one.ours}
    theirs = read(writer, reader, one.body)
    assert theirs == (REFUSED if one.theirs is REFUSED else {"x": one.theirs})


@pytest.mark.parametrize(
    ("type_", "default", "ours", "theirs"),
    [
        ("bytes", "\u00ff", b"\xff", "\u00ff".encode()),
        (DECIMAL, "\u0019", Decimal("2.5"), b"\x19"),
        (DATE, 1, dt.date(1970, 1, 2), 1),
        (["int", "string"], "a", "a", avro.errors.InvalidDefaultException),
        ("double", 1, 1.0, avro.errors.InvalidDefaultException),
    ],
    ids=str,
)
def test_defaults_differ(
    type_: object, default: object, ours: object, theirs: object
) -> None:
    """Ours are values of the type, as written ones are, bytes by their code points."""
    reader = fields({"name": "x", "type": type_, "default": default})
    assert outcome(taught(schema(), reader), b"") == {"x": ours}
    if isinstance(theirs, type):
        with pytest.raises(theirs):
            read(schema(), reader, b"")
    else:
        assert read(schema(), reader, b"") == {"x": theirs}


def test_an_alias_of_a_field_differs() -> None:
    """Apache's reader takes the default instead of what was written."""
    writer = fields({"name": "old", "type": "int"})
    reader = fields({"name": "x", "type": "int", "aliases": ["old"], "default": 0})
    assert outcome(taught(writer, reader), b"\x0a") == {"x": 5}
    assert read(writer, reader, b"\x0a") == {"x": 0}


def test_a_schema_is_refused_as_a_whole() -> None:
    """What can never be resolved holds the topic; Apache looks at each value alone."""
    inner = {"type": "record", "name": "R", "fields": []}
    more = {**inner, "fields": [{"name": "a", "type": "int"}]}
    writer, reader = schema(["null", inner]), schema(["null", more])
    with pytest.raises(SchemaUnresolvableError, match=r"x\.a: not written"):
        outcome(taught(writer, reader), b"\x00")
    assert read(writer, reader, b"\x00") == {"x": None}


@pytest.mark.parametrize(
    ("type_", "body", "reason", "theirs"),
    [
        (DECIMAL, b"\x04\x30\x39", "decimal_too_precise", Decimal("1.23E+3")),
        ("boolean", b"\x02", "bad_boolean", False),
        ("int", zigzag(2**40), "int_range", 2**40),
        ({**ENUM, "default": "A"}, zigzag(9), "enum_index", "A"),
        ("int", b"\x0a\x00", "trailing_bytes", 5),
        (array("int"), b"\x01\x7e\x0a\x00", "bad_block", [5]),
    ],
    ids=str,
)
def test_what_we_refuse_apache_believes(
    type_: object, body: bytes, reason: str, theirs: object
) -> None:
    """Ours is the stricter of the two: these bytes are no event."""
    assert code(taught(schema(type_)), body) == reason
    assert read(schema(type_), schema(type_), body) == {"x": theirs}


def test_a_decimal_of_no_bytes_is_zero() -> None:
    """Apache's reader looks at a first byte that is not there."""
    assert outcome(taught(schema(DECIMAL)), b"\x00") == {"x": Decimal("0.0")}
    with pytest.raises(Exception, match="unpack"):
        read(schema(DECIMAL), schema(DECIMAL), b"\x00")
