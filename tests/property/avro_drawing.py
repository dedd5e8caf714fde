"""Strategies: an Avro schema, bytes that it wrote, and a schema that it evolved into.

Bytes are drawn, not values: so arrays come in several blocks with and without a length,
decimals with more bytes than they need, and unions with any branch.
"""

from __future__ import annotations

import itertools
import struct
import uuid
from collections.abc import Callable
from typing import NamedTuple, TypeAlias, cast

from hypothesis import strategies as st

from tests.unit.decode.avro import zigzag

__all__ = ["Case", "cases"]

Object: TypeAlias = dict[str, object]
Draw: TypeAlias = st.DrawFn

MAX_DEPTH = 3
DAYS = st.integers(-719_162, 2_932_896)  # 0001-01-01 to 9999-12-31
MICROS = st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)
DAY_MICROS = 86_400_000_000
PROMOTIONS = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
}
# A field that the reader has and the writer does not: its type and its default.
ADDED: tuple[tuple[object, object], ...] = (
    ("null", None),
    ("boolean", True),
    ("string", "d"),
    ("long", 7),
    ("double", 0.5),
    ("bytes", "ab"),
    (["null", "int"], None),
    ({"type": "array", "items": "int"}, [1, 2]),
    ({"type": "map", "values": "string"}, {"k": "v"}),
)


class Case(NamedTuple):
    """What is decoded, and as what.

    Attributes:
        writer: The schema that wrote the bytes.
        reader: Ours.
        rewritten: The writer's under the names of ours, which is what aliases mean:
            "it would be as if the writer's schema had been rewritten" (Avro
            specification 1.12, "Aliases"). Apache's reader has none.
        body: The bytes.
    """

    writer: Object
    reader: Object
    rewritten: Object
    body: bytes


class Evolved(NamedTuple):
    """One type as ours, and as the writer's under our names."""

    reader: object
    rewritten: object


@st.composite
def cases(draw: Draw, *, evolving: bool = True) -> Case:
    """Draw a case; without `evolving` both schemas are one."""
    schemas = Schemas(draw)
    writer = schemas.record("crm.Event", 0)
    again = schemas.reference() if not evolving else None
    if again is not None:
        cast("list[object]", writer["fields"]).append({"name": "again", "type": again})
    body = Writing(draw, schemas.named).of(writer)
    if not evolving:
        return Case(writer, writer, writer, body)
    reader, rewritten = Evolution(draw).record(writer, is_root=True)
    return Case(writer, cast("Object", reader), cast("Object", rewritten), body)


def logical(base: str, name: str, **more: object) -> Object:
    """Return a logical type."""
    return {"type": base, "logicalType": name, **more}


LEAVES: tuple[object, ...] = (
    "boolean",
    "int",
    "long",
    "float",
    "double",
    "string",
    "bytes",
    logical("string", "uuid"),
    logical("int", "date"),
    logical("int", "time-millis"),
    logical("long", "time-micros"),
    logical("long", "timestamp-millis"),
    logical("long", "timestamp-micros"),
    logical("bytes", "decimal", precision=9, scale=2),
    logical("bytes", "decimal", precision=30, scale=30),
    "fixed",
    "fixed decimal",
    "enum",
)


class Schemas:
    """Draws one schema. Owned by its case.

    Attributes:
        named: Each named type by its name.
    """

    def __init__(self, draw: Draw) -> None:
        self.named: dict[str, Object] = {}
        self._draw = draw
        self._numbers = itertools.count()

    def record(self, name: str, depth: int) -> Object:
        """Draw a record, which takes a byte at least."""
        types = [
            self.type(depth + 1) for _ in range(self._draw(st.integers(0, 3 - depth)))
        ]
        fields: list[object] = [
            {"name": f"f{i}", "type": type_} for i, type_ in enumerate(types)
        ]
        return self._name({
            "type": "record",
            "name": name,
            "fields": [*fields, {"name": "last", "type": "int"}],
        })

    def reference(self) -> str | None:
        """Draw the name of a type that was defined, if there is one."""
        names = [name for name in self.named if name != "crm.Event"]
        return self._draw(st.sampled_from(names)) if names else None

    def type(self, depth: int) -> object:
        """Draw any type."""
        deep = ("array", "map", "union", "record") if depth < MAX_DEPTH else ()
        kind = self._draw(st.sampled_from(("leaf", "leaf", "null", *deep)))
        if kind == "null":
            return "null"
        if kind == "union":
            return self._union(depth)
        return self._solid(kind, depth)

    def _solid(self, kind: str, depth: int) -> object:
        """Draw a type of `kind` whose values take bytes."""
        if kind == "array":
            return {"type": "array", "items": self._item(depth)}
        if kind == "map":
            return {"type": "map", "values": self._item(depth)}
        if kind == "record":
            return self.record(self._new("R"), depth)
        return self._leaf()

    def _item(self, depth: int) -> object:
        kinds = ("leaf", "union", *(("array", "record") if depth < MAX_DEPTH else ()))
        kind = self._draw(st.sampled_from(kinds))
        return self._union(depth) if kind == "union" else self._solid(kind, depth + 1)

    def _leaf(self) -> object:
        leaf = self._draw(st.sampled_from(LEAVES))
        if leaf == "fixed":
            return self._name({"type": "fixed", "name": self._new("F"), "size": 3})
        if leaf == "fixed decimal":
            named = {"name": self._new("D"), "size": 5, "precision": 11, "scale": 4}
            return self._name({**logical("fixed", "decimal"), **named})
        if leaf == "enum":
            symbols = ["A", "B", "C"]
            return self._name({
                "type": "enum",
                "name": self._new("E"),
                "symbols": symbols,
            })
        return leaf

    def _union(self, depth: int) -> list[object]:
        """Draw a union: of each unnamed type one at most."""
        count = self._draw(st.integers(1, 3))
        branches = [self._solid("leaf", depth) for _ in range(count)]
        if depth < MAX_DEPTH and self._draw(st.booleans()):
            branches.append(
                self._solid(self._draw(st.sampled_from(("array", "record"))), depth + 1)
            )
        if self._draw(st.booleans()):
            branches.append("null")
        distinct: dict[str, object] = {key_of(branch): branch for branch in branches}
        return list(distinct.values())

    def _new(self, letter: str) -> str:
        return f"{letter}{next(self._numbers)}"

    def _name(self, schema: Object) -> Object:
        self.named[str(schema["name"])] = schema
        return schema


