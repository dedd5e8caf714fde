"""What is held, what passes it, what is tried, and what is mapped anew."""

from __future__ import annotations

import pytest

from consumer.model import (
    DELIVERED,
    UNSENT,
    End,
    Failure,
    Item,
    Mapped,
    Outcome,
    PauseReason,
    Record,
    Route,
    SkipReason,
    Stage,
    TopicPartition,
    Work,
)
from consumer.schedule.guard import GuardKind, GuardName, GuardPolicy
from consumer.schedule.guards import GuardNews
from consumer.schedule.policy import MergePolicy, SchedulePolicy
from consumer.schedule.scheduler import Scheduler
from tests.unit.schedule.desk import (
    LOANS,
    REFUSED,
    REJECTED,
    RETRY,
    SWIPES,
    profile,
    record,
)

CLAIMS = {"loans": ("m",), "swipes": ("n",), "loans.replay": ("m",)}
OTHERS = TopicPartition("loans", 7)
AGAIN = TopicPartition("loans.replay", 0)
MISSING = Failure(Stage.MAPPING, "missing", "the value is missing", ("m",), "1")
TRUNCATED = Failure(Stage.DECODE, "truncated", "it ends too early")
M, LOAN_TOPIC = GuardName(GuardKind.MAPPING, "m"), GuardName(GuardKind.TOPIC, "loans")
POLICY = SchedulePolicy(
    guard=GuardPolicy(max_consecutive=3, probe_seconds=30.0),
    merge=MergePolicy(items=1),
)


class Desk:
    """A scheduler that knows which mapping claims which topic, at set `1`."""

    def __init__(self, policy: SchedulePolicy = POLICY) -> None:
        self.claims = dict(CLAIMS)
        self.evidence = {"loans", "swipes"}
        self.scheduler = Scheduler(
            policy,
            lambda: 0.5,
            lambda topic: self.claims[topic],
            is_evidence=lambda topic: topic in self.evidence,
        )
        self.guarding = self.scheduler.guarding
        self.guarding.renew("1")
        for source in (LOANS, SWIPES, OTHERS, AGAIN):
            self.scheduler.assign(source, 1, 0, "", 0.0)
        self.renew(0.0)

    def renew(self, now: float) -> None:
        """Have a commit acknowledged at once, so that the lease goes on."""
        self.scheduler.committed(self.scheduler.committable(now), {}, now)

    def admit(self, offset: int, source: TopicPartition = LOANS) -> Record:
        """Admit a record."""
        made = record(offset, source)
        assert self.scheduler.admit(made, 0.0)
        return made

    def put(
        self, offset: int, *names: str, source: TopicPartition = LOANS, by: str = "1"
    ) -> Record:
        """Admit a record and offer an item for each named profile."""
        made = self.admit(offset, source)
        self.offer(made, *names, by=by)
        return made

    def offer(self, made: Record, *names: str, by: str = "1", now: float = 0.0) -> None:
        """Offer items, made by some set, each saying which set made it."""
        (mapping,) = CLAIMS[made.source.topic]
        route = Route(mappings=(mapping,), mapping_set=by)
        items = tuple(Item(profile(n), {"set": by}, route) for n in names)
        skipped = None if items else SkipReason.WHEN
        self.scheduler.offer(made, Mapped(items, skipped, (mapping,)), now)

    def take(self, now: float = 0.0) -> list[str]:
        """Take works and return the names of their profiles, with the offsets."""
        return [named(work) for work in self.scheduler.take(100, now)]

    def take_one(self, now: float = 0.0) -> Work:
        """Take exactly one work."""
        (work,) = self.scheduler.take(1, now)
        return work

    def answer(
        self, work: Work, outcome: Outcome = DELIVERED, now: float = 0.0
    ) -> list[tuple[int, End]]:
        """Answer a work; letters are confirmed at once."""
        ended = self.scheduler.complete(work, outcome, now)
        for one in ended:
            self.scheduler.settle(one.record)
        return [(one.record.offset, one.end) for one in ended]

    def trip(self, first: int = 0, source: TopicPartition = LOANS) -> None:
        """Have the target refuse three records of the mapping, each of its own."""
        for offset in range(first, first + 3):
            self.put(offset, f"bad-{offset}", source=source)
        for work in self.scheduler.take(100, 0.0):
            self.answer(work, REJECTED)
        assert set(self.guarding.guards.open) == {M}

    def committable(self) -> int:
        """Return the committable offset of the loans."""
        return self.scheduler.positions([LOANS])[LOANS].offset

    def begin_trial(self, now: float) -> tuple[int, bool] | None:
        """Begin a trial where nothing waits; return its offset, and if it was mapped."""
        trial = self.guarding.begin_trial({}, now)
        return None if trial is None else (trial.record.offset, trial.is_mapped)


