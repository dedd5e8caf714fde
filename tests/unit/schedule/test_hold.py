"""How long an item is held back in order to merge, and what ends it."""

from __future__ import annotations

import msgspec
import pytest

from consumer.model import UNSENT, Priority, Record
from consumer.schedule.policy import SchedulePolicy
from tests.unit.schedule.desk import LOANS, RETRY, SWIPES, Desk, mapped, record

WALL_MS = 1_700_000_000_000
MERGING = SchedulePolicy(membership_lease_seconds=9_999.0)


def put(
    desk: Desk,
    offset: int,
    now: float,
    *,
    age: float = 0.0,
    window: bool = True,
    priority: Priority = Priority.NORMAL,
    name: str = "p",
) -> Record:
    """Offer an item that may be held for 30 s, `age` seconds after it was published."""
    made = msgspec.structs.replace(
        record(offset), timestamp_ms=WALL_MS - int(age * 1000)
    )
    assert desk.scheduler.admit(made, now)
    items = mapped(name, priority=priority, send_within=30.0, window=window)
    desk.scheduler.offer(made, items, now, WALL_MS)
    return made


def sent(desk: Desk, now: float) -> list[list[int]]:
    """Take what is ready; return the offsets of each work."""
    works = desk.scheduler.take(100, now)
    return [[part.record.offset for part in work.parts] for work in works]


def test_a_window_holds_for_its_time_and_sends_all_at_once() -> None:
    """The first item's time counts; what came meanwhile goes out with it."""
    desk = Desk(MERGING)
    put(desk, 0, 0.0)
    put(desk, 1, 20.0)
    assert sent(desk, 29.9) == []
    assert desk.scheduler.next_due(29.9) == 30.0
    assert sent(desk, 30.0) == [[0, 1]]
    assert desk.scheduler.next_due(30.0) is None


def test_what_was_held_is_ready_from_the_end_of_its_hold() -> None:
    """So how long it waited for a call leaves out what it was held for."""
    desk = Desk(MERGING)
    put(desk, 0, 0.0)
    (work,) = desk.scheduler.take(1, 31.0)
    assert work.ready_at == 30.0


@pytest.mark.parametrize(
    ("age", "due"), [(0.0, 30.0), (10.0, 20.0), (30.0, None), (9_999.0, None)]
)
def test_the_time_counts_from_the_timestamp_of_the_broker(
    age: float, due: float | None
) -> None:
    """A restart, or a lag, holds nothing a second time."""
    desk = Desk(MERGING)
    put(desk, 0, 0.0, age=age)
    assert desk.scheduler.next_due(0.0) == due
    assert sent(desk, 0.0) == ([[0]] if due is None else [])


@pytest.mark.parametrize("timestamp_ms", [-1, WALL_MS + 60_000])
def test_without_a_past_timestamp_it_counts_from_the_offer(timestamp_ms: int) -> None:
    """None at all, and one of a clock that is ahead."""
    desk = Desk(MERGING)
    made = msgspec.structs.replace(record(0), timestamp_ms=timestamp_ms)
    desk.scheduler.admit(made, 5.0)
    desk.scheduler.offer(made, mapped("p", send_within=30.0, window=True), 5.0, WALL_MS)
    assert desk.scheduler.next_due(5.0) == 35.0


def test_an_eager_item_is_held_only_while_calls_are_short() -> None:
    """What is held already keeps its time when calls are plenty again."""
    desk = Desk(MERGING)
    put(desk, 0, 0.0, window=False)
    assert sent(desk, 0.0) == [[0]]
    desk.scheduler.spare_calls(is_short=True)
    put(desk, 1, 1.0, window=False, name="q")
    desk.scheduler.spare_calls(is_short=False)
    put(desk, 2, 2.0, window=False, name="r")
    assert sent(desk, 2.0) == [[2]]
    assert sent(desk, 31.0) == [[1]]


