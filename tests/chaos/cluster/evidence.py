"""What a run left behind, in plain values: what the judge reads, and nothing else.

Rules:
    - Nothing that the consumer says of itself stands here: only what the broker's topics
      have, what the target's log has, whom the broker named an owner, and exit codes.
    - A call is known to be a process's by the client code in its path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.chaos.cluster.faults import Happened
from tests.chaos.cluster.members import Ended
from tests.chaos.cluster.records import Written
from tests.integration.group import Picture

__all__ = ["Call", "Commit", "Evidence", "LetterSeen", "Stored"]


class Stored(NamedTuple):
    """A record in its place.

    Attributes:
        record: What was published.
        partition: Where.
        offset: Likewise.
        at: Its timestamp, Unix seconds: when it was given to the producer.
    """

    record: Written
    partition: int
    offset: int
    at: float


class Call(NamedTuple):
    """One update call that reached the target's application.

    Attributes:
        place: Its place in the order in which the target applies.
        profile: Third-party id.
        sequences: The records that it carries, by their marks, in order.
        latest: The sequence that it leaves in the profile; 0 when it writes none.
        process: Who sent it.
        first_byte_at: When its first byte came, Unix seconds.
        read_at: When it had come whole.
        is_accepted: Whether it was applied.
        fault: The fault that struck its answer; empty for none.
    """

    place: int
    profile: str
    sequences: tuple[int, ...]
    latest: int
    process: str
    first_byte_at: float
    read_at: float
    is_accepted: bool
    fault: str


class Commit(NamedTuple):
    """One commit as the broker wrote it down.

    Attributes:
        at: When, Unix seconds, by the broker's clock and to the millisecond below.
        partition: Of what.
        offset: The committed one.
        marked: Offsets beyond it that the map marks as done, or as gaps.
    """

    at: float
    partition: int
    offset: int
    marked: frozenset[int]


class LetterSeen(NamedTuple):
    """One dead letter.

    Attributes:
        partition: Of its record.
        offset: Likewise.
        at: When it was written, Unix seconds.
        is_whole: False when it was written without the record's value.
    """

    partition: int
    offset: int
    at: float
    is_whole: bool


class Evidence(NamedTuple):
    """Everything.

    Attributes:
        records: What stands in the topic.
        calls: In the order of their places.
        profiles: What the target holds: third-party id to attributes.
        commits: Of the whole run, in the order of the broker's log.
        letters: All that were written.
        pictures: Whom the broker named an owner.
        ended: How each process ended.
        happened: The faults as they were.
        published_at: When the last record was confirmed, Unix seconds.
        done_at: When the group had committed the end of every partition; None when it
            never had.
    """

    records: Sequence[Stored]
    calls: Sequence[Call]
    profiles: Mapping[str, Mapping[str, str]]
    commits: Sequence[Commit]
    letters: Sequence[LetterSeen]
    pictures: Sequence[Picture]
    ended: Sequence[Ended]
    happened: Sequence[Happened]
    published_at: float
    done_at: float | None

    @property
    def faults_over_at(self) -> float:
        """When the last fault was mended and the last record was there."""
        return max([self.published_at, *[each.ended for each in self.happened]])
