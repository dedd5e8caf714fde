"""An Avro schema as values: names replaced by what they stand for.

A type that is named in several places is one object in several places, so a schema is
a graph without cycles (recursive schemas are not admitted).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = [
    "MISSING",
    "Array",
    "Enumeration",
    "Field",
    "Fixed",
    "Logical",
    "Map",
    "Node",
    "Primitive",
    "Structure",
    "Union",
]

MISSING = object()  # a default of its own, because null is one


@dataclass(frozen=True, slots=True)
class Logical:
    """A logical type that the specification names, on a base type that it allows.

    Attributes:
        name: As the specification writes it, such as `timestamp-millis`.
        precision: Digits of a decimal; 0 otherwise.
        scale: Digits after a decimal's point; 0 otherwise.
    """

    name: str
    precision: int = 0
    scale: int = 0


@dataclass(frozen=True, slots=True)
class Primitive:
    """`null`, `boolean`, `int`, `long`, `float`, `double`, `bytes` or `string`.

    Attributes:
        kind: Which of them.
        logical: Its logical type.
        promoted: The kind of ours that a writer's value becomes; empty when that is
            left to fastavro. A kind itself when the value must stay what it is.
    """

    kind: str
    logical: Logical | None = None
    promoted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A fixed number of bytes."""

    name: str
    aliases: frozenset[str]
    size: int
    logical: Logical | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enumeration:
    """One of a list of symbols."""

    name: str
    aliases: frozenset[str]
    symbols: tuple[str, ...]
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Array:
    """A list."""

    items: Node


@dataclass(frozen=True, slots=True)
class Map:
    """Text to values."""

    values: Node


@dataclass(frozen=True, slots=True)
class Union:
    """One of several types."""

    branches: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a record.

    Attributes:
        name: Its name.
        aliases: Other names under which writers may have written it.
        type: Its type.
        default: The default as JSON has it; `MISSING` for none.
    """

    name: str
    aliases: frozenset[str]
    type: Node
    default: object = field(default=MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """A record of Avro (`Record` is what Kafka gives)."""

    name: str
    aliases: frozenset[str]
    fields: tuple[Field, ...]


Node: TypeAlias = Primitive | Fixed | Enumeration | Array | Map | Union | Structure