def named(work: Work) -> str:
    """Return what a work is about."""
    offsets = "+".join(str(part.record.offset) for part in work.parts)
    return f"{work.profile.value}:{offsets}"


# ------------------------------------------------------------------------- holds


def test_items_of_other_partitions_pass_a_held_one() -> None:
    """Later ones of the same partition do not; released, all go in their order."""
    desk = Desk()
    desk.put(0, "p")
    desk.put(1, "p")
    desk.put(0, "p", source=SWIPES)
    desk.guarding.hold("m", PauseReason.OVERRIDE, "it is released", 5.0)
    work = desk.take_one()
    assert (named(work), work.parts[0].record.source) == ("p:0", SWIPES)
    assert desk.take() == []
    desk.answer(work)
    assert desk.take() == []
    (pause,) = desk.scheduler.pauses(6.0)
    assert (pause.reason, pause.scope, pause.since, pause.ends_when) == (
        PauseReason.OVERRIDE,
        "mapping m",
        5.0,
        "it is released",
    )
    desk.guarding.release("m", PauseReason.OVERRIDE)
    first = desk.take_one()
    assert named(first) == "p:0"
    desk.answer(first)
    assert desk.take() == ["p:1"]
    assert list(desk.scheduler.pauses(6.0)) == []


def test_a_hold_is_there_for_partitions_that_come() -> None:
    """An assignment does not let pass what is held."""
    desk = Desk()
    desk.guarding.hold("m", PauseReason.OVERRIDE, "", 0.0)
    desk.scheduler.revoke([OTHERS])
    desk.scheduler.assign(OTHERS, 1, 0, "", 0.0)
    desk.renew(0.0)
    desk.put(0, "p", source=OTHERS)
    assert desk.take() == []
    desk.guarding.release("m", PauseReason.OVERRIDE)
    assert desk.take() == ["p:0"]


def test_a_mapping_is_held_for_each_of_its_reasons() -> None:
    """The end of one is not the end of the other; the first time stands."""
    desk = Desk()
    desk.put(0, "p")
    for now, reason in ((1.0, PauseReason.QUOTA), (2.0, PauseReason.OVERRIDE)):
        desk.guarding.hold("m", reason, "", now)
    desk.guarding.hold("m", PauseReason.QUOTA, "later", 3.0)
    assert [(p.reason, p.since) for p in desk.scheduler.pauses(4.0)] == [
        (PauseReason.QUOTA, 1.0),
        (PauseReason.OVERRIDE, 2.0),
    ]
    desk.guarding.release("m", PauseReason.QUOTA)
    assert desk.take() == []
    desk.guarding.release("m", PauseReason.OVERRIDE)
    assert desk.take() == ["p:0"]


def test_a_held_work_is_not_sent_at_its_first_byte() -> None:
    """It was taken, and waits for a connection; it goes back to its shard."""
    desk = Desk()
    desk.put(0, "p")
    work = desk.take_one()
    assert desk.scheduler.may_send(work, 0.0)
    desk.guarding.hold("m", PauseReason.OVERRIDE, "", 0.0)
    assert not desk.scheduler.may_send(work, 0.0)
    desk.answer(work, UNSENT)
    assert desk.take() == []


def test_what_is_held_fills_the_bounds_of_its_partition_only() -> None:
    """A hold fetches on until the partition's part is used; a guard does not."""
    desk = Desk()
    desk.put(0, "p")
    desk.guarding.hold("m", PauseReason.OVERRIDE, "", 0.0)
    assert desk.scheduler.flow(0.0).paused == set()
    desk.guarding.release("m", PauseReason.OVERRIDE)
    desk.take()
    desk.trip(1)
    assert desk.scheduler.flow(0.0).paused == {LOANS}