def test_a_ready_item_takes_held_ones_along() -> None:
    """A shard is ready when any of its items is; offset order wins within it."""
    desk = Desk(MERGING)
    put(desk, 0, 0.0)
    desk.put(1, "p", now=1.0)
    put(desk, 2, 2.0)
    assert sent(desk, 2.0) == [[0, 1, 2]]
    assert desk.scheduler.next_due(2.0) is None


def test_a_held_item_that_came_back_is_ready() -> None:
    """It went out once, so it waits for nothing but its retry."""
    desk = Desk(MERGING)
    put(desk, 0, 0.0)
    desk.put(1, "p", now=1.0)
    work = desk.take_one(1.0)
    desk.answer(work, UNSENT, now=1.0)
    again = desk.take_one(1.0)
    assert len(again.parts) == 2
    desk.answer(again, RETRY, now=1.0)
    due = desk.scheduler.next_due(1.0)
    assert due is not None
    assert due < 2.0
    assert sent(desk, due) == [[0, 1]]


def test_the_class_orders_what_is_ready_at_the_same_time() -> None:
    """It delays nothing and hurries nothing: a held item of a high class is held."""
    desk = Desk(MERGING)
    put(desk, 0, 0.0, name="normal")
    put(desk, 1, 0.0, name="high", priority=Priority.HIGH)
    assert sent(desk, 0.0) == []
    assert sent(desk, 30.0) == [[1], [0]]


def test_at_three_quarters_of_a_bound_holding_ends() -> None:
    """Those go first that have the least time left, no more than there is room for."""
    desk = Desk(SchedulePolicy(held_records=100, membership_lease_seconds=9_999.0))
    for offset in range(74):
        put(desk, offset, 0.0, name=f"p{offset}")
    assert sent(desk, 0.0) == []
    put(desk, 74, 0.0, name="last")
    works = desk.scheduler.take(2, 0.0)
    assert [work.profile.value for work in works] == ["p0", "p1"]
    for work in works:
        desk.answer(work)
    assert sent(desk, 0.0) == []


def test_what_went_out_with_others_is_not_counted_as_a_hold_that_ended() -> None:
    """As many held items become ready as there is room for, gone ones aside."""
    desk = Desk(SchedulePolicy(held_records=100, membership_lease_seconds=9_999.0))
    put(desk, 0, 0.0, name="taken along")
    desk.put(1, "taken along", now=0.0)
    assert sent(desk, 0.0) == [[0, 1]]
    for offset in range(2, 80):
        put(desk, offset, 1.0, name=f"p{offset}")
    assert [work.profile.value for work in desk.scheduler.take(2, 1.0)] == ["p2", "p3"]


def test_a_partition_that_is_paused_for_what_it_holds_holds_no_longer() -> None:
    """Nothing new can join what is held while nothing is fetched."""
    desk = Desk(SchedulePolicy(held_records=40, membership_lease_seconds=9_999.0))
    for offset in range(30):  # the common 20 and its own 10
        put(desk, offset, 0.0, name=f"p{offset}")
    assert desk.scheduler.flow(0.0).paused == {LOANS}
    assert len(desk.scheduler.take(3, 0.0)) == 3


def test_a_revocation_sends_nothing_that_is_held() -> None:
    """The next owner reads it again; the other partition's items stay as they are."""
    desk = Desk(MERGING)
    put(desk, 0, 0.0)
    made = msgspec.structs.replace(record(0, SWIPES), timestamp_ms=WALL_MS)
    desk.scheduler.admit(made, 1.0)
    desk.scheduler.offer(made, mapped("p", send_within=30.0, window=True), 1.0, WALL_MS)
    desk.scheduler.fence([LOANS])
    desk.scheduler.revoke([LOANS])
    assert desk.scheduler.next_due(1.0) == 31.0
    (work,) = desk.scheduler.take(9, 31.0)
    assert [part.record.source for part in work.parts] == [SWIPES]
