"""Records out: how each ended is counted once, and what is owed is written.

A record that was given up is settled only when the broker has confirmed its dead
letter. While any letter cannot be written the pipeline fetches nothing more; the letters
that are owed wait here and are tried again until they are confirmed, or until their
partition is somebody else's.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from consumer.deadletter import LetterTooLargeError
from consumer.errors import DependencyError
from consumer.model import (
    End,
    Pause,
    PauseReason,
    Record,
    Settlement,
    TopicPartition,
)
from consumer.pipeline.letter_topics import LetterTopics
from consumer.pipeline.observe import Observer
from consumer.pipeline.ports import Letters
from consumer.schedule.scheduler import Scheduler
from consumer.settle import DeadLetter

__all__ = ["Compose", "SettlementDesk"]

WRITERS = 8  # letters on their way to the broker at once
WAIT_FIRST_SECONDS = 0.5
WAIT_CAP_SECONDS = 30.0

log = logging.getLogger(__name__)


class Compose(Protocol):
    """How a letter is made."""

    def __call__(
        self,
        settlement: Settlement,
        traceparent: str,
        *,
        partitions: int,
        has_value: bool,
    ) -> DeadLetter:
        """Return the letter of a record that was given up, without its value if so.

        `partitions` is how many its topic has.
        """


class SettlementDesk:
    """Ends records. Owned by the pipeline; lives on its loop."""

    def __init__(
        self,
        *,
        scheduler: Scheduler,
        letters: Letters,
        topics: LetterTopics,
        source_of: Callable[[str], str],
        compose: Compose,
        observer: Observer,
        clock: Callable[[], float],
    ) -> None:
        self._scheduler = scheduler
        self._letters = letters
        self._topics = topics
        self._source_of = source_of
        self._compose = compose
        self._observer = observer
        self._clock = clock
        self._owed: deque[Settlement] = deque()
        self._arrived = asyncio.Event()
        self._is_open = True
        self._writing: set[Record] = set()
        # One that fails is here until it is confirmed or nobody's any more: another
        # topic's letter, confirmed meanwhile, must not hide it.
        self._failing: dict[Record, float] = {}

    def settled(self, settlement: Settlement) -> None:
        """Take in the end of a record, and see to its letter where one is owed."""
        if settlement.end is End.DEAD_LETTERED:
            self._observer.given_up(settlement)
            self._owed.append(settlement)
            self._arrived.set()
        else:
            self._observer.settled(settlement)

    @property
    def owed(self) -> int:
        """Letters that are owed and not confirmed."""
        return len(self._owed) + len(self._writing)

    @property
    def failing_since(self) -> float | None:
        """When letters began to fail; None while they are confirmed."""
        return min(self._failing.values(), default=None)

    def pauses(self) -> list[Pause]:
        """Name the pause for letters that fail, if there is one."""
        since = self.failing_since
        if since is None:
            return []
        return [
            Pause(
                reason=PauseReason.DEAD_LETTERS,
                scope="pipeline",
                since=since,
                ends_when=f"the broker confirms {len(self._failing)} dead letters",
            )
        ]

    def drop(self, partitions: Iterable[TopicPartition]) -> None:
        """Forget letters of `partitions`: their records are not ours any more.

        A writer that is in the middle of one finds out at its next try; until then it
        must neither pause the pipeline nor hold a drain up.
        """
        gone = frozenset(partitions)
        self._owed = deque(s for s in self._owed if s.record.source not in gone)
        for record in [one for one in self._writing if one.source in gone]:
            self._writing.discard(record)
            self._failing.pop(record, None)

    async def write_letters(self) -> None:
        """Write what is owed, until `close`."""
        while self._is_open or self._owed:
            if not self._owed:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            settlement = self._owed.popleft()
            self._writing.add(settlement.record)
            try:
                await self._write(settlement)
            finally:
                self._writing.discard(settlement.record)
                self._failing.pop(settlement.record, None)

    def close(self) -> None:
        """Let the writers end when nothing is owed."""
        self._is_open = False
        self._arrived.set()

    async def _write(self, settlement: Settlement) -> None:
        record = settlement.record
        source = self._source_of(record.source.topic)
        span = self._observer.letter(record, self._topics.name(source))
        traceparent = span.traceparent if span is not None else ""
        wait_seconds, has_value = WAIT_FIRST_SECONDS, True
        while self._scheduler.owes_letter(record):
            try:
                letter = self._compose(
                    settlement,
                    traceparent,
                    partitions=await self._topics.partitions(source),
                    has_value=has_value,
                )
                await self._letters.write(letter)
            except DependencyError as error:
                is_too_large = isinstance(error, LetterTooLargeError)
                if is_too_large and has_value and record.value is not None:
                    has_value = False
                    continue
                # Too large without its value, too: a person has to allow for it.
                self._note_failure(record, error)
                await asyncio.sleep(wait_seconds)
                wait_seconds = min(wait_seconds * 2, WAIT_CAP_SECONDS)
                has_value = True  # whoever raised the bound wants the value as well
                continue
            self._observer.letter_written(span, settlement, letter.topic)
            if self._scheduler.settle(record):
                self._observer.settled(settlement)
            return
        self._observer.letter_abandoned(span)

    def _note_failure(self, record: Record, error: DependencyError) -> None:
        if record in self._writing:  # else its partition was dropped meanwhile
            self._failing.setdefault(record, self._clock())
        self._observer.letter_failed()
        log.warning("dead letter not written", extra={"detail": str(error)})
