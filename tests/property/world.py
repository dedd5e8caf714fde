"""A scheduler under test, its model, and everything around them: one step at a time.

Each method is something that happens: it does the same to the scheduler and to the
model, and compares what they say. `rules` draws what happens next.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable

from consumer.model import (
    DELIVERED,
    Commit,
    End,
    PauseReason,
    ProfileId,
    Settlement,
    TopicPartition,
)
from consumer.schedule.scheduler import Scheduler
from consumer.settle import dead_letter
from tests.property.kafka import (
    BAD,
    COORDINATOR_LOADING,
    OUTCOMES,
    PARTITIONS,
    POLICY,
    PROFILES,
    SKIPPED,
    WORK,
    Draft,
    Fetch,
    Kafka,
    Revocation,
    context,
    done_in,
    record_of,
)
from tests.property.model import RANDOM, ModelPartition, ModelRecord
from tests.property.model_scheduler import ModelScheduler

__all__ = ["STATES", "World"]

STATES = frozenset({
    "a hold ended by pressure",
    "answered after its epoch",
    "crash",
    "crash with a map",
    "dead_lettered after its work",
    "delivered after its work",
    "half of a rejected work",
    "merged",
    "merged after its work",
    "merged over partitions",
    "one partition of a work is gone",
    "probe",
    "skipped after its work",
    "stale when it came",
})


def stored(commit: Commit) -> tuple[int, str]:
    """Return what a broker keeps of a commit."""
    return commit.offset, commit.metadata


MOST_ROUNDS = 400


class World:
    """Kafka, the publishers and the target; whoever plays them calls its methods.

    Attributes:
        reached: How often what is worth a history was reached: see `STATES`.
    """

    def __init__(self) -> None:
        self.now = 100.0
        self.sut = Scheduler(POLICY, lambda: RANDOM)
        self.model = ModelScheduler(POLICY)
        self.epochs = itertools.count(1)
        self.assigned: dict[TopicPartition, ModelPartition] = {}
        self.kafka = Kafka()
        self.outstanding: tuple[dict[TopicPartition, Commit], float] | None = None
        self.letters: list[tuple[ModelRecord, Settlement]] = []
        self.reached: Counter[str] = Counter()

    def publish(self, backlog: list[Draft]) -> None:
        """Records come from all partitions in turn."""
        for items, name in zip(backlog, itertools.cycle(PARTITIONS), strict=False):
            self.read(name, items=items, fetch=Fetch())

    def assign(self, name: TopicPartition) -> None:
        """A new epoch begins at the committed offset; its start is due at once."""
        if name in self.assigned:
            return
        epoch, (offset, metadata) = next(self.epochs), self.kafka.stored[name]
        self.sut.assign(name, epoch, offset, metadata, self.now)
        partition = ModelPartition(name, epoch, offset, self.now, offset)
        partition.carried = done_in(Commit(offset, metadata, epoch))
        self.assigned[name] = partition
        commit = self.sut.committable(self.now)[name]
        assert (commit.offset, commit.epoch) == (offset, epoch)
        assert done_in(commit) == partition.carried

    def crash(self, *, applied: bool) -> None:
        """The process dies; another one begins with what was committed.

        Calls on the wire may have been applied, and a commit may have arrived.
        """
        for flight in self.model.flights.values():
            if applied:
                self.kafka.note_call(flight.work, DELIVERED)
        if applied and self.outstanding is not None:
            for name, commit in self.outstanding[0].items():
                partition = self.assigned.get(name)
                if partition is not None and partition.epoch == commit.epoch:
                    self.kafka.stored[name] = stored(commit)
        self.sut = Scheduler(POLICY, lambda: RANDOM)
        self.model = ModelScheduler(POLICY)
        self.assigned = {}
        self.outstanding = None
        self.letters = []
        maps = [metadata for _, metadata in self.kafka.stored.values()]
        self.reached["crash with a map" if any(maps) else "crash"] += 1

    def fence(self, name: TopicPartition) -> None:
        """A revocation begins."""
        if name in self.assigned:
            self.sut.fence([name])
            self.assigned[name].fenced = True

    def revoke(self, name: TopicPartition, course: Revocation) -> None:
        """It ends: the last position is committed, unless the partition was lost."""
        if course.commit_is_out:
            self.send_commit()
            self.now += 0.01
        position = self.sut.positions([name])
        assert {name} & self.assigned.keys() == position.keys()
        if name in position and not course.lost:
            self.fence(name)
            self.check_commit(name, position[name])
            self.kafka.stored[name] = stored(position[name])
        gone = self.assigned.pop(name, None)
        expected = self.model.revoke(gone) if gone else 0
        assert expected == self.sut.revoke([name])
        assert self.sut.in_flight([name]) == 0
        if course.again:
            self.assign(name)
            self.read(name, items=WORK, fetch=Fetch())
            self.acknowledge([(name, code) for code in course.codes])
            self.take(2)
        late = [f for f in self.model.flights.values() if not f.is_alive]
        for flight, kind in zip(late, course.late_answers, strict=False):
            self.answer_one(flight.work.profile, kind)

    def read(self, name: TopicPartition, items: Draft, fetch: Fetch) -> None:
        """The source reads as many records as there is room for; some are decoded."""
        partition = self.assigned.get(name)
        flow = self.sut.flow(self.now)
        if partition is None or name in flow.paused:
            return
        for _ in range(min(fetch.several, flow.room)):
            offset = self.kafka.next_offset(name, partition.highest, fetch.gap, items)
            record = record_of(name, offset, partition.epoch)
            partition.highest = offset + 1
            if offset in partition.carried:  # read again, and done already
                assert not self.sut.admit(record, self.now)
                continue
            partition.held[offset] = ModelRecord(record, partition)
            partition.admitted[offset] = partition.held[offset]
            self.model.counts.consumed += 1
            assert self.sut.admit(record, self.now)
        for number in range(fetch.decoded):
            self.decode(name, bad=number == fetch.bad)

    def read_again(self, name: TopicPartition, back: int) -> None:
        """A repeated offset, or one of an epoch that is over, is not consumed."""
        partition = self.assigned.get(name)
        epoch = partition.epoch if partition else 0
        highest = partition.highest if partition else 10
        again = record_of(name, highest - back, epoch)
        assert not self.sut.admit(again, self.now)
        assert not self.sut.admit(record_of(name, highest, epoch - 1), self.now)
        assert self.sut.offer(again, SKIPPED, self.now) is None
        assert not self.sut.settle(again)

    def decode(self, name: TopicPartition, *, bad: bool) -> None:
        """The next record that waits (for its schema, say) is offered or rejected."""
        partition = self.assigned.get(name)
        record = partition.next_to_decode if partition else None
        if record is None:
            return
        offset = record.record.offset
        record.partition.offered = offset + 1
        if bad:
            settlement = self.sut.reject(record.record, BAD, self.now)
            assert settlement.end is End.DEAD_LETTERED
            record.letter_owed = True
            self.letters.append((record, settlement))
            self.kafka.note_given_up(record.record)
            return
        mapped = dict(self.kafka.logs[name])[offset]
        self.model.offer(record, mapped, self.now)
        answer = self.sut.offer(record.record, mapped, self.now)
        assert (answer.end if answer else None) == (
            None if record.todo else End.SKIPPED
        )
        if not record.todo:
            self.kafka.ended[name].add(offset)
            self.reached["stale when it came"] += bool(record.stale)

    def take(self, room: int) -> None:
        """Just what the model says is sent, in its order."""
        flowing = self.model.endpoint.is_flowing(self.now)
        held = [r for p in self.assigned.values() for r in p.held.values()]
        holding = any(
            item.held_until > self.now for q in self.model.queues.values() for item in q
        )
        self.sut.flow(self.now)
        pressed = bool(
            any(p.reason is PauseReason.HELD for p in self.sut.pauses(self.now))
            or len(held) >= 0.75 * POLICY.held_records
            or sum(r.record.size_bytes for r in held) >= 0.75 * POLICY.held_bytes
        )
        self.reached["a hold ended by pressure"] += pressed and holding and room > 0
        expected = self.model.expected(room, self.now, pressed=pressed)
        works = self.sut.take(room, self.now)
        sent = [[part.item for part in work.parts] for work in works]
        assert [[one.item for one in group] for group in expected] == sent
        for items, work in zip(expected, works, strict=True):
            records = [part.record for part in work.parts]
            assert [item.record.record for item in items] == records
            assert work.attributes == self.model.union(items)
            assert work.profile not in self.model.flights  # one in flight per profile
            assert max(item.attempts for item in items) + 1 == work.attempt
            assert work.probe is not flowing
            self.model.launch(items, work)
            self.reached["merged"] += len(items) > 1
            self.reached["half of a rejected work"] += items[0].seal > 0
            self.reached["probe"] += work.probe
            names = {part.record.source for part in work.parts}
            self.reached["merged over partitions"] += len(names) > 1
            assert self.sut.may_send(work, self.now)
        waiting = any(i.is_open for q in self.model.queues.values() for i in q)
        if room and not works and waiting and not self.model.flights:
            # Nothing goes although something waits: there is a reason and a way out.
            assert self.sut.pauses(self.now) or self.sut.next_due(self.now)

    def answer_one(self, profile: ProfileId, kind: str) -> None:
        """Compare what one outcome does."""
        flight = self.model.flights[profile]
        may = self.model.has_lease(self.now) and flight.is_open
        assert may is self.sut.may_send(flight.work, self.now)
        self.kafka.note_call(flight.work, OUTCOMES[kind])
        self.reached["answered after its epoch"] += not flight.is_alive
        if flight.is_alive is not any(item.is_alive for item in flight.items):
            self.reached["one partition of a work is gone"] += 1
        ends = self.model.complete(flight.work, OUTCOMES[kind], self.now)
        settled = self.sut.complete(flight.work, OUTCOMES[kind], self.now)
        said = [(one.record, one.end) for one in settled]
        assert [(record.record, end) for record, end in ends] == said
        assert self.sut.complete(flight.work, DELIVERED, self.now) == []  # only once
        self.note_ends([record for record, _ in ends], settled)

    def serve_well(self, count: int, deliver: list[bool]) -> None:
        """Works are taken; some are delivered, in the order of taking."""
        self.take(count)
        for profile, delivered in zip(list(self.model.flights), deliver, strict=False):
            if delivered:
                self.answer_one(profile, "delivered")

    def serve(self, kinds: list[str], *, confirmed: bool) -> None:
        """Some works are taken one by one and answered at once."""
        for kind in kinds:
            self.take(1)
            if self.model.flights:
                *_, newest = self.model.flights
                self.answer_one(newest, kind)
            if confirmed and self.letters:
                self.confirm(self.letters.pop())

    def confirm(self, owed: tuple[ModelRecord, Settlement]) -> None:
        """Compare what one confirmation does."""
        record, settlement = owed
        letter = dead_letter(settlement, context(self.now))
        assert ("dead-letter-offset", b"%d" % record.record.offset) in letter.headers
        assert record.partition.alive is self.sut.owes_letter(record.record)
        assert record.partition.alive is self.sut.settle(record.record)
        if record.partition.alive:
            self.model.finish(record, End.DEAD_LETTERED)
            self.kafka.ended[record.record.source].add(record.record.offset)
        assert not self.sut.settle(record.record)

    def pass_time(self, seconds: float, *, member: bool) -> None:
        """Time passes; mostly the membership is renewed after it."""
        self.now += seconds
        if member:
            self.renew()

    def wait_for_next(self) -> None:
        """Time passes until something is due."""
        due = self.sut.next_due(self.now)
        assert due is None or due > self.now
        self.now = self.now if due is None else due

    def renew(self) -> None:
        """A commit is sent and acknowledged at once, after the one that is out."""
        self.acknowledge([])
        self.send_commit()
        self.acknowledge([])

    def send_commit(self) -> None:
        """What is due is sent; one commit is outstanding at most."""
        if self.outstanding is not None:
            return
        commits = self.sut.committable(self.now)
        for name, commit in commits.items():
            assert not self.assigned[name].fenced
            self.check_commit(name, commit)
        due = {
            name: partition.stopped
            or partition.acknowledged != stored(self.sut.positions([name])[name])
            for name, partition in self.assigned.items()
            if not partition.fenced
        }
        half = self.now >= self.model.renewed_at + POLICY.membership_lease_seconds / 2
        assert {n for n in due if half or due[n]} == commits.keys()
        self.outstanding = (commits, self.now)

    def answer_commit(self, failing: list[tuple[TopicPartition, int]]) -> None:
        """The broker answers a commit; works are taken, or not, right after it."""
        for name in PARTITIONS:
            self.read(name, items=WORK, fetch=Fetch())
        self.send_commit()
        self.acknowledge(failing)
        self.take(3)

    def acknowledge(self, failing: Iterable[tuple[TopicPartition, int]]) -> None:
        """The broker answers, for each partition by itself."""
        if self.outstanding is None:
            return
        commits, sent_at = self.outstanding
        self.outstanding = None
        failed = {name: code for name, code in failing if name in commits}
        self.sut.committed(commits, failed, sent_at)
        done = {n: c for n, c in commits.items() if n not in failed}
        if done:
            self.model.renewed_at = max(self.model.renewed_at, sent_at)
        for name, commit in commits.items():
            partition = self.assigned.get(name)
            if partition is not None and partition.epoch == commit.epoch:
                if name in done:
                    partition.stopped = False
                    partition.acknowledged = stored(commit)
                    self.kafka.stored[name] = stored(commit)
                elif failed[name] != COORDINATOR_LOADING:
                    partition.stopped = True
        for partition in self.assigned.values():
            if done and self.model.renewed_at >= partition.assigned_at:
                partition.confirmed = True

    def check_books(self) -> None:
        """Promise 8: consumed is the sum of all ends, of what was released and held."""
        said, counts = self.sut.statistics(), self.model.counts
        held = sum(len(p.held) for p in self.assigned.values())
        ends = {end: getattr(said, end) for end in End}
        assert counts.ends == ends
        assert (
            counts.consumed
            == said.consumed
            == sum(ends.values()) + (said.released + said.held)
        )
        assert (counts.released, held) == (said.released, said.held)
        flights = self.model.flights
        assert said.in_flight == len(flights)
        waiting = {profile for profile, queue in self.model.queues.items() if queue}
        assert said.shards == len(waiting | flights.keys())

    def check_bounds(self) -> None:
        """Promises 4 and 5: the bound holds, and an idle partition is fetched."""
        said, flow = self.sut.statistics(), self.sut.flow(self.now)
        assert said.held + flow.room <= POLICY.held_records
        count = 2 * max(1, len(self.assigned))
        for name, partition in self.assigned.items():
            size = sum(r.record.size_bytes for r in partition.held.values())
            few = len(partition.held) <= 0.6 * (POLICY.held_records // count)
            if few and size <= 0.6 * (POLICY.held_bytes // count):
                assert name not in flow.paused
        reasons = {pause.scope for pause in self.sut.pauses(self.now)}
        assert {str(name) for name in flow.paused} <= reasons
        if self.assigned and not flow.room and not flow.paused:
            assert "all partitions" in reasons

    def finish(self) -> None:
        """In the end, whatever happened, every profile is as its partition's log says.

        Promise 3: the newest item that was not given up is what stands there, also
        where older ones were sent again after a crash.
        """
        for _ in range(MOST_ROUNDS):
            for name in PARTITIONS:
                if name in self.assigned and self.assigned[name].fenced:
                    self.sut.revoke([name])
                    self.model.revoke(self.assigned.pop(name))
                self.assign(name)
                self.finish_log(name)
            self.renew()
            for profile in sorted(self.model.flights):
                self.answer_one(profile, "delivered")
            self.take(len(PROFILES))
            while self.letters:
                self.confirm(self.letters.pop())
            self.now += 301.0
            self.renew()
            if all(self.kafka.stored[name][0] >= self.end(name) for name in PARTITIONS):
                break
        assert not self.sut.statistics().held
        assert self.kafka.wrong() == {}
        if not any(
            name.startswith("crash") for name in self.reached
        ):  # moments are remembered in one process
            assert self.kafka.latest == self.kafka.moments

    def end(self, name: TopicPartition) -> int:
        """Return the offset behind the last of a partition's log."""
        log = self.kafka.logs[name]
        return log[-1][0] + 1 if log else 0

    def finish_log(self, name: TopicPartition) -> None:
        """Read a partition to its end; decode what there is."""
        partition = self.assigned[name]
        while partition.highest < self.end(name):
            before = partition.highest
            self.read(name, items=WORK, fetch=Fetch())
            if partition.highest == before:
                break  # no room now
        for _ in range(len(partition.held)):
            self.decode(name, bad=False)

    def note_ends(self, records: list[ModelRecord], settled: list[Settlement]) -> None:
        """Remember how records ended, for the check of the commits."""
        for record, settlement in zip(records, settled, strict=True):
            self.reached[f"{settlement.end} after its work"] += 1
            if settlement.end is End.DEAD_LETTERED:
                assert settlement.failure is not None
                self.letters.append((record, settlement))
                self.kafka.note_given_up(record.record, settlement.delivered)
            else:
                self.kafka.ended[record.record.source].add(record.record.offset)

    def check_commit(self, name: TopicPartition, commit: Commit) -> None:
        """Promises 1 and 10: nothing is passed over, nothing moves back."""
        partition = self.assigned[name]
        assert partition.epoch == commit.epoch
        assert partition.committable == commit.offset
        assert partition.committable_seen <= commit.offset
        partition.committable_seen = commit.offset
        below = {
            offset for offset, _ in self.kafka.logs[name] if offset < commit.offset
        }
        assert below <= self.kafka.ended[name]
        real = {offset for offset, _ in self.kafka.logs[name]}
        done = done_in(commit) & real
        assert partition.marked & real == done <= self.kafka.ended[name]
