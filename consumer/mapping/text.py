"""How a value becomes a text when no format says otherwise.

Rules, each with its example:
- text, a symbol of an enum: as it is.
- integer: `-7`. Boolean: `true`, `false`. UUID: lower case with hyphens.
- decimal: with all digits of its scale, never an exponent: `250000.00`.
- float: the shortest digits that read back as the same number, never an exponent, no
  fraction when there is none, no minus before zero: `0.1`, `5`, `1000000000000000000000`.
  Not-a-number and the infinities reject the record.
- date: `2026-03-01`.
- A timestamp or a time of day needs a format; lists, maps, records and bytes need a
  function.
"""

from __future__ import annotations

import datetime as dt
import math
import uuid
from decimal import Decimal

from consumer.errors import MappingError
from consumer.mapping.faults import FaultCode
from consumer.mapping.step import Step, StepError
from consumer.mapping.value_type import TEXT, Kind, ValueType

__all__ = ["decimal_text", "float_text", "text_of", "text_step"]


def float_text(value: float) -> str:
    """Return the shortest plain digits that read back as `value`.

    Raises:
        MappingError: It is no finite number.
    """
    if not math.isfinite(value):
        raise MappingError("not_a_number", "The number is not finite.")
    if value == int(value):
        return str(int(value)) if abs(value) < 1e16 else plain(value)  # noqa: PLR2004 - below, int() adds no digits
    return plain(value)


def plain(value: float) -> str:
    """Return the digits of `repr` without an exponent."""
    return format(Decimal(repr(value)), "f")


def decimal_text(value: Decimal) -> str:
    """Return all digits of `value`, without an exponent or a minus before zero.

    Raises:
        MappingError: It is no finite number.
    """
    if not value.is_finite():
        raise MappingError("not_a_number", "The number is not finite.")
    return format(value or abs(value), "f")


def text_of(value: object) -> str:
    """Return any value as a text, by the rules of this module.

    Raises:
        MappingError: It has no text of its own.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | uuid.UUID):
        return str(value)
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    raise MappingError("no_text", f"A {type(value).__name__} is not a text by itself.")


TEMPLATES = {
    Kind.INTEGER: "str({v})",
    Kind.UUID: "str({v})",
    Kind.BOOLEAN: '("true" if {v} else "false")',
    Kind.DATE: "{v}.isoformat()",
    Kind.DECIMAL: "{call}({v})",
    Kind.FLOAT: "{call}({v})",
    Kind.UNION: "{call}({v})",
}
CALLS = {
    Kind.DECIMAL: decimal_text,
    Kind.FLOAT: float_text,
    Kind.UNION: text_of,
}
WITHOUT = {
    Kind.TIMESTAMP: "Write a `format` with `date` and `zone`.",
    Kind.LOCAL_TIMESTAMP: "Write a `format` with `date`.",
    Kind.TIME: "Write a `format` with `date`.",
    Kind.BYTES: "Use a function that makes a text of it.",
    Kind.LIST: "Use a function such as `join`, `first` or `count`.",
    Kind.MAP: "Name one entry in the path, or use `count`.",
    Kind.RECORD: "Name one of its fields in the path.",
    Kind.INPUTS: "Use a function of several inputs, such as `minor_units`.",
    Kind.NOTHING: "The field is always null: write a `value`.",
}


def text_step(source: ValueType) -> Step | None:
    """Return the step that makes a text of `source`; None when it is one already.

    Raises:
        StepError: It needs a format or a function.
    """
    if source.kind in {Kind.TEXT, Kind.ENUM}:
        return None
    members = source.members if source.kind is Kind.UNION else (source,)
    for member in members:
        if member.kind in WITHOUT:
            raise StepError(
                FaultCode.NO_TEXT,
                f"A {member} does not become a text by itself.",
                WITHOUT[member.kind],
            )
    call = CALLS.get(source.kind)
    return Step(
        name="text",
        template=TEMPLATES[source.kind],
        bindings={} if call is None else {"call": call},
        result=TEXT,
        solid=source.kind is not Kind.UNION,
    )
