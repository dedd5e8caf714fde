"""Sends what the dead-letter commands write: records that come again, and markers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from consumer.config.settings import Settings
from consumer.deadletter import DeadLetters
from consumer.errors import DependencyError
from consumer.settle import DeadLetter
from consumer.source.properties import producer_properties

__all__ = ["Outbox"]

CLOSE_SECONDS = 5.0


class Outbox:
    """One producer, and the loop it lives on. Owned by the command that entered it."""

    def __init__(self, settings: Settings) -> None:
        """Make the producer; nothing is connected yet.

        Raises ConfigurationError when librdkafka refuses a property.
        """
        self._runner = asyncio.Runner()
        self._letters = DeadLetters(producer_properties(settings.kafka.properties))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.run(self._letters.aclose(CLOSE_SECONDS))
        self._runner.close()

    def ready(self, wanted: Mapping[str, str], *, may_create: bool) -> dict[str, int]:
        """See to it that topics are there, and return their partition counts.

        One that is missing and may not, or cannot, be created ends in a DependencyError
        that says what to do.

        Args:
            wanted: Topic to source topic, whose partition count a new one gets.
            may_create: Whether a missing one is created.
        """
        return self._runner.run(
            self._letters.ensure_topics(wanted, may_create=may_create)
        )

    def send(self, records: Sequence[DeadLetter]) -> list[DependencyError | None]:
        """Write records, those of a partition in order, and wait for the broker.

        Returns:
            For each whether it was confirmed: None, or why it was not.
        """
        return self._runner.run(self._send(records))

    async def _send(
        self, records: Sequence[DeadLetter]
    ) -> list[DependencyError | None]:
        # Tasks begin in the order in which they are made, and each hands its record to
        # the producer before it waits: so a partition keeps the order of `records`.
        return list(await asyncio.gather(*map(self._written, records)))

    async def _written(self, record: DeadLetter) -> DependencyError | None:
        try:
            await self._letters.write(record)
        except DependencyError as error:
            return error
        return None
