"""A record that comes again: its own coordinates, and what is left of it to do.

Rules:
    - A replayed record carries its letter's headers. On a replay topic, and nowhere else,
      they are its coordinates: it is decoded and mapped as the record that it was, `meta`
      included, by the mappings of its source topic.
    - Every item of today's mappings is offered, but for those of profiles whose item was
      delivered before: the letter names them.
    - One that fails again has a letter of the same coordinates, with one replay more,
      since the same first failure, and with all profiles that were ever delivered.
    - A record of a replay topic that is no letter of that topic's source and of our group
      is refused; so is one whose value was left out, which would look like a tombstone.
"""

from __future__ import annotations

import msgspec

from consumer.letters.letter import Letter, opened
from consumer.model import (
    Failure,
    Mapped,
    Record,
    Settlement,
    SkipReason,
    Stage,
)

__all__ = ["again", "left", "letter_in", "taken"]


def letter_in(record: Record, source_topic: str, group: str) -> Letter | None:
    """Return the letter that a record of a replay topic is; None when it is none of it.

    Args:
        record: As it was read.
        source_topic: The topic whose records come again there.
        group: Our group.
    """
    letter = opened(record)
    if letter is None or letter.group != group:
        return None
    return letter if letter.origin.source.topic == source_topic else None


def taken(record: Record, source_topic: str, group: str) -> Letter | Failure:
    """Return the letter that a record of a replay topic is, or why it is refused.

    Args:
        record: As it was read.
        source_topic: The topic whose records come again there.
        group: Our group.
    """
    letter = letter_in(record, source_topic, group)
    if letter is None:
        return Failure(
            stage=Stage.DECODE,
            code="no_letter",
            message=f"the record is no dead letter of {source_topic} and of this group: "
            "only `consumer dlq replay` writes to this topic",
        )
    if not letter.has_payload:
        return Failure(
            stage=Stage.DECODE,
            code="payload_omitted",
            message="the letter was too large for its value, and without it nothing is "
            "left to map",
        )
    return letter


def left(mapped: Mapped, letter: Letter) -> Mapped:
    """Return what is still to be sent of what the mappings made of a record."""
    if not letter.delivered or not mapped.items:
        return mapped
    done = frozenset(letter.delivered)
    items = tuple(item for item in mapped.items if item.profile.digest not in done)
    skipped = None if items else SkipReason.DELIVERED
    return Mapped(items=items, skipped=skipped, mappings=mapped.mappings)


def again(settlement: Settlement, letter: Letter) -> Settlement:
    """Return how a replayed record ended, as an end of the record that it was."""
    delivered = dict.fromkeys((*letter.delivered, *settlement.delivered))
    return msgspec.structs.replace(
        settlement, record=letter.origin, delivered=tuple(delivered)
    )
