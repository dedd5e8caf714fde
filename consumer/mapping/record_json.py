"""Events as people write them in JSON or YAML, to the values that Avro's reader gives.

Rules, by the Avro type:
- Plain JSON and Avro's JSON encoding are both read: a union's value may stand alone or
  under the name of its branch (`{"string": "x"}`).
- A field that is left out has its default, or is null where it may be.
- decimal: `"19.99"` or a number, or Avro's text of bytes. date: `"2026-03-01"` or days.
  timestamp: `"2026-03-01T15:30:00Z"` or a count since 1970. time: `"15:30:00"` or a count.
  uuid: its text. duration: `{"months": 1, "days": 0, "milliseconds": 0}`, what is left
  out is 0. bytes, fixed, and a uuid or duration on fixed: a text, one character a byte.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal, InvalidOperation

from consumer.mapping.avro_names import definitions
from consumer.mapping.duration import duration_of
from consumer.mapping.faults import did_you_mean
from consumer.mapping.value_type import logical_name

__all__ = ["RecordShapeError", "event_of", "merge_patch"]

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECONDS = {"millis": 1_000, "micros": 1}
NANOSECONDS = 1_000  # in a microsecond; the digits below are cut toward the past
UUID_BYTES = 16
WIDE = Context(prec=1000)  # digits of the widest decimal that a schema may have


class RecordShapeError(Exception):
    """A record does not fit its schema.

    Attributes:
        path: Where.
    """

    def __init__(self, path: str, message: str) -> None:
        """Say where and what."""
        super().__init__(f"{path or 'the record'}: {message}")
        self.path = path


def merge_patch(base: object, patch: object) -> object:
    """Return `base` with `patch` merged into it, by RFC 7396: null takes a key away."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(base) if isinstance(base, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def event_of(
    value: object, schema: object, others: Mapping[str, object]
) -> dict[str, object]:
    """Return the event that `value` writes.

    Args:
        value: JSON, as Python values.
        schema: Avro schema of a record, as its JSON.
        others: Schemas of other files by full name.

    Raises:
        RecordShapeError: It does not fit.
    """
    names = {**others, **definitions(schema)}
    event = Conversion(names).convert(value, schema, "", "")
    if not isinstance(event, dict):
        raise RecordShapeError("", "the schema is not a record's.")
    return event


