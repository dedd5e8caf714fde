"""Bugs on purpose, each of which the histories must find: else they prove nothing.

A mutant changes one rule of the consumer in the process that it is put in force in, for
good. Each names the promise that it breaks; it is found when any promise is seen to be
broken, since a lost record, say, may first be seen as one that never ends.

Rules:
    - A mutant that does not fit the code any more is an error, not a survivor.
    - No bug is here that only repeats records, or only delays them: that is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from consumer.deliver import answers as deliver_answers
from consumer.errors import DependencyError
from consumer.model import Commit, OutcomeKind
from consumer.pipeline.dispatch import Dispatch as Calls
from consumer.pipeline.intake import Intake
from consumer.pipeline.pipeline import Pipeline
from consumer.pipeline.schemas import SchemaDesk
from consumer.pipeline.settlement import SettlementDesk
from consumer.schedule import dispatch, merging, scheduler
from consumer.schedule.answers import Answers
from consumer.schedule.commits import Commits
from consumer.schedule.dispatch import Dispatch
from consumer.schedule.endpoint import Endpoint
from consumer.schedule.ends import Ends
from consumer.schedule.held import Flow, Held
from consumer.schedule.marks import Marks
from consumer.schedule.offsets import Partition
from consumer.schedule.quota import Quota
from consumer.schedule.scheduler import Scheduler
from consumer.schedule.shards import Shards

__all__ = ["MUTANTS", "Mutant"]


class Mutant(NamedTuple):
    """One bug.

    Attributes:
        promise: Which it breaks.
        text: What it does.
        change: Does it.
    """

    promise: int
    text: str
    change: Callable[[], None]

    def put_in_force(self) -> None:
        """Change the consumer of this process, for good."""
        self.change()


MUTANTS: dict[str, Mutant] = {}


def mutant(promise: int) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Enter a change in the list, under its function's name."""

    def enter(change: Callable[[], None]) -> Callable[[], None]:
        text = (change.__doc__ or "").strip()
        MUTANTS[change.__name__] = Mutant(promise, text, change)
        return change

    return enter


def replace(owner: object, name: str, new: object) -> Any:
    """Put `new` in the place of what `owner` has there; return that.

    Raises:
        AttributeError: There is no such thing any more.
    """
    old = vars(owner)[name] if isinstance(owner, type) else getattr(owner, name)
    setattr(owner, name, new)
    return old


# ------------------------------------------------------------------- 1: at least once


@mutant(1)
def one_too_far() -> None:
    """The commit is one offset past the lowest incomplete record."""
    old = replace(Partition, "committable", None)
    Partition.committable = property(  # type: ignore[assignment, method-assign]
        lambda self: old.fget(self) + bool(self.incomplete)
    )


@mutant(1)
def highest_seen() -> None:
    """The commit is one past the highest offset seen, whatever is incomplete."""
    Partition.committable = property(lambda self: self.next_offset)  # type: ignore[assignment, method-assign]


@mutant(1)
def letters_are_not_waited_for() -> None:
    """A record is settled when it is rejected, not when its letter is confirmed."""

    def reject(self: Scheduler, *args: Any) -> Any:
        settlement = old(self, *args)
        self.settle(args[0])
        return settlement

    old = replace(Scheduler, "reject", reject)


@mutant(1)
def failed_letters_are_let_go() -> None:
    """A letter that the broker refuses is logged, and the record goes on."""

    async def write(self: SettlementDesk, settlement: Any) -> None:
        writer = self._letters

        class Forgiving:
            async def write(self, letter: Any) -> None:
                try:
                    await writer.write(letter)
                except DependencyError:
                    return

        self._letters = Forgiving()
        try:
            await old(self, settlement)
        finally:
            self._letters = writer

    old = replace(SettlementDesk, "_write", write)


@mutant(1)
def failures_are_deliveries() -> None:
    """A time-out counts as a delivery."""
    kinds = dict(deliver_answers.FAULTS)
    for kind, outcome in kinds.items():
        if outcome is OutcomeKind.RETRY:
            deliver_answers.FAULTS[kind] = OutcomeKind.DELIVERED


