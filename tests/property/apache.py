"""Apache's own reader of Avro, and when its value is the same as ours."""

from __future__ import annotations

import io
import json
import struct
import uuid
import warnings
from collections.abc import Mapping
from decimal import Decimal

import avro.errors
import avro.io
import avro.schema

__all__ = ["REFUSED", "is_same", "read"]

REFUSED = "refused"


def read(
    writer: Mapping[str, object], reader: Mapping[str, object], body: bytes
) -> object:
    """Return Apache's value of `body`; `REFUSED` when it cannot be resolved."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", avro.errors.IgnoredLogicalType)
        datum = avro.io.DatumReader(parse(writer), parse(reader))
        try:
            return datum.read(avro.io.BinaryDecoder(io.BytesIO(body)))
        except avro.errors.SchemaResolutionException:
            return REFUSED


def parse(schema: Mapping[str, object]) -> avro.schema.Schema:
    """Return Apache's schema."""
    return avro.schema.parse(json.dumps(schema))


def is_same(ours: object, theirs: object) -> bool:
    """Return whether two values are one, type and digits included.

    Apache leaves a promoted integer an integer, and a UUID a text.
    """
    match ours, theirs:
        case dict(), dict():
            return ours.keys() == theirs.keys() and all(
                is_same(value, theirs[key]) for key, value in ours.items()
            )
        case list(), list():
            return len(ours) == len(theirs) and all(map(is_same, ours, theirs))
        case float(), int() if not isinstance(theirs, bool):
            theirs = float(theirs)
        case uuid.UUID(), str():
            theirs = uuid.UUID(theirs)
    return type(ours) is type(theirs) and exact(ours) == exact(theirs)


def exact(value: object) -> object:
    """Return `value` so that NaN equals itself, and 1.0 does not equal 1.00."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    return value.as_tuple() if isinstance(value, Decimal) else value
