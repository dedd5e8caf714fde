"""The `parse` of a rule: a text, or a number of seconds, becomes a value with a type.

- `integer`, `decimal`, `boolean`: digits as people type them; `true` or `false`.
- `date`, `timestamp`: ISO 8601; a timestamp needs its offset or `Z`.
- `{date: "%d.%m.%Y"}`, `{timestamp: "%d.%m.%Y %H:%M %z"}`: directives of strptime.
- `{timestamp: "%d.%m.%Y %H:%M", zone: Europe/Zurich}`: a local time, for a text or a local
  timestamp (`{timestamp: local, zone: ...}`). Of an hour that the clock shows twice it is
  the first; an hour that the clock leaves out cannot be read.
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
from consumer.mapping.specification import ParseSpec, ZoneSpec
from consumer.mapping.step import Step, StepError
from consumer.mapping.value_type import Kind, ValueType
from consumer.mapping.zone_steps import ZoneReader, zone_expression

__all__ = ["parse_step"]

INTEGER = re.compile(r"[-+]?[0-9]{1,40}")
DECIMAL = re.compile(r"[-+]?[0-9]{1,40}(\.[0-9]{1,40})?")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LOCAL = "local"  # the pattern of what is a local timestamp already
# Directives that mean the same everywhere: none of the locale's.
DIRECTIVES = frozenset("YmdyjbBaAHIMSfpz%")
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
    """Return a function that reads by `pattern`, which has an offset if it is a time."""

    def read(text: str) -> dt.date:
        found = strptime(kind, pattern, text)
        return found.date() if kind == "date" else found.astimezone(dt.UTC)

    return read


def strptime(kind: str, pattern: str, text: str) -> dt.datetime:
    """Return what `text` writes by `pattern`.

    Raises:
        UnreadableError: It writes nothing so.
    """
    try:
        return dt.datetime.strptime(text, pattern)  # noqa: DTZ007 - in a zone where asked
    except ValueError:
        raise UnreadableError(kind) from None


def local_by_pattern(pattern: str) -> Callable[[str, dt.tzinfo], dt.datetime]:
    """Return a function that reads a local time by `pattern`."""
    return lambda text, zone: moment(strptime("timestamp", pattern, text), zone)


def moment(local: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Return when the clock of a zone shows a local time, in UTC.

    Raises:
        UnreadableError: It never does: the clock was put forward over it.
    """
    # Without `fold` the first of two hours is meant: what PEP 495 says of old code.
    found = local.replace(tzinfo=zone).astimezone(dt.UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) != local:
        raise UnreadableError("timestamp")
    return found


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


def parse_step(spec: ParseSpec, source: ValueType, zone: ZoneReader) -> Step:
    """Return the step that reads `source` as `spec` says.

    Args:
        spec: What stands under `parse`.
        source: The type that comes in.
        zone: Gives the expression that reads the path of a zone.

    A type or a pattern that does not fit raises `StepError`.
    """
    takes(spec, source)
    if spec.zone is not None:
        return local_step(spec, spec.zone, source, zone)
    kind = Kind.TIMESTAMP if spec.kind == "epoch" else Kind(spec.kind)
    return Step(
        name=f"parse {spec.kind}",
        template="{call}({v})",
        bindings={"call": reader_of(spec)},
        result=ValueType(kind=kind),
    )


def takes(spec: ParseSpec, source: ValueType) -> None:
    """Refuse a type that cannot be read so.

    Raises:
        StepError: It cannot.
    """
    wanted = {Kind.TEXT}
    if spec.kind == "epoch":
        wanted = {Kind.INTEGER, Kind.FLOAT, Kind.DECIMAL}
    elif spec.pattern == LOCAL:
        wanted = {Kind.LOCAL_TIMESTAMP}
    if source.kind not in wanted:
        raise StepError(
            FaultCode.WRONG_TYPE,
            f"`parse: {spec.kind}` takes {', '.join(sorted(wanted))}; "
            f"this is a {source.present()}.",
            "Leave `parse` out: the schema gives the value its type.",
            ("parse",),
        )


def local_step(
    spec: ParseSpec, where: ZoneSpec, source: ValueType, zone: ZoneReader
) -> Step:
    """Return the step that reads a local time in a zone.

    Raises:
        StepError: Only a timestamp without an offset is one.
    """
    pattern = spec.pattern or ""
    if spec.kind != "timestamp" or not pattern or "%z" in pattern:
        raise StepError(
            FaultCode.BAD_PATTERN,
            "A zone is for a timestamp whose text has no offset of its own.",
            'Write `{timestamp: "%d.%m.%Y %H:%M", zone: ZONE}`, or leave `zone` out.',
            ("parse",),
        )
    read: Callable[..., object] = moment
    if source.kind is Kind.TEXT:
        check_directives("timestamp", pattern)
        read = local_by_pattern(pattern)
    expression, bindings = zone_expression(where, zone, ("parse", "zone"))
    return Step(
        name=f"parse timestamp in {where.name or where.path}",
        template="{call}({v}, " + expression + ")",
        bindings={**bindings, "call": read},
        result=ValueType(kind=Kind.TIMESTAMP),
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
    check_directives(spec.kind, spec.pattern)
    if spec.kind == "timestamp" and "%z" not in spec.pattern:
        raise StepError(
            FaultCode.BAD_PATTERN,
            "In which time zone the text is, is not said.",
            "Add `%z` if the text has an offset, else `zone: NAME` beside the pattern.",
            ("parse",),
        )
    return by_pattern(spec.kind, spec.pattern)


def check_directives(kind: str, pattern: str) -> None:
    """Refuse a pattern that no text is read by.

    Raises:
        StepError: It has such a directive.
    """
    for directive in re.findall(r"%(.?)", pattern):
        if directive not in DIRECTIVES:
            raise StepError(
                FaultCode.BAD_PATTERN,
                f"`%{directive}` is not a directive that a {kind} is read by.",
                f"Use {' '.join('%' + letter for letter in sorted(DIRECTIVES))}.",
                ("parse", kind),
            )
