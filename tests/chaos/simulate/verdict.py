"""Where broken promises, reached states and the time line are collected.

The promises, by number:
    1. At least once: a commit passes no record that is not finished.
    2. Order: items of one profile and partition arrive in offset order, one call at a
       time.
    3. Final state: in the end every attribute is what the logs say.
    4. Bounded: what is held stays within its limits.
    5. A slow or failing profile delays itself only.
    6. Progress: whatever may go on does, every pause has a reason and an end, and
       everything drains.
    7. Quota: never more calls than that in any rolling day.
    8. Nothing silent: the counts add up, and no letter is of nowhere.
    9. What the target or the registry does wrong is no record's fault.
    10. Fenced: nothing of a partition that is somebody else's is sent or committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Breach", "Verdict"]

MOST_BREACHES = 20


class Breach(NamedTuple):
    """A promise that was broken.

    Attributes:
        promise: Its number in the list above.
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
