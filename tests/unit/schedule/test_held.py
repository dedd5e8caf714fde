"""Held bounds and their shares."""

from consumer.model import PauseReason, TopicPartition
from consumer.schedule.policy import MergePolicy, SchedulePolicy
from consumer.schedule.scheduler import Scheduler
from tests.unit.schedule.desk import LOANS, SWIPES, Desk, mapped, record

SMALL = SchedulePolicy(held_records=40)  # common 20, own 10 each


def test_the_room_at_the_start_is_the_common_half() -> None:
    """Nothing is held and nothing paused."""
    flow = Desk(SMALL).scheduler.flow(0.0)
    assert (15, frozenset()) == (flow.room, flow.paused)  # five are for witnesses


def test_a_partition_that_uses_the_common_half_leaves_the_others_theirs() -> None:
    """It is paused at its own part and the common half; the other reads its part."""
    desk = Desk(SMALL)
    for offset in range(30):
        desk.put(offset, "stuck")
    flow = desk.scheduler.flow(1.0)
    assert (10, frozenset({LOANS})) == (flow.room, flow.paused)
    (pause,) = desk.scheduler.pauses(1.0)
    assert (
        pause.reason,
        pause.scope,
        pause.since,
    ) == (PauseReason.HELD, "loans[0]", 1.0)
    for offset in range(9):
        desk.put(offset, f"p{offset}", source=SWIPES)
    assert desk.scheduler.flow(2.0).room == 1
    desk.put(9, "p9", source=SWIPES)
    flow = desk.scheduler.flow(3.0)
    assert (0, frozenset({LOANS, SWIPES})) == (flow.room, flow.paused)
    assert desk.scheduler.statistics().held == SMALL.held_records


def test_one_consume_asks_for_no_more_than_the_smallest_part_left() -> None:
    """All of it might come from one partition, and the others keep their parts."""
    desk = Desk(SchedulePolicy(held_records=42))
    desk.scheduler.assign(TopicPartition("third", 0), 1, 0, "", 0.0)
    for offset in range(28):  # common 21, own 7 each
        desk.put(offset, "stuck")
    for offset in range(2):
        desk.put(offset, "stuck", source=SWIPES)
    assert desk.scheduler.flow(0.0) == (5, frozenset({LOANS}))


def test_a_paused_partition_is_fetched_again_at_sixty_per_cent_of_its_part() -> None:
    """Not at once: a pause throws the prefetched queue away."""
    desk = Desk(SMALL)
    for offset in range(30):
        desk.put(offset, f"p{offset}")
    works = desk.scheduler.take(30, 0.0)
    assert desk.scheduler.flow(0.0).paused == {LOANS}
    for left, work in zip(range(29, -1, -1), works, strict=True):
        desk.answer(work)
        assert (left > 6) is (LOANS in desk.scheduler.flow(0.0).paused)
    assert desk.scheduler.flow(0.0).room == 15


def test_bytes_are_bounded_like_records() -> None:
    """The room is reckoned with the mean size of what is held."""
    # The common half has 2,000 bytes, each partition 1,000 of its own.
    desk = Desk(SchedulePolicy(held_bytes=4_000, merge=MergePolicy(items=1)))
    desk.put(0, "a")
    assert desk.scheduler.flow(0.0).room == 18  # 125 bytes are for witnesses
    for offset in range(1, 30):
        desk.put(offset, "a")
    flow = desk.scheduler.flow(0.0)
    assert (10, frozenset({LOANS})) == (flow.room, flow.paused)
    for _ in range(30):
        desk.answer(desk.take_one(0.0))
    desk.put(30, "a")
    # 1,875 bytes of the common half and 900 of the smallest part are left.
    assert desk.scheduler.flow(0.0) == (27, frozenset())


def test_all_reading_ends_when_one_fetch_exceeded_the_bytes() -> None:
    """The bound in bytes is exceeded by one fetch at most, and the pause says so."""
    desk = Desk(SchedulePolicy(held_bytes=1_000))
    large = record(0, size_bytes=5_000)
    desk.scheduler.admit(large, 0.0)
    flow = desk.scheduler.flow(1.0)
    assert (0, frozenset({LOANS})) == (flow.room, flow.paused)
    assert [(pause.scope, pause.since) for pause in desk.scheduler.pauses(2.0)] == [
        ("all partitions", 1.0),
        ("loans[0]", 1.0),
    ]
    assert desk.scheduler.flow(2.0).room == 0
    desk.scheduler.offer(large, mapped(), 2.0)
    assert desk.scheduler.flow(3.0).paused == frozenset()
    assert desk.scheduler.pauses(3.0) == ()


def test_a_new_assignment_divides_the_bound_anew() -> None:
    """What is held stays held, and the whole bound still holds."""
    scheduler = Scheduler(SchedulePolicy(held_records=8), lambda: 0.5)
    assert scheduler.flow(0.0).room == 3
    scheduler.assign(LOANS, 1, 0, "", 0.0)
    for offset in range(7):
        assert scheduler.flow(0.0).room > 0
        scheduler.admit(record(offset), 0.0)
    assert scheduler.flow(0.0).room == 0
    scheduler.assign(SWIPES, 1, 0, "", 0.0)
    assert scheduler.flow(0.0) == (1, frozenset({LOANS}))
    scheduler.admit(record(0, SWIPES), 0.0)
    assert scheduler.flow(0.0).room == 0
    scheduler.revoke([LOANS, SWIPES])
    assert (3, frozenset()) == scheduler.flow(0.0)


def test_more_partitions_than_records_still_go_on() -> None:
    """Without parts of their own they share the common half."""
    scheduler = Scheduler(SchedulePolicy(held_records=1), lambda: 0.5)
    scheduler.assign(LOANS, 1, 0, "", 0.0)
    scheduler.assign(SWIPES, 1, 0, "", 0.0)
    assert scheduler.flow(0.0).room == 1
    made = record(0)
    scheduler.admit(made, 0.0)
    assert (0, frozenset({LOANS, SWIPES})) == scheduler.flow(0.0)
    scheduler.offer(made, mapped(), 0.0)
    assert (1, frozenset()) == scheduler.flow(0.0)
