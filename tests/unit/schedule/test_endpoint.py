"""Whose fault it is."""

import pytest

from consumer.model import DELIVERED, UNSENT, End, Outcome, OutcomeKind, Work
from consumer.schedule.endpoint import is_suspect
from consumer.schedule.policy import RetryPolicy, SchedulePolicy
from tests.unit.schedule.desk import LOANS, REFUSED, REJECTED, RETRY, SWIPES, Desk

THROTTLED = Outcome(OutcomeKind.RETRY, "http_429", "", 5.0, 429)
UNAVAILABLE = Outcome(OutcomeKind.SUSPECT, "http_503", "", 5.0, 503)


def halted(*names: str) -> Desk:
    """Return a desk whose endpoint halted at 0.0, refusing the first two profiles."""
    desk = Desk()
    for offset, name in enumerate(names):
        desk.put(offset, name)
    for work in desk.scheduler.take(2, 0.0):
        desk.answer(work, REFUSED)
    return desk


def probe(desk: Desk, now: float) -> Work:
    """Take the probe that is due."""
    (work,) = desk.scheduler.take(9, now)
    assert work.probe
    return work


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (REFUSED, True),
        (UNAVAILABLE, True),
        (Outcome(OutcomeKind.RETRY, "http_503", "", 5.0, 503), True),
        (Outcome(OutcomeKind.RETRY, "http_503", status=503), False),
        (THROTTLED, False),
        (REJECTED, False),
        (DELIVERED, False),
    ],
)
def test_which_answers_are_suspect(outcome: Outcome, *, expected: bool) -> None:
    """A 503 is one with `Retry-After` only, whichever way it was judged before."""
    assert expected is is_suspect(outcome)


def test_one_refused_profile_waits_alone() -> None:
    """Until another profile is refused too, all others go on."""
    desk = Desk()
    for offset, name in enumerate("abc"):
        desk.put(offset, name)
    desk.answer(desk.take_one(0.0), REFUSED)
    assert desk.take(0.0) == ["b", "c"]


def test_a_delivery_between_two_refusals_keeps_the_endpoint_going() -> None:
    """Two refused profiles are the endpoint's fault only without a delivery between."""
    desk = Desk()
    for offset, name in enumerate("abcd"):
        desk.put(offset, name)
    first, second, third = desk.scheduler.take(3, 0.0)
    desk.answer(first, REFUSED)
    desk.answer(second)
    desk.answer(third, REFUSED)
    assert desk.take(0.0) == ["d"]


def test_the_same_profile_refused_twice_halts_nothing() -> None:
    """It takes two different profiles."""
    desk = Desk()
    desk.put(0, "a")
    desk.answer(desk.take_one(0.0), REFUSED)
    desk.answer(desk.take_one(0.1), REFUSED, now=0.1)
    desk.put(1, "b", now=0.1)
    assert desk.take(0.1) == ["b"]


@pytest.mark.peer(
    "Benthos #77", "Redpanda Connect PR 1181", "kafka-connect-http clescot #719"
)
def test_a_halted_endpoint_sends_probes_of_different_profiles() -> None:
    """One at a time, first those that were not refused yet, oldest first, then again."""
    desk = halted("a", "b", "c", "d")
    asked, now = [], 0.0
    for _ in range(6):
        due = desk.scheduler.next_due(now)
        assert due is not None
        now = due
        while not (works := desk.scheduler.take(9, now)):
            due = desk.scheduler.next_due(now)
            assert due is not None
            now = due
        assert desk.take(now + 0.001) == []  # one at a time
        asked.append(works[0].profile.value)
        assert works[0].probe
        desk.answer(works[0], REFUSED, now=now)
        desk.renew(now)
    assert asked == ["c", "d", "a", "b", "c", "d"]


def test_a_delivery_ends_the_halt_and_the_refused_go_first() -> None:
    """What was refused is tried again at once, before what is older in rank."""
    desk = halted("a", "b", "c", "d")
    work = probe(desk, 0.1)
    assert work.profile.value == "c"
    desk.answer(work, now=0.1)
    assert desk.take(0.1) == ["a", "b", "d"]


