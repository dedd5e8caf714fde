"""Which letters are meant, and how they fall into groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from consumer.letters.states import Entry, State

__all__ = ["Group", "Place", "Selection", "grouped", "places_of"]


class Place(NamedTuple):
    """A place in a topic, of a record or of its letter."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        """Return `topic:partition:offset`."""
        return f"{self.topic}:{self.partition}:{self.offset}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a person asks for; what is empty asks for nothing in particular.

    Attributes:
        places: Of records or of their letters.
        reasons: Why they were given up.
        mappings: Names of mappings concerned.
        topics: Source topics.
        since_ms: Written at that time or later, Unix milliseconds.
        states: What became of them.
    """

    places: frozenset[Place] = frozenset()
    reasons: frozenset[str] = frozenset()
    mappings: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    since_ms: int | None = None
    states: frozenset[State] = frozenset(State)

    def is_meant(self, entry: Entry) -> bool:
        """Return whether an entry is asked for."""
        return entry.state in self.states and self.is_near(entry)

    def is_near(self, entry: Entry) -> bool:
        """Return whether an entry is asked for but perhaps for its state."""
        if self.places and self.places.isdisjoint(places_of(entry)):
            return False
        if self.reasons and entry.reason not in self.reasons:
            return False
        if self.mappings and self.mappings.isdisjoint(entry.mappings):
            return False
        if self.topics and entry.coordinates.topic not in self.topics:
            return False
        return self.since_ms is None or entry.written_ms >= self.since_ms


def places_of(entry: Entry) -> tuple[Place, Place]:
    """Return the two places by which a person may name an entry."""
    own = entry.coordinates
    return Place(own.topic, own.partition, own.offset), Place(
        *entry.place, entry.offset
    )


@dataclass(slots=True, kw_only=True)
class Group:
    """Letters of one reason, mapping and schema. Owned by the command.

    Attributes:
        reason: Why.
        mappings: The mappings concerned.
        schema: How their bytes name the writer's schema.
        states: How many are in which state.
        oldest_ms: When the first was written, Unix milliseconds.
        newest_ms: When the last was.
        example: The newest of them that is open, else the newest.
    """

    reason: str
    mappings: tuple[str, ...]
    schema: str
    oldest_ms: int
    newest_ms: int
    example: Entry
    states: dict[State, int] = field(default_factory=dict)

    @property
    def letters(self) -> int:
        """How many records have such letters."""
        return sum(self.states.values())

    def add(self, entry: Entry) -> None:
        """Count an entry."""
        self.states[entry.state] = self.states.get(entry.state, 0) + 1
        self.oldest_ms = min(self.oldest_ms, entry.written_ms)
        self.newest_ms = max(self.newest_ms, entry.written_ms)
        if example_order(entry) >= example_order(self.example):
            self.example = entry


def example_order(entry: Entry) -> tuple[bool, int]:
    """Return how well an entry stands for its group."""
    return entry.state is State.OPEN, entry.written_ms


def grouped(entries: Iterable[Entry]) -> list[Group]:
    """Return the groups of some entries, the largest first."""
    found: dict[tuple[str, tuple[str, ...], str], Group] = {}
    for entry in entries:
        key = (entry.reason, entry.mappings, entry.schema)
        group = found.get(key)
        if group is None:
            group = found[key] = Group(
                reason=entry.reason,
                mappings=entry.mappings,
                schema=entry.schema,
                oldest_ms=entry.written_ms,
                newest_ms=entry.written_ms,
                example=entry,
            )
        group.add(entry)
    return sorted(found.values(), key=lambda one: (-one.letters, one.reason))
