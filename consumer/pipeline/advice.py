"""What an operator should know of how the topics are set up, said once in the log.

Nothing here is a fault of a moment: the process goes on, and only a person can mend it.
"""

from __future__ import annotations

import logging

from consumer.schedule.statistics import Statistics

__all__ = ["FEW_RECORDS", "Advice"]

FEW_RECORDS = 50  # below, a partition stops and goes on with every other fetch

log = logging.getLogger(__name__)


class Advice:
    """Remembers what was said. Owned by the task that reports."""

    def __init__(self) -> None:
        self._told_topics: set[str] = set()
        self._told_partitions = 0

    def look(self, statistics: Statistics | None) -> None:
        """Say what is new in `statistics`."""
        if statistics is None:
            return
        self._few_records(statistics)
        for topic in statistics.scattered.keys() - self._told_topics:
            self._told_topics.add(topic)
            log.warning(
                "records of one profile come from several partitions: their order is lost",
                extra={
                    "topic": topic,
                    "mend": "Key records by the profile id, and give topics about the "
                    "same profiles the same number of partitions.",
                },
            )

    def _few_records(self, statistics: Statistics) -> None:
        count = len(statistics.partitions)
        if statistics.own_records >= FEW_RECORDS or count <= self._told_partitions:
            return
        self._told_partitions = count
        log.warning(
            "the held bounds leave each partition few records of its own",
            extra={
                "partitions": count,
                "records": statistics.own_records,
                "mend": f"Set limits.held_records to {2 * FEW_RECORDS * count} or more, "
                "or run more instances.",
            },
        )
