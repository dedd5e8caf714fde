"""Where broken promises, reached states and the time line are collected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Breach", "Verdict"]

MOST_BREACHES = 20


class Breach(NamedTuple):
    """A promise that was broken.

    Attributes:
        promise: Its number in the README's list, 1 to 10.
        at: When, in seconds from the beginning.
        text: How, for a person.
    """

    promise: int
    at: float
    text: str

    def __str__(self) -> str:
        return f"promise {self.promise}, {self.at:.3f} s: {self.text}"


class Verdict:
    """What is found in one history. Owned by it.

    Attributes:
        breaches: Broken promises, at most `MOST_BREACHES`.
        seen: How often each state was reached.
        lines: The time line.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self.breaches: list[Breach] = []
        self.seen: Counter[str] = Counter()
        self.lines: list[tuple[float, str, str]] = []
        self._seconds = seconds

    def broken(self, promise: int, text: str) -> None:
        """Note that a promise is broken."""
        self.note("judge", f"promise {promise} is broken: {text}")
        if len(self.breaches) < MOST_BREACHES:
            self.breaches.append(Breach(promise, self._seconds(), text))

    def see(self, state: str) -> None:
        """Note that a state was reached."""
        self.seen[state] += 1

    def note(self, who: str, what: str) -> None:
        """Add a line to the time line."""
        self.lines.append((self._seconds(), who, what))

    def trace(self) -> list[str]:
        """Return the time line, for a person."""
        return [f"{at:9.4f}  {who:<8} {what}" for at, who, what in self.lines]
