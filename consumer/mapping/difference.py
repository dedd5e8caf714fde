"""What a test expected and what came out, as lines that a person reads.

A short difference is one line. A long one is three: the path, and both sides one below
the other; two texts have a mark below the first character in which they differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

__all__ = ["differences"]

SHORT = 88  # characters of one line


def differences(
    wanted: object, found: object, *, exact: bool, path: str = ""
) -> Iterator[str]:
    """Give the lines of everything that is not as wanted.

    Args:
        wanted: What a test states.
        found: What came out, in the words of a test.
        exact: Whether more than is stated is a difference, too.
        path: Where this is in the whole.
    """
    if isinstance(wanted, dict) and isinstance(found, dict):
        yield from keys_differ(wanted, found, exact=exact, path=path)
    elif isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            yield f"{path or 'items'}: expected {len(wanted)}, found {len(found)}"
        for index, (left, right) in enumerate(zip(wanted, found, strict=False)):
            inner = f"{path}[{index}]"
            yield from differences(left, right, exact=exact, path=inner)
    elif wanted != found or type(wanted) is not type(found):
        yield from lines(path, shown(wanted), shown(found))


def keys_differ(
    wanted: dict[str, object], found: dict[str, object], *, exact: bool, path: str
) -> Iterator[str]:
    """Give the lines of everything that is not as wanted between two mappings."""
    for name, value in wanted.items():
        inner = f"{path}.{name}" if path else name
        if name not in found:
            yield from lines(inner, shown(value), "nothing")
        else:
            yield from differences(value, found[name], exact=exact, path=inner)
    if not exact:
        return
    for name, value in found.items():
        if name not in wanted:
            inner = f"{path}.{name}" if path else name
            yield from lines(inner, "nothing", shown(value))


def lines(path: str, wanted: str, found: str) -> Iterator[str]:
    """Give one difference, on one line if it fits."""
    where = f"{path}: " if path else ""
    line = f"{where}expected {wanted}, found {found}"
    if len(line) <= SHORT:
        yield line
        return
    yield path or "the record"
    yield f"  expected {wanted}"
    yield f"  found    {found}"
    if wanted.startswith('"') and found.startswith('"'):
        yield " " * (len("  expected ") + first_difference(wanted, found)) + "^"


def first_difference(left: str, right: str) -> int:
    """Return the first place in which two texts that are not equal differ."""
    pairs = enumerate(zip(left, right, strict=False))
    return next(
        (place for place, (one, other) in pairs if one != other),
        min(len(left), len(right)),
    )


def shown(value: object) -> str:
    """Return a value as JSON, for a person."""
    return json.dumps(value, ensure_ascii=False, default=str)
