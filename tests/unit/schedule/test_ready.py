"""The order of what is ready."""

from consumer.model import Priority
from consumer.schedule.policy import SchedulePolicy
from consumer.schedule.ready import OFTEN
from tests.unit.schedule.desk import RETRY, SWIPES, Desk


def test_the_oldest_ready_goes_first() -> None:
    """Within a class the order is the order of offering."""
    desk = Desk()
    for offset, name in enumerate("abc"):
        desk.put(offset, name)
    assert desk.take(0.0) == ["a", "b", "c"]


def test_a_class_has_a_head_start_of_a_minute() -> None:
    """High passes what waited less than 60 s; low is passed for 60 s, then not."""
    desk = Desk()
    desk.put(0, "low", priority=Priority.LOW, now=0.0)
    desk.put(1, "old", now=1.0)
    desk.put(2, "normal", now=60.5)
    desk.renew(61.5)
    desk.put(3, "high", priority=Priority.HIGH, now=61.5)
    desk.put(4, "last", now=61.5)
    assert desk.take(61.5) == ["old", "high", "low", "normal", "last"]


def test_what_was_busy_comes_back_at_its_old_place() -> None:
    """A hot profile does not lose its turn to those offered after it."""
    desk = Desk()
    desk.put(0, "hot")
    desk.put(1, "hot")
    work = desk.take_one(0.0)
    assert desk.take(0.0) == []
    desk.put(2, "cold", now=1.0)
    desk.answer(work, now=1.0)
    assert desk.take(1.0) == ["hot", "cold"]


def test_a_high_item_lifts_its_shard() -> None:
    """The shard goes early for its best item's sake; its own order still holds."""
    desk = Desk()
    desk.put(0, "a")
    desk.put(1, "b")
    desk.put(2, "b", priority=Priority.HIGH)
    works = desk.scheduler.take(2, 0.0)
    assert [(work.parts[0].record.offset, work.profile.value) for work in works] == [
        (1, "b"),
        (0, "a"),
    ]
    desk.answer(works[0])
    assert desk.take(0.0) == ["b"]


def test_a_high_item_behind_a_retry_lifts_it_too() -> None:
    """When the wait is over the best item of the shard decides again."""
    desk = Desk()
    desk.put(0, "b")
    work = desk.take_one(0.0)
    desk.put(1, "b", priority=Priority.HIGH)
    desk.put(2, "a", source=SWIPES)
    assert desk.take(0.0) == ["a"]
    desk.answer(work, RETRY)
    desk.put(3, "c", source=SWIPES, priority=Priority.HIGH, now=0.1)
    assert desk.take(0.1) == ["b", "c"]


def test_what_failed_often_is_next_when_what_it_waited_for_is_gone() -> None:
    """Bug: it was found only after something else, at its place from before."""
    desk = Desk(SchedulePolicy())
    desk.put(0, "p", source=SWIPES)
    desk.put(0, "p")
    now = 0.0
    for _ in range(OFTEN):
        work = desk.take_one(now)
        assert len(work.parts) == 2
        desk.answer(work, RETRY, now)
        now += 10.0
        desk.renew(now)
    desk.put(1, "q", now=now)
    desk.scheduler.revoke([SWIPES])
    assert desk.take(now, room=1) == ["p"]