def test_the_end_of_a_halt_says_when_the_refused_became_ready() -> None:
    """Now: else their wait would be told too short by what was left of it."""
    desk = halted("a", "b", "c")
    desk.answer(probe(desk, 0.1), now=0.1)
    assert [work.ready_at for work in desk.scheduler.take(2, 0.1)] == [0.1, 0.1]


def test_the_end_of_a_halt_leaves_the_waits_of_others_as_they_are() -> None:
    """A profile whose call failed otherwise is tried again when its own wait is over."""
    desk = Desk()
    for offset, name in enumerate(["failed", "a", "b", "c"]):
        desk.put(offset, name)
    failed, *refused = desk.scheduler.take(3, 0.0)
    desk.answer(failed, Outcome(OutcomeKind.RETRY, "http_500", "", 5.0, 500))
    for work in refused:
        desk.answer(work, REFUSED)
    desk.answer(probe(desk, 0.1), now=0.1)
    assert desk.take(0.1) == ["a", "b"]
    assert desk.scheduler.next_due(0.1) == 5.1
    assert desk.take(5.1) == ["failed"]


def test_what_stood_aside_returns_with_the_halts_end() -> None:
    """Hints of refused profiles are neither lost nor late."""
    desk = halted("a", "b")
    desk.put(2, "a")
    assert desk.take(0.1, 0) == []
    work = probe(desk, 0.1)  # all were refused: the oldest is asked again
    assert work.profile.value == "a"
    desk.put(3, "c", now=0.1)
    desk.answer(work, REFUSED, now=0.1)
    work = probe(desk, 0.5)
    assert work.profile.value == "b"
    desk.answer(work, REJECTED, now=0.5)
    work = probe(desk, 1.0)
    assert work.profile.value == "c"
    desk.answer(work, now=1.0)
    assert desk.take(1.0) == ["a"]


def test_a_probe_that_is_not_sent_may_be_tried_at_once() -> None:
    """The lease lapsed between: nothing was asked, so nothing is waited for."""
    desk = halted("a", "b", "c")
    work = probe(desk, 0.1)
    desk.answer(work, UNSENT, now=0.2)
    assert probe(desk, 0.2).profile.value == "c"


def test_a_round_of_probes_ends_only_when_all_that_can_go_were_asked() -> None:
    """Closed partitions leave nothing to ask with; the round then goes on as it was."""
    desk = halted("a", "b", "c")
    work = probe(desk, 0.15)
    desk.scheduler.fence([LOANS])
    desk.answer(work, REFUSED, now=0.15)
    assert desk.take(5.0) == []
    desk.put(0, "a", source=SWIPES, now=5.0)
    desk.put(1, "d", source=SWIPES, now=5.0)
    assert probe(desk, 5.0).profile.value == "d"


@pytest.mark.peer("Vector #24543")
def test_nothing_counts_against_an_item_while_the_endpoint_is_halted() -> None:
    """An outage of any length gives up nothing (Vector #24543 lost such records)."""
    desk = halted("a", "b", "c")
    now = 0.0
    for _ in range(50):
        now += 31.0
        desk.renew(now)
        assert desk.answer(probe(desk, now), REFUSED, now=now) == []
    assert desk.scheduler.statistics().held == 3
    assert desk.committable() == 0


def test_the_deliveries_of_before_do_not_blame_a_probe() -> None:
    """The window still remembers better days; what a probe is told does not count."""
    desk = Desk()
    for number in range(20):
        desk.deliver(f"good{number}", number, 0.0)
    desk.put(0, "a")
    desk.put(1, "b")
    for work in desk.scheduler.take(2, 0.0):
        desk.answer(work, REFUSED)
    now = 0.0
    for _ in range(8):
        now += 31.0
        desk.renew(now)
        assert desk.answer(probe(desk, now), REFUSED, now=now) == []


