"""The held bounds: how much is admitted and not settled, and who may still read.

Rules:
    - Half of each bound (records, bytes) is common. The other half is divided equally
      among the assigned partitions: each one's *own part*.
    - A partition that has used its own part is not fetched while the common half is
      full, and is fetched again at 60 % of its own part. So a failing profile or a
      waiting schema takes the common half and its own part, never another's part.
    - A little of the common half is kept for *witnesses* (`witness`): single records of
      partitions that are not fetched. They take nothing of another's own part.
    - The room is what may be read whichever of the fetched partitions it comes from:
      what is left of the common half and of the smallest own part left. The bound in
      records therefore holds whatever the broker sends. Sizes are not known before the
      fetch, so the room in bytes is reckoned with the mean size of what is held.

Theory of operation:
    How much of the common half is used changes by at most one record with each
    admission and settlement, so nothing is summed up in the hot path; the partitions
    are walked through only under pressure, once per call of `flow`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from consumer.model import TopicPartition
from consumer.schedule.offsets import Partition
from consumer.schedule.policy import SchedulePolicy

__all__ = ["Flow", "Held"]

NONE_PAUSED: frozenset[TopicPartition] = frozenset()

PRESSED_RATIO = 0.75

# A part counts as used up when less than this of it is left: else the last free record
# of a part that nobody fills would be the room of everybody.
SLACK = 32
# For witnesses: such a part of the common half, and in records so many at least, if
# that is no more than a quarter of it.
WITNESS_PART = 16
FEW_WITNESSES, LARGEST_WITNESS_PART = 8, 4


class Flow(NamedTuple):
    """How much the source may still read, and from where.

    Attributes:
        room: Records that may be read from now on, from all partitions together.
        paused: Partitions that are not to be fetched.
    """

    room: int
    paused: frozenset[TopicPartition]


class Held:
    """The held bounds. Owned by the scheduler.

    Attributes:
        records: Admitted and not settled.
        size_bytes: Their size.
        paused: The partitions that are not to be fetched, and since when.
        full_since: Since when nothing at all may be read, a bound being reached as a
            whole; None when none is. (A new assignment makes the parts smaller than
            what is held, and one fetch may exceed the bound in bytes.)
        own_records: Each partition's own part of the bound in records.
    """

    def __init__(self, policy: SchedulePolicy) -> None:
        self.records = 0
        self.size_bytes = 0
        self.full_since: float | None = None
        self._policy = policy
        self.paused: dict[Partition, float] = {}
        self.own_records = self._own_bytes = 0
        self._common_records = self._common_bytes = 0  # without those for witnesses
        self._kept_records = self._kept_bytes = 0
        self._used_records = self._used_bytes = 0
        self.share(())

    @property
    def is_pressed(self) -> bool:
        """True when so much is held that nothing is to be held back in order to merge."""
        policy = self._policy
        return (
            bool(self.paused)
            or self.records >= PRESSED_RATIO * policy.held_records
            or self.size_bytes >= PRESSED_RATIO * policy.held_bytes
        )

    def share(self, partitions: Collection[Partition]) -> None:
        """Divide the bounds anew among the assigned partitions."""
        count = max(1, len(partitions))
        policy = self._policy
        self.own_records = policy.held_records // (2 * count)
        self._own_bytes = policy.held_bytes // (2 * count)
        common = policy.held_records - self.own_records * count
        self._kept_records = max(
            common // WITNESS_PART, min(FEW_WITNESSES, common // LARGEST_WITNESS_PART)
        )
        self._common_records = common - self._kept_records
        common_bytes = policy.held_bytes - self._own_bytes * count
        self._kept_bytes = common_bytes // WITNESS_PART
        self._common_bytes = common_bytes - self._kept_bytes
        self.records = sum(len(p.incomplete) for p in partitions)
        self.size_bytes = sum(p.held_bytes for p in partitions)
        self._used_records = sum(
            max(0, len(p.incomplete) - self.own_records) for p in partitions
        )
        self._used_bytes = sum(
            max(0, p.held_bytes - self._own_bytes) for p in partitions
        )
        self.paused = {p: at for p, at in self.paused.items() if p.alive}

    def add(self, partition: Partition, size_bytes: int) -> None:
        """Count a record that was admitted."""
        self.records += 1
        self.size_bytes += size_bytes
        partition.held_bytes += size_bytes
        if len(partition.incomplete) > self.own_records:
            self._used_records += 1
        excess = partition.held_bytes - self._own_bytes
        if excess > 0:
            self._used_bytes += min(size_bytes, excess)

    def remove(self, partition: Partition, size_bytes: int) -> None:
        """Count a record that was settled."""
        self.records -= 1
        self.size_bytes -= size_bytes
        if len(partition.incomplete) >= self.own_records:
            self._used_records -= 1
        excess = partition.held_bytes - self._own_bytes
        if excess > 0:
            self._used_bytes -= min(size_bytes, excess)
        partition.held_bytes -= size_bytes

    def flow(self, partitions: Collection[Partition], now: float) -> Flow:
        """Return what may be read; the paused set is judged anew."""
        left_records = self._common_records - self._used_records
        left_bytes = self._common_bytes - self._used_bytes
        full_records = left_records <= self._common_records // SLACK
        full_bytes = left_bytes <= self._common_bytes // SLACK
        self._note_full(now)
        if not (full_records or full_bytes or self.paused):
            return Flow(min(left_records, self._in_records(left_bytes)), NONE_PAUSED)
        self._judge(partitions, now, full=(full_records, full_bytes))
        fetched = [p for p in partitions if p not in self.paused]
        if not fetched:
            return Flow(0, frozenset(p.name for p in self.paused))
        own_records = min(self.own_records - len(p.incomplete) for p in fetched)
        own_bytes = min(self._own_bytes - p.held_bytes for p in fetched)
        room = min(
            self._policy.held_records - self.records,
            max(0, left_records) + max(0, own_records),
            self._in_records(max(0, left_bytes) + max(0, own_bytes)),
        )
        return Flow(max(0, room), frozenset(p.name for p in self.paused))

    def has_room_for_witness(self, partition: Partition) -> bool:
        """Tell whether one more record of a partition that is not fetched may be held."""
        own = max(0, self.own_records - len(partition.incomplete))
        left = self._common_records + self._kept_records - self._used_records + own
        own_bytes = max(0, self._own_bytes - partition.held_bytes)
        left_bytes = self._common_bytes + self._kept_bytes - self._used_bytes
        policy = self._policy
        return (
            min(left, left_bytes + own_bytes) > 0
            and self.records < policy.held_records
            and self.size_bytes < policy.held_bytes
        )

    def _note_full(self, now: float) -> None:
        policy = self._policy
        if self.records < policy.held_records and self.size_bytes < policy.held_bytes:
            self.full_since = None
        elif self.full_since is None:
            self.full_since = now

    def _in_records(self, left_bytes: int) -> int:
        left = min(left_bytes, self._policy.held_bytes - self.size_bytes)
        if left <= 0:
            return 0
        if not self.size_bytes:
            return self._policy.held_records
        return max(1, left * self.records // self.size_bytes)

    def _judge(
        self, partitions: Collection[Partition], now: float, full: tuple[bool, bool]
    ) -> None:
        full_records, full_bytes = full
        ratio = self._policy.resume_ratio
        enough_records = self.own_records - self.own_records // SLACK
        enough_bytes = self._own_bytes - self._own_bytes // SLACK
        for partition in partitions:
            records, size_bytes = len(partition.incomplete), partition.held_bytes
            used_up = (full_records and records >= enough_records) or (
                full_bytes and size_bytes >= enough_bytes
            )
            if used_up:
                self.paused.setdefault(partition, now)
            elif (
                partition in self.paused
                and records <= ratio * self.own_records
                and size_bytes <= ratio * self._own_bytes
            ):
                del self.paused[partition]
