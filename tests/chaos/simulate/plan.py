"""What a history is to be: its sizes, what is published, what goes wrong when.

A spell is a fault that lasts; a deed happens once. All of them end by `CALM_AT`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from consumer.model import TopicPartition
from tests.chaos.simulate.records import Draft

__all__ = ["CALM_AT", "WHILE", "Deed", "Knobs", "Plan", "Spell"]

CALM_AT = 24.0  # seconds from the beginning: from here on nothing goes wrong any more
WHILE = " for a while"  # until half of the faults' time is over


@dataclass(slots=True, kw_only=True)
class Knobs:
    """The sizes of a history. Changed only while they are drawn.

    Attributes:
        members: Processes that should run.
        protocol: How the group shares: cooperative, eager, or the new protocol.
        partitions: All that are read.
        session_seconds: How long the group waits for a silent member.
        timeout_seconds: Longest time of a call.
        held_records: The held bound.
        held_bytes: Likewise in bytes.
        max_in_flight: Calls at once, of one process.
        calls_per_day: The quota of one process.
        metadata_bytes: The broker's bound on a commit's metadata.
        adaptive: Whether the calls at once that the target bears are found out.
        merged_items: The most items of one call.
        hold: How the second topic's items are held back: lines of its mapping.
        batch: The most records of one fetch.
        noise: The share of calls that go wrong by themselves.
        is_calm: True when only profiles make trouble, so that others must go on.
    """

    members: int
    protocol: str
    partitions: tuple[TopicPartition, ...]
    session_seconds: float = 6.0
    timeout_seconds: float = 1.0
    held_records: int
    held_bytes: int
    max_in_flight: int
    calls_per_day: int = 1_000_000
    metadata_bytes: int = 4096
    adaptive: bool = True
    merged_items: int = 1000
    hold: str = ""
    batch: int
    noise: float = 0.0
    is_calm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A fault that lasts.

    Attributes:
        kind: What.
        since: When it begins, in seconds from the beginning.
        until: When it ends.
        share: How likely it hits one request.
        value: What more there is to say: a code, a profile.
    """

    kind: str
    since: float
    until: float
    share: float = 1.0
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A fault that happens once.

    Attributes:
        kind: What.
        at: When, in seconds from the beginning.
        member: To whom, by number.
        seconds: How long what it begins lasts.
    """

    kind: str
    at: float
    member: int = 0
    seconds: float = 0.0


@dataclass(slots=True, kw_only=True)
class Plan:
    """A history before it happens. Owned by whoever makes it.

    Attributes:
        seed: What it was drawn from.
        themes: What it is mostly about.
        knobs: Its sizes.
        drafts: What is published.
        spells: What goes wrong for a while.
        deeds: What happens once.
        bad_profiles: Whom the target treats otherwise, always or for a time, and how.
    """

    seed: int
    themes: tuple[str, ...]
    knobs: Knobs
    drafts: list[Draft] = field(default_factory=list)
    spells: list[Spell] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    bad_profiles: dict[str, str] = field(default_factory=dict)