def test_three_counted_refusals_are_the_records_fault() -> None:
    """The target refuses this profile and accepts others: a dead letter."""
    desk = Desk()
    desk.put(0, "bad")
    ends = []
    for number in range(3):
        now = number * 1.0
        desk.renew(now)
        work = desk.take_one(now)
        desk.deliver("good", number, now)
        ends = desk.answer(work, REFUSED, now=now)
    (settlement,) = ends
    assert settlement.end is End.DEAD_LETTERED
    assert settlement.failure is not None
    assert (
        settlement.failure.code,
        settlement.attempts,
        settlement.first_failure,
        settlement.last_failure,
    ) == ("http_401", 3, 0.0, 2.0)


@pytest.mark.peer("Redpanda Connect #1352")
def test_a_429_holds_the_whole_endpoint_and_never_counts() -> None:
    """It speaks of the account; its `Retry-After` is obeyed within our cap."""
    desk = Desk(
        SchedulePolicy(
            membership_lease_seconds=999.0,
            retry=RetryPolicy(max_attempts=1, give_up_after_seconds=0.0),
        )
    )
    desk.put(0, "a")
    work = desk.take_one(0.0)
    desk.deliver("good", 0, 0.0)
    desk.put(1, "b")
    desk.answer(work, THROTTLED)
    assert desk.take(4.9) == []
    assert desk.scheduler.next_due(0.0) == 5.0
    assert desk.take(5.0) == ["b"]
    assert desk.take(5.1) == ["a"]
    endless = Outcome(OutcomeKind.RETRY, "http_429", "", 9_999.0, 429)
    works = list(desk.scheduler._dispatch.shards.flying)
    desk.answer(works[0], endless, now=6.0)
    desk.answer(works[1], THROTTLED, now=7.0)  # a shorter one shortens nothing
    desk.renew(300.0)
    assert desk.take(305.9) == []
    assert desk.take(306.0) == ["a"]
    assert desk.take(306.2) == ["b"]


def test_a_longer_retry_after_extends_the_hold() -> None:
    """The pause is one, from its beginning."""
    desk = Desk()
    desk.put(0, "a")
    desk.put(1, "b")
    works = desk.scheduler.take(2, 0.0)
    desk.answer(works[0], THROTTLED, now=1.0)
    desk.answer(works[1], THROTTLED, now=2.0)
    assert [pause.since for pause in desk.scheduler.pauses(3.0)] == [1.0]
    assert desk.take(6.9) == []
    assert desk.take(7.1) == ["a", "b"]


def test_a_429_without_retry_after_holds_only_its_work() -> None:
    """There is nothing to obey; the work backs off."""
    desk = Desk()
    desk.put(0, "a")
    desk.put(1, "b")
    desk.answer(desk.take_one(0.0), Outcome(OutcomeKind.RETRY, "http_429", status=429))
    assert desk.take(0.0) == ["b"]


def test_a_503_holds_under_the_two_profile_rule() -> None:
    """One profile's 503 with `Retry-After` holds its work, two hold the endpoint."""
    desk = Desk()
    for offset, name in enumerate("abc"):
        desk.put(offset, name)
    first, second = desk.scheduler.take(2, 0.0)
    desk.answer(first, UNAVAILABLE)
    assert desk.scheduler.pauses(0.0) == ()
    desk.answer(second, UNAVAILABLE)
    assert desk.take(4.9) == []
    assert desk.take(5.0) == ["c"]
    assert desk.take(5.1) == ["a", "b"]


@pytest.mark.parametrize("outcome", [UNAVAILABLE, THROTTLED])
def test_whose_answer_holds_the_endpoint_does_not_go_first_again(
    outcome: Outcome,
) -> None:
    """Bug: with one call at once it was due as its hold ended, held it again, for ever.

    A 503's holds it as long as nobody was delivered since another profile's; the others
    were never sent, and so never delivered.
    """
    policy = SchedulePolicy(membership_lease_seconds=9_999.0, max_in_flight=1)
    desk = Desk(policy)
    for offset, name in enumerate(("ill", "gone", "well", "fine")):
        desk.put(offset, name)
    works = [*desk.scheduler.take(1, 0.0), *desk.scheduler.take(1, 0.0)]
    for work in works:
        desk.answer(work, outcome)
    sent = []
    for tenth in range(200):
        now = 5.0 + tenth / 10
        for work in desk.scheduler.take(1, now):
            sent.append(work.profile.value)
            is_ill = sent[-1] == "ill"
            desk.answer(work, outcome if is_ill else DELIVERED, now=now)
    assert {"well", "fine"} < set(sent)


