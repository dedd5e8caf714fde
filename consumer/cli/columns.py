"""Lines whose columns stand below each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["columns"]

BETWEEN = "  "


def columns(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: frozenset[int] = frozenset(),
) -> Iterator[str]:
    """Give the lines of a table without rules.

    What a cell holds may come from anywhere: a character that is not printable is
    shown as `?`, so that it cannot move the cursor or end the line.

    Args:
        head: The names of the columns.
        rows: As many cells each.
        numbers: Which columns are right-aligned, from 0.
    """
    cells = [[printable(cell) for cell in row] for row in [head, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (
            cell.rjust(width) if place in numbers else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield BETWEEN.join(padded).rstrip()


def printable(text: str) -> str:
    """Return a text with what a terminal would obey replaced."""
    return "".join(one if one.isprintable() else "?" for one in text)
