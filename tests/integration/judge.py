"""Judges a run from outside: by the events, the broker's log and the target's log.

Rules:
    - Nothing that the consumer says of itself is read here.
    - An event is known by its profile, its kind's sequence attribute and the number
      there; where it stands in Kafka is read from the topics.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from consumer.sandbox.events import BAD, Fate, generate
from consumer.sandbox.samples import KINDS
from tests.integration.group import Partition
from tests.integration.kafka_log import everything

__all__ = [
    "Event",
    "Published",
    "SeenCall",
    "published",
    "seen",
]

SEQUENCES = tuple(kind.sequence for kind in KINDS)


class Event(NamedTuple):
    """One event as the target can tell it apart."""

    profile: str
    kind: str
    sequence: int


class SeenCall(NamedTuple):
    """One update call of the target's log that carries an event."""

    event: Event
    accepted: bool


class Published(NamedTuple):
    """What was published, and where each event stands.

    Attributes:
        landing: Events that must reach the target, and their places.
        bad: The places of the events that must end as dead letters.
    """

    landing: Mapping[Event, tuple[Partition, int]]
    bad: frozenset[tuple[Partition, int]]


def published(
    bootstrap: str, topics: Mapping[str, str], records: int, seed: int
) -> Published:
    """Match the events of `seed` with the records in the topics.

    Events of one topic and key stand in one partition, in the order of publication.
    """
    places: dict[tuple[str, bytes], list[tuple[Partition, int]]] = defaultdict(list)
    for topic in topics.values():
        for message in everything(bootstrap, topic):
            place = Partition(topic, int(message.partition() or 0))
            key = message.key()
            assert isinstance(key, bytes)
            places[topic, key].append((place, int(message.offset() or 0)))
    landing: dict[Event, tuple[Partition, int]] = {}
    bad: set[tuple[Partition, int]] = set()
    taken: dict[tuple[str, bytes], int] = defaultdict(int)
    for event in generate(records, seed):
        stream = topics[event.kind.topic], event.key
        place_of = places[stream][taken[stream]]
        taken[stream] += 1
        if event.fate is Fate.LANDS:
            number = event.fields["sequence"]
            assert isinstance(number, int)
            known = Event(event.profile or "", event.kind.sequence, number)
            landing[known] = place_of
        elif event.fate in BAD:
            bad.add(place_of)
    assert taken == {stream: len(found) for stream, found in places.items()}
    return Published(landing, frozenset(bad))


def seen(calls: Iterable[Mapping[str, object]]) -> list[SeenCall]:
    """Return the target's log, one entry for each event that a call carries."""
    found = []
    for call in calls:
        attributes = call["attributes"]
        assert isinstance(attributes, dict)
        found += [
            SeenCall(
                event=Event(str(call["profile"]), name, int(attributes[name])),
                accepted=bool(call["accepted"]),
            )
            for name in SEQUENCES
            if name in attributes
        ]
    return found
