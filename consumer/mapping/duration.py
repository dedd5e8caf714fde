"""An Avro duration as people write it in JSON."""

from __future__ import annotations

import struct

from consumer.mapping.value_type import DURATION

__all__ = ["duration_of"]

PARTS = struct.Struct("<III")  # Avro specification 1.12, "Duration"
MAX_PART = 2**32 - 1


def duration_of(value: object) -> dict[str, int]:
    """Return the parts of a duration: a map of them, or Avro's text of twelve bytes.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, str) and len(value) == PARTS.size:
        return dict(
            zip(DURATION.fields, PARTS.unpack(value.encode("latin-1")), strict=True)
        )
    if not isinstance(value, dict) or not value.keys() <= DURATION.fields.keys():
        raise ValueError("no duration")
    parts = {name: value.get(name, 0) for name in DURATION.fields}
    if not all(type(n) is int and 0 <= n <= MAX_PART for n in parts.values()):
        raise ValueError("a part is no whole number of 32 bits")
    return parts
