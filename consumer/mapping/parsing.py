"""The `parse` of a rule: a text, or a number of seconds, becomes a value with a type.

- `integer`, `decimal`, `boolean`: digits as people type them; `true` or `false`.
- `date`, `timestamp`: ISO 8601; a timestamp needs its offset or `Z`.
- `{date: "%d.%m.%Y"}`, `{timestamp: "%d.%m.%Y %H:%M %z"}`: directives of strptime.
- `{epoch: seconds}`, `milliseconds`, `microseconds`: a number since 1970 (UTC).

What cannot be read rejects the record.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

from consumer.errors import MappingError
from consumer.mapping.faults import FaultCode, did_you_mean
from consumer.mapping.specification import ParseSpec
from consumer.mapping.step import Step, StepError
from consumer.mapping.value_type import Kind, ValueType

__all__ = ["parse_step"]

INTEGER = re.compile(r"[-+]?[0-9]{1,40}")
DECIMAL = re.compile(r"[-+]?[0-9]{1,40}(\.[0-9]{1,40})?")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
UNITS = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}


class UnreadableError(MappingError):
    """A value cannot be read as what it should be."""

    def __init__(self, kind: str) -> None:
        """Say as what."""
        super().__init__("parse", f"The value cannot be read as {kind}.")


def integer(text: str) -> int:
    """Return the whole number that `text` writes.

    Raises:
        UnreadableError: It writes none.
    """
    if INTEGER.fullmatch(text) is None:
        raise UnreadableError("integer")
    return int(text)


def decimal(text: str) -> Decimal:
    """Return the decimal that `text` writes, with its digits.

    Raises:
        UnreadableError: It writes none.
    """
    if DECIMAL.fullmatch(text) is None:
        raise UnreadableError("decimal")
    return Decimal(text)


def boolean(text: str) -> bool:
    """Return the truth value that `text` writes.

    Raises:
        UnreadableError: It writes none.
    """
    if text not in {"true", "false"}:
        raise UnreadableError("boolean")
    return text == "true"


def date(text: str) -> dt.date:
    """Return the day that `text` writes, as `2026-03-01`.

    Raises:
        UnreadableError: It writes none.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UnreadableError("date") from None


def timestamp(text: str) -> dt.datetime:
    """Return the moment that `text` writes, in UTC.

    Raises:
        UnreadableError: It writes none.
    """
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UnreadableError("timestamp") from None
    if found.tzinfo is None:
        raise UnreadableError("timestamp")
    return found.astimezone(dt.UTC)


def by_pattern(kind: str, pattern: str) -> Callable[[str], dt.date]:
    """Return a function that reads by `pattern`."""

    def read(text: str) -> dt.date:
        try:
            found = dt.datetime.strptime(text, pattern)  # noqa: DTZ007 - judged below
        except ValueError:
            raise UnreadableError(kind) from None
        if kind == "date":
            return found.date()
        if found.tzinfo is None:
            raise UnreadableError(kind)
        return found.astimezone(dt.UTC)

    return read


def since_epoch(unit: str) -> Callable[[float | Decimal], dt.datetime]:
    """Return a function that reads a number of `unit` since 1970."""
    factor = UNITS[unit]

    def read(value: float | Decimal) -> dt.datetime:
        try:
            return EPOCH + dt.timedelta(microseconds=int(value * factor))
        except (OverflowError, ValueError):
            raise UnreadableError("timestamp") from None

    return read


TEXTS: dict[str, Callable[[str], object]] = {
    "integer": integer,
    "decimal": decimal,
    "boolean": boolean,
    "date": date,
    "timestamp": timestamp,
}


def parse_step(spec: ParseSpec, source: ValueType) -> Step:
    """Return the step that reads `source` as `spec` says.

    Raises:
        StepError: The type that comes in, or a pattern, does not fit.
    """
    kind = Kind.TIMESTAMP if spec.kind == "epoch" else Kind(spec.kind)
    numbers = {Kind.INTEGER, Kind.FLOAT, Kind.DECIMAL}
    wanted = numbers if spec.kind == "epoch" else {Kind.TEXT}
    if source.kind not in wanted:
        raise StepError(
            FaultCode.WRONG_TYPE,
            f"`parse: {spec.kind}` takes {', '.join(sorted(wanted))}; "
            f"this is a {source.present()}.",
            "Leave `parse` out: the schema gives the value its type.",
            ("parse",),
        )
    return Step(
        name=f"parse {spec.kind}",
        template="{call}({v})",
        bindings={"call": reader_of(spec)},
        result=ValueType(kind=kind),
    )


def reader_of(spec: ParseSpec) -> Callable[..., object]:
    """Return the function that reads.

    Raises:
        StepError: The pattern does not fit.
    """
    if spec.kind == "epoch":
        if spec.pattern not in UNITS:
            raise StepError(
                FaultCode.BAD_PATTERN,
                "The unit of `epoch` is missing or unknown.",
                did_you_mean(spec.pattern or "", UNITS),
                ("parse",),
            )
        return since_epoch(spec.pattern)
    if spec.pattern is None:
        return TEXTS[spec.kind]
    if spec.kind not in {"date", "timestamp"} or "%" not in spec.pattern:
        raise StepError(
            FaultCode.BAD_PATTERN,
            f"`{spec.kind}` is not read by such a pattern.",
            'Write `{date: "%d.%m.%Y"}`, or the name alone.',
            ("parse",),
        )
    return by_pattern(spec.kind, spec.pattern)
