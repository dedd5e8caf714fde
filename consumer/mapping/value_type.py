"""The types of the values that a rule works on, read from an Avro schema.

The values themselves are those of fastavro after Avro's resolution to the reader's
schema: a decimal is a `Decimal`, a timestamp an aware `datetime` in UTC, and so on.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

__all__ = [
    "BOOLEAN",
    "DECIMAL",
    "DURATION",
    "INTEGER",
    "TEXT",
    "Kind",
    "ValueType",
    "from_avro",
    "logical_name",
]


class Kind(enum.StrEnum):
    """What a value is, to the language of mappings."""

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    BYTES = "bytes"
    ENUM = "enum"
    UUID = "uuid"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    LOCAL_TIMESTAMP = "local timestamp"
    LIST = "list"
    MAP = "map"
    RECORD = "record"
    UNION = "union"
    INPUTS = "several inputs"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueType:
    """The type of a value.

    Attributes:
        kind: What it is when it is there.
        nullable: Whether it may be missing.
        symbols: Of an enum.
        scale: Of a decimal, if it has a fixed one.
        element: Of a list or a map.
        fields: Of a record, in order.
        members: Of a union, without null; of several inputs, each of them.
    """

    kind: Kind
    nullable: bool = False
    symbols: tuple[str, ...] = ()
    scale: int | None = None
    element: ValueType | None = None
    fields: Mapping[str, ValueType] = field(default_factory=dict)
    members: tuple[ValueType, ...] = ()

    def __str__(self) -> str:
        """Return what a person calls it: `decimal`, `list of text`, `text or null`."""
        name = str(self.kind)
        if self.kind in {Kind.LIST, Kind.MAP} and self.element is not None:
            name = f"{name} of {self.element}"
        if self.kind is Kind.UNION:
            name = " or ".join(str(member) for member in self.members)
        return f"{name} or null" if self.nullable else name

    def present(self) -> ValueType:
        """Return the same type, not nullable."""
        return replace(self, nullable=False) if self.nullable else self

    def optional(self) -> ValueType:
        """Return the same type, nullable."""
        return self if self.nullable else replace(self, nullable=True)

    def guarded(self, names: Sequence[str]) -> ValueType:
        """Return the type of a value of which the field at `names` is not null."""
        present = self.present()
        if not names or names[0] not in present.fields:
            return present
        inner = present.fields[names[0]].guarded(names[1:])
        return replace(present, fields={**present.fields, names[0]: inner})


TEXT = ValueType(kind=Kind.TEXT)
INTEGER = ValueType(kind=Kind.INTEGER)
BOOLEAN = ValueType(kind=Kind.BOOLEAN)
DECIMAL = ValueType(kind=Kind.DECIMAL)

PRIMITIVES = {
    "null": ValueType(kind=Kind.NOTHING, nullable=True),
    "boolean": BOOLEAN,
    "int": INTEGER,
    "long": INTEGER,
    "float": ValueType(kind=Kind.FLOAT),
    "double": ValueType(kind=Kind.FLOAT),
    "bytes": ValueType(kind=Kind.BYTES),
    "string": TEXT,
}

# https://avro.apache.org/docs/1.12.0/specification/#logical-types; others read as the
# type beneath them.
LOGICAL = {
    ("string", "uuid"): Kind.UUID,
    ("int", "date"): Kind.DATE,
    ("int", "time-millis"): Kind.TIME,
    ("long", "time-micros"): Kind.TIME,
    ("long", "timestamp-millis"): Kind.TIMESTAMP,
    ("long", "timestamp-micros"): Kind.TIMESTAMP,
    ("long", "timestamp-nanos"): Kind.TIMESTAMP,
    ("long", "local-timestamp-millis"): Kind.LOCAL_TIMESTAMP,
    ("long", "local-timestamp-micros"): Kind.LOCAL_TIMESTAMP,
    ("long", "local-timestamp-nanos"): Kind.LOCAL_TIMESTAMP,
}
DURATION = ValueType(
    kind=Kind.RECORD, fields=dict.fromkeys(("months", "days", "milliseconds"), INTEGER)
)
# Logical type and size of a fixed; on another size they are ignored.
FIXED = {("uuid", 16): ValueType(kind=Kind.UUID), ("duration", 12): DURATION}


def from_avro(schema: object, others: Mapping[str, object]) -> ValueType:
    """Return the type of what `schema` describes.

    Args:
        schema: An Avro schema as its JSON value; names may be full or relative.
        others: Schemas of other files by full name, for names not defined here.

    A type inside itself reads as a record without fields.
    """
    return Translation(dict(others)).type_of(schema, "")


@dataclass(slots=True)
class Translation:
    """One pass over a schema. Owned by `from_avro`."""

    names: dict[str, object]
    open: set[str] = field(default_factory=set)

    def type_of(self, schema: object, namespace: str) -> ValueType:
        if isinstance(schema, list):
            return self.union(schema, namespace)
        if isinstance(schema, dict):
            return self.complex(schema, namespace)
        name = str(schema)
        return PRIMITIVES.get(name) or self.named(name, namespace)

    def named(self, name: str, namespace: str) -> ValueType:
        for full in (name if "." in name else f"{namespace}.{name}".strip("."), name):
            if full in self.open:
                return ValueType(kind=Kind.RECORD)
            if full in self.names:
                return self.type_of(self.names[full], "")
        return ValueType(kind=Kind.NOTHING)

    def union(self, branches: list[object], namespace: str) -> ValueType:
        members = [self.type_of(branch, namespace) for branch in branches]
        solid = tuple(member for member in members if member.kind is not Kind.NOTHING)
        nullable = len(solid) < len(members)
        if not solid:
            return PRIMITIVES["null"]
        if len(solid) == 1:
            return solid[0].optional() if nullable else solid[0]
        if len({(member.kind, member.scale) for member in solid}) == 1 and not any(
            member.kind in {Kind.RECORD, Kind.ENUM, Kind.LIST, Kind.MAP}
            for member in solid
        ):
            return replace(solid[0], nullable=nullable)
        return ValueType(kind=Kind.UNION, nullable=nullable, members=solid)

    def complex(self, schema: dict[str, object], namespace: str) -> ValueType:
        base = schema.get("type")
        if base == "array":
            element = self.type_of(schema.get("items"), namespace)
            return ValueType(kind=Kind.LIST, element=element)
        if base == "map":
            element = self.type_of(schema.get("values"), namespace)
            return ValueType(kind=Kind.MAP, element=element)
        if base in {"record", "error", "enum", "fixed"}:
            return self.definition(schema, namespace)
        return self.logical(schema, str(base)) or self.type_of(base, namespace)

    def definition(self, schema: dict[str, object], namespace: str) -> ValueType:
        name = str(schema.get("name", ""))
        space = str(schema.get("namespace", namespace))
        full = name if "." in name else f"{space}.{name}".strip(".")
        self.names[full] = {**schema, "name": full}
        if schema["type"] == "enum":
            symbols = schema.get("symbols")
            found = symbols if isinstance(symbols, list) else []
            return ValueType(kind=Kind.ENUM, symbols=tuple(str(s) for s in found))
        if schema["type"] == "fixed":
            return self.logical(schema, "fixed") or PRIMITIVES["bytes"]
        self.open.add(full)
        fields = {
            str(entry["name"]): self.type_of(entry["type"], full.rpartition(".")[0])
            for entry in entries(schema)
        }
        self.open.discard(full)
        return ValueType(kind=Kind.RECORD, fields=fields)

    def logical(self, schema: dict[str, object], base: str) -> ValueType | None:
        name = str(schema.get("logicalType", ""))
        if name == "decimal" and base in {"bytes", "fixed"}:
            return decimal_of(schema)
        if base == "fixed":
            return FIXED.get((name, size_of(schema)))
        kind = LOGICAL.get((base, name))
        return ValueType(kind=kind) if kind is not None else None


def decimal_of(schema: dict[str, object]) -> ValueType | None:
    """Return a decimal; None for one that Avro ignores, which reads as bytes."""
    precision, scale = schema.get("precision"), schema.get("scale", 0)
    if not isinstance(precision, int) or not isinstance(scale, int):
        return None
    return replace(DECIMAL, scale=scale) if 0 <= scale <= precision >= 1 else None


def logical_name(schema: dict[str, object]) -> str:
    """Return the logical type of a schema; empty for one that Avro ignores."""
    name = str(schema.get("logicalType", ""))
    if name == "decimal":
        return name if decimal_of(schema) is not None else ""
    if schema.get("type") == "fixed" and (name, size_of(schema)) not in FIXED:
        return ""
    return name


def size_of(schema: dict[str, object]) -> int:
    """Return the size of a fixed."""
    size = schema.get("size")
    return size if isinstance(size, int) else 0


def entries(schema: dict[str, object]) -> list[dict[str, object]]:
    """Return the fields of a record's schema."""
    found = schema.get("fields")
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []
