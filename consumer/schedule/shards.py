"""The queues: one per profile, with at most one call in flight.

Rules:
    - Items of one partition leave a shard in offset order. A closed partition's items
      (fenced, stopped, its lease not confirmed) are passed by those of others, between
      which no order is promised.
    - A shard is *busy* while a work of it is in flight, also one whose partition is
      gone, and while its next item waits for a retry. A busy shard gives nothing.
    - An item that is held in order to merge stands in its shard all the while, so it
      goes out with an older or newer one that is ready.
    - What failed returns to the head of its shard: newer items wait behind it.
    - **Progress.** Each waiting item of an open partition is hinted at in `Ready`; or
      it is held and its hold will end; or its shard is busy and will be freed by an
      outcome, a timer or the retry budget;
      or an older item of the same shard is hinted at, and freeing the shard passes the
      hint on. (Parallel Consumer #547 and #606 stood still because counters kept beside
      the queues said that there was nothing to do; here are no such counters.)

Theory of operation:
    A hint that meets a busy shard is kept with the shard as a claim. Freeing the shard
    puts its oldest claim back into `Ready`, at its old rank, so a hot profile neither
    loses its place nor keeps others from theirs. A hint that is met while its item is in
    flight is thrown away; if the item comes back, it claims its shard anew.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence

from consumer.model import Item, ProfileId, Work
from consumer.schedule.entry import Entry, Shard
from consumer.schedule.offsets import Partition, Ticket
from consumer.schedule.ready import FIRST, HEAD_START_SECONDS, OFTEN, Ready

__all__ = ["Shards"]


class Shards:
    """All shards, their timers, and what is in flight. Owned by the scheduler."""

    def __init__(self, ready: Ready) -> None:
        self.by_profile: dict[ProfileId, Shard] = {}
        self.flying: dict[Work, Shard] = {}
        self._ready = ready
        self._timers: list[tuple[float, int, Entry]] = []
        self._holds: list[tuple[float, int, Entry]] = []
        self._parked: dict[Partition, list[Entry]] = {}  # met their partition closed
        self._turn = ready.turn  # of hints and of seals

    def offer(self, ticket: Ticket, item: Item, now: float, ready_at: float) -> None:
        """Put an item into its shard; it is held until `ready_at`.

        That is at the end, or before what is later of its partition if its record was
        offered before.
        """
        shard = self.by_profile.get(item.profile)
        if shard is None:
            shard = self.by_profile[item.profile] = Shard(item.profile)
        priority = item.route.priority
        if ready_at <= now:
            rank = now - HEAD_START_SECONDS[priority]
            entry = Entry(item, ticket, shard, next(self._turn), now, rank)
            self._ready.offer(entry, priority)
        else:
            rank = ready_at - HEAD_START_SECONDS[priority]
            entry = Entry(item, ticket, shard, next(self._turn), ready_at, rank)
            entry.hinted, entry.is_held = False, True
            heapq.heappush(self._holds, (ready_at, entry.sequence, entry))
        if ticket.is_again:
            shard.entries.insert(_place(shard, ticket), entry)
        else:
            shard.entries.append(entry)

    def candidate(self, hint: Entry) -> Entry | None:
        """Return the item that a hint stands for: the first of its shard that may go.

        None when the hint is stale or cannot be followed now; it is then kept where
        the obstacle will find it.
        """
        shard = hint.shard
        hint.hinted = False
        if not hint.waiting:
            return None
        if not hint.ticket.partition.open:
            hint.hinted = True
            self._parked.setdefault(hint.ticket.partition, []).append(hint)
            self.free(shard)
            return None
        if shard.flying or shard.held_by is not None:
            self.claim(hint)
            return None
        return shard.first_open()

    def launch(self, entries: tuple[Entry, ...], work: Work) -> None:
        """Take items out of their shard: they are in flight as `work`."""
        shard = entries[0].shard
        queue, passes_by = shard.entries, False
        for entry in entries:
            entry.waiting = entry.is_held = False
            if queue[0] is entry:
                queue.popleft()
            else:  # one of a closed partition stands before it
                passes_by = True
        if passes_by:
            shard.entries = deque([entry for entry in queue if entry.waiting])
        shard.flying = entries
        self.flying[work] = shard

    def claim(self, hint: Entry) -> None:
        """Keep a hint with its shard until the shard is free."""
        self._ready.claim(hint)

    def free(self, shard: Shard) -> None:
        """Pass the hint on if the shard is free; forget the shard if it is empty."""
        if shard.flying or shard.held_by is not None:
            return
        if not shard.entries:
            del self.by_profile[shard.profile]
            return
        while shard.claims:
            hint = heapq.heappop(shard.claims)[-1]
            hint.hinted = False
            if hint.waiting:
                self._ready.put_back(hint)
                return
        first = shard.first_open()
        if first is not None and first.attempts >= OFTEN:
            # It was hinted at when it had not failed so often.
            self._ready.put_apart(first, first)

    def put_back(self, entries: Sequence[Entry]) -> None:
        """Put items that were in flight back at the head of their shard.

        Whoever calls sees to the first one; the others claim the shard, unless a hint
        of them is still kept.
        """
        for entry in reversed(entries):
            entry.waiting = True
            entry.shard.entries.appendleft(entry)
        for entry in entries[1:]:
            if not entry.hinted:
                self.claim(entry)

    def seal(self, entries: Iterable[Entry]) -> None:
        """Let nothing join these items any more but themselves."""
        seal = next(self._turn)
        for entry in entries:
            entry.seal = seal

    def remove(self, shard: Shard, ended: Callable[[Entry], bool]) -> list[Entry]:
        """Take those waiting items out of a shard that need not be sent any more."""
        gone = [entry for entry in shard.entries if ended(entry)]
        for entry in gone:
            entry.waiting = entry.is_held = False
        if gone:
            shard.entries = deque([one for one in shard.entries if one.waiting])
        return gone

    def hold(self, entry: Entry, until: float) -> None:
        """Let a shard wait for the retry of its first item."""
        entry.shard.held_by = entry
        entry.ready_at = until
        heapq.heappush(self._timers, (until, next(self._turn), entry))

    def release(self, entry: Entry) -> None:
        """End the wait of a shard for this item; nothing if it waits for no such."""
        if entry.shard.held_by is entry:
            entry.shard.held_by = None
            self._ready.put_back(entry)
            self.free(entry.shard)  # an item behind it may be of a higher class

    def wake(self, now: float) -> None:
        """End the waits and the holds that are over."""
        timers = self._timers
        while timers and timers[0][0] <= now:
            self.release(heapq.heappop(timers)[-1])
        holds = self._holds
        while holds and holds[0][0] <= now:
            self._end_hold()

    @property
    def has_holds(self) -> bool:
        """True while an item may be held."""
        return bool(self._holds)

    def end_holds(self, count: int, now: float) -> None:
        """Make so many held items ready that have the least time left."""
        self.wake(now)
        while self._holds and count > 0:
            count -= self._end_hold()

    def _end_hold(self) -> bool:
        """End the next hold; False when its item went out with another one."""
        entry = heapq.heappop(self._holds)[-1]
        if not entry.is_held:
            return False
        entry.is_held = False
        self._ready.put_back(entry)
        return True

    def hasten_refused(self, now: float) -> None:
        """Let refused items go first, at once: their endpoint is well again.

        This looks through all that waits; it happens once for each halt that ends.
        """
        waiting = [e for s in self.by_profile.values() for e in s.entries]
        for entry in waiting:
            if entry.is_refused:
                entry.rank = FIRST
                entry.ready_at = min(entry.ready_at, now)
                if entry.shard.held_by is entry:
                    entry.shard.held_by = None
                self._ready.put_back(entry)
        self._timers = [t for t in self._timers if t[-1].shard.held_by is t[-1]]
        heapq.heapify(self._timers)

    def next_wake(self) -> float | None:
        """Return when the next wait or hold ends; None when there is none."""
        timers, holds = self._timers, self._holds
        while timers and timers[0][-1].shard.held_by is not timers[0][-1]:
            heapq.heappop(timers)  # its item was dropped
        while holds and not holds[0][-1].is_held:
            heapq.heappop(holds)  # it went out with another one
        return min((heap[0][0] for heap in (timers, holds) if heap), default=None)

    def unpark(self, partition: Partition) -> None:
        """Make the items ready again that met their partition closed."""
        for hint in self._parked.pop(partition, ()):
            self._ready.put_back(hint)

    def in_flight(self, partitions: Collection[Partition]) -> int:
        """Return how many works carry an item of one of these."""
        return sum(
            any(entry.ticket.partition in partitions for entry in shard.flying)
            for shard in self.flying.values()
        )

    def drop(self, partition: Partition) -> None:
        """Take all waiting items of a partition away; those in flight stay there."""
        touched: dict[Shard, None] = {}
        for ticket in partition.incomplete.values():
            for item in ticket.mapped.items if ticket.mapped else ():
                shard = self.by_profile.get(item.profile)
                if shard is not None:
                    touched[shard] = None
        for shard in touched:
            gone = [e for e in shard.entries if e.ticket.partition is partition]
            self._purge(shard, gone)
        self._parked.pop(partition, None)
        self._ready.drop_stale()
        self._holds = [hold for hold in self._holds if hold[-1].is_held]
        heapq.heapify(self._holds)

    def idle(self, tickets: Iterable[Ticket]) -> list[Ticket]:
        """Return those of which no item is in flight."""
        flying = {e.ticket for shard in self.flying.values() for e in shard.flying}
        return [ticket for ticket in tickets if ticket not in flying]

    def take_back(self, tickets: Collection[Ticket]) -> list[Item]:
        """Take the waiting items of records out of their shards; return them."""
        wanted = frozenset(tickets)
        touched: dict[Shard, None] = {}
        for profile in [p for ticket in tickets for p in ticket.profiles]:
            shard = self.by_profile.get(profile)
            if shard is not None:
                touched[shard] = None
        taken: list[Entry] = []
        for shard in touched:
            found = [entry for entry in shard.entries if entry.ticket in wanted]
            self._purge(shard, found)
            taken += found
        self._ready.drop_stale()
        return [entry.item for entry in taken]

    def failing(self) -> tuple[int, set[Partition]]:
        """Return of how many profiles something fails, and whose partitions wait for it.

        Of none while anything else could be sent. This looks through all shards.
        """
        count, partitions = 0, set[Partition]()
        for shard in self.by_profile.values():
            entries = [*shard.flying, *shard.entries]
            waiting = [e for e in entries if e.ticket.may_send and not e.is_held]
            first = shard.flying[0] if shard.flying else next(iter(waiting), None)
            if first is None:
                continue
            if first.trouble is None:  # its answer may come, or it is next
                return 0, set()
            count += 1
            partitions.update(entry.ticket.partition for entry in waiting)
        return count, partitions

    def leads(self, ticket: Ticket) -> bool:
        """Tell whether nothing of its partition is before any item of a record."""
        partition, offset = ticket.partition, ticket.record.offset
        for profile in ticket.profiles:
            shard = self.by_profile.get(profile)
            if shard is None:  # delivered already
                continue
            for entry in itertools.chain(shard.flying, shard.entries):
                other = entry.ticket
                if other.partition is partition:
                    if other.record.offset < offset:
                        return False
                    break
        return True

    def entries_of(self, ticket: Ticket) -> list[Entry]:
        """Return the items of a record that wait, or are in flight and may come back."""
        shards = [self.by_profile.get(profile) for profile in ticket.profiles]
        found = [e for s in shards if s for e in (*s.flying, *s.entries)]
        return [entry for entry in found if entry.ticket is ticket]

    def _purge(self, shard: Shard, entries: list[Entry]) -> None:
        """Take waiting items out of a shard."""
        for entry in entries:
            entry.waiting = entry.is_held = False
        shard.entries = deque([entry for entry in shard.entries if entry.waiting])
        if shard.held_by is not None and not shard.held_by.waiting:
            shard.held_by = None
        self.free(shard)


def _place(shard: Shard, ticket: Ticket) -> int:
    """Return where an item goes: before the later ones of its partition."""
    offset = ticket.record.offset
    for place, entry in enumerate(shard.entries):
        other = entry.ticket
        if other.partition is ticket.partition and other.record.offset > offset:
            return place
    return len(shard.entries)
