"""The queues: one per profile."""

import pytest

from tests.unit.schedule.desk import LOANS, RETRY, SWIPES, Desk


@pytest.mark.peer(
    "Redpanda Connect #1800",
    "Redpanda Connect #2745",
    "KPipe #136",
    "FastStream PR 2017",
)
def test_one_call_in_flight_per_profile_in_offset_order() -> None:
    """The second item goes when the first is answered, never before."""
    desk = Desk()
    desk.put(0, "a")
    desk.put(1, "a")
    work = desk.take_one(0.0)
    assert work.parts[0].record.offset == 0
    assert desk.take(0.0) == []
    desk.answer(work)
    assert desk.take_one(0.0).parts[0].record.offset == 1


def test_a_failing_profile_delays_itself_only() -> None:
    """Spring Kafka and Faust stop the partition; here the others go on."""
    desk = Desk()
    for offset in range(10):
        desk.put(offset, "bad" if offset < 5 else f"good{offset}")
    bad, *good = desk.scheduler.take(10, 0.0)
    desk.answer(bad, RETRY)
    for work in good:
        desk.answer(work)
    assert desk.scheduler.statistics().delivered == 5
    assert desk.take(0.05) == []
    assert desk.take(0.1) == ["bad"]


def test_items_of_a_closed_partition_are_passed() -> None:
    """Between partitions no order is promised; within one it holds after all."""
    desk = Desk()
    desk.put(0, "a")
    desk.put(0, "a", source=SWIPES)
    desk.put(1, "a", source=SWIPES)
    desk.scheduler.fence([LOANS])
    first = desk.take_one(0.0)
    assert (first.parts[0].record.source, first.parts[0].record.offset) == (SWIPES, 0)
    assert desk.take(0.0) == []
    desk.answer(first)
    assert desk.take_one(0.0).parts[0].record.offset == 1


def test_a_hint_that_led_to_another_item_is_kept() -> None:
    """An item's own turn is not lost when an older one of its shard took it."""
    desk = Desk()
    desk.put(0, "a")
    desk.put(0, "a", source=SWIPES)
    desk.put(1, "a", source=SWIPES)
    commits = desk.scheduler.positions([LOANS])
    desk.scheduler.committed(commits, {LOANS: 22}, 1.0)
    work = desk.take_one(1.0)
    desk.scheduler.committed(commits, {}, 2.0)
    desk.answer(work, now=2.0)
    seen = []
    while works := desk.scheduler.take(1, 2.0):
        seen.append(works[0].parts[0].record.source)
        desk.answer(works[0], now=2.0)
    assert seen == [LOANS, SWIPES]


def test_a_revoked_retry_frees_its_shard() -> None:
    """What waited behind it goes on, and its timer wakes nothing."""
    desk = Desk()
    desk.put(0, "a")
    work = desk.take_one(0.0)
    desk.put(0, "a", source=SWIPES)
    assert desk.take(0.0) == []
    desk.answer(work, RETRY)
    assert desk.scheduler.revoke([LOANS]) == 1
    assert desk.scheduler.next_due(0.0) is None
    assert desk.take(0.0) == ["a"]
    assert desk.take(0.2) == []


def test_an_empty_shard_is_forgotten() -> None:
    """Memory follows the profiles that wait, not those ever seen."""
    desk = Desk()
    for offset in range(100):
        desk.put(offset, f"p{offset}")
    assert desk.scheduler.statistics().shards == 100
    for work in desk.scheduler.take(100, 0.0):
        desk.answer(work)
    assert desk.scheduler.statistics().shards == 0


def test_revocation_drops_what_waits_and_leaves_no_trace() -> None:
    """Records with and without items (their schema unknown) are released."""
    desk = Desk()
    desk.put(0, "a", "b")
    desk.put(1, "a")
    work = desk.take_one(0.0)
    desk.answer(work)
    assert desk.scheduler.revoke([LOANS]) == 2
    assert desk.take(0.0) == []
    assert desk.scheduler.statistics().shards == 0
    assert not len(desk.scheduler._dispatch.endpoint.ready)


def test_who_fails_is_counted_while_nobody_else_could_be_sent() -> None:
    """Of each profile once, and the partitions of all that waits behind it."""
    desk = Desk()
    shards = desk.scheduler._dispatch.shards
    assert shards.failing() == (0, set())
    for offset, name in enumerate(("a", "b", "b", "c")):
        desk.put(offset, name)
    desk.put(0, "b", source=SWIPES)
    works = desk.scheduler.take(9, 0.0)
    assert shards.failing() == (0, set())  # their answers may come
    for work in works:
        desk.answer(work, RETRY)
    count, partitions = shards.failing()
    assert count == 3
    assert {one.name for one in partitions} == {LOANS, SWIPES}
    (again,) = desk.scheduler.take(1, 5.0)
    assert shards.failing()[0] == 3  # one of them is asked again
    desk.put(9, "well", now=5.0)
    assert shards.failing() == (0, set())
    desk.answer(again, RETRY, 5.0)
    for work in desk.scheduler.take(9, 5.0):
        desk.answer(work, RETRY, 5.0)
    assert shards.failing()[0] == 4
    desk.scheduler.fence([LOANS])
    assert shards.failing() == (0, set())  # what was behind an item of these can go


@pytest.mark.parametrize("is_asked", [False, True])
def test_who_fails_in_a_closed_partition_is_not_counted(*, is_asked: bool) -> None:
    """Nothing of it can be sent; but an answer may come to what is on its way."""
    desk = Desk()
    shards = desk.scheduler._dispatch.shards
    desk.put(0, "a")
    desk.put(0, "b", source=SWIPES)
    for work in desk.scheduler.take(9, 0.0):
        desk.answer(work, RETRY)
    if is_asked:
        desk.put(1, "c")
        desk.take_one(0.0)
    desk.scheduler.fence([LOANS])
    count, partitions = shards.failing()
    named = {one.name for one in partitions}
    assert (count, named) == ((0, set()) if is_asked else (1, {SWIPES}))


def test_a_record_leads_when_nothing_of_its_partition_is_before_its_items() -> None:
    """Neither what waits nor what is in flight, of none of its profiles."""
    desk = Desk()
    shards = desk.scheduler._dispatch.shards
    desk.put(0, "b")
    desk.put(1, "a", "b")
    desk.put(2, "c")
    desk.put(0, "c", source=SWIPES)
    tickets = desk.scheduler._partitions[LOANS].incomplete
    first, both, other = tickets.values()
    works = {work.profile.value: work for work in desk.scheduler.take(9, 0.0)}
    assert shards.leads(first)
    assert shards.leads(other)
    assert not shards.leads(both)  # what is before it is in flight
    desk.answer(works["a"])
    desk.answer(works["b"], RETRY)
    assert not shards.leads(both)  # and waits, also when another item is delivered
