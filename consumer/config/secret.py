"""A text that no repr, message or log may show."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

__all__ = ["MASK", "Secret", "masked_url"]

MASK = "***"


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret text and, when it was read from a file, that file.

    Attributes:
        file: Where it was read, so that it can be read again; None when the text
            itself stood in the configuration.
    """

    _text: str
    file: Path | None = None

    def reveal(self) -> str:
        """Return the text itself, for the one place that needs it."""
        return self._text

    def __repr__(self) -> str:
        """Return the mask and the file, never the text."""
        where = "" if self.file is None else f" from {self.file}"
        return f"<Secret {MASK}{where}>"

    def __str__(self) -> str:
        """Return the mask."""
        return MASK


def masked_url(text: str) -> str:
    """Return `text` with the user and password of a URL masked."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return MASK
    if "@" not in text:
        return text
    if "," in text:  # a list of URLs, or a password: which is which cannot be told
        return MASK
    host = parts.netloc.rpartition("@")[2]
    if not parts.netloc or not host:
        return MASK
    return urlunsplit(parts._replace(netloc=f"{MASK}@{host}"))
