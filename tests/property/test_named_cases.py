"""Histories with a name: each was once the counterexample of somebody's scheduler.

They run on the scheduler alone, merging and all, with its defaults.
"""

from __future__ import annotations

import dataclasses

import pytest

from consumer.model import (
    DELIVERED,
    End,
    Item,
    Mapped,
    Outcome,
    OutcomeKind,
    Route,
    TopicPartition,
    Work,
)
from consumer.schedule.guard import GuardPolicy
from consumer.schedule.policy import SchedulePolicy
from tests.unit.schedule.desk import (
    LOANS,
    REFUSED,
    REJECTED,
    RETRY,
    SWIPES,
    Desk,
    profile,
    record,
)

HOUR_SECONDS = 3600.0
LONG = SchedulePolicy(membership_lease_seconds=9_999_999.0)
UNAVAILABLE = Outcome(OutcomeKind.RETRY, "http_503", "", 5.0, 503)


class Target:
    """What a target has of each profile, by the offset that wrote it last."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.written: dict[str, dict[str, str]] = {}
        self.ends: list[tuple[int, End]] = []

    def answer(self, work: Work, outcome: Outcome, now: float = 0.0) -> None:
        """Answer a call; one that is delivered is applied."""
        if outcome is DELIVERED:
            self.written.setdefault(work.profile.value, {}).update(work.attributes)
        self.ends += [
            (one.record.offset, one.end) for one in self.desk.answer(work, outcome, now)
        ]


def put(desk: Desk, offset: int, *names: str, source: TopicPartition = LOANS) -> None:
    """Offer a record that writes its offset to each of these profiles."""
    made = record(offset, source)
    assert desk.scheduler.admit(made, 0.0)
    items = tuple(
        Item(profile(name), {"by": str(offset)}, Route(("m",))) for name in names
    )
    desk.scheduler.offer(made, Mapped(items, None, ("m",)), 0.0)


def test_a_chain_of_shared_profiles_and_a_crash() -> None:
    """5 waits for P1 and delivered P2; 7 delivered P2 and P3; 9 delivered P3.

    Were 7 or 9 marked as done, the repeat of 5 would be the last to write P2, or that of
    7 the last to write P3.
    """
    desk = Desk(LONG)
    target = Target(desk)
    for offset in range(5):
        put(desk, offset, "early")
    target.answer(desk.take_one(0.0), DELIVERED)
    put(desk, 5, "P1", "P2")
    first, second = desk.scheduler.take(2, 0.0)
    target.answer(first, RETRY)
    target.answer(second, DELIVERED)
    put(desk, 7, "P2", "P3")
    put(desk, 9, "P3")
    put(desk, 10, "free")
    for work in desk.scheduler.take(9, 0.0):
        target.answer(work, DELIVERED)
    commit = desk.scheduler.positions([LOANS])[LOANS]
    assert commit.offset == 5

    after = Desk(LONG)  # the process died; the next one reads what was committed
    after.scheduler.revoke([LOANS])
    after.scheduler.assign(LOANS, 2, commit.offset, commit.metadata, 0.0)
    after.renew(0.0)
    names = {5: ("P1", "P2"), 7: ("P2", "P3"), 9: ("P3",), 10: ("free",)}
    again = []
    for offset, whom in names.items():
        made = record(offset, epoch=2)
        if after.scheduler.admit(made, 0.0):
            again.append(offset)
            items = tuple(
                Item(profile(n), {"by": str(offset)}, Route(("m",))) for n in whom
            )
            after.scheduler.offer(made, Mapped(items, None, ("m",)), 0.0)
    repeated = Target(after)
    repeated.written = target.written
    while works := after.scheduler.take(9, 0.0):
        for work in works:
            repeated.answer(work, DELIVERED)
    assert again == [5, 7, 9]  # and 10 is not sent again
    by = {name: found["by"] for name, found in repeated.written.items()}
    assert by == {"early": "4", "P1": "5", "P2": "7", "P3": "9", "free": "10"}


@pytest.mark.parametrize("outcome", [DELIVERED, RETRY, REJECTED])
def test_a_merged_work_of_two_partitions_one_of_which_is_revoked(
    outcome: Outcome,
) -> None:
    """Delivered completes what stayed; anything else puts it back as if not sent."""
    desk = Desk(LONG)
    put(desk, 0, "P")
    put(desk, 0, "P", source=SWIPES)
    work = desk.take_one(0.0)
    desk.scheduler.fence([LOANS])
    desk.scheduler.revoke([LOANS])
    ends = desk.answer(work, outcome)
    if outcome is DELIVERED:
        assert [(one.record.source, one.end) for one in ends] == [
            (SWIPES, End.DELIVERED)
        ]
        return
    assert ends == []
    again = desk.take_one(0.0)
    assert [part.record.source for part in again.parts] == [SWIPES]
    assert again.attempt == 1


def test_a_rejected_half_with_newer_items_waiting() -> None:
    """The newer ones wait until the culprit stands alone, and then go out together."""
    desk = Desk(LONG)
    target = Target(desk)
    for offset in range(4):
        put(desk, offset, "P")
    target.answer(desk.take_one(0.0), REJECTED)
    put(desk, 4, "P")
    target.answer(desk.take_one(0.0), REJECTED)
    put(desk, 5, "P")
    order = []
    while works := desk.scheduler.take(1, 0.0):
        offsets = [part.record.offset for part in works[0].parts]
        order.append(offsets)
        target.answer(works[0], REJECTED if offsets == [1] else DELIVERED)
    assert order == [[0], [1], [2, 3], [4, 5]]
    assert target.written["P"] == {"by": "5"}
    assert [offset for offset, end in target.ends if end is End.DEAD_LETTERED] == [1]


def test_a_retry_budget_that_is_empty_after_an_outage() -> None:
    """What failed comes back a few at a time; fresh works are not held up by it."""
    desk = Desk(dataclasses.replace(LONG, max_in_flight=4))  # a budget of eight
    for offset in range(100):
        put(desk, offset, f"P{offset}")
    for work in desk.scheduler.take(100, 0.0):
        desk.answer(work, RETRY)
    now = 40.0  # all waits are over
    retried = desk.scheduler.take(100, now)
    assert len(retried) == 8
    put(desk, 100, "fresh")
    assert desk.take(now) == ["fresh"]
    for work in retried:
        desk.answer(work, DELIVERED, now)  # each gives its token back
    assert len(desk.scheduler.take(100, now)) == 8
    due = desk.scheduler.next_due(now)
    assert due is not None
    assert now < due <= now + 1.0


def test_thirty_hours_of_503_and_no_dead_letter() -> None:
    """However long it lasts, it is the target's fault; then all is delivered."""
    desk = Desk(LONG)
    target = Target(desk)
    for offset in range(40):
        put(desk, offset, f"P{offset % 8}")
    now, end = 0.0, 30 * HOUR_SECONDS
    while now < end:
        for work in desk.scheduler.take(64, now):
            target.answer(work, UNAVAILABLE, now)
        due = desk.scheduler.next_due(now)
        assert due is not None
        now = min(max(due, now + 60.0), end)
    assert target.ends == []
    while len(target.ends) < 40:
        for work in desk.scheduler.take(64, now):
            target.answer(work, DELIVERED, now)
        now = desk.scheduler.next_due(now) or now + 1.0
    assert {end for _, end in target.ends} == {End.DELIVERED, End.MERGED}
    assert desk.committable() == 40


