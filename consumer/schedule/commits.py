"""The membership lease and what the broker has confirmed.

Rules:
    - Only an acknowledged commit proves that this process is still a member, and it
      proves it for the moment when it was *sent*: the answer may have been on its way
      for any time. Nothing is taken `membership_lease_seconds` after that.
    - An assignment proves nothing. A partition's items wait for the acknowledgement of
      a commit that was sent after the assignment; its start offset is due at once.
    - A commit is due while the broker has not confirmed what is committable. At half
      the lease all of them are due, changed or not.
    - Error 12 (OFFSET_METADATA_TOO_LARGE) refuses the offset map: the next commit is made
      without one, and later ones with half the space.
    - Errors 22, 25, 27 and 113 stop a partition until a commit of it is acknowledged.
      (Kafka protocol guide, error codes: ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID,
      REBALANCE_IN_PROGRESS, STALE_MEMBER_EPOCH.) A failed commit drops nothing.

Theory of operation:
    A partition is looked at only after something in it changed, so many idle ones cost
    next to nothing. What is due stays due until it is acknowledged: the caller sends
    one commit at a time and asks again.
"""

from __future__ import annotations

from collections.abc import Mapping

from consumer.model import Commit, TopicPartition
from consumer.schedule.offsets import Partition

__all__ = ["METADATA_TOO_LARGE", "STOP_CODES", "Commits"]

METADATA_TOO_LARGE = 12
STOP_CODES = frozenset({22, 25, 27, 113})
NEVER = float("-inf")


class Commits:
    """Lease and commit bookkeeping. Owned by the scheduler.

    Attributes:
        lease_seconds: How long an acknowledged commit proves membership.
        renewed_at: When the newest acknowledged commit was sent.
        lease_until: When the lease lapses; nothing is taken from then on.
        full_maps: The partitions whose offset map is full, and since when.
    """

    def __init__(self, lease_seconds: float) -> None:
        self.renewed_at = NEVER
        self.lease_until = NEVER
        self.lease_seconds = lease_seconds
        self.full_maps: dict[Partition, float] = {}
        self._changed: dict[Partition, None] = {}
        self._due: dict[TopicPartition, Commit] = {}

    def touch(self, partition: Partition) -> None:
        """Note that a partition's commit, or whether it is due, may have changed."""
        self._changed[partition] = None

    def forget(self, partition: Partition) -> None:
        """Forget a partition whose epoch is over."""
        self._changed.pop(partition, None)
        self.full_maps.pop(partition, None)
        self._due.pop(partition.name, None)

    def due(
        self, partitions: Mapping[TopicPartition, Partition], now: float
    ) -> dict[TopicPartition, Commit]:
        """Return what is to be committed now; fenced partitions are their callback's."""
        for partition in self._changed:
            if partition.is_map_full:
                self.full_maps.setdefault(partition, now)
            else:
                self.full_maps.pop(partition, None)
        if now >= self.renewed_at + self.lease_seconds / 2:
            return {n: p.commit for n, p in partitions.items() if not p.fenced}
        for partition in self._changed:
            if partition.is_commit_due:
                self._due[partition.name] = partition.commit
            else:
                self._due.pop(partition.name, None)
        self._changed.clear()
        return self._due.copy()

    def acknowledge(
        self,
        partitions: Mapping[TopicPartition, Partition],
        commits: Mapping[TopicPartition, Commit],
        failed: Mapping[TopicPartition, int],
        sent_at: float,
    ) -> list[Partition]:
        """Note the broker's answer; return the partitions that it opened."""
        closed = [p for p in partitions.values() if not p.open]
        for name, commit in commits.items():
            partition = partitions.get(name)
            if name not in failed and partition and partition.epoch == commit.epoch:
                partition.acknowledge(commit)
                self.touch(partition)
        for name, code in failed.items():
            self._fail(partitions.get(name), commits.get(name), code, sent_at)
        if commits.keys() - failed.keys() and sent_at >= self.renewed_at:
            self._renew(partitions, sent_at)
        return [p for p in closed if p.open]

    def _fail(
        self,
        partition: Partition | None,
        commit: Commit | None,
        code: int,
        sent_at: float,
    ) -> None:
        if partition is None or (commit and commit.epoch != partition.epoch):
            return
        if code in STOP_CODES:
            partition.stop(code, sent_at)
        elif code == METADATA_TOO_LARGE and commit and commit.metadata:
            partition.refuse_map()
        self.touch(partition)

    def _renew(
        self, partitions: Mapping[TopicPartition, Partition], sent_at: float
    ) -> None:
        self.renewed_at = sent_at
        self.lease_until = sent_at + self.lease_seconds
        for partition in partitions.values():
            if sent_at >= partition.assigned_at:
                partition.confirm()
