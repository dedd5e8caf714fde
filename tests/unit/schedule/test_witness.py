"""A record now and then from a partition that stands still, to know whose fault it is."""

from __future__ import annotations

import dataclasses

import pytest

from consumer.model import DELIVERED, End, Outcome, OutcomeKind, PauseReason
from consumer.schedule import offsets
from consumer.schedule.guard import GuardPolicy
from consumer.schedule.offset_map import MOST_OFFSETS
from consumer.schedule.policy import MergePolicy, RetryPolicy, SchedulePolicy
from tests.unit.schedule.desk import (
    LOANS,
    REFUSED,
    RETRY,
    SWIPES,
    Desk,
    mapped,
    record,
)

# One partition may hold 20 records of its own, and 15 more; five are for witnesses.
POLICY = SchedulePolicy(
    held_records=40,
    membership_lease_seconds=999_999.0,
    merge=MergePolicy(items=1),
    retry=RetryPolicy(max_attempts=3, give_up_after_seconds=60.0),
    guard=GuardPolicy(enabled=False),
)
PATIENT = dataclasses.replace(POLICY, held_records=10_000, retry=RetryPolicy())
MOST = 35
MINUTE, HOUR = 60, 3600


class Log:
    """Reads one partition as the pipeline does, and answers what is sent.

    Attributes:
        profiles: Whom each record is about, without end.
        answers: Those who are not delivered to.
        read: How many records were read.
        most: The most that were held.
        ends: What ended, and how.
    """

    def __init__(self, profiles: list[str], policy: SchedulePolicy = POLICY) -> None:
        self.desk = Desk(policy)
        self.desk.scheduler.revoke([SWIPES])
        self.profiles = profiles
        self.answers: dict[str, Outcome] = {}
        self.everybody = DELIVERED
        self.read = 0
        self.most = 0
        self.ends: list[End] = []

    def second(self, now: float) -> None:
        """Read what may be read, and serve what is to be sent."""
        desk = self.desk
        desk.renew(now)
        flow = desk.scheduler.flow(now)
        for _ in range(flow.room if LOANS not in flow.paused else 0):
            offset, self.read = self.read, self.read + 1
            name = self.profiles[min(offset, len(self.profiles) - 1)]
            made = record(offset)
            assert desk.scheduler.admit(made, now)
            desk.scheduler.offer(made, mapped(name.format(offset)), now)
        self.most = max(self.most, desk.scheduler.statistics().held)
        for work in desk.scheduler.take(99, now):
            outcome = self.answers.get(work.profile.value, self.everybody)
            for end in desk.answer(work, outcome, now):
                desk.scheduler.settle(end.record)
                self.ends.append(end.end)

    def pass_time(self, first: int, end: int, step: int = 1) -> None:
        """Let seconds pass."""
        for now in range(first, end, step):
            self.second(float(now))


def full_of(*names: str) -> list[str]:
    """Return a log of which as much is about these as may be held, and then others."""
    return [names[n % len(names)] for n in range(MOST)] + ["well-{}"]


@pytest.mark.parametrize("outcome", [RETRY, REFUSED])
def test_a_partition_that_is_full_of_a_failing_profile_goes_on(
    outcome: Outcome,
) -> None:
    """Bug: nobody else was ever accepted again, so nothing counted, for ever."""
    log = Log(full_of("ill"))
    log.answers["ill"] = outcome
    log.pass_time(0, 6 * HOUR, 10)
    assert log.ends.count(End.DEAD_LETTERED) == MOST
    assert log.ends.count(End.DELIVERED) > 100
    assert log.desk.scheduler.pauses(6.0 * HOUR) == ()
    assert log.most <= POLICY.held_records


