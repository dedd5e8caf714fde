"""`consumer docs functions`: every function, with the examples that are its tests."""

from __future__ import annotations

import json

from consumer.catalogue.table import table
from consumer.mapping.functions.all_functions import FUNCTIONS
from consumer.mapping.functions.registry import (
    REQUIRED,
    Example,
    Function,
    Parameter,
)

__all__ = ["functions"]

HEAD = ("function", "takes", "what it does", "arguments", "examples")


def functions() -> str:
    """Return the table of all functions."""
    return table(HEAD, map(row, FUNCTIONS.values()))


def row(function: Function) -> tuple[str, ...]:
    """Return the row of one function."""
    return (
        f"`{function.name}`",
        ", ".join(sorted(function.takes)),
        function.summary,
        "<br>".join(map(argument, function.parameters)) or "-",
        "<br>".join(example(function, one) for one in function.examples),
    )


def argument(parameter: Parameter) -> str:
    """Return what one argument is."""
    said = f"`{parameter.name}`: {parameter.meaning}"
    if parameter.default is REQUIRED:
        return said
    if parameter.default is None:
        return f"{said} Optional."
    return f"{said} Default `{shown(parameter.default)}`."


def example(function: Function, one: Example) -> str:
    """Return one example: the call, what goes in, and what comes out."""
    call = function.name
    if one.argument is not None:
        call = f"{{{call}: {shown(one.argument)}}}"
    return f"`{call}` of `{shown(one.value)}` gives `{shown(one.result)}`"


def shown(value: object) -> str:
    """Return a value as JSON; what JSON has no word for, as its text."""
    return json.dumps(value, ensure_ascii=False, default=str)
