"""Where bugs on purpose are entered, and how one is put in force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["ENTERED", "Mutant", "mutant", "replace"]


class Mutant(NamedTuple):
    """One bug.

    Attributes:
        promise: Which it breaks.
        text: What it does.
        put_in_force: Changes the consumer of this process, for good.
    """

    promise: int
    text: str
    put_in_force: Callable[[], None]


ENTERED: dict[str, Mutant] = {}


def mutant(promise: int) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Enter a change in the list, under its function's name."""

    def enter(change: Callable[[], None]) -> Callable[[], None]:
        text = (change.__doc__ or "").strip()
        ENTERED[change.__name__] = Mutant(promise, text, change)
        return change

    return enter


def replace(owner: object, name: str, new: object) -> Any:
    """Put `new` in the place of what `owner` has there; return that.

    A name that is not there any more raises: the mutant does not fit.
    """
    old = vars(owner)[name]
    setattr(owner, name, new)
    return old
