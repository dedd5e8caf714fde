"""What a reset of committed offsets would do, before it is done.

Rules:
    - Back: everything from there on is sent again. The map goes, because an earlier
      record sent again would write over a later one that is not.
    - Forward: records without a final outcome are skipped. The map moves along, so that
      nothing that is done beyond is sent again.
    - Numbers are upper bounds until the log was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from consumer.cli.cluster import Cluster
from consumer.cli.standing import NONE, Amount, PartitionStanding
from consumer.errors import DependencyError, UsageError
from consumer.model import TopicPartition
from consumer.schedule.committed import committed_of
from consumer.source.admin import END, Bounds, Stored

__all__ = ["AtTime", "Move", "counted_moves", "moves_to"]

Targets = Callable[[TopicPartition, Bounds], int]
# See `Admin.at_time`.
AtTime = Callable[[list[TopicPartition], int], dict[TopicPartition, int | str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What becomes of one partition.

    Attributes:
        before: Where the group stands.
        bounds: What the log holds.
        to: The offset to commit.
        metadata: The map to commit with it; empty for none.
        again: Records with a final outcome that would be sent again.
        skipped: Records without one that would never be sent.
    """

    before: PartitionStanding
    bounds: Bounds
    to: int
    metadata: str = ""
    again: Amount = NONE
    skipped: Amount = NONE

    @property
    def place(self) -> TopicPartition:
        """Which partition."""
        return self.before.place

    @property
    def is_change(self) -> bool:
        """Whether there is anything to commit."""
        committed = self.before.committed
        return committed is None or committed.offset != self.to

    @property
    def stored(self) -> Stored:
        """What to commit."""
        return Stored(self.to, self.metadata)

    @property
    def begins(self) -> int:
        """Where reading would go on without the reset."""
        begins = self.before.begins
        return self.bounds.start if begins is None else begins

    def counts(self, offsets: Iterable[int]) -> tuple[int, int]:
        """Return how many of the log's records are sent again, and how many skipped.

        Args:
            offsets: Where the log has records, from the lower of both ends on.
        """
        kept = committed_of(self.to, self.metadata)
        again = skipped = 0
        for offset in offsets:
            if self.before.is_done(offset):
                again += offset >= self.to and not kept.is_done(offset)
            else:
                skipped += self.begins <= offset < self.to
        return again, skipped


def moves_to(
    text: str, partitions: Iterable[PartitionStanding], at_time: AtTime
) -> list[Move]:
    """Return what `--to` would do to some partitions.

    Args:
        text: `earliest`, `latest`, an offset, or a time in RFC 3339.
        partitions: Which.
        at_time: Gives the first offset of each partition at a time or later.

    Raises:
        DependencyError: The log of a partition is not told.

    Raises UsageError when `text` is none of these, or an offset that the log has not.
    """
    known: list[tuple[PartitionStanding, Bounds]] = []
    for one in partitions:
        if one.bounds is None:
            raise DependencyError(f"{one.place}: {one.problem}")
        known.append((one, one.bounds))
    target = targets(text, [one.place for one, _ in known], at_time)
    return [moved(one, bounds, target(one.place, bounds)) for one, bounds in known]


def targets(text: str, places: list[TopicPartition], at_time: AtTime) -> Targets:
    """Return what gives each partition its offset; see `moves_to` for the errors."""
    if text == "earliest":
        return lambda _, bounds: bounds.start
    if text == "latest":
        return lambda _, bounds: bounds.readable
    if text.isdecimal() and text.isascii():
        return lambda place, bounds: within(int(text), place, bounds)
    found = at_time(places, milliseconds(text))

    def young(place: TopicPartition, bounds: Bounds) -> int:
        offset = found[place]
        if isinstance(offset, str):
            raise DependencyError(f"{place}: no offset for that time: {offset}")
        return bounds.readable if offset == END else offset

    return young


def within(offset: int, place: TopicPartition, bounds: Bounds) -> int:
    """Return an offset that the log has, or is about to have.

    Raises:
        UsageError: It has not.
    """
    if not bounds.start <= offset <= bounds.end:
        raise UsageError(
            f"{place} has offsets from {bounds.start}, and ends at {bounds.end}: "
            f"{offset} is not among them"
        )
    return offset


def milliseconds(text: str) -> int:
    """Return a time as Unix milliseconds.

    Raises:
        UsageError: It is no time, or does not say its offset from UTC.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--to {text}: neither earliest, latest, an offset, nor a time such as "
            "2026-11-20T08:00:00Z"
        ) from None
    if moment.tzinfo is None:
        raise UsageError(f"--to {text}: say where: {text}Z, or an offset like +01:00")
    return round(moment.timestamp() * 1000)


def moved(one: PartitionStanding, bounds: Bounds, to: int) -> Move:
    """Return what becomes of a partition; numbers are bounds, none is exact."""
    committed = one.committed
    move = Move(before=one, bounds=bounds, to=to)
    if committed is None:
        return replace(move, skipped=at_most(to - move.begins))
    move = replace(move, metadata=committed.moved(to))
    kept = committed_of(to, move.metadata).done
    below = max(0, min(committed.offset, bounds.end) - max(to, bounds.start))
    beyond = committed.done_in(to, committed.end) - kept
    skipped = to - move.begins - committed.done_in(move.begins, to)
    return replace(move, again=at_most(below + beyond), skipped=at_most(skipped))


def at_most(count: int) -> Amount:
    """Return a number of offsets as one of records; none is none."""
    return Amount(count) if count > 0 else NONE


def counted_moves(cluster: Cluster, moves: Iterable[Move]) -> Iterator[Move]:
    """Give moves with their records counted in the log itself."""
    for move in moves:
        if move.again.is_exact and move.skipped.is_exact:
            yield move
            continue
        committed = move.before.committed
        last = move.to if committed is None else max(move.to, committed.end)
        wanted = (min(move.begins, move.to), min(last, move.bounds.readable))
        again, skipped = move.counts(cluster.offsets(move.place, wanted))
        yield replace(
            move,
            again=Amount(again, is_exact=True),
            skipped=Amount(skipped, is_exact=True),
        )