# ------------------------------------------------------------------------ guards


def test_what_is_refused_while_the_guard_is_open_is_kept() -> None:
    """It stays at the head of its shard, is not sent again, and costs no letter."""
    desk = Desk()
    for offset in range(5):
        desk.put(offset, f"bad-{offset}")
    desk.put(5, "bad-4")
    works = desk.scheduler.take(100, 0.0)
    assert [desk.answer(work, REJECTED) for work in works[:3]] == [
        [(offset, End.DEAD_LETTERED)] for offset in range(3)
    ]
    assert [desk.answer(work, REJECTED) for work in works[3:]] == [[], []]
    assert desk.take(29.0) == []
    said = desk.scheduler.statistics()
    assert (said.held, said.dead_lettered) == (3, 3)
    assert said.guards == {M}
    assert said.kept == {"loans": 3, "loans.replay": 0}
    assert desk.guarding.topics == {"loans", "loans.replay"}


def test_a_topic_that_the_mapping_claims_no_more_is_not_kept() -> None:
    """It would not be held, and so be sent and refused again and again."""
    desk = Desk()
    desk.claims["swipes"] = ("m",)
    desk.guarding.renew("1")
    made = desk.admit(0, SWIPES)
    route = Route(mappings=("m",), mapping_set="1")
    item = Item(profile("p"), {"a": "1"}, route)
    desk.scheduler.offer(made, Mapped((item,), None, ("m",)), 0.0)
    old = desk.take_one()
    desk.claims["swipes"] = ("n",)
    desk.guarding.renew("2")
    for offset in range(3):
        desk.scheduler.reject(desk.admit(offset), MISSING, 0.0)
    assert set(desk.guarding.guards.open) == {M}
    assert desk.answer(old, REJECTED) == [(0, End.DEAD_LETTERED)]


def test_an_empty_topic_of_a_guard_is_fetched() -> None:
    """Else nothing would ever come that could be tried."""
    desk = Desk()
    desk.trip()
    assert desk.scheduler.flow(0.0).paused == set()
    desk.admit(3)
    assert desk.scheduler.flow(0.0).paused == {LOANS}


def test_a_trial_is_the_oldest_and_goes_alone() -> None:
    """Each probe period one record is tried; one that fails is a dead letter."""
    desk = Desk()
    desk.trip()
    desk.put(3, "p")
    desk.put(4, "q")
    assert desk.begin_trial(29.9) is None
    assert desk.begin_trial(30.0) == (3, True)
    assert desk.begin_trial(30.0) is None
    desk.renew(30.0)
    work = desk.take_one(30.0)
    assert (named(work), desk.scheduler.may_send(work, 30.0)) == ("p:3", True)
    assert desk.take(30.0) == []
    assert desk.answer(work, REJECTED, 30.0) == [(3, End.DEAD_LETTERED)]
    assert desk.begin_trial(59.9) is None
    assert desk.begin_trial(60.0) == (4, True)


def test_three_trials_that_pass_close_it() -> None:
    """One after the other at once; then the rest goes."""
    desk = Desk()
    desk.trip()
    for offset in range(3, 9):
        desk.put(offset, "p")
    desk.renew(30.0)
    for offset in range(3, 6):
        assert desk.guarding.close_passed() == []
        assert desk.begin_trial(30.0) == (offset, True)
        work = desk.take_one(30.0)
        assert named(work) == f"p:{offset}"
        assert desk.answer(work, now=30.0) == [(offset, End.DELIVERED)]
    assert desk.begin_trial(30.0) is None
    assert set(desk.guarding.guards.open) == {M}
    assert desk.guarding.close_passed() == []
    assert desk.guarding.guards.open == {}
    assert desk.take(30.0) == ["p:6"]
    assert [event.news for event in desk.guarding.news()] == [
        GuardNews.TRIPPED,
        *[GuardNews.PASSED] * 3,
        GuardNews.CLOSED,
    ]
    assert desk.guarding.news() == []


