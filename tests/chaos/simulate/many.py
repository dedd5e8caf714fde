"""Many histories, on all cores: what they found together."""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from tests.chaos.simulate.history import Found, run
from tests.chaos.simulate.mutants import MUTANTS
from tests.chaos.simulate.verdict import Breach

__all__ = ["Caught", "Summary", "caught", "quiet", "summary"]

CHUNK = 5


@dataclass(slots=True)
class Summary:
    """What many histories found.

    Attributes:
        seeds: How many there were.
        broken: The breaches of each seed that has any.
        seen: How often each state was reached.
        histories: In how many histories.
        records: Published in all.
        calls: Made in all.
        cpu_seconds: What it cost.
    """

    seeds: int = 0
    broken: dict[int, tuple[Breach, ...]] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    histories: Counter[str] = field(default_factory=Counter)
    records: int = 0
    calls: int = 0
    cpu_seconds: float = 0.0

    def add(self, other: Summary) -> None:
        """Take in what others found."""
        self.seeds += other.seeds
        self.broken.update(other.broken)
        self.seen.update(other.seen)
        self.histories.update(other.histories)
        self.records += other.records
        self.calls += other.calls
        self.cpu_seconds += other.cpu_seconds

    def note(self, found: Found) -> None:
        """Take in one history."""
        self.seeds += 1
        if found.breaches:
            self.broken[found.plan.seed] = found.breaches
        self.seen.update(found.seen)
        self.histories.update(found.seen.keys())
        self.records += len(found.plan.drafts)
        self.calls += found.calls


@dataclass(frozen=True, slots=True)
class Caught:
    """What became of one mutant.

    Attributes:
        mutant: Its name.
        seed: The first seed that found it; None when none did.
        breach: What that found first.
    """

    mutant: str
    seed: int | None
    breach: Breach | None


def quiet() -> None:
    """Let the product's log be: a history's time line is its own."""
    logging.disable(logging.CRITICAL)


def summary(seeds: Iterable[int], jobs: int) -> Iterator[Summary]:
    """Yield what is found, some histories at a time, in the order of the seeds."""
    wanted = list(seeds)
    chunks = [wanted[i : i + CHUNK] for i in range(0, len(wanted), CHUNK)]
    with pool(jobs) as workers:
        yield from workers.map(some, chunks)


def some(seeds: list[int]) -> Summary:
    """Let some histories happen (in a worker)."""
    found = Summary()
    began = time.process_time()
    for seed in seeds:
        found.note(run(seed))
    found.cpu_seconds = time.process_time() - began
    return found


def caught(names: Iterable[str], seeds: int, jobs: int) -> Iterator[Caught]:
    """Yield what becomes of each mutant: each lives in a process of its own."""
    with pool(jobs, max_tasks_per_child=1) as workers:
        yield from workers.map(hunted, [(name, seeds) for name in names])


def hunted(task: tuple[str, int]) -> Caught:
    """Put a mutant in force, for good, and look for it (in a worker)."""
    name, seeds = task
    MUTANTS[name].put_in_force()
    for seed in range(1, seeds + 1):
        found = run(seed)
        if found.breaches:
            return Caught(name, seed, found.breaches[0])
    return Caught(name, None, None)


def pool(jobs: int, max_tasks_per_child: int | None = None) -> ProcessPoolExecutor:
    """Return workers that know nothing of this process but its environment."""
    return ProcessPoolExecutor(
        max_workers=jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=quiet,
        max_tasks_per_child=max_tasks_per_child,
    )
