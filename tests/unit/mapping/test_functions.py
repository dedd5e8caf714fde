"""The functions of the language: each example is a test."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from consumer.mapping.compiling import bound_template
from consumer.mapping.functions.all_functions import FUNCTIONS
from consumer.mapping.functions.registry import Example, Function, call_steps
from consumer.mapping.value_type import Kind, ValueType, from_avro

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
