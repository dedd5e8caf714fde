"""What is sent next, and what outcomes do."""

import pytest

from consumer.model import DELIVERED, UNSENT, End, Outcome, Work
from consumer.schedule.policy import MergePolicy, RetryPolicy, SchedulePolicy
from tests.unit.schedule.desk import (
    LOANS,
    REJECTED,
    RETRY,
    SWIPES,
    Desk,
    mapped,
    profile,
    record,
)


def test_room_is_the_bound() -> None:
    """No more works than there is room for; the rest stays ready."""
    desk = Desk()
    for offset, name in enumerate("abc"):
        desk.put(offset, name)
    assert desk.take(0.0, 0) == []
    assert desk.take(0.0, 2) == ["a", "b"]
    assert desk.take(0.0, 2) == ["c"]


def test_a_work_carries_its_item_and_record() -> None:
    """Transport and spans find all they need in it."""
    desk = Desk()
    made = desk.put(0, "a", now=3.0)
    work = desk.take_one(4.0)
    assert made is work.parts[0].record
    assert (profile("a"), {"a": "1"}, 1, 3.0, False) == (
        work.profile,
        work.attributes,
        work.attempt,
        work.ready_at,
        work.probe,
    )


@pytest.mark.peer("spring-kafka #2410")
def test_a_failed_work_waits_and_keeps_its_place_in_the_shard() -> None:
    """Newer items of the profile wait behind it; its slot goes to others."""
    desk = Desk()
    desk.put(0, "a")
    desk.put(1, "a")
    desk.put(2, "b")
    assert desk.answer(desk.take_one(0.0), RETRY) == []
    assert desk.take(0.0) == ["b"]
    assert desk.scheduler.next_due(0.0) == pytest.approx(0.1)
    assert desk.take(0.09) == []
    work = desk.take_one(0.1)
    assert (work.parts[0].record.offset, work.attempt) == (0, 2)
    assert work.ready_at == pytest.approx(0.1)


def test_a_targets_own_wait_is_obeyed() -> None:
    """`Retry-After` of an answer that speaks of this work alone, capped at 300 s.

    The work's own backoff comes on top.
    """
    desk = Desk(SchedulePolicy(membership_lease_seconds=9_999.0))
    desk.put(0, "a")
    desk.answer(desk.take_one(0.0), RETRY)
    slow = Outcome(RETRY.kind, "http_500", "", 1_000.0, 500)
    desk.answer(desk.take_one(1.0), slow, now=1.0)
    assert desk.scheduler.next_due(1.0) == 301.2


def test_an_unsent_work_goes_back_as_it_was() -> None:
    """Not one byte left: no attempt, no failure, no wait, and before newer items."""
    desk = Desk()
    desk.put(0, "a")
    desk.put(1, "a")
    desk.put(2, "b")
    desk.answer(desk.take_one(0.0), UNSENT)
    work = desk.take_one(0.0)
    assert (work.parts[0].record.offset, work.attempt) == (0, 1)


def test_a_retry_needs_a_token_and_an_unsent_one_returns_it() -> None:
    """Beyond the budget retries wait for a second, while fresh works go on."""
    desk = Desk(SchedulePolicy(max_in_flight=1))  # a budget of two
    for offset, name in enumerate("abcd"):
        desk.put(offset, name)
    for work in desk.scheduler.take(4, 0.0):
        desk.answer(work, RETRY)
    first, second = desk.scheduler.take(9, 0.1)
    assert (first.profile.value, second.profile.value) == ("a", "b")
    desk.put(4, "fresh", now=0.1)
    assert desk.take(0.1) == ["fresh"]
    due = desk.scheduler.next_due(0.1)
    assert due == pytest.approx(0.8)  # three calls brought 0.3 of a token
    desk.answer(first, UNSENT, now=0.2)
    assert desk.take(0.2) == ["a"]
    desk.answer(second, DELIVERED, now=0.2)
    assert desk.take(0.2) == ["c"]
    assert desk.take(1.3) == ["d"]