def test_a_trial_waits_for_its_profile_and_its_retry() -> None:
    """A call of another partition, and the target's own trouble, come first."""
    desk = Desk()
    desk.trip()
    desk.put(0, "p", source=SWIPES)
    other = desk.take_one()
    desk.put(3, "p")
    assert desk.begin_trial(30.0) == (3, True)
    desk.renew(30.0)
    assert desk.take(30.0) == []
    desk.answer(other, now=30.0)
    work = desk.take_one(30.0)
    assert desk.answer(work, RETRY, 30.0) == []
    assert desk.take(30.0) == []
    again = desk.take_one(30.2)
    assert (named(again), again.attempt) == ("p:3", 2)
    assert desk.answer(again, UNSENT, 30.2) == []
    third = desk.take_one(30.2)
    assert desk.answer(third, now=30.2) == [(3, End.DELIVERED)]


def test_a_halted_endpoint_may_ask_by_a_trial() -> None:
    """Bug: with all partitions held nothing was ready to be asked by, for ever."""
    desk = Desk()
    desk.trip()
    for name in ("v", "w"):
        desk.put(ord(name), name, source=SWIPES)
    for work in desk.scheduler.take(2, 0.0):
        desk.answer(work, REFUSED)
    desk.scheduler.revoke([SWIPES])
    desk.put(3, "p")
    assert desk.begin_trial(30.0) == (3, True)
    desk.renew(30.0)
    (work,) = desk.scheduler.take(5, 30.0)
    assert (named(work), work.probe) == ("p:3", True)
    assert desk.answer(work, now=30.0) == [(3, End.DELIVERED)]
    assert desk.scheduler.pauses(30.0)[0].reason is PauseReason.GUARD


def test_what_was_mapped_before_a_rule_broke_is_sent_on() -> None:
    """Only the target's refusals close partitions; a rule's keep what comes."""
    desk = Desk()
    desk.put(0, "p")
    for offset in range(1, 4):
        desk.scheduler.reject(desk.admit(offset), MISSING, 0.0)
    assert set(desk.guarding.guards.open) == {M}
    assert desk.take() == ["p:0"]
    assert "loans" in desk.guarding.topics


def test_a_refusal_closes_partitions_that_were_open() -> None:
    """What a rule's guard let go on is kept when the target refuses it, too."""
    desk = Desk()
    desk.put(0, "p")
    desk.put(1, "q")
    work = desk.take_one()
    for offset in range(2, 5):
        desk.scheduler.reject(desk.admit(offset), MISSING, 0.0)
    assert desk.answer(work, REJECTED) == []
    assert desk.take() == []
    assert desk.scheduler.statistics().held == 5


def test_a_rule_is_tried_by_what_is_read_only() -> None:
    """The head of what waits is tried; what was mapped before says nothing new."""
    desk = Desk()
    desk.put(0, "p")
    for offset in range(1, 4):
        desk.scheduler.reject(desk.admit(offset), MISSING, 0.0)
    assert desk.begin_trial(30.0) is None
    head = desk.admit(4)
    trial = desk.guarding.begin_trial({LOANS: head}, 30.0)
    assert trial is not None
    assert (trial.record, trial.is_mapped) == (head, False)
    desk.scheduler.reject(head, MISSING, 30.0)
    assert desk.guarding.begin_trial({LOANS: desk.admit(5)}, 59.9) is None


def test_a_trial_never_goes_before_older_items_of_its_profile() -> None:
    """Bug: it was begun while its partition was open, and sent first when that closed."""
    desk = Desk()
    desk.put(0, "q")
    desk.put(1, "p")
    refused = desk.take_one()
    for offset in range(2, 5):
        desk.scheduler.reject(desk.admit(offset), MISSING, 0.0)
    head = desk.admit(5)
    assert desk.guarding.begin_trial({LOANS: head}, 30.0) is not None
    desk.offer(head, "p", now=30.0)
    desk.renew(30.0)
    assert desk.answer(refused, REJECTED, now=30.0) == []  # which closes the partition
    assert desk.take(30.0) == []
    sent = []
    for now in range(60, 400, 30):
        desk.renew(now)
        desk.begin_trial(now)
        for work in desk.scheduler.take(9, now):
            sent.append(named(work))
            desk.answer(work, now=now)
    assert sent[0] == "q:0"
    assert sent.index("p:1") < sent.index("p:5")


