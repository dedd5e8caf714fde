"""Paths of a rule: text to an expression that reads the value, and its type.

Rules:
- A path begins at the event: `loan.amount` and `event.loan.amount` are the same. Where
  `source.root` names a record in it, a path begins there, and `event.` stays the whole.
- A path that begins with the name that `for_each` gives begins at the element; a field
  of that name is reached through `event`.
- `meta.topic`, `partition`, `offset`, `timestamp`, `key` and `headers.NAME` are what
  Kafka says of the record; a field of the event named `meta` is `event.meta`.
- An entry of a map that is not there is missing, and so is what lies below a null.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from consumer.errors import MappingError
from consumer.mapping.faults import FaultCode, did_you_mean
from consumer.mapping.step import StepError
from consumer.mapping.value_type import INTEGER, TEXT, Kind, ValueType
from consumer.model import Record

__all__ = ["META", "Read", "Scope", "resolve"]

PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[^.\s]+)*")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def meta_timestamp(record: Record) -> dt.datetime | None:
    """Return the broker's timestamp, if there is one."""
    if record.timestamp_ms < 0:
        return None
    return EPOCH + dt.timedelta(milliseconds=record.timestamp_ms)


def meta_key(record: Record) -> str | None:
    """Return the key as a text."""
    return None if record.key is None else decoded(record.key)


def meta_headers(record: Record) -> dict[str, str]:
    """Return the headers that have a value; of several of a name, the last."""
    return {name: decoded(value) for name, value in record.headers if value is not None}


def decoded(raw: bytes) -> str:
    """Return UTF-8 bytes as a text.

    Raises:
        MappingError: They are none.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise MappingError("meta", "Key or header is not UTF-8.") from None


META = ValueType(
    kind=Kind.RECORD,
    fields={
        "topic": TEXT,
        "partition": INTEGER,
        "offset": INTEGER,
        "timestamp": ValueType(kind=Kind.TIMESTAMP, nullable=True),
        "key": TEXT.optional(),
        "headers": ValueType(kind=Kind.MAP, element=TEXT),
    },
)
META_READS = {
    "topic": "record.source.topic",
    "partition": "record.source.partition",
    "offset": "record.offset",
    "timestamp": "meta_timestamp(record)",
    "key": "meta_key(record)",
    "headers": "meta_headers(record)",
}
META_NAMES: Mapping[str, object] = {
    "meta_timestamp": meta_timestamp,
    "meta_key": meta_key,
    "meta_headers": meta_headers,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What paths may begin at.

    Attributes:
        event: Type of the event; None where there is none (`on_delete`).
        schema: Full name of its schema, for messages.
        root: Names of the fields that lead to where paths begin; empty for the event.
        element: The name that `for_each` gives, and the type of an element.
    """

    event: ValueType | None
    schema: str
    root: tuple[str, ...] = ()
    element: tuple[str, ValueType] | None = None

    def guarded(self, paths: Iterable[str]) -> Scope:
        """Return the scope in which the values at `paths` are not null."""
        scope = self
        for path in paths:
            first, *rest = path.split(".")
            if first == "event" and scope.event is not None:
                scope = replace(scope, event=scope.event.guarded(rest))
            elif scope.element is not None and first == scope.element[0]:
                element = (first, scope.element[1].guarded(rest))
                scope = replace(scope, element=element)
        return scope

    def beginning(self, event: ValueType) -> Read:
        """Return how the value is read at which paths begin.

        It is the function's variable `root` when it is not the whole event.
        """
        if not self.root:
            return Read("event", event)
        found = event
        for name in self.root:
            found = found.fields[name]
        return Read("root", found)


@dataclass(frozen=True, slots=True)
class Read:
    """How a value is read: an expression over `event` and `record`, and its type."""

    expression: str
    type: ValueType
    names: Mapping[str, object] = field(default_factory=lambda: META_NAMES)


def resolve(path: str, scope: Scope) -> Read:
    """Return how `path` is read.

    Raises:
        StepError: The schema has no such path.
    """
    if PATH.fullmatch(path) is None:
        raise StepError(
            FaultCode.UNKNOWN_PATH,
            f"`{path}` is not a path.",
            "Write names of fields with dots between, such as `loan.amount`.",
        )
    first, *rest = path.split(".")
    if scope.element is not None and first == scope.element[0]:
        return walk(Read("item", scope.element[1]), rest, first)
    if first == "meta" and rest:
        return from_meta(rest, path)
    if scope.event is None:
        raise StepError(
            FaultCode.UNKNOWN_PATH,
            f"There is no event where `{path}` is read: the record has no value.",
            "Use `meta`, such as `meta.key`.",
        )
    if first == "event" and rest:
        return walk(Read("event", scope.event), rest, scope.schema)
    name = ".".join(scope.root) or scope.schema
    return walk(scope.beginning(scope.event), [first, *rest], name)


def walk(read: Read, segments: list[str], name: str) -> Read:
    """Return how `segments` below `read`, which a person calls `name`, are read."""
    for number, segment in enumerate(segments):
        read = below(read, segment, ".".join(segments[:number]) or name)
    return read


def from_meta(segments: list[str], path: str) -> Read:
    """Return how a path below `meta` is read.

    Raises:
        StepError: There is no such thing.
    """
    first, *rest = segments
    if first not in META_READS:
        raise StepError(
            FaultCode.UNKNOWN_PATH,
            f"`meta` has no `{first}`.",
            did_you_mean(first, META_READS),
        )
    read = Read(META_READS[first], META.fields[first])
    if first == "headers" and rest:
        return below(read, ".".join(rest), "meta.headers")
    for segment in rest:
        read = below(read, segment, path.rpartition(".")[0])
    return read


def below(read: Read, segment: str, parent: str) -> Read:
    """Return how `segment` below `read` is read."""
    source = read.type
    if source.kind is Kind.MAP and source.element is not None:
        expression, found = f"[m].get({segment!r})", source.element.optional()
    else:
        found = field_type(source, segment, parent)
        getter = f".get({segment!r})" if found.nullable else f"[{segment!r}]"
        expression = (
            f"[m]{getter}" if source.kind is Kind.UNION else f"[m][{segment!r}]"
        )
    plain = expression.replace("[m]", read.expression, 1)
    if not source.nullable:
        return Read(plain, found, read.names)
    guarded = expression.replace("[m]", "m", 1)
    return Read(
        f"(None if (m := {read.expression}) is None else {guarded})",
        found.optional(),
        read.names,
    )


def field_type(source: ValueType, segment: str, parent: str) -> ValueType:
    """Return the type of a field; of a union of records, of those that have it.

    Raises:
        StepError: None has it.
    """
    records = source.members if source.kind is Kind.UNION else (source,)
    found = [record.fields[segment] for record in records if segment in record.fields]
    if not found:
        names = [name for record in records for name in record.fields]
        mend = (
            did_you_mean(segment, names)
            if names
            else f"`{parent}` is a {source.present()}: nothing lies below it."
        )
        raise StepError(
            FaultCode.UNKNOWN_PATH, f"`{parent}` has no field `{segment}`.", mend
        )
    kinds = {one.kind for one in found}
    first = found[0]
    merged = (
        first
        if len(kinds) == 1
        else ValueType(kind=Kind.UNION, members=tuple(one.present() for one in found))
    )
    everywhere = len(found) == len(records) and not any(one.nullable for one in found)
    return merged.present() if everywhere else merged.optional()
