"""Letters and markers as a letter topic holds them."""

from __future__ import annotations

from collections.abc import Sequence

from consumer.letters.letter import Coordinates
from consumer.letters.marker import Marker, MarkerKind, marker_record
from consumer.model import (
    End,
    Failure,
    Header,
    Record,
    Settlement,
    Stage,
    TopicPartition,
)
from consumer.settle import DeadLetter, LetterContext, dead_letter

__all__ = ["GROUP", "PLACE", "letter", "marker", "origin", "stored"]

GROUP = "g"
PLACE = Coordinates("loans", 3, 41, 1_700_000_000_000)


def origin(
    place: Coordinates = PLACE,
    value: bytes | None = b"\0\0\0\0\x07event",
    headers: tuple[Header, ...] = (("source", b"crm"),),
) -> Record:
    """Return a record that is given up."""
    return Record(
        source=TopicPartition(place.topic, place.partition),
        offset=place.offset,
        timestamp_ms=place.timestamp_ms,
        key=b"k",
        value=value,
        headers=headers,
        epoch=0,
        size_bytes=0,
    )


def letter(
    record: Record | None = None,
    *,
    replays: int = 0,
    reason: str = "missing",
    mappings: tuple[str, ...] = ("loans",),
    delivered: tuple[str, ...] = (),
    group: str = GROUP,
    first_failure: float | None = 10.0,
    max_bytes: int = 1 << 20,
) -> DeadLetter:
    """Return the letter of a record; its failures were at 10 s of the year 1970."""
    settlement = Settlement(
        record or origin(),
        End.DEAD_LETTERED,
        mappings,
        failure=Failure(Stage.MAPPING, reason, "attribute x: missing", mappings),
        attempts=2,
        first_failure=first_failure,
        last_failure=first_failure,
        delivered=delivered,
    )
    context = LetterContext(
        group=group,
        template="{group}.{topic}.dead-letters",
        partitions=8,
        max_bytes=max_bytes,
        mapping_set="abc",
        now=10.0,
        wall_ms=10_000,
        owners={"loans": "lending"},
        replays=replays,
    )
    return dead_letter(settlement, context)


def marker(
    kind: MarkerKind = MarkerKind.REPLAYED,
    *,
    place: Coordinates = PLACE,
    replays: int = 0,
    group: str = GROUP,
    note: str = "",
) -> DeadLetter:
    """Return a marker as it is written."""
    said = Marker(
        coordinates=place,
        kind=kind,
        replays=replays,
        group=group,
        at="2026-03-01T12:00:00Z",
        note=note,
    )
    return marker_record(said, "g.loans.dead-letters", 3)


def stored(written: Sequence[DeadLetter], first_ms: int = 0) -> list[Record]:
    """Return records as they are read back, one a second from `first_ms` on."""
    return [
        Record(
            source=TopicPartition(one.topic, one.partition),
            offset=offset,
            timestamp_ms=first_ms + offset * 1000,
            key=one.key,
            value=one.value,
            headers=one.headers,
            epoch=0,
            size_bytes=0,
        )
        for offset, one in enumerate(written)
    ]
