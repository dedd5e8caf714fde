"""What is published: events of one schema on two topics, each with the fate it is born to.

Theory of operation: every record has a number of its own, in the order of its
partition's log. Each topic's mapping writes it into the attribute `TOPICLast` and into
one of `SLOTS` attributes, the one that its profiles have not used for longest. So a call
tells which records it carries: the numbers in its slots. Only in a call that merges many
records of one profile some are hidden behind later ones of the same slot.
"""

from __future__ import annotations

import enum
import functools
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass

import fastavro

from consumer.decode.readers import load_readers
from consumer.mapping.loading import load
from consumer.model import TopicPartition
from consumer.pipeline.material import Material

__all__ = [
    "BORN_BAD",
    "LATE_ID",
    "SCHEMAS",
    "SLOTS",
    "TOPICS",
    "Draft",
    "Fate",
    "digest",
    "material",
    "numbers_in",
    "value_of",
]

TOPICS = ("events", "visits")
SLOTS = 12

EVENT = json.dumps({
    "type": "record",
    "name": "Event",
    "namespace": "t",
    "fields": [
        {"name": "ids", "type": {"type": "array", "items": "string"}},
        {"name": "kind", "type": "string"},
        {"name": "n", "type": "long"},
        *(
            {"name": f"s{slot}", "type": ["null", "long"], "default": None}
            for slot in range(SLOTS)
        ),
    ],
})
OTHER = EVENT.replace('"Event"', '"Unclaimed"')

KNOWN_ID, OTHER_ID, LATE_ID, UNKNOWN_ID = 1, 7, 50, 99
SCHEMAS = {KNOWN_ID: EVENT, OTHER_ID: OTHER}
GARBAGE = b"\x00\x00\x00\x00\x01\xff\xff\xff\xff"

PARSED = fastavro.parse_schema(json.loads(EVENT))

MAPPING = """\
version: 1
name: {topic}
owner: {topic}-team
description: {description}
{hold}
source: {{topic: {topic}, schema: t.Event}}
when: event.kind != "skip"
for_each: {{id: ids}}
profile:
  - third_party_id: id
attributes:
  {topic}Last: n
"""


class Fate(enum.StrEnum):
    """What a record is born to, if nothing but the record decides."""

    LANDS = "lands"
    POISONED = "poisoned"  # the target refuses every call that carries its number
    BAD_ID = "bad id"  # its profile cannot be named to the target
    SKIPPED = "skipped"  # by the mapping's condition
    TOMBSTONE = "tombstone"
    UNCLAIMED = "unclaimed"  # no mapping claims its schema
    NOBODY = "nobody"  # a list without elements: no item
    GARBAGE = "garbage"
    UNMAPPABLE = "unmappable"  # an empty id, and no profile is an error
    UNKNOWN = "unknown schema"  # which the registry never has
    LATE = "late schema"  # which the registry has after a while


BORN_BAD = frozenset({Fate.GARBAGE, Fate.UNMAPPABLE, Fate.UNKNOWN, Fate.BAD_ID})
WITHOUT_ITEMS = frozenset({
    Fate.SKIPPED,
    Fate.TOMBSTONE,
    Fate.UNCLAIMED,
    Fate.NOBODY,
})
SCHEMA_OF = {Fate.UNCLAIMED: OTHER_ID, Fate.UNKNOWN: UNKNOWN_ID, Fate.LATE: LATE_ID}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A record before it is published.

    Attributes:
        number: Its own; grows with the offset in its partition.
        partition: Where to.
        at: When, in seconds from the beginning.
        gap: Offsets left out before it.
        fate: What it is born to.
        profiles: Whom it is about.
        slot: Which of the attributes has its number.
    """

    number: int
    partition: TopicPartition
    at: float
    gap: int
    fate: Fate
    profiles: tuple[str, ...]
    slot: int

    @property
    def items(self) -> tuple[str, ...]:
        """The profiles that it has an item for."""
        return () if self.fate in WITHOUT_ITEMS else self.profiles


@functools.cache
def material(description: str, hold: str) -> Material:
    """Return the mappings; another description makes another set of the same meaning.

    Args:
        description: Any word.
        hold: How the second topic's items are held back in order to merge.
    """
    readers = load_readers({"t.Event.avsc": EVENT})
    slots = "".join(
        f"  {{topic}}{n}: {{{{from: s{n}, missing: skip}}}}\n" for n in range(SLOTS)
    )
    texts = {
        f"{topic}.yaml": (MAPPING + slots).format(
            topic=topic, description=description, hold=hold * (topic == TOPICS[1])
        )
        for topic in TOPICS
    }
    return Material(
        readers=readers,
        mappings=load(texts, readers, {}, {}),
        owners={topic: f"{topic}-team" for topic in TOPICS},
    )


def value_of(draft: Draft) -> bytes | None:
    """Return a record's bytes."""
    if draft.fate is Fate.TOMBSTONE:
        return None
    if draft.fate is Fate.GARBAGE:
        return GARBAGE
    event = {
        "ids": [] if draft.fate is Fate.NOBODY else list(draft.profiles),
        "kind": "skip" if draft.fate is Fate.SKIPPED else "usual",
        "n": draft.number,
        f"s{draft.slot}": draft.number,
    }
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, PARSED, event)
    schema_id = SCHEMA_OF.get(draft.fate, KNOWN_ID)
    return b"\x00" + schema_id.to_bytes(4, "big") + stream.getvalue()


def numbers_in(attributes: Mapping[str, str]) -> frozenset[int]:
    """Return the numbers of the records that a call shows."""
    return frozenset(
        int(value) for name, value in attributes.items() if not name.endswith("Last")
    )


def digest(profile: str) -> str:
    """Return how a dead letter names a profile that was delivered."""
    return hashlib.sha256(f"third_party_id:{profile}".encode()).hexdigest()[:16]
