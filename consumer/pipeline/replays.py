"""Which topics hold records that come again, and what each of those records was.

A topic is one of replays by its name alone; one that a mapping names is its own, whatever
its name is like. For a record of any other topic all this is one look into a dictionary.
"""

from __future__ import annotations

from consumer.letters.letter import Letter
from consumer.letters.replayed import letter_in, taken
from consumer.letters.topics import TopicNames
from consumer.model import Failure, Record
from consumer.pipeline.in_force import InForce

__all__ = ["Replays"]


class Replays:
    """Knows the replay topics of the mappings in force. Owned by the pipeline.

    Attributes:
        in_force: The mappings.
    """

    def __init__(self, in_force: InForce, names: TopicNames) -> None:
        self.in_force = in_force
        self._names = names
        self._origins: dict[str, str | None] = {}

    def renew(self) -> None:
        """Ask the set that is in force now which topics are its own."""
        self._origins = {}

    def origin(self, topic: str) -> str | None:
        """Return the topic whose records come again in `topic`; None for other topics."""
        try:
            return self._origins[topic]
        except KeyError:
            is_own = topic in self.in_force.mappings.topics
            found = None if is_own else self._names.with_replay(topic)
            self._origins[topic] = found
            return found

    def claims(self, topic: str) -> tuple[str, ...]:
        """Return the mappings that may send what is read from a topic."""
        return self.in_force.claims(self.source_of(topic))

    def taken(self, record: Record) -> Letter | Failure | None:
        """Return the letter that a record comes again from, or why it is refused.

        None for a record of any other topic than one of replays.
        """
        topic = self.origin(record.source.topic)
        return None if topic is None else taken(record, topic, self._names.group)

    def letter(self, record: Record) -> Letter | None:
        """Return the letter that a record comes again from, with a value or without."""
        topic = self.origin(record.source.topic)
        return None if topic is None else letter_in(record, topic, self._names.group)

    def source_of(self, topic: str) -> str:
        """Return the topic whose records are read in `topic`: itself, or the origin."""
        return self.origin(topic) or topic
