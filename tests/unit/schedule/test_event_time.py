"""`order: event_time`: the later action wins, whatever the order of arrival."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from consumer.model import (
    DELIVERED,
    End,
    Item,
    Mapped,
    Outcome,
    Record,
    Route,
    SkipReason,
    TopicPartition,
    Work,
)
from consumer.schedule.event_time import EventTime
from consumer.schedule.policy import MergePolicy, SchedulePolicy
from tests.unit.schedule.desk import (
    LOANS,
    REJECTED,
    RETRY,
    SWIPES,
    Desk,
    profile,
    record,
)

MERGING = SchedulePolicy()
TIMED = Route(mappings=("m",), by_event_time=True)
PLAIN = Route(mappings=("m",))


def put(
    desk: Desk,
    offset: int,
    moment: int | None,
    values: dict[str, str],
    *,
    source: TopicPartition = LOANS,
    name: str = "p",
    route: Route = TIMED,
) -> tuple[Record, SkipReason | None]:
    """Offer an item; return its record, and why it was skipped at once, if it was."""
    made = msgspec.structs.replace(record(offset, source), timestamp_ms=50)
    assert desk.scheduler.admit(made, 0.0)
    item = Item(profile(name), values, route, moment)
    end = desk.scheduler.offer(made, Mapped((item,), None, ("m",)), 0.0)
    return made, None if end is None else end.skipped


def deliver(desk: Desk, work: Work) -> list[tuple[int, End, SkipReason | None]]:
    """Have a work delivered; return how records ended."""
    ends = desk.answer(work, DELIVERED)
    return [(one.record.offset, one.end, one.skipped) for one in ends]


def test_what_comes_late_does_not_write_over_what_happened_later() -> None:
    """It is skipped as stale, and nothing is sent."""
    desk = Desk(MERGING)
    put(desk, 0, 100, {"a": "new"})
    deliver(desk, desk.take_one(0.0))
    _, skipped = put(desk, 1, 99, {"a": "old"})
    assert (skipped, desk.take(0.0)) == (SkipReason.STALE, [])
    assert (desk.committable(), desk.scheduler.statistics().skipped) == (2, 1)


def test_of_one_moment_the_later_offset_wins() -> None:
    """Also when the earlier one was delivered before."""
    desk = Desk(MERGING)
    put(desk, 0, 100, {"a": "first"})
    deliver(desk, desk.take_one(0.0))
    put(desk, 1, 100, {"a": "second"})
    put(desk, 2, 100, {"a": "third"})
    assert desk.take_one(0.0).attributes == {"a": "third"}


def test_it_is_decided_for_each_attribute() -> None:
    """An old action still tells what no later one spoke of."""
    desk = Desk(MERGING)
    put(desk, 0, 100, {"a": "new"})
    deliver(desk, desk.take_one(0.0))
    put(desk, 1, 50, {"a": "old", "b": "old"})
    work = desk.take_one(0.0)
    assert work.attributes == {"b": "old"}
    assert deliver(desk, work) == [(1, End.DELIVERED, None)]
    _, skipped = put(desk, 2, 49, {"b": "older"})
    assert skipped is SkipReason.STALE


def test_in_a_merge_the_later_action_wins() -> None:
    """All of them went out: none is stale."""
    desk = Desk(MERGING)
    put(desk, 0, 100, {"a": "100", "b": "100"})
    put(desk, 1, 300, {"a": "300"})
    put(desk, 2, 200, {"a": "200", "b": "200"})
    work = desk.take_one(0.0)
    assert work.attributes == {"a": "300", "b": "200"}
    ends = [end for _, end, _ in deliver(desk, work)]
    assert ends == [End.MERGED, End.MERGED, End.DELIVERED]


def test_what_waits_becomes_stale_when_something_later_is_delivered() -> None:
    """It ends with the call that made it so; what is left is sent."""
    desk = Desk(SchedulePolicy(merge=MergePolicy(items=1)))
    put(desk, 0, 300, {"a": "300"})
    put(desk, 1, 100, {"a": "100"}, source=SWIPES)
    put(desk, 1, 200, {"a": "200", "b": "200"})
    assert deliver(desk, desk.take_one(0.0)) == [
        (0, End.DELIVERED, None),
        (1, End.SKIPPED, SkipReason.STALE),
    ]
    assert desk.take_one(0.0).attributes == {"b": "200"}


@pytest.mark.parametrize("outcome", [RETRY, REJECTED])
def test_only_what_was_delivered_counts(outcome: Outcome) -> None:
    """A later action that did not reach the target makes nothing stale."""
    desk = Desk(SchedulePolicy(merge=MergePolicy(items=1)))
    put(desk, 0, 300, {"a": "300"})
    work = desk.take_one(0.0)
    put(desk, 1, 100, {"a": "100"})
    desk.answer(work, outcome)
    if outcome is REJECTED:
        assert desk.take_one(0.0).attributes == {"a": "100"}
    _, skipped = put(desk, 2, 200, {"a": "200"})
    assert skipped is None


def test_a_half_is_judged_by_what_the_other_half_delivered() -> None:
    """The target rejects the merged work; its later half has nothing left to say."""
    desk = Desk(MERGING)
    put(desk, 0, 300, {"a": "300"})
    put(desk, 1, 100, {"a": "100"})
    desk.answer(desk.take_one(0.0), REJECTED)
    ends = deliver(desk, desk.take_one(0.0))
    assert [end for _, end, _ in ends] == [End.DELIVERED, End.SKIPPED]
    assert desk.take(0.0) == []


def test_an_item_without_a_moment_has_that_of_its_record() -> None:
    """A tombstone knows of no action; its record was written at 50."""
    desk = Desk(MERGING)
    put(desk, 0, None, {"a": "gone"})
    deliver(desk, desk.take_one(0.0))
    assert put(desk, 1, 49, {"a": "before"})[1] is SkipReason.STALE
    assert put(desk, 2, 50, {"a": "after"})[1] is None


def test_items_ordered_by_offset_write_over_what_is_there() -> None:
    """They are no part of it, and make nothing stale."""
    desk = Desk(MERGING)
    put(desk, 0, 100, {"a": "100"})
    put(desk, 1, 1, {"a": "offset"}, route=PLAIN)
    work = desk.take_one(0.0)
    assert work.attributes == {"a": "offset"}
    deliver(desk, work)
    assert put(desk, 2, 100, {"a": "again"})[1] is None
    assert put(desk, 3, 99, {"a": "old"})[1] is SkipReason.STALE


def test_only_the_profiles_sent_to_most_recently_are_remembered() -> None:
    """Of the others nothing is known: what comes for them is sent."""
    desk = Desk(dataclasses.replace(MERGING, event_time_profiles=2))
    for offset, name in enumerate(["p", "q", "p", "r"]):
        put(desk, offset, 100, {"a": "1"}, name=name)
        deliver(desk, desk.take_one(0.0))
    assert put(desk, 4, 1, {"a": "0"}, name="p")[1] is SkipReason.STALE
    assert put(desk, 5, 1, {"a": "0"}, name="q")[1] is None


def test_a_stale_record_is_marked_at_once() -> None:
    """After a restart it would be sent again, and write over what is newer."""
    desk = Desk(SchedulePolicy(merge=MergePolicy(items=1)))
    put(desk, 0, 300, {"a": "300"})
    deliver(desk, desk.take_one(0.0))
    put(desk, 1, 400, {"a": "400"})
    put(desk, 2, 100, {"a": "100"})
    commit = desk.scheduler.positions([LOANS])[LOANS]
    assert commit.offset == 1
    after = Desk(MERGING)
    after.scheduler.revoke([LOANS])
    after.scheduler.assign(LOANS, 2, commit.offset, commit.metadata, 0.0)
    after.renew(0.0)
    assert after.scheduler.admit(record(1, epoch=2), 0.0)
    assert not after.scheduler.admit(record(2, epoch=2), 0.0)


def test_a_record_is_stale_only_if_all_of_it_was_dropped() -> None:
    """One of its profiles still wanted it: it is delivered."""
    desk = Desk(MERGING)
    put(desk, 0, 300, {"a": "300"}, name="p")
    deliver(desk, desk.take_one(0.0))
    made = record(1)
    desk.scheduler.admit(made, 0.0)
    items = tuple(Item(profile(name), {"a": "1"}, TIMED, 100) for name in "pq")
    assert desk.scheduler.offer(made, Mapped(items, None, ("m",)), 0.0) is None
    work = desk.take_one(0.0)
    assert work.profile == profile("q")
    assert deliver(desk, work) == [(1, End.DELIVERED, None)]


def test_moments_never_go_back() -> None:
    """A merge in which an older action took part leaves the later moment standing."""
    known = EventTime(10)
    made = record(0)
    known.note(made, Item(profile("p"), {"a": "1"}, TIMED, 300))
    known.note(made, Item(profile("p"), {"a": "1", "b": "1"}, TIMED, 100))
    assert dict(known.known(profile("p"))) == {"a": 300, "b": 100}
