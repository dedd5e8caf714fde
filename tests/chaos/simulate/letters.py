"""The dead letters' topic, and each process's producer for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple

from consumer.deadletter import LetterTooLargeError
from consumer.errors import DependencyError
from consumer.model import TopicPartition
from consumer.settle import DeadLetter
from tests.chaos.simulate.weather import Chance, Weather

__all__ = ["Letter", "LetterTopic", "Producer", "letter_of"]

PREFIX = "dead-letter-"
ORDER_SECONDS = 1e-6  # between two that would arrive at once


Tell = Callable[[str], object]


class Letter(NamedTuple):
    """A letter that the broker has.

    Attributes:
        process: Who wrote it.
        place: The partition of the record.
        offset: The record's offset.
        said: Our headers, without their prefix.
        letter: The whole of it.
    """

    process: str
    place: TopicPartition
    offset: int
    said: Mapping[str, str]
    letter: DeadLetter


class LetterTopic:
    """All letters that the broker has. Owned by the outside.

    Attributes:
        written: Who wrote what, in the order of writing.
        on_written: Called with each.
        largest_bytes: The longest value that it takes.
        given_up_seconds: How long a producer tries.
        is_down: Tells whether the broker answers nobody now.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, weather: Weather, chance: Chance
    ) -> None:
        self.written: list[tuple[str, DeadLetter]] = []
        self.on_written: Callable[[str, DeadLetter], None] = lambda *_: None
        self.largest_bytes = 1_000_000
        self.given_up_seconds = 1.0
        self.is_down: Callable[[], bool] = lambda: False
        self._loop = loop
        self._weather = weather
        self._chance = chance
        self._arrives = 0.0

    def take(self, process: str, letter: DeadLetter, tell: Tell) -> None:
        """Write a letter after a moment; `tell` is called with what went wrong, or ""."""
        if self.is_down() or self._weather.hits("letters down", self._chance):
            self._loop.call_later(self.given_up_seconds, tell, "timed out")
            return
        arrives = self._loop.time() + self._way()
        self._arrives = max(self._arrives + ORDER_SECONDS, arrives)
        self._loop.call_at(self._arrives, self._write, process, letter, tell)

    def _write(self, process: str, letter: DeadLetter, tell: Tell) -> None:
        self.written.append((process, letter))
        self.on_written(process, letter)
        if self._weather.hits("letters lost", self._chance):
            self._loop.call_later(self.given_up_seconds, tell, "the answer was lost")
        else:
            self._loop.call_later(self._way(), tell, "")

    def _way(self) -> float:
        return self._chance.uniform(0.001, 0.02)


def letter_of(process: str, letter: DeadLetter) -> Letter:
    """Read a letter's headers."""
    said = {
        name.removeprefix(PREFIX): (text or b"").decode()
        for name, text in letter.headers
        if name.startswith(PREFIX)
    }
    place = TopicPartition(said["topic"], int(said["partition"]))
    return Letter(process, place, int(said["offset"]), said, letter)


class Producer:
    """A process's way to the letters' topic.

    Attributes:
        on_confirmed: Called with each letter whose confirmation has come.
        on_failed: Called when one did not.
    """

    def __init__(
        self, process: str, loop: asyncio.AbstractEventLoop, topic: LetterTopic
    ) -> None:
        self._waiting: list[asyncio.Future[str]] = []
        self.on_confirmed: Callable[[DeadLetter], None] = lambda _: None
        self.on_failed: Callable[[], None] = lambda: None
        self._process = process
        self._loop = loop
        self._topic = topic

    @property
    def pending(self) -> int:
        """Letters on their way."""
        return len(self._waiting)

    async def ensure_topics(
        self,
        wanted: Mapping[str, str],
        *,
        may_create: bool,  # noqa: ARG002 - they are there
        patience_seconds: float = 0.0,  # noqa: ARG002 - it answers at once
    ) -> dict[str, int]:
        """Return the counts of topics: one partition each."""
        return dict.fromkeys(wanted, 1)

    async def write(self, letter: DeadLetter) -> None:
        """Return once the broker has confirmed the letter.

        Raises:
            DependencyError: It has not; perhaps it is written all the same.
            LetterTooLargeError: It does not fit.
        """
        if len(letter.value or b"") > self._topic.largest_bytes:
            raise LetterTooLargeError(f"{letter.topic}: too large")
        answer: asyncio.Future[str] = self._loop.create_future()
        self._waiting.append(answer)

        def give(fault: str) -> None:
            if not answer.done():
                answer.set_result(fault)

        self._topic.take(
            self._process,
            letter,
            lambda fault: self._loop.call_soon_threadsafe(give, fault),
        )
        try:
            fault = await answer
        finally:
            self._waiting.remove(answer)
        if fault:
            self.on_failed()
            message = f"the dead letter for {letter.topic} was not written: {fault}"
            raise DependencyError(message)
        self.on_confirmed(letter)

    async def aclose(self, deadline_seconds: float) -> None:
        """Give up what is not confirmed by then."""
        if self._waiting:
            await asyncio.sleep(deadline_seconds)
        for answer in self._waiting:
            if not answer.done():
                answer.set_result("closed")
