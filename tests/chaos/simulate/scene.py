"""The outside of a history's processes, and the lines from all of it to the judge."""

from __future__ import annotations

from consumer.model import TopicPartition
from consumer.settle import DeadLetter
from tests.chaos.simulate.broker import Broker
from tests.chaos.simulate.calls import REFUSED, Call
from tests.chaos.simulate.clock import Clock, Loop
from tests.chaos.simulate.group import Group
from tests.chaos.simulate.judge import Judge
from tests.chaos.simulate.letters import LetterTopic, Producer, letter_of
from tests.chaos.simulate.listener import Listener
from tests.chaos.simulate.member_values import Loops, Outlook, SourceSizes
from tests.chaos.simulate.network import Connection
from tests.chaos.simulate.plan import Plan
from tests.chaos.simulate.process import Process
from tests.chaos.simulate.records import SCHEMAS, Draft, Fate, value_of
from tests.chaos.simulate.seas import Seas
from tests.chaos.simulate.source import SimulatedSource
from tests.chaos.simulate.target import Target, Way
from tests.chaos.simulate.treating import Treating
from tests.chaos.simulate.verdict import Verdict
from tests.chaos.simulate.weather import Chance, Weather
from tests.fakes import FakeRegistry

__all__ = ["Scene"]


class Scene:
    """Broker, group, target, letters and registry. Owned by one history.

    Attributes:
        clock: The time of all.
        outside: The loop of what is outside.
        weather: What goes wrong.
        verdict: What is found.
        judge: Who hears all.
    """

    def __init__(self, plan: Plan) -> None:
        knobs, seed = plan.knobs, plan.seed
        self.clock = Clock()
        self.outside = Loop.made(self.clock, "outside")
        self.weather = Weather(plan.spells, self.outside.time)
        self.verdict = Verdict(lambda: self.weather.seconds)
        self.judge = Judge(knobs, self.verdict, knobs.session_seconds / 2)
        self.broker = Broker(knobs.metadata_bytes)
        self.broker.logs = {partition: [] for partition in knobs.partitions}
        self.broker.is_down = lambda: self.weather.spell("broker down") is not None
        self.group = Group(
            self.outside,
            self.broker,
            Chance(seed, "group"),
            protocol=knobs.protocol,
            session_seconds=knobs.session_seconds,
        )
        self.group.on_evicted = self._evicted
        chance = Chance(seed, "target")
        treating = Treating(
            self.weather,
            chance,
            poison=frozenset(d.number for d in plan.drafts if d.fate is Fate.POISONED),
            bad_profiles=plan.bad_profiles,
            timeout_seconds=knobs.timeout_seconds,
            noise=knobs.noise,
        )
        self.target = Target(self.outside, self.weather, chance, treating)
        self.target.on_begun = self._began
        self.target.on_arrived = self._arrived
        self.target.on_missed = self.judge.attempts.append
        self.letters = LetterTopic(self.outside, self.weather, Chance(seed, "letters"))
        self.letters.on_written = self._wrote
        self.registry = FakeRegistry(SCHEMAS.items())
        self._seas = Seas(self.weather, Chance(seed, "seas"), self.verdict)
        self._plan = plan

    # -------------------------------------------------------------------- its parts

    def process(self, name: str) -> Process:
        """Return a new process, which has not begun."""
        seed, knobs = self._plan.seed, self._plan.knobs
        process = Process(
            name,
            self.clock,
            self.outside,
            knobs=knobs,
            seed=seed,
            registry=self.registry,
            way_of=self._way,
            producer_of=self._producer,
        )
        connection = Connection(
            process.thread,
            self.outside,
            Chance(seed, f"connection {name}"),
            self.broker.is_down,
        )
        source = SimulatedSource(
            Loops(main=process.main, thread=process.thread),
            Listener(process, process.pipeline, self.judge, self.verdict),
            Outlook(
                broker=self.broker,
                group=self.group,
                connection=connection,
                sea=self._seas,
            ),
            SourceSizes(batch=knobs.batch, revoke_seconds=process.revoke_seconds),
            name,
        )
        source.has_asked = lambda commits: self.judge.asks(name, commits)
        process.source = source
        return process

    def publish(self, draft: Draft) -> None:
        """Write a record."""
        now = self.clock.now
        offset = self.broker.append(
            draft.partition,
            value_of(draft),
            key=draft.profiles[0].encode(),
            timestamp_ms=int(now * 1000),
            gap=draft.gap,
        )
        self.judge.books.add(draft, offset, now)
        self.verdict.see(f"published: {draft.fate}")
        if draft.gap:
            self.verdict.see("published: behind a gap")

    def _way(self, process: Process) -> Way:
        way = Way(
            process.name,
            process.main,
            self.target,
            Chance(self._plan.seed, f"way {process.name}"),
            timeout_seconds=self._plan.knobs.timeout_seconds,
        )
        way.on_learnt = self.judge.learnt
        way.on_refused = lambda: self.verdict.see("refused at the first byte")
        return way

    def _producer(self, process: Process) -> Producer:
        producer = Producer(process.name, process.main, self.letters)
        standing = self.judge.standing(process.name)

        def confirmed(_: object) -> None:
            standing.confirmed_letters += 1

        producer.on_confirmed = confirmed
        producer.on_failed = lambda: self.verdict.see("letter not confirmed")
        return producer

    # -------------------------------------------------------------- what they do

    def _began(self, call: Call) -> None:
        names = self.group.names
        owners: dict[TopicPartition, str] = {
            partition: names[number] for partition, number in self.group.owners.items()
        }
        self.verdict.note(call.process, f"calls {call}")
        if len(call.numbers) > 1:
            self.verdict.see("call that merges")
        self.judge.began(call, owners)

    def _arrived(self, call: Call) -> None:
        self.judge.arrived(call, self.clock.now)
        found = call.treatment
        if found is None:
            return
        if found.answer is REFUSED and len(call.numbers) > 1:
            self.verdict.see("call that merges, rejected")
        if found.reason:
            self.verdict.see(f"target: {found.reason}")
        done = "keeps" if found.is_applied else "refuses"
        self.verdict.note("target", f"{done} {call} {found.reason}".rstrip())

    def _wrote(self, process: str, written: DeadLetter) -> None:
        letter = letter_of(process, written)
        said = letter.said
        self.verdict.note(
            "letters",
            f"{letter.place}@{letter.offset} of {letter.process}: "
            f"{said['stage']} {said['reason']}",
        )
        self.judge.wrote(letter)

    def _evicted(self, number: int) -> None:
        self.verdict.note("group", f"throws {self.group.names[number]} out")
        self.verdict.see("thrown out for silence")