@dataclass(slots=True)
class Conversion:
    """One conversion. Owned by `event_of`."""

    names: dict[str, object]
    spaces: dict[str, str] = field(default_factory=dict)

    def convert(self, value: object, schema: object, path: str, space: str) -> object:
        if isinstance(schema, list):
            return self.union(value, schema, path, space)
        if isinstance(schema, dict):
            return self.complex(value, schema, path, space)
        named = self.find(str(schema), space)
        if named is not None:
            return self.convert(value, named, path, "")
        return primitive(value, str(schema), path)

    def complex(
        self, value: object, schema: dict[str, object], path: str, space: str
    ) -> object:
        base = str(schema.get("type"))
        logical = LOGICAL.get((base, logical_name(schema)))
        if base == "record":
            return self.record(value, schema, path, space)
        if base == "enum":
            return self.symbol(value, schema, path, space)
        if base == "array":
            return self.items(value, schema.get("items"), path, space)
        if base == "map":
            return self.entries(value, schema.get("values"), path, space)
        if base == "fixed":
            self.define(schema, space)
        if logical is not None:
            return logical(value, schema, path)
        inner = "bytes" if base == "fixed" else schema.get("type")
        return self.convert(value, inner, path, space)

    def find(self, name: str, space: str) -> object | None:
        full = name if "." in name else f"{space}.{name}".strip(".")
        return self.names.get(full)

    def define(self, schema: dict[str, object], space: str) -> str:
        name = str(schema.get("name"))
        own = str(schema.get("namespace", space))
        full = name if "." in name else f"{own}.{name}".strip(".")
        self.names[full] = {**schema, "name": full}
        return full

    def record(
        self, value: object, schema: dict[str, object], path: str, space: str
    ) -> dict[str, object]:
        full = self.define(schema, space)
        if not isinstance(value, dict):
            raise RecordShapeError(path, "keys with values belong here.")
        listed = schema.get("fields")
        fields = (
            [f for f in listed if isinstance(f, dict)]
            if isinstance(listed, list)
            else []
        )
        names = [str(one["name"]) for one in fields]
        for name in value:
            if name not in names:
                raise RecordShapeError(
                    below(path, name), f"no such field. {did_you_mean(name, names)}"
                )
        inner = full.rpartition(".")[0]
        return {
            name: self.field(value, name, one, below(path, name), inner)
            for name, one in zip(names, fields, strict=True)
        }

    def field(
        self,
        value: dict[str, object],
        name: str,
        schema: dict[str, object],
        path: str,
        space: str,
    ) -> object:
        if name in value:
            return self.convert(value[name], schema["type"], path, space)
        kind = schema["type"]
        if "default" in schema:
            return self.default(schema["default"], kind, path, space)
        if isinstance(kind, list) and "null" in kind:
            return None
        raise RecordShapeError(path, "the field is missing and has no default.")

    def default(self, value: object, schema: object, path: str, space: str) -> object:
        first = schema[0] if isinstance(schema, list) and schema else schema
        return self.convert(value, first, path, space)

    def symbol(
        self, value: object, schema: dict[str, object], path: str, space: str
    ) -> str:
        self.define(schema, space)
        listed = schema.get("symbols")
        symbols = [str(one) for one in listed] if isinstance(listed, list) else []
        if not isinstance(value, str) or value not in symbols:
            raise RecordShapeError(
                path, f"no symbol of the enum. {did_you_mean(str(value), symbols)}"
            )
        return value

    def items(
        self, value: object, schema: object, path: str, space: str
    ) -> list[object]:
        if not isinstance(value, list):
            raise RecordShapeError(path, "a list belongs here.")
        return [
            self.convert(one, schema, f"{path}[{index}]", space)
            for index, one in enumerate(value)
        ]

    def entries(
        self, value: object, schema: object, path: str, space: str
    ) -> dict[str, object]:
        if not isinstance(value, dict):
            raise RecordShapeError(path, "keys with values belong here.")
        return {
            str(name): self.convert(one, schema, below(path, str(name)), space)
            for name, one in value.items()
        }

    def union(
        self, value: object, branches: list[object], path: str, space: str
    ) -> object:
        if value is None and "null" in branches:
            return None
        solid = [branch for branch in branches if branch != "null"]
        if isinstance(value, dict) and len(value) == 1:
            [(tag, inner)] = value.items()
            for branch in solid:
                if tag in self.tags(branch, space):
                    return self.convert(inner, branch, path, space)
        problem = RecordShapeError(path, "null does not belong here.")
        for branch in solid:
            try:
                return self.convert(value, branch, path, space)
            except RecordShapeError as error:
                problem = error
        raise problem

    def tags(self, branch: object, space: str) -> set[str]:
        """Return the names by which Avro's JSON encoding calls a branch."""
        if isinstance(branch, dict):
            base = str(branch.get("type"))
            name = str(branch.get("name", base))
            return {name, f"{branch.get('namespace', space)}.{name}"}
        return {str(branch), f"{space}.{branch}"}


def below(path: str, name: str) -> str:
    """Return the path of a field."""
    return f"{path}.{name}" if path else name


# ------------------------------------------------------------------------ primitives


def primitive(value: object, name: str, path: str) -> object:
    """Return the value of a primitive type.

    Raises:
        RecordShapeError: It does not fit.
    """
    if name in {"float", "double"} and isinstance(value, int | float):
        if not isinstance(value, bool):
            return float(value)
    elif name == "bytes" and isinstance(value, str):
        return raw(value, path)
    elif type(value) is PRIMITIVES.get(name):
        return value
    raise RecordShapeError(path, f"this is not a {name}.")


PRIMITIVES = {
    "null": type(None),
    "boolean": bool,
    "int": int,
    "long": int,
    "string": str,
}


def raw(text: str, path: str) -> bytes:
    """Return the bytes that Avro's JSON encoding writes as `text`.

    Raises:
        RecordShapeError: A character stands for no byte.
    """
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise RecordShapeError(path, "a character stands for no byte.") from None


def decimal(value: object, schema: dict[str, object], path: str) -> Decimal:
    """Return a decimal with the digits of its scale.

    Raises:
        RecordShapeError: It is none, or has more digits than its scale.
    """
    scale = schema.get("scale", 0)
    digits = scale if isinstance(scale, int) else 0
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RecordShapeError(path, "this is not a decimal.")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        unscaled = int.from_bytes(raw(str(value), path), "big", signed=True)
        return Decimal(unscaled).scaleb(-digits)
    if not number.is_finite():
        raise RecordShapeError(path, "this is not a decimal.")
    try:
        exact = number.quantize(Decimal(1).scaleb(-digits), context=WIDE)
    except InvalidOperation:
        raise RecordShapeError(path, "it has too many digits.") from None
    if exact != number:
        raise RecordShapeError(
            path, f"it has more than {digits} digits after the point."
        )
    return exact


