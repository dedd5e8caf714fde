"""Every function of the language, by name."""

from __future__ import annotations

from consumer.mapping.functions.codes import CODE_FUNCTIONS
from consumer.mapping.functions.list_texts import LIST_TEXT_FUNCTIONS
from consumer.mapping.functions.lists import LIST_FUNCTIONS
from consumer.mapping.functions.numbers import NUMBER_FUNCTIONS
from consumer.mapping.functions.registry import Function
from consumer.mapping.functions.texts import TEXT_FUNCTIONS

__all__ = ["FUNCTIONS"]

FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in (
        *TEXT_FUNCTIONS,
        *NUMBER_FUNCTIONS,
        *LIST_FUNCTIONS,
        *LIST_TEXT_FUNCTIONS,
        *CODE_FUNCTIONS,
    )
}
