"""What a figure should reach, and whether it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Aim", "aim_rows", "exit_code"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """One figure and its bound.

    Attributes:
        what: What was measured.
        found: The figure.
        bound: What it should be at most, or at least.
        is_least: True when it should be at least that.
    """

    what: str
    found: float
    bound: float
    is_least: bool = False

    def is_met(self, slack: float = 1.0) -> bool:
        """Tell whether it was reached; a slack of 1.5 forgives half of the bound."""
        if self.is_least:
            return self.found * slack >= self.bound
        return self.found <= self.bound * slack


def exit_code(aims: Sequence[Aim], slack: float) -> int:
    """Return 0 when all of them were reached, else 1: the answer is no."""
    return 0 if all(aim.is_met(slack) for aim in aims) else 1


def aim_rows(aims: Sequence[Aim]) -> list[tuple[str, ...]]:
    """Return a heading and a row for each."""
    return [
        ("aim", "found", "bound", ""),
        *(
            (
                aim.what,
                f"{aim.found:.2f}",
                f"at {'least' if aim.is_least else 'most'} {aim.bound:g}",
                "met" if aim.is_met() else "missed",
            )
            for aim in aims
        ),
    ]
