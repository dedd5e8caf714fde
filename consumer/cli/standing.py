"""Where a group stands: values, and how they are judged.

Rules:
    - A number of offsets is never told as a number of records: transactions and
      compaction leave gaps. Such a number is an upper bound, and says so, until the log
      itself was read.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

from consumer.model import TopicPartition
from consumer.schedule.committed import Committed, MapState, Range
from consumer.source.admin import Bounds
from consumer.source.group import Group, Member

__all__ = [
    "NONE",
    "Amount",
    "PartitionStanding",
    "Standing",
    "TopicStanding",
    "between",
    "judged",
]


@dataclass(frozen=True, slots=True)
class Amount:
    """How many records.

    Attributes:
        records: That many, or at most that many.
        is_exact: Which of the two.
    """

    records: int
    is_exact: bool = False

    def __add__(self, other: Amount) -> Amount:
        """Return both together."""
        is_exact = self.is_exact and other.is_exact
        return Amount(self.records + other.records, is_exact=is_exact)

    def __str__(self) -> str:
        """Return the number, marked when it is a bound."""
        return f"{self.records}" if self.is_exact else f"<={self.records}"

    @property
    def words(self) -> str:
        """The same, with `record` or `records` behind it."""
        return f"{self} record" if self.records == 1 else f"{self} records"


NONE = Amount(0, is_exact=True)
# What is done beyond such a commit is not known, and will be sent again.
MAPS = {
    MapState.FOREIGN: "the commit's metadata is somebody else's: no offset map",
    MapState.DAMAGED: "the offset map of the commit is damaged",
    MapState.MOVED: "the offset map is of another offset: a tool moved the commit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionStanding:
    """One partition.

    Attributes:
        place: Which.
        bounds: What its log holds; None when that is not known.
        problem: What is wrong with it, for a person; empty for nothing.
        committed: What the group has committed; None for nothing.
        begins: Where reading goes on; None when nobody can say (no commit, and
            `auto.offset.reset: error`, or no bounds).
        owner: Who reads it now; None for nobody, or where it is not told.
        lag: Records without a final outcome; None when it is not known.
    """

    place: TopicPartition
    bounds: Bounds | None = None
    problem: str = ""
    committed: Committed | None = None
    begins: int | None = None
    owner: Member | None = None
    lag: Amount | None = None

    @property
    def done_beyond(self) -> int:
        """How many offsets beyond the committed one are done, gaps included."""
        return 0 if self.committed is None else self.committed.done

    def not_done(self, most: int) -> tuple[list[Range], bool]:
        """Return ranges that are not done below the last done offset.

        Returns:
            The first `most` of them, and whether there are more.
        """
        every = iter(()) if self.committed is None else self.committed.not_done()
        found = list(itertools.islice(every, most + 1))
        return found[:most], len(found) > most

    def is_done(self, offset: int) -> bool:
        """Whether the group has said that a record is done."""
        return self.committed is not None and self.committed.is_done(offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicStanding:
    """One topic that the group reads, or has read.

    Attributes:
        name: Its real name.
        kind: `source`, `replay`, or `other` for one that no mapping reads any more.
        partitions: In order.
    """

    name: str
    kind: str
    partitions: tuple[PartitionStanding, ...]

    @property
    def lag(self) -> Amount | None:
        """The lag of all partitions; None when one of them is not known."""
        total = NONE
        for one in self.partitions:
            if one.lag is None:
                return None
            total += one.lag
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Everything.

    Attributes:
        group_id: The group.
        group: As its coordinator describes it; None when it does not.
        topics: What it reads.
        missing: Topics that a mapping reads and the cluster does not have, or show.
        letters: Dead-letter topic to how many records it holds; None when not known.
    """

    group_id: str
    group: Group | None
    topics: tuple[TopicStanding, ...]
    missing: tuple[str, ...] = ()
    letters: Mapping[str, Amount | None]


def between(bounds: Bounds) -> Amount:
    """Return how many records a log holds at most; none is none."""
    count = bounds.end - bounds.start
    return Amount(count, is_exact=not count)


def judged(
    one: PartitionStanding, bounds: Bounds | str, policy: str
) -> PartitionStanding:
    """Return a partition with where it goes on, its lag, and what is wrong."""
    if isinstance(bounds, str):
        return replace(one, problem=f"the log is not told: {bounds}")
    begins, problem = beginning(one.committed, bounds, policy)
    if begins is None:
        return replace(one, bounds=bounds, problem=problem)
    last = max(begins, bounds.readable)
    done = 0 if one.committed is None else one.committed.done_in(begins, last)
    lag = last - begins - done
    return replace(
        one,
        bounds=bounds,
        begins=begins,
        problem=problem,
        lag=Amount(lag, is_exact=not lag),
    )


def beginning(
    committed: Committed | None, bounds: Bounds, policy: str
) -> tuple[int | None, str]:
    """Return where reading goes on, and what is wrong with that."""
    if committed is None:
        if policy == "error":
            return None, "no commit, and auto.offset.reset is error"
        return (bounds.start if policy == "earliest" else bounds.readable), ""
    if committed.offset < bounds.start:
        last = bounds.start
        lost = last - committed.offset - committed.done_in(committed.offset, last)
        problem = f"Kafka has deleted records that were not done: {lost} at most"
        return last, problem if lost else ""
    if committed.offset > bounds.end:
        return (
            committed.offset,
            "the commit is beyond the log: was the topic made anew?",
        )
    if bounds.readable < bounds.end:
        open_ = bounds.end - bounds.readable
        return committed.offset, f"an open transaction holds back offsets: {open_}"
    return committed.offset, MAPS.get(committed.state, "")
