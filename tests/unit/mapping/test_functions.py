"""The functions of the language: each example is a test."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

import pytest

from consumer.mapping.compiling import bound_template
from consumer.mapping.functions.all_functions import FUNCTIONS
from consumer.mapping.functions.iso import COUNTRIES, CURRENCIES, LANGUAGES
from consumer.mapping.functions.registry import Example, Function, call_steps
from consumer.mapping.value_type import Kind, ValueType, from_avro
from tests.unit.mapping.kit import BASE, attribute, faults

EXAMPLES = [
    pytest.param(function, example, id=f"{function.name}-{index}")
    for function in FUNCTIONS.values()
    for index, example in enumerate(function.examples)
]


def type_of(example: Example, function: Function) -> ValueType:
    """Return the type of an example's value; several inputs are written as a list."""
    if function.takes == {Kind.INPUTS} and isinstance(example.schema, list):
        members = tuple(from_avro(one, {}) for one in example.schema)
        return ValueType(kind=Kind.INPUTS, members=members)
    return from_avro(example.schema, {})


def evaluate(template: str, names: dict[str, object], value: object) -> object:
    """Return what an expression over `v` gives."""
    run: Callable[[object], object] = eval(f"lambda v: {template}", names)  # noqa: S307 - as the compiler does
    return run(value)


@pytest.mark.parametrize(("function", "example"), EXAMPLES)
def test_examples_are_true(function: Function, example: Example) -> None:
    """A function makes of an example's value what the example says, and of its type."""
    steps = call_steps(function, example.argument, type_of(example, function), None)
    value = example.value
    for step in steps:
        names: dict[str, object] = {}

        def bind(one: object, names: dict[str, object] = names) -> str:
            name = f"_{len(names)}"
            names[name] = one
            return name

        expression = bound_template(step.template, step.bindings, bind)
        value = evaluate(expression, names, value)
    assert value == example.result
    assert type(value) is type(example.result)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_function_is_documented(function: Function) -> None:
    """A function has a sentence, an example, and a meaning for each argument."""
    assert function.summary.endswith(".")
    assert function.examples
    assert all(parameter.meaning.endswith(".") for parameter in function.parameters)


def test_the_countries_are_those_of_the_zone_database() -> None:
    """Every country of the zone database's list of ISO 3166 is known, and no other."""
    list_of = resources.files("tzdata") / "zoneinfo" / "iso3166.tab"
    lines = list_of.read_text(encoding="utf-8").splitlines()
    listed = {line[:2] for line in lines if line and not line.startswith("#")}
    assert {word[:2] for word in COUNTRIES.split()} == listed


@pytest.mark.parametrize(
    ("table", "length", "sizes"),
    [(COUNTRIES, 249, {8}), (CURRENCIES, 184, {6}), (LANGUAGES, 184, {5, 8})],
)
def test_no_code_stands_twice(table: str, length: int, sizes: set[int]) -> None:
    """Each code of a table is one country's, currency's or language's."""
    words = table.split()
    assert (len(words), {len(word) for word in words}) == (length, sizes)
    for begin, end in ((0, 3),) if sizes == {6} else ((0, 2), (2, 5)):
        assert len({word[begin:end] for word in words}) == length


def test_a_number_that_was_given_anew_means_the_currency_of_today() -> None:
    """XCG took the number of ANG, the only one of the table that stands twice."""
    numbers = [word[3:] for word in CURRENCIES.split()]
    assert [one for one in set(numbers) if numbers.count(one) > 1] == ["532"]
    rule = "{from: id, apply: [{currency: alpha_3}], missing: skip}"
    assert attribute(rule, id="532") == "XCG"


@pytest.mark.parametrize("currency", ["XAU", "XXX", "ZZZ", "usd", ""])
def test_an_amount_needs_a_currency_with_a_minor_unit(currency: str) -> None:
    """Gold, no currency and a code that nobody knows reject, where a guess would pass."""
    rule = "{from: [count, type], apply: [minor_units]}"
    assert attribute(rule, type=currency) == "refused: currency"


def test_what_is_no_code_is_missing() -> None:
    """A code that nobody knows is nothing, and the rule says what then."""
    found = faults(BASE + "  x: {from: id, apply: [{country: alpha_2}]}\n")
    assert [one[0] for one in found] == ["M203"]
    rule = "{from: id, apply: [{country: alpha_2}], missing: {use: none}}"
    assert (attribute(rule), attribute(rule, id="fra")) == ("none", "FR")


@pytest.mark.parametrize(
    ("rule", "message", "mend"),
    [
        (
            "{from: id, apply: [{country: alpha2}]}",
            "`country`: there is no form `alpha2`.",
            "Did you mean `alpha_2`?",
        ),
        (
            "{from: ratio, apply: [{round: 2}]}",
            "`round`: its argument `rounding` is missing.",
            (
                "Write `{round: {rounding: ...}}`: How: `half_even`, `half_up`, "
                "`half_down`, `up`, `down`, `ceiling`, `floor`."
            ),
        ),
        (
            "{from: ratio, apply: [{round: {places: 2, rounding: even}}]}",
            "`round`: there is no rounding `even`.",
            "Did you mean `half_even`?",
        ),
        (
            "{from: ratio, apply: [{round: {places: 31, rounding: up}}]}",
            "`round`: `places` is beyond 30.",
            "Write digits after the point.",
        ),
        (
            "{from: tags, apply: [{flags: [a, a]}]}",
            "`flags`: `names` are not texts that differ.",
            "Write each name once, such as `[gold, travel]`.",
        ),
        (
            "{from: tags, apply: [{flags: [" + "a" * 300 + "]}]}",
            "`flags`: the text of all names has 306 characters; Target takes 256.",
            "Use shorter names, or several attributes.",
        ),
        (
            "{from: id, apply: [{mask: -1}]}",
            "`mask`: `keep` is less than none.",
            "Write none or more.",
        ),
        (
            "{from: id, apply: [{mask: {fill: ab}}]}",
            "`mask`: `fill` is not one character.",
            "Write one.",
        ),
    ],
)
def test_arguments_are_checked(rule: str, message: str, mend: str) -> None:
    """An argument that a function does not take is a fault of the file."""
    assert [one[3:] for one in faults(f"{BASE}  x: {rule}\n")] == [(message, mend)]
