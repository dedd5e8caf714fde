"""Logical types: which are known, on which base types, and which may stand for which.

Two logical types of one kind differ only in how a value is written (milliseconds or
microseconds), so an event of the one can be read as the other without a loss of truth.
Two of different kinds cannot: a date is no time of day.
"""

from __future__ import annotations

from collections.abc import Mapping

from consumer.decode.limits import DecodeLimits
from consumer.decode.nodes import Logical
from consumer.decode.reasons import Reason
from consumer.errors import SchemaError

__all__ = ["KINDS", "logical_of"]

# Name -> (kind, base types). Nanoseconds are a kind of their own: the other timestamps
# reach ten thousand years, these three hundred.
KINDS: Mapping[str, tuple[str, frozenset[str]]] = {
    "decimal": ("decimal", frozenset({"bytes", "fixed"})),
    "uuid": ("uuid", frozenset({"string", "fixed"})),
    "date": ("date", frozenset({"int"})),
    "time-millis": ("time", frozenset({"int"})),
    "time-micros": ("time", frozenset({"long"})),
    "timestamp-millis": ("timestamp", frozenset({"long"})),
    "timestamp-micros": ("timestamp", frozenset({"long"})),
    "timestamp-nanos": ("timestamp in nanoseconds", frozenset({"long"})),
    "local-timestamp-millis": ("local timestamp", frozenset({"long"})),
    "local-timestamp-micros": ("local timestamp", frozenset({"long"})),
    "local-timestamp-nanos": ("local timestamp in nanoseconds", frozenset({"long"})),
    "duration": ("duration", frozenset({"fixed"})),
}

# "a fixed of size 16", "a fixed of size 12"; on another size the type is ignored.
SIZES = {"uuid": 16, "duration": 12}

# A decimal's scale ends up as zeros in a text: without a bound, a schema of one line
# makes a text of a gigabyte.
MAX_PRECISION = 1_000


def logical_of(
    base: str, schema: Mapping[str, object], limits: DecodeLimits, size: int = 0
) -> Logical | None:
    """Return the logical type of `schema`, None when there is none that is valid.

    A decimal that would always be refused ends in a SchemaError.

    Args:
        base: The base type.
        schema: The type's JSON object.
        limits: What a decimal may cost.
        size: Bytes of a fixed type; 0 otherwise.

    Returns:
        The logical type.
    """
    name = schema.get("logicalType")
    if not isinstance(name, str) or name not in KINDS or base not in KINDS[name][1]:
        return None
    if base == "fixed" and SIZES.get(name, size) != size:
        return None
    return Logical(name) if name != "decimal" else decimal_of(schema, limits, size)


def decimal_of(
    schema: Mapping[str, object], limits: DecodeLimits, size: int
) -> Logical | None:
    """Return a decimal; None for one that is not valid, as the specification says.

    Raises:
        SchemaError: It would always be refused.
    """
    precision, scale = schema.get("precision"), schema.get("scale", 0)
    if not isinstance(precision, int) or not isinstance(scale, int):
        return None
    if precision < 1 or not 0 <= scale <= precision:
        return None
    if precision > MAX_PRECISION:
        raise SchemaError(
            Reason.SCHEMA_DECIMAL, f"a decimal has more than {MAX_PRECISION} digits"
        )
    if size > limits.max_decimal_bytes:
        raise SchemaError(
            Reason.SCHEMA_DECIMAL,
            f"a decimal takes more than {limits.max_decimal_bytes} bytes",
        )
    return Logical("decimal", precision, scale)
