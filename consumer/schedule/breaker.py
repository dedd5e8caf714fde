"""When to stop asking: most of the last answers were to try again.

Rules:
    - The breaker trips when more than half of the last 100 answers, of fewer while
      fewer are known, were retry, and those came from at least five profiles. So one
      profile that fails again and again stops nobody else.
    - What happens then is the endpoint's: nothing but probes is sent, and one of them
      that is delivered closes it (`endpoint`).

Theory of operation:
    Answers are numbered; only failures are kept. So a good answer costs one addition,
    and the share is looked at only when something failed.
"""

from __future__ import annotations

from collections import deque

from consumer.model import ProfileId

__all__ = ["Breaker"]

WINDOW_ANSWERS = 100
LEAST_PROFILES = 5


class Breaker:
    """The last answers of one endpoint. Owned by that endpoint."""

    __slots__ = ("_answers", "_failures")

    def __init__(self) -> None:
        self._answers = 0
        self._failures: deque[tuple[int, ProfileId]] = deque()

    def note_answer(self) -> None:
        """Note an answer that is not retry."""
        self._answers += 1

    def note_failure(self, profile: ProfileId) -> bool:
        """Note a retry answer; return True when the breaker trips."""
        self._answers += 1
        failures = self._failures
        failures.append((self._answers, profile))
        while failures[0][0] <= self._answers - WINDOW_ANSWERS:
            failures.popleft()
        if 2 * len(failures) <= min(self._answers, WINDOW_ANSWERS):
            return False
        return len({profile for _, profile in failures}) >= LEAST_PROFILES

    def reset(self) -> None:
        """Forget all answers: what comes next is judged by itself."""
        self._answers = 0
        self._failures.clear()
