"""The plain model's queues and counts: what `take` and `complete` must do."""

from __future__ import annotations

from consumer.model import (
    DELIVERED,
    End,
    Mapped,
    Outcome,
    OutcomeKind,
    ProfileId,
    Work,
)
from consumer.schedule.policy import SchedulePolicy
from tests.property.model import (
    HEAD_START,
    Counts,
    EndpointModel,
    Flight,
    ModelItem,
    ModelPartition,
    ModelRecord,
)


class ModelScheduler:
    """Lists in the order of offering; everything is found by looking through them."""

    def __init__(self, policy: SchedulePolicy) -> None:
        self.policy = policy
        self.endpoint = EndpointModel(policy)
        self.queues: dict[ProfileId, list[ModelItem]] = {}
        self.flights: dict[ProfileId, Flight] = {}
        self.counts = Counts()
        self.renewed_at = float("-inf")
        self.offers = 0

    def has_lease(self, now: float) -> bool:
        """True while an acknowledged commit proves membership."""
        return now < self.renewed_at + self.policy.membership_lease_seconds

    def offer(self, record: ModelRecord, mapped: Mapped, now: float) -> None:
        """Queue a record's items."""
        record.mapped, record.todo = mapped, len(mapped.items)
        for item in mapped.items:
            self.offers += 1
            rank = now - HEAD_START[item.route.priority]
            queued = ModelItem(record, item, self.offers, rank)
            self.queues.setdefault(item.profile, []).append(queued)
        if not mapped.items:
            self.finish(record, End.SKIPPED)

    def finish(self, record: ModelRecord, end: End) -> None:
        """Settle a record."""
        del record.partition.held[record.record.offset]
        self.counts.ends[end] += 1

    def ready(self, now: float) -> list[ModelItem]:
        """What may be sent now, the best shard first: the first open item of each."""
        best: list[tuple[tuple[float, int], ModelItem]] = []
        for profile, queue in self.queues.items():
            items = [item for item in queue if item.is_open]
            waits = any(item.due > now for item in queue)
            if items and not waits and profile not in self.flights:
                best.append((min(item.key for item in items), items[0]))
        return [item for _, item in sorted(best, key=lambda pair: pair[0])]

    def expected(self, room: int, now: float) -> list[ModelItem]:
        """What `take` must return."""
        endpoint = self.endpoint
        if not self.has_lease(now):
            return []
        ready = self.ready(now)
        if endpoint.is_flowing(now):
            return ready[:room]
        may_probe = endpoint.halted and endpoint.probe is None
        if not may_probe or now < max(endpoint.probe_at, endpoint.held_until):
            return []
        unasked = [i for i in ready if i.item.profile not in endpoint.asked]
        if room > 0 and ready and not unasked:
            endpoint.asked.clear()
        return (unasked or ready)[: min(room, 1)]

    def launch(self, item: ModelItem, work: Work) -> None:
        """An item is in flight."""
        self.queues[item.item.profile].remove(item)
        self.flights[item.item.profile] = Flight(work, item)
        if work.probe:
            self.endpoint.probe = work
            self.endpoint.asked.add(work.profile)

    def complete(self, work: Work, outcome: Outcome, now: float) -> End | None:
        """An outcome arrives; return how the record ends, if it does."""
        item = self.flights.pop(work.profile).item
        alive = item.record.partition.alive
        if outcome is DELIVERED:
            if self.endpoint.deliver(work, now):
                self._hasten_refused(now)
            return self._end(item) if alive else None
        if outcome.kind is OutcomeKind.UNSENT:
            self.endpoint.unsent(work, now)
            if alive:
                self.queues[work.profile].insert(0, item)
            return None
        counts = self.endpoint.fail(work, outcome, now)
        if not alive:
            return None
        self._blame(item, outcome, now, counts=counts)
        if item.given_up:
            item.record.failed = True
            return self._end(item)
        endpoint = self.endpoint
        cap = endpoint.policy.retry_after_cap_seconds
        wait = min(outcome.wait_seconds or 0.0, cap)
        item.due = now + max(endpoint.backoff(item.attempts), wait)
        self.queues[work.profile].insert(0, item)
        return None

    def revoke(self, partition: ModelPartition) -> int:
        """An epoch is over; return how many records were released."""
        partition.alive = False
        for profile, queue in self.queues.items():
            self.queues[profile] = [i for i in queue if i.record.partition.alive]
        released = len(partition.held)
        self.counts.released += released
        partition.held.clear()
        return released

    def _end(self, item: ModelItem) -> End | None:
        record = item.record
        record.todo -= 1
        if record.todo:
            return None
        if record.failed:
            record.letter_owed = True
            return End.DEAD_LETTERED
        self.finish(record, End.DELIVERED)
        return End.DELIVERED

    def _blame(
        self, item: ModelItem, outcome: Outcome, now: float, *, counts: bool
    ) -> None:
        policy = self.endpoint.policy
        item.attempts += 1
        item.refused = outcome.kind is OutcomeKind.SUSPECT
        if counts:
            item.refusals += item.refused
            item.retries += not item.refused
            if item.attempts > 1:
                elapsed = now - item.last_failure
                unwell = self.endpoint.unwell_between(item.last_failure, now)
                item.counted += elapsed - unwell
        item.last_failure = now
        item.given_up = (
            outcome.kind is OutcomeKind.REJECTED
            or item.refusals >= policy.max_refusals
            or (
                item.retries >= policy.max_attempts
                # Sums in another order: a rounding error is no difference.
                and item.counted >= policy.give_up_after_seconds - 1e-6
            )
        )

    def _hasten_refused(self, now: float) -> None:
        for queue in self.queues.values():
            for item in queue:
                if item.refused:
                    item.first = True
                    item.due = min(item.due, now)
