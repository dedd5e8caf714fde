"""What can be read from the text of a CEL expression without compiling it."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["blanked", "conjuncts", "never_null", "words"]

LITERAL = re.compile(
    r"""
    //[^\n]*                                     # a comment
    | [rRbB]{0,2}(?:\"{3}.*?\"{3}|'{3}.*?'{3})
    | [rR][bB]?(?:"[^"\n]*"|'[^'\n]*')
    | (?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    """,
    re.DOTALL | re.VERBOSE,
)
PATH = r"[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*"
NOT_NULL = re.compile(rf"\s*(?:({PATH})\s*!=\s*null|null\s*!=\s*({PATH}))\s*")
LEVELS = 20
DEPTHS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


def blanked(text: str) -> str:
    """Return `text`, every literal and comment blank; all else keeps its place."""
    return LITERAL.sub(lambda found: " " * len(found[0]), text)


def conjuncts(text: str) -> list[str]:
    """Return the parts of `text` that are joined by `&&`, if nothing else joins them."""
    parts, begin = [], 0
    for place, sign in joints(blanked(text)):
        if sign != "&&":
            return [text]
        parts.append(text[begin:place])
        begin = place + 2
    return [*parts, text[begin:]]


def words(text: str) -> set[str]:
    """Return every word of an expression that stands outside its literals."""
    return set(re.findall(r"\w+", blanked(text)))


def joints(bare: str) -> Iterator[tuple[int, str]]:
    """Give every `&&`, `||` and `?` outside brackets, and where it stands."""
    depth = 0
    for found in re.finditer(r"[()\[\]{}]|&&|\|\||\?", bare):
        change = DEPTHS.get(found[0])
        if change is not None:
            depth += change
        elif depth == 0:
            yield found.start(), found[0]


def never_null(text: str, levels: int = LEVELS) -> list[str]:
    """Return the paths that are not null where the condition `text` is true.

    Args:
        text: The condition.
        levels: How deep brackets are looked into.
    """
    parts = conjuncts(text)
    if levels == 0:
        return []
    if len(parts) > 1:
        return [path for part in parts for path in never_null(part, levels - 1)]
    bare = blanked(text)
    if enclosed(bare.strip()):
        inner = text[bare.index("(") + 1 : bare.rindex(")")]
        return never_null(inner, levels - 1)
    found = NOT_NULL.fullmatch(bare)
    return [re.sub(r"\s", "", found[1] or found[2])] if found else []


def enclosed(bare: str) -> bool:
    """Return whether the first bracket of an expression ends with its last sign."""
    depth = 0
    for place, sign in enumerate(bare):
        depth += DEPTHS.get(sign, 0)
        if depth == 0:
            return sign == ")" and place == len(bare) - 1
    return False