@mutant(1)
def unsent_is_dropped() -> None:
    """A work that was not sent is not put back."""
    replace(Dispatch, "_unsent", lambda self, entries: [])


@mutant(1)
def unsent_is_settled() -> None:
    """A work that was not sent counts as delivered."""
    replace(
        Dispatch,
        "_unsent",
        lambda self, entries: [dispatch.Ended(entry, None) for entry in entries],
    )


@mutant(1)
def the_first_item_settles() -> None:
    """A record with two items is settled by the first."""

    def offer(self: Scheduler, record: Any, mapped: Any, *rest: Any) -> Any:
        answer = old(self, record, mapped, *rest)
        ticket = self._ticket(record)
        if ticket is not None and ticket.open_items > 1:
            ticket.open_items = 1
        return answer

    old = replace(Scheduler, "offer", offer)


@mutant(1)
def merged_items_are_lost() -> None:
    """Of a merged work only the newest item's attributes are sent."""

    def gather(*args: Any) -> Any:
        found = old(*args)
        return merging.Gathered(found.entries, found.entries[-1].item.attributes)

    old = replace(dispatch, "gather", gather)


# ----------------------------------------------------------------------- 2: order


@mutant(2)
def two_in_flight() -> None:
    """A profile whose call is on the wire gives another one."""

    def candidate(self: Shards, hint: Any) -> Any:
        shard = hint.shard
        if hint.waiting and shard.flying and hint.ticket.partition.open:
            return hint
        return old(self, hint)

    old = replace(Shards, "candidate", candidate)


@mutant(2)
def retries_go_last() -> None:
    """What failed returns to the end of its shard."""

    def put_back(self: Shards, entries: Any) -> None:
        old(self, entries)
        for entry in entries:
            entry.shard.entries.remove(entry)
            entry.shard.entries.append(entry)

    old = replace(Shards, "put_back", put_back)


@mutant(2)
def halves_change_places() -> None:
    """The second half of a rejected work is sent first."""
    replace(dispatch, "halves", lambda entries: turned(entries))

    def put_back(self: Shards, entries: Any) -> None:
        old(self, turned_whole(entries))

    old = replace(Shards, "put_back", put_back)


def turned_whole(entries: Any) -> Any:
    """Return the later half first."""
    middle = (len(entries) + 1) // 2
    return (*entries[middle:], *entries[:middle])


def turned(entries: Any) -> Any:
    """Return the halves, the later one first."""
    middle = (len(entries) + 1) // 2
    return entries[middle:], entries[:middle]


@mutant(2)
def waiting_records_are_overtaken() -> None:
    """A record that waits for its schema does not hold those behind it."""

    def take_in(self: Intake, batch: Any, now: float) -> None:
        for record in batch:
            if self._scheduler.admit(record, now):
                held = self._waiting.get(record.source)
                if not self._advance(record, now):
                    if held is None:
                        held = self._waiting[record.source]
                    held.records.append(record)

    replace(Intake, "take_in", take_in)


# ------------------------------------------------------------------ 3: final state


@mutant(3)
def earlier_values_win() -> None:
    """In a merge an attribute keeps its first value."""

    def gather(*args: Any) -> Any:
        found = old(*args)
        union: dict[str, str] = {}
        for entry in reversed(found.entries):
            union.update(entry.item.attributes)
        return merging.Gathered(found.entries, union)

    old = replace(dispatch, "gather", gather)


@mutant(3)
def marks_without_completeness() -> None:
    """A complete record is marked though an earlier one of its profile is not."""
    replace(Marks, "_is_kept", lambda *_: False)


@mutant(3)
def unknown_profiles_are_passed() -> None:
    """The map goes on behind a record that was rejected before its profile was known."""

    def reject(self: Scheduler, record: Any, *rest: Any) -> Any:
        settlement = old(self, record, *rest)
        ticket = self._ticket(record)
        if ticket is not None:
            ticket.partition.unknown.discard(record.offset)
        return settlement

    old = replace(Scheduler, "reject", reject)


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
def bytes_leak() -> None:
    """The size of a settled record stays counted."""
    old = replace(Held, "remove", None)
    Held.remove = lambda self, partition, size: old(self, partition, 0)  # type: ignore[method-assign]


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


