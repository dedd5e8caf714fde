"""The membership lease and what the broker has confirmed."""

import pytest

from consumer.model import UNSENT, Commit, TopicPartition
from consumer.schedule.policy import SchedulePolicy
from consumer.schedule.scheduler import Scheduler
from tests.unit.schedule.desk import LOANS, SWIPES, Desk, mapped, record


def test_the_start_offset_is_due_at_once_and_take_waits_for_its_answer() -> None:
    """An assignment proves nothing until a commit sent after it is acknowledged."""
    scheduler = Scheduler(SchedulePolicy(), lambda: 0.5)
    scheduler.assign(LOANS, 7, 42, "", 10.0)
    commits = scheduler.committable(10.0)
    assert {LOANS: Commit(42, "", 7)} == commits
    scheduler.admit(record(42, epoch=7), 10.0)
    scheduler.offer(record(42, epoch=7), mapped("x"), 10.0)  # another object: ignored
    made = record(43, epoch=7)
    scheduler.admit(made, 10.0)
    scheduler.offer(made, mapped("a"), 10.0)
    assert scheduler.take(1, 10.0) == []
    scheduler.committed(commits, {}, 10.0)
    assert len(scheduler.take(1, 10.0)) == 1


def test_a_commit_sent_before_the_assignment_proves_nothing_for_it() -> None:
    """Its answer says that we were a member, not that this partition is ours."""
    desk = Desk()
    older = desk.scheduler.committable(9.0) or {LOANS: Commit(0, "", 1)}
    desk.scheduler.assign(TopicPartition("new", 0), 2, 0, "", 10.0)
    made = record(0, TopicPartition("new", 0), epoch=2)
    assert desk.scheduler.admit(made, 10.0)
    desk.scheduler.offer(made, mapped("a"), 10.0)
    desk.scheduler.committed(older, {}, 9.0)
    assert desk.take(10.0) == []
    desk.renew(11.0)
    assert desk.take(11.0) == ["a"]


def test_the_lease_lapses_and_a_taken_work_is_not_sent() -> None:
    """A process that was stopped and wakes up sends nothing; the work goes back."""
    desk = Desk()
    desk.put(0, "a")
    desk.put(1, "b")
    work = desk.take_one(0.0)
    assert desk.scheduler.may_send(work, 19.9)
    assert not desk.scheduler.may_send(work, 20.0)
    assert desk.answer(work, UNSENT, now=20.0) == []
    assert desk.take(20.0) == []
    desk.renew(21.0)
    again = desk.take_one(21.0)
    assert (again.attempt, again.profile.value) == (1, "a")


def test_the_lease_counts_from_when_the_commit_was_sent() -> None:
    """An answer that was long on its way renews less."""
    desk = Desk()
    desk.put(0, "a")
    desk.scheduler.committed({LOANS: Commit(0, "", 1)}, {}, 5.0)
    assert desk.take(25.0) == []
    assert desk.take(24.9) == ["a"]


def test_the_lease_is_what_was_set_last() -> None:
    """The group's own session time-out is known only once a broker has answered."""
    desk = Desk()
    desk.put(0, "a")
    desk.scheduler.set_lease(3.0)
    desk.renew(5.0)
    assert desk.take(8.0) == []
    assert desk.take(7.9) == ["a"]


def test_a_commit_that_failed_everywhere_renews_nothing() -> None:
    """Only an acknowledgement proves membership."""
    desk = Desk()
    desk.put(0, "a")
    commits = desk.scheduler.positions([LOANS, SWIPES])
    desk.scheduler.committed(commits, {LOANS: 14, SWIPES: 14}, 15.0)
    assert desk.take(20.0) == []


def test_unchanged_offsets_are_committed_at_half_the_lease() -> None:
    """A quiet member renews; before that there is nothing to commit."""
    desk = Desk()
    assert desk.scheduler.committable(9.9) == {}
    assert desk.scheduler.committable(10.0).keys() == {LOANS, SWIPES}
    desk.renew(10.0)
    assert desk.scheduler.committable(10.0) == {}


@pytest.mark.peer("Parallel Consumer #203", "Parallel Consumer fork #349")
def test_what_is_due_stays_due_until_acknowledged() -> None:
    """A failed commit drops nothing and is repeated."""
    desk = Desk()
    desk.put(0, "a")
    desk.answer(desk.take_one(0.0))
    due = {LOANS: Commit(1, "", 1)}
    assert due == desk.scheduler.committable(1.0)
    assert due == desk.scheduler.committable(1.0)
    desk.scheduler.committed(due, {LOANS: 14}, 1.0)
    assert due == desk.scheduler.committable(1.0)
    desk.scheduler.committed(due, {}, 1.0)
    assert desk.scheduler.committable(1.0) == {}


def test_a_gap_moves_the_committable_offset() -> None:
    """Nothing was settled, yet what may be committed is further on."""
    desk = Desk()
    assert desk.scheduler.committable(0.5) == {}
    desk.put(7, "a")
    assert {LOANS: Commit(7, "", 1)} == desk.scheduler.committable(1.0)


@pytest.mark.peer("Parallel Consumer fork #108")
@pytest.mark.parametrize("code", [22, 25, 27, 113])
def test_errors_of_membership_stop_the_partition(code: int) -> None:
    """Nothing of it is taken until a commit of it is acknowledged; others go on."""
    desk = Desk()
    desk.put(0, "a")
    desk.put(0, "a", source=SWIPES)
    desk.put(1, "b", source=SWIPES)
    commits = desk.scheduler.positions([LOANS, SWIPES])
    desk.scheduler.committed(commits, {LOANS: code}, 1.0)
    works = desk.scheduler.take(5, 1.0)
    assert [work.parts[0].record.source for work in works] == [SWIPES, SWIPES]
    assert commits[LOANS] == desk.scheduler.committable(1.0)[LOANS]
    for work in works:
        desk.answer(work)
    assert desk.take(1.0) == []
    desk.scheduler.committed({LOANS: commits[LOANS]}, {}, 2.0)
    assert desk.take(2.0) == ["a"]


def test_answers_about_other_epochs_and_strangers_change_nothing() -> None:
    """A commit of a gone epoch neither stops nor acknowledges today's."""
    desk = Desk()
    desk.put(0, "a")
    stranger = TopicPartition("unknown", 0)
    old = {LOANS: Commit(0, "", 0), stranger: Commit(3, "", 1)}
    desk.scheduler.committed(old, {LOANS: 22, stranger: 22}, 1.0)
    desk.scheduler.committed(old, {}, 1.0)
    desk.scheduler.committed({}, {LOANS: 14}, 1.0)
    assert desk.scheduler.statistics().partitions[0].acknowledged == 0
    assert desk.take(1.0) == ["a"]


def test_an_older_answer_does_not_shorten_the_lease() -> None:
    """The newest acknowledged commit counts."""
    desk = Desk()
    desk.put(0, "a")
    desk.renew(10.0)
    desk.scheduler.committed({LOANS: Commit(0, "", 1)}, {}, 5.0)
    assert desk.take(29.0) == ["a"]
