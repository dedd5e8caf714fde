"""Functions that make a text of a list."""

from __future__ import annotations

from collections.abc import Callable

from consumer.mapping.functions.lists import LISTS, element_of, listing
from consumer.mapping.functions.registry import ArgumentError, Call, Function, Parameter
from consumer.mapping.specification import LONGEST
from consumer.mapping.step import Step
from consumer.mapping.text import text_of, text_step
from consumer.mapping.value_type import TEXT

__all__ = ["LIST_TEXT_FUNCTIONS"]


def build_join(call: Call) -> Step:
    """Return the step of `join`."""
    element = element_of(call.source)
    text_step(element)  # refuses what is no text by itself
    limit = call.arguments["max_length"]
    join = joined(call.text("separator"), limit if isinstance(limit, int) else None)
    return Step(
        name="apply join", template="{call}({v})", bindings={"call": join}, result=TEXT
    )


def build_flags(call: Call) -> Step:
    """Return the step of `flags`.

    Raises:
        ArgumentError: The names are no texts, or repeat, or their text is too long.
    """
    given = call.items("names")
    names = [name for name in given if isinstance(name, str) and name]
    if not names or len(names) < len(given) or len(set(names)) < len(names):
        raise ArgumentError(
            "flags",
            "`names` are not texts that differ.",
            "Write each name once, such as `[gold, travel]`.",
        )
    element = element_of(call.source)
    text_step(element)  # refuses what is no text by itself
    no = call.text("separator").join(f"{name}=false" for name in names)
    if len(no) > LONGEST:
        raise ArgumentError(
            "flags",
            f"the text of all names has {len(no)} characters; Target takes {LONGEST}.",
            "Use shorter names, or several attributes.",
        )
    return Step(
        name="apply flags",
        template="{call}({v})",
        bindings={"call": flagged(names, call.text("separator"))},
        result=TEXT,
        solid=True,
    )


def flagged(names: list[str], separator: str) -> Callable[[list[object]], str]:
    """Return a function that says of each name whether it is in a list."""

    def flag(values: list[object]) -> str:
        there = {text_of(value) for value in values if value is not None}
        return separator.join(
            f"{name}={'true' if name in there else 'false'}" for name in names
        )

    return flag


def joined(separator: str, limit: int | None) -> Callable[[list[object]], str]:
    """Return a function that joins texts, dropping whole ones beyond `limit`."""

    def join(values: list[object]) -> str:
        texts = [text_of(value) for value in values if value is not None]
        whole = separator.join(texts)
        while limit is not None and len(whole) > limit:
            texts.pop()
            whole = separator.join(texts)
        return whole

    return join


LIST_TEXT_FUNCTIONS = (
    Function(
        name="flags",
        summary="Says true or false for each name: what left the list is written, too.",
        takes=LISTS,
        build=build_flags,
        parameters=(
            Parameter(name="names", kind=list, meaning="What may be in the list."),
            Parameter(
                name="separator", kind=str, meaning="What stands between.", default=","
            ),
        ),
        examples=(
            listing(
                "string",
                ["travel", "boats"],
                "gold=false,travel=true",
                ["gold", "travel"],
            ),
            listing(
                "string", [], "a=false|b=false", {"names": ["a", "b"], "separator": "|"}
            ),
        ),
    ),
    Function(
        name="join",
        summary="The elements in one text; whole ones are dropped beyond a length.",
        takes=LISTS,
        build=build_join,
        parameters=(
            Parameter(
                name="separator", kind=str, meaning="What stands between.", default=","
            ),
            Parameter(
                name="max_length", kind=int, meaning="Characters at most.", default=None
            ),
        ),
        examples=(
            listing("string", ["a", "b"], "a,b"),
            listing(
                "string",
                ["gold", "travel", "garden"],
                "gold|travel",
                {"separator": "|", "max_length": 12},
            ),
            listing("int", [1, 2], "1, 2", ", "),
        ),
    ),
)
