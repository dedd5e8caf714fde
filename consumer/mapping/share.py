"""A share of the profiles: always the same ones, in whatever order records come.

Rules:
- A profile's number is the first 8 bytes (big-endian) of SHA-256 of `kind:id`, modulo 100.
- `share: 0-9` takes the numbers from 0 to 9, both included: a tenth of the profiles.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from consumer.model import IdKind

__all__ = ["Share", "number_of", "share_named"]

RANGE = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")


@dataclass(frozen=True, slots=True)
class Share:
    """The profiles whose number lies from `low` to `high`, both included."""

    low: int = 0
    high: int = 99

    def __str__(self) -> str:
        """Return it as a file writes it."""
        return f"{self.low}-{self.high}"

    def has(self, kind: IdKind, value: str) -> bool:
        """Return whether a profile is one of them."""
        return self.low <= number_of(kind, value) <= self.high

    def meets(self, other: Share) -> bool:
        """Return whether some profile is in both."""
        return self.low <= other.high and other.low <= self.high


def number_of(kind: IdKind, value: str) -> int:
    """Return the number of a profile, from 0 to 99."""
    digest = hashlib.sha256(f"{kind.value}:{value}".encode()).digest()
    return int.from_bytes(digest[:8]) % 100


def share_named(text: object) -> Share:
    """Return the share that a file writes.

    Raises:
        ValueError: It writes none.
    """
    found = RANGE.fullmatch(text) if isinstance(text, str) else None
    if found is None or int(found[1]) > int(found[2]):
        raise ValueError('write a range from 0 to 99, such as "0-9"')
    return Share(int(found[1]), int(found[2]))