def key_of(branch: object) -> str:
    """Return what may stand in a union once."""
    if isinstance(branch, dict):
        return str(branch.get("name") or branch["type"])
    return str(branch)


class Writing:
    """Draws bytes of a schema. Owned by its case."""

    def __init__(self, draw: Draw, named: dict[str, Object]) -> None:
        self._draw = draw
        self._named = named

    def of(self, type_: object) -> bytes:
        """Draw bytes of `type_`."""
        if isinstance(type_, list):
            index = self._draw(st.integers(0, len(type_) - 1))
            return zigzag(index) + self.of(type_[index])
        if isinstance(type_, str):
            type_ = self._named.get(type_, {"type": type_})
        return self._object(cast("Object", type_))

    def _object(self, schema: Object) -> bytes:
        base, name = str(schema["type"]), str(schema.get("logicalType", ""))
        match base:
            case "record":
                fields = cast("list[Object]", schema["fields"])
                found = b"".join(self.of(field["type"]) for field in fields)
            case "enum":
                last = len(cast("list[str]", schema["symbols"])) - 1
                found = zigzag(self._draw(st.integers(0, last)))
            case "array":
                found = self._blocks(lambda: self.of(schema["items"]))
            case "map":
                found = self._blocks(lambda: self._entry(schema["values"]))
            case _ if name == "decimal":
                found = self._decimal(schema)
            case "fixed":
                size = cast("int", schema["size"])
                found = self._draw(st.binary(min_size=size, max_size=size))
            case _:
                found = self._draw(PRIMITIVES[base, name])
        return found

    def _entry(self, values: object) -> bytes:
        return text(self._draw(st.text(max_size=4))) + self.of(values)

    def _blocks(self, item: Callable[[], bytes]) -> bytes:
        """Draw blocks, each with or without its length, and the end."""
        out = b""
        for _ in range(self._draw(st.integers(0, 2))):
            items = [item() for _ in range(self._draw(st.integers(1, 2)))]
            body = b"".join(items)
            if self._draw(st.booleans()):
                out += zigzag(-len(items)) + zigzag(len(body)) + body
            else:
                out += zigzag(len(items)) + body
        return out + b"\x00"

    def _decimal(self, schema: Object) -> bytes:
        bound = 10 ** cast("int", schema["precision"])
        unscaled = self._draw(st.integers(1 - bound, bound - 1))
        if schema["type"] == "fixed":
            return unscaled.to_bytes(cast("int", schema["size"]), "big", signed=True)
        size = unscaled.bit_length() // 8 + 1 + self._draw(st.integers(0, 2))
        return zigzag(size) + unscaled.to_bytes(size, "big", signed=True)


def text(value: str) -> bytes:
    """Return a string."""
    return sized(value.encode())


def sized(value: bytes) -> bytes:
    """Return bytes after their length."""
    return zigzag(len(value)) + value


