"""The check of a record's bytes, compiled for the schema that wrote them.

fastavro takes the bytes at their word: a negative union index picks the last branch, a
count of a trillion nulls is counted. So each record is walked once before fastavro
reads it, by a function made for its schema.

Theory of operation:
    - The function reads no value, it only moves a position `p` over the bytes `d`, and
      refuses what the module `reasons` lists. A read beyond the end is an IndexError;
      a position beyond the end is seen by the caller, who compares it with the length.
    - `left` is how many elements of arrays and maps the record may still have. What a
      block says it holds is taken off before its items are looked at.
    - Its source is made of the templates below and of numbers; no text of a schema
      enters it.
    - Python allows 20 loops and 100 indents inside each other, so a part that lies
      deeper than `INLINE_DEPTH` becomes a function of its own. Its compiler recurses
      for each `elif`, so a union of more than `INLINE_BRANCHES` has a function for each.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import TypeAlias, TypeGuard, cast

from consumer.decode import varint
from consumer.decode.limits import DecodeLimits
from consumer.decode.nodes import (
    Array,
    Enumeration,
    Fixed,
    Logical,
    Map,
    Node,
    Primitive,
    Structure,
    Union,
)
from consumer.decode.reasons import Reason

__all__ = ["Check", "compile_check"]

# (data, position, elements left) -> (position after the event, elements left)
Check: TypeAlias = Callable[[bytes, int, int], tuple[int, int]]

INLINE_DEPTH = 8
INLINE_BRANCHES = 16
ONE_BYTE_INDEXES = 64  # zig-zag: indexes below it take one byte
FIXED_WIDTHS = {"null": 0, "float": 4, "double": 8}
SCALARS = {
    "boolean": ("if d[p] > 1: refuse(R.BAD_BOOLEAN)", "p += 1"),
    "int": ("if d[p] > 127: p = skip_int(d, p)", "else: p += 1"),
    "long": ("if d[p] > 127: p = skip_long(d, p)", "else: p += 1"),
}
TIMES = frozenset({"time-millis", "time-micros"})
# The lowest bit is the sign. fastavro 1.13 reads -1 as 00:00:00.999999.
NOT_NEGATIVE = "if d[p] & 1: refuse(R.BAD_VALUE)"
TEXT = (
    "b = d[p]",
    "if b & 129: p = skip_bytes(d, p)",  # several bytes, or negative
    "else: p += (b >> 1) + 1",
)


def compile_check(schema: Structure, limits: DecodeLimits) -> Check:
    """Return the check of events that `schema` wrote."""
    source = Source(limits)
    name = source.function(schema)
    namespace: dict[str, object] = {
        "R": Reason,
        "block": varint.block,
        "refuse": varint.refuse,
        "skip_bytes": varint.skip_bytes,
        "skip_fixed_decimal": varint.skip_fixed_decimal,
        "skip_int": varint.skip_int,
        "skip_long": varint.skip_long,
        "skip_wide_decimal": varint.skip_wide_decimal,
        "varint": varint.varint,
    }
    code = compile(source.text(), "<check of a writer's schema>", "exec")
    exec(code, namespace)  # noqa: S102  # made of the templates above and numbers
    return cast("Check", namespace[name])


class Source:
    """The source of one check, function by function. Owned by `compile_check`."""

    def __init__(self, limits: DecodeLimits) -> None:
        self._limits = limits
        self._functions: list[str] = []
        self._numbers = itertools.count()

    def text(self) -> str:
        """Return all functions."""
        return "\n".join(self._functions)

    def function(self, node: Node) -> str:
        """Make a function that checks `node`, and return its name."""
        name = f"check_{next(self._numbers)}"
        body = [*self._lines(node, 0), "return p, left"]
        self._functions.append("\n".join([f"def {name}(d, p, left):", *indent(body)]))
        return name

    def _lines(self, node: Node, depth: int) -> list[str]:
        """Return the lines that check `node` and leave `p` after it."""
        if depth > INLINE_DEPTH and isinstance(node, Structure | Union | Array | Map):
            return [f"p, left = {self.function(node)}(d, p, left)"]
        match node:
            case Primitive():
                lines = self._primitive(node)
            case Fixed():
                lines = self._fixed(node)
            case Enumeration():
                lines = index(len(node.symbols), "ENUM_INDEX")
            case Union():
                lines = self._union(node, depth)
            case Array():
                lines = self._blocks(node.items, depth, ())
            case Map():
                lines = self._blocks(node.values, depth, TEXT)
            case _:
                fields = [self._lines(field.type, depth) for field in node.fields]
                lines = [line for part in fields for line in part]
        return lines

    def _primitive(self, node: Primitive) -> list[str]:
        if is_decimal(node.logical):
            return self._decimal(node.logical)
        if node.kind in FIXED_WIDTHS:
            return skip(FIXED_WIDTHS[node.kind])
        lines = list(SCALARS.get(node.kind, TEXT))
        if node.logical is not None and node.logical.name in TIMES:
            return [NOT_NEGATIVE, *lines]
        return lines

    def _decimal(self, logical: Logical) -> list[str]:
        bound = 10**logical.precision
        narrow = min(fitting_bytes(bound), self._limits.max_decimal_bytes, 63)
        wide = f"skip_wide_decimal(d, p, {self._limits.max_decimal_bytes}, {bound})"
        return [
            "b = d[p]",
            f"if b & 129 or b > {narrow * 2}: p = {wide}",
            "else: p += (b >> 1) + 1",
        ]

    def _fixed(self, node: Fixed) -> list[str]:
        logical = node.logical
        if is_decimal(logical) and node.size > fitting_bytes(10**logical.precision):
            bound = 10**logical.precision
            return [f"p = skip_fixed_decimal(d, p, {node.size}, {bound})"]
        return skip(node.size)

    def _union(self, node: Union, depth: int) -> list[str]:
        if len(node.branches) > INLINE_BRANCHES:
            return self._wide_union(node)
        lines = ["b = d[p]; p += 1"]
        word = "if"
        for index, branch in enumerate(node.branches):
            lines.append(f"{word} b == {index * 2}:")
            lines += indent(self._lines(branch, depth + 1) or ["pass"])
            word = "elif"
        return [*lines, "else: refuse(R.UNION_INDEX)"]

    def _wide_union(self, node: Union) -> list[str]:
        """Return the lines of a union that calls a function for each branch."""
        names = [self.function(branch) for branch in node.branches]
        table = f"branches_{next(self._numbers)}"
        self._functions.append(f"{table} = ({', '.join(names)},)")
        return [
            *index(len(names), "UNION_INDEX"),
            f"p, left = {table}[b >> 1](d, p, left)",
        ]

    def _blocks(self, item: Node, depth: int, key: Iterable[str]) -> list[str]:
        count, end = f"c{depth}", f"e{depth}"
        items = [*key, *self._lines(item, depth + 2)]
        if isinstance(item, Primitive) and not key and item.kind in FIXED_WIDTHS:
            repeated = [f"p += {count} * {FIXED_WIDTHS[item.kind]}"]
        else:
            repeated = [f"for _ in range({count}):", *indent(items)]
        return [
            "while True:",
            *indent([
                f"{count} = d[p]",
                f"if {count} & 129: {count}, p, {end} = block(d, p)",
                f"else: {count} >>= 1; p += 1; {end} = 0",
                f"if not {count}: break",
                f"left -= {count}",
                "if left < 0: refuse(R.TOO_MANY_ELEMENTS)",
                *repeated,
                f"if {end} and p != {end}: refuse(R.BAD_BLOCK)",
            ]),
        ]


def is_decimal(logical: Logical | None) -> TypeGuard[Logical]:
    """Return whether `logical` is a decimal."""
    return logical is not None and logical.name == "decimal"


def index(count: int, reason: str) -> list[str]:
    """Return the lines that read an index below `count`, refused for `reason`."""
    lines = ["b = d[p]; p += 1"]
    if count > ONE_BYTE_INDEXES:
        lines.append("if b > 127: b, p = varint(d, p - 1)")
    return [*lines, f"if b & 1 or b >= {count * 2}: refuse(R.{reason})"]


def fitting_bytes(bound: int) -> int:
    """Return how many bytes a two's complement may have that stays below `bound`."""
    return bound.bit_length() // 8


def skip(width: int) -> list[str]:
    """Return the line that skips `width` bytes; none for none."""
    return [f"p += {width}"] if width else []


def indent(lines: Iterable[str]) -> list[str]:
    """Return `lines`, each one step to the right."""
    return [f" {line}" for line in lines]