def test_profiles_that_always_fail_do_not_take_all_tokens() -> None:
    """Bug: they are the oldest, and the retries of all others waited for ever.

    Whatever failed less often goes first.
    """
    policy = SchedulePolicy(
        max_in_flight=1,
        membership_lease_seconds=9_999.0,
        retry=RetryPolicy(cap_seconds=1.0),
        merge=MergePolicy(items=1),
    )
    desk = Desk(policy)
    for offset, name in enumerate(("ill", "sick", "bad", *"abcd")):
        desk.put(offset, name)
    for work in desk.scheduler.take(9, 0.0):
        desk.answer(work, RETRY)
    delivered = set()
    for tenth in range(1, 200):
        now = tenth / 10
        for work in desk.scheduler.take(9, now):
            name = work.profile.value
            desk.answer(work, DELIVERED if name in "abcd" else RETRY, now)
            delivered |= {name} & {*"abcd"}
    assert delivered == {*"abcd"}


def test_what_failed_often_is_at_most_every_second_call() -> None:
    """Bug: with one call now and then the oldest, which always fail, were all of them."""
    policy = SchedulePolicy(
        max_in_flight=9,
        membership_lease_seconds=9_999.0,
        retry=RetryPolicy(cap_seconds=1.0),
        merge=MergePolicy(items=1),
    )
    desk = Desk(policy)
    for offset, name in enumerate(("ill", "sick")):
        desk.put(offset, name)
    for now in range(8):
        for work in desk.scheduler.take(2, float(now)):
            desk.answer(work, RETRY, float(now))
    for offset, name in enumerate("abcd", 2):
        desk.put(offset, name, now=8.0)
    sent = []
    for now in range(9, 19):
        work = desk.take_one(float(now))
        sent.append(work.profile.value)
        desk.answer(work, DELIVERED if sent[-1] in "abcd" else RETRY, float(now))
    assert sent[:8] == ["a", "ill", "b", "sick", "c", "ill", "d", "sick"]
    assert set(sent[8:]) == {"ill", "sick"}  # there is nothing else any more


def test_an_item_behind_a_starved_retry_keeps_its_hint() -> None:
    """An item of another partition that led to the retry is not forgotten."""
    desk = Desk(SchedulePolicy(max_in_flight=1, merge=MergePolicy(items=1)))
    for offset, name in enumerate("abc"):
        desk.put(offset, name)
    for work in desk.scheduler.take(3, 0.0):
        desk.answer(work, RETRY)
    desk.put(0, "c", source=SWIPES)
    works = desk.scheduler.take(9, 0.1)
    assert len(works) == 2
    for work in works:
        desk.answer(work, now=0.1)
    assert desk.take(0.1) == ["c"]
    works = list(desk.scheduler._dispatch.shards.flying)
    desk.answer(works[0], now=0.1)
    assert desk.take(0.1) == ["c"]


def test_a_rejected_item_is_given_up_at_once() -> None:
    """The target refuses it for good; the next item of the profile goes on."""
    desk = Desk()
    made = desk.put(0, "a")
    desk.put(1, "a")
    (settlement,) = desk.answer(desk.take_one(0.0), REJECTED, now=2.0)
    assert (made, End.DEAD_LETTERED, 1, 2.0) == (
        settlement.record,
        settlement.end,
        settlement.attempts,
        settlement.last_failure,
    )
    assert settlement.failure is not None
    assert (
        settlement.failure.code,
        settlement.failure.message,
        settlement.failure.mappings,
    ) == ("http_400", "bad name", ("m",))
    assert desk.take(2.0) == ["a"]


@pytest.mark.peer("Parallel Consumer #310", "Parallel Consumer #196")
def test_attempts_and_time_together_make_it_the_records_fault() -> None:
    """Twenty failures in a minute give nothing up, nor does an hour of few."""
    policy = RetryPolicy(max_attempts=3, give_up_after_seconds=100.0)
    desk = Desk(SchedulePolicy(membership_lease_seconds=9_999.0, retry=policy))
    desk.put(0, "bad")
    for number, (now, over) in enumerate([
        (0.0, False),
        (1.0, False),
        (9.0, False),
        (99.0, False),
        (100.0, True),
    ]):
        work = desk.take_one(now)
        desk.deliver("good", number, now)
        assert over is bool(desk.answer(work, RETRY, now=now))


