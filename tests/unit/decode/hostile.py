"""Bytes that hurt fastavro 1.13.1, and bytes that it believes; each with its code."""

from __future__ import annotations

from typing import NamedTuple

from consumer.decode.reasons import Reason
from tests.unit.decode.avro import zigzag

__all__ = ["ROWS", "Row"]

DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 3, "scale": 0}
WIDE = {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}
FIXED_DECIMAL = {**DECIMAL, "type": "fixed", "name": "F", "size": 4}
ENUM = {"type": "enum", "name": "E", "symbols": ["A", "B"]}
STRINGS = {"type": "array", "items": "string"}
FLOATS = {"type": "array", "items": "double"}
NULLABLE = {"type": "array", "items": ["null", "string"]}
TEXTS = {"type": "map", "values": "string"}
MATRIX = {"type": "array", "items": {"type": "array", "items": "int"}}
UUID = {"type": "string", "logicalType": "uuid"}
FIXED_UUID = {"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"}
DURATION = {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}


def logical(base: str, name: str) -> dict[str, str]:
    """Return a logical type."""
    return {"type": base, "logicalType": name}


class Row(NamedTuple):
    """A payload.

    Attributes:
        name: What it is.
        type: The type of its only field.
        body: Its bytes.
        code: The code with which it is refused.
        twin: A valid body that is no longer, where refusing it takes a while.
    """

    name: str
    type: object
    body: bytes
    code: Reason
    twin: bytes = b""


