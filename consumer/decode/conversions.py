"""Logical types that fastavro 1.13 does not read, as it takes readers of one's own.

fastavro looks a reader up by base type and name ("Custom Logical Types" in its guide),
in one table for the whole process. Ours stand in it under names that no schema of
another may have, so whoever else reads with fastavro here still gets what it expects.

Rules:
    - A duration is months, days and milliseconds, each by itself: none is a fixed
      number of the other (Avro specification 1.12, "Duration"). It is three numbers,
      so that a mapping names them: `validity.days`.
    - A timestamp in nanoseconds is a `datetime`, which ends at microseconds: the digits
      below are cut toward the past, so that no event moves to a moment after it.
"""

from __future__ import annotations

import datetime as dt
import struct
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from fastavro.read import LOGICAL_READERS

__all__ = ["name_for_fastavro", "reader_of"]

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


READERS: Mapping[tuple[str, str], Callable[..., object]] = {
    ("fixed", "uuid"): uuid_of,
    ("fixed", "duration"): duration_of,
    ("long", "timestamp-nanos"): moment_of,
    ("long", "local-timestamp-nanos"): local_of,
}
LOGICAL_READERS.update({
    f"{base}-{OURS}{name}": reader for (base, name), reader in READERS.items()
})


def name_for_fastavro(base: str, name: str) -> str:
    """Return under which name fastavro reads the logical type `name` on `base`."""
    return f"{OURS}{name}" if (base, name) in READERS else name


def reader_of(base: str, name: str) -> Callable[..., Any] | None:
    """Return what makes a value of `base` into one of the logical type `name`."""
    return LOGICAL_READERS.get(f"{base}-{name_for_fastavro(base, name)}")
