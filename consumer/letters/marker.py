"""Markers: what became of dead letters, written beside them.

A marker is a record of the letter topic. Its key is the coordinates of the letters that
it closes, its value is empty, and its headers, `dead-letter-` like a letter's, say:

    version, group                          as a letter's
    topic, partition, offset, timestamp     the coordinates
    marker                                  replayed or resolved
    replays                                 letters with that many replays, or fewer, are
                                            closed by it
    marked-at                               RFC 3339, UTC
    sent-to                                 where the record was sent, when it was
    note                                    what the person said who resolved them

A replay is marked once the broker has confirmed the record. Whoever dies in between leaves
the letter open, and the record may be sent again, which is harmless: the same attributes
are written again. So no letter is ever closed without its record having been sent.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from consumer.letters.letter import Coordinates, coordinates_of, parted, replays_of
from consumer.model import Record
from consumer.settle import PREFIX, VERSION, DeadLetter

__all__ = ["Marker", "MarkerKind", "marker_in", "marker_record"]


class MarkerKind(enum.StrEnum):
    """What became of letters."""

    REPLAYED = "replayed"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What became of letters.

    Attributes:
        coordinates: Of the letters.
        kind: What became of them.
        replays: Letters with that many replays, or fewer, are closed by it.
        group: The group whose letters they are.
        at: When, RFC 3339 in UTC.
        sent_to: The topic to which the record was sent; empty when it was not.
        note: What the person said who resolved them.
    """

    coordinates: Coordinates
    kind: MarkerKind
    replays: int
    group: str
    at: str
    sent_to: str = ""
    note: str = ""


def marker_in(record: Record) -> Marker | None:
    """Return the marker that a record is; None when it is none."""
    _, ours = parted(record.headers)
    if "marker" not in ours or "reason" in ours:
        return None
    try:
        return Marker(
            coordinates=coordinates_of(ours),
            kind=MarkerKind(ours["marker"]),
            replays=replays_of(ours),
            group=ours.get("group", ""),
            at=ours.get("marked-at", ""),
            sent_to=ours.get("sent-to", ""),
            note=ours.get("note", ""),
        )
    except ValueError:  # somebody else's headers of these names
        return None


def marker_record(marker: Marker, topic: str, partition: int) -> DeadLetter:
    """Return a marker as it is written, beside the letter in a partition of `topic`."""
    place = marker.coordinates
    said = {
        "version": VERSION,
        "group": marker.group,
        "topic": place.topic,
        "partition": str(place.partition),
        "offset": str(place.offset),
        "timestamp": str(place.timestamp_ms),
        "marker": marker.kind.value,
        "replays": str(marker.replays),
        "marked-at": marker.at,
        "sent-to": marker.sent_to,
        "note": marker.note,
    }
    return DeadLetter(
        topic=topic,
        partition=partition,
        key=str(place).encode(),
        value=b"",
        headers=tuple(
            (PREFIX + name, text.encode(errors="replace"))
            for name, text in said.items()
            if text
        ),
    )
