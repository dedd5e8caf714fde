"""Which letters are open: all that a letter topic says of each, as one entry.

Rules:
    - Letters of the same coordinates are one entry, told by the newest: the one with most
      replays, and of these the last written. (A letter that timed out may have been
      written twice, and a record that was read again may have been given up again.)
    - A marker closes the letters of its coordinates up to its `replays`, wherever it
      stands: a record that is given up once more in the same try is closed by it, too.
    - Letters of other groups are not ours; they are counted and left alone.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from consumer.decode.framing import Framing, frame, schema_id
from consumer.decode.reasons import BytesRefusedError
from consumer.letters.letter import Coordinates, Letter, opened
from consumer.letters.marker import Marker, MarkerKind, marker_in
from consumer.model import Record, TopicPartition

__all__ = ["Entry", "Register", "State"]


class State(enum.StrEnum):
    """What became of a letter."""

    OPEN = "open"
    REPLAYED = "replayed"
    RESOLVED = "resolved"


CLOSED = {
    MarkerKind.REPLAYED: State.REPLAYED,
    MarkerKind.RESOLVED: State.RESOLVED,
}


class Told(msgspec.Struct, frozen=True, gc=False):
    """The newest letter of some coordinates; see `Entry`."""

    place: TopicPartition
    offset: int
    written_ms: int
    replays: int
    stage: str
    reason: str
    mappings: tuple[str, ...]
    schema: str
    has_payload: bool
    letters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The letters of one record.

    Attributes:
        coordinates: The record's own place.
        place: Partition of the newest letter.
        offset: Its offset there.
        written_ms: When it was written, Unix milliseconds.
        replays: How often the record had been replayed then.
        stage: Where it was given up.
        reason: Why.
        mappings: The mappings concerned.
        schema: How its bytes name the writer's schema; empty when they name none.
        has_payload: Whether the record's value is in it.
        letters: How many letters of these coordinates there are.
        state: What became of it.
        marker: What says so; None while it is open.
    """

    coordinates: Coordinates
    place: TopicPartition
    offset: int
    written_ms: int
    replays: int
    stage: str
    reason: str
    mappings: tuple[str, ...]
    schema: str
    has_payload: bool
    letters: int
    state: State
    marker: Marker | None

    @property
    def letter(self) -> str:
        """The newest letter's own place, `topic:partition:offset`."""
        return f"{self.place.topic}:{self.place.partition}:{self.offset}"


class Register:
    """Takes the records of letter topics in, one by one. Owned by the command.

    Attributes:
        others: Letters of other groups.
        strangers: Records that are neither letters nor markers.
    """

    def __init__(self, group: str) -> None:
        self.others = 0
        self.strangers = 0
        self._group = group
        self._told: dict[Coordinates, Told] = {}
        self._markers: dict[Coordinates, Marker] = {}
        self._texts: dict[str, str] = {}

    def add(self, record: Record) -> None:
        """Take one record in."""
        letter = opened(record)
        if letter is not None:
            self._add_letter(record, letter)
            return
        marker = marker_in(record)
        if marker is None:
            self.strangers += 1
        elif marker.group == self._group:
            known = self._markers.get(marker.coordinates)
            if known is None or known.replays <= marker.replays:
                self._markers[marker.coordinates] = marker

    def entries(self) -> Iterator[Entry]:
        """Yield an entry for each record that has letters, by its own place."""
        for coordinates in sorted(self._told):
            told, marker = self._told[coordinates], self._markers.get(coordinates)
            if marker is not None and marker.replays < told.replays:
                marker = None  # it failed again after that
            yield Entry(
                coordinates=coordinates,
                state=State.OPEN if marker is None else CLOSED[marker.kind],
                marker=marker,
                **msgspec.structs.asdict(told),
            )

    def _add_letter(self, record: Record, letter: Letter) -> None:
        if letter.group != self._group:
            self.others += 1
            return
        known = self._told.get(letter.coordinates)
        letters = 1 if known is None else known.letters + 1
        if known is not None and known.replays > letter.replays:
            told = msgspec.structs.replace(known, letters=letters)
        else:
            told = self._told_by(record, letter, letters)
        self._told[letter.coordinates] = told

    def _told_by(self, record: Record, letter: Letter, letters: int) -> Told:
        return Told(
            place=record.source,
            offset=record.offset,
            written_ms=record.timestamp_ms,
            replays=letter.replays,
            stage=self._once(letter.said.get("stage", "")),
            reason=self._once(letter.said["reason"]),
            mappings=tuple(map(self._once, letter.mappings)),
            schema=self._once(schema_of(letter)),
            has_payload=letter.has_payload,
            letters=letters,
        )

    def _once(self, text: str) -> str:
        """Return the one copy of a text that many letters have."""
        return self._texts.setdefault(text, text)


def schema_of(letter: Letter) -> str:
    """Return how a record's bytes name the schema that wrote them, or why they do not."""
    value = letter.origin.value
    if value is None:
        return "tombstone" if letter.has_payload else ""
    try:
        key, _ = frame(value, letter.origin.headers, Framing.AUTO)
    except BytesRefusedError:
        return ""
    return str(schema_id(key))
