"""How large a schema is when every name is replaced by what it stands for.

Rules:
    - Nodes are added from the leaves up, so each looks at its children only, and a
      chain of names cannot make anything recurse.
    - What is too deep, too large or without width is refused as it is added.
"""

from __future__ import annotations

from typing import NamedTuple

from consumer.decode.limits import DecodeLimits
from consumer.decode.nodes import Array, Fixed, Map, Node, Primitive, Structure, Union
from consumer.decode.reasons import Reason
from consumer.errors import SchemaError

__all__ = ["Measure", "Shape"]


class Shape(NamedTuple):
    """A node's size.

    Attributes:
        depth: Types from it down to its deepest leaf, itself included.
        types: Types in it, itself included, names replaced.
        is_empty: True when each value of it takes no bytes.
    """

    depth: int
    types: int
    is_empty: bool


class Measure:
    """The shapes of the nodes of one schema. Owned by its admission."""

    def __init__(self, limits: DecodeLimits) -> None:
        self._limits = limits
        self._shapes: dict[int, Shape] = {}
        self._kept: list[Node] = []  # an id stays ours only while its node lives

    def add(self, node: Node) -> Shape:
        """Return the shape of `node`, whose children were added before.

        Raises:
            SchemaError: It is too deep or too large, or has items without width.
        """
        known = self._shapes.get(id(node))
        if known is not None:
            return known
        shape = self._shape(node)
        if shape.depth > self._limits.max_depth:
            raise SchemaError(
                Reason.SCHEMA_TOO_DEEP, f"nests deeper than {self._limits.max_depth}"
            )
        if shape.types > self._limits.max_schema_types:
            raise SchemaError(
                Reason.SCHEMA_TOO_LARGE,
                f"has more than {self._limits.max_schema_types} types, names replaced",
            )
        self._shapes[id(node)] = shape
        self._kept.append(node)
        return shape

    def _shape(self, node: Node) -> Shape:
        inner: tuple[Shape, ...] = ()
        match node:
            case Array():
                inner = (self._item(node.items),)
            case Map():
                inner = (self._item(node.values),)
            case Union():
                inner = tuple(map(self.add, node.branches))
            case Structure():
                inner = tuple(self.add(field.type) for field in node.fields)
        return Shape(
            1 + max((shape.depth for shape in inner), default=0),
            1 + sum(shape.types for shape in inner),
            is_empty(node, inner),
        )

    def _item(self, item: Node) -> Shape:
        shape = self.add(item)
        if shape.is_empty:
            raise SchemaError(
                Reason.SCHEMA_ZERO_WIDTH, "an array or map has items of no bytes"
            )
        return shape


def is_empty(node: Node, inner: tuple[Shape, ...]) -> bool:
    """Return whether each value of `node`, around types of `inner`, takes no bytes."""
    match node:
        case Primitive():
            return node.kind == "null"
        case Fixed():
            return node.size == 0
        case Structure():
            return all(shape.is_empty for shape in inner)
        case _:
            return False