@pytest.mark.parametrize("outcome", [UNSENT, RETRY])
def test_a_trial_whose_item_was_in_flight_is_sent_when_that_comes_back(
    outcome: Outcome,
) -> None:
    """Bug: only what waited when the trial began was sent, and the trial never ended."""
    desk = Desk()
    desk.put(0, "p")
    out = desk.take_one()
    desk.trip(1)
    assert desk.begin_trial(30.0) == (0, True)
    desk.renew(30.0)
    assert desk.take(30.0) == []
    assert desk.answer(out, outcome, now=30.0) == []
    assert desk.take(31.0) == ["p:0"]


def test_an_undecodable_series_holds_nothing_that_was_mapped() -> None:
    """A topic's guard waits for the next event only: one that decodes has passed."""
    desk = Desk()
    desk.put(0, "p")
    for offset in range(1, 4):
        desk.scheduler.reject(desk.admit(offset), TRUNCATED, 0.0)
    assert set(desk.guarding.guards.open) == {LOAN_TOPIC}
    assert desk.take() == ["p:0"]
    for offset in range(4, 7):
        head = desk.admit(offset)
        assert desk.guarding.begin_trial({LOANS: head}, 30.0) is not None
        desk.offer(head, f"q-{offset}", now=30.0)
    desk.guarding.close_passed()
    assert desk.guarding.guards.open == {}
    desk.renew(30.0)
    assert desk.take(30.0) == ["q-4:4", "q-5:5", "q-6:6"]


def test_a_trial_that_is_skipped_is_followed_by_the_next() -> None:
    """It is no evidence, and it costs no time."""
    desk = Desk()
    desk.trip()
    for offset in (3, 4):
        head = desk.admit(offset)
        assert desk.guarding.begin_trial({LOANS: head}, 30.0) is not None
        desk.offer(head, now=30.0)
    assert desk.guarding.guards.open[M].passes == 0
    assert desk.scheduler.statistics().skipped == 2


def test_a_trial_that_has_to_wait_is_over() -> None:
    """Its schema is not known: another partition's record is tried instead."""
    desk = Desk()
    desk.trip()
    head = desk.admit(3)
    assert desk.guarding.begin_trial({LOANS: head}, 30.0) is not None
    desk.guarding.end_trial(head)
    assert desk.begin_trial(30.0) is None  # it waits for its schema now
    desk.put(0, "p", source=OTHERS)
    assert desk.begin_trial(30.0) == (0, True)


def test_a_trial_goes_with_its_partition() -> None:
    """The next one is another partition's, at once."""
    desk = Desk()
    desk.trip()
    desk.put(3, "p")
    desk.put(0, "q", source=OTHERS)
    assert desk.begin_trial(30.0) == (3, True)
    desk.scheduler.revoke([LOANS])
    assert desk.begin_trial(30.0) == (0, True)
    desk.renew(30.0)
    assert desk.take(30.0) == ["q:0"]
    desk.scheduler.revoke([OTHERS])
    assert desk.guarding._trials._under_way == {}


def test_nothing_is_tried_that_somebody_wants_held() -> None:
    """A hold stands over the guard; a trial under way goes back to its shard."""
    desk = Desk()
    desk.trip()
    desk.put(3, "p")
    assert desk.begin_trial(30.0) == (3, True)
    desk.guarding.hold("m", PauseReason.OVERRIDE, "", 30.0)
    desk.renew(30.0)
    assert desk.take(30.0) == []
    assert desk.begin_trial(99.0) is None
    desk.guarding.release("m", PauseReason.OVERRIDE)
    assert desk.begin_trial(99.0) == (3, True)


def test_what_comes_again_is_no_evidence() -> None:
    """Records that were given up before neither trip a guard nor speak for a mapping."""
    desk = Desk()
    for offset in range(9):
        desk.scheduler.reject(desk.admit(offset, AGAIN), MISSING, 0.0)
    assert desk.guarding.guards.open == {}
    desk.scheduler.reject(desk.admit(0), MISSING, 0.0)
    desk.scheduler.reject(desk.admit(1), MISSING, 0.0)
    desk.put(9, "p", source=AGAIN)
    desk.answer(desk.take_one())
    desk.scheduler.reject(desk.admit(2), MISSING, 0.0)
    assert set(desk.guarding.guards.open) == {M}


