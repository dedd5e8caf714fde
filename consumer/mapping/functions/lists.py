"""Functions of lists, and of the maps and records in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from consumer.mapping.faults import FaultCode, did_you_mean
from consumer.mapping.functions.numbers import CONTEXT, exact
from consumer.mapping.functions.registry import (
    ArgumentError,
    Build,
    Call,
    Example,
    Function,
    Parameter,
)
from consumer.mapping.step import Step, StepError
from consumer.mapping.value_type import INTEGER, Kind, ValueType

__all__ = ["LISTS", "LIST_FUNCTIONS", "element_of", "listing"]

LISTS = frozenset({Kind.LIST})
NUMBERS = {Kind.INTEGER, Kind.FLOAT, Kind.DECIMAL}
ORDERED = NUMBERS | {Kind.TEXT, Kind.DATE, Kind.TIMESTAMP, Kind.TIME}
ANY = ValueType(kind=Kind.NOTHING, nullable=True)


def element_of(source: ValueType) -> ValueType:
    """Return the type of a list's elements."""
    return source.element if source.element is not None else ANY


def picking(name: str, template: str) -> Build:
    """Return the builder of a function that gives one element, or nothing."""
    return lambda call: Step(
        name=f"apply {name}",
        template=template,
        result=element_of(call.source).optional(),
    )


def build_count(_: Call) -> Step:
    """Return the step of `count`."""
    return Step(name="apply count", template="len({v})", result=INTEGER)


def build_sum(call: Call) -> Step:
    """Return the step of `sum`.

    Raises:
        ArgumentError: The elements are no numbers.
    """
    element = element_of(call.source)
    if element.kind not in NUMBERS or element.nullable:
        raise ArgumentError(
            "sum", f"it cannot add {element}.", "`pluck` a number before it."
        )
    if element.kind is Kind.INTEGER:
        return Step(name="apply sum", template="sum({v})", result=element)
    return Step(
        name="apply sum",
        template="{call}({v})",
        bindings={"call": summing(element.scale or 0)},
        result=ValueType(kind=Kind.DECIMAL, scale=element.scale),
    )


def summing(scale: int) -> Callable[[list[Decimal | float]], Decimal]:
    """Return a function that adds exactly, a float by its shortest digits."""
    zero = Decimal(0).scaleb(-scale)

    def add(values: list[Decimal | float]) -> Decimal:
        total = zero
        for value in values:
            total = CONTEXT.add(total, exact(value))
        return total

    return add


def field_of(call: Call, name: str) -> ValueType:
    """Return the type of the field that a call names.

    Raises:
        StepError: The elements have no such field.
    """
    record = call.source if call.source.kind is Kind.RECORD else element_of(call.source)
    wanted = call.text("field")
    found = record.fields.get(wanted)
    if found is None or record.nullable:
        raise StepError(
            FaultCode.UNKNOWN_PATH,
            f"`{name}`: a {record} has no field `{wanted}`.",
            did_you_mean(wanted, record.fields),
        )
    return found


def build_pluck(call: Call) -> Step:
    """Return the step of `pluck`."""
    found, key = field_of(call, "pluck"), call.text("field")
    if call.source.kind is Kind.RECORD:
        return Step(
            name="apply pluck",
            template="{v}[{key}]",
            bindings={"key": key},
            result=found,
        )
    return Step(
        name="apply pluck",
        template="[e[{key}] for e in {v}]",
        bindings={"key": key},
        result=ValueType(kind=Kind.LIST, element=found),
    )


def extreme(name: str, best: str) -> Build:
    """Return the builder of `min_by` or `max_by`: the first of those that are equal."""

    def build(call: Call) -> Step:
        found, key = field_of(call, name), call.text("field")
        if found.kind not in ORDERED or found.nullable:
            raise ArgumentError(name, f"{found} has no order.", "Name another field.")
        return Step(
            name=f"apply {name}",
            template=best + "({v}, key=lambda e: e[{key}], default=None)",
            bindings={"key": key},
            result=element_of(call.source).optional(),
        )

    return build


def ordered(name: str, template: str) -> Build:
    """Return the builder of a function that gives a list of the same elements."""

    def build(call: Call) -> Step:
        element = element_of(call.source)
        if element.kind not in ORDERED | {Kind.ENUM, Kind.UUID}:
            raise ArgumentError(
                name, f"it cannot compare {element}.", "`pluck` a field before it."
            )
        there = "[e for e in {v} if e is not None]" if element.nullable else "{v}"
        return Step(
            name=f"apply {name}",
            template=template.replace("{v}", there),
            result=replace(call.source, element=element.present()),
        )

    return build


