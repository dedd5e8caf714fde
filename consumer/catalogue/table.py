"""A markdown table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["table"]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; what would end a cell or a line is written otherwise."""
    lines = [line(head), line(["---"] * len(head))]
    return "\n".join([*lines, *map(line, rows)]) + "\n"


def line(cells: Sequence[str]) -> str:
    """Return one row."""
    return f"| {' | '.join(map(cell, cells))} |"


def cell(text: str) -> str:
    """Return the text of one cell."""
    return text.replace("|", "\\|").replace("\n", " ")
