"""A dead letter, read back: why it was given up, and the record that it was.

Rules:
    - The headers of ours begin at the last `dead-letter-version`, which is written first.
      What stands before it is the record's own, whatever its name: a publisher's header
      `dead-letter-delivered` is nothing but a header.
    - A letter is known by its coordinates: topic, partition and offset of the record, and
      the record's timestamp, which tells a record of a topic that was made anew from the
      one that had its place before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from consumer.model import Header, Record, TopicPartition
from consumer.settle import PREFIX

__all__ = ["Coordinates", "Letter", "coordinates_of", "opened", "parted", "replays_of"]

SAID = (
    *("stage", "reason", "message", "mappings", "owner", "attempts"),
    *("first-failure", "last-failure", "mapping-set", "replays"),
)
NEEDED = frozenset({"topic", "partition", "offset", "reason"})
FIRST = f"{PREFIX}version"
NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class Coordinates(NamedTuple):
    """Where the record of a letter is, or was.

    Attributes:
        timestamp_ms: The record's own, Unix milliseconds; -1 when it has none.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int

    def __str__(self) -> str:
        """Return `topic:partition:offset`, as commands take it."""
        return f"{self.topic}:{self.partition}:{self.offset}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A dead letter.

    Attributes:
        origin: The record that was given up, at its own place.
        said: What the letter says of it, by header name without the prefix.
        has_payload: Whether the record's value is in it; a tombstone has none to miss.
        replays: How often the record had been replayed when it was given up.
        delivered: Digests of the profiles whose item was delivered all the same.
        group: The group that gave it up; empty when it does not say.
    """

    origin: Record
    said: Mapping[str, str]
    has_payload: bool
    replays: int = 0
    delivered: tuple[str, ...] = ()
    group: str = ""

    @property
    def coordinates(self) -> Coordinates:
        """What it is known by."""
        source = self.origin.source
        return Coordinates(*source, self.origin.offset, self.origin.timestamp_ms)

    @property
    def first_failure(self) -> str:
        """When the record was first given up, RFC 3339; empty when it does not say."""
        return self.said.get("first-failure", "")

    @property
    def mappings(self) -> tuple[str, ...]:
        """Names of the mappings concerned."""
        return tuple(filter(None, self.said.get("mappings", "").split(",")))


def opened(record: Record) -> Letter | None:
    """Return the dead letter that a record is; None when it is none."""
    own, ours = parted(record.headers)
    if not ours.keys() >= NEEDED:
        return None
    try:
        place, replays = coordinates_of(ours), replays_of(ours)
    except ValueError:  # somebody else's headers of these names
        return None
    origin = Record(
        source=TopicPartition(place.topic, place.partition),
        offset=place.offset,
        timestamp_ms=place.timestamp_ms,
        key=record.key,
        value=record.value,
        headers=own,
        epoch=record.epoch,
        size_bytes=record.size_bytes,
    )
    return Letter(
        origin=origin,
        said={name: ours[name] for name in SAID if ours.get(name)},
        has_payload=ours.get("payload-omitted") != "true",
        replays=replays,
        delivered=tuple(filter(None, ours.get("delivered", "").split(","))),
        group=ours.get("group", ""),
    )


def parted(headers: Sequence[Header]) -> tuple[tuple[Header, ...], dict[str, str]]:
    """Return a record's own headers, and ours behind them, without their prefix."""
    first = len(headers)
    for number, (name, _) in enumerate(headers):
        if name == FIRST:
            first = number
    ours = {
        name.removeprefix(PREFIX): (value or b"").decode(errors="replace")
        for name, value in headers[first:]
        if name.startswith(PREFIX)
    }
    return tuple(headers[:first]), ours


def coordinates_of(ours: Mapping[str, str]) -> Coordinates:
    """Return the coordinates that headers of ours name.

    Raises:
        ValueError: They name none.
    """
    place = Coordinates(
        topic=ours.get("topic", ""),
        partition=number(ours, "partition"),
        offset=number(ours, "offset"),
        timestamp_ms=number(ours, "timestamp", "-1"),
    )
    if not place.topic or place.partition < 0 or place.offset < 0:
        raise ValueError("no place in a topic")
    return place


def replays_of(ours: Mapping[str, str]) -> int:
    """Return how often a record had been replayed, as headers of ours say.

    Raises:
        ValueError: It is no count.
    """
    replays = number(ours, "replays", "0")
    if replays < 0:
        raise ValueError("a count below zero")
    return replays


def number(ours: Mapping[str, str], name: str, default: str = "") -> int:
    """Return the whole number that a header holds.

    Raises:
        ValueError: It holds none.
    """
    text = ours.get(name) or default
    if not NUMBER.fullmatch(text):
        raise ValueError(f"{name} is no number")
    return int(text)
