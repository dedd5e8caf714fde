"""The facade: admission, offering, settling and what it says of itself."""

import pytest

from consumer.model import (
    End,
    Failure,
    Mapped,
    SkipReason,
    Stage,
    TopicPartition,
)
from tests.unit.schedule.desk import (
    LOANS,
    REJECTED,
    SWIPES,
    Desk,
    mapped,
    profile,
    record,
)

BAD = Failure(Stage.DECODE, "truncated", "it ends too early", ("m",))


def test_records_of_other_epochs_and_strangers_are_not_consumed() -> None:
    """What was read before a revocation and arrives after it is not ours."""
    desk = Desk()
    for foreign in (record(0, epoch=0), record(0, TopicPartition("x", 0))):
        assert not desk.scheduler.admit(foreign, 0.0)
        assert desk.scheduler.offer(foreign, mapped("a"), 0.0) is None
        assert not desk.scheduler.settle(foreign)
    assert desk.scheduler.statistics().consumed == 0


def test_a_repeated_offset_is_not_consumed_again() -> None:
    """The first reading goes on; the second is another object and is ignored."""
    desk = Desk()
    first = desk.put(0, "a")
    again = record(0)
    assert not desk.scheduler.admit(again, 0.0)
    assert desk.scheduler.offer(again, mapped("b"), 0.0) is None
    assert desk.scheduler.offer(first, mapped("b"), 0.0) is None
    assert desk.take(0.0) == ["a"]


@pytest.mark.peer("Parallel Consumer fork #342")
def test_a_record_without_items_is_skipped() -> None:
    """It is settled at once, with the reason."""
    desk = Desk()
    made = record(3)
    desk.scheduler.admit(made, 0.0)
    nothing = Mapped((), SkipReason.WHEN, ("m",))
    settlement = desk.scheduler.offer(made, nothing, 0.0)
    assert settlement is not None
    assert (settlement.end, settlement.skipped) == (End.SKIPPED, SkipReason.WHEN)
    assert desk.committable() == 4


@pytest.mark.peer("Vector #24543")
def test_a_rejected_record_stays_incomplete_until_its_letter_is_confirmed() -> None:
    """Vector #24543: what was refused must not be passed over by the offset."""
    desk = Desk()
    made = record(0)
    desk.scheduler.admit(made, 0.0)
    settlement = desk.scheduler.reject(made, BAD, 5.0)
    assert (
        settlement.end,
        settlement.failure,
        settlement.attempts,
        settlement.first_failure,
        settlement.last_failure,
        settlement.mappings,
    ) == (End.DEAD_LETTERED, BAD, 0, 5.0, 5.0, ("m",))
    desk.put(1, "b")
    desk.answer(desk.take_one(5.0), now=5.0)
    assert desk.committable() == 0
    assert desk.scheduler.owes_letter(made)
    assert desk.scheduler.offer(made, mapped("a"), 5.0) is None
    assert desk.scheduler.settle(made)
    assert not desk.scheduler.settle(made)
    assert not desk.scheduler.owes_letter(made)
    assert desk.committable() == 2
    assert desk.scheduler.statistics().dead_lettered == 1


def test_a_record_under_way_owes_no_letter() -> None:
    """Only what was given up is settled by a letter."""
    desk = Desk()
    made = desk.put(0, "a")
    assert not desk.scheduler.settle(made)
    desk.scheduler.reject(made, BAD, 0.0)
    assert not desk.scheduler.owes_letter(made)
    assert len(desk.answer(desk.take_one(0.0))) == 1


def test_a_letter_confirmed_after_the_revocation_is_ignored() -> None:
    """The record is the next owner's; ours was released."""
    desk = Desk()
    made = desk.put(0, "a")
    desk.answer(desk.take_one(0.0), REJECTED)
    assert desk.scheduler.revoke([LOANS]) == 1
    assert not desk.scheduler.settle(made)
    said = desk.scheduler.statistics()
    assert (
        said.consumed,
        said.dead_lettered,
        said.released,
        said.held,
    ) == (1, 0, 1, 0)


def test_a_record_ends_with_the_last_of_its_items() -> None:
    """One item given up makes it a dead letter that names who was delivered."""
    desk = Desk()
    made = desk.put(0, "a", "b", "c")
    first, second, third = desk.scheduler.take(3, 0.0)
    assert desk.answer(second, REJECTED, now=1.0) == []
    assert desk.answer(first, now=2.0) == []
    (settlement,) = desk.answer(third, REJECTED, now=3.0)
    assert settlement.record is made
    assert (settlement.end, settlement.first_failure) == (End.DEAD_LETTERED, 1.0)
    assert (profile("a").digest,) == settlement.delivered
    assert desk.committable() == 0
    assert desk.scheduler.settle(made)
    assert desk.committable() == 1


def test_a_fenced_partition_still_counts_outcomes() -> None:
    """Nothing of it is taken; what was on the wire is committed by the callback."""
    desk = Desk()
    desk.put(0, "a")
    desk.put(1, "b")
    work = desk.take_one(0.0)
    desk.scheduler.fence([LOANS, TopicPartition("x", 0)])
    assert desk.take(0.0) == []
    assert not desk.scheduler.may_send(work, 0.0)
    assert len(desk.answer(work)) == 1
    assert LOANS not in desk.scheduler.committable(0.0)
    assert desk.scheduler.positions([LOANS])[LOANS].offset == 1


def test_an_assignment_over_an_old_one_releases_it() -> None:
    """A lost partition that comes back without a callback begins anew."""
    desk = Desk()
    desk.put(0, "a")
    desk.scheduler.assign(LOANS, 2, 0, "", 1.0)
    assert desk.scheduler.statistics().released == 1
    assert desk.scheduler.positions([LOANS])[LOANS].epoch == 2
    assert desk.scheduler.revoke([TopicPartition("x", 0)]) == 0


def test_statistics_show_each_partition() -> None:
    """The health thread reads this value and nothing else."""
    desk = Desk()
    desk.put(2, "a")
    desk.put(3, "b", source=SWIPES)
    desk.answer(desk.take_one(0.0))
    desk.take_one(0.0)
    desk.scheduler.fence([SWIPES])
    said = desk.scheduler.statistics()
    assert (
        said.consumed,
        said.delivered,
        said.held,
        said.held_bytes,
        said.in_flight,
        said.shards,
    ) == (2, 1, 1, 100, 1, 1)
    loans, swipes = said.partitions
    assert (
        loans.partition,
        loans.committable,
        loans.acknowledged,
        loans.next_offset,
        loans.held,
        loans.is_open,
        loans.is_paused,
    ) == (LOANS, 3, 0, 3, 0, True, False)
    assert (swipes.committable, swipes.held, swipes.is_open) == (3, 1, False)
