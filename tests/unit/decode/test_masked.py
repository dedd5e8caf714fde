"""Events without their values."""

from __future__ import annotations

import datetime as dt
import json
import math
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.decode.admission import admit
from consumer.decode.limits import DecodeLimits
from consumer.decode.masked import masked_event
from consumer.decode.masking import Masking
from consumer.model import Decoded
from tests.unit.decode.avro import FRAME, ID, RULE, encode, make_decoder, record, schema
from tests.unit.decode.test_round_trip import SEEDED, Typed, is_unique, typed

LIMITS = DecodeLimits()


def logical(base: str, kind: str, **more: object) -> dict[str, object]:
    """Return a logical type."""
    return {"type": base, "logicalType": kind, **more}


def masked(type_: object, value: object, *kept: str, key: bytes = b"k") -> object:
    """Return what becomes of a value of this type."""
    written = schema(type_)
    text = json.dumps(written)
    body = FRAME + encode(written, {"x": value})
    masking = Masking(key, frozenset(kept))
    found = masked_event(masking, body, len(FRAME), admit(text, {}, LIMITS))
    decoder = make_decoder(json.loads(text))
    decoder.learn(ID, text, {})
    answer = decoder.decode(record(found), RULE)
    assert isinstance(answer, Decoded), answer
    return answer.event["x"]


def alike(left: object, right: object) -> bool:
    """Return whether two values have one type, length and shape."""
    if isinstance(left, dict) and isinstance(right, dict):
        # Keys of a map that differ may become equal.
        return len(left) >= len(right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(alike, left, right))
    if isinstance(left, str | bytes) and isinstance(right, str | bytes):
        return type(left) is type(right) and len(left) == len(right)
    return type(left) is type(right)


@SEEDED
@given(typed(), st.data())
def test_the_shape_stays(one: Typed, data: st.DataObject) -> None:
    """Whatever the schema, the masked event is one, and looks like the first."""
    if not is_unique(json.dumps(one.type)):
        return
    value = data.draw(one.values)
    assert alike(value, masked(one.type, value))


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("string", "Ann Example"),
        ("long", -1_234_567),
        ("int", 2_000_000_000),
        ("double", 1234.5),
        ("float", 0.25),
        ("double", -1e300),
        ("bytes", b"\x00\x01\x02\x03\x04\x05\x06\x07"),
        ({"type": "fixed", "name": "F", "size": 8}, b"\x00" * 8),
        (logical("bytes", "decimal", precision=9, scale=2), Decimal("-1234.50")),
        (
            logical("fixed", "decimal", name="D", size=4, precision=9, scale=2),
            Decimal("-1234567.50"),
        ),
        (logical("string", "uuid"), uuid.UUID(int=7)),
        (logical("int", "date"), dt.date(2026, 3, 1)),
        (logical("int", "time-millis"), dt.time(15, 30)),
        (logical("long", "time-micros"), dt.time(15, 30)),
        (
            logical("long", "timestamp-millis"),
            dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
        ),
        (
            logical("long", "local-timestamp-micros"),
            dt.datetime(2026, 3, 1),  # noqa: DTZ001 - a local one
        ),
    ],
)
def test_a_value_becomes_another(type_: object, value: object) -> None:
    """Equal values become equal ones with one key, and others with another."""
    found = masked(type_, value)
    assert found != value
    assert found == masked(type_, value)
    assert found != masked(type_, value, key=b"other")
    assert masked(type_, value, "x") == value


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (["null", "string"], None),
        ("boolean", True),
        ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, "B"),
        ("long", 0),
        ("string", ""),
        ("string", " .@+/- "),
        ("double", math.inf),
        ("double", 0.0),
    ],
)
def test_what_says_nothing_stays(type_: object, value: object) -> None:
    """Null, truth values, symbols, zero and punctuation stay as they are."""
    assert masked(type_, value) == value


def test_a_text_keeps_its_form() -> None:
    """Letters stay letters, digits digits, and what is not ASCII becomes a letter."""
    found = masked("string", "Bö1-x Y")
    assert isinstance(found, str)
    assert [one.isupper() for one in found] == [
        *(True, False, False, False, False, False, True)
    ]
    assert (found[1].isascii(), found[2].isdigit(), found[3:6:2]) == (True, True, "- ")


def test_a_number_keeps_its_digits() -> None:
    """Sign and count of digits stay; a number that is too large becomes the largest."""
    for number in (7, 42, -99_999, 2_147_483_647, -2_147_483_647):
        found = masked("int", number)
        assert isinstance(found, int)
        assert (found < 0, len(str(found))) == (number < 0, len(str(number)))
    keys = [bytes([number]) for number in range(20)]
    assert all(math.isfinite(float(str(masked("float", 3e38, key=k)))) for k in keys)


def test_maps_and_paths_that_are_kept() -> None:
    """Keys of maps are texts, too; below a path that is kept, all is copied."""
    type_ = {"type": "map", "values": {"type": "array", "items": "string"}}
    value = {"fuel": ["Ann"], "garden": ["Bob", "Ann"]}
    found = masked(type_, value)
    assert isinstance(found, dict)
    assert "fuel" not in found
    assert sorted(map(len, found)) == [4, 6]
    assert masked(type_, value, "x") == value
    part = masked(type_, value, "x.fuel")
    assert isinstance(part, dict)
    assert (part["fuel"], "garden" in part) == (["Ann"], False)


def test_blocks_with_their_size() -> None:
    """A block that says how many bytes it has is read, too, and written without."""
    node = admit(json.dumps(schema({"type": "array", "items": "int"})), {}, LIMITS)
    body = b"\x03\x04\x0a\x0c\x00"  # two items in two bytes, then the end
    found = masked_event(Masking(b"k", frozenset({"x"})), body, 0, node)
    assert found == b"\x04\x0a\x0c\x00"
