"""What is sent next, and what an outcome does to the items that were sent.

Rules:
    - Room and ready work mean that something is sent (promise 6).
    - A retry needs a token of the endpoint's budget, a probe none. It waits for what
      the target's `Retry-After` says and for its backoff after that. Where tokens are
      short, what failed least often goes first: else a few profiles that always fail,
      being the oldest, would take them all.
    - Of two calls in a row at most one is of an item that has failed often, as long as
      anything else can be sent; of several such the one that failed least goes first.
      Probes ask these last. Else a few profiles that always fail, being the oldest,
      would be all that is sent where few calls are allowed.
    - UNSENT puts a work back as it was: no attempt, no failure, no token.
    - A work of several items is never given up as one. What would give it up halves it,
      in order, until the culprit stands alone: about 2 log2 n calls. A half that was
      only rejected waits for nothing and needs no token.
    - A work that carries an item of an ended epoch: delivered completes the others; any
      other outcome puts them back as if not sent. What it says of the endpoint counts.
    - What would be given up while the guard of its mapping is open is kept: it stays at
      the head of its shard. Only a trial is given up then; it is sent alone, and before
      all others, though its partition is held; but only once it is the first of its
      partition in its shard.

Theory of operation:
    `take` follows hints from the endpoint's `Ready` to the shards until the room is
    used; `merging` says what goes out with the first item of a shard. Attempts and
    troubles belong to items, so that an item which joined late has its own.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import msgspec

from consumer.model import Failure, Outcome, OutcomeKind, Part, Stage, Work
from consumer.schedule.endpoint import Endpoint, Halt, is_suspect
from consumer.schedule.entry import Entry, Trouble
from consumer.schedule.event_time import EventTime
from consumer.schedule.merging import Gathered, gather, halves
from consumer.schedule.offsets import GivenUp
from consumer.schedule.policy import MergePolicy, SchedulePolicy
from consumer.schedule.ready import OFTEN
from consumer.schedule.shards import Shards

__all__ = ["Dispatch", "Ended"]

ALONE = MergePolicy(items=1)
Lead: TypeAlias = tuple[Entry, Entry]  # a hint, and the item to which it leads


class Ended(msgspec.Struct, frozen=True):
    """An item that has its final outcome.

    Attributes:
        entry: The item.
        given_up: Why it was given up; None when it was not.
        is_last: True when it was delivered as the last of its work.
        is_stale: True when it was dropped: something later was delivered.
    """

    entry: Entry
    given_up: GivenUp | None = None
    is_last: bool = False
    is_stale: bool = False


class Dispatch:
    """Takes works out of the shards and their outcomes back. Owned by the scheduler."""

    def __init__(
        self,
        policy: SchedulePolicy,
        random: Callable[[], float],
        keeps: Callable[[Entry, str, float], bool],
    ) -> None:
        """Start with nothing queued.

        Args:
            policy: The bounds and rules.
            random: A number in [0, 1), for the jitter of waits.
            keeps: Tells whether an item is kept that would be given up, for a reason
                and at a time.
        """
        self.endpoint = Endpoint(policy, random)
        self.shards = Shards(self.endpoint.ready)
        self._keeps = keeps
        self._trials: list[Entry] = []
        self._was_often = False  # the last call was of what has failed often
        self._policy = policy.retry
        self._merge = policy.merge
        self.event_time = EventTime(policy.event_time_profiles)

    def take(self, room: int, now: float) -> list[Work]:
        """Return at most `room` works; they are in flight from now on."""
        shards, endpoint = self.shards, self.endpoint
        shards.wake(now)
        if not endpoint.is_flowing(now):
            halt = endpoint.probe_due(now)
            return self._probe(halt, now) if halt is not None and room > 0 else []
        if endpoint.starved:
            self._feed(endpoint.budget.available(now))
        if endpoint.limit is not None:
            room = min(room, endpoint.limit.room(len(shards.flying), now))
        works = self._tried(room, now) if self._trials else []
        self._fill(works, room, now)
        return works

    def _fill(self, works: list[Work], room: int, now: float) -> None:
        """Add to the works what hints lead to, until there are `room` of them."""
        while len(works) < room and (found := self._next()) is not None:
            self._follow(*found, works, now)

    def _next(self) -> Lead | None:
        """Return the next hint: of two in a row at most one to what failed often."""
        if self._was_often:
            return self._next_fresh() or self._next_often()
        return self._next_often() or self._next_fresh()

    def _next_fresh(self) -> Lead | None:
        ready = self.endpoint.ready
        while (hint := ready.pop()) is not None:
            entry = self.shards.candidate(hint)
            if entry is None:
                continue
            if entry.attempts < OFTEN:
                return hint, entry
            ready.put_apart(hint, entry)
        return None

    def _next_often(self) -> Lead | None:
        while (hint := self.endpoint.ready.pop_often()) is not None:
            entry = self.shards.candidate(hint)
            if entry is not None:
                return hint, entry
        return None

    def _follow(self, hint: Entry, entry: Entry, works: list[Work], now: float) -> None:
        """Send what a hint led to, if there may be one more retry."""
        gathered = self._gather(entry)
        if self._may_go(gathered, now):
            self._was_often = entry.attempts >= OFTEN
            works.append(self._launch(gathered, now))
            self.endpoint.note_call(now)
        if hint.waiting and hint is not entry:
            self.shards.claim(hint)

    def complete(self, work: Work, outcome: Outcome, now: float) -> list[Ended]:
        """Bring a work's outcome home; a second one for the same work is ignored."""
        shard = self.shards.flying.pop(work, None)
        if shard is None:
            return []
        entries, shard.flying = shard.flying, ()
        self.endpoint.note_answer(work, outcome, shard.sent_at, now)
        if outcome.kind is OutcomeKind.DELIVERED:
            ended = self._delivered(work, entries, now)
        elif outcome.kind is OutcomeKind.UNSENT:
            self.endpoint.note_unsent(work, now)
            ended = self._unsent(entries)
        else:
            ended = self._failed(work, entries, outcome, now)
        self.shards.free(shard)
        return ended

    def try_out(self, entries: Iterable[Entry]) -> None:
        """Send these though their partition is held, each once its shard is free."""
        self._trials = [e for e in self._trials if e.ticket.is_trial]
        self._trials.extend(entries)

    def next_due(self, now: float) -> float | None:
        """Return when the next wait ends, if later than `now`; None when none does."""
        dues = (
            self.shards.next_wake(),
            self.endpoint.next_due(len(self.shards.flying), now),
        )
        return min((due for due in dues if due is not None and due > now), default=None)

    def _gather(self, first: Entry) -> Gathered:
        return gather(first.shard, first, self._merge, self.event_time)

    def _alone(self, entry: Entry) -> Gathered:
        return gather(entry.shard, entry, ALONE, self.event_time)

    def _launch(self, gathered: Gathered, now: float, *, probe: bool = False) -> Work:
        entries = gathered.entries
        first = entries[0]
        if len(entries) > 1:
            attempts = max(entry.attempts for entry in entries)
            parts = tuple([Part(one.ticket.record, one.item) for one in entries])
        else:  # most calls of a quiet hour
            attempts, parts = first.attempts, (Part(first.ticket.record, first.item),)
        work = Work(
            first.item.profile,
            gathered.attributes,
            parts,
            attempts + 1,
            first.ready_at,
            probe,
            is_retry(entries),
        )
        self.shards.launch(entries, work)
        first.shard.sent_at = now
        return work

    def _tried(self, room: int, now: float) -> list[Work]:
        """Launch the items of trials that can go."""
        works: list[Work] = []
        for entry in self._ready_trials():
            if len(works) == room:
                break
            alone = self._alone(entry)
            if self._may_go(alone, now):
                works.append(self._launch(alone, now))
                self.endpoint.note_call(now)
        return works

    def _ready_trials(self) -> Iterator[Entry]:
        """Yield the items of trials that nothing keeps; forget those that are over."""
        self._trials = [e for e in self._trials if e.ticket.is_trial]
        for entry in self._trials:
            shard = entry.shard
            is_free = not shard.flying and shard.held_by is None
            # One whose partition is open goes the way of all others.
            if not (entry.waiting and is_free and entry.ticket.partition.is_trying):
                continue
            if shard.is_first(entry):
                yield entry

    def _may_go(self, gathered: Gathered, now: float) -> bool:
        if not is_retry(gathered.entries) or self.endpoint.budget.spend(now):
            return True
        entry = gathered.entries[0]
        entry.shard.held_by = entry
        hint = (entry.attempts, entry.rank, entry.sequence, entry)
        heapq.heappush(self.endpoint.starved, hint)
        return False

    def _feed(self, tokens: int) -> None:
        starved = self.endpoint.starved
        for _ in range(min(tokens, len(starved))):
            self.shards.release(heapq.heappop(starved)[-1])

    def _probe(self, halt: Halt, now: float) -> list[Work]:
        self._feed(len(self.endpoint.starved))  # a probe needs no token
        found = self._unasked(halt)
        if found is None and halt.asked:  # all were asked: the next round begins
            asked, halt.asked = halt.asked, set()
            self._rejoin(halt.aside)
            found = self._unasked(halt)
            if found is None:  # what stood aside was dropped, or cannot go now
                halt.asked = asked
        if found is None:
            return []
        work = self._launch(found, now, probe=True)
        halt.probe = work
        halt.asked.add(work.profile)
        return [work]

    def _unasked(self, halt: Halt) -> Gathered | None:
        """Return a call for a profile that was not asked: trials last.

        What failed often is last but for them, so a profile that is always refused
        keeps no trial from being the probe that is delivered.
        """
        for following in (self._next_fresh, self._next_often):
            while (found := following()) is not None:
                hint, entry = found
                if entry.shard.profile in halt.asked:
                    halt.aside.append(hint)
                    continue
                if entry is not hint:
                    self.shards.claim(hint)
                return self._gather(entry)
        for trial in self._ready_trials():
            if trial.shard.profile not in halt.asked:
                return self._alone(trial)
        return None

    def _rejoin(self, hints: list[Entry]) -> None:
        for hint in hints:
            self.endpoint.ready.put_back(hint)
        hints.clear()

    def _delivered(
        self, work: Work, entries: tuple[Entry, ...], now: float
    ) -> list[Ended]:
        halt = self.endpoint.note_delivery(work, now)
        if halt is not None:
            self._feed(len(self.endpoint.starved))
            self._rejoin(halt.aside)
            self.shards.hasten_refused(now)
        last = entries[-1]
        ended, is_timed = [], False
        for entry in entries:
            ended.append(Ended(entry, None, entry is last))
            if entry.item.route.by_event_time:
                is_timed = True
                self.event_time.note(entry.ticket.record, entry.item)
        if is_timed:
            is_stale = self.event_time.is_stale
            stale = self.shards.remove(
                last.shard, lambda one: is_stale(one.ticket.record, one.item)
            )
            ended += [Ended(entry, is_stale=True) for entry in stale]
        return ended

    def _unsent(self, entries: tuple[Entry, ...]) -> list[Ended]:
        alive = [entry for entry in entries if entry.ticket.partition.alive]
        self.shards.put_back(alive)
        for entry in alive:
            self.endpoint.ready.put_back(entry)
        return []

    def _failed(
        self, work: Work, entries: tuple[Entry, ...], outcome: Outcome, now: float
    ) -> list[Ended]:
        sent_at = entries[0].shard.sent_at
        counts = self.endpoint.note_failure(work, outcome, sent_at, now)
        is_rejected = outcome.kind is OutcomeKind.REJECTED
        if outcome.is_unsure:
            for entry in entries:
                entry.unsure += 1
        if not all(entry.ticket.partition.alive for entry in entries):
            return self._unsent(entries)
        troubles = [self._blame(one, outcome, now, counts=counts) for one in entries]
        if is_rejected or any(map(self._is_over, troubles)):
            if len(entries) == 1:
                return self._culprit(entries[0], troubles[0], outcome, now)
            for half in halves(entries):
                self.shards.seal(half)
        self.shards.put_back(entries)
        if is_rejected:
            self.endpoint.ready.put_back(entries[0])
        else:
            # Not the longer of the two: were it due just when the hold that its answer
            # brought is over, it would go first again, and a profile that is always
            # answered so would keep all others from being sent where one call at once
            # is allowed.
            wait = self.endpoint.backoff(max(e.attempts for e in entries))
            wait += self.endpoint.wait_seconds(outcome)
            self.shards.hold(entries[0], now + wait)
        return []

    def _culprit(
        self, entry: Entry, trouble: Trouble, outcome: Outcome, now: float
    ) -> list[Ended]:
        """Give an item up, or keep it at the head of its shard."""
        if not self._keeps(entry, outcome.reason, now):
            return [Ended(entry, _given_up(entry, trouble, outcome))]
        self.shards.put_back((entry,))
        self.endpoint.ready.put_back(entry)
        return []

    def _blame(
        self, entry: Entry, outcome: Outcome, now: float, *, counts: bool
    ) -> Trouble:
        entry.attempts += 1
        unwell = self.endpoint.unwell_seconds(now)
        trouble = entry.trouble
        if trouble is None:
            trouble = entry.trouble = Trouble(now, now, unwell)
        is_rejected = outcome.kind is OutcomeKind.REJECTED
        entry.is_retry = not is_rejected
        trouble.refused = is_suspect(outcome)
        if counts and not is_rejected:
            trouble.refusals += trouble.refused
            trouble.retries += not trouble.refused
            elapsed = now - trouble.last_failure
            trouble.counted_seconds += elapsed - (unwell - trouble.unwell_mark)
        trouble.last_failure, trouble.unwell_mark = now, unwell
        return trouble

    def _is_over(self, trouble: Trouble) -> bool:
        policy = self._policy
        return trouble.refusals >= policy.max_refusals or (
            trouble.retries >= policy.max_attempts
            and trouble.counted_seconds >= policy.give_up_after_seconds
        )


def is_retry(entries: tuple[Entry, ...]) -> bool:
    """Tell whether any of these failed before: sending them takes a token."""
    if len(entries) == 1:
        return entries[0].is_retry
    return any(entry.is_retry for entry in entries)


def _given_up(entry: Entry, trouble: Trouble, outcome: Outcome) -> GivenUp:
    mappings = entry.item.route.mappings
    return GivenUp(
        Failure(Stage.DELIVER, outcome.reason, outcome.message, mappings),
        entry.attempts,
        trouble.first_failure,
        trouble.last_failure,
    )
