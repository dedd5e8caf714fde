"""The breaker: most of the last answers were to try again."""

from __future__ import annotations

import dataclasses

import pytest

from consumer.model import DELIVERED, PauseReason, ProfileId
from consumer.schedule.breaker import LEAST_PROFILES, WINDOW_ANSWERS, Breaker
from consumer.schedule.policy import SchedulePolicy
from tests.unit.schedule.desk import REJECTED, RETRY, Desk, profile

BREAKING = SchedulePolicy(breaker=True, membership_lease_seconds=9_999.0)


def names(count: int) -> list[ProfileId]:
    """Return so many profiles."""
    return [profile(f"p{number}") for number in range(count)]


def opened(desk: Desk) -> None:
    """Let the calls of five profiles fail at 0.0."""
    for offset in range(LEAST_PROFILES):
        desk.put(offset, f"p{offset}")
    for work in desk.scheduler.take(LEAST_PROFILES, 0.0):
        desk.answer(work, RETRY)


def reasons(desk: Desk, now: float) -> set[PauseReason]:
    """Return why anything is paused."""
    return {pause.reason for pause in desk.scheduler.pauses(now)}


def test_it_trips_when_five_profiles_failed_and_nothing_was_good() -> None:
    """Fewer answers than a window are judged, too: a start into an outage."""
    breaker = Breaker()
    found = [breaker.note_failure(one) for one in names(LEAST_PROFILES)]
    assert found == [False] * (LEAST_PROFILES - 1) + [True]


def test_one_profile_that_fails_again_and_again_stops_nobody() -> None:
    """Nor do four."""
    breaker = Breaker()
    assert not any(
        breaker.note_failure(one)
        for _ in range(WINDOW_ANSWERS)
        for one in names(LEAST_PROFILES - 1)
    )


def test_half_of_the_last_hundred_is_not_enough() -> None:
    """One more is; what is older than the window does not count."""
    breaker = Breaker()
    for _ in range(50):
        breaker.note_answer()
    found = [breaker.note_failure(one) for one in names(51)]
    assert found == [False] * 50 + [True]
    again = Breaker()
    for one in names(40):
        again.note_failure(one)
    for _ in range(WINDOW_ANSWERS):
        again.note_answer()
    assert not any(again.note_failure(one) for one in names(50))


def test_what_is_forgotten_does_not_count() -> None:
    """After a reset it begins anew."""
    breaker = Breaker()
    for one in names(LEAST_PROFILES - 1):
        breaker.note_failure(one)
    breaker.reset()
    assert not breaker.note_failure(profile("last"))


def test_while_it_is_open_only_probes_go_and_a_probe_that_is_delivered_closes_it() -> (
    None
):
    """One at a time, longer apart each time; then all goes on."""
    desk = Desk(BREAKING)
    opened(desk)
    assert reasons(desk, 0.0) == {PauseReason.BREAKER}
    desk.put(9, "fresh")
    assert desk.take(0.05) == []
    due = desk.scheduler.next_due(0.05)
    assert due == pytest.approx(0.1)
    (probe,) = desk.scheduler.take(9, 0.1)
    assert probe.probe
    assert desk.scheduler.take(9, 0.1) == []
    desk.answer(probe, RETRY, now=0.1)
    (probe,) = desk.scheduler.take(9, 60.0)
    desk.answer(probe, DELIVERED, now=60.0)
    assert reasons(desk, 60.0) == set()
    assert len(desk.scheduler.take(9, 60.0)) == LEAST_PROFILES


def test_a_call_that_was_sent_before_closes_nothing() -> None:
    """It tells of the time before."""
    desk = Desk(BREAKING)
    desk.put(100, "early")
    early = desk.take_one(0.0)
    for offset in range(LEAST_PROFILES):
        desk.put(101 + offset, f"p{offset}")
    for work in desk.scheduler.take(9, 0.0):
        desk.answer(work, RETRY)
    assert reasons(desk, 0.0) == {PauseReason.BREAKER}
    desk.answer(early, DELIVERED, now=0.05)
    assert reasons(desk, 0.05) == {PauseReason.BREAKER}


def test_failures_of_probes_count_against_no_item() -> None:
    """However long it lasts, nothing is given up."""
    desk = Desk(dataclasses.replace(BREAKING, membership_lease_seconds=9e9))
    opened(desk)
    now = 0.0
    for _ in range(200):
        now = (desk.scheduler.next_due(now) or now) + 100.0
        for work in desk.scheduler.take(9, now):
            assert desk.answer(work, RETRY, now=now) == []
    assert desk.scheduler.statistics().held == LEAST_PROFILES


def test_rejections_are_answers_of_a_target_that_is_well() -> None:
    """They are the records' own fault, whatever their share."""
    desk = Desk(BREAKING)
    for offset in range(100):
        desk.put(offset, f"p{offset}")
    for number, work in enumerate(desk.scheduler.take(100, 0.0)):
        desk.answer(work, RETRY if number % 3 == 0 else REJECTED)
    assert PauseReason.BREAKER not in reasons(desk, 0.0)
