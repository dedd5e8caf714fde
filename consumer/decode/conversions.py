"""What fastavro 1.13 does not read as we need it, as it takes readers of one's own.

fastavro looks a reader up by base type and name ("Custom Logical Types" in its guide),
in one table for the whole process. Ours stand in it under names that no schema of
another may have, so whoever else reads with fastavro here still gets what it expects.

Rules:
    - A duration is months, days and milliseconds, each by itself: none is a fixed
      number of the other (Avro specification 1.12, "Duration"). It is three numbers,
      so that a mapping names them: `validity.days`.
    - A timestamp in nanoseconds is a `datetime`, which ends at microseconds: the digits
      below are cut toward the past, so that no event moves to a moment after it.
    - Promotions are ours, so that a value is promoted to the type that we resolved it
      to: fastavro takes the first of a union that it could become, so that an `int`
      written to `["double", "int"]` would come back a float.
"""

from __future__ import annotations

import datetime as dt
import struct
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from fastavro.read import LOGICAL_READERS

__all__ = ["PROMOTIONS", "name_for_fastavro", "promotion_for_fastavro", "reader_of"]

OURS = "target-consumer "  # a space: no tool writes such a logical type
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LOCAL_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local: a clock without a zone
NANOSECONDS = 1_000  # in a microsecond
# "three little-endian unsigned integers"
DURATION = struct.Struct("<III")


def uuid_of(data: bytes, _writer: object = None, _reader: object = None) -> uuid.UUID:
    """Return the UUID of sixteen bytes, the most significant first (RFC 4122)."""
    return uuid.UUID(bytes=data)


def moment_of(data: int, _writer: object = None, _reader: object = None) -> dt.datetime:
    """Return the moment of a count of nanoseconds since 1970, in UTC."""
    return EPOCH + dt.timedelta(microseconds=data // NANOSECONDS)


def local_of(data: int, _writer: object = None, _reader: object = None) -> dt.datetime:
    """Return the moment of a count of nanoseconds, on a clock without a zone."""
    return LOCAL_EPOCH + dt.timedelta(microseconds=data // NANOSECONDS)


def duration_of(
    data: bytes, _writer: object = None, _reader: object = None
) -> dict[str, int]:
    """Return the three parts of a duration."""
    months, days, milliseconds = DURATION.unpack(data)
    return {"months": months, "days": days, "milliseconds": milliseconds}


def float_of(data: int, _writer: object = None, _reader: object = None) -> float:
    """Return the float that an integer is promoted to."""
    return float(data)


def bytes_of(data: str, _writer: object = None, _reader: object = None) -> bytes:
    """Return the bytes that a string is promoted to."""
    return data.encode()


def text_of(data: bytes, _writer: object = None, _reader: object = None) -> str:
    """Return the string that bytes are promoted to."""
    return data.decode()


def itself(data: object, _writer: object = None, _reader: object = None) -> object:
    """Return what was written, which must not be promoted."""
    return data


READERS: Mapping[tuple[str, str], Callable[..., object]] = {
    ("fixed", "uuid"): uuid_of,
    ("fixed", "duration"): duration_of,
    ("long", "timestamp-nanos"): moment_of,
    ("long", "local-timestamp-nanos"): local_of,
}
# int to long and float to double are no change in Python.
PROMOTIONS: Mapping[tuple[str, str], Callable[..., object]] = {
    ("int", "float"): float_of,
    ("int", "double"): float_of,
    ("long", "float"): float_of,
    ("long", "double"): float_of,
    ("string", "bytes"): bytes_of,
    ("bytes", "string"): text_of,
    **{(kind, kind): itself for kind in ("int", "long", "float", "string", "bytes")},
}
LOGICAL_READERS.update({
    f"{base}-{OURS}{name}": reader
    for (base, name), reader in (*READERS.items(), *PROMOTIONS.items())
})


def promotion_for_fastavro(promoted: str) -> str:
    """Return under which logical type fastavro promotes a value to `promoted`."""
    return f"{OURS}{promoted}"


def name_for_fastavro(base: str, name: str) -> str:
    """Return under which name fastavro reads the logical type `name` on `base`."""
    return f"{OURS}{name}" if (base, name) in READERS else name


def reader_of(base: str, name: str) -> Callable[..., Any] | None:
    """Return what makes a value of `base` into one of the logical type `name`."""
    return LOGICAL_READERS.get(f"{base}-{name_for_fastavro(base, name)}")
