"""Values become others that look alike: for events that are shown to more people.

Rules:
- A text keeps its length, its punctuation, and which of its characters are digits,
  small or large letters. A number keeps its sign and digits' count. Dates, times and
  timestamps become other ones. UUIDs, bytes and fixed values become other ones.
- Equal values become equal ones, in every field and record that one key masked. (Short
  ones that differ may become equal, too.) Without the key nothing leads back.
"""

from __future__ import annotations

import hashlib
import hmac
import string
from dataclasses import dataclass, field

__all__ = ["Masking"]

HEX = "0123456789abcdef"
CLASSES = (string.digits, string.ascii_lowercase, string.ascii_uppercase)


@dataclass(frozen=True, slots=True)
class Masking:
    """How values become others: the same for one key.

    Attributes:
        key: Random bytes that nobody keeps.
        kept: Paths that are copied.
    """

    key: bytes = field(repr=False)
    kept: frozenset[str] = frozenset()

    def keeps(self, path: str) -> bool:
        """Return whether what stands at `path` is copied."""
        return any(path == one or path.startswith(f"{one}.") for one in self.kept)

    def stream(self, value: bytes, size: int) -> bytes:
        """Return `size` bytes that `value` alone decides."""
        found = b""
        while len(found) < size:
            counted = len(found).to_bytes(8, "big") + value
            found += hmac.digest(self.key, counted, hashlib.sha256)
        return found[:size]

    def number(self, value: bytes, below: int) -> int:
        """Return a number from 0 to `below`, left out, that `value` alone decides."""
        return int.from_bytes(self.stream(value, 16), "big") % below

    def text(self, text: str) -> str:
        """Return another text of the same length and shape."""
        drawn = self.stream(b"text" + text.encode(errors="surrogatepass"), len(text))
        return "".join(map(character, text, drawn))

    def digits(self, text: str) -> str:
        """Return other digits for those of `text`; one that leads is not zero."""
        drawn = self.stream(b"digits" + text.encode(), len(text))
        found = [character(one, byte) for one, byte in zip(text, drawn, strict=True)]
        if text[:1] == "0":
            found[0] = "0"
        elif found[0] == "0":
            found[0] = "1"
        return "".join(found)

    def raw(self, value: bytes) -> bytes:
        """Return other bytes of the same length."""
        return self.stream(b"raw" + value, len(value))

    def uuid(self, text: str) -> str:
        """Return another UUID, or another text of its form."""
        drawn = self.stream(b"uuid" + text.lower().encode(), len(text))
        return "".join(
            HEX[byte % 16] if one in string.hexdigits else one
            for one, byte in zip(text, drawn, strict=True)
        )


def character(one: str, drawn: int) -> str:
    """Return another character of the same class; punctuation and spaces stay."""
    for letters in CLASSES:
        if one in letters:
            return letters[drawn % len(letters)]
    letters = string.ascii_lowercase
    return one if one.isascii() else letters[drawn % len(letters)]
