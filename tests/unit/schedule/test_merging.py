"""Works of several items: what is joined, what is sent, and what a refusal costs."""

from __future__ import annotations

import dataclasses

import pytest

from consumer.model import (
    DELIVERED,
    UNSENT,
    End,
    Outcome,
    OutcomeKind,
    Priority,
    Record,
    Work,
)
from consumer.schedule.policy import MergePolicy, RetryPolicy, SchedulePolicy
from tests.unit.schedule.desk import (
    LOANS,
    REFUSED,
    REJECTED,
    RETRY,
    SWIPES,
    Desk,
    mapped,
    record,
)

MERGING = SchedulePolicy()
TIMEOUT = Outcome(OutcomeKind.RETRY, "timeout", "no whole answer in time")
BUSY = Outcome(OutcomeKind.RETRY, "http_429", "too many requests", status=429)


def put(desk: Desk, offset: int, values: dict[str, str], name: str = "p") -> Record:
    """Offer one item with these attributes."""
    made = record(offset)
    assert desk.scheduler.admit(made, 0.0)
    desk.scheduler.offer(made, mapped(name, values=values), 0.0)
    return made


def offsets(work: Work) -> list[int]:
    """Return the offsets of what a work carries."""
    return [part.record.offset for part in work.parts]


def isolate(desk: Desk, culprits: set[int], now: float = 0.0) -> tuple[int, list[End]]:
    """Play a target that rejects what carries a culprit; return calls and ends."""
    calls, ends = 0, []
    while works := desk.scheduler.take(1, now):
        (work,) = works
        calls += 1
        outcome = REJECTED if culprits & set(offsets(work)) else DELIVERED
        ends += [one.end for one in desk.answer(work, outcome, now=now)]
    return calls, ends


def test_what_waits_for_a_profile_is_one_call() -> None:
    """Later values win, per attribute; the last record is delivered, others merged."""
    desk = Desk(MERGING)
    put(desk, 0, {"a": "1", "b": "1"})
    put(desk, 1, {"b": "2", "c": "2"})
    put(desk, 2, {"c": "3"})
    work = desk.take_one(0.0)
    assert work.attributes == {"a": "1", "b": "2", "c": "3"}
    assert offsets(work) == [0, 1, 2]
    ends = [(one.record.offset, one.end) for one in desk.answer(work)]
    assert ends == [(0, End.MERGED), (1, End.MERGED), (2, End.DELIVERED)]
    assert (desk.committable(), desk.take(0.0)) == (3, [])


def test_a_work_is_formed_when_it_is_taken() -> None:
    """What comes while a call is on the wire goes out with the next one, together."""
    desk = Desk(MERGING)
    desk.put(0, "p")
    first = desk.take_one(0.0)
    desk.put(1, "p")
    desk.put(2, "p")
    assert desk.take(0.0) == []
    desk.answer(first)
    assert offsets(desk.take_one(0.0)) == [1, 2]


def test_the_items_of_the_record_stay_as_they_were() -> None:
    """The union is a value of its own: a half of it is sent with its own attributes."""
    desk = Desk(MERGING)
    put(desk, 0, {"a": "1"})
    put(desk, 1, {"a": "2"})
    desk.answer(desk.take_one(0.0), REJECTED)
    assert desk.take_one(0.0).attributes == {"a": "1"}


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (MergePolicy(items=1), [0]),
        (MergePolicy(items=2), [0, 1]),
        (MergePolicy(characters=8), [0, 1]),  # a1b1 and c1d1: eight characters
        (MergePolicy(characters=7), [0]),
        (MergePolicy(characters=1), [0]),  # one item may be larger than all bounds
    ],
)
def test_a_work_has_bounds(bounds: MergePolicy, expected: list[int]) -> None:
    """The rest of the shard goes out with the next call."""
    desk = Desk(SchedulePolicy(merge=bounds))
    put(desk, 0, {"a": "1", "b": "1"})
    put(desk, 1, {"c": "1", "d": "1"})
    put(desk, 2, {"e": "1"})
    assert offsets(desk.take_one(0.0)) == expected


