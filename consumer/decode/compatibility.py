"""A writer's schema held against ours: not whether it can be read, but all that differs.

`resolve` stops at the first thing that no value can pass. Here everything is named, and
what only some values cannot pass as well, because each of those records would become a
dead letter.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from consumer.decode.nodes import (
    MISSING,
    Array,
    Enumeration,
    Map,
    Node,
    Structure,
    Union,
)
from consumer.decode.resolve import described, matches, pair, resolve
from consumer.errors import SchemaUnresolvableError

__all__ = ["Difference", "DifferenceKind", "differences"]


class DifferenceKind(enum.StrEnum):
    """What kind of difference it is."""

    UNREADABLE = "unreadable"  # no value passes
    SYMBOL = "symbol"  # symbols of the writer that we cannot take
    BRANCH = "branch"  # types of the writer's union that we cannot take
    ABSENT = "absent"  # a field of ours that is not written, and has a default


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference.

    Attributes:
        kind: What it means.
        field: Path of our field, `[]` behind a list and `{}` behind a map; empty for
            the event itself.
        detail: What is different, for a person.
    """

    kind: DifferenceKind
    field: str
    detail: str


def differences(writer: Node, reader: Node, path: str = "") -> Iterator[Difference]:
    """Give all that keeps values of `writer` from being read as `reader`.

    Args:
        writer: A type that is, or will be, written.
        reader: Our type at that place.
        path: Where it stands in the event.
    """
    if isinstance(writer, Union):
        yield from of_union(writer, reader, path)
        return
    ours = reader.branches if isinstance(reader, Union) else (reader,)
    branch = next((branch for branch in ours if matches(writer, branch)), None)
    if branch is None:
        detail = f"{described(writer)} cannot be read as {described(reader)}"
        yield Difference(kind=DifferenceKind.UNREADABLE, field=path, detail=detail)
        return
    match writer, branch:
        case Structure(), Structure():
            yield from of_structure(writer, branch, path)
        case Array(), Array():
            yield from differences(writer.items, branch.items, f"{path}[]")
        case Map(), Map():
            yield from differences(writer.values, branch.values, f"{path}{{}}")
        case Enumeration(), Enumeration():
            yield from of_enumeration(writer, branch, path)
        case _:
            yield from of_leaf(writer, branch, path)


def of_union(writer: Union, reader: Node, path: str) -> Iterator[Difference]:
    """Give the differences of each branch; one that we lack is refused by itself."""
    ours = reader.branches if isinstance(reader, Union) else (reader,)
    lacking = []
    for branch in writer.branches:
        if any(matches(branch, candidate) for candidate in ours):
            yield from differences(branch, reader, path)
        else:
            lacking.append(branch)
    if len(lacking) == len(writer.branches):
        detail = f"none of {named(lacking)} can be read as {described(reader)}"
        yield Difference(kind=DifferenceKind.UNREADABLE, field=path, detail=detail)
    elif lacking:
        yield Difference(kind=DifferenceKind.BRANCH, field=path, detail=named(lacking))


def named(nodes: list[Node]) -> str:
    """Return types in few words."""
    return ", ".join(map(described, nodes))


def of_structure(
    writer: Structure, reader: Structure, path: str
) -> Iterator[Difference]:
    """Give the differences of each field of ours."""
    pairs = pair(writer, reader)
    written: set[str] = set()
    for field in writer.fields:
        own = pairs.get(field.name)
        if own is not None:
            written.add(own.name)
            yield from differences(field.type, own.type, below(path, own.name))
    for own in reader.fields:
        if own.name in written:
            continue
        where = below(path, own.name)
        if own.default is MISSING:
            detail = "it is not written, and has no default here"
            yield Difference(kind=DifferenceKind.UNREADABLE, field=where, detail=detail)
        else:
            detail = "it is not written"
            yield Difference(kind=DifferenceKind.ABSENT, field=where, detail=detail)


def below(path: str, name: str) -> str:
    """Return the path of a field."""
    return f"{path}.{name}" if path else name


def of_enumeration(
    writer: Enumeration, reader: Enumeration, path: str
) -> Iterator[Difference]:
    """Give the symbols that we do not know, unless our enum has a default for them."""
    unknown = [symbol for symbol in writer.symbols if symbol not in reader.symbols]
    if not unknown or reader.default is not None:
        return
    kind = DifferenceKind.SYMBOL
    if len(unknown) == len(writer.symbols):
        kind = DifferenceKind.UNREADABLE
    yield Difference(kind=kind, field=path, detail=", ".join(unknown))


def of_leaf(writer: Node, reader: Node, path: str) -> Iterator[Difference]:
    """Give what two types without parts differ in: their logical types."""
    try:
        resolve(writer, reader)
    except SchemaUnresolvableError as error:
        detail = str(error).removeprefix("the event: ")
        yield Difference(kind=DifferenceKind.UNREADABLE, field=path, detail=detail)
