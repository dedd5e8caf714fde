"""CPU per record of the whole consumer, against what its libraries cost alone.

A run is `consumer run` on a topic that was filled before, with a target that answers
after 5 ms, one call per record: merging is off. What counts is the CPU time of that process between the
first tenth and the last of the records, so that neither start nor end is in it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.bench.events import publish
from tests.bench.processes import (
    broker,
    calls_at,
    configuration,
    consumer,
    cpu_of,
    mock_broker,
    parts_of,
    stub,
    until_calls,
)
from tests.bench.workloads import even

__all__ = ["Parts", "Plan", "Run", "run_all"]

PARTITIONS = 12
DELAY_SECONDS = 0.005
PATIENCE_SECONDS = 120.0
TRACED = {0.0: 1.0, 0.01: 1.0, 1.0: 0.25}  # sample ratio: share of the records
SUMMED = ("consume", "fastavro", "connector")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured.

    Attributes:
        records: Records of one run.
        in_flight: `limits.max_in_flight`.
        profiles: How many profiles the records are of; one run each.
        ratios: Shares of the records that are traced; 0 is tracing off. One run each.
        brokers: `mock`, `kafka`, or both.
        repeats: How often each part and each run is measured; the least counts, since
            whatever else the machine does can only add to it.
    """

    records: int
    in_flight: int = 256
    profiles: tuple[int, ...] = (1_000, 10_000)
    ratios: tuple[float, ...] = (0.0, 0.01, 1.0)
    brokers: tuple[str, ...] = ("mock",)
    repeats: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the parts cost alone, in CPU microseconds per record.

    Attributes:
        raw: The libraries.
        stages: Ours.
    """

    raw: dict[str, float]
    stages: dict[str, float]

    @property
    def raw_sum(self) -> float:
        """What no consumer of these libraries can go below."""
        return sum(self.raw[name] for name in SUMMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the consumer.

    Attributes:
        broker: `mock` or `kafka`.
        profiles: How many profiles.
        sample_ratio: Share of the records that were traced; 0 is tracing off.
        records_per_second: By the clock on the wall, so with all that the machine did.
        loop_us: CPU of the event loop's thread per record.
        others_us: CPU of all other threads: the source's, librdkafka's, the exporter's.
        ratio: Both, over the sum of the raw parts.
    """

    broker: str
    profiles: int
    sample_ratio: float
    records_per_second: float
    loop_us: float
    others_us: float
    ratio: float

    @property
    def total_us(self) -> float:
        """CPU of the process per record."""
        return self.loop_us + self.others_us


def run_all(plan: Plan, folder: Path) -> tuple[dict[str, Parts], list[Run]]:
    """Measure the parts on each broker, and every run."""
    parts: dict[str, Parts] = {}
    runs: list[Run] = []
    topics = {name: PARTITIONS for n in plan.profiles for name in names_of(n)}
    with ExitStack() as stack:
        target = stack.enter_context(stub(DELAY_SECONDS))
        collector = stack.enter_context(stub(0.0))
        for kind in plan.brokers:
            with started(kind, topics, folder / kind) as bootstrap:
                for profiles in plan.profiles:
                    publish(bootstrap, topic_of(profiles), even(plan.records, profiles))
                place = Place(kind, bootstrap, target, collector, folder / kind)
                parts[kind], found = measured_on(plan, place)
                runs += found
    return parts, runs


@dataclass(frozen=True, slots=True)
class Place:
    """Where the processes of a measurement are."""

    broker: str
    bootstrap: str
    target: int
    collector: int
    folder: Path

    def configuration(self, plan: Plan, name: str, profiles: int, ratio: float) -> Path:
        """Write the configuration of one run; each is a group of its own."""
        return configuration(
            self.folder / name,
            topic=topic_of(profiles),
            bootstrap=self.bootstrap,
            target=self.target,
            in_flight=plan.in_flight,
            sample_ratio=ratio,
        )


@contextmanager
def started(kind: str, topics: dict[str, int], folder: Path) -> Iterator[str]:
    """Start a broker with these topics; give its address."""
    place = mock_broker(topics) if kind == "mock" else broker(topics, folder / "data")
    with place as bootstrap:
        yield bootstrap


def topic_of(profiles: int) -> str:
    """Return the topic of the records of so many profiles."""
    return f"bench.of-{profiles}-profiles"


def names_of(profiles: int) -> tuple[str, str]:
    """Return that topic, and the one of its dead letters."""
    return topic_of(profiles), f"{topic_of(profiles)}.dead-letters"


def measured_on(plan: Plan, place: Place) -> tuple[Parts, list[Run]]:
    """Measure parts and runs in turns, so that both meet the same machine."""
    all_parts: list[Parts] = []
    tried: dict[tuple[int, float], list[Spent]] = {}
    for turn in range(plan.repeats):
        all_parts.append(measured_parts(plan, place, turn))
        for profiles in plan.profiles:
            for ratio in plan.ratios:
                spent = measured(plan, place, profiles, ratio, turn)
                tried.setdefault((profiles, ratio), []).append(spent)
    parts = least(all_parts)
    runs = [
        run_of(place.broker, key, min(spent, key=Spent.total), parts.raw_sum)
        for key, spent in tried.items()
    ]
    return parts, runs


def least(found: list[Parts]) -> Parts:
    """Return the least of each part."""
    return Parts(
        raw={name: min(one.raw[name] for one in found) for name in found[0].raw},
        stages={
            name: min(one.stages[name] for one in found) for name in found[0].stages
        },
    )


def measured_parts(plan: Plan, place: Place, turn: int) -> Parts:
    """Measure the parts in a process of their own."""
    profiles = plan.profiles[-1]
    path = place.configuration(plan, f"parts-{turn}", profiles, 0.0)
    return Parts(**parts_of(path, topic_of(profiles), PARTITIONS, plan.records // 2))


class Spent(NamedTuple):
    """What one run took: CPU microseconds per record, and records a second."""

    loop_us: float
    others_us: float
    per_second: float

    def total(self) -> float:
        """All threads together."""
        return self.loop_us + self.others_us


def run_of(broker: str, key: tuple[int, float], spent: Spent, raw_sum: float) -> Run:
    """Return a run, compared with the raw parts."""
    return Run(
        broker=broker,
        profiles=key[0],
        sample_ratio=key[1],
        records_per_second=spent.per_second,
        loop_us=spent.loop_us,
        others_us=spent.others_us,
        ratio=spent.total() / raw_sum,
    )


def measured(plan: Plan, place: Place, profiles: int, ratio: float, turn: int) -> Spent:
    """Run the consumer on one topic."""
    path = place.configuration(plan, f"run-{profiles}-{ratio}-{turn}", profiles, ratio)
    count = int(plan.records * TRACED.get(ratio, 1.0))
    before = calls_at(place.target)
    with consumer(path, place.collector if ratio else None) as process:
        until = before + count // 10, before + count - count // 10
        first = until_calls(process, place.target, until[0], PATIENCE_SECONDS)
        began, spent = time.monotonic(), cpu_of(process.pid)
        last = until_calls(process, place.target, until[1], PATIENCE_SECONDS)
        seconds, spent = time.monotonic() - began, cpu_of(process.pid) - spent
    calls = max(last - first, 1)  # a run of few records is over before it is seen
    return Spent(
        loop_us=spent.loop / calls * 1e6,
        others_us=spent.others / calls * 1e6,
        per_second=calls / seconds,
    )
