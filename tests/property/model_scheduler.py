"""The plain model's queues and counts: what `take` and `complete` must do."""

from __future__ import annotations

from consumer.model import (
    DELIVERED,
    End,
    Item,
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

OFTEN = 4  # calls that failed


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
        self.seals = 0
        self.was_often = False
        self.timed: list[
            tuple[ProfileId, str, int]
        ] = []  # what was delivered, and when

    def has_lease(self, now: float) -> bool:
        """True while an acknowledged commit proves membership."""
        return now < self.renewed_at + self.policy.membership_lease_seconds

    def offer(self, record: ModelRecord, mapped: Mapped, now: float) -> None:
        """Queue a record's items."""
        record.mapped, record.todo = mapped, len(mapped.items)
        for item in mapped.items:
            if self.is_stale(item):
                record.todo -= 1
                record.stale.add(item.profile)
                continue
            self.offers += 1
            hold = item.route.send_within_seconds if item.route.window else 0.0
            rank = now + hold - HEAD_START[item.route.priority]
            queued = ModelItem(record, item, self.offers, rank, held_until=now + hold)
            self.queues.setdefault(item.profile, []).append(queued)
        if not record.todo:
            self.finish(record, End.SKIPPED)

    def is_stale(self, item: Item) -> bool:
        """True when something later was delivered of each of its attributes."""
        return item.route.by_event_time and all(
            self.delivered_at(item.profile, name) > moment(item)
            for name in item.attributes
        )

    def delivered_at(self, profile: ProfileId, name: str) -> int:
        """The latest moment that was delivered of an attribute."""
        moments = [at for p, n, at in self.timed if (p, n) == (profile, name)]
        return max(moments, default=-1)

    def finish(self, record: ModelRecord, end: End) -> None:
        """Settle a record."""
        del record.partition.held[record.record.offset]
        self.counts.ends[end] += 1

    def ready(self, now: float) -> list[list[ModelItem]]:
        """What may be sent now, the best shard first: from the first open item of each."""
        best: list[tuple[tuple[float, int], list[ModelItem]]] = []
        for profile, queue in self.queues.items():
            items = [item for item in queue if item.is_open]
            waits = any(item.due > now for item in queue)
            keys = [item.key for item in items if item.held_until <= now]
            if keys and not waits and profile not in self.flights:
                best.append((min(keys), self.group(items)))
        return [group for _, group in sorted(best, key=lambda pair: pair[0])]

    def group(self, items: list[ModelItem]) -> list[ModelItem]:
        """What goes out in one call: a sealed half, or as much as the bounds allow."""
        bounds = self.policy.merge
        joined = items[:1]
        for item in items[1:]:
            if item.seal != joined[0].seal:
                break
            more = [*joined, item]
            characters = sum(len(n) + len(v) for n, v in self.union(more).items())
            fits = len(more) <= bounds.items and characters <= bounds.characters
            if not item.seal and not fits:
                break
            joined = more
        return joined

    def union(self, items: list[ModelItem]) -> dict[str, str]:
        """What is sent: of an attribute the last value, or the latest in time."""
        values: dict[str, str] = {}
        moments: dict[str, int] = {}
        for one in items:
            for name, value in one.item.attributes.items():
                if one.item.route.by_event_time:
                    known = self.delivered_at(one.item.profile, name)
                    if max(known, moments.get(name, -1)) > moment(one.item):
                        continue
                    moments[name] = moment(one.item)
                values[name] = value
        return values

    def expected(
        self, room: int, now: float, *, pressed: bool
    ) -> list[list[ModelItem]]:
        """What `take` must return; holding ends while a held bound presses."""
        endpoint = self.endpoint
        if not self.has_lease(now):
            return []
        if pressed:
            queued = [item for queue in self.queues.values() for item in queue]
            held = [item for item in queued if item.held_until > now]
            for item in sorted(held, key=lambda i: (i.held_until, i.order))[:room]:
                item.held_until = now
        ready = self.ready(now)
        if endpoint.is_flowing(now):
            return self.in_turn(ready, room)
        fresh, often = parted(ready)
        ready = [*fresh, *often]
        may_probe = endpoint.halted and endpoint.probe is None
        if not may_probe or now < max(endpoint.probe_at, endpoint.held_until):
            return []
        unasked = [g for g in ready if g[0].item.profile not in endpoint.asked]
        if room > 0 and ready and not unasked:
            endpoint.asked.clear()
        return (unasked or ready)[: min(room, 1)]

    def in_turn(self, ready: list[list[ModelItem]], room: int) -> list[list[ModelItem]]:
        """No two in a row of what failed four times, while there is anything else."""
        sent: list[list[ModelItem]] = []
        fresh, often = parted(ready)
        while len(sent) < room and (fresh or often):
            self.was_often = bool(often) and not (fresh and self.was_often)
            sent.append((often if self.was_often else fresh).pop(0))
        return sent

    def launch(self, items: list[ModelItem], work: Work) -> None:
        """Items are in flight, as one work."""
        for item in items:
            self.queues[work.profile].remove(item)
            item.held_until = 0.0
        self.flights[work.profile] = Flight(work, items)
        if work.probe:
            self.endpoint.probe = work
            self.endpoint.asked.add(work.profile)

    def complete(
        self, work: Work, outcome: Outcome, now: float
    ) -> list[tuple[ModelRecord, End]]:
        """An outcome arrives; return the records that end by it, and how."""
        flight = self.flights.pop(work.profile)
        alive = [item for item in flight.items if item.is_alive]
        if outcome is DELIVERED:
            if self.endpoint.deliver(work, now):
                self._hasten_refused(now)
            flight.items[-1].record.last_of_work = True
            return [
                *(end for item in alive for end in self._end(item)),
                *self._drop_stale(flight),
            ]
        queue = self.queues[work.profile]
        if outcome.kind is OutcomeKind.UNSENT:
            self.endpoint.unsent(work, now)
            queue[:0] = alive
            return []
        counts = self.endpoint.fail(work, outcome, now)
        for item in flight.items:
            item.unsure += outcome.status in {None, 500}
        if not flight.is_alive:
            queue[:0] = alive
            return []
        for item in alive:
            self._blame(item, outcome, now, counts=counts)
        if any(item.over for item in alive):
            if len(alive) == 1:
                alive[0].record.failed = True
                return self._end(alive[0])
            self._seal(alive)
        if outcome.kind is not OutcomeKind.REJECTED:
            endpoint = self.endpoint
            cap = endpoint.policy.retry_after_cap_seconds
            wait = min(outcome.wait_seconds or 0.0, cap)
            backoff = endpoint.backoff(max(item.attempts for item in alive))
            alive[0].due = now + (backoff + wait)
        queue[:0] = alive
        return []

    def revoke(self, partition: ModelPartition) -> int:
        """An epoch is over; return how many records were released."""
        partition.alive = False
        for profile, queue in self.queues.items():
            self.queues[profile] = [i for i in queue if i.record.partition.alive]
        released = len(partition.held)
        self.counts.released += released
        partition.held.clear()
        return released

    def _drop_stale(self, flight: Flight) -> list[tuple[ModelRecord, End]]:
        """What waits and has nothing left to say, after a delivery."""
        timed = [one.item for one in flight.items if one.item.route.by_event_time]
        self.timed += [(i.profile, n, moment(i)) for i in timed for n in i.attributes]
        queue = self.queues[flight.work.profile]
        stale = [item for item in queue if timed and self.is_stale(item.item)]
        self.queues[flight.work.profile] = [i for i in queue if i not in stale]
        ends = []
        for item in stale:
            item.record.stale.add(item.item.profile)
            ends += self._end(item)
        return ends

    def _seal(self, items: list[ModelItem]) -> None:
        """Cut into parts that nothing joins: behind what may be applied, or in halves."""
        first = [n for n, item in enumerate(items) if item.unsure > items[-1].unsure]
        size = first[-1] + 1 if first else (len(items) + 1) // 2
        for place, item in enumerate(items):
            self.seals += place in {0, size}
            item.seal = self.seals

    def _end(self, item: ModelItem) -> list[tuple[ModelRecord, End]]:
        record = item.record
        record.todo -= 1
        if record.todo:
            return []
        if record.failed:
            record.letter_owed = True
            return [(record, End.DEAD_LETTERED)]
        end = End.DELIVERED if record.last_of_work else End.MERGED
        if record.mapped and record.stale == record.profiles:
            end = End.SKIPPED
        self.finish(record, end)
        return [(record, end)]

    def _blame(
        self, item: ModelItem, outcome: Outcome, now: float, *, counts: bool
    ) -> None:
        policy = self.endpoint.policy
        is_rejected = outcome.kind is OutcomeKind.REJECTED
        item.attempts += 1
        item.refused = outcome.kind is OutcomeKind.SUSPECT
        if counts and not is_rejected:
            item.refusals += item.refused
            item.retries += not item.refused
            if item.attempts > 1:
                elapsed = now - item.last_failure
                unwell = self.endpoint.unwell_between(item.last_failure, now)
                item.counted += elapsed - unwell
        item.last_failure = now
        item.over = (
            is_rejected
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


def moment(item: Item) -> int:
    """When its action happened."""
    assert item.occurred_at_ms is not None
    return item.occurred_at_ms


def parted(
    ready: list[list[ModelItem]],
) -> tuple[list[list[ModelItem]], list[list[ModelItem]]]:
    """Part what failed four times from all others.

    Of that the least often is first, then what was ready first: the item that failed,
    not one behind it that is of a higher class.
    """
    fresh = [group for group in ready if group[0].attempts < OFTEN]
    often = [group for group in ready if group[0].attempts >= OFTEN]
    return fresh, sorted(often, key=lambda group: (group[0].attempts, group[0].key))
