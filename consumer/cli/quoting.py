"""Faults as a person reads them: the line of the file, and a marker under the place.

Rules:
- A line of a mapping or a schema is shown as it stands, cut to a window around the place,
  with what a terminal would obey made visible.
- A line of the configuration may hold a secret: only its key is shown.
- A file that cannot be read any more, or has no such line, is named without a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from consumer.errors import FileFault

__all__ = ["quoted_faults"]

WIDTH = 88
BEFORE = 60  # characters of a long line that are kept before the place
CUT = "…"
BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # where YAML ends a line
WORD = re.compile(r"[^\s,:{}\[\]\"']+")
KEY = re.compile(r"\s*(?:- +)?[\w.-]+:(?=\s|$)")
MASK = "***"


@dataclass(frozen=True, slots=True)
class Quote:
    """A line of a file and the place in it.

    Attributes:
        text: The line.
        start: Where the place begins, from 0.
        length: How many characters it has.
    """

    text: str
    start: int
    length: int

    def lines(self, number: int) -> list[str]:
        """Return the line with its number, and the marker below it."""
        first = max(0, self.start - BEFORE) if len(self.text) > WIDTH else 0
        shown = self.text[first : first + WIDTH]
        before = CUT if first else ""
        after = CUT if first + WIDTH < len(self.text) else ""
        margin = f"{number:>6} | "
        start = self.start - first + len(before)
        length = max(1, min(self.length, WIDTH - start))
        return [
            f"{margin}{before}{shown}{after}".rstrip(),
            f"{'| ':>{len(margin)}}{' ' * start}{'^' * length}",
        ]


def quoted_faults(faults: tuple[FileFault, ...], masked: frozenset[str]) -> str:
    """Return faults as text, each with its line.

    Args:
        faults: What was found.
        masked: Files of which only keys may be shown.
    """
    texts: dict[str, list[str]] = {}
    return "\n".join(quoted(fault, masked, texts) for fault in faults)


def quoted(
    fault: FileFault, masked: frozenset[str], texts: dict[str, list[str]]
) -> str:
    """Return one fault; `texts` keeps the lines of files that were read."""
    said, _, mend = str(fault).rpartition("\n")
    quote = quote_of(fault, masked, texts)
    lines = quote.lines(fault.line) if quote is not None else []
    return "\n".join([said, *lines, mend])


def quote_of(
    fault: FileFault, masked: frozenset[str], texts: dict[str, list[str]]
) -> Quote | None:
    """Return the line of a fault; None when there is none to show."""
    if fault.line < 1:
        return None
    if fault.file not in texts:
        texts[fault.file] = lines_of(fault.file)
    lines = texts[fault.file]
    if fault.line > len(lines):
        return None
    line = visible(lines[fault.line - 1])
    start = min(max(fault.column, 1) - 1, len(line))
    word = WORD.match(line, start)
    length = len(word[0]) if word else 1
    if fault.file not in masked:
        return Quote(line, start, length)
    key = KEY.match(line)
    shown = key[0] if key else ""
    if start < len(shown):
        more = f" {MASK}" if line[len(shown) :].strip() else ""
        return Quote(shown + more, start, min(length, len(shown) - start))
    hidden = f"{shown} {MASK}" if key else MASK
    return Quote(hidden, len(hidden) - len(MASK), len(MASK))


def lines_of(file: str) -> list[str]:
    """Return the lines of a file; none when it cannot be read."""
    try:
        return BREAK.split(Path(file).read_bytes().decode())
    except (OSError, UnicodeDecodeError):  # the fault says what is wrong with it
        return []


def visible(line: str) -> str:
    """Return a line without what a terminal would obey, as long as it was."""
    return "".join(c if c.isprintable() else " " if c == "\t" else "·" for c in line)
