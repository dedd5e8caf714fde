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

__all__ = ["Letter", "LetterTopic", "Producer"]

PREFIX = "dead-letter-"
GIVEN_UP_SECONDS = 1.0  # how long a producer tries


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
        written: In the order of their writing.
        on_written: Called with each.
        largest_bytes: The longest value that it takes.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        weather: Weather,
        chance: Chance,
        largest_bytes: int = 1_000_000,
    ) -> None:
        self.written: list[Letter] = []
        self.on_written: Callable[[Letter], None] = lambda _: None
        self.largest_bytes = largest_bytes
        self._loop = loop
        self._weather = weather
        self._chance = chance

    def take(self, process: str, letter: DeadLetter, tell: Tell) -> None:
        """Write a letter after a moment; `tell` is called with what went wrong, or ""."""
        down = self._weather.hits("letters down", self._chance)
        self._loop.call_later(
            self._chance.uniform(0.001, 0.02),
            self._refuse if down else self._write,
            process,
            letter,
            tell,
        )

    def _refuse(self, process: str, letter: DeadLetter, tell: Tell) -> None:
        del process, letter
        self._loop.call_later(GIVEN_UP_SECONDS, tell, "the broker does not answer")

    def _write(self, process: str, letter: DeadLetter, tell: Tell) -> None:
        found = letter_of(process, letter)
        self.written.append(found)
        self.on_written(found)
        if self._weather.hits("letters lost", self._chance):
            self._loop.call_later(GIVEN_UP_SECONDS, tell, "the answer was lost")
        else:
            self._loop.call_later(self._chance.uniform(0.001, 0.02), tell, "")


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
        pending: Letters on their way.
        on_confirmed: Called with each letter whose confirmation has come.
        on_failed: Called when one did not.
    """

    def __init__(
        self, process: str, loop: asyncio.AbstractEventLoop, topic: LetterTopic
    ) -> None:
        self.pending = 0
        self.on_confirmed: Callable[[DeadLetter], None] = lambda _: None
        self.on_failed: Callable[[], None] = lambda: None
        self._process = process
        self._loop = loop
        self._topic = topic

    async def write(self, letter: DeadLetter) -> None:
        """Return once the broker has confirmed the letter.

        Raises:
            DependencyError: It has not; perhaps it is written all the same.
            LetterTooLargeError: It does not fit.
        """
        if len(letter.value or b"") > self._topic.largest_bytes:
            raise LetterTooLargeError(f"{letter.topic}: too large")
        answer: asyncio.Future[str] = self._loop.create_future()

        def give(fault: str) -> None:
            if not answer.done():
                answer.set_result(fault)

        self._topic.take(
            self._process,
            letter,
            lambda fault: self._loop.call_soon_threadsafe(give, fault),
        )
        self.pending += 1
        try:
            fault = await answer
        finally:
            self.pending -= 1
        if fault:
            self.on_failed()
            raise DependencyError(f"the dead letter for {letter.topic}: {fault}")
        self.on_confirmed(letter)