def test_a_topic_becomes_evidence_with_the_set_that_names_it() -> None:
    """What a mapping names is its own, whatever the name is like."""
    desk = Desk()
    desk.evidence.add(AGAIN.topic)
    desk.guarding.renew("2")
    for offset in range(3):
        desk.scheduler.reject(desk.admit(offset, AGAIN), MISSING, 0.0)
    assert set(desk.guarding.guards.open) == {M}


def test_what_comes_again_is_held_with_its_mapping() -> None:
    """And may be tried, where nothing else is there."""
    desk = Desk()
    desk.trip()
    desk.put(0, "p", source=AGAIN)
    assert desk.take() == []
    assert desk.guarding.topics == {"loans", "loans.replay"}
    assert desk.begin_trial(30.0) == (0, True)


# ---------------------------------------------------------------- other mappings


def test_what_is_held_is_mapped_by_the_set_that_comes() -> None:
    """The guard is closed, and what waits is the caller's to offer anew, in order."""
    desk = Desk()
    desk.trip()
    desk.put(3, "p")
    desk.put(4, "p", "q")
    desk.put(0, "n", source=SWIPES)
    taken = desk.guarding.renew("2")
    assert [one.offset for one in taken] == [3, 4]
    assert desk.guarding.guards.open == {}
    assert desk.take() == ["n:0"]
    desk.offer(taken[0], "p", by="2")
    desk.offer(taken[1], "p", "q", by="2")
    first, second = desk.scheduler.take(9, 0.0)
    assert sorted([named(first), named(second)]) == ["p:3", "q:4"]
    assert first.attributes == {"set": "2"}
    for work in (first, second):
        desk.answer(work)
    last = desk.take_one()
    assert desk.answer(last) == [(4, End.DELIVERED)]
    assert desk.committable() == 5


def test_what_is_not_held_stays_as_it_was_made() -> None:
    """A swap alone maps nothing anew."""
    desk = Desk()
    desk.put(0, "p")
    assert desk.guarding.renew("2") == []
    assert desk.take_one().attributes == {"set": "1"}


def partly_delivered(desk: Desk) -> Record:
    """Have one of two items delivered, and the other kept by the guard."""
    desk.trip()
    desk.guarding.guards.close([M])  # only what is refused from now on is kept
    desk.guarding.renew("1")
    made = desk.put(3, "p", "q")
    first, second = desk.scheduler.take(2, 0.0)
    desk.answer(first)
    for offset in range(4, 7):
        desk.put(offset, f"bad-{offset}")
    for work in desk.scheduler.take(9, 0.0):
        desk.answer(work, REJECTED)
    assert desk.answer(second, REJECTED) == []
    return made


def test_what_was_delivered_is_not_sent_again() -> None:
    """Of a record that is mapped anew only the other profiles are sent."""
    desk = Desk()
    made = partly_delivered(desk)
    assert desk.guarding.renew("2") == [made]
    desk.offer(made, "p", "q", "r", by="2")
    works = desk.scheduler.take(9, 0.0)
    assert [named(work) for work in works] == ["q:3", "r:3"]
    assert desk.answer(works[0]) == []
    assert desk.answer(works[1]) == [(3, End.DELIVERED)]
    assert desk.scheduler.statistics().held == 0


def test_a_record_that_has_nothing_left_is_delivered() -> None:
    """The new set makes only what was delivered before."""
    desk = Desk()
    made = partly_delivered(desk)
    desk.guarding.renew("2")
    desk.offer(made, "p", by="2")
    said = desk.scheduler.statistics()
    assert (said.delivered, said.held) == (1, 0)


def test_a_record_that_the_new_set_refuses_names_what_was_delivered() -> None:
    """Its dead letter tells a replay whom to leave out."""
    desk = Desk()
    made = partly_delivered(desk)
    desk.guarding.renew("2")
    settlement = desk.scheduler.reject(made, MISSING, 1.0)
    assert settlement.delivered == (profile("p").digest,)
    assert desk.scheduler.settle(made)


