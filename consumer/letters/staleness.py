"""Whether a record that comes again would overwrite what is newer.

Target keeps for each attribute when it was last written (`modifiedAt`, profile-fetch.md).
An attribute written after the record first failed was written by somebody else, a later
record or a page, and a replay would put an older value in its place.

Rules:
    - Later than the first failure is stale. So is what cannot be read: no time, or a
      profile that could not be asked for.
    - The same value is not stale, whenever it was written: nothing would change. (So a
      replay that was sent, and not marked, can be sent again.)
    - A profile, or an attribute, that Target does not have is not stale.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from consumer.deliver.fetch import Fetched, FetchedProfile, NoProfile
from consumer.letters.letter import Letter
from consumer.model import ProfileId

__all__ = ["Stale", "Why", "failed_ms", "stale"]


class Why(enum.StrEnum):
    """Why an attribute is taken for newer."""

    LATER = "later"
    UNREADABLE = "unreadable"


class Stale(NamedTuple):
    """An attribute that a replay might overwrite with an older value.

    Attributes:
        attribute: Its name.
        why: Why it is taken for newer.
        modified_at_ms: When Target says it was written; None when it says nothing.
    """

    attribute: str
    why: Why
    modified_at_ms: int | None = None


def failed_ms(letter: Letter) -> int | None:
    """Return when a record first failed, Unix milliseconds; None when nobody knows.

    A letter that does not say it falls back on the record's own time, which is earlier:
    rather too much is called stale than too little.
    """
    try:
        moment = datetime.fromisoformat(letter.first_failure)
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is not None:
        return round(moment.timestamp() * 1000)
    own = letter.origin.timestamp_ms
    return own if own >= 0 else None


def stale(
    wanted: Mapping[ProfileId, Mapping[str, str]],
    profiles: Mapping[ProfileId, Fetched],
    since_ms: int | None,
) -> list[Stale]:
    """Return the attributes that are newer than a failure, or may be.

    Args:
        wanted: What a replay would write: the attributes of each profile.
        profiles: What Target holds.
        since_ms: When the record first failed, Unix milliseconds.
    """
    return [
        one
        for profile, attributes in wanted.items()
        for one in newer(attributes, profiles.get(profile), since_ms)
    ]


def newer(
    attributes: Mapping[str, str], held: Fetched | None, since_ms: int | None
) -> Iterator[Stale]:
    """Yield the attributes of one profile that are newer, or may be."""
    if isinstance(held, NoProfile):
        return
    for name, value in attributes.items():
        if not isinstance(held, FetchedProfile):
            yield Stale(name, Why.UNREADABLE)
            continue
        found = held.attributes.get(name)
        if found is None or found.value == value:
            continue
        at = found.modified_at_ms
        if at is None or since_ms is None:
            yield Stale(name, Why.UNREADABLE, at)
        elif at > since_ms:
            yield Stale(name, Why.LATER, at)
