"""Events written by people, as the values that Avro's reader gives."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from consumer.mapping.record_json import RecordShapeError, event_of, merge_patch

MONEY = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
ID = {"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"}
SPAN = {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}
COLOUR = {"type": "enum", "name": "Colour", "symbols": ["RED", "BLUE"]}
HOME = {
    "type": "record",
    "name": "Home",
    "namespace": "h",
    "fields": [
        {"name": "city", "type": "string"},
        {"name": "next", "type": ["null", "Home"], "default": None},
    ],
}


def long(logical: str) -> dict[str, object]:
    """Return the schema of a logical long."""
    return {"type": "long", "logicalType": logical}


def field(kind: object, **more: object) -> dict[str, object]:
    """Return a record's schema with one field."""
    return {
        "type": "record",
        "name": "T",
        "namespace": "t",
        "fields": [{"name": "f", "type": kind, **more}],
    }


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("string", "a", "a"),
        ("int", 1, 1),
        ("double", 1, 1.0),
        ("float", 0.5, 0.5),
        ("boolean", True, True),
        ("null", None, None),
        ("bytes", "\x00\xff", b"\x00\xff"),
        ({"type": "fixed", "name": "F", "size": 2}, "ab", b"ab"),
        (MONEY, "19.9", Decimal("19.90")),
        (MONEY, 19.9, Decimal("19.90")),
        (MONEY, 20, Decimal("20.00")),
        (MONEY, "\x07\xd0", Decimal("20.00")),
        ({"type": "int", "logicalType": "date"}, "2026-03-01", dt.date(2026, 3, 1)),
        ({"type": "int", "logicalType": "date"}, 1, dt.date(1970, 1, 2)),
        (long("time-micros"), "15:30:00", dt.time(15, 30)),
        (
            {"type": "int", "logicalType": "time-millis"},
            1500,
            dt.time(0, 0, 1, 500_000),
        ),
        (
            long("timestamp-millis"),
            "2026-03-01T15:30:00.123456+01:00",
            dt.datetime(2026, 3, 1, 14, 30, 0, 123_000, tzinfo=dt.UTC),
        ),
        (
            long("timestamp-micros"),
            1_000_001,
            dt.datetime(1970, 1, 1, 0, 0, 1, 1, tzinfo=dt.UTC),
        ),
        (
            long("local-timestamp-millis"),
            "2026-03-01T15:30:00",
            dt.datetime(2026, 3, 1, 15, 30),  # noqa: DTZ001 - a local timestamp
        ),
        (
            long("local-timestamp-micros"),
            0,
            dt.datetime(1970, 1, 1),  # noqa: DTZ001 - a local timestamp
        ),
        (
            {"type": "string", "logicalType": "uuid"},
            "00000000-0000-0000-0000-000000000001",
            uuid.UUID(int=1),
        ),
        (ID, "00000000-0000-0000-0000-000000000001", uuid.UUID(int=1)),
        (ID, "\0" * 15 + "\1", uuid.UUID(int=1)),
        ({**ID, "size": 2}, "ab", b"ab"),
        (SPAN, {"days": 3}, {"months": 0, "days": 3, "milliseconds": 0}),
        ({**SPAN, "size": 2}, "ab", b"ab"),
        (
            long("timestamp-nanos"),
            "2026-03-01T15:30:00.123456Z",
            dt.datetime(2026, 3, 1, 15, 30, 0, 123_456, tzinfo=dt.UTC),
        ),
        (
            long("local-timestamp-nanos"),
            -1,
            dt.datetime(1969, 12, 31, 23, 59, 59, 999_999),  # noqa: DTZ001 - local
        ),
        ({"type": "string", "logicalType": "date"}, "a", "a"),
        ({"type": "bytes", "logicalType": "decimal"}, "a", b"a"),
        ({"type": "string", "logicalType": "of-our-own"}, "a", "a"),
        (COLOUR, "RED", "RED"),
        ({"type": "array", "items": "int"}, [1, 2], [1, 2]),
        ({"type": "map", "values": "int"}, {"a": 1}, {"a": 1}),
        (["null", "string"], None, None),
        (["null", "string"], "a", "a"),
        (["null", "string"], {"string": "a"}, "a"),
        (["string", "int"], 5, 5),
        (["string", "int"], {"int": 5}, 5),
        (["null", COLOUR], {"t.Colour": "RED"}, "RED"),
        (HOME, {"city": "Bonn"}, {"city": "Bonn", "next": None}),
        (
            HOME,
            {"city": "Bonn", "next": {"h.Home": {"city": "Köln"}}},
            {"city": "Bonn", "next": {"city": "Köln", "next": None}},
        ),
    ],
)
def test_values_are_those_of_the_reader(
    kind: object, value: object, expected: object
) -> None:
    """Plain JSON and Avro's JSON encoding give the values that fastavro would."""
    found = event_of({"f": value}, field(kind), {})["f"]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("int", "1", "f: this is not a int."),
        ("int", True, "f: this is not a int."),
        ("double", True, "f: this is not a double."),
        ("bytes", "€", "f: a character stands for no byte."),
        (MONEY, "1.999", "f: it has more than 2 digits after the point."),
        (MONEY, "NaN", "f: this is not a decimal."),
        (MONEY, "1e2000", "f: it has too many digits."),
        (MONEY, True, "f: this is not a decimal."),
        (
            long("timestamp-millis"),
            "noon",
            'f: this is not a timestamp such as "2026-03-01T15:30:00Z".',
        ),
        (
            long("timestamp-millis"),
            "2026-03-01T15:30:00",
            'f: this is not a timestamp such as "2026-03-01T15:30:00Z".',
        ),
        (
            long("timestamp-millis"),
            True,
            'f: this is not a timestamp such as "2026-03-01T15:30:00Z".',
        ),
        (
            long("local-timestamp-millis"),
            "noon",
            'f: this is not a local timestamp such as "2026-03-01T15:30:00".',
        ),
        (
            {"type": "int", "logicalType": "date"},
            "x",
            'f: this is not a date such as "2026-03-01".',
        ),
        (long("time-micros"), "x", 'f: this is not a time such as "15:30:00".'),
        ({"type": "string", "logicalType": "uuid"}, "x", "f: this is not a UUID."),
        (ID, "\u20ac" * 16, "f: a character stands for no byte."),
        (ID, "x", "f: this is not a UUID."),
        (
            SPAN,
            "P1M",
            'f: this is not a duration such as {"months": 1, "days": 0}.',
        ),
        (COLOUR, "REDD", "f: no symbol of the enum. Did you mean `RED`?"),
        ({"type": "array", "items": "int"}, 1, "f: a list belongs here."),
        ({"type": "array", "items": "int"}, ["x"], "f[0]: this is not a int."),
        ({"type": "map", "values": "int"}, 1, "f: keys with values belong here."),
        (HOME, 1, "f: keys with values belong here."),
        (HOME, {"cty": "x"}, "f.cty: no such field. Did you mean `city`?"),
        (HOME, {}, "f.city: the field is missing and has no default."),
        (["null", "int"], "x", "f: this is not a int."),
        (["int"], None, "f: this is not a int."),
        (["null"], 1, "f: null does not belong here."),
        (5, 1, "f: this is not a 5."),
    ],
)
def test_what_does_not_fit_is_named(kind: object, value: object, message: str) -> None:
    """A value that does not fit is named by its path, with what belongs there."""
    with pytest.raises(RecordShapeError) as caught:
        event_of({"f": value}, field(kind), {})
    assert str(caught.value) == message


def test_defaults_fill_what_is_left_out() -> None:
    """A field that is left out has its default, or is null where it may be."""
    assert event_of({}, field(["null", "int"], default=None), {}) == {"f": None}
    assert event_of({}, field("int", default=5), {}) == {"f": 5}
    assert event_of({}, field(["int", "null"]), {}) == {"f": None}


def test_types_of_other_files_are_known() -> None:
    """A name may be defined in another file."""
    found = event_of({"f": {"city": "Bonn"}}, field("h.Home"), {"h.Home": HOME})
    assert found == {"f": {"city": "Bonn", "next": None}}


def test_an_event_is_a_record() -> None:
    """A schema that is no record's has no events."""
    with pytest.raises(RecordShapeError):
        event_of("a", "string", {})


# The examples of RFC 7396, appendix A, that begin and end with an object.
@pytest.mark.parametrize(
    ("base", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_patches_follow_the_rfc(base: object, patch: object, expected: object) -> None:
    """A test's record is merged over its base as RFC 7396 says."""
    assert merge_patch(base, patch) == expected
