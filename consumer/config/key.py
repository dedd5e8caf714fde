"""What is known of a key of the configuration, beside the field that holds its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consumer.config.kinds import Kind, Text

__all__ = [
    "META",
    "Key",
    "key",
    "path",
]

META = "key"


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of one key.

    Attributes:
        kind: How its value is read.
        meaning: For a person, one sentence without a full stop at its end.
        default: What the table says when the default is not the field's own.
        path: `file` or `folder` when it is a path, relative to the configuration file,
            to something that must be there; empty when it is none.
    """

    kind: Kind
    meaning: str
    default: str | None = None
    path: str = ""


def key(kind: Kind, meaning: str, default: str | None = None) -> Mapping[str, object]:
    """Return the metadata of a field that is a key."""
    return {META: Key(kind, meaning, default)}


def path(meaning: str, must_be: str = "file") -> Mapping[str, object]:
    """Return the metadata of a field that is a path."""
    return {META: Key(Text(meaning="a path"), meaning, path=must_be)}
