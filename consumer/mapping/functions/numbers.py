"""Functions of numbers."""

from __future__ import annotations

import decimal
import re
from collections.abc import Callable
from decimal import Decimal

from consumer.errors import MappingError
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

__all__ = ["NUMBER_FUNCTIONS"]

NUMBERS = frozenset({Kind.INTEGER, Kind.FLOAT, Kind.DECIMAL})
CONTEXT = decimal.Context(prec=400)
CURRENCY = re.compile(r"[A-Z]{3}")

# ISO 4217: currencies whose minor unit is not a hundredth.
NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
EXPONENTS = dict.fromkeys(NO_DIGITS.split(), 0) | dict.fromkeys(THREE_DIGITS.split(), 3)


def exact(value: Decimal | float) -> Decimal:
    """Return a number as a decimal, a float by its shortest digits."""
    return Decimal(float_text(value) if isinstance(value, float) else value)


def minor_units(inputs: tuple[int, str]) -> Decimal:
    """Return an amount of minor units as an amount of its currency.

    Raises:
        MappingError: The currency is no code of three capital letters.
    """
    amount, currency = inputs
    if CURRENCY.fullmatch(currency) is None:
        raise MappingError("currency", "The currency is no code of ISO 4217.")
    return Decimal(amount).scaleb(-EXPONENTS.get(currency, 2), CONTEXT)


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
