"""CPU per record of the scheduler core: `python -m tests.bench.schedule`.

Each case keeps so many profiles waiting and, for every 100 records, admits and offers
them, takes as many works, completes as many of the 256 in flight in a drawn order, and
asks for what is committable, as the pipeline does. The aims: what a record costs in all,
and how it grows with the profiles and with the partitions.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from consumer.model import Record, TopicPartition
from consumer.schedule.offsets import Partition
from tests.bench.aims import Aim, aim_rows, exit_code
from tests.bench.load import PER_ROUND, Case, Load
from tests.bench.report import markdown
from tests.bench.steps import steps

__all__ = ["CASES", "Cost", "aims_of", "cost_rows", "main", "measure", "measure_all"]

MOST_US = 12.0  # of CPU, for offer, take, complete and committable of one record
MOST_GROWTH = 1.5
MICROSECONDS = 1e6
ONE_BY_ONE = Case(merges=False)
ALONE = Case()
MERGED = Case(items=4)
KINDS = (ONE_BY_ONE, ALONE, MERGED)
PROFILES = (1_000, 10_000, 100_000)
PARTITIONS = (1, 12, 512)
CASES = (
    *(kind.with_profiles(profiles) for kind in KINDS for profiles in PROFILES),
    *(
        replace(kind, partitions=partitions, profiles=10_000)
        for kind in KINDS
        for partitions in PARTITIONS
        if partitions != kind.partitions
    ),
)
CALLS = 10_000
EVERY_RECORD = 20  # rounds in which it is asked after each record what is committable


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one record costs, in CPU microseconds.

    Attributes:
        offer: Its admission and its offer.
        take: Its share of the work that it goes out with.
        complete: Its share of that work's outcome, and being settled.
        committable: Its share of asking once for 100 records.
        asked_each: Asking after each record, for one.
        steps: Instructions of the interpreter for all that, as `steps` counts them.
    """

    offer: float
    take: float
    complete: float
    committable: float
    asked_each: float
    steps: float

    @property
    def total(self) -> float:
        """All that each record costs."""
        return self.offer + self.take + self.complete + self.committable


def name_of(case: Case) -> str:
    """Return what is merged in a case."""
    if not case.merges:
        return "off"
    return f"{case.items} in a call" if case.items > 1 else "on, alone"


