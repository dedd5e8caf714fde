"""What is held because it is broken, or because somebody wants it held.

Rules:
    - While a guard of a topic or of a mapping that claims it is open, records of the
      topic are kept as they are read: none is mapped but the one that is tried. Its
      partitions are not fetched while anything of them is incomplete, but for a witness.
    - A mapping is held while an operator says so, while its share of the calls is used
      up, and while its guard is open and the target refused one of its items. Then the
      partitions of its topics are closed: items stay in their shards, and nothing of
      the partition overtakes them.
    - What somebody wants held is not tried.
    - Records of a topic that is no evidence (replays: what was given up before) are held
      like others, and count only when one of them is tried.
    - What is held is mapped anew when the set or its overrides change, and what an older
      set made of it when its guard closes. What was delivered of it is not sent again.

Theory of operation:
    Nothing is looked up per record: whether a partition is held is judged when a guard,
    a hold or the assignment changes. A mapping holds the topics that it claims, so each
    partition carries the names of the mappings that claim it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from consumer.model import Failure, Mapped, Pause, PauseReason, Record, TopicPartition
from consumer.schedule.commits import Commits
from consumer.schedule.dispatch import Dispatch
from consumer.schedule.guard import GuardKind, GuardName
from consumer.schedule.guards import NOT_DECODED, Claims, GuardEvent, Guards
from consumer.schedule.offsets import Partition, Ticket
from consumer.schedule.trials import Questions, Trials, chosen

__all__ = ["Guarding", "Trial"]


class Trial(NamedTuple):
    """A record that is tried.

    Attributes:
        record: Which.
        is_mapped: True when its items are on their way; else it is to be mapped first.
    """

    record: Record
    is_mapped: bool


class Hold(NamedTuple):
    """Why a mapping is held.

    Attributes:
        since: When it began, on the clock of `now`.
        ends_when: What ends it, for a person.
    """

    since: float
    ends_when: str


class Guarding:
    """Guards, holds and trials. Owned by the scheduler; the pipeline asks it, too.

    Attributes:
        guards: The guards.
        topics: Real names of the topics whose records are kept as they are read.
    """

    def __init__(
        self,
        guards: Guards,
        dispatch: Dispatch,
        commits: Commits,
        partitions: Mapping[TopicPartition, Partition],
        topics: tuple[Claims, Callable[[str], bool]],
    ) -> None:
        """Begin with nothing held.

        Args:
            guards: The guards.
            dispatch: What is queued.
            commits: Told when what may be committed changes.
            partitions: Those that are assigned, as the scheduler knows them.
            topics: Two things that are known of a topic by its real name: the mappings
                that claim it and may send, and whether its records count in guards.
        """
        self.guards = guards
        self.topics: frozenset[str] = frozenset()
        self._dispatch = dispatch
        self._commits = commits
        self._partitions = partitions
        self._claims, self._is_evidence = topics
        self._holds: dict[tuple[str, PauseReason], Hold] = {}
        self._trials = Trials()

    # ---------------------------------------------------------------- assignment

    def begin(self, partition: Partition) -> None:
        """Judge a partition that was assigned."""
        self._look_up(partition)
        self._judge((partition,))

    def end(self, partition: Partition) -> None:
        """Forget what is tried of a partition whose epoch is over."""
        self._trials.finish_of((partition,))

    def not_fetched(self) -> frozenset[TopicPartition]:
        """Return the partitions that are not fetched because of a guard."""
        found = self._partitions.values()
        return frozenset(p.name for p in found if p.guarded and p.incomplete)

    # -------------------------------------------------------------- records' ends

    def offered(self, ticket: Ticket, mapped: Mapped, now: float) -> None:
        """Note that a record that is tried was an event, and send its items."""
        if mapped.skipped not in NOT_DECODED:
            self.guards.decoded(ticket.record.source.topic, now)
        if not self._waits_for_end(ticket):
            self._trials.finish(ticket)
        elif not self._dispatch.shards.leads(ticket):  # an older set had mapped it
            self._trials.put_aside(ticket)
        else:
            self._dispatch.try_out(self._dispatch.shards.entries_of(ticket))

    def delivered(self, ticket: Ticket, mapped: Mapped, now: float) -> None:
        """Count a record whose items were delivered."""
        is_tried = ticket.tried_at is not None
        if is_tried:
            self._trials.finish(ticket)
        if is_tried and self.guards.open:
            self.guards.delivered(mapped.items, now)
        elif ticket.partition.topic_guard:
            self.guards.accept(mapped.items)

    def skipped(self, ticket: Ticket) -> None:
        """Note that a record ended of which nothing was sent: it says nothing."""
        if ticket.is_trial:
            self._trials.finish(ticket)

    def given_up(self, ticket: Ticket, failure: Failure, now: float) -> None:
        """Count a record that was given up: a trial that failed, or one more."""
        topic = ticket.record.source.topic
        if ticket.is_trial:
            self._trials.finish(ticket)
            self.guards.failed(failure, topic, now)
        elif ticket.partition.topic_guard and self.guards.reject(failure, topic, now):
            self._judge()

    def note_kept(self) -> None:
        """Close the partitions of what was kept since the last time."""
        if self.guards.has_kept:
            self.guards.has_kept = False
            self._judge()

    # -------------------------------------------------------------------- trials

    def begin_trial(
        self, heads: Mapping[TopicPartition, Record], now: float
    ) -> Trial | None:
        """Begin to try the next record of a guard that is due; None when none is.

        One whose items are waiting is sent as it is; another, and one that an older
        set mapped, is to be offered or rejected by the caller.

        Args:
            heads: The first record of each partition that waits for its guard alone.
            now: The time.
        """
        ticket = self._due(heads, now)
        if ticket is None:
            return None
        self._trials.start(ticket, now)
        if ticket.mapped is not None and self._is_stale(ticket):
            self._take_back((ticket,))
        if ticket.mapped is None:
            return Trial(ticket.record, is_mapped=False)
        self._dispatch.try_out(self._dispatch.shards.entries_of(ticket))
        return Trial(ticket.record, is_mapped=True)

    def end_trial(self, record: Record) -> None:
        """End a trial that came to nothing: the record has to wait for something else."""
        partition = self._partitions.get(record.source)
        if partition is not None:
            self._trials.finish_of((partition,))

    # ------------------------------------------------------------------- changes

    def close_passed(self) -> list[Record]:
        """Close the guards whose trials passed.

        Returns:
            What an older set had made of what they kept: to be mapped anew, in order.
        """
        names = [name for name, guard in self.guards.open.items() if guard.has_passed]
        if not names:
            return []
        kept = {p: None for name in names for p in self._concerned(name)}
        taken = self._take_back(filter(self._is_stale, _waiting(kept)))
        self.guards.close(names)
        self._judge()
        self._trials.forget(partition for partition in kept if not partition.guarded)
        return taken

    def renew(self, mapping_set: str) -> list[Record]:
        """Go on with another set of mappings: every guard is closed.

        Returns:
            What was held: to be mapped anew, in order.
        """
        back = [p for p in self._partitions.values() if p.held or p.guarded]
        self._trials.forget(back)
        taken = self._take_back(_waiting(back))
        self._renew_claims()
        self.guards.renew(mapping_set)
        self._judge()
        return taken

    def override(self, changed: Collection[str], live: Collection[str]) -> list[Record]:
        """Go on with other overrides: guards of what they change are closed.

        Args:
            changed: The mappings of which something else is said.
            live: The mappings that no guard holds, nor their topics.

        Returns:
            What was queued of the topics of the changed ones: to be mapped anew, in
            order.
        """
        concerned = dict.fromkeys(self._claimed_by(changed))
        self._renew_claims()
        concerned |= dict.fromkeys(self._claimed_by(changed))
        self._trials.forget(concerned)
        taken = self._take_back(_waiting(concerned))
        self.guards.close(GuardName(GuardKind.MAPPING, name) for name in changed)
        self.guards.close(GuardName(GuardKind.TOPIC, p.name.topic) for p in concerned)
        self.guards.let_pass(live, self._claims)
        self._judge()
        return taken

    def hold(
        self, mapping: str, reason: PauseReason, ends_when: str, now: float
    ) -> None:
        """Hold a mapping, and what shares its topics: items stay in their shards.

        One that is held for that reason already is held since it was.
        """
        known = self._holds.get((mapping, reason))
        since = now if known is None else known.since
        self._holds[mapping, reason] = Hold(since, ends_when)
        self._trials.finish_of(self._claimed_by((mapping,)))
        self._judge()

    def release(self, mapping: str, reason: PauseReason) -> None:
        """End the hold of a mapping for one reason."""
        if self._holds.pop((mapping, reason), None) is not None:
            self._judge()

    def held(self, reason: PauseReason) -> list[str]:
        """Return the mappings that are held for a reason."""
        return [mapping for mapping, why in self._holds if why is reason]

    def news(self) -> list[GuardEvent]:
        """Return what happened to guards since the last time."""
        return self.guards.news()

    def pauses(self, now: float) -> Iterator[Pause]:
        """Yield what is held, why, and what ends it."""
        for name, guard in self.guards.open.items():
            concerned = list(self._concerned(name))
            due = [guard.probe_at, *map(self._overdue_at, self._trials.of(concerned))]
            wait = max(0.0, max(due) - now)
            turn = f"the next is tried in {wait:.0f} s, if not before"
            if concerned and not self._not_barred(concerned):
                turn = "none is tried while a mapping of the topic is held"
            yield Pause(
                PauseReason.GUARD,
                str(name),
                now if guard.since is None else guard.since,
                f"three records in a row pass ({turn}), or the mappings or their overrides "
                f"change; mapping or schema is broken: {guard.code}",
            )
        for (mapping, reason), hold in self._holds.items():
            yield Pause(reason, f"mapping {mapping}", hold.since, hold.ends_when)

    def kept(self) -> dict[str, int]:
        """Return how many records of each topic are kept by a guard."""
        found: dict[str, int] = {}
        for partition in self._partitions.values():
            if partition.guarded:
                topic = partition.name.topic
                found[topic] = found.get(topic, 0) + len(partition.incomplete)
        return found

    # -------------------------------------------------------------------- inside

    def _judge(self, partitions: Iterable[Partition] | None = None) -> None:
        """Judge some partitions, or all; what opens makes its items ready again."""
        guards = self.guards.open
        broken = {n.name for n in guards if n.kind is GuardKind.MAPPING}
        topics = {n.name for n in guards if n.kind is GuardKind.TOPIC}
        held = {mapping for mapping, _ in self._holds}
        held |= {n.name for n, g in guards.items() if g.is_refused}
        found = self._partitions.values() if partitions is None else partitions
        for partition in found:
            claims, topic = partition.claims, partition.name.topic
            partition.guarded = topic in topics or not broken.isdisjoint(claims)
            was_held = partition.held
            if partition.hold(held=not held.isdisjoint(claims)):
                self._dispatch.shards.unpark(partition)
            elif partition.held and not was_held:
                # A trial from before is not its first record: it would go before those.
                self._trials.finish_of((partition,))
        kept = frozenset(
            partition.name.topic for partition in found if partition.guarded
        )
        self.topics = kept if partitions is None else self.topics | kept

    def _due(self, heads: Mapping[TopicPartition, Record], now: float) -> Ticket | None:
        """Return the record that is to be tried next; None when none is due."""
        shards = self._dispatch.shards
        questions = Questions(shards.leads, self._is_stale)
        for name, guard in self.guards.open.items():
            if now < guard.probe_at or guard.has_passed:
                continue
            concerned = list(self._concerned(name))
            under_way = self._trials.of(concerned)
            if any(now < self._overdue_at(one) for one in under_way):
                continue
            if under_way and len(shards.idle(under_way)) < len(under_way):
                continue  # its answer is on the way
            ticket = chosen(self._not_barred(concerned), heads, questions)
            for one in under_way:
                if ticket is None:  # looked for again no sooner than this
                    self._trials.start(one, now)
                else:
                    self._trials.put_aside(one)
            if ticket is not None:
                return ticket
        return None

    def _overdue_at(self, trial: Ticket) -> float:
        """Return when a trial without a result makes room for the next."""
        began_at = trial.tried_at if trial.tried_at is not None else 0.0
        return began_at + self.guards.probe_seconds

    def _not_barred(self, partitions: Iterable[Partition]) -> list[Partition]:
        """Return those of which nothing is held because somebody wants it held."""
        barred = {mapping for mapping, _ in self._holds}
        return [one for one in partitions if barred.isdisjoint(one.claims)]

    def _concerned(self, name: GuardName) -> Iterable[Partition]:
        """Return the partitions that a guard keeps."""
        if name.kind is GuardKind.MAPPING:
            return self._claimed_by((name.name,))
        return [p for p in self._partitions.values() if p.name.topic == name.name]

    def _claimed_by(self, mappings: Collection[str]) -> list[Partition]:
        """Return the partitions that one of these mappings claims."""
        wanted = frozenset(mappings)
        return [p for p in self._partitions.values() if not wanted.isdisjoint(p.claims)]

    def _renew_claims(self) -> None:
        for partition in self._partitions.values():
            self._look_up(partition)

    def _look_up(self, partition: Partition) -> None:
        topic = partition.name.topic
        partition.claims = self._claims(topic)
        counts = self._is_evidence(topic)
        partition.topic_guard = self.guards.topic(topic) if counts else None

    def _waits_for_end(self, ticket: Ticket) -> bool:
        """Tell whether the guard of a mapping waits for how a trial ends."""
        names = (GuardName(GuardKind.MAPPING, one) for one in ticket.partition.claims)
        return any(name in self.guards.open for name in names)

    def _is_stale(self, ticket: Ticket) -> bool:
        """Tell whether a record that waits was mapped by another set than today's."""
        mapped = ticket.mapped
        return mapped is not None and any(
            item.route.mapping_set != self.guards.mapping_set for item in mapped.items
        )

    def _take_back(self, tickets: Iterable[Ticket]) -> list[Record]:
        """Take the waiting items of records back, which are then to be mapped anew.

        One of which an item is in flight, or was given up, stays as it is.
        """
        shards = self._dispatch.shards
        found = [t for t in shards.idle(tickets) if t.mapped and not t.given_up]
        taken = {id(item) for item in shards.take_back(found)} if found else set()
        for ticket in found:
            items = ticket.mapped.items if ticket.mapped else ()
            ticket.done = tuple(
                item
                for item in items
                if id(item) not in taken and item.profile not in ticket.stale
            )
            ticket.stale = ()
            ticket.mapped, ticket.open_items, ticket.is_again = None, 0, True
            ticket.partition.unknown.add(ticket.record.offset)
            self._commits.touch(ticket.partition)
        return [ticket.record for ticket in found]


def _waiting(partitions: Iterable[Partition]) -> Iterator[Ticket]:
    """Yield the records of which items wait, of each partition in order."""
    for partition in partitions:
        for ticket in partition.incomplete.values():
            if ticket.mapped is not None and not ticket.letter_owed:
                yield ticket