def test_an_outage_gives_nothing_up_and_reads_no_more_than_is_held() -> None:
    """A witness fails like all others; with no room for another one there is none."""
    log = Log(full_of("ill"))
    log.everybody = RETRY
    log.pass_time(0, 12 * HOUR, 20)
    assert (log.ends, log.read, log.most) == ([], 40, 40)
    (pause,) = (p for p in log.desk.scheduler.pauses(99.0) if p.scope == str(LOANS))
    assert "one more record" not in pause.ends_when
    log.everybody = DELIVERED
    log.pass_time(12 * HOUR, 12 * HOUR + 2 * MINUTE)
    assert End.DEAD_LETTERED not in log.ends
    assert len(log.ends) > 40


def test_two_failing_profiles_need_nine_witnesses() -> None:
    """Nine in ten of the others: as many follow each other as that takes, and no more."""
    log = Log(full_of("ill", "sick"))
    log.answers = {"ill": RETRY, "sick": RETRY}
    log.pass_time(0, 5 * MINUTE)
    assert log.read == MOST + 9
    log.pass_time(5 * MINUTE, 6 * HOUR, 10)
    assert log.ends.count(End.DEAD_LETTERED) == MOST


def test_a_refused_partition_halts_nothing_for_ever() -> None:
    """Two refused profiles halt the endpoint; a witness is the probe that is delivered."""
    log = Log(full_of("ill", "sick"))
    log.answers = {"ill": REFUSED, "sick": REFUSED}
    log.pass_time(0, 2 * MINUTE)
    assert log.ends.count(End.DELIVERED) >= 9
    log.pass_time(2 * MINUTE, 2 * HOUR, 5)
    assert log.ends.count(End.DEAD_LETTERED) == MOST


def test_there_is_none_while_something_can_be_sent() -> None:
    """Whoever was not asked yet is witness enough; so is one whose answer is to come."""
    log = Log(full_of("ill", "other-{}"))
    log.answers["ill"] = RETRY
    log.desk.scheduler.flow(0.0)
    for offset in range(MOST):
        made = record(offset)
        assert log.desk.scheduler.admit(made, 0.0)
        log.desk.scheduler.offer(made, mapped(log.profiles[offset].format(offset)), 0.0)
    (first,) = log.desk.scheduler.take(1, 0.0)
    log.desk.answer(first, RETRY)
    for now in range(1, 200):
        assert log.desk.scheduler.flow(now).room == 0
    for work in log.desk.scheduler.take(99, 200.0):
        if work.profile.value == "ill":
            log.desk.answer(work, RETRY, 200.0)
    for now in range(200, 400):
        assert log.desk.scheduler.flow(now).room == 0


def test_there_is_none_while_the_target_wants_to_be_left_alone() -> None:
    """A 429 holds the whole endpoint for a known time."""
    log = Log(full_of("ill"))
    log.everybody = Outcome(OutcomeKind.RETRY, "http_429", "", 300.0, 429)
    log.pass_time(0, 300)
    assert log.read == MOST


def test_nothing_is_read_of_what_somebody_holds() -> None:
    """What is held by hand does not fail, and waits for a person."""
    log = Log(["any-{}"])
    log.desk.scheduler.guarding._claims = lambda _topic: ("m",)
    log.desk.scheduler.guarding.renew("1")
    log.desk.scheduler.guarding.hold("m", PauseReason.OVERRIDE, "", 0.0)
    log.pass_time(0, HOUR, 5)
    assert (log.read, log.ends) == (MOST, [])


def test_partitions_have_their_turns() -> None:
    """Of which there is nothing more to read is no reason to ask no other."""
    desk = Desk(dataclasses.replace(POLICY, held_records=42))
    for source, count in ((LOANS, 21), (SWIPES, 20)):
        for offset in range(count):
            desk.put(offset, f"ill-{source.topic}", source=source)
    desk.scheduler.flow(0.0)
    for work in desk.scheduler.take(2, 0.0):
        desk.answer(work, RETRY)
    opened = []
    for now in range(1, 130):
        flow = desk.scheduler.flow(float(now))
        assert flow.room == len({LOANS, SWIPES} - flow.paused)
        opened += [(now, one.topic) for one in {LOANS, SWIPES} - flow.paused]
        for work in desk.scheduler.take(2, float(now)):
            desk.answer(work, RETRY, float(now))
    turns = zip((30, 60, 90, 120), ("loans", "swipes") * 2, strict=True)
    assert opened == [(at + more, topic) for at, topic in turns for more in (0, 1)]


