"""Decimals in CEL, which has none: a type of our own, and registered functions.

Rules:
- `decimal("19.90")` and `decimal(20)` make one. `a.above(b)`, `a.atLeast(b)`, `a.below(b)`,
  `a.atMost(b)` and `a.equals(b)` compare; `a.plus(b)`, `a.minus(b)` and `a.times(b)` are
  exact. `b` is a decimal, a text of digits or an int; a double is none of them.
- To the type check a decimal is a type with no operators but `==` of two decimals and
  `== null`. To an evaluation it is the text of its digits without zeros at the end, so that
  texts are equal when numbers are (cel-expr-python 0.1.3 takes a `Decimal` under no type).
- A text that is no number has no value: it rejects the record.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterator
from decimal import Decimal

from cel_expr_python import cel  # type: ignore[import-untyped]  # stubs, no py.typed

from consumer.mapping.formats import plain_number
from consumer.mapping.parsing import decimal as parsed

__all__ = ["CHECKED", "RUNNING", "decimal_functions", "given_decimal"]

CHECKED = cel.Type("decimal")
RUNNING = cel.Type.STRING
# Exact, or an error: no digit is ever lost.
CONTEXT = decimal.Context(prec=400, traps=[decimal.Inexact, decimal.InvalidOperation])

COMPARISONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "above": lambda a, b: a > b,
    "atLeast": lambda a, b: a >= b,
    "below": lambda a, b: a < b,
    "atMost": lambda a, b: a <= b,
    "equals": lambda a, b: a == b,
}
SUMS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "plus": CONTEXT.add,
    "minus": CONTEXT.subtract,
    "times": CONTEXT.multiply,
}


def given_decimal(value: Decimal | None) -> str | None:
    """Return a decimal as an evaluation takes it."""
    return None if value is None else plain_number(value)


def read(value: str | int) -> Decimal:
    """Return the decimal that an evaluation has in hand."""
    return Decimal(value) if isinstance(value, int) else parsed(value)


def decimal_functions(*, check: bool) -> list[cel.FunctionDecl]:
    """Return the functions for the type check, or those of an evaluation."""
    own = CHECKED if check else RUNNING
    taken = [cel.Type.STRING, cel.Type.INT]
    others = [own, *taken] if check else taken
    made = [
        cel.Overload(f"decimal_of_{kind.name()}", own, [kind], False, make)  # noqa: FBT003 - the order of the library
        for kind in taken
    ]
    return [cel.FunctionDecl("decimal", made), *members(own, others)]


def make(value: str | int) -> str:
    """Return the decimal that a text or an int writes."""
    return plain_number(read(value))


def members(own: cel.Type, others: list[cel.Type]) -> Iterator[cel.FunctionDecl]:
    """Give the functions that are called on a decimal."""
    for name, compare in COMPARISONS.items():
        yield declared(name, cel.Type.BOOL, own, others, comparing(compare))
    for name, add in SUMS.items():
        yield declared(name, own, own, others, adding(add))


def declared(
    name: str,
    result: cel.Type,
    own: cel.Type,
    others: list[cel.Type],
    run: Callable[[str, str | int], object],
) -> cel.FunctionDecl:
    """Return one function, with an overload for each type of its argument."""
    overloads = [
        cel.Overload(f"{name}_{other.name()}", result, [own, other], True, run)  # noqa: FBT003 - the order of the library
        for other in others
    ]
    return cel.FunctionDecl(name, overloads)


def comparing(
    compare: Callable[[Decimal, Decimal], bool],
) -> Callable[[str, str | int], bool]:
    """Return a comparison as an evaluation calls it."""
    return lambda mine, other: compare(read(mine), read(other))


def adding(
    add: Callable[[Decimal, Decimal], Decimal],
) -> Callable[[str, str | int], str]:
    """Return a sum as an evaluation calls it."""
    return lambda mine, other: plain_number(add(read(mine), read(other)))
