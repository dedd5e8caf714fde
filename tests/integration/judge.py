"""Judges a run from outside: by the events, the broker's log and the target's log.

Rules:
    - Nothing that the consumer says of itself is read here.
    - An event is known by its profile, its kind's sequence attribute and the number
      there; where it stands in Kafka is read from the topics.
    - A call is known to be a process's by the client code in its path.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from consumer.sandbox.events import BAD, Fate, generate
from consumer.sandbox.samples import KINDS
from tests.integration.group import Partition, Picture, stretches
from tests.integration.kafka_log import everything

__all__ = [
    "Event",
    "Published",
    "SeenCall",
    "calls_of_others",
    "order_faults",
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
    client: str
    first_byte_at: float
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
                client=str(call["path"]).split("/")[2],
                first_byte_at=float(str(call["first_byte_at"])),
                accepted=bool(call["accepted"]),
            )
            for name in SEQUENCES
            if name in attributes
        ]
    return found


def order_faults(calls: Sequence[SeenCall]) -> list[Event]:
    """Return the events that came out of order among the accepted calls.

    The first acceptances of a profile and kind must never decrease. An older event may
    be repeated after a crash, but then everything newer follows again: so the last
    acceptances must not decrease either.
    """
    first: dict[Event, int] = {}
    last: dict[Event, int] = {}
    for place, call in enumerate(calls):
        if call.accepted:
            first.setdefault(call.event, place)
            last[call.event] = place
    faults = []
    for places in (first, last):
        newest: dict[tuple[str, str], int] = {}
        for event in sorted(places, key=places.__getitem__):
            stream = event.profile, event.kind
            if event.sequence < newest.get(stream, 0):
                faults.append(event)
            newest[stream] = max(event.sequence, newest.get(stream, 0))
    return faults


def calls_of_others(
    calls: Sequence[SeenCall],
    places: Mapping[Event, tuple[Partition, int]],
    pictures: list[Picture],
) -> list[tuple[SeenCall, Partition]]:
    """Return the calls that carry an event of a partition that was somebody else's.

    That is: proven by the broker to be so when the call's first byte came.
    """
    by_partition: dict[Partition, list[SeenCall]] = defaultdict(list)
    for call in calls:
        if call.event in places:
            by_partition[places[call.event][0]].append(call)
    return [
        (call, partition)
        for partition, of_it in by_partition.items()
        for stretch in stretches(pictures, partition)
        for call in of_it
        if call.client != stretch.owner
        and stretch.since <= call.first_byte_at <= stretch.until
    ]
