"""One joining of a member, as the group speaks to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from consumer.model import TopicPartition

__all__ = ["Client", "Membership"]

Partitions = frozenset[TopicPartition]
GivenBack = Callable[[], None]


class Client(Protocol):
    """Who has joined; spoken to on the thread of its client."""

    def on_round(self, going: Partitions, given_back: GivenBack) -> None:
        """Give `going` back, and say so."""

    def on_share(self, generation: int, share: Partitions) -> None:
        """Learn the generation, and all that is one's own in it."""


class Membership:
    """What the group says to one joining, until there is another one.

    What it says to a joining whose answer was lost is for nobody: the member has joined
    anew meanwhile, under another number. What it says before the answer waits for it.

    Attributes:
        is_over: True once the member joins anew.
    """

    def __init__(self, client: Client, thread: asyncio.AbstractEventLoop) -> None:
        self.is_over = False
        self._client = client
        self._thread = thread
        self._early: list[Callable[[], None]] | None = []

    def begin(self) -> None:
        """The group's answer has come: what it said before counts."""
        early, self._early = self._early or [], None
        for say in early:
            say()

    def on_round(self, going: Partitions, given_back: GivenBack) -> None:
        """Have partitions given back."""
        self._tell(lambda: self._client.on_round(going, given_back))

    def on_share(self, generation: int, share: Partitions) -> None:
        """Have partitions taken."""
        self._tell(lambda: self._client.on_share(generation, share))

    def _tell(self, say: Callable[[], None]) -> None:
        self._thread.call_soon_threadsafe(self._hear, say)

    def _hear(self, say: Callable[[], None]) -> None:
        if self.is_over:
            return
        if self._early is None:
            say()
        else:
            self._early.append(say)
