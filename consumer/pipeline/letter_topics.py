"""The topics of dead letters: that they are there, and how many partitions each has.

Those of topics that mappings name are seen to at the start, and when the mappings change.
Which topics a pattern matches is known only as they are read: the topic for the letters of
such a one is seen to when its first letter is owed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from consumer.letters.topics import TopicNames
from consumer.pipeline.ports import Letters

__all__ = ["LetterTopics"]


class LetterTopics:
    """What is known of the topics of letters. Owned by the pipeline; lives on its loop."""

    def __init__(
        self, letters: Letters, names: TopicNames, *, may_create: bool
    ) -> None:
        """Begin without knowing any.

        Args:
            letters: Asks the cluster.
            names: How the group names them.
            may_create: Whether one that is missing is created.
        """
        self._letters = letters
        self._names = names
        self._may_create = may_create
        self._counts: dict[str, int] = {}
        self._asking = asyncio.Lock()

    def name(self, source: str) -> str:
        """Return where the letters of a source topic go."""
        return self._names.letters(source)

    async def check(
        self, sources: Iterable[str], patience_seconds: float = 0.0
    ) -> None:
        """See to it that each of these source topics has one for its letters.

        Args:
            sources: Their names.
            patience_seconds: How long to ask again while no broker answers.

        One that is missing and may not, or cannot, be created ends in a DependencyError
        that says what to do.
        """
        wanted = {self.name(source): source for source in sources}
        found = await self._letters.ensure_topics(
            wanted, may_create=self._may_create, patience_seconds=patience_seconds
        )
        self._counts.update(found)

    async def partitions(self, source: str) -> int:
        """Return how many partitions the topic for the letters of a source topic has.

        Errors are those of `check`, for a topic that was not seen to yet.
        """
        name = self.name(source)
        if name not in self._counts:
            async with self._asking:  # all writers come at once
                if name not in self._counts:
                    await self.check((source,))
        return self._counts[name]