# ------------------------------------------------------------------ 9: whose fault


@mutant(9)
def refusals_are_rejections() -> None:
    """A 401 is the record's fault at once."""
    rules = tuple(
        rule._replace(kind=OutcomeKind.REJECTED)
        if rule.kind is OutcomeKind.SUSPECT
        else rule
        for rule in deliver_answers.STATUSES
    )
    replace(deliver_answers, "STATUSES", rules)


@mutant(9)
def the_target_is_always_well() -> None:
    """Failures count against an item though the target accepts nobody."""
    replace(Answers, "others_accepted", lambda *_: True)


@mutant(9)
def an_outage_of_the_registry_is_an_answer() -> None:
    """A registry that does not answer has no schema."""
    old = replace(SchemaDesk, "_is_found", None)

    async def is_found(self: SchemaDesk, schema_id: Any) -> bool:
        try:
            found = await self._registry.schema(schema_id)  # type: ignore[union-attr]
        except DependencyError:
            return False
        return found is not None and bool(await old(self, schema_id))

    SchemaDesk._is_found = is_found  # type: ignore[method-assign]


# -------------------------------------------------------------------- 10: fenced


@mutant(10)
def the_first_byte_asks_nobody() -> None:
    """Whether a work may be sent is asked when it is taken only."""
    replace(Scheduler, "may_send", lambda *_: True)


@mutant(10)
def leases_last() -> None:
    """The lease is ten times as long as the group allows."""
    old = replace(Scheduler, "set_lease", None)
    Scheduler.set_lease = lambda self, seconds: old(self, 10 * seconds)  # type: ignore[method-assign]


@mutant(10)
def leases_begin_with_the_answer() -> None:
    """The lease counts from the answer of a commit, not from its sending."""

    def on_committed(self: Pipeline, commits: Any, failed: Any, sent_at: float) -> None:
        del sent_at
        old(self, commits, failed, self._clock())

    old = replace(Pipeline, "on_committed", on_committed)


@mutant(10)
def an_assignment_proves_membership() -> None:
    """Items of a new assignment do not wait for a commit's answer."""

    def assign(self: Scheduler, partition: Any, *rest: Any) -> None:
        old(self, partition, *rest)
        self._partitions[partition].confirm()

    old = replace(Scheduler, "assign", assign)


@mutant(10)
def refused_commits_stop_nothing() -> None:
    """After an ILLEGAL_GENERATION a partition's items are taken on."""
    replace(Partition, "stop", lambda *_: None)


@mutant(10)
def fences_are_open() -> None:
    """A revocation that has begun keeps nothing from being taken."""
    replace(Scheduler, "fence", lambda *_: None)


@mutant(10)
def revoked_items_stay() -> None:
    """What waits of a partition stays in its shards when it is taken away."""
    replace(Shards, "drop", lambda *_: None)
    replace(Partition, "_judge", lambda self: setattr(self, "open", self.confirmed))


@mutant(10)
def old_epochs_are_committed() -> None:
    """A commit names the newest epoch but the offset of an older one."""
    remembered: dict[Any, int] = {}

    def commit(self: Partition) -> Commit:
        offset = max(remembered.get(self.name, 0), self.committable)
        remembered[self.name] = offset
        return Commit(offset, "", self.epoch)

    def revoke(self: Scheduler, partitions: Any) -> int:
        names = tuple(partitions)
        for name in names:
            found = self._partitions.get(name)
            if found is not None:
                remembered[name] = found.next_offset
        return int(old(self, names))

    replace(Partition, "commit", property(commit))
    old = replace(Scheduler, "revoke", revoke)


@mutant(10)
def fenced_partitions_are_committed() -> None:
    """While a partition is given back, the usual commits name it on."""

    def due(self: Commits, partitions: Any, now: float) -> Any:
        found = old(self, partitions, now)
        return found | {n: p.commit for n, p in partitions.items() if p.fenced}

    old = replace(Commits, "due", due)


assert scheduler  # the module whose names the mutants replace
_: Mapping[str, Mutant] = MUTANTS
