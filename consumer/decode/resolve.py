"""A writer's schema meets ours: what fastavro is told to read, decided once.

Avro's resolution (specification 1.12, "Schema Resolution") is fastavro's work; here it
is decided beforehand whether it can succeed, so that a schema that never can holds its
topic instead of making a thousand dead letters.

Rules:
    - What no value can pass is raised: a field of ours that is missing and has no
      default, a type that does not match. What some values can pass is left to the
      record: a branch of the writer's union, a symbol of the writer's enum.
    - The answer is the writer's schema with our names: fields and named types are
      called as we call them, so that aliases need no work per record. A field that we
      do not know is called `-name`, which is no name in Avro.
    - fastavro converts by the writer's logical type. So the logical type is ours where
      the writer has none, none where we have none, and the writer's where both have
      one of the same kind: only the writer knows whether it wrote milli or micro.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple, NoReturn, cast

from consumer.decode.conversions import PROMOTIONS as CONVERSIONS
from consumer.decode.logical import KINDS
from consumer.decode.nodes import (
    MISSING,
    Array,
    Enumeration,
    Field,
    Fixed,
    Logical,
    Map,
    Node,
    Primitive,
    Structure,
    Union,
)
from consumer.errors import SchemaUnresolvableError

__all__ = ["Resolved", "claims", "resolve"]

CODE = "schema_unresolvable"
PROMOTIONS = {
    "int": frozenset({"long", "float", "double"}),
    "long": frozenset({"float", "double"}),
    "float": frozenset({"double"}),
    "string": frozenset({"bytes"}),
    "bytes": frozenset({"string"}),
}


class Resolved(NamedTuple):
    """A writer's type, to be read as one of ours.

    Attributes:
        node: What the writer wrote, with our names and logical types.
        is_plain: True when a value read by `node` alone is already a value of ours, so
            that fastavro needs no reader's schema (half of its time goes into that).
    """

    node: Node
    is_plain: bool


def claims(reader: Structure, writer: Structure) -> bool:
    """Return whether `reader` reads what `writer` wrote: by full name or alias."""
    return writer.name == reader.name or writer.name in reader.aliases


def resolve(writer: Node, reader: Node, path: str = "") -> Resolved:
    """Return how to read `writer` as `reader`.

    Args:
        writer: A type that was written.
        reader: Our type at that place.
        path: Where it stands in the event, for the message.

    Returns:
        The type to read; there is none in a SchemaUnresolvableError.
    """
    if isinstance(writer, Union):
        return resolve_union(writer, reader, path)
    branches = reader.branches if isinstance(reader, Union) else (reader,)
    branch = chosen(writer, branches)
    if branch is None:
        mismatch(writer, reader, path)
    resolved = resolve_pair(writer, branch, path)
    return Resolved(kept(resolved.node, branches), resolved.is_plain)


def chosen(writer: Node, branches: Sequence[Node]) -> Node | None:
    """Return as which of our types `writer` is read.

    The first that is the same type comes before the first that it can become, as in
    Apache's Java: else `["long", date]` would read its own dates as numbers.
    """
    able = [branch for branch in branches if matches(writer, branch)]
    same = (branch for branch in able if is_same_type(writer, branch))
    return next(same, able[0] if able else None)


def is_same_type(writer: Node, reader: Node) -> bool:
    """Return whether two types that match need no promotion, nor a bare name."""
    match writer, reader:
        case Primitive(), Primitive():
            return writer.kind == reader.kind
        case (
            (Fixed() | Enumeration() | Structure() as one),
            (Fixed() | Enumeration() | Structure() as other),
        ):
            return one.name == other.name or one.name in other.aliases
        case _:
            return True


def kept(node: Node, branches: Sequence[Node]) -> Node:
    """Return `node` so that fastavro does not promote it to another of `branches`."""
    if not isinstance(node, Primitive) or node.logical or node.promoted:
        return node
    ours = {branch.kind for branch in branches if isinstance(branch, Primitive)}
    if ours.isdisjoint(PROMOTIONS.get(node.kind, ())):
        return node
    return Primitive(node.kind, promoted=node.kind)


def resolve_pair(writer: Node, reader: Node, path: str) -> Resolved:
    """Return how to read `writer` as `reader`, which match and are no unions."""
    match writer, reader:
        case Primitive(), Primitive():
            resolved = resolve_primitive(writer, reader, path)
        case Fixed(), Fixed():
            logical = resolve_logical(writer.logical, reader.logical, path)
            named = dataclasses.replace(writer, name=reader.name, logical=logical)
            resolved = Resolved(named, is_plain=True)
        case Enumeration(), Enumeration():
            resolved = resolve_enumeration(writer, reader, path)
        case Array(), Array():
            items = resolve(writer.items, reader.items, f"{path}[]")
            resolved = Resolved(Array(items.node), items.is_plain)
        case Map(), Map():
            values = resolve(writer.values, reader.values, f"{path}{{}}")
            resolved = Resolved(Map(values.node), values.is_plain)
        case _:  # what matches and is none of these is two records
            resolved = resolve_structure(
                cast("Structure", writer), cast("Structure", reader), path
            )
    return resolved


def matches(writer: Node, reader: Node) -> bool:
    """Return whether the types themselves match, without what is inside a record."""
    match writer, reader:
        case (Union(), _) | (_, Union()):
            return True
        case Primitive(), Primitive():
            promoted = PROMOTIONS.get(writer.kind, frozenset())
            answer = writer.kind == reader.kind or reader.kind in promoted
        case Array(), Array():
            answer = matches(writer.items, reader.items)
        case Map(), Map():
            answer = matches(writer.values, reader.values)
        case Fixed(), Fixed():
            answer = writer.size == reader.size and same_name(writer, reader)
        case Enumeration(), Enumeration():
            answer = same_name(writer, reader)
        case Structure(), Structure():
            answer = same_name(writer, reader)
        case _:
            answer = False
    return answer


def same_name(
    writer: Fixed | Enumeration | Structure, reader: Fixed | Enumeration | Structure
) -> bool:
    """Return whether the unqualified names are equal, or an alias names the writer."""
    return (
        writer.name.rpartition(".")[2] == reader.name.rpartition(".")[2]
        or writer.name in reader.aliases
    )


def resolve_union(writer: Union, reader: Node, path: str) -> Resolved:
    """Return the union with each branch resolved; one that has no match stays."""
    branches, is_plain, is_hopeless = [], True, True
    ours = reader.branches if isinstance(reader, Union) else (reader,)
    for branch in writer.branches:
        if any(matches(branch, candidate) for candidate in ours):
            resolved = resolve(branch, reader, path)
            branches.append(resolved.node)
            is_plain, is_hopeless = is_plain and resolved.is_plain, False
        else:
            branches.append(branch)
            is_plain = False
    if is_hopeless:
        mismatch(writer, reader, path)
    return Resolved(Union(tuple(branches)), is_plain)


def resolve_primitive(writer: Primitive, reader: Primitive, path: str) -> Resolved:
    """Return the primitive with the logical type that holds."""
    if writer.kind == reader.kind:
        logical = resolve_logical(writer.logical, reader.logical, path)
        return Resolved(Primitive(writer.kind, logical), is_plain=True)
    if reader.logical is None:
        changes = (writer.kind, reader.kind) in CONVERSIONS
        promoted = Primitive(writer.kind, promoted=reader.kind if changes else "")
        return Resolved(promoted, is_plain=True)
    if writer.kind != "int" or writer.logical is not None:
        mismatch(writer, reader, path)
    # An int and a long are written alike, so it is read as the long that it means.
    return Resolved(reader, is_plain=True)


def resolve_logical(
    writer: Logical | None, reader: Logical | None, path: str
) -> Logical | None:
    """Return the logical type that holds.

    Raises:
        SchemaUnresolvableError: The two are of different kinds.
    """
    if writer is None or reader is None:
        return reader
    if KINDS[writer.name][0] != KINDS[reader.name][0]:
        raise SchemaUnresolvableError(
            CODE,
            f"{path or 'the event'}: {writer.name} cannot be read as {reader.name}",
        )
    return writer


def resolve_enumeration(
    writer: Enumeration, reader: Enumeration, path: str
) -> Resolved:
    """Return the enum under our name.

    Raises:
        SchemaUnresolvableError: No symbol of it is ours.
    """
    known = [symbol for symbol in writer.symbols if symbol in reader.symbols]
    if not known and reader.default is None:
        raise SchemaUnresolvableError(CODE, f"{path}: no symbol of the enum is ours")
    named = dataclasses.replace(writer, name=reader.name)
    return Resolved(named, len(known) == len(writer.symbols))


def resolve_structure(writer: Structure, reader: Structure, path: str) -> Resolved:
    """Return the record under our names.

    Raises:
        SchemaUnresolvableError: A field of ours is missing, or cannot be resolved.
    """
    fields, is_plain = [], True
    ours = pair(writer, reader)
    for field in writer.fields:
        own = ours.get(field.name)
        if own is None:
            fields.append(dataclasses.replace(field, name=f"-{field.name}"))
            is_plain = False
            continue
        resolved = resolve(field.type, own.type, f"{path}.{own.name}".lstrip("."))
        fields.append(dataclasses.replace(field, name=own.name, type=resolved.node))
        is_plain = is_plain and resolved.is_plain
    written = {field.name for field in fields}
    for own in reader.fields:
        if own.name not in written:
            is_plain = False
            if own.default is MISSING:
                where = f"{path}.{own.name}".lstrip(".")
                raise SchemaUnresolvableError(
                    CODE, f"{where}: not written, and has no default"
                )
    node = dataclasses.replace(writer, name=reader.name, fields=tuple(fields))
    return Resolved(node, is_plain)


def pair(writer: Structure, reader: Structure) -> dict[str, Field]:
    """Return our field for each name that the writer has and we know.

    A name of ours comes before an alias, and a field of ours is written once.
    """
    names = {field.name for field in writer.fields}
    pairs: dict[str, Field] = {}
    for field in reader.fields:
        if field.name in names:
            pairs[field.name] = field
            continue
        for alias in sorted(field.aliases & names):
            if alias not in pairs:
                pairs[alias] = field
                break
    return pairs


def mismatch(writer: Node, reader: Node, path: str) -> NoReturn:
    """Refuse two types that do not match.

    Raises:
        SchemaUnresolvableError: Always.
    """
    raise SchemaUnresolvableError(
        CODE,
        f"{path or 'the event'}: {described(writer)} cannot be read as "
        f"{described(reader)}",
    )


def described(node: Node) -> str:
    """Return a type in few words."""
    match node:
        case Primitive():
            logical = f" ({node.logical.name})" if node.logical else ""
            return f"{node.kind}{logical}"
        case Fixed() | Enumeration() | Structure():
            return f"{type(node).__name__.lower()} {node.name}"
        case Union():
            return f"union of {len(node.branches)}"
        case _:
            return type(node).__name__.lower()
