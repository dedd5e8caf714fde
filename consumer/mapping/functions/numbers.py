"""Functions of numbers."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal

from consumer.errors import MappingError
from consumer.mapping.faults import did_you_mean
from consumer.mapping.formats import ROUNDINGS
from consumer.mapping.functions.iso import CURRENCIES, MINOR_DIGITS, NO_MINOR_UNIT
from consumer.mapping.functions.registry import (
    ArgumentError,
    Call,
    Example,
    Function,
    Parameter,
)
from consumer.mapping.step import Step
from consumer.mapping.text import float_text
from consumer.mapping.value_type import DECIMAL, TEXT, Kind, ValueType

__all__ = ["CONTEXT", "NUMBER_FUNCTIONS", "exact"]

NUMBERS = frozenset({Kind.INTEGER, Kind.FLOAT, Kind.DECIMAL})
CONTEXT = decimal.Context(prec=400)
# ISO 4217: how many digits the minor unit of each currency has.
EXPONENTS = {word[:3]: 2 for word in CURRENCIES.split()}
for digits, words in MINOR_DIGITS.items():
    EXPONENTS.update(dict.fromkeys(words.split(), digits))
for word in NO_MINOR_UNIT.split():
    del EXPONENTS[word]


def exact(value: Decimal | float) -> Decimal:
    """Return a number as a decimal, a float by its shortest digits."""
    return Decimal(float_text(value) if isinstance(value, float) else value)


def minor_units(inputs: tuple[int, str]) -> Decimal:
    """Return an amount of minor units as an amount of its currency.

    Raises:
        MappingError: The currency is none, or has no minor unit.
    """
    amount, currency = inputs
    exponent = EXPONENTS.get(currency)
    if exponent is None:
        raise MappingError(
            "currency", "The currency is no code of ISO 4217 that has a minor unit."
        )
    return Decimal(amount).scaleb(-exponent, CONTEXT)


def build_minor_units(call: Call) -> Step:
    """Return the step of `minor_units`.

    Raises:
        ArgumentError: The inputs are not an integer and a text.
    """
    kinds = [member.kind for member in call.source.members]
    if kinds not in ([Kind.INTEGER, Kind.TEXT], [Kind.INTEGER, Kind.ENUM]):
        raise ArgumentError(
            "minor_units",
            "its inputs are not an integer and a text.",
            "Write `from: [amount in minor units, currency]`.",
        )
    return Step(
        name="apply minor_units",
        template="{call}({v})",
        bindings={"call": minor_units},
        result=DECIMAL,
    )


def build_scale(call: Call) -> Step:
    """Return the step of `scale`.

    Raises:
        ArgumentError: The power is out of range.
    """
    power = call.number("power")
    if abs(power) > 30:  # noqa: PLR2004 - as far as any currency or unit goes
        raise ArgumentError("scale", "`power` is beyond 30.", "Write a power of ten.")
    scale = call.source.scale if call.source.kind is Kind.DECIMAL else None
    result = ValueType(
        kind=Kind.DECIMAL, scale=None if scale is None else max(scale - power, 0)
    )
    return Step(
        name="apply scale",
        template="{call}({v})",
        bindings={"call": lambda value: exact(value).scaleb(power, CONTEXT)},
        result=result,
    )


def build_round(call: Call) -> Step:
    """Return the step of `round`.

    Raises:
        ArgumentError: The places are out of range, or there is no such rounding.
    """
    places, rounding = call.number("places"), call.text("rounding")
    if abs(places) > 30:  # noqa: PLR2004 - as far as a format writes
        raise ArgumentError(
            "round", "`places` is beyond 30.", "Write digits after the point."
        )
    if rounding not in ROUNDINGS:
        raise ArgumentError(
            "round",
            f"there is no rounding `{rounding}`.",
            did_you_mean(rounding, ROUNDINGS),
        )
    quantum, mode = Decimal(1).scaleb(-places), ROUNDINGS[rounding]
    return Step(
        name="apply round",
        template="{call}({v})",
        bindings={"call": rounder(quantum, mode)},
        result=ValueType(kind=Kind.DECIMAL, scale=max(places, 0)),
    )


def rounder(quantum: Decimal, mode: str) -> Callable[[Decimal | float], Decimal]:
    """Return a function that rounds to a multiple of `quantum`, with no exponent."""
    whole = Decimal(1) if quantum > 1 else quantum

    def to_quantum(value: Decimal | float) -> Decimal:
        rounded = exact(value).quantize(quantum, mode, CONTEXT)
        return rounded.quantize(whole, context=CONTEXT)

    return to_quantum


def build_band(call: Call) -> Step:
    """Return the step of `band`.

    Raises:
        ArgumentError: Edges and names do not fit each other.
    """
    edges, names = call.items("edges"), call.items("names")
    numbers = [Decimal(str(e)) for e in edges if isinstance(e, int | float)]
    if len(numbers) != len(edges) or numbers != sorted(set(numbers)) or not numbers:
        raise ArgumentError(
            "band", "`edges` are not rising numbers.", "Write `[300, 700]`."
        )
    texts = [name for name in names if isinstance(name, str) and name]
    if len(texts) != len(numbers) + 1 or len(texts) != len(names):
        raise ArgumentError(
            "band",
            f"{len(numbers)} edges need {len(numbers) + 1} names.",
            "Write a text for below the first edge, and one from each edge on.",
        )
    return Step(
        name="apply band",
        template="{call}({v})",
        bindings={"call": banded(numbers, texts)},
        result=TEXT,
    )


def banded(edges: list[Decimal], names: list[str]) -> Callable[[Decimal | float], str]:
    """Return a function that names the band in which a number lies."""

    def name(value: Decimal | float) -> str:
        number = exact(value)
        return names[sum(number >= edge for edge in edges)]

    return name


NUMBER_FUNCTIONS = (
    Function(
        name="minor_units",
        summary="An amount in minor units, and its currency, as an amount (ISO 4217).",
        takes=frozenset({Kind.INPUTS}),
        build=build_minor_units,
        examples=(
            Example(
                schema=["long", "string"], value=(1999, "USD"), result=Decimal("19.99")
            ),
            Example(
                schema=["long", "string"], value=(1999, "JPY"), result=Decimal(1999)
            ),
            Example(
                schema=["long", "string"], value=(1999, "KWD"), result=Decimal("1.999")
            ),
            Example(
                schema=["long", "string"], value=(1999, "CLF"), result=Decimal("0.1999")
            ),
        ),
    ),
    Function(
        name="round",
        summary="Rounds to that many digits after the point; below zero, before it.",
        takes=NUMBERS,
        build=build_round,
        parameters=(
            Parameter(name="places", kind=int, meaning="Digits after the point."),
            Parameter(
                name="rounding",
                kind=str,
                meaning=f"How: {', '.join(f'`{name}`' for name in ROUNDINGS)}.",
            ),
        ),
        examples=(
            Example(
                schema="double",
                value=2.675,
                argument={"places": 2, "rounding": "half_even"},
                result=Decimal("2.68"),
            ),
            Example(
                schema="int",
                value=1850,
                argument={"places": -2, "rounding": "half_even"},
                result=Decimal(1800),
            ),
        ),
    ),
    Function(
        name="scale",
        summary="Moves the point: multiplies by a power of ten, exactly.",
        takes=NUMBERS,
        build=build_scale,
        parameters=(Parameter(name="power", kind=int, meaning="The power of ten."),),
        examples=(
            Example(schema="long", value=1999, argument=-2, result=Decimal("19.99")),
            Example(schema="double", value=0.1, argument=1, result=Decimal(1)),
        ),
    ),
    Function(
        name="band",
        summary="Names the band in which a number lies; an edge belongs to the upper one.",
        takes=NUMBERS,
        build=build_band,
        parameters=(
            Parameter(name="edges", kind=list, meaning="Rising numbers."),
            Parameter(
                name="names", kind=list, meaning="One more than there are edges."
            ),
        ),
        examples=(
            Example(
                schema="int",
                value=700,
                argument={"edges": [580, 700], "names": ["low", "fair", "good"]},
                result="good",
            ),
            Example(
                schema="double",
                value=579.9,
                argument={"edges": [580, 700], "names": ["low", "fair", "good"]},
                result="low",
            ),
        ),
    ),
)