def build_top(call: Call) -> Step:
    """Return the step of `top`.

    Raises:
        ArgumentError: None would be kept.
    """
    count = call.number("count")
    if count < 1:
        raise ArgumentError("top", "`count` is less than one.", "Write one or more.")
    return Step(
        name="apply top",
        template="{v}[:{count}]",
        bindings={"count": count},
        result=replace(call.source),
    )


def listing(
    items: object, value: object, result: object, argument: object = None
) -> Example:
    """Return an example of a list whose elements have the schema `items`."""
    schema = {"type": "array", "items": items}
    return Example(schema=schema, value=value, argument=argument, result=result)


LINE = {
    "type": "record",
    "name": "Line",
    "fields": [{"name": "sku", "type": "string"}, {"name": "price", "type": "int"}],
}
LINES = [{"sku": "a", "price": 3}, {"sku": "b", "price": 7}]
FIELD = Parameter(name="field", kind=str, meaning="Name of a field of the records.")

LIST_FUNCTIONS = (
    Function(
        name="first",
        summary="The first element; nothing of an empty list.",
        takes=LISTS,
        build=picking("first", "({v}[0] if {v} else None)"),
        examples=(listing("int", [1, 2], 1), listing("int", [], None)),
    ),
    Function(
        name="last",
        summary="The last element; nothing of an empty list.",
        takes=LISTS,
        build=picking("last", "({v}[-1] if {v} else None)"),
        examples=(listing("int", [1, 2], 2), listing("int", [], None)),
    ),
    Function(
        name="count",
        summary="How many elements there are.",
        takes=frozenset({Kind.LIST, Kind.MAP}),
        build=build_count,
        examples=(listing("int", [5, 5], 2), listing("int", [], 0)),
    ),
    Function(
        name="sum",
        summary="The exact sum of numbers; zero of an empty list.",
        takes=LISTS,
        build=build_sum,
        examples=(
            listing("int", [1, 2], 3),
            listing("double", [0.1, 0.2], Decimal("0.3")),
            listing(
                {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
                [],
                Decimal("0.00"),
            ),
        ),
    ),
    Function(
        name="pluck",
        summary="One field of a record, or of each record of a list.",
        takes=frozenset({Kind.LIST, Kind.RECORD}),
        build=build_pluck,
        parameters=(FIELD,),
        examples=(
            listing(LINE, LINES, ["a", "b"], "sku"),
            Example(schema=LINE, value=LINES[1], argument="price", result=7),
        ),
    ),
    Function(
        name="min_by",
        summary="The record whose field is smallest; the first of equal ones.",
        takes=LISTS,
        build=extreme("min_by", "min"),
        parameters=(FIELD,),
        examples=(listing(LINE, LINES, LINES[0], "price"),),
    ),
    Function(
        name="max_by",
        summary="The record whose field is largest; the first of equal ones.",
        takes=LISTS,
        build=extreme("max_by", "max"),
        parameters=(FIELD,),
        examples=(
            listing(LINE, LINES, LINES[1], "price"),
            listing(LINE, [], None, "price"),
        ),
    ),
    Function(
        name="distinct",
        summary="Each element once, where it stands first; nulls are left out.",
        takes=LISTS,
        build=ordered("distinct", "list(dict.fromkeys({v}))"),
        examples=(
            listing("string", ["b", "a", "b"], ["b", "a"]),
            listing(["null", "string"], ["b", None, "b"], ["b"]),
        ),
    ),
    Function(
        name="sort",
        summary="The elements from the smallest to the largest; nulls are left out.",
        takes=LISTS,
        build=ordered("sort", "sorted({v})"),
        examples=(
            listing("string", ["b", "a"], ["a", "b"]),
            listing(["null", "int"], [2, None, 1], [1, 2]),
        ),
    ),
    Function(
        name="top",
        summary="The first elements of a list.",
        takes=LISTS,
        build=build_top,
        parameters=(Parameter(name="count", kind=int, meaning="How many, from 1."),),
        examples=(listing("int", [3, 2, 1], [3, 2], 2),),
    ),
)