def test_the_size_of_a_work_is_that_of_its_union() -> None:
    """A profile that writes the same attribute again and again is one small call."""
    desk = Desk(SchedulePolicy(merge=MergePolicy(characters=9)))
    for offset in range(50):
        put(desk, offset, {"a": f"{offset:08}"})
    put(desk, 50, {"b": ""})
    assert offsets(desk.take_one(0.0)) == list(range(50))


def test_a_value_that_shrinks_makes_room() -> None:
    """What is replaced does not count any more."""
    desk = Desk(SchedulePolicy(merge=MergePolicy(characters=10)))
    put(desk, 0, {"a": "123456789"})
    put(desk, 1, {"a": "1"})
    put(desk, 2, {"b": "1234567"})
    assert offsets(desk.take_one(0.0)) == [0, 1, 2]


@pytest.mark.parametrize(("count", "most"), [(2, 3), (3, 5), (8, 7), (64, 13)])
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_the_culprit_of_a_rejected_work_is_found_by_halving(
    count: int, most: int, place: str
) -> None:
    """Only it becomes a dead letter, after about 2 log2 n calls."""
    desk = Desk(MERGING)
    for offset in range(count):
        desk.put(offset, "p")
    culprit = {"first": 0, "middle": count // 2, "last": count - 1}[place]
    calls, ends = isolate(desk, {culprit})
    assert calls <= most
    assert (ends.count(End.DEAD_LETTERED), len(ends)) == (1, count)
    assert desk.committable() == culprit  # its letter is owed


def test_every_culprit_stands_alone_in_the_end() -> None:
    """Several in one work, and all of it."""
    desk = Desk(MERGING)
    for offset in range(16):
        desk.put(offset, "p")
    _, ends = isolate(desk, {0, 7, 8, 15})
    assert (ends.count(End.DEAD_LETTERED), len(ends)) == (4, 16)
    for offset in range(16, 20):
        desk.put(offset, "p")
    calls, ends = isolate(desk, {16, 17, 18, 19})
    assert (calls, ends) == (7, [End.DEAD_LETTERED] * 4)


def test_a_letter_tells_the_calls_and_the_time_of_its_own_item() -> None:
    """Each halving was one more call for it; the first rejection was of the whole."""
    desk = Desk(MERGING)
    for offset in range(4):
        desk.put(offset, "p")
    desk.answer(desk.take_one(1.0), REJECTED, now=1.0)
    desk.answer(desk.take_one(2.0), REJECTED, now=2.0)
    (end,) = desk.answer(desk.take_one(3.0), REJECTED, now=3.0)
    assert (end.record.offset, end.attempts) == (0, 3)
    assert (end.first_failure, end.last_failure) == (1.0, 3.0)


def test_nothing_joins_a_sealed_half_and_newer_items_wait_behind() -> None:
    """What came meanwhile goes out last, whatever its class."""
    desk = Desk(MERGING)
    for offset in range(4):
        desk.put(offset, "p")
    work = desk.take_one(0.0)
    desk.put(4, "p", priority=Priority.HIGH)
    desk.answer(work, REJECTED)
    desk.put(5, "p")
    sent = []
    while works := desk.scheduler.take(1, 0.0):
        sent.append(offsets(works[0]))
        desk.answer(works[0])
    assert sent == [[0, 1], [2, 3], [4, 5]]


def test_a_sealed_half_that_failed_stays_sealed() -> None:
    """A half that meets an outage is not joined by what waits behind it."""
    desk = Desk(MERGING)
    for offset in range(4):
        desk.put(offset, "p")
    desk.answer(desk.take_one(0.0), REJECTED)
    desk.put(4, "p")
    desk.answer(desk.take_one(0.0), RETRY)
    assert desk.take(0.0) == []
    due = desk.scheduler.next_due(0.0)
    assert due is not None
    assert offsets(desk.take_one(due)) == [0, 1]


def test_what_may_be_applied_is_not_taken_apart_for_what_joined_it() -> None:
    """Less of it alone would take the profile back; what joined later is looked through."""
    desk = Desk(MERGING)
    for offset in range(3):
        desk.put(offset, "p")
    desk.answer(desk.take_one(0.0), TIMEOUT)  # and the target has applied 0 to 2
    desk.put(3, "p")
    desk.answer(desk.take_one(1.0), TIMEOUT, now=1.0)  # this as well, 0 to 3
    for offset in range(4, 12):
        desk.put(offset, "p", now=1.0)
    desk.answer(desk.take_one(2.0), REJECTED, now=2.0)  # 4 to 11 joined: one is bad
    sent = []
    while works := desk.scheduler.take(1, 2.0):
        sent.append(offsets(works[0]))
        is_bad = 9 in sent[-1]
        desk.answer(works[0], REJECTED if is_bad else DELIVERED, now=2.0)
    assert sent[:2] == [[0, 1, 2, 3], [4, 5, 6, 7, 8, 9, 10, 11]]
    assert sent[2:] == [[4, 5, 6, 7], [8, 9, 10, 11], [8, 9], [8], [9], [10, 11]]


def test_each_call_of_unsure_end_is_kept_whole_while_it_can_be() -> None:
    """The second one was not applied: it is rejected. The first may have been."""
    desk = Desk(MERGING)
    for offset in range(4):
        desk.put(offset, "p")
    desk.answer(desk.take_one(0.0), TIMEOUT)
    desk.put(4, "p")
    desk.answer(desk.take_one(1.0), TIMEOUT, now=1.0)
    desk.put(5, "p", now=1.0)
    sent = []
    while works := desk.scheduler.take(1, 2.0):
        sent.append(offsets(works[0]))
        desk.answer(works[0], REJECTED if 4 in sent[-1] else DELIVERED, now=2.0)
    assert sent == [[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4], [0, 1, 2, 3], [4], [5]]


@pytest.mark.parametrize("outcome", [BUSY, REFUSED], ids=["429", "401"])
def test_what_was_not_applied_is_halved(outcome: Outcome) -> None:
    """The target's own word that it did nothing binds nobody."""
    desk = Desk(MERGING)
    desk.put(0, "p")
    desk.answer(desk.take_one(0.0), outcome)
    for offset in range(1, 4):
        desk.put(offset, "p")
    desk.answer(desk.take_one(10.0), REJECTED, now=10.0)
    assert offsets(desk.take_one(10.0)) == [0, 1]


def test_halves_need_no_token_of_the_retry_budget() -> None:
    """A rejection is an answer: looking for the culprit loads no failing target."""
    desk = Desk(SchedulePolicy(max_in_flight=1))  # a budget of two
    for offset in range(64):
        desk.put(offset, "p")
    calls, _ = isolate(desk, {9})
    assert calls == 13


def test_a_work_that_waits_for_its_retry_is_joined() -> None:
    """What comes meanwhile goes out with it, in one call, and has its own attempts."""
    desk = Desk(MERGING)
    desk.put(0, "p")
    desk.answer(desk.take_one(0.0), RETRY)
    desk.put(1, "p")
    assert desk.take(0.05) == []
    work = desk.take_one(0.1)
    assert (offsets(work), work.attempt) == ([0, 1], 2)
    entries = desk.scheduler._dispatch.shards.flying[work].flying
    assert [entry.attempts for entry in entries] == [1, 0]


def test_a_joined_item_is_not_given_up_for_the_failures_of_the_first() -> None:
    """Giving up hits only what used up its own; the others are tried without it."""
    retry = RetryPolicy(max_attempts=2, give_up_after_seconds=0.0)
    desk = Desk(SchedulePolicy(membership_lease_seconds=9_999.0, retry=retry))
    desk.deliver("well", 0, 0.0)
    desk.put(0, "p")
    desk.answer(desk.take_one(0.0), RETRY)
    desk.put(1, "p")
    work = desk.take_one(1.0)
    assert offsets(work) == [0, 1]
    assert desk.answer(work, RETRY, now=1.0) == []
    alone = desk.take_one(40.0)
    assert offsets(alone) == [0]
    (given_up,) = desk.answer(alone, RETRY, now=40.0)
    assert (given_up.record.offset, given_up.end) == (0, End.DEAD_LETTERED)
    (delivered,) = desk.answer(desk.take_one(40.0), now=40.0)
    assert (delivered.record.offset, delivered.end) == (1, End.DELIVERED)


def test_a_merged_work_that_is_refused_is_halved_before_it_is_given_up() -> None:
    """A firewall that answers 403 to one item's value costs that item only."""
    desk = Desk(dataclasses.replace(MERGING, membership_lease_seconds=9_999.0))
    desk.deliver("well", 0, 0.0)
    for offset in range(4):
        desk.put(offset, "p")
    now, others = 0.0, 0
    ends: list[tuple[int, End]] = []
    while desk.scheduler.statistics().in_flight or len(ends) < 4:
        for work in desk.scheduler.take(1, now):
            outcome = REFUSED if 2 in offsets(work) else DELIVERED
            ended = desk.answer(work, outcome, now)
            ends += [(one.record.offset, one.end) for one in ended]
            if not ended:  # it waits, and another profile is served meanwhile
                others += 1
                desk.deliver("well", others, now)
        due = desk.scheduler.next_due(now)
        now = now if due is None else due
    letters = [offset for offset, end in ends if end is End.DEAD_LETTERED]
    assert letters == [2]


def test_items_of_a_closed_partition_are_passed_and_keep_their_place() -> None:
    """What is fenced is not sent; what stands between it is."""
    desk = Desk(MERGING)
    for offset in range(2):
        desk.put(offset, "p")
        desk.put(offset, "p", source=SWIPES)
    desk.scheduler.fence([LOANS])
    work = desk.take_one(0.0)
    assert [part.record.source for part in work.parts] == [SWIPES, SWIPES]
    desk.answer(work)
    assert desk.take(0.0) == []


@pytest.mark.parametrize("outcome", [RETRY, UNSENT, REJECTED])
def test_no_hint_is_lost_when_a_work_comes_back(outcome: Outcome) -> None:
    """The first item's partition goes away; the others are sent all the same."""
    desk = Desk(MERGING)
    desk.put(0, "p")
    desk.put(0, "p", source=SWIPES)
    desk.put(1, "p", source=SWIPES)
    work = desk.take_one(0.0)
    assert desk.take(0.0) == []  # their hints were met while they were in flight
    desk.answer(work, outcome)
    desk.scheduler.revoke([LOANS])
    now, sent = 0.0, []
    for _ in range(4):
        now = desk.scheduler.next_due(now) or now
        for again in desk.scheduler.take(9, now):
            sent += [(p.record.source, p.record.offset) for p in again.parts]
            desk.answer(again, now=now)
    assert sent == [(SWIPES, 0), (SWIPES, 1)]


def test_a_work_that_fails_for_hours_leaves_no_claims_behind() -> None:
    """Each item has one hint at most, however often it is put back."""
    desk = Desk(dataclasses.replace(MERGING, membership_lease_seconds=9_999_999.0))
    for offset in range(50):
        desk.put(offset, "p")
    now = 0.0
    for _ in range(40):
        (work,) = desk.scheduler.take(9, now)
        desk.answer(work, RETRY, now=now)
        now = desk.scheduler.next_due(now) or now
    (shard,) = desk.scheduler._dispatch.shards.by_profile.values()
    assert 0 < len(shard.claims) <= 50
