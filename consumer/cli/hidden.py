"""Values that are not shown: what they are, and how long."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["hidden"]


def hidden(value: object) -> object:
    """Return what may be shown of a value: its type and length, and its shape.

    Null stays null, names of fields stay, and so do the sizes of lists and maps.
    """
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {name: hidden(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [hidden(one) for one in value]
    if isinstance(value, str):
        return f"<text, {len(value)}>"
    if isinstance(value, bytes):
        return f"<bytes, {len(value)}>"
    return f"<{type(value).__name__}>"
