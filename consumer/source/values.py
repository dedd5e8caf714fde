"""What the source and the pipeline say to each other."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from consumer.model import Commit, Record, TopicPartition

__all__ = [
    "Assigned",
    "OutOfRange",
    "Property",
    "SourceFault",
    "SourceFaultKind",
    "SourceListener",
    "SourceOptions",
    "Subscription",
]

Property: TypeAlias = str | int | float | bool


class OutOfRange(enum.StrEnum):
    """What to do with a partition whose committed offset the log does not have."""

    PAUSE = "pause"
    RESET = "reset"  # go where `auto.offset.reset` says


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """How the source reads.

    Attributes:
        kafka: librdkafka properties as the configuration gives them. May hold secrets.
        startup_timeout_seconds: How long a start waits for the first broker.
        revoke_timeout_seconds: How long the pipeline may take to answer when partitions
            are taken away; the target's own time-out and the membership lease at least.
        commit_timeout_seconds: How long the last commit of a revoked partition may
            take; a commit that outlives it can only repeat records.
        assignment_grace_seconds: How long the group and we may disagree on what is
            ours (`group.protocol: consumer`); several heartbeats, whose interval is the
            broker's (5 s unless told otherwise).
        arrival_seconds: How often optional topics are looked for.
        out_of_range: What an offset out of range means.
    """

    kafka: Mapping[str, Property] = field(repr=False)
    startup_timeout_seconds: float = 30.0
    revoke_timeout_seconds: float = 12.0
    commit_timeout_seconds: float = 5.0
    assignment_grace_seconds: float = 20.0
    arrival_seconds: float = 5.0
    out_of_range: OutOfRange = OutOfRange.PAUSE

    def __post_init__(self) -> None:
        """Refuse times that are not positive.

        Raises:
            ValueError: One of them is not.
        """
        for name in ("startup", "revoke", "commit"):
            if getattr(self, f"{name}_timeout_seconds") <= 0:
                raise ValueError(f"{name}_timeout_seconds must be positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What is read.

    Attributes:
        topics: Real names; each must exist when the source starts.
        patterns: Regular expressions that begin with `^`, as librdkafka has them; one
            that matches nothing is no fault, and topics that come later are found.
        optional: Real names of topics that need not exist: read from their beginning,
            whatever `auto.offset.reset` says, once they are there.
        optional_patterns: The same for patterns.
    """

    topics: tuple[str, ...]
    patterns: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    optional_patterns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what librdkafka would read otherwise.

        Raises:
            ValueError: Nothing is named, or a pattern is not one.
        """
        if not self.topics and not self.patterns:
            raise ValueError("a subscription names at least one topic")
        if not all(
            pattern.startswith("^")
            for pattern in (*self.patterns, *self.optional_patterns)
        ):
            raise ValueError("a pattern begins with ^")

    def is_optional(self, topic: str) -> bool:
        """Return whether a topic that is read need not have been there."""
        return topic in self.optional or any(
            re.search(pattern, topic) for pattern in self.optional_patterns
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """One partition, given to this process.

    Attributes:
        partition: Which.
        epoch: Number of this assignment; it grows from each to the next.
        offset: Where reading begins.
        metadata: What was committed with that offset; empty when nothing was.
        reset_from: The offset that was left because the log does not have it; None
            when reading goes on where it stopped.
    """

    partition: TopicPartition
    epoch: int
    offset: int
    metadata: str
    reset_from: int | None = None


class SourceFaultKind(enum.StrEnum):
    """What is wrong at the Kafka edge; a metric's label."""

    BROKERS_DOWN = "brokers_down"
    TLS = "tls"
    AUTHENTICATION = "authentication"
    AUTHORIZATION = "authorization"
    UNKNOWN_TOPIC = "unknown_topic"
    OUT_OF_RANGE = "out_of_range"
    JUMPED_BACK = "jumped_back"
    NO_OFFSET = "no_offset"
    OFFSETS_UNREAD = "offsets_unread"
    ASTRAY = "astray"
    COMMIT = "commit"
    POLL_EXCEEDED = "poll_exceeded"
    CLIENT = "client"
    FATAL = "fatal"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFault:
    """Something at the Kafka edge that a person may have to know.

    Attributes:
        kind: What.
        message: For a person; never a secret.
        mend: What to do about it.
        partition: The one concerned, if it is one.
        offset: The offset concerned, if there is one.
        expired: Records that Kafka deleted before they were read, as far as known.
        is_over: True when this says that the fault ended.
    """

    kind: SourceFaultKind
    message: str
    mend: str
    partition: TopicPartition | None = None
    offset: int | None = None
    expired: int = 0
    is_over: bool = False


class SourceListener(Protocol):
    """What the pipeline does with what happens; all of it on the event loop."""

    def on_records(self, batch: list[Record]) -> None:
        """Take the records that were read, in order; at most what was granted."""

    def on_assigned(self, assigned: tuple[Assigned, ...]) -> None:
        """Learn of new partitions, before any of their records."""

    async def on_revoking(
        self, partitions: frozenset[TopicPartition]
    ) -> Mapping[TopicPartition, Commit]:
        """Fence them, wait for the wire (bounded) and return what to commit.

        The group waits meanwhile. It is cancelled after `revoke_timeout_seconds`. What
        is returned may name partitions that stay, too: then these are committed as well.
        """

    def on_revoked(self, partitions: frozenset[TopicPartition], *, lost: bool) -> None:
        """Drop what is held of them; nothing of them comes any more."""

    def on_committed(
        self,
        commits: Mapping[TopicPartition, Commit],
        failed: Mapping[TopicPartition, int],
        sent_at: float,
    ) -> None:
        """Learn how a commit ended.

        Args:
            commits: What was to be committed.
            failed: Kafka's error code of each that was not.
            sent_at: Monotonic seconds, read before the commit was sent.
        """

    def on_fault(self, fault: SourceFault) -> None:
        """Learn of a fault, or of its end."""
