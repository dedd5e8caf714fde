"""A plain model of the scheduler: lists, scans and sums, nothing clever.

It is written from the promises, not from the code, so that the two can disagree.
Jitter is fixed (`random` answers 0.5), so every wait is known.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from consumer.model import (
    End,
    Item,
    Mapped,
    Outcome,
    OutcomeKind,
    Priority,
    ProfileId,
    Record,
    TopicPartition,
    Work,
)
from consumer.schedule.policy import SchedulePolicy

RANDOM = 0.5
HEAD_START = {Priority.HIGH: 60.0, Priority.NORMAL: 0.0, Priority.LOW: -60.0}


@dataclass(eq=False)
class ModelItem:
    """One item and what happened to it."""

    record: ModelRecord
    item: Item
    order: int
    rank: float
    first: bool = False
    due: float = 0.0
    attempts: int = 0
    refused: bool = False
    refusals: int = 0
    retries: int = 0
    counted: float = 0.0
    last_failure: float = 0.0
    over: bool = False
    unsure: int = 0
    seal: int = 0
    held_until: float = 0.0

    @property
    def is_open(self) -> bool:
        """True when its partition may be served."""
        return self.record.partition.is_open

    @property
    def is_alive(self) -> bool:
        """False when its epoch is over."""
        return self.record.partition.alive

    @property
    def key(self) -> tuple[float, int]:
        """Its place in the order."""
        return (float("-inf") if self.first else self.rank, self.order)


@dataclass(eq=False)
class ModelRecord:
    """One admitted record."""

    record: Record
    partition: ModelPartition
    mapped: Mapped | None = None
    todo: int = 0
    stale: set[ProfileId] = field(default_factory=set)
    failed: bool = False
    last_of_work: bool = False
    letter_owed: bool = False

    @property
    def profiles(self) -> set[ProfileId]:
        """Whom it is about, as far as it was mapped."""
        return {item.profile for item in self.mapped.items} if self.mapped else set()


@dataclass(eq=False)
class ModelPartition:
    """One epoch of one partition."""

    name: TopicPartition
    epoch: int
    start: int
    assigned_at: float
    highest: int
    carried: set[int] = field(default_factory=set)
    admitted: dict[int, ModelRecord] = field(default_factory=dict)
    held: dict[int, ModelRecord] = field(default_factory=dict)
    offered: int = 0
    confirmed: bool = False
    fenced: bool = False
    stopped: bool = False
    alive: bool = True
    committable_seen: int = 0
    acknowledged: tuple[int, str] | None = None

    @property
    def marked(self) -> set[int]:
        """The offsets that a map may call done, by the rule's own words."""
        found = set(self.carried)
        unmarked: list[ModelRecord] = []
        for offset, record in sorted(self.admitted.items()):
            written = record.profiles - record.stale
            kept = any(written & earlier.profiles for earlier in unmarked)
            if offset in self.held or kept:
                unmarked.append(record)
            else:
                found.add(offset)
        unknown = [o for o, r in self.held.items() if r.letter_owed and not r.mapped]
        end = min(unknown, default=self.highest + 10**9)
        return {offset for offset in found if self.committable <= offset < end}

    @property
    def is_open(self) -> bool:
        """True when its items may be taken."""
        return self.alive and self.confirmed and not self.fenced and not self.stopped

    @property
    def next_to_decode(self) -> ModelRecord | None:
        """The first record that was not decoded yet."""
        waiting = [offset for offset in self.held if offset >= self.offered]
        return self.held[min(waiting)] if waiting else None

    @property
    def committable(self) -> int:
        """The lowest incomplete, or one past the highest seen."""
        return min(self.held, default=self.highest)


@dataclass(eq=False)
class Flight:
    """One work on the wire."""

    work: Work
    items: list[ModelItem]

    @property
    def is_open(self) -> bool:
        """True when all that it carries may be served."""
        return all(item.is_open for item in self.items)

    @property
    def is_alive(self) -> bool:
        """False when the epoch of anything that it carries is over."""
        return all(item.is_alive for item in self.items)