ROWS = (
    Row("array of 2^40 doubles", FLOATS, zigzag(2**40), Reason.TOO_MANY_ELEMENTS),
    Row("array of 5e7 nulls", NULLABLE, zigzag(5 * 10**7), Reason.TOO_MANY_ELEMENTS),
    Row("array of 2^62 strings", STRINGS, zigzag(2**62), Reason.TOO_MANY_ELEMENTS),
    Row(
        "block of -2^62 items",
        STRINGS,
        zigzag(-(2**62)) + b"\x02\x00",
        Reason.TOO_MANY_ELEMENTS,
    ),
    Row(
        "100,000 blocks too many",
        NULLABLE,
        b"\x02\x00" * 100_001 + b"\x00",
        Reason.TOO_MANY_ELEMENTS,
        b"\x02\x00" * 100_000 + b"\x00",
    ),
    Row(
        "array in array",
        MATRIX,
        zigzag(60_000) + b"\x02\x00\x00" * 60_000,
        Reason.TOO_MANY_ELEMENTS,
        zigzag(50_000) + b"\x02\x00\x00" * 50_000 + b"\x00",
    ),
    Row("map of 2^40 texts", TEXTS, zigzag(2**40), Reason.TOO_MANY_ELEMENTS),
    Row("array that ends early", STRINGS, zigzag(90_000), Reason.TRUNCATED),
    Row("array without its end", STRINGS, b"\x02\x02a", Reason.TRUNCATED),
    Row(
        "block longer than it says",
        STRINGS,
        zigzag(-1) + b"\x02" + b"\x04ab\x00",
        Reason.BAD_BLOCK,
    ),
    Row("block of negative length", STRINGS, zigzag(-1) + b"\x01", Reason.BAD_LENGTH),
    Row(
        "decimal of 900 KB",
        WIDE,
        zigzag(900_000) + b"\x01" * 900_000,
        Reason.DECIMAL_TOO_LONG,
    ),
    Row(
        "decimal of 16 KB",
        WIDE,
        zigzag(16_000) + b"\x01" * 16_000,
        Reason.DECIMAL_TOO_LONG,
    ),
    Row(
        "decimal of 64 KB",
        WIDE,
        zigzag(64_000) + b"\x01" * 64_000,
        Reason.DECIMAL_TOO_LONG,
    ),
    Row(
        "decimal of 128 KB",
        WIDE,
        zigzag(128_000) + b"\x01" * 128_000,
        Reason.DECIMAL_TOO_LONG,
    ),
    Row("decimal of 2^50 bytes", WIDE, zigzag(2**50), Reason.DECIMAL_TOO_LONG),
    Row("decimal of negative length", WIDE, zigzag(-3), Reason.BAD_LENGTH),
    Row(
        "decimal wider than precision",
        DECIMAL,
        b"\x04\x30\x39",
        Reason.DECIMAL_TOO_PRECISE,
    ),
    Row(
        "negative decimal wider than precision",
        DECIMAL,
        b"\x04\xcf\xc7",
        Reason.DECIMAL_TOO_PRECISE,
    ),
    Row(
        "fixed decimal wider than precision",
        FIXED_DECIMAL,
        b"\x00\x00\x30\x39",
        Reason.DECIMAL_TOO_PRECISE,
    ),
    Row("union index -1", ["null", "string"], zigzag(-1), Reason.UNION_INDEX),
    Row("union index 2 of 2", ["null", "string"], zigzag(2), Reason.UNION_INDEX),
    Row("union index 2^40", ["null", "string"], zigzag(2**40), Reason.UNION_INDEX),
    Row("enum index -1", ENUM, zigzag(-1), Reason.ENUM_INDEX),
    Row("enum index 2 of 2", ENUM, zigzag(2), Reason.ENUM_INDEX),
    Row("enum index 2^40", ENUM, zigzag(2**40), Reason.ENUM_INDEX),
    Row("int of 33 bits", "int", zigzag(2**31), Reason.INT_RANGE),
    Row("int of -33 bits", "int", zigzag(-(2**31) - 1), Reason.INT_RANGE),
    Row("varint of 21 bytes", "long", b"\x80" * 20 + b"\x01", Reason.BAD_VARINT),
    Row("varint of 66 bits", "long", b"\xff" * 9 + b"\x02", Reason.BAD_VARINT),
    Row("varint without end", "long", b"\xff\xff", Reason.TRUNCATED),
    Row("boolean 7", "boolean", b"\x07", Reason.BAD_BOOLEAN),
    Row("trailing byte", "long", b"\x02\x00", Reason.TRAILING_BYTES),
    Row("nothing", "long", b"", Reason.TRUNCATED),
    Row("half a double", "double", b"\x00\x00", Reason.TRUNCATED),
    Row("string of 2^60 bytes", "string", zigzag(2**60), Reason.TRUNCATED),
    Row("string of 2^63 - 1 bytes", "string", zigzag(2**63 - 1), Reason.TRUNCATED),
    Row("string of negative length", "string", zigzag(-5), Reason.BAD_LENGTH),
    Row("bytes of negative length", "bytes", zigzag(-500), Reason.BAD_LENGTH),
    Row("string that is not UTF-8", "string", b"\x04\xff\xfe", Reason.BAD_TEXT),
    Row("lone surrogate", "string", b"\x06\xed\xa0\x80", Reason.BAD_TEXT),
    Row("map key that is not UTF-8", TEXTS, b"\x02\x02\xff\x02a\x00", Reason.BAD_TEXT),
    Row(
        "date in the year 12000",
        logical("int", "date"),
        zigzag(4_000_000),
        Reason.BAD_VALUE,
    ),
    Row(
        "date before the year 1",
        logical("int", "date"),
        zigzag(-(2**31)),
        Reason.BAD_VALUE,
    ),
    Row(
        "timestamp of 2^63 - 1",
        logical("long", "timestamp-micros"),
        zigzag(2**63 - 1),
        Reason.BAD_VALUE,
    ),
    Row(
        "timestamp of -2^63",
        logical("long", "timestamp-millis"),
        zigzag(-(2**63)),
        Reason.BAD_VALUE,
    ),
    Row(
        "time of 25 hours",
        logical("int", "time-millis"),
        zigzag(90_000_000),
        Reason.BAD_VALUE,
    ),
    Row("negative time", logical("long", "time-micros"), zigzag(-1), Reason.BAD_VALUE),
    Row("half a UUID", FIXED_UUID, bytes(8), Reason.TRUNCATED),
    Row("half a duration", DURATION, bytes(6), Reason.TRUNCATED),
    Row(
        "local timestamp of 2^62",
        logical("long", "local-timestamp-micros"),
        zigzag(2**62),
        Reason.BAD_VALUE,
    ),
    Row(
        "map block of -2^63",
        TEXTS,
        zigzag(-(2**63)) + b"\x02\x00",
        Reason.TOO_MANY_ELEMENTS,
    ),
    Row("UUID of nonsense", UUID, b"\x08nope", Reason.BAD_VALUE),
    Row("value of 2 MiB", "bytes", zigzag(2**21) + bytes(2**21), Reason.TOO_LARGE),
)