def test_one_profile_refused_with_403_while_others_pass() -> None:
    """Its record is given up after three refusals that count; the others never wait."""
    desk = Desk(LONG)
    target = Target(desk)
    now, offset = 0.0, 1
    put(desk, 0, "refused")
    while not any(end is End.DEAD_LETTERED for _, end in target.ends):
        put(desk, offset, f"P{offset}")
        offset += 1
        works = desk.scheduler.take(64, now)
        assert f"P{offset - 1}" in [work.profile.value for work in works]
        for work in works:
            is_refused = work.profile.value == "refused"
            target.answer(work, REFUSED if is_refused else DELIVERED, now)
        now += 1.0
        assert now < 600.0
    assert [one for one in target.ends if one[0] == 0] == [(0, End.DEAD_LETTERED)]


def test_a_partition_of_which_only_a_failing_profile_is_left() -> None:
    """All that is held of the only partition fails: others are read to tell why.

    Nothing was read any more, so nobody else was accepted, so no failure counted. The
    outage before it, of six hours, costs no record.
    """
    policy = dataclasses.replace(
        LONG, held_records=200, guard=GuardPolicy(enabled=False)
    )
    desk = Desk(policy)
    desk.scheduler.revoke([SWIPES])
    offset, outage_ends = 0, 6 * int(HOUR_SECONDS)
    ends: dict[int, End] = {}
    for now in range(0, 3 * outage_ends, 20):
        flow = desk.scheduler.flow(now)
        for _ in range(0 if LOANS in flow.paused else flow.room):
            is_ill = offset < 192 or (offset < 250 and offset % 5 == 0)
            put(desk, offset, "ill" if is_ill else f"P{offset}")
            offset += 1
        assert desk.scheduler.statistics().held <= policy.held_records
        for work in desk.scheduler.take(64, now):
            fails = now < outage_ends or work.profile.value == "ill"
            for one in desk.answer(work, RETRY if fails else DELIVERED, now):
                ends[one.record.offset] = one.end
                desk.scheduler.settle(one.record)
        assert not ends or now >= outage_ends
    given_up = [number for number, end in ends.items() if end is End.DEAD_LETTERED]
    assert sorted(given_up) == [*range(192), *range(195, 250, 5)]
    assert desk.committable() > 1_000