def test_what_is_in_flight_stays_as_it_was_made_and_keeps_its_place() -> None:
    """An earlier record that is mapped anew goes before what waits of a later one."""
    desk = Desk()
    desk.put(0, "p")
    desk.put(1, "p", "q")
    desk.put(2, "p")
    in_flight = {named(work): work for work in desk.scheduler.take(9, 0.0)}
    desk.answer(in_flight["p:0"], UNSENT)
    desk.guarding.hold("m", PauseReason.OVERRIDE, "", 0.0)
    taken = desk.guarding.renew("2")
    assert [one.offset for one in taken] == [0, 2]
    for one in taken:
        desk.offer(one, "p", by="2")
    desk.guarding.release("m", PauseReason.OVERRIDE)
    assert desk.answer(in_flight["q:1"]) == []
    for expected in ("p:0", "p:1", "p:2"):
        work = desk.take_one()
        assert named(work) == expected
        desk.answer(work)
    assert desk.committable() == 3


def test_a_record_that_was_given_up_in_part_is_not_mapped_anew() -> None:
    """It is a dead letter once its other items end."""
    desk = Desk()
    made = desk.put(0, "p", "q")
    first, second = desk.scheduler.take(2, 0.0)
    desk.answer(first, REJECTED)
    desk.answer(second, UNSENT)
    desk.guarding.hold("m", PauseReason.OVERRIDE, "", 0.0)
    assert desk.guarding.renew("2") == []
    desk.guarding.release("m", PauseReason.OVERRIDE)
    assert desk.answer(desk.take_one()) == [(made.offset, End.DEAD_LETTERED)]


def test_the_offset_map_ends_before_what_is_to_be_mapped_anew() -> None:
    """Whom it is about is not known: a repeat of it could write over any later one."""
    desk = Desk()
    desk.put(0, "p")
    desk.put(1, "q")
    work = desk.scheduler.take(9, 0.0)[1]
    desk.guarding.hold("m", PauseReason.OVERRIDE, "", 0.0)
    desk.answer(work)
    marked = desk.scheduler.positions([LOANS])[LOANS]
    assert (marked.offset, marked.metadata[:2]) == (0, "M1")


def test_the_map_is_written_again_when_it_is_mapped() -> None:
    """Taken back, the record at 0 ends the map; offered, it does not."""
    desk = Desk()
    first = desk.put(0, "p")
    desk.put(1, "q")
    works = desk.scheduler.take(9, 0.0)
    desk.answer(works[0], UNSENT)
    desk.answer(works[1])
    desk.guarding.hold("m", PauseReason.OVERRIDE, "", 0.0)
    assert desk.scheduler.positions([LOANS])[LOANS].metadata != ""
    assert desk.guarding.renew("2") == [first]
    assert desk.scheduler.positions([LOANS])[LOANS].metadata == ""
    desk.offer(first, "p", by="2")
    assert desk.scheduler.positions([LOANS])[LOANS].metadata != ""


def test_deliveries_of_an_older_set_say_nothing() -> None:
    """What was queued before a swap neither hides a broken set nor passes for it."""
    desk = Desk()
    for offset in range(6):
        desk.put(offset, f"p-{offset}")
    works = desk.scheduler.take(9, 0.0)
    desk.guarding.renew("2")
    for number, work in enumerate(works[:3]):
        desk.scheduler.reject(desk.admit(10 + number), MISSING, 0.0)
        desk.answer(work)
    assert set(desk.guarding.guards.open) == {M}


def test_what_an_older_set_refused_is_tried_and_freed_by_the_present_one() -> None:
    """Bug to be: a queue made by the broken set would be given up under the mended."""
    desk = Desk()
    for offset in range(8):
        desk.put(offset, f"p-{offset}")
    works = desk.scheduler.take(4, 0.0)
    assert desk.guarding.renew("2") == []  # nothing was held yet
    for work in works:
        desk.answer(work, REJECTED)
    desk.renew(30.0)
    for offset in (3, 4, 5):
        trial = desk.guarding.begin_trial({}, 30.0)
        assert trial is not None
        assert (trial.record.offset, trial.is_mapped) == (offset, False)
        desk.offer(trial.record, f"p-{offset}", by="2", now=30.0)
        assert desk.answer(desk.take_one(30.0), now=30.0) == [(offset, End.DELIVERED)]
    assert [one.offset for one in desk.guarding.close_passed()] == [6, 7]
    assert desk.scheduler.statistics().dead_lettered == 3


