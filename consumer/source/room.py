"""How many records may still be handed over.

Rules
- `grant(n)` means: n more from what the loop has seen *so far*. Records that are on
  their way to the loop at that moment are part of the n. So the limit is an absolute
  count, and no interleaving of the two threads can exceed it.
- The loop writes `limit` and `received`, the thread writes `handed`; each reads the
  other's number at most too low, which only makes it hand over less.
"""

from __future__ import annotations

import threading

__all__ = ["Room"]


class Room:
    """Credits, shared by the loop and the consumer's thread; see the rules above."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._limit = 0
        self._received = 0
        self._handed = 0
        self._is_woken = False

    def grant(self, room: int) -> None:
        """Allow `room` records from now on, in place of what was allowed (loop)."""
        with self._changed:
            self._limit = self._received + max(room, 0)
            self._changed.notify()

    def receive(self, count: int) -> None:
        """Count records that reached the loop (loop)."""
        self._received += count

    def wake(self) -> None:
        """End a `wait` early: there is a command (loop)."""
        with self._changed:
            self._is_woken = True
            self._changed.notify()

    def left(self) -> int:
        """Return how many may be handed over now (thread)."""
        return self._limit - self._handed

    def hand_over(self, count: int) -> None:
        """Count records that are on their way to the loop (thread)."""
        self._handed += count

    def wait(self, seconds: float) -> None:
        """Wait for room or for a command, `seconds` at most (thread)."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_woken or self.left() > 0, seconds)
            self._is_woken = False