def test_a_second_outcome_of_a_work_is_ignored() -> None:
    """A record is settled once."""
    desk = Desk()
    desk.put(0, "a")
    work = desk.take_one(0.0)
    assert len(desk.answer(work)) == 1
    assert desk.answer(work) == []
    assert desk.scheduler.statistics().delivered == 1


@pytest.mark.peer(
    "Redpanda Connect PR 4009", "Parallel Consumer #875", "Parallel Consumer fork #346"
)
@pytest.mark.parametrize("outcome", [DELIVERED, RETRY, REJECTED, UNSENT])
def test_a_late_outcome_of_an_ended_epoch_only_frees_the_profile(
    outcome: Outcome,
) -> None:
    """Redpanda Connect PR 4009: a late answer must not bring a revoked offset back."""
    desk = Desk()
    desk.put(5, "a")
    work = desk.take_one(0.0)
    assert desk.scheduler.in_flight([LOANS, SWIPES]) == 1
    assert desk.scheduler.revoke([LOANS]) == 1
    assert desk.scheduler.in_flight([LOANS]) == 0
    desk.scheduler.assign(LOANS, 2, 5, "", 1.0)
    desk.renew(1.0)
    again = record(5, epoch=2)
    assert desk.scheduler.admit(again, 1.0)
    desk.scheduler.offer(again, mapped("a"), 1.0)
    assert desk.take(1.0) == []  # its slot is kept until the old call is answered
    assert desk.answer(work, outcome, now=2.0) == []
    assert desk.committable() == 5
    assert desk.take_one(2.0).parts[0].record is again


def of_two_partitions() -> tuple[Desk, Work]:
    """Return a work in flight with an item of each partition, the first one ended."""
    desk = Desk(SchedulePolicy())
    desk.put(0, "a")
    desk.put(0, "a", source=SWIPES)
    work = desk.take_one(0.0)
    assert len(work.parts) == 2
    assert desk.scheduler.in_flight([LOANS]) == 1
    desk.scheduler.revoke([LOANS])
    assert desk.scheduler.in_flight([LOANS, SWIPES]) == 1
    return desk, work


def test_delivered_completes_the_items_of_partitions_that_stayed() -> None:
    """The call did its work for them, whatever was revoked meanwhile."""
    desk, work = of_two_partitions()
    (settlement,) = desk.answer(work)
    assert (settlement.record.source, settlement.end) == (SWIPES, End.DELIVERED)
    assert desk.take(0.0) == []


@pytest.mark.parametrize("outcome", [RETRY, REJECTED, UNSENT])
def test_any_other_outcome_puts_them_back_as_if_not_sent(outcome: Outcome) -> None:
    """The work as a whole is no more, so its failure blames none of them."""
    desk, work = of_two_partitions()
    assert desk.answer(work, outcome) == []
    again = desk.take_one(0.0)
    assert (again.parts[0].record.source, again.attempt) == (SWIPES, 1)
    assert len(again.parts) == 1


@pytest.mark.peer("Parallel Consumer #547")
def test_a_flood_of_failures_does_not_stop_the_rest() -> None:
    """Parallel Consumer #547 and #606 stood still with room and ready work."""
    desk = Desk()
    for offset in range(200):
        desk.put(offset, f"p{offset % 20}")
    now, delivered, turn = 0.0, 0, 0
    while delivered < 200:
        works = desk.scheduler.take(7, now)
        for work in works:
            turn += 1
            outcome = RETRY if turn % 3 == 0 else UNSENT if turn % 7 == 0 else DELIVERED
            delivered += len(desk.answer(work, outcome, now=now))
        if not works:
            due = desk.scheduler.next_due(now)
            assert due is not None
            now = due
        desk.renew(now)
    assert desk.committable() == 200
    assert desk.scheduler.next_due(now) is None
