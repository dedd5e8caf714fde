"""What is published: records that tell themselves apart in any call that carries them.

Rules:
    - The same number of records and the same seed give the same records, always.
    - All records of a profile have one key, so they stand in one partition, in order.
    - Each writes its sequence into two attributes: one that all records of its profile
      write, and a mark of its own, whose name is the sequence modulo `SLOTS`. So a call
      that carries several records of a profile names every one of them, as long as they
      are not further apart than `SLOTS`. `MERGED_ITEMS` keeps them well within that.

Theory of operation: a tenth of the records are about one profile. A few are bad, each in
a way of its own, and end as dead letters; a few are tombstones, which nothing maps.
"""

from __future__ import annotations

import enum
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

__all__ = [
    "BAD",
    "MARK",
    "MERGED_ITEMS",
    "SEQUENCE",
    "SLOTS",
    "Fate",
    "Written",
    "final_profiles",
    "profiles_of",
    "slot_of",
    "written",
]

SEQUENCE = "sequence"
MARK = "mark"
SLOTS = 512
MERGED_ITEMS = 200
HOT = "P-hot"
HOT_RATIO = 0.1
RECORDS_PER_PROFILE = 20


class Fate(enum.StrEnum):
    """What must become of a record."""

    LANDS = "lands"  # its attributes reach the profile
    TOMBSTONE = "tombstone"  # skipped: no mapping wants it
    UNDECODABLE = "undecodable"  # a letter: its bytes end too early
    UNKNOWN_SCHEMA = "unknown schema"  # a letter: no registry knows its schema
    REFUSED = "refused"  # a letter: it writes a name that the target refuses


BAD = frozenset({Fate.UNDECODABLE, Fate.UNKNOWN_SCHEMA, Fate.REFUSED})
RARE = (Fate.TOMBSTONE, Fate.UNDECODABLE, Fate.UNKNOWN_SCHEMA, Fate.REFUSED)
RARE_RATIO = 0.005  # of each


class Written(NamedTuple):
    """One record, before it is encoded.

    Attributes:
        number: Counts all records from 0, in the order of publication.
        profile: Third-party id; the key as well.
        sequence: Counts the records of the profile from 1.
        fate: What must become of it.
    """

    number: int
    profile: str
    sequence: int
    fate: Fate


def profiles_of(records: int) -> list[str]:
    """Return whom so many records are about."""
    count = max(20, records // RECORDS_PER_PROFILE)
    return [HOT, *(f"P-{number:05d}" for number in range(count))]


def written(records: int, seed: int) -> list[Written]:
    """Return so many records, in the order in which they are published."""
    chooser = random.Random(f"records {seed}")  # noqa: S311 - repeatable, not secret
    _, *others = profiles_of(records)
    sequences: Counter[str] = Counter()
    found = []
    for number in range(records):
        profile = HOT if chooser.random() < HOT_RATIO else chooser.choice(others)
        place = int(chooser.random() / RARE_RATIO)
        fate = RARE[place] if place < len(RARE) else Fate.LANDS
        sequences[profile] += 1
        found.append(Written(number, profile, sequences[profile], fate))
    return found


def slot_of(sequence: int) -> str:
    """Return the name of the attribute that marks this sequence."""
    return f"{MARK}{sequence % SLOTS:03d}"


def final_profiles(records: Iterable[Written]) -> dict[str, dict[str, str]]:
    """Return what each profile that anything lands in must hold in the end."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for record in records:
        if record.fate is Fate.LANDS:
            text = str(record.sequence)
            found[record.profile] |= {SEQUENCE: text, slot_of(record.sequence): text}
    return dict(found)