def test_what_was_dropped_as_stale_is_judged_anew() -> None:
    """An item that was older in time is no delivery; the new set may date it later."""
    desk = Desk()

    def mapped(by: str, moments: dict[str, int]) -> Mapped:
        route = Route(mappings=("m",), mapping_set=by, by_event_time=True)
        items = [Item(profile(n), {"set": by}, route, at) for n, at in moments.items()]
        return Mapped(tuple(items), None, ("m",))

    newer, older = desk.admit(0), desk.admit(1)
    desk.scheduler.offer(newer, mapped("1", {"p": 50}), 0.0)
    desk.answer(desk.take_one())
    desk.scheduler.offer(older, mapped("1", {"p": 10, "q": 10}), 0.0)
    desk.guarding.hold("m", PauseReason.OVERRIDE, "", 0.0)
    assert desk.guarding.renew("2") == [older]
    desk.scheduler.offer(older, mapped("2", {"p": 90, "q": 10}), 0.0)
    desk.guarding.release("m", PauseReason.OVERRIDE)
    works = desk.scheduler.take(9, 0.0)
    assert [named(work) for work in works] == ["p:1", "q:1"]
    assert [desk.answer(work) for work in works] == [[], [(1, End.DELIVERED)]]
    assert desk.scheduler.statistics().skipped == 0


def test_what_is_stale_for_both_sets_is_skipped() -> None:
    """Its record ends once, though it was dropped twice."""
    desk = Desk()
    route = Route(mappings=("m",), mapping_set="1", by_event_time=True)
    first, second = desk.admit(0), desk.admit(1)
    new, old = (Item(profile("p"), {"a": "1"}, route, at) for at in (50, 10))
    other = Item(profile("q"), {"a": "1"}, route, 10)
    desk.scheduler.offer(first, Mapped((new,), None, ("m",)), 0.0)
    desk.answer(desk.take_one())
    desk.scheduler.offer(second, Mapped((old, other), None, ("m",)), 0.0)
    desk.guarding.hold("m", PauseReason.OVERRIDE, "", 0.0)
    assert desk.guarding.renew("1") == [second]
    ended = desk.scheduler.offer(second, Mapped((old,), None, ("m",)), 0.0)
    assert ended is not None
    assert (ended.end, ended.skipped) == (End.SKIPPED, SkipReason.STALE)


# --------------------------------------------------------------------- overrides


def test_an_override_closes_the_guard_and_maps_anew() -> None:
    """What the mapping had queued is the caller's to offer anew."""
    desk = Desk()
    desk.trip()
    desk.put(3, "p")
    desk.put(0, "n", source=SWIPES)
    taken = desk.guarding.override(["m"], [])
    assert [one.offset for one in taken] == [3]
    assert desk.guarding.guards.open == {}
    assert desk.take() == ["n:0"]


def test_an_override_of_another_mapping_closes_nothing() -> None:
    """Guards of other topics stay open."""
    desk = Desk()
    desk.trip()
    assert desk.guarding.override(["n"], []) == []
    assert set(desk.guarding.guards.open) == {M}


@pytest.mark.parametrize("failure", [MISSING, TRUNCATED])
def test_a_mapping_that_is_expressly_live_is_not_guarded(failure: Failure) -> None:
    """Nor is a topic that it claims: each bad record is a dead letter then."""
    desk = Desk()
    desk.guarding.override(["m"], ["m"])
    for offset in range(20):
        desk.scheduler.reject(desk.admit(offset), failure, 0.0)
    assert desk.guarding.guards.open == {}
    desk.guarding.override(["m"], [])
    for offset in range(20, 23):
        desk.scheduler.reject(desk.admit(offset), failure, 0.0)
    assert len(desk.guarding.guards.open) == 1
    desk.guarding.override([], ["m"])  # as it is said at a swap
    assert desk.guarding.guards.open == {}