def measure(case: Case, rounds: int) -> Cost:
    """Measure so many rounds of one case; the least of their tenths counts."""
    load = Load(case)
    gc.collect()
    gc.freeze()
    some = max(1, rounds // 10)
    parts = min((spent(load, some) for _ in range(rounds // some)), key=sum)
    asked = asked_each(load)
    counted = steps(load.round) / PER_ROUND
    gc.unfreeze()
    offer, take, complete, committable = parts
    return Cost(
        offer=offer,
        take=take,
        complete=complete,
        committable=committable,
        asked_each=asked,
        steps=counted,
    )


def spent(load: Load, rounds: int) -> list[float]:
    """Return what each part of a round costs, per record."""
    clock = time.process_time
    sums = [0.0, 0.0, 0.0, 0.0]
    for _ in range(rounds):
        pairs = load.pairs()
        times = [clock()]
        load.offer(pairs)
        times.append(clock())
        taken = load.take(load.takes())
        times.append(clock())
        works = load.answered(taken)
        drawn = clock() - times[-1]
        load.complete(works)
        times.append(clock() - drawn)
        commits = load.scheduler.committable(1.0)
        times.append(clock() - drawn)
        load.acknowledge(commits)
        for number, (began, ended) in enumerate(itertools.pairwise(times)):
            sums[number] += ended - began
    return [one / rounds / PER_ROUND * MICROSECONDS for one in sums]


def asked_each(load: Load) -> float:
    """Return what it costs to ask for what is committable after each work."""
    scheduler, spent, asked = load.scheduler, 0.0, 0
    for _ in range(EVERY_RECORD):
        load.offer(load.pairs())
        for work in load.answered(load.take(load.takes())):
            load.complete([work])
            began = time.process_time()
            commits = scheduler.committable(1.0)
            spent += time.process_time() - began
            asked += 1
            load.acknowledge(commits)
    return spent / asked * MICROSECONDS


def finding(settled: int) -> float:
    """Return CPU microseconds of finding the committable offset behind settled ones."""
    partition = Partition(TopicPartition("bench", 0), 1, 0, 0.0)
    records = (
        Record(partition.name, offset, 1, b"k", b"v", (), 1, 200)
        for offset in range(settled + 1)
    )
    tickets = [partition.admit(record) for record in records]
    for ticket in tickets[:-1]:
        assert ticket is not None
        partition.remove(ticket)
    assert partition.committable == settled
    began = time.process_time()
    for _ in range(CALLS):
        partition.committable  # noqa: B018 - what is measured
    return (time.process_time() - began) / CALLS * MICROSECONDS


def finding_aim() -> Aim:
    """Return how much dearer that is behind a hundred times as many: it must not be."""
    few, many = (min(finding(count) for _ in range(5)) for count in (1_000, 100_000))
    what = "the committable offset behind 100,000 settled ones, over 1,000"
    return Aim(what=what, found=many / few, bound=MOST_GROWTH)


def measure_all(rounds: int, repeats: int) -> tuple[dict[Case, Cost], list[Aim]]:
    """Measure the cases in turns; the least counts. Return the costs, and the aims."""
    found: dict[Case, list[Cost]] = {case: [] for case in CASES}
    for _ in range(repeats):
        for case in CASES:
            found[case].append(measure(case, rounds))
    costs = {case: min(some, key=total) for case, some in found.items()}
    return costs, [*aims_of(costs), finding_aim()]


def total(cost: Cost) -> float:
    """Return what a record costs in all."""
    return cost.total


def grown(case: Case, field: str, value: int) -> Case:
    """Return a case with another number of profiles or partitions."""
    if field == "profiles":
        return replace(case, profiles=value)
    return replace(case, profiles=10_000, partitions=value)


def aims_of(costs: Mapping[Case, Cost]) -> list[Aim]:
    """Return what a record may cost at most, and how that may grow."""
    dearest = max(costs, key=lambda case: costs[case].total)
    what = f"scheduling, us/record, {described(dearest)}"
    aims = [Aim(what=what, found=costs[dearest].total, bound=MOST_US)]
    for kind in KINDS:
        for field, values in (("profiles", PROFILES), ("partitions", PARTITIONS)):
            few, many = (costs[grown(kind, field, values[place])] for place in (0, -1))
            span = f"{values[0]:,} to {values[-1]:,} {field}, merging {name_of(kind)}"
            growth = many.total / few.total
            aims.append(
                Aim(what=f"scheduling, {span}", found=growth, bound=MOST_GROWTH)
            )
            if field == "profiles":
                logarithm = round(math.log(values[-1]) / math.log(values[0]), 2)
                growth = many.steps / few.steps
                aims.append(Aim(what=f"steps, {span}", found=growth, bound=logarithm))
    return aims


def described(case: Case) -> str:
    """Return a case in words."""
    numbers = f"{case.partitions:,} partitions, {case.profiles:,} profiles"
    return f"{numbers}, merging {name_of(case)}"


def cost_rows(costs: Mapping[Case, Cost]) -> list[tuple[str, ...]]:
    """Return a heading and a row for each case."""
    rows: list[tuple[str, ...]] = [
        (
            "scheduling: merging",
            "partitions",
            "profiles",
            "offer",
            "take",
            "complete",
            "committable",
            "us/record",
            "committable, asked each time",
            "steps",
        )
    ]
    rows += [
        (
            name_of(case),
            f"{case.partitions:,}",
            f"{case.profiles:,}",
            f"{cost.offer:.1f}",
            f"{cost.take:.1f}",
            f"{cost.complete:.1f}",
            f"{cost.committable:.1f}",
            f"{cost.total:.1f}",
            f"{cost.asked_each:.1f}",
            f"{cost.steps:,.0f}",
        )
        for case, cost in costs.items()
    ]
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.schedule")
    parser.add_argument("--rounds", type=int, default=300, help="of 100 records")
    parser.add_argument("--repeats", type=int, default=3, help="the least counts")
    parser.add_argument("--slack", type=float, default=1.0, help="of the aims")
    options = parser.parse_args(arguments)
    costs, aims = measure_all(options.rounds, options.repeats)
    sys.stdout.write(f"{markdown(cost_rows(costs))}\n\n{markdown(aim_rows(aims))}\n")
    return exit_code(aims, options.slack)


if __name__ == "__main__":
    sys.exit(main())
