"""The letter topics of a group, read from the cluster: no process of the group is needed.

Theory of operation: markers stand behind the letters that they close, so a topic is read
once from end to end for the states, keeping no payload; the letters that are then wanted
are read again, some hundreds at a time, in the order of their records.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import NamedTuple, Self

from consumer.cli.cluster import Cluster
from consumer.cli.output import say
from consumer.config.settings import Settings
from consumer.errors import UsageError
from consumer.letters.letter import Coordinates, Letter, opened
from consumer.letters.selection import Selection
from consumer.letters.states import Entry, Register
from consumer.model import Record
from consumer.pipeline.topics import topic_names

__all__ = ["BATCH", "Letterbox", "Mail"]

BATCH = 500  # letters whose payload is held at once
TELL_SECONDS = 5.0


class Mail(NamedTuple):
    """A letter, in full.

    Attributes:
        entry: What is known of it.
        record: As it stands in its topic.
        letter: What it says.
    """

    entry: Entry
    record: Record
    letter: Letter


class Letterbox:
    """Reads letter topics. Owned by the command that entered it.

    Attributes:
        names: How the group names its topics.
        known: All topics of the cluster that we may see.
        topics: Those of letters that were read.
        register: What they say.
    """

    def __init__(self, settings: Settings) -> None:
        """Make the client; nothing is asked yet."""
        self.names = topic_names(settings)
        self.known: frozenset[str] = frozenset()
        self.topics: tuple[str, ...] = ()
        self.register = Register(self.names.group)
        self._cluster = Cluster(settings.kafka.properties)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cluster.__exit__(kind, error, trace)

    def entries(self, selection: Selection) -> list[Entry]:
        """Return what is asked for, in whatever state, by the places of the records.

        A cluster that does not answer ends in a DependencyError.
        """
        self.known = self._cluster.topics()
        self.topics = self._topics(selection)
        count, tell_at = 0, time.monotonic() + TELL_SECONDS
        for topic in self.topics:
            for record in self._cluster.every(topic):
                self.register.add(record)
                count += 1
                if time.monotonic() >= tell_at:
                    say(f"read {count} records of {len(self.topics)} letter topics ...")
                    tell_at = time.monotonic() + TELL_SECONDS
        return [one for one in self.register.entries() if selection.is_near(one)]

    def mail(
        self, entries: Sequence[Entry]
    ) -> Iterator[tuple[Sequence[Entry], list[Mail]]]:
        """Yield the letters of `entries` in full, in their order, `BATCH` at a time.

        Beside each batch of entries stand their letters, without those that Kafka has
        deleted meanwhile.
        """
        for first in range(0, len(entries), BATCH):
            batch = entries[first : first + BATCH]
            yield batch, self._mail(batch)

    def source_record(self, place: Coordinates) -> Record | None:
        """Return a record at its own place; None when Kafka does not have it any more."""
        try:
            found = self._cluster.one(place.topic, place.partition, place.offset)
        except UsageError:  # the topic, the partition or the offset is gone
            return None
        return found if found.timestamp_ms == place.timestamp_ms else None

    def _mail(self, entries: Sequence[Entry]) -> list[Mail]:
        found: dict[tuple[str, int, int], Record] = {}
        for topic in {entry.place.topic for entry in entries}:
            wanted = {
                (entry.place.partition, entry.offset)
                for entry in entries
                if entry.place.topic == topic
            }
            for record in self._cluster.between(topic, ranges(wanted)):
                key = (record.source.partition, record.offset)
                if key in wanted:
                    found[topic, *key] = record
        mail = []
        for entry in entries:
            kept = found.get((*entry.place, entry.offset))
            letter = None if kept is None else opened(kept)
            if kept is not None and letter is not None:
                mail.append(Mail(entry, kept, letter))
        return mail

    def _topics(self, selection: Selection) -> tuple[str, ...]:
        """Return the letter topics in which what is asked for may be.

        Raises:
            UsageError: A topic that is named has none.
        """
        known = self.known
        named = {
            *selection.topics,
            *(place.topic for place in selection.places),
        }
        if not named:
            return tuple(sorted(filter(self._is_letters, known)))
        wanted: set[str] = set()
        for topic in named:
            own = topic if self._is_letters(topic) else self.names.letters(topic)
            if own not in known:
                raise UsageError(
                    f"{topic} has no letters: the cluster has no topic {own}, or we may "
                    "not see it"
                )
            wanted.add(own)
        return tuple(sorted(wanted))

    def _is_letters(self, topic: str) -> bool:
        names = self.names
        return names.is_letters(topic) and names.with_replay(topic) is None


def ranges(places: Iterable[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """Return the first and last offset of each partition among some places."""
    found: dict[int, tuple[int, int]] = {}
    for partition, offset in places:
        first, last = found.get(partition, (offset, offset))
        found[partition] = (min(first, offset), max(last, offset))
    return found
