"""The scheduler: what is held, what is sent next, what may be committed.

Rules:
    - A record is incomplete from its admission until it is settled: each of its items
      delivered or given up and, where a dead letter is owed, that letter confirmed.
    - What belongs to an epoch that is over is ignored wherever it arrives late.
    - Nothing here waits, logs or asks for the time: `now` is an argument, in seconds of
      one monotonic clock, and never goes back.

Theory of operation:
    `Partition` knows offsets, `Held` the bounds, `Commits` the lease, `Reading` what may
    be read, `Shards` the queues, `Endpoint` whose fault a failure is, and `Dispatch`
    brings the last two together; `Guarding` knows what is held because it is broken, or
    wanted so. The facade draws the lines between them and counts the ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from consumer.model import (
    Commit,
    End,
    EndpointName,
    Failure,
    Mapped,
    Outcome,
    Pause,
    Record,
    Settlement,
    TopicPartition,
    Work,
)
from consumer.schedule.commits import Commits
from consumer.schedule.dispatch import Dispatch
from consumer.schedule.ends import (
    Ends,
    ended_item,
    rejection,
    settlement,
    with_done,
)
from consumer.schedule.guarding import Guarding
from consumer.schedule.guards import NOT_DECODED, Claims, Guards
from consumer.schedule.held import Flow, Held
from consumer.schedule.hold import ready_at
from consumer.schedule.keying import Keying
from consumer.schedule.offsets import Partition, Ticket
from consumer.schedule.pauses import endpoint_pauses
from consumer.schedule.policy import SchedulePolicy
from consumer.schedule.reading import Reading
from consumer.schedule.statistics import PartitionStatistics, Statistics
from consumer.schedule.witness import Witnesses

__all__ = ["Scheduler"]


class Scheduler:
    """The facade of `schedule`. Owned by the pipeline's loop; not thread-safe.

    Attributes:
        guarding: What is held because it is broken, or wanted so.
    """

    def __init__(
        self,
        policy: SchedulePolicy,
        random: Callable[[], float],
        claims: Claims = lambda _topic: (),
        is_evidence: Callable[[str], bool] = lambda _topic: True,
    ) -> None:
        """Start with nothing assigned.

        Args:
            policy: The bounds and rules.
            random: A number in [0, 1), for the jitter of waits.
            claims: Names the mappings that claim a topic, by its real name, and may
                send.
            is_evidence: Tells whether how records of a topic end counts in guards: those
                that were given up before are no fair sample.
        """
        self._partitions: dict[TopicPartition, Partition] = {}
        self._held = Held(policy)
        self._commits = Commits(policy.membership_lease_seconds)
        guards = Guards(policy.guard)
        self._dispatch = Dispatch(policy, random, guards.keeps)
        self.guarding = Guarding(
            guards,
            self._dispatch,
            self._commits,
            self._partitions,
            (claims, is_evidence),
        )
        witnesses = Witnesses(
            self._dispatch.endpoint, self._dispatch.shards, policy.retry
        )
        self._reading = Reading(
            self._held, self._commits, self.guarding, witnesses, self._partitions
        )
        self._ends = Ends()
        self._keying = Keying()
        self._is_short = False

    # ------------------------------------------------------------ assignment

    def assign(
        self,
        partition: TopicPartition,
        epoch: int,
        offset: int,
        metadata: str,
        now: float,
    ) -> None:
        """Begin an epoch of a partition; one that was not ended is released.

        Args:
            partition: Which partition.
            epoch: The assignment's number; records carry it.
            offset: Where reading starts; it is due to be committed at once.
            metadata: The metadata of the committed offset: the offset map, if it is one.
            now: The time.
        """
        self.revoke((partition,))
        state = Partition(partition, epoch, offset, now, metadata)
        self._partitions[partition] = state
        self.guarding.begin(state)
        self._commits.touch(state)
        self._held.share(self._partitions.values())

    def fence(self, partitions: Iterable[TopicPartition]) -> None:
        """Take nothing of these any more; outcomes still count until `revoke`."""
        for name in partitions:
            partition = self._partitions.get(name)
            if partition is not None:
                partition.fence()
                self._commits.touch(partition)

    def revoke(self, partitions: Iterable[TopicPartition]) -> int:
        """End the epochs of these and return how many records were released.

        What is in flight keeps its profile's slot until its outcome arrives, which is
        then ignored.
        """
        released = 0
        ended = [self._partitions.pop(n) for n in partitions if n in self._partitions]
        for partition in ended:
            self._dispatch.shards.drop(partition)
            self._commits.forget(partition)
            self.guarding.end(partition)
            released += partition.end()
        if ended:
            self._held.share(self._partitions.values())
        self._ends.released += released
        return released

    # --------------------------------------------------------------- records

    def admit(self, record: Record, now: float) -> bool:  # noqa: ARG002 - the time of all that changes
        """Count a record and keep it incomplete until it is settled.

        Returns:
            False when its epoch is over, or its offset was seen before or is marked as
            done: it is not consumed, and nothing further is to be done with it.
        """
        partition = self._partitions.get(record.source)
        if partition is None or partition.epoch != record.epoch:
            return False
        jumps = record.offset != partition.next_offset
        ticket = partition.admit(record)
        if jumps or ticket is None:  # the committable offset moved, nothing was settled
            self._commits.touch(partition)
        if ticket is None:
            return False
        self._held.add(partition, record.size_bytes)
        self._ends.consumed += 1
        return True

    def offer(
        self, record: Record, mapped: Mapped, now: float, wall_ms: int = 0
    ) -> Settlement | None:
        """Queue an admitted record's items.

        Args:
            record: The record.
            mapped: What the mappings made of it.
            now: The time.
            wall_ms: The time of day, Unix milliseconds, so that holding counts from the
                broker's timestamp; 0 counts from now.

        Returns:
            How it ended, when nothing is to be sent; None when items are under way, and
            for a record whose epoch is over or that was offered before.
        """
        ticket = self._ticket(record)
        if ticket is None or ticket.mapped is not None or ticket.letter_owed:
            return None
        items, partition = mapped.items, ticket.partition
        if ticket.is_again:
            items, mapped = with_done(ticket, mapped)
            partition.unknown.discard(record.offset)
        ticket.mapped = mapped
        ticket.open_items = len(items)
        if len(mapped.items) > 1:
            partition.linger(ticket)
        is_stale = self._dispatch.event_time.is_stale
        for item in items:
            route = item.route
            if route.by_event_time and is_stale(record, item):
                ticket.open_items -= 1
                ticket.stale += (item.profile,)
                continue
            self._keying.note(item.profile, record.source)
            ready = now
            if route.send_within_seconds:
                ready = ready_at(record, route, now, wall_ms, is_short=self._is_short)
            self._dispatch.shards.offer(ticket, item, now, ready)
        if ticket.is_trial:
            self.guarding.offered(ticket, mapped, now)
        elif partition.topic_guard and mapped.skipped not in NOT_DECODED:
            partition.topic_guard.accept()
        return None if ticket.open_items else self._end(ticket, mapped, now)

    def reject(self, record: Record, failure: Failure, now: float) -> Settlement:
        """Give an admitted record up; it stays incomplete until `settle`."""
        ticket = self._ticket(record)
        if ticket is None or ticket.mapped is not None:
            return rejection(record, failure, now)
        ticket.letter_owed = True
        ticket.partition.unknown.add(record.offset)
        self._commits.touch(ticket.partition)
        self.guarding.given_up(ticket, failure, now)
        return rejection(record, failure, now, ticket.done)

    def owes_letter(self, record: Record) -> bool:
        """Tell whether a dead letter is owed for a record, and its epoch is alive."""
        ticket = self._ticket(record)
        return ticket is not None and ticket.letter_owed

    def settle(self, record: Record) -> bool:
        """Settle a record whose dead letter the broker confirmed.

        Returns:
            False when it owes no letter (any more): its epoch is over.
        """
        ticket = self._ticket(record)
        if ticket is None or not ticket.letter_owed:
            return False
        self._remove(ticket)
        self._ends.dead_lettered += 1
        return True

    # ----------------------------------------------------------------- works

    def take(self, room: int, now: float) -> list[Work]:
        """Return at most `room` works to be sent now; they are in flight from here.

        Empty when nothing is ready, the lease lapsed, or the endpoint is not well.
        Each work is answered by exactly one `complete`.
        """
        if now >= self._commits.lease_until:
            return []
        if self._dispatch.shards.has_holds and self._held.is_pressed:
            self._dispatch.shards.end_holds(room, now)
        return self._dispatch.take(room, now)

    def spare_calls(self, *, is_short: bool) -> None:
        """Hold what may be held (`send_within`) from now on, or no longer."""
        self._is_short = is_short

    def may_send(self, work: Work, now: float) -> bool:
        """Tell whether a work that was taken may still be sent: asked at its first byte.

        Between `take` and the first byte this process may have been stopped for any
        time, and its partitions given to another.
        """
        if now >= self._commits.lease_until:
            return False
        for part in work.parts:
            ticket = self._ticket(part.record)
            if ticket is None or not ticket.may_send:
                return False
        return True

    def complete(self, work: Work, outcome: Outcome, now: float) -> list[Settlement]:
        """Take an outcome in; return how the records ended that ended by it.

        Those that are `DEAD_LETTERED` owe a letter and stay incomplete until `settle`.
        """
        settlements: list[Settlement] = []
        ended = self._dispatch.complete(work, outcome, now)
        for item in ended:
            ticket = ended_item(item)
            if ticket is None or ticket.mapped is None:
                continue
            settlements.append(self._end(ticket, ticket.mapped, now))
        self.guarding.note_kept()
        return settlements

    def next_due(self, now: float) -> float | None:
        """Return when `take` may have more than now, if nothing else happens.

        Always later than `now`; None when no time is being waited for.
        """
        return self._dispatch.next_due(now)

    # --------------------------------------------------------------- commits

    def set_lease(self, seconds: float) -> None:
        """Let a commit that is acknowledged from now on prove membership so long."""
        self._commits.lease_seconds = seconds

    def committable(self, now: float) -> dict[TopicPartition, Commit]:
        """Return what is to be committed now; it stays due until acknowledged."""
        return self._commits.due(self._partitions, now)

    def committed(
        self,
        commits: Mapping[TopicPartition, Commit],
        failed: Mapping[TopicPartition, int],
        sent_at: float,
    ) -> None:
        """Take the broker's answer in.

        Args:
            commits: What was committed; those also in `failed` were not.
            failed: The broker's error code for each partition that failed.
            sent_at: When it was sent, on the clock of `now`.
        """
        opened = self._commits.acknowledge(self._partitions, commits, failed, sent_at)
        for partition in opened:
            self._dispatch.shards.unpark(partition)

    def epoch(self, partition: TopicPartition) -> int | None:
        """Return the number of a partition's assignment; None when it has none."""
        found = self._partitions.get(partition)
        return None if found is None else found.epoch

    def positions(
        self, partitions: Iterable[TopicPartition]
    ) -> dict[TopicPartition, Commit]:
        """Return what to commit for all of these, changed or not: the last commit."""
        known = self._partitions
        return {name: known[name].commit for name in partitions if name in known}

    def in_flight(self, partitions: Iterable[TopicPartition]) -> int:
        """Return how many works on the wire carry items of the epochs of these."""
        known = [self._partitions.get(name) for name in partitions]
        return self._dispatch.shards.in_flight({p for p in known if p is not None})

    # ------------------------------------------------------------ what it says

    def flow(self, now: float) -> Flow:
        """Return how many records may still be read, and from where."""
        return self._reading.flow(self._ends.consumed, now)

    def pauses(self, now: float) -> tuple[Pause, ...]:
        """Return what is paused, why, and what ends it."""
        return (
            *self._reading.pauses(now),
            *endpoint_pauses(self._dispatch.endpoint, EndpointName.SINGLE, now),
            *self.guarding.pauses(now),
        )

    def statistics(self) -> Statistics:
        """Return a frozen picture of the whole."""
        ends, shards = self._ends, self._dispatch.shards
        kept = self.guarding.not_fetched()
        return Statistics(
            consumed=ends.consumed,
            delivered=ends.delivered,
            merged=ends.merged,
            skipped=ends.skipped,
            dead_lettered=ends.dead_lettered,
            released=ends.released,
            held=self._held.records,
            held_bytes=self._held.size_bytes,
            in_flight=len(shards.flying),
            limit=self._dispatch.endpoint.most,
            shards=len(shards.by_profile),
            own_records=self._held.own_records,
            scattered=dict(self._keying.scattered),
            partitions=tuple(
                _picture(p, is_paused=p in self._held.paused or p.name in kept)
                for p in self._partitions.values()
            ),
            kept=self.guarding.kept(),
            guards=frozenset(self.guarding.guards.open),
        )

    def _ticket(self, record: Record) -> Ticket | None:
        """Return the ticket of a record; None for a repeat or an ended epoch."""
        partition = self._partitions.get(record.source)
        if partition is None:
            return None
        ticket = partition.incomplete.get(record.offset)
        return ticket if ticket is not None and ticket.record is record else None

    def _end(self, ticket: Ticket, mapped: Mapped, now: float) -> Settlement:
        end = settlement(ticket, mapped)
        if end.failure is not None:
            ticket.letter_owed = True
            self.guarding.given_up(ticket, end.failure, now)
            return end
        if end.end is End.SKIPPED:
            self.guarding.skipped(ticket)
        else:
            self.guarding.delivered(ticket, mapped, now)
        self._remove(ticket)
        self._ends.count(end.end)
        return end

    def _remove(self, ticket: Ticket) -> None:
        partition, record = ticket.partition, ticket.record
        partition.remove(ticket)
        self._held.remove(partition, record.size_bytes)
        self._commits.touch(partition)


def _picture(partition: Partition, *, is_paused: bool) -> PartitionStatistics:
    known = partition.acknowledged
    return PartitionStatistics(
        partition=partition.name,
        epoch=partition.epoch,
        committable=partition.committable,
        acknowledged=None if known is None else known.offset,
        next_offset=partition.next_offset,
        held=len(partition.incomplete),
        held_bytes=partition.held_bytes,
        is_open=partition.open,
        is_paused=is_paused,
    )
