"""Unit tests of `consumer/decode/conversions.py`: what fastavro does not read."""

from __future__ import annotations

import datetime as dt
import io
import struct
import uuid

import fastavro
import pytest

from consumer.decode.conversions import name_for_fastavro, reader_of
from consumer.model import Decoded
from tests.unit.decode.avro import FRAME, RULE, outcome, record, schema, taught, zigzag

NANOS = {"type": "long", "logicalType": "timestamp-nanos"}
LOCAL_NANOS = {"type": "long", "logicalType": "local-timestamp-nanos"}
UUID = {"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"}
DURATION = {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MONTH = b"\x01" + bytes(11)


@pytest.mark.parametrize(
    ("type_", "body", "expected"),
    [
        (NANOS, zigzag(1_999), EPOCH.replace(microsecond=1)),
        (NANOS, zigzag(-1), EPOCH - dt.timedelta(microseconds=1)),
        (NANOS, zigzag(-(2**63)), dt.datetime(1677, 9, 21, 0, 12, 43, 145224, dt.UTC)),
        (
            NANOS,
            zigzag(2**63 - 1),
            dt.datetime(2262, 4, 11, 23, 47, 16, 854775, dt.UTC),
        ),
        (LOCAL_NANOS, zigzag(2_500), EPOCH.replace(microsecond=2, tzinfo=None)),
        (UUID, bytes(range(16)), uuid.UUID("00010203-0405-0607-0809-0a0b0c0d0e0f")),
        (
            DURATION,
            struct.pack("<III", 1, 2, 2**32 - 1),
            {"months": 1, "days": 2, "milliseconds": 2**32 - 1},
        ),
        # on another size a logical type is ignored
        ({**UUID, "size": 2}, b"ab", b"ab"),
        ({**DURATION, "size": 2}, b"ab", b"ab"),
        # an unknown one is read as its base type
        ({"type": "bytes", "logicalType": "big-decimal"}, b"\x02a", b"a"),
        ({"type": "fixed", "name": "F", "size": 1, "logicalType": "ours"}, b"a", b"a"),
    ],
    ids=str,
)
def test_each_logical_type_has_its_value(
    type_: object, body: bytes, expected: object
) -> None:
    """Nanoseconds are cut toward the past, a duration is its three parts."""
    assert outcome(taught(schema(type_)), body) == {"x": expected}


@pytest.mark.parametrize(
    ("written", "ours", "body", "expected"),
    [
        ({**UUID, "logicalType": "none"}, UUID, bytes(16), uuid.UUID(int=0)),
        (UUID, {**UUID, "logicalType": "none"}, bytes(16), bytes(16)),
        (["null", DURATION], DURATION, b"\x02" + MONTH, {"months": 1}),
        (DURATION, ["null", DURATION], MONTH, {"months": 1}),
        ("long", NANOS, zigzag(0), EPOCH),
        ("int", NANOS, zigzag(0), EPOCH),
    ],
    ids=str,
)
def test_our_schema_says_which_logical_type_holds(
    written: object, ours: object, body: bytes, expected: object
) -> None:
    """As for the types that fastavro reads itself."""
    if isinstance(expected, dict):
        expected = {"months": 1, "days": 0, "milliseconds": 0}
    assert outcome(taught(schema(written), schema(ours)), body) == {"x": expected}


def test_a_default_is_the_value_that_would_have_been_read() -> None:
    """Twelve bytes as text, in the schema of a reader."""
    default = {"type": DURATION, "name": "x", "default": "\x01" + "\x00" * 11}
    ours = {**schema(), "fields": [default]}
    event = outcome(taught(schema(), ours), b"")
    assert event == {"x": {"months": 1, "days": 0, "milliseconds": 0}}


def test_another_user_of_fastavro_reads_what_it_always_did() -> None:
    """The table of readers is one for the process, so ours have names of our own."""
    parsed = fastavro.parse_schema(schema(NANOS, UUID, DURATION))
    body = zigzag(5) + bytes(28)
    event = fastavro.schemaless_reader(io.BytesIO(body), parsed, None)
    assert event == {"x": 5, "x1": bytes(16), "x2": bytes(12)}


def test_a_name_of_ours_in_a_schema_is_an_unknown_type() -> None:
    """No publisher can reach our readers but by the types of the specification."""
    name = name_for_fastavro("fixed", "duration")
    written = schema({"type": "fixed", "name": "F", "size": 1, "logicalType": name})
    answer = taught(written).decode(record(FRAME + b"a"), RULE)
    assert answer == Decoded({"x": b"a"}, "crm.Event")


def test_what_nobody_reads_has_no_reader() -> None:
    """A name without a reader is left to the base type."""
    assert reader_of("fixed", "date") is None