def test_a_hold_during_a_halt_delays_the_probe() -> None:
    """`Retry-After` is obeyed by probes too."""
    desk = halted("a", "b", "c")
    desk.answer(probe(desk, 0.1), THROTTLED, now=0.1)
    assert desk.take(5.0) == []
    assert desk.scheduler.next_due(5.05) == 5.1
    work = probe(desk, 5.1)
    desk.answer(work, now=5.1)
    assert desk.scheduler.pauses(5.1) == ()


def test_a_late_delivery_ends_the_halt_but_not_the_hold() -> None:
    """What was on the wire before may prove that the refusals are over."""
    desk = Desk()
    for offset, name in enumerate("abcde"):
        desk.put(offset, name)
    works = desk.scheduler.take(4, 0.0)
    desk.answer(works[0], REFUSED)
    desk.answer(works[1], REFUSED)
    desk.answer(works[2], THROTTLED)
    desk.answer(works[3], now=1.0)
    assert desk.take(4.9) == []
    assert desk.take(5.0, 2) == ["a", "b"]


def test_time_in_which_the_endpoint_was_not_well_does_not_count() -> None:
    """Counted time leaves out holds and halts, so only its own failures tell."""
    policy = RetryPolicy(max_attempts=2, give_up_after_seconds=60.0)
    desk = Desk(SchedulePolicy(membership_lease_seconds=9_999.0, retry=policy))
    desk.put(0, "bad")
    work = desk.take_one(0.0)
    desk.deliver("good", 0, 0.0)
    assert desk.answer(work, RETRY, now=0.0) == []
    desk.put(1, "other", source=SWIPES)
    work = desk.take_one(0.0)
    desk.answer(work, Outcome(OutcomeKind.RETRY, "http_429", "", 100.0, 429), now=10.0)
    works = desk.scheduler.take(9, 110.1)
    for work in works[1:]:
        desk.answer(work, now=110.1)
    # 120 s have passed, 100 of them in the hold: 20 count.
    assert desk.answer(works[0], RETRY, now=120.0) == []
    desk.deliver("good", 2, 120.0)
    work = desk.take_one(150.0)
    assert desk.answer(work, RETRY, now=159.0) == []
    desk.deliver("good", 3, 159.0)
    work = desk.take_one(160.0)
    (settlement,) = desk.answer(work, RETRY, now=160.0)
    assert settlement.end is End.DEAD_LETTERED


def test_a_rejection_of_our_own_is_no_word_of_the_target() -> None:
    """Without a status nothing was sent, so it proves nothing about the target."""
    desk = Desk()
    desk.put(0, "large")
    desk.put(1, "bad")
    first, second = desk.scheduler.take(2, 0.0)
    own = Outcome(OutcomeKind.REJECTED, "too_large")
    assert len(desk.answer(first, own)) == 1
    for number in range(4):
        now = number * 1.0
        assert desk.answer(second, REFUSED, now=now) == []
        (second,) = desk.scheduler.take(1, now + 1.0)


def test_starved_retries_serve_as_probes() -> None:
    """A probe needs no token of the retry budget, so an empty one stops nothing."""
    desk = Desk(SchedulePolicy(max_in_flight=1))  # a budget of two
    for offset, name in enumerate("abc"):
        desk.put(offset, name)
    for work in desk.scheduler.take(3, 0.0):
        desk.answer(work, RETRY)
    works = desk.scheduler.take(3, 0.2)
    assert len(works) == 2
    for work in works:
        desk.answer(work, REFUSED, now=0.2)
    assert desk.scheduler.next_due(0.2) is not None
    assert probe(desk, 0.31).profile.value == "c"
