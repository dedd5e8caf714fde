"""Unit tests of `consumer/decode/resolve.py`: what can become ours, and how."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from consumer.decode.admission import admit
from consumer.decode.limits import DecodeLimits
from consumer.decode.resolve import Resolved, resolve
from consumer.errors import SchemaUnresolvableError
from tests.unit.decode.avro import code, encode, fields, outcome, schema, taught

DATE = {"type": "int", "logicalType": "date"}
MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
MICROS = {"type": "long", "logicalType": "timestamp-micros"}
NANOS = {"type": "long", "logicalType": "timestamp-nanos"}
TIME = {"type": "int", "logicalType": "time-millis"}
UUID = {"type": "string", "logicalType": "uuid"}
DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}
FINER = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 4}
FIXED = {"type": "fixed", "name": "F", "size": 2}
ENUM = {"type": "enum", "name": "E", "symbols": ["A", "B"]}
RECORD = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def array(items: object) -> dict[str, object]:
    """Return an array."""
    return {"type": "array", "items": items}


def table(values: object) -> dict[str, object]:
    """Return a map."""
    return {"type": "map", "values": values}


def resolved(written: object, ours: object) -> Resolved:
    """Return how `written` is read as `ours`, each the only field of a record."""
    limits = DecodeLimits()
    writer = admit(json.dumps(schema(written)), {}, limits)
    return resolve(writer, admit(json.dumps(schema(ours)), {}, limits))


@pytest.mark.parametrize(
    ("written", "ours", "value", "expected"),
    [
        ("int", "long", 1, 1),
        ("int", "double", 1, 1.0),
        ("long", "float", 1, 1.0),
        ("float", "double", 0.5, 0.5),
        ("string", "bytes", "é", "é".encode()),
        ("bytes", "string", "é".encode(), "é"),
        (["null", "int"], ["long", "null"], 7, 7),
        (["null", "int"], "int", 7, 7),
        ("int", ["null", "long"], 7, 7),
        (array("int"), array("double"), [1], [1.0]),
        (table("int"), table(["null", "int"]), {"k": 1}, {"k": 1}),
        (FIXED, FIXED, b"ab", b"ab"),
        (RECORD, {**RECORD, "namespace": "b"}, {"a": 1}, {"a": 1}),
        (RECORD, {**RECORD, "name": "New", "aliases": ["R"]}, {"a": 1}, {"a": 1}),
        (ENUM, {**ENUM, "symbols": ["B", "A"]}, "A", "A"),
        # logical types
        (DATE, "int", dt.date(1970, 1, 2), 1),
        ("int", DATE, 1, dt.date(1970, 1, 2)),
        (DATE, "long", dt.date(1970, 1, 2), 1),
        (DATE, "double", dt.date(1970, 1, 2), 1.0),
        ("int", MILLIS, 1, EPOCH + dt.timedelta(milliseconds=1)),
        (MICROS, MILLIS, EPOCH.replace(microsecond=7), EPOCH.replace(microsecond=7)),
        (DECIMAL, FINER, Decimal("12.34"), Decimal("12.34")),
        (FINER, DECIMAL, Decimal("1.2345"), Decimal("1.2345")),
        (DECIMAL, "bytes", Decimal("12.34"), b"\x04\xd2"),
        ("bytes", DECIMAL, b"\x04\xd2", Decimal("12.34")),
        (UUID, "string", "a" * 32, "a" * 32),
        (["null", DATE], ["null", "int"], dt.date(1970, 1, 2), 1),
    ],
    ids=str,
)
def test_what_avro_resolves_becomes_a_value_of_ours(
    written: object, ours: object, value: object, expected: object
) -> None:
    """Promotions, unions, names and logical types, as our schema has them."""
    decoder = taught(schema(written), schema(ours))
    event = outcome(decoder, encode(schema(written), {"x": value}))
    assert event == {"x": expected}
    assert isinstance(event, dict)
    assert type(event["x"]) is type(expected)


@pytest.mark.parametrize(
    ("written", "ours", "message"),
    [
        ("string", "int", "x: string cannot be read as int"),
        ("long", "int", "x: long cannot be read as int"),
        ("string", ["null", "int"], "x: string cannot be read as union of 2"),
        (["null", "string"], "int", "x: union of 2 cannot be read as int"),
        (FIXED, {**FIXED, "size": 3}, "x: fixed crm.F cannot be read as fixed crm.F"),
        (ENUM, {**ENUM, "name": "Z"}, "x: enumeration crm.E cannot be read"),
        (ENUM, {**ENUM, "symbols": ["C"]}, "x: no symbol of the enum is ours"),
        (RECORD, array("int"), "x: structure crm.R cannot be read as array"),
        (array("string"), array("int"), "x: array cannot be read as array"),
        (array(["null", "string"]), array("int"), r"x\[\]: union of 2 cannot"),
        (table(["null", "string"]), table("int"), r"x\{\}: union of 2 cannot"),
        (table("string"), table("int"), "x: map cannot be read as map"),
        (MILLIS, NANOS, "x: timestamp-millis cannot be read as timestamp-nanos"),
        (DATE, TIME, "x: date cannot be read as time-millis"),
        (DATE, MILLIS, r"x: int \(date\) cannot be read as long \(timestamp-millis\)"),
        ("string", DECIMAL, r"x: string cannot be read as bytes \(decimal\)"),
        (
            RECORD,
            {**RECORD, "fields": [{"name": "b", "type": "int"}]},
            "x.b: not written, and has no default",
        ),
        (["null", DATE], ["null", TIME], "x: date cannot be read as time-millis"),
    ],
    ids=str,
)
def test_what_no_value_can_pass_is_unresolvable(
    written: object, ours: object, message: str
) -> None:
    """The message names the field and both types, as our schema calls them."""
    with pytest.raises(SchemaUnresolvableError, match=message):
        resolved(written, ours)


@pytest.mark.parametrize(
    ("branches", "index", "body", "expected"),
    [
        (["long", DATE], 1, b"\x02", dt.date(1970, 1, 2)),
        (["long", DATE], 0, b"\x02", 1),
        (["boolean", DECIMAL, "string"], 2, b"\x02a", "a"),
        (["double", "int"], 1, b"\x02", 1),
        (["double", "long", "int"], 1, b"\x02", 1),
        (["bytes", "string"], 1, b"\x02a", "a"),
        (["string", "bytes"], 1, b"\x02a", b"a"),
        ([RECORD, {**RECORD, "name": "b.R", "fields": []}], 1, b"", {}),
    ],
    ids=str,
)
@pytest.mark.parametrize("is_plain", [True, False])
def test_a_branch_of_a_union_is_read_as_itself(
    branches: list[object], index: int, body: bytes, expected: object, *, is_plain: bool
) -> None:
    """The same type comes before one that it could become, whatever the order."""
    more: list[dict[str, object]] = []
    if not is_plain:
        more.append({"name": "y", "type": "int", "default": 0})
    written, ours = schema(branches), schema(branches)
    ours = fields(*ours["fields"], *more)  # type: ignore[misc]  # a list of fields
    event = outcome(taught(written, ours), bytes([index * 2]) + body)
    assert event == {"x": expected, **({} if is_plain else {"y": 0})}
    assert isinstance(event, dict)
    assert type(event["x"]) is type(expected)


def test_what_a_union_of_ours_lacks_becomes_the_first_that_it_can() -> None:
    """An int without a place of its own is a long where that stands first."""
    for ours, expected in ((["long", "double"], 1), (["double", "long"], 1.0)):
        event = outcome(taught(schema("int"), schema(ours)), b"\x02")
        assert repr(event) == repr({"x": expected})


@pytest.mark.parametrize(
    ("written", "ours", "is_plain"),
    [
        ("int", "long", True),
        ("int", "double", True),
        ("bytes", "string", True),
        (["null", "int"], ["null", "int", "string"], True),
        (["null", "int", "string"], ["null", "int"], False),
        (ENUM, {**ENUM, "symbols": ["A", "B", "C"]}, True),
        (ENUM, {**ENUM, "symbols": ["A"]}, False),
        (RECORD, {**RECORD, "fields": []}, False),
        (array("int"), array("float"), True),
    ],
)
def test_our_schema_is_left_out_only_where_it_changes_nothing(
    written: object, ours: object, *, is_plain: bool
) -> None:
    """Reading with one schema takes half of the time of reading with two."""
    assert resolved(written, ours).is_plain == is_plain


def test_a_field_of_ours_is_written_once() -> None:
    """A name comes before an alias, and one alias before another."""
    written = fields(
        {"name": "old", "type": "int"},
        {"name": "new", "type": "int"},
        {"name": "first", "type": "int"},
        {"name": "second", "type": "int"},
    )
    ours = fields(
        {"name": "new", "type": "int", "aliases": ["old"]},
        {"name": "one", "type": "int", "aliases": ["second", "first"]},
        {"name": "two", "type": "int", "aliases": ["first"], "default": 0},
    )
    value = {"old": 1, "new": 2, "first": 3, "second": 4}
    event = outcome(taught(written, ours), encode(written, value))
    assert event == {"new": 2, "one": 3, "two": 0}


def test_an_enum_symbol_that_we_lack_refuses_its_record_only() -> None:
    """Without a default a symbol of another has no value of ours."""
    decoder = taught(schema(ENUM), schema({**ENUM, "symbols": ["A"]}))
    assert outcome(decoder, b"\x00") == {"x": "A"}
    assert code(decoder, b"\x02") == "unresolved_value"