def date(value: object, _: dict[str, object], path: str) -> dt.date:
    """Return a date.

    Raises:
        RecordShapeError: It is none.
    """
    try:
        if isinstance(value, str):
            return dt.date.fromisoformat(value)
        return (EPOCH + dt.timedelta(days=whole(value))).date()
    except (ValueError, OverflowError):
        raise RecordShapeError(
            path, 'this is not a date such as "2026-03-01".'
        ) from None


def time(value: object, schema: dict[str, object], path: str) -> dt.time:
    """Return a time of day.

    Raises:
        RecordShapeError: It is none.
    """
    try:
        if isinstance(value, str):
            return dt.time.fromisoformat(value)
        return (EPOCH + count(value, schema)).time()
    except (ValueError, OverflowError):
        raise RecordShapeError(path, 'this is not a time such as "15:30:00".') from None


def timestamp(value: object, schema: dict[str, object], path: str) -> dt.datetime:
    """Return a moment in UTC, cut to the digits that the schema keeps.

    Raises:
        RecordShapeError: It is none.
    """
    try:
        if not isinstance(value, str):
            return EPOCH + count(value, schema)
        moment = dt.datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.tzinfo is None:
        message = 'this is not a timestamp such as "2026-03-01T15:30:00Z".'
        raise RecordShapeError(path, message)
    return cut(moment.astimezone(dt.UTC), schema)


def local(value: object, schema: dict[str, object], path: str) -> dt.datetime:
    """Return a moment on a clock without a zone.

    Raises:
        RecordShapeError: It is none.
    """
    try:
        if not isinstance(value, str):
            return (EPOCH + count(value, schema)).replace(tzinfo=None)
        moment = dt.datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.tzinfo is not None:
        message = 'this is not a local timestamp such as "2026-03-01T15:30:00".'
        raise RecordShapeError(path, message)
    return cut(moment, schema)


def identifier(value: object, _: dict[str, object], path: str) -> uuid.UUID:
    """Return a UUID.

    Raises:
        RecordShapeError: It is none.
    """
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise RecordShapeError(path, "this is not a UUID.") from None


def fixed_identifier(value: object, _: dict[str, object], path: str) -> uuid.UUID:
    """Return a UUID that is written as its text or as its sixteen bytes."""
    if isinstance(value, str) and len(value) == UUID_BYTES:
        return uuid.UUID(bytes=raw(value, path))
    return identifier(value, _, path)


def duration(value: object, _: dict[str, object], path: str) -> dict[str, int]:
    """Return the parts of a duration.

    Raises:
        RecordShapeError: It is none.
    """
    try:
        return duration_of(value)
    except ValueError:
        message = 'this is not a duration such as {"months": 1, "days": 0}.'
        raise RecordShapeError(path, message) from None


def whole(value: object) -> int:
    """Return a whole number.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("no whole number")  # noqa: TRY004 - callers map one exception
    return value


def count(value: object, schema: dict[str, object]) -> dt.timedelta:
    """Return the time that a count of the schema's unit stands for."""
    unit = str(schema["logicalType"]).rpartition("-")[2]
    if unit == "nanos":
        return dt.timedelta(microseconds=whole(value) // NANOSECONDS)
    return dt.timedelta(microseconds=whole(value) * MICROSECONDS[unit])


def cut(moment: dt.datetime, schema: dict[str, object]) -> dt.datetime:
    """Return `moment` without the digits that the schema does not keep."""
    unit = MICROSECONDS.get(str(schema["logicalType"]).rpartition("-")[2], 1)
    return moment.replace(microsecond=moment.microsecond // unit * unit)


Logical = Callable[[object, dict[str, object], str], object]
LOGICAL: dict[tuple[str, str], Logical] = {
    ("bytes", "decimal"): decimal,
    ("fixed", "decimal"): decimal,
    ("int", "date"): date,
    ("string", "uuid"): identifier,
    ("fixed", "uuid"): fixed_identifier,
    ("fixed", "duration"): duration,
    ("int", "time-millis"): time,
    ("long", "time-micros"): time,
    ("long", "timestamp-millis"): timestamp,
    ("long", "timestamp-micros"): timestamp,
    ("long", "timestamp-nanos"): timestamp,
    ("long", "local-timestamp-millis"): local,
    ("long", "local-timestamp-micros"): local,
    ("long", "local-timestamp-nanos"): local,
}
