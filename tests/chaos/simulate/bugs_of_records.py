"""Bugs on purpose that lose, mix up or overwrite records: promises 1 to 3."""

from __future__ import annotations

from typing import Any

from consumer.deliver import answers as deliver_answers
from consumer.errors import DependencyError
from consumer.model import OutcomeKind
from consumer.pipeline.intake import Intake
from consumer.pipeline.settlement import SettlementDesk
from consumer.schedule import dispatch, merging
from consumer.schedule.dispatch import Dispatch
from consumer.schedule.marks import Marks
from consumer.schedule.offsets import Partition
from consumer.schedule.scheduler import Scheduler
from consumer.schedule.shards import Shards
from tests.chaos.simulate.bugs import mutant, replace

# ------------------------------------------------------------------- 1: at least once


@mutant(1)
def one_too_far() -> None:
    """The commit is one offset past the lowest incomplete record."""

    def committable(self: Partition) -> int:
        return int(old.fget(self)) + bool(self.incomplete)

    old = replace(Partition, "committable", property(committable))


@mutant(1)
def highest_seen() -> None:
    """The commit is one past the highest offset seen, whatever is incomplete."""
    replace(Partition, "committable", property(lambda self: self.next_offset))


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
            ensure_topics = writer.ensure_topics

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
    replace(Dispatch, "_unsent", lambda *_: [])


@mutant(1)
def unsent_is_settled() -> None:
    """A work that was not sent counts as delivered."""

    def unsent(_: Dispatch, entries: Any) -> Any:
        return [dispatch.Ended(entry, None) for entry in entries]

    replace(Dispatch, "_unsent", unsent)


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
    replace(dispatch, "halves", turned)

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
def halves_know_no_past() -> None:
    """A rejected work is cut in the middle, whatever of it may have been applied."""

    def halves(entries: Any) -> Any:
        middle = (len(entries) + 1) // 2
        return entries[:middle], entries[middle:]

    replace(dispatch, "halves", halves)


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
