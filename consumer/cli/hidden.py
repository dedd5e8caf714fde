"""Values that are not shown: what they are, and how long."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["hidden", "hidden_fields"]


def hidden(value: object) -> object:
    """Return what may be shown of a value: its type, and how long it is.

    Null stays null. What is inside is not shown: keys of a map may be values, too.
    """
    if value is None:
        return None
    if isinstance(value, Mapping):
        return f"<keys and values, {len(value)}>"
    if isinstance(value, list | tuple):
        return f"<list, {len(value)}>"
    if isinstance(value, str):
        return f"<text, {len(value)}>"
    if isinstance(value, bytes):
        return f"<bytes, {len(value)}>"
    return f"<{type(value).__name__}>"


def hidden_fields(values: Mapping[str, object]) -> dict[str, object]:
    """Return the names that a schema or a mapping gives, with what may be shown."""
    return {name: hidden(one) for name, one in values.items()}
