"""Our schemas' defaults, as the values that fastavro reads.

fastavro 1.13 gives the default of a field that was not written as JSON has it: a
decimal as text, a date as a number. So defaults are made into values beforehand.
"""

from __future__ import annotations

import math
from typing import cast

from consumer.decode.conversions import reader_of
from consumer.decode.forms import form
from consumer.decode.nodes import (
    MISSING,
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

__all__ = ["default_value"]

JSON_TYPES: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "boolean": (bool,),
    "int": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "bytes": (str,),
    "string": (str,),
}
SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
TIMES = frozenset({"time-millis", "time-micros"})
BITS = {"int": 31, "long": 63}
FLOATS = frozenset({"float", "double"})


def default_value(node: Node, default: object) -> object:
    """Return the value that `default`, as JSON has it, stands for.

    Args:
        node: The type of the field.
        default: A JSON value.

    Returns:
        What fastavro would have read.

    Raises:
        ValueError: It is no value of that type.
    """
    match node, default:
        case Union(), _:
            value = union_value(node, default)
        case Primitive(), _:
            value = primitive_value(node, default)
        case Fixed(), str() if len(default) == node.size:
            value = logical_value(node, "fixed", default.encode("latin-1"))
        case Enumeration(), str() if default in node.symbols:
            value = default
        case Array(), list():
            value = [default_value(node.items, item) for item in default]
        case Map(), dict():
            pairs = cast("dict[str, object]", default).items()
            value = {key: default_value(node.values, item) for key, item in pairs}
        case Structure(), dict():
            value = structure_value(node, cast("dict[str, object]", default))
        case _:
            raise ValueError(f"the default is no {type(node).__name__.lower()}")
    return value


def primitive_value(node: Primitive, default: object) -> object:
    """Return the value of a primitive type's default.

    Raises:
        ValueError: It is none of the type's values.
    """
    kind, value = node.kind, default
    if kind in FLOATS and isinstance(default, str):
        value = SPECIAL.get(default, default)
    if not isinstance(value, JSON_TYPES[kind]) or (
        isinstance(value, bool) and kind != "boolean"
    ):
        raise ValueError(f"the default is no {kind}")
    if kind in FLOATS:
        value = float(cast("float", value))
    elif kind == "bytes":
        value = cast("str", value).encode("latin-1")
    elif kind in BITS and cast("int", value) + (1 << BITS[kind]) >> (BITS[kind] + 1):
        raise ValueError(f"the default does not fit into {kind}")
    return logical_value(node, kind, value)


def logical_value(node: Primitive | Fixed, kind: str, value: object) -> object:
    """Return `value` as its logical type.

    Raises:
        ValueError: It is out of the logical type's range.
    """
    logical = node.logical
    reader = logical and reader_of(kind, logical.name)
    if not logical or not reader:
        return value
    check_range(logical, value)
    try:
        return reader(value, cast("dict[str, object]", form(node)), None)
    except ArithmeticError as error:
        raise ValueError("the default is out of range") from error


def check_range(logical: Logical, value: object) -> None:
    """Refuse what fastavro would change in silence, as the check of records does.

    Raises:
        ValueError: A decimal has more digits than its precision, or a time is negative.
    """
    if logical.name == "decimal":
        unscaled = int.from_bytes(cast("bytes", value), "big", signed=True)
        if abs(unscaled) >= 10**logical.precision:
            raise ValueError("the default has more digits than its precision")
    elif logical.name in TIMES and cast("int", value) < 0:
        raise ValueError("the default is a time before midnight")


def union_value(node: Union, default: object) -> object:
    """Return the value of the first branch that has it.

    Raises:
        ValueError: No branch has it.
    """
    for branch in node.branches:
        try:
            return default_value(branch, default)
        except ValueError:  # not per record
            continue
    raise ValueError("the default is of none of the union's types")


def structure_value(node: Structure, default: dict[str, object]) -> dict[str, object]:
    """Return a record.

    Raises:
        ValueError: A field has neither a value nor a default.
    """
    values: dict[str, object] = {}
    for field in node.fields:
        value = default.get(field.name, field.default)
        if value is MISSING:
            raise ValueError(f"the default has no {field.name}")
        values[field.name] = default_value(field.type, value)
    return values
