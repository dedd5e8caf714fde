"""A profile that fails alone delays only itself, whatever else is going on."""

from __future__ import annotations

from consumer.model import DELIVERED, FaultKind, Outcome, OutcomeKind, Work
from consumer.schedule.policy import MergePolicy, SchedulePolicy
from tests.unit.schedule import test_guarding
from tests.unit.schedule.desk import REFUSED, REJECTED, SWIPES, Desk

ADAPTIVE = SchedulePolicy(
    adaptive=True,
    max_in_flight=8,
    membership_lease_seconds=9_999.0,
    merge=MergePolicy(items=1),
)
UNAVAILABLE = Outcome(OutcomeKind.RETRY, "http_503", status=503)
TIMED_OUT = Outcome(OutcomeKind.RETRY, FaultKind.TIMEOUT)
LATENCY_SECONDS = 0.1


def test_a_refused_profile_does_not_keep_a_guard_open_for_ever() -> None:
    """The oldest kept record is refused while the endpoint is halted: others are tried.

    Else nothing can end the halt, because only this profile is asked, and nothing can
    close the guard, because its trial does not end.
    """
    desk = test_guarding.Desk()
    for offset, name in enumerate(("a", "b", "c", "ill", "well", "fine")):
        desk.put(offset, name)
    desk.put(0, "elsewhere", source=SWIPES)
    scheduler = desk.scheduler
    answers = {"ill": REFUSED, "elsewhere": REFUSED, "well": DELIVERED}
    works = {work.profile.value: work for work in scheduler.take(4, 0.0)}
    for name in ("a", "b", "c"):
        scheduler.complete(works[name], REJECTED, 0.1)  # which trips the guard
    scheduler.complete(works["ill"], REFUSED, 0.2)
    for work in scheduler.take(9, 0.3):
        scheduler.complete(work, answers[work.profile.value], 0.3)  # and halts
    scheduler.revoke((SWIPES,))
    sent = set()
    for now in range(1, 3_600):
        desk.renew(now)
        desk.guarding.begin_trial({}, now)
        for work in scheduler.take(9, now):
            sent.add(work.profile.value)
            scheduler.complete(work, answers.get(work.profile.value, DELIVERED), now)
    assert "well" in sent


def test_a_profile_that_is_answered_503_lowers_the_limit_of_no_other() -> None:
    """For a minute it is tried again, and again; the calls of all others are delivered.

    Measured: the limit falls below one, and a sixth of the others wait. Where retries
    wait a second at most, it falls to its floor, one call in five seconds, and needs
    four minutes and a thousand calls to be at four again.
    """
    desk = Desk(ADAPTIVE)
    desk.put(0, "ill")
    now, offset = 0.0, 1
    while now < 60.0:
        desk.put(offset, f"well{offset}", now=now)
        offset += 1
        for work in desk.scheduler.take(9, now):
            is_ill = work.profile.value == "ill"
            outcome = UNAVAILABLE if is_ill else DELIVERED
            desk.answer(work, outcome, now=now + LATENCY_SECONDS)
        now += 2 * LATENCY_SECONDS
    assert desk.scheduler.statistics().limit >= 4


def test_many_profiles_that_time_out_leave_every_second_call_to_others() -> None:
    """Bug: from 64 of them on nothing else was sent where few calls are allowed."""
    desk = Desk(ADAPTIVE)
    for offset in range(100):
        desk.put(offset, f"ill{offset}")
    flying: list[tuple[float, Work]] = []
    failures, delivered = 0, 0
    for moment in range(1, 100_000):
        now = moment / 2
        if failures == 800 and not delivered:  # by now each has failed often
            desk.put(moment, f"well{moment}", source=SWIPES, now=now)
        for due, work in [one for one in flying if one[0] <= now]:
            flying.remove((due, work))
            is_ill = work.profile.value.startswith("ill")
            desk.answer(work, TIMED_OUT if is_ill else DELIVERED, now)
            failures, delivered = failures + is_ill, delivered + (not is_ill)
        flying += [(now + 10.0, work) for work in desk.scheduler.take(9, now)]
        if failures > 810 or delivered:
            break
    assert delivered
