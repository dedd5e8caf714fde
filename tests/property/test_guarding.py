"""Guards, holds and other mapping sets on random histories: nothing is lost or overtaken.

The machine plays the intake as the pipeline does: a record waits while its topic is kept,
and what is taken back is mapped anew in its place. It knows nothing of how the scheduler
does it; it looks at what is sent, and in the end lets everything go.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from heapq import merge

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from consumer.model import (
    DELIVERED,
    UNSENT,
    End,
    Failure,
    IdKind,
    Item,
    Mapped,
    Outcome,
    OutcomeKind,
    PauseReason,
    ProfileId,
    Record,
    Route,
    Settlement,
    SkipReason,
    Stage,
    TopicPartition,
    Work,
)
from consumer.schedule.guard import GuardKind, GuardName, GuardPolicy
from consumer.schedule.policy import MergePolicy, SchedulePolicy
from consumer.schedule.scheduler import Scheduler

POLICY = SchedulePolicy(
    guard=GuardPolicy(max_consecutive=2, probe_seconds=5.0),
    merge=MergePolicy(items=3),
)
PARTITIONS = [TopicPartition("a", 0), TopicPartition("a", 1), TopicPartition("b", 0)]
CLAIMS = {"a": ("m", "n"), "b": ("n",)}
PROFILES = [ProfileId(IdKind.PC_ID, name) for name in "pqr"]
OUTCOMES = {
    "delivered": DELIVERED,
    "unsent": UNSENT,
    "rejected": Outcome(OutcomeKind.REJECTED, "http_400", status=400),
    "retry": Outcome(OutcomeKind.RETRY, "http_500", status=500),
    "refused": Outcome(OutcomeKind.SUSPECT, "http_401", status=401),
}
DRAFTS = st.tuples(
    st.sampled_from(PARTITIONS),
    st.sampled_from(["ok", "ok", "ok", "missing", "truncated"]),
    st.lists(st.sampled_from(PROFILES), max_size=2, unique=True),
)
BROKEN = {
    "missing": (Stage.MAPPING, ("m",)),
    "truncated": (Stage.DECODE, ()),
}


class World(RuleBasedStateMachine):
    """The source, the intake and the target of one scheduler."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.set_number, self.epoch = 100.0, 1, 1
        self.sut = Scheduler(POLICY, lambda: 0.5, lambda topic: CLAIMS[topic])
        self.guarding = self.sut.guarding
        self.guarding.renew("1")
        self.next = dict.fromkeys(PARTITIONS, 0)
        self.drafts: dict[Record, tuple[str, list[ProfileId]]] = {}
        self.waiting: dict[TopicPartition, deque[Record]]
        self.waiting = {name: deque() for name in PARTITIONS}
        self.flying: list[Work] = []
        self.letters: list[Record] = []
        self.sent: dict[tuple[ProfileId, TopicPartition], list[int]] = {}
        self.ends: Counter[End] = Counter()
        self.is_mended = False
        self.held: set[str] = set()
        self.tried: set[Record] = set()

    @initialize()
    def start(self) -> None:
        """All partitions are assigned and confirmed."""
        for name in PARTITIONS:
            self.sut.assign(name, self.epoch, 0, "", self.now)
        self.renew_lease()

    def renew_lease(self) -> None:
        """A commit is acknowledged."""
        self.sut.committed(self.sut.committable(self.now), {}, self.now)

    # ------------------------------------------------------------------ intake

    @rule(drafts=st.lists(DRAFTS, min_size=1, max_size=6))
    def read(self, drafts: list[tuple[TopicPartition, str, list[ProfileId]]]) -> None:
        """Records come in, and wait or go on."""
        for name, kind, profiles in drafts:
            offset = self.next[name]
            self.next[name] = offset + 1
            record = Record(name, offset, 0, b"", b"", (), self.epoch, 10)
            assert self.sut.admit(record, self.now)
            self.drafts[record] = kind, profiles
            self.waiting[name].append(record)
            self.advance(name)

    def advance(self, name: TopicPartition) -> None:
        """What need not wait is mapped."""
        waiting = self.waiting[name]
        while waiting and name.topic not in self.guarding.topics:
            self.map(waiting.popleft())

    def map(self, record: Record) -> None:
        """Offer or reject a record; a mended set refuses none."""
        kind, profiles = self.drafts[record]
        if kind in BROKEN and not self.is_mended:
            stage, mappings = BROKEN[kind]
            failure = Failure(stage, kind, kind, mappings, str(self.set_number))
            self.take_in([self.sut.reject(record, failure, self.now)])
            return
        names = CLAIMS[record.source.topic]
        is_timed = record.source.topic == "b"  # held to merge, and ordered by time
        route = Route(
            mappings=names,
            mapping_set=str(self.set_number),
            send_within_seconds=2.0,
            window=is_timed,
            by_event_time=is_timed,
        )
        moment = record.offset * 7 % 10
        items = tuple(Item(one, {"x": "1"}, route, moment) for one in profiles)
        mapped = Mapped(items, None if items else SkipReason.WHEN, names)
        ended = self.sut.offer(record, mapped, self.now)
        if ended is not None:
            self.take_in([ended])

    def retake(self, records: Iterable[Record]) -> None:
        """What was taken back goes on in its place."""
        for record in records:
            name = record.source
            ordered = merge([record], self.waiting[name], key=lambda one: one.offset)
            self.waiting[name] = deque(ordered)
        for name in PARTITIONS:
            self.advance(name)

    def take_in(self, ended: Iterable[Settlement]) -> None:
        """Count ends; a letter is owed until it is confirmed."""
        for one in ended:
            if one.end is End.DEAD_LETTERED:
                self.letters.append(one.record)
            else:
                self.ends[one.end] += 1

    # ------------------------------------------------------------------ target

    @rule(room=st.integers(1, 4))
    def take(self, room: int) -> None:
        """Works go out; of nothing that somebody wants held."""
        for work in self.sut.take(room, self.now):
            assert self.sut.may_send(work, self.now)
            topics = {part.record.source.topic for part in work.parts}
            assert all(self.held.isdisjoint(CLAIMS[topic]) for topic in topics)
            self.flying.append(work)

    @precondition(lambda self: self.flying)
    @rule(
        kind=st.sampled_from([*OUTCOMES, "delivered", "rejected"]), last=st.booleans()
    )
    def answer(self, kind: str, last: bool) -> None:  # noqa: FBT001
        """An answer arrives."""
        work = self.flying.pop(-1 if last else 0)
        self.answer_work(work, OUTCOMES[kind])

    def answer_work(self, work: Work, outcome: Outcome) -> None:
        """Each item is delivered once, in offset order; none is given up but a trial.

        That is while the guards of all mappings are open; each item is some mapping's.
        """
        if outcome is DELIVERED:
            for part in work.parts:
                place = part.item.profile, part.record.source
                before = self.sent.setdefault(place, [])
                assert not before or before[-1] < part.record.offset, "overtaken"
                before.append(part.record.offset)
        names = [GuardName(GuardKind.MAPPING, one) for one in ("m", "n")]
        is_open = all(name in self.guarding.guards.open for name in names)
        ended = self.sut.complete(work, outcome, self.now)
        for one in ended:
            is_given_up = one.end is End.DEAD_LETTERED and outcome is not DELIVERED
            assert one.record in self.tried or not (is_given_up and is_open)
        self.take_in(ended)

    @rule(count=st.integers(1, 3))
    def confirm(self, count: int) -> None:
        """Letters are confirmed."""
        for record in self.letters[:count]:
            assert self.sut.settle(record)
            self.ends[End.DEAD_LETTERED] += 1
        del self.letters[:count]

    # ------------------------------------------------------------ guards, holds

    @rule(seconds=st.sampled_from([0.1, 1.0, 6.0]))
    def follow(self, seconds: float) -> None:
        """Time passes, and the pipeline's tick looks after guards."""
        self.now += seconds
        self.renew_lease()
        self.retake(self.guarding.close_passed())
        for name in PARTITIONS:
            self.advance(name)
        for _ in range(5):
            heads = {n: w[0] for n, w in self.waiting.items() if w}
            trial = self.guarding.begin_trial(heads, self.now)
            if trial is None:
                break
            self.tried.add(trial.record)
            if not trial.is_mapped:
                waiting = self.waiting[trial.record.source]
                if waiting and waiting[0] is trial.record:
                    waiting.popleft()
                self.map(trial.record)

    @rule(mapping=st.sampled_from(["m", "n"]))
    def hold(self, mapping: str) -> None:
        """Somebody wants a mapping held."""
        self.guarding.hold(mapping, PauseReason.OVERRIDE, "", self.now)
        self.held.add(mapping)

    @rule(mapping=st.sampled_from(["m", "n"]))
    def release(self, mapping: str) -> None:
        """Somebody lets it go."""
        self.guarding.release(mapping, PauseReason.OVERRIDE)
        self.held.discard(mapping)

    @rule()
    def swap(self) -> None:
        """Other mappings come."""
        self.set_number += 1
        self.retake(self.guarding.renew(str(self.set_number)))

    @rule(mapping=st.sampled_from(["m", "n"]), live=st.booleans())
    def override(self, mapping: str, live: bool) -> None:  # noqa: FBT001
        """Other overrides come."""
        self.retake(self.guarding.override([mapping], [mapping] if live else []))

    @invariant()
    def conserved(self) -> None:
        """Each record that was read has ended, or is held (promise 8)."""
        said = self.sut.statistics()
        assert said.consumed == sum(self.ends.values()) + said.held
        assert said.dead_lettered == self.ends[End.DEAD_LETTERED]

    def teardown(self) -> None:
        """Every pause has a way out: with all let go and mended, all of it ends."""
        self.is_mended = True
        for mapping in ("m", "n"):
            self.release(mapping)
        if self.set_number % 2:
            self.swap()
        good = [(name, "ok", [PROFILES[0]]) for name in PARTITIONS]
        for _ in range(400):
            self.take(4)
            while self.flying:
                self.answer_work(self.flying.pop(0), DELIVERED)
            self.confirm(10)
            self.follow(6.0)
            if not self.sut.statistics().held:
                if not self.guarding.guards.open:
                    break
                self.read(good)  # where nothing is kept, what comes is tried
        said = self.sut.statistics()
        assert (said.held, said.in_flight) == (0, 0)
        assert self.guarding.guards.open == {}
        for name in PARTITIONS:
            assert self.sut.positions([name])[name].offset == self.next[name]


TestGuarding = pytest.mark.timeout(300)(World.TestCase)
TestGuarding.settings = settings(
    max_examples=100,
    stateful_step_count=50,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