PRIMITIVES: dict[tuple[str, str], st.SearchStrategy[bytes]] = {
    ("null", ""): st.just(b""),
    ("boolean", ""): st.sampled_from((b"\x00", b"\x01")),
    ("int", ""): st.integers(-(2**31), 2**31 - 1).map(zigzag),
    ("long", ""): st.integers(-(2**63), 2**63 - 1).map(zigzag),
    ("float", ""): st.floats(width=32).map(struct.Struct("<f").pack),
    ("double", ""): st.floats().map(struct.Struct("<d").pack),
    ("string", ""): st.text(max_size=8).map(text),
    ("bytes", ""): st.binary(max_size=8).map(sized),
    ("string", "uuid"): st.uuids().map(uuid.UUID.__str__).map(text),
    ("int", "date"): DAYS.map(zigzag),
    ("int", "time-millis"): st.integers(0, DAY_MICROS // 1_000 - 1).map(zigzag),
    ("long", "time-micros"): st.integers(0, DAY_MICROS - 1).map(zigzag),
    ("long", "timestamp-millis"): MICROS.map(lambda n: zigzag(n // 1_000)),
    ("long", "timestamp-micros"): MICROS.map(zigzag),
}


class Evolution:
    """Draws what a schema became. Owned by its case.

    Only what Apache's reader can follow; the rest is in `test_avro_differences`.
    """

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._names = 0

    def record(self, schema: Object, *, is_root: bool = False) -> Evolved:
        """Draw a record with fields added, dropped, renamed, changed and reordered."""
        ours, theirs = [], []
        for field in cast("list[Object]", schema["fields"]):
            name = str(field["name"])
            changes = ("keep", "keep", "rename", *(() if name == "last" else ("drop",)))
            change = self._draw(st.sampled_from(changes))
            if change == "drop":
                theirs.append(field)
                continue
            type_ = self.type(field["type"])
            keys: Object = {"name": name}
            if change == "rename":
                keys = {"name": f"{name}_new", "aliases": [name]}
            ours.append({**keys, "type": type_.reader})
            theirs.append({"name": keys["name"], "type": type_.rewritten})
        if self._draw(st.booleans()):
            kind, default = self._draw(st.sampled_from(ADDED))
            ours.append({"name": "added", "type": kind, "default": default})
        ours = self._draw(st.permutations(ours))
        new = {} if is_root else self._rename(schema)
        return Evolved(
            {**schema, **new, "fields": ours},
            {**schema, **without_aliases(new), "fields": theirs},
        )

    def type(self, type_: object, *, is_item: bool = False) -> Evolved:
        """Draw what a type became; an item of an array or map keeps its type."""
        if isinstance(type_, list):
            return self._union(type_)
        found = self._solid(type_, is_item=is_item)
        if is_item or type_ == "null" or not self._draw(st.booleans()):
            return found
        branches = self._draw(st.permutations(["null", found.reader]))
        return Evolved(branches, found.rewritten)

    def _solid(self, type_: object, *, is_item: bool) -> Evolved:
        if isinstance(type_, str):
            ways = (type_, *(() if is_item else PROMOTIONS.get(type_, ())))
            return Evolved(self._draw(st.sampled_from(ways)), type_)
        schema = cast("Object", type_)
        match schema["type"]:
            case "record":
                return self.record(schema)
            case "fixed":
                name = self._rename(schema)
                return Evolved({**schema, **name}, {**schema, **without_aliases(name)})
            case "enum":
                return self._enumeration(schema)
            case "array" | "map" as kind:
                inner = "items" if kind == "array" else "values"
                item = self.type(schema[inner], is_item=True)
                return Evolved(
                    {**schema, inner: item.reader}, {**schema, inner: item.rewritten}
                )
            case _:
                return Evolved(schema, schema)

    def _union(self, branches: list[object]) -> Evolved:
        """Draw the union in another order, with a branch more or less."""
        evolved = [self._solid(branch, is_item=True) for branch in branches]
        ours = self._draw(st.permutations([one.reader for one in evolved]))
        if len(ours) > 1 and may_go(ours[0]) and self._draw(st.booleans()):
            ours = ours[1:]
        elif "null" not in ours and self._draw(st.booleans()):
            ours = ["null", *ours]
        return Evolved(ours, [one.rewritten for one in evolved])

    def _enumeration(self, schema: Object) -> Evolved:
        """Draw the enum with symbols in another order, more or fewer."""
        symbols = self._draw(st.permutations(cast("list[str]", schema["symbols"])))
        symbols = symbols[self._draw(st.integers(0, 1)) :]
        name = self._rename(schema)
        return Evolved(
            {**schema, **name, "symbols": [*symbols, "Z"]},
            {**schema, **without_aliases(name)},
        )

    def _rename(self, schema: Object) -> Object:
        if not self._draw(st.booleans()):
            return {}
        self._names += 1
        return {"name": f"{schema['name']}N{self._names}", "aliases": [schema["name"]]}


def may_go(branch: object) -> bool:
    """Return whether no other branch can be what this one is promoted to."""
    if isinstance(branch, dict):
        return branch["type"] in {"array", "record", "enum", "fixed"}
    return branch in {"null", "boolean", "double"}


def without_aliases(keys: Object) -> Object:
    """Return the keys of a renamed type without its old names."""
    return {key: value for key, value in keys.items() if key != "aliases"}
