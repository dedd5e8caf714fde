"""A scheduler under a steady load, for `schedule` and for the tests that count steps.

So many profiles always wait. In each round as many records are offered as are taken, and
as many works are answered as there are; the answers come in an order that a seed draws,
as a target gives them, so that offsets are completed out of order.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from consumer.model import (
    DELIVERED,
    Commit,
    IdKind,
    Item,
    Mapped,
    ProfileId,
    Record,
    Route,
    TopicPartition,
    Work,
)
from consumer.schedule.policy import MergePolicy, SchedulePolicy
from consumer.schedule.scheduler import Scheduler

__all__ = ["PER_ROUND", "Case", "Load"]

PER_ROUND = 100  # records; each round ends by asking for what is committable
IN_FLIGHT = 256
ROUTE = Route(mappings=("bench",))
ATTRIBUTES = {f"loanAttribute{number}": f"value-{number}" for number in range(7)}

Pair = tuple[Record, Mapped]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the scheduler is given.

    Attributes:
        partitions: How many are assigned; a profile's records come from one of them.
        profiles: How many wait.
        items: How many records each of them has waiting; they go out as one work.
        merges: True with the default bounds of merging, False with merging off.
    """

    partitions: int = 12
    profiles: int = 1_000
    items: int = 1
    merges: bool = True

    def __post_init__(self) -> None:
        """Refuse what would not be a steady load.

        Raises:
            ValueError: A round is no whole number of profiles, or several items are to
                go out as one although merging is off.
        """
        if PER_ROUND % self.items:
            raise ValueError(f"items divides {PER_ROUND}: {self.items} does not")
        if self.items > 1 and not self.merges:
            raise ValueError("several items are one work only if merging is on")

    def with_profiles(self, profiles: int) -> Case:
        """Return the same case with so many profiles waiting."""
        return replace(self, profiles=profiles)


class Load:
    """One scheduler, and what is on its way to it and back. Owned by who measures.

    Attributes:
        scheduler: It.
    """

    def __init__(self, case: Case) -> None:
        """Let as many profiles wait as the case says, and as many works fly as can."""
        held = 4 * (case.profiles + IN_FLIGHT) * case.items + 100 * case.partitions
        merge = MergePolicy() if case.merges else MergePolicy(items=1)
        policy = SchedulePolicy(
            held_records=held, held_bytes=2**40, max_in_flight=IN_FLIGHT, merge=merge
        )
        self._chance = random.Random(1)  # noqa: S311 - jitter and the order of answers
        self.scheduler = Scheduler(policy, self._chance.random)
        self._case = case
        self._sources = [TopicPartition("bench", n) for n in range(case.partitions)]
        self._offsets = [0] * case.partitions
        self._known = 0
        self._flying: list[Work] = []
        for source in self._sources:
            self.scheduler.assign(source, 1, 0, "", 0.0)
        self.acknowledge(self.scheduler.committable(0.0))
        while self._known < case.profiles + IN_FLIGHT:
            self.offer(self.pairs())
        self._flying += self.take(IN_FLIGHT)

    def pairs(self) -> list[Pair]:
        """Make the records of one round: new profiles, their records in turns."""
        new = PER_ROUND // self._case.items
        first, self._known = self._known, self._known + new
        return [self._pair(first + number % new) for number in range(PER_ROUND)]

    def offer(self, pairs: list[Pair]) -> None:
        """Admit records, and offer what they became, as the intake does."""
        scheduler = self.scheduler
        for record, _ in pairs:
            scheduler.admit(record, 1.0)
        for record, mapped in pairs:
            scheduler.offer(record, mapped, 1.0, 1)

    def take(self, count: int) -> list[Work]:
        """Take so many works, one at a time, as calls that end do."""
        take, works = self.scheduler.take, []
        for _ in range(count):
            works += take(1, 1.0)
        assert len(works) == count, "the load is not steady"
        return works

    def takes(self) -> int:
        """Return how many works a round takes: as many as it brings."""
        return PER_ROUND // self._case.items

    def answered(self, taken: list[Work]) -> list[Work]:
        """Return as many works as were taken, of those in flight, as drawn."""
        flying = self._flying
        flying += taken
        self._chance.shuffle(flying)
        self._flying, ended = flying[len(taken) :], flying[: len(taken)]
        return ended

    def complete(self, works: list[Work]) -> int:
        """Have works delivered; return how many records were settled by that."""
        complete = self.scheduler.complete
        ended = 0
        for work in works:
            ended += len(complete(work, DELIVERED, 1.0))
        return ended

    def acknowledge(self, commits: dict[TopicPartition, Commit]) -> None:
        """Have a commit confirmed."""
        self.scheduler.committed(commits, {}, 1.0)

    def round(self) -> int:
        """Do all of one round; return how many records were settled."""
        self.offer(self.pairs())
        ended = self.complete(self.answered(self.take(self.takes())))
        self.acknowledge(self.scheduler.committable(1.0))
        return ended

    def _pair(self, number: int) -> Pair:
        place = number % self._case.partitions
        offset = self._offsets[place]
        self._offsets[place] = offset + 1
        record = Record(self._sources[place], offset, 1, b"k", b"v", (), 1, 200)
        profile = ProfileId(IdKind.THIRD_PARTY_ID, f"P{number}")
        return record, Mapped((Item(profile, ATTRIBUTES, ROUTE),), None, ROUTE.mappings)
