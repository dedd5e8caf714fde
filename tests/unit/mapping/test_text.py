"""How values become texts, to the last digit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from consumer.errors import MappingError
from consumer.mapping.text import decimal_text, float_text
from tests.unit.mapping.kit import attribute


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.30000000000000004"),
        (1e21, "1000000000000000000000"),
        (1e16, "10000000000000000"),
        (2**53 + 2.0, "9007199254740994"),
        (1e15 + 0.5, "1000000000000000.5"),
        (5e-324, "0." + "0" * 323 + "5"),
        (1.7976931348623157e308, "17976931348623157" + "0" * 292),
        (-0.0, "0"),
        (-1.5, "-1.5"),
        (100.0, "100"),
    ],
)
def test_a_float_has_its_shortest_digits(value: float, text: str) -> None:
    """The digits read back as the same float, with no exponent and no minus zero."""
    assert float_text(value) == text
    assert float(text) == value


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_what_is_no_number_rejects(value: str) -> None:
    """Not-a-number and the infinities have no text, as floats and as decimals."""
    with pytest.raises(MappingError, match="not finite") as caught:
        float_text(float(value))
    assert caught.value.code == "not_a_number"
    with pytest.raises(MappingError, match="not finite"):
        decimal_text(Decimal(value))
    rules = ["ratio", "{from: ratio, format: {decimal: 2, rounding: up}}"]
    rules += ["{from: ratio, format: {number: plain}}", "{cel: event.ratio}"]
    rules += ["{from: ratio, apply: [{band: {edges: [1], names: [a, b]}}]}"]
    found = {attribute(rule, ratio=float(value)) for rule in rules}
    assert found == {"refused: not_a_number"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("250000.00", "250000.00"),
        ("0.10", "0.10"),
        ("-0.00", "0.00"),
        ("-0.10", "-0.10"),
        ("1E+3", "1000"),
        ("1E-30", "0." + "0" * 29 + "1"),
        ("9" * 60 + ".99", "9" * 60 + ".99"),
    ],
)
def test_a_decimal_keeps_its_scale(value: str, text: str) -> None:
    """All digits of a decimal are written, as many as it has and never an exponent."""
    assert decimal_text(Decimal(value)) == text
    assert attribute("price", price=Decimal(value)) == text


def test_sums_lose_nothing() -> None:
    """Sums are exact: of floats by their shortest digits, of decimals beyond 28 digits."""
    rule = "{from: lines, apply: [{pluck: price}, sum]}"
    prices = [Decimal("9" * 40 + ".99"), Decimal("0.01")]
    lines = [{"sku": "x", "price": price, "note": None} for price in prices]
    assert attribute(rule, lines=lines) == "1" + "0" * 40 + ".00"
