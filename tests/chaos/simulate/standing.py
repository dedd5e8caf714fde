"""What one process has been told, as its pipeline must know it: kept beside the pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from consumer.model import Commit, Record, TopicPartition
from consumer.source.values import Assigned
from tests.chaos.simulate.calls import Call

__all__ = ["STOP_CODES", "Share", "Standing"]

STOP_CODES = frozenset({22, 25, 27, 113})
NEVER = float("-inf")


class Share:
    """One assignment of one partition.

    Attributes:
        epoch: Its number.
        start: Where it began.
        at: When it was told.
        asked: The highest offset that was asked to be committed in it.
        is_fenced: True once its revocation has begun.
        is_confirmed: True once a commit that was sent after it was acknowledged.
        is_stopped: True while a broker's error stops it.
        handed: The offsets that were handed over in it.
        read_to: One past the highest of them.
        sent: For each profile, the calls that carried records of it, in order.
        kept: For each profile, the newest record that the target has of it.
        told: Numbers and profiles whose delivery the process has learnt of.
    """

    def __init__(self, assigned: Assigned, now: float) -> None:
        self.epoch = assigned.epoch
        self.start = assigned.offset
        self.at = now
        self.asked = assigned.offset
        self.is_fenced = False
        self.is_confirmed = False
        self.is_stopped = False
        self.handed: set[int] = set()
        self.read_to = assigned.offset
        self.sent: dict[str, list[Call]] = {}
        self.kept: dict[str, int] = {}
        self.told: set[tuple[int, str]] = set()


class Standing:
    """All that one process was told. Owned by the judge.

    Attributes:
        shares: Its partitions.
        gave_back: What it asked to be committed last of partitions that are gone.
        renewed_at: When the newest acknowledged commit was sent.
        calls: The newest call for each profile.
        call_times: When each call's first byte left.
        handed: Records that were handed over to it in a live epoch.
        confirmed_letters: Letters that it knows to be written.
        done: Calls, records and letters when it was last looked at.
        idle_since: Since when it holds records and does nothing, without a reason.
        unread_since: Since when it reads nothing although it might, without a reason.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.shares: dict[TopicPartition, Share] = {}
        self.renewed_at = NEVER
        self.gave_back: dict[TopicPartition, int] = {}
        self.calls: dict[str, Call] = {}
        self.call_times: list[float] = []
        self.handed = 0
        self.confirmed_letters = 0
        self.done = (0, 0, 0)
        self.idle_since = NEVER
        self.unread_since = NEVER

    def assign(self, assigned: Iterable[Assigned], now: float) -> None:
        """Note new partitions."""
        for one in assigned:
            self.shares[one.partition] = Share(one, now)
        self.idle_since = self.unread_since = now

    def fence(self, partitions: Iterable[TopicPartition]) -> None:
        """Note that a revocation begins."""
        for partition in partitions:
            if partition in self.shares:
                self.shares[partition].is_fenced = True

    def drop(self, partitions: Iterable[TopicPartition]) -> None:
        """Note that partitions are gone."""
        for partition in partitions:
            self.shares.pop(partition, None)

    def hand(self, batch: Iterable[Record]) -> None:
        """Note records that were handed over."""
        for record in batch:
            share = self.shares.get(record.source)
            if share is not None and share.epoch == record.epoch:
                share.handed.add(record.offset)
                share.read_to = record.offset + 1
                self.handed += 1

    def commit(
        self,
        commits: Mapping[TopicPartition, Commit],
        failed: Mapping[TopicPartition, int],
        sent_at: float,
    ) -> None:
        """Note how a commit ended."""
        for partition, commit in commits.items():
            share = self.shares.get(partition)
            if share is None or share.epoch != commit.epoch:
                continue
            if partition not in failed:
                share.is_stopped = False
            elif failed[partition] in STOP_CODES:
                share.is_stopped = True
        if commits.keys() - failed.keys():
            self.renewed_at = max(self.renewed_at, sent_at)
            for share in self.shares.values():
                if sent_at >= share.at:
                    share.is_confirmed = True
