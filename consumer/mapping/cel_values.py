"""Values of an event as CEL takes them.

A text with a NUL in it rejects the record: the library cuts it there and says nothing
(cel-expr-python 0.1.3), so what follows a NUL would not count. Bytes have NULs all
the time, so they do not reach CEL at all; neither do decimals in lists and maps.
"""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

from consumer.errors import MappingError
from consumer.mapping.value_type import Kind, ValueType

__all__ = ["DIRECT", "STRINGS", "given", "given_text", "given_there", "refusal"]

# Given as they are.
DIRECT = {Kind.ENUM, Kind.INTEGER, Kind.FLOAT, Kind.BOOLEAN, Kind.TIMESTAMP}
STRINGS = {Kind.TEXT, Kind.ENUM, Kind.UUID, Kind.DATE, Kind.TIME, Kind.LOCAL_TIMESTAMP}
REFUSED = {
    Kind.DECIMAL: "decimals in lists, maps and unions do not reach CEL",
    Kind.BYTES: "bytes do not reach CEL whole",
}


def refusal(source: ValueType) -> str | None:
    """Return why values of a type cannot be given to CEL; None when they can.

    Records in lists and maps can: their decimals and bytes are left out.
    """
    if source.kind is Kind.DECIMAL:
        return None
    return hidden(source)


def hidden(source: ValueType) -> str | None:
    """Return why a value of a type, or one inside it, cannot be given."""
    inner = (*source.members, *([source.element] if source.element else []))
    reasons = (REFUSED.get(source.kind), *map(hidden, inner))
    return next((reason for reason in reasons if reason is not None), None)


def given_text(value: str | None) -> str | None:
    """Return a text that is whole for CEL.

    Raises:
        MappingError: It has a NUL in it.
    """
    if value is not None and "\0" in value:
        raise MappingError("cel", "A text with a NUL in it cannot be given to CEL.")
    return value


def given_there(value: object) -> bool | None:
    """Return what stands for a record, which is compared with null only."""
    return None if value is None else True


def given(value: object) -> object:
    """Return any value as CEL takes it."""
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, dict):
        return {
            given_text(k): given(v)
            for k, v in value.items()
            if not isinstance(v, Decimal | bytes)
        }
    if isinstance(value, list):
        return [given(v) for v in value]
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value
    return given_text(spelled(value))


def spelled(value: object) -> str:
    """Return the text that stands for a value in CEL.

    Raises:
        MappingError: None does.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    raise MappingError("cel", "A value of the event cannot be given to CEL.")
