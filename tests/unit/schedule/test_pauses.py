"""Every pause has its reason and its way out."""

from consumer.model import Outcome, OutcomeKind, PauseReason
from consumer.schedule.policy import SchedulePolicy
from consumer.schedule.scheduler import Scheduler
from tests.unit.schedule.desk import LOANS, REFUSED, Desk


def test_a_healthy_scheduler_has_no_pause() -> None:
    """Nothing is said when nothing is wrong, nor before an assignment."""
    assert Desk().scheduler.pauses(1.0) == ()
    assert Scheduler(SchedulePolicy(), lambda: 0.5).pauses(1.0) == ()


def test_an_unproven_membership_is_a_pause() -> None:
    """For a new partition alone, and for all when the lease lapsed."""
    scheduler = Scheduler(SchedulePolicy(), lambda: 0.5)
    scheduler.assign(LOANS, 1, 0, "", 3.0)
    assert [
        (pause.reason, pause.scope, pause.since) for pause in scheduler.pauses(4.0)
    ] == [
        (PauseReason.LEASE, "all partitions", 3.0),
        (PauseReason.LEASE, "loans[0]", 3.0),
    ]
    (pause,) = Desk().scheduler.pauses(50.0)
    assert (pause.reason, pause.since) == (PauseReason.LEASE, 20.0)
    assert "acknowledges" in pause.ends_when


def test_a_stopped_partition_is_a_pause() -> None:
    """It names the broker's error."""
    desk = Desk()
    desk.scheduler.committed(desk.scheduler.positions([LOANS]), {LOANS: 27}, 2.0)
    (pause,) = desk.scheduler.pauses(3.0)
    assert (
        pause.reason,
        pause.scope,
        pause.since,
    ) == (PauseReason.COMMIT, "loans[0]", 2.0)
    assert "27" in pause.ends_when


def test_a_halted_and_a_held_endpoint_are_pauses() -> None:
    """A halt ends with a delivery, a hold with its time."""
    desk = Desk()
    for offset, name in enumerate("abc"):
        desk.put(offset, name)
    works = desk.scheduler.take(3, 0.0)
    desk.answer(works[0], REFUSED, now=1.0)
    desk.answer(works[1], REFUSED, now=2.0)
    throttled = Outcome(OutcomeKind.RETRY, "http_429", "", 10.0, 429)
    desk.answer(works[2], throttled, now=3.0)
    halted, held = desk.scheduler.pauses(5.0)
    assert (
        halted.reason,
        halted.scope,
        halted.since,
    ) == (PauseReason.HALTED, "single", 2.0)
    assert (
        held.reason,
        held.scope,
        held.since,
    ) == (PauseReason.THROTTLED, "single", 3.0)
    assert held.ends_when.endswith("in 8 s")