def test_partitions_of_one_failing_profile_have_their_turns() -> None:
    """Bug: only the partition of the oldest item was read, and its log was as bad."""
    desk = Desk(dataclasses.replace(POLICY, held_records=42))
    for source, count in ((LOANS, 21), (SWIPES, 20)):
        for offset in range(count):
            desk.put(offset, "ill", source=source)
    desk.scheduler.flow(0.0)
    desk.answer(desk.take_one(0.0), RETRY)
    opened = []
    for now in range(1, 100):
        flow = desk.scheduler.flow(float(now))
        opened += [one.topic for one in {LOANS, SWIPES} - flow.paused]
        for work in desk.scheduler.take(2, float(now)):
            desk.answer(work, RETRY, float(now))
    assert opened == [*["loans"] * 2, *["swipes"] * 2, *["loans"] * 2]


def test_the_pause_says_that_one_is_read() -> None:
    """With how often, as long as there is room for it."""
    log = Log(full_of("ill"))
    log.everybody = RETRY
    log.pass_time(0, 10)
    (pause,) = (p for p in log.desk.scheduler.pauses(10.0) if p.scope == str(LOANS))
    assert pause.reason is PauseReason.HELD
    assert "one more record is read now and then" in pause.ends_when


def behind_one(desk: Desk, first: int, count: int) -> None:
    """Have records delivered behind one that fails."""
    for offset in range(first, first + count):
        desk.put(offset, f"p{offset}")
        for work in desk.scheduler.take(9, 0.0):
            desk.answer(work, RETRY if work.profile.value == "ill" else DELIVERED)


def test_a_full_map_lets_a_witness_through() -> None:
    """What does not fit into it is only repeated after a crash."""
    desk = Desk(PATIENT)
    desk.put(0, "ill")
    desk.scheduler._partitions[LOANS]._map_characters = 20
    behind_one(desk, 1, 3)
    desk.renew(0.0)
    assert LOANS in desk.scheduler.flow(1.0).paused
    (pause,) = desk.scheduler.pauses(1.0)
    assert (pause.reason, pause.scope) == (PauseReason.OFFSET_MAP, str(LOANS))
    assert "one more record is read now and then" in pause.ends_when
    now = 1.0
    while LOANS in (flow := desk.scheduler.flow(now)).paused:
        for work in desk.scheduler.take(9, now):
            desk.answer(work, RETRY, now)
        now += 1.0
        assert now < 400.0
    assert now > 300.0  # what was accepted last is forgotten after five minutes
    assert flow == (1, frozenset())


@pytest.mark.parametrize("bound", ["span", "kept"])
def test_a_map_is_not_read_beyond_its_hard_bounds(
    bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its span, and what is kept in memory because it cannot be marked."""
    desk = Desk(PATIENT)
    desk.put(0, "ill", "other")
    partition = desk.scheduler._partitions[LOANS]
    assert partition.has_room_for_witness
    if bound == "span":
        desk.put(MOST_OFFSETS - 2, "x")
        assert partition.has_room_for_witness
        desk.put(MOST_OFFSETS - 1, "x")
    else:
        monkeypatch.setattr(offsets, "MOST_KEPT", 3)
        for work in desk.scheduler.take(9, 0.0):
            if work.profile.value == "other":
                desk.answer(work)
        for offset in range(1, 5):
            assert partition.has_room_for_witness
            desk.put(offset, "other")
            desk.answer(desk.take_one(0.0))
    assert not partition.has_room_for_witness