class EndpointModel:
    """Whose fault it is, by looking through everything that was ever answered."""

    def __init__(self, policy: SchedulePolicy) -> None:
        self.policy = policy.retry
        self.answers: list[tuple[float, ProfileId, bool]] = []
        self.suspects: set[ProfileId] = set()  # since the last delivery
        self.halted = False
        self.asked: set[ProfileId] = set()
        self.probe: Work | None = None
        self.probe_at = 0.0
        self.probes = 0
        self.held_until = self.doubted_at = float("-inf")
        self.unwell: list[list[float]] = []  # [from, to]; to is inf while halted

    def backoff(self, failures: int) -> float:
        """The wait after so many failures."""
        ceiling = self.policy.base_seconds * 2.0 ** (failures - 1)
        return RANDOM * min(self.policy.cap_seconds, ceiling)

    def is_flowing(self, now: float) -> bool:
        """Neither halted nor held."""
        return not self.halted and now >= self.held_until

    def accepts_others(self, profile: ProfileId, now: float) -> bool:
        """Nine in ten of the others' latest answers, at least one."""
        latest = {p: ok for at, p, ok in self.answers[-1000:] if at >= now - 300}
        others = [ok for p, ok in latest.items() if p != profile]
        return bool(others) and sum(others) >= 0.9 * len(others)

    def is_proven(self, profile: ProfileId) -> bool:
        """Somebody else was accepted since the last hold began."""
        others = [at for at, p, ok in self.answers if ok and p != profile]
        return max(others, default=float("-inf")) >= self.doubted_at

    def unwell_between(self, start: float, end: float) -> float:
        """Seconds of [start, end] in which it was halted or held."""
        cuts = sorted({start, end, *(t for span in self.unwell for t in span)})
        return sum(
            b - a
            for a, b in itertools.pairwise(cuts)
            if a >= start
            and b <= end
            and any(f <= a and b <= t for f, t in self.unwell)
        )

    def deliver(self, work: Work, now: float) -> bool:
        """Note a delivery; tell whether it ended a halt."""
        self.answers.append((now, work.profile, True))
        self.suspects.clear()
        ended, self.halted = self.halted, False
        if ended:
            self.unwell[-1][1] = now
        return ended

    def unsent(self, work: Work, now: float) -> None:
        """Note that a work was not sent."""
        if self.halted and self.probe is work:
            self.probe, self.probe_at = None, now
            self.asked.discard(work.profile)

    def fail(self, work: Work, outcome: Outcome, now: float) -> bool:
        """Note a failure; tell whether it counts against the item."""
        counts = (
            not work.probe
            and outcome.status != 429
            and self.accepts_others(work.profile, now)
            and self.is_proven(work.profile)
        )
        rejected = outcome.kind is OutcomeKind.REJECTED
        self.answers.append((now, work.profile, rejected))
        if self.halted and self.probe is work:
            self.probes += 1
            self.probe, self.probe_at = None, now + self.backoff(self.probes)
        wait = min(outcome.wait_seconds or 0.0, self.policy.retry_after_cap_seconds)
        if outcome.status == 429:
            self._hold(now, wait)
        elif outcome.kind is OutcomeKind.SUSPECT:
            self._suspect(work, outcome, now, wait)
        return counts

    def _suspect(self, work: Work, outcome: Outcome, now: float, wait: float) -> None:
        if self.halted:
            self.asked.add(work.profile)
        others = self.suspects - {work.profile}
        self.suspects.add(work.profile)
        if others and outcome.status == 503:
            self._hold(now, wait)
        elif others and not self.halted:
            self.halted, self.probe, self.probes = True, None, 1
            self.asked = set(self.suspects)
            self.probe_at = now + self.backoff(1)
            self.unwell.append([now, float("inf")])

    def _hold(self, now: float, wait: float) -> None:
        if wait > 0 and now + wait > self.held_until:
            self.held_until = now + wait
            self.doubted_at = now
            self.unwell.insert(0, [now, now + wait])


@dataclass
class Counts:
    """Promise 8, summed as records go."""

    consumed: int = 0
    released: int = 0
    ends: dict[End, int] = field(default_factory=lambda: dict.fromkeys(End, 0))
