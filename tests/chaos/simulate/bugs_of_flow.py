"""Bugs on purpose that stop, flood or miscount: promises 4 to 8."""

from __future__ import annotations

from typing import Any

from consumer.model import OutcomeKind
from consumer.pipeline.dispatch import Dispatch as Calls
from consumer.schedule.commits import Commits
from consumer.schedule.dispatch import Dispatch
from consumer.schedule.endpoint import Endpoint
from consumer.schedule.ends import Ends
from consumer.schedule.guard import Guard
from consumer.schedule.held import Flow, Held
from consumer.schedule.limit import AdaptiveLimit
from consumer.schedule.offsets import Partition
from consumer.schedule.quota import Quota
from consumer.schedule.scheduler import Scheduler
from consumer.schedule.shards import Shards
from consumer.schedule.witness import Witnesses
from tests.chaos.simulate.bugs import mutant, replace

# ---------------------------------------------------------- 4, 5, 6: bounds, progress


@mutant(4)
def bounds_are_forgotten() -> None:
    """The room is ten thousand records, whatever is held."""
    replace(Held, "flow", lambda *_: Flow(10_000, frozenset()))


@mutant(5)
def the_first_obstacle_ends_the_taking() -> None:
    """While a profile waits for its retry, nothing behind it is taken."""

    def take(self: Dispatch, room: int, now: float) -> Any:
        waits = any(s.held_by is not None for s in self.shards.by_profile.values())
        return [] if waits and self.shards.next_wake() else old(self, room, now)

    def wake(self: Scheduler, room: int, now: float) -> Any:
        self._dispatch.shards.wake(now)
        return older(self, room, now)

    old = replace(Dispatch, "take", take)
    older = replace(Scheduler, "take", wake)


@mutant(6)
def nobody_is_called_as_a_witness() -> None:
    """A partition of which only what fails is left is never read again."""
    replace(Witnesses, "called", lambda *_: None)


@mutant(6)
def claims_are_forgotten() -> None:
    """A shard that becomes free does not pass its hint on."""

    def free(self: Shards, shard: Any) -> None:
        if shard.flying or shard.held_by is None:
            shard.claims.clear()
        old(self, shard)

    old = replace(Shards, "free", free)


@mutant(6)
def retries_are_forgotten() -> None:
    """No timer ends the wait of one retry in ten."""
    count = iter(range(1, 1 << 60))

    def hold(self: Shards, entry: Any, until: float) -> None:
        if next(count) % 10:
            old(self, entry, until)
        else:
            entry.shard.held_by = entry

    old = replace(Shards, "hold", hold)


@mutant(6)
def halts_never_end() -> None:
    """A delivery does not end a halt."""

    def note_delivery(self: Endpoint, work: Any, now: float) -> Any:
        halt = self.halt
        ended = old(self, work, now)
        if ended is not None:
            self.halt = halt
        return ended

    old = replace(Endpoint, "note_delivery", note_delivery)


@mutant(6)
def guards_try_once() -> None:
    """After its first probe an open guard has no other."""

    def pass_probe(self: Guard, now: float) -> None:
        old(self, now)
        self.probe_at = now + 1e9

    def fail_probe(self: Guard, code: str, now: float) -> None:
        older(self, code, now)
        self.probe_at = now + 1e9

    old = replace(Guard, "pass_probe", pass_probe)
    older = replace(Guard, "fail_probe", fail_probe)


@mutant(6)
def a_limit_below_one_is_none() -> None:
    """While the adaptive limit is below one nothing is sent."""

    def room(self: AdaptiveLimit, in_flight: int, now: float) -> int:
        return int(old(self, in_flight, now)) if self.current >= 1 else 0

    old = replace(AdaptiveLimit, "room", room)


@mutant(6)
def bytes_leak() -> None:
    """Half of a settled record's size stays counted."""

    def remove(self: Held, partition: Any, size_bytes: int) -> None:
        old(self, partition, size_bytes // 2)

    old = replace(Held, "remove", remove)


@mutant(6)
def next_is_last_and_one() -> None:
    """A gap in the offsets is waited for."""

    def admit(self: Partition, record: Any) -> Any:
        if record.offset > self.next_offset + 2:
            return None
        return old(self, record)

    old = replace(Partition, "admit", admit)


@mutant(6)
def commits_are_sent_once() -> None:
    """A commit that failed is not sent again."""

    def acknowledge(
        self: Commits, partitions: Any, commits: Any, failed: Any, sent_at: float
    ) -> Any:
        for name, commit in commits.items():
            if name in partitions and partitions[name].epoch == commit.epoch:
                partitions[name].acknowledged = commit
                partitions[name].stop_code = None
        return old(self, partitions, commits, failed, sent_at)

    old = replace(Commits, "acknowledge", acknowledge)


@mutant(6)
def a_work_is_not_brought_home() -> None:
    """A call that raised, or was refused by its lease, stays in flight."""

    def complete(self: Scheduler, work: Any, outcome: Any, now: float) -> Any:
        if outcome.kind is OutcomeKind.UNSENT:
            return []
        return old(self, work, outcome, now)

    old = replace(Scheduler, "complete", complete)


# ------------------------------------------------------------- 7, 8: quota, the counts


@mutant(7)
def calls_are_not_counted() -> None:
    """One call in ten is not counted against the quota."""
    count = iter(range(1, 1 << 60))

    def spend(self: Quota, now: float) -> None:
        if next(count) % 10:
            old(self, now)

    old = replace(Quota, "spend", spend)


@mutant(7)
def splits_share_no_quota() -> None:
    """The quota is asked when works are taken, not when calls go out."""

    def may_send(self: Calls, work: Any) -> bool:
        now = self._clock()
        if not self._scheduler.may_send(work, now):
            return False
        self._quota.spend(now)
        return True

    replace(Calls, "_may_send", may_send)


@mutant(8)
def merged_records_count_twice() -> None:
    """A record that went out with another counts as that one's, too."""

    def count(self: Ends, end: Any) -> None:
        old(self, end)
        if end == "merged":
            self.delivered += 1

    old = replace(Ends, "count", count)


@mutant(8)
def released_records_are_forgotten() -> None:
    """What is dropped at a revocation is counted nowhere."""

    def revoke(self: Scheduler, partitions: Any) -> int:
        released = old(self, partitions)
        self._ends.released -= released
        return int(released)

    old = replace(Scheduler, "revoke", revoke)


@mutant(8)
def repeats_are_consumed() -> None:
    """A record that the map knows as done is counted as consumed."""

    def admit(self: Scheduler, record: Any, now: float) -> bool:
        found = old(self, record, now)
        self._ends.consumed += not found
        return bool(found)

    old = replace(Scheduler, "admit", admit)
