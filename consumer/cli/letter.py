"""A dead letter, read back: why it was given up, and the record that it was."""

from __future__ import annotations

from dataclasses import dataclass

from consumer.model import Record, TopicPartition
from consumer.settle import PREFIX

__all__ = ["Letter", "opened"]

SAID = (
    *("stage", "reason", "message", "mappings", "owner", "attempts"),
    *("first-failure", "last-failure", "mapping-set", "replays"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A dead letter.

    Attributes:
        origin: The record that was given up, at its own place.
        said: What the letter says of it, by header name without the prefix.
        has_payload: Whether the record's value is in it.
    """

    origin: Record
    said: dict[str, str]
    has_payload: bool


def opened(record: Record) -> Letter | None:
    """Return the dead letter that a record is; None when it is none."""
    ours = {
        name.removeprefix(PREFIX): (value or b"").decode(errors="replace")
        for name, value in record.headers
        if name.startswith(PREFIX)
    }
    if not {"topic", "partition", "offset", "reason"} <= ours.keys():
        return None
    try:
        origin = origin_of(record, ours)
    except ValueError:  # somebody else's headers of these names
        return None
    return Letter(
        origin=origin,
        said={name: ours[name] for name in SAID if ours.get(name)},
        has_payload=ours.get("payload-omitted") != "true",
    )


def origin_of(record: Record, ours: dict[str, str]) -> Record:
    """Return the record that a letter is of; raise ValueError when it says no place."""
    return Record(
        source=TopicPartition(ours["topic"], int(ours["partition"])),
        offset=int(ours["offset"]),
        timestamp_ms=int(ours.get("timestamp") or -1),
        key=record.key,
        value=record.value,
        headers=tuple(
            (name, value)
            for name, value in record.headers
            if not name.startswith(PREFIX)
        ),
        epoch=record.epoch,
        size_bytes=record.size_bytes,
    )
