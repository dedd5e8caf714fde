"""Profiles of unequal weight, with merging and without: the workloads `zipf` and `hot`.

A backlog is worked off from its first answer to its last: records a second, calls and CPU
per record, and the largest resident size. Without merging the busiest profile alone says
how long that takes, one call after the other; so those runs have fewer records of the
same kind, and their rate is the same. How old a record is at its answer says nothing of a
backlog: `paced` has runs for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.answers import Answers, until_answered
from tests.bench.events import publish
from tests.bench.processes import (
    HELD_RECORDS,
    configuration,
    consumer,
    cpu_of,
    mock_broker,
    parts_of,
    peak_mb,
    stub,
)
from tests.bench.workloads import hot, zipf
from tests.processes import Process

__all__ = [
    "BACKLOGS",
    "DELAYS",
    "PARTITIONS",
    "Backlog",
    "Kind",
    "Place",
    "Skewed",
    "measured_backlogs",
    "opened",
    "stages_of",
    "started",
]

DELAYS = (0.005, 0.05)
PARTITIONS = 12
MERGED_ITEMS = 1_000  # the default; 1 is merging off
WORKLOADS: Mapping[str, Callable[[int], list[int]]] = {"zipf": zipf, "hot": hot}
FEWER = {0.005: 10, 0.05: 40}  # how many times less a backlog is without merging
PATIENCE_SECONDS = 300.0
FETCH_WAIT_MS = 10  # the mock cluster lets a fetch wait so long, whatever comes
MICROSECONDS = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Skewed:
    """What is measured.

    Attributes:
        records: Records of a backlog.
        per_second: Records a second of a paced run.
        seconds: How long that is.
        in_flight: `limits.max_in_flight`.
        held_records: `limits.held_records`.
        fetch_wait_ms: librdkafka's `fetch.wait.max.ms`.
        repeats: How often each run is made; the best counts, since whatever else the
            machine does can only make it worse.
    """

    records: int
    per_second: float = 2_000.0
    seconds: float = 10.0
    in_flight: int = 256
    held_records: int = HELD_RECORDS
    fetch_wait_ms: int = FETCH_WAIT_MS
    repeats: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One run among others.

    Attributes:
        workload: Its name.
        delay_seconds: After which the target answers.
        merges: Whether merging is on.
    """

    workload: str
    delay_seconds: float
    merges: bool

    @property
    def topic(self) -> str:
        """Begins the names of its topics."""
        merging = "merging" if self.merges else "alone"
        workload = self.workload.replace(" ", "-")
        return f"bench.{workload}-{self.delay_seconds * 1000:.0f}ms-{merging}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """A backlog worked off.

    Attributes:
        kind: What ran.
        records: How many there were.
        per_second: Records a second.
        calls: Calls per record.
        cpu_us: CPU of the process per record, in microseconds.
        rss_mb: Its largest resident size, in MB (10^6 bytes).
    """

    kind: Kind
    records: int
    per_second: float
    calls: float
    cpu_us: float
    rss_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where runs find what they need.

    Attributes:
        bootstrap: The broker.
        targets: The port of the target that answers after a delay.
        folder: Where the configurations go.
    """

    bootstrap: str
    targets: Mapping[float, int]
    folder: Path


BACKLOGS = tuple(
    Kind(workload=workload, delay_seconds=delay, merges=merges)
    for workload in WORKLOADS
    for delay in DELAYS
    for merges in (True, False)
)


@contextmanager
def opened(topics: list[str], folder: Path) -> Iterator[Place]:
    """Start a broker with these topics, and a target for each delay."""
    names = [*topics, *(f"{name}.dead-letters" for name in topics)]
    with ExitStack() as stack:
        targets = {delay: stack.enter_context(stub(delay)) for delay in DELAYS}
        bootstrap = stack.enter_context(mock_broker(dict.fromkeys(names, PARTITIONS)))
        yield Place(bootstrap=bootstrap, targets=targets, folder=folder)


def configured(plan: Skewed, place: Place, kind: Kind, topic: str, name: str) -> Path:
    """Write the configuration of one run, which is a group of its own."""
    return configuration(
        place.folder / f"{topic}-{name}",
        topic=topic,
        bootstrap=place.bootstrap,
        target=place.targets[kind.delay_seconds],
        in_flight=plan.in_flight,
        merged_items=MERGED_ITEMS if kind.merges else 1,
        held_records=plan.held_records,
        fetch_wait_ms=plan.fetch_wait_ms,
    )


@contextmanager
def started(
    plan: Skewed, place: Place, kind: Kind, topic: str, turn: int
) -> Iterator[Process]:
    """Run the consumer on a topic."""
    with consumer(configured(plan, place, kind, topic, f"run-{turn}")) as process:
        yield process


def count_of(plan: Skewed, kind: Kind) -> int:
    """Return how many records a backlog has."""
    fewer = 1 if kind.merges else FEWER[kind.delay_seconds]
    return max(plan.records // fewer, 100)


def measured_backlogs(plan: Skewed, place: Place) -> list[Backlog]:
    """Work each backlog off so many times; the fastest counts."""
    for kind in BACKLOGS:
        drawn = WORKLOADS[kind.workload](count_of(plan, kind))
        publish(place.bootstrap, kind.topic, drawn)
    turns = [
        [worked_off(plan, place, kind, turn) for kind in BACKLOGS]
        for turn in range(plan.repeats)
    ]
    return [
        max(found, key=lambda one: one.per_second) for found in zip(*turns, strict=True)
    ]


def worked_off(plan: Skewed, place: Place, kind: Kind, turn: int) -> Backlog:
    """Work a backlog off.

    Raises:
        RuntimeError: It took too long.
    """
    count = count_of(plan, kind)
    port = place.targets[kind.delay_seconds]
    answers = Answers(port, WORKLOADS[kind.workload](count))
    with started(plan, place, kind, kind.topic, turn) as process:
        until_answered(answers, process, 1, PATIENCE_SECONDS)
        before, spent = answers.records, cpu_of(process.pid)
        if not until_answered(answers, process, count, PATIENCE_SECONDS):
            raise RuntimeError(f"{answers.records} of {count} records were answered")
        spent, rss_mb = cpu_of(process.pid) - spent, peak_mb(process.pid)
    seconds = max(answers.answered_at) - min(answers.answered_at)
    return Backlog(
        kind=kind,
        records=count,
        per_second=count / max(seconds, 1e-3),
        calls=answers.calls / count,
        cpu_us=spent.total / max(count - before, 1) * MICROSECONDS,
        rss_mb=rss_mb,
    )


def stages_of(plan: Skewed, place: Place) -> dict[str, dict[str, float]]:
    """Return what each stage costs alone, on the records of the larger backlogs."""
    found = {}
    for workload in WORKLOADS:
        for merges in (True, False):
            kind = Kind(workload=workload, delay_seconds=DELAYS[0], merges=merges)
            topic = Kind(workload=workload, delay_seconds=DELAYS[0], merges=True).topic
            path = configured(plan, place, kind, topic, f"stages-{merges}")
            name = f"{workload}, merging {'on' if merges else 'off'}"
            parts = parts_of(path, topic, PARTITIONS, plan.records // 2, has_raw=False)
            found[name] = parts["stages"]
    return found
