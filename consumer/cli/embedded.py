"""Everything in this one process: a broker, a Target, a registry, publishers, and us.

Only the outside is embedded. The consumer is the one that `consumer run` runs: the same
configuration file, the same settings, the same `serve`.

The broker keeps 5 MiB per partition and drops the oldest in silence, so the publisher
stays near the committed offsets; it runs in a thread, because it blocks.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from consumer.cli.shipped import shipped_mappings, shipped_schemas
from consumer.config.load import parse
from consumer.config.settings import Settings
from consumer.pipeline.material import read_material
from consumer.pipeline.pipeline import Pipeline
from consumer.pipeline.service import serve
from consumer.sandbox.adminclient import AdminClient, CallSeen
from consumer.sandbox.ahead import Ahead, CommittedOffsets
from consumer.sandbox.events import Fate, SampleEvent, generate, population_of
from consumer.sandbox.fold import Fold
from consumer.sandbox.mockcluster import MockCluster
from consumer.sandbox.options import SandboxOptions
from consumer.sandbox.publisher import Publisher, register
from consumer.sandbox.samples import KINDS
from consumer.sandbox.server import Addresses, Sandbox
from consumer.schedule.statistics import Statistics
from consumer.settle import letter_topic

__all__ = ["Example", "Letter", "Outcome", "Progress", "run_embedded"]

GROUP = "demo"
PARTITIONS = 6
POLL_SECONDS = 0.1
STALL_SECONDS = 60.0
READ_SECONDS = 10.0

# What the target does to some calls: an error, a wait that it asks for, and silence for
# longer than our time-out.
FAULTS: tuple[dict[str, object], ...] = (
    {"kind": "status", "status": 503, "ratio": 0.03, "seed": 11},
    {
        "kind": "status",
        "status": 429,
        "retry_after": "1",
        "ratio": 0.01,
        "count": 2,
        "seed": 12,
    },
    {"kind": "latency", "seconds": 1.5, "ratio": 0.01, "count": 3, "seed": 13},
)

CONFIGURATION = """\
kafka:
  bootstrap.servers: {brokers}
  group.id: {group}
registry:
  url: {registry}
schemas: {schemas}
mappings: {mappings}
target:
  client: acme
  base_url: {target}
  timeout_seconds: 1
decode:
  schema_grace_seconds: 0.2
http:
  listen: 127.0.0.1:0
"""


@dataclass(slots=True)
class Example:
    """One event, from its publisher to its profile."""

    event: SampleEvent
    before: dict[str, str]


@dataclass(frozen=True, slots=True)
class Letter:
    """What a dead letter says of itself."""

    topic: str
    partition: int
    offset: int
    stage: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a run is; read by whoever shows it. Owned by the run.

    Attributes:
        records: How many events there will be.
        fold: What the events published so far say.
        statistics: The consumer's own counts; None before it reads.
    """

    records: int
    fold: Fold
    statistics: Statistics | None = None
    example: Example | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What there is in the end, seen from outside but for `statistics`."""

    progress: Progress
    statistics: Statistics
    profiles: dict[str, dict[str, str]]
    calls: list[CallSeen]
    call_count: int
    letters: list[Letter] = field(default_factory=list)
    elapsed_seconds: float = 0.0


async def run_embedded(
    records: int, seed: int, show: Callable[[Progress], None]
) -> Outcome:
    """Publish, consume, and read what came of it.

    Args:
        records: How many events.
        seed: Of the events.
        show: Told the progress, ten times a second.
    """
    population = population_of(records, seed)
    progress = Progress(records=records, fold=Fold(population.names))
    began = time.monotonic()
    with MockCluster() as cluster:
        for topic in topics():
            cluster.create_topic(topic, partitions=PARTITIONS)
        options = SandboxOptions(port=0, admin_port=0, registry_port=0)
        async with (
            Sandbox(options) as sandbox,
            AdminClient(sandbox.addresses.admin) as admin,
        ):
            await admin.create_profiles({name: {} for name in population.names})
            for fault in FAULTS:
                await admin.set_fault(**fault)
            brokers = cluster.bootstrap_servers
            settings = settings_for(brokers, sandbox.addresses)
            publishing = Publishing(brokers, sandbox.addresses.registry, progress, seed)
            statistics = await consume(settings, publishing, progress, show)
            counters = await admin.counters()
            return Outcome(
                progress=progress,
                statistics=statistics,
                profiles=await admin.profiles(),
                calls=[call async for call in admin.calls()],
                call_count=counters["calls"],
                letters=await asyncio.to_thread(read_letters, brokers),
                elapsed_seconds=time.monotonic() - began,
            )


def topics() -> list[str]:
    """Return every topic of the demo: the broker cannot be asked to create one."""
    names = [kind.topic for kind in KINDS]
    return [*names, *map(letters_of, names)]


def letters_of(topic: str) -> str:
    """Return the dead-letter topic of `topic`."""
    return letter_topic("{group}.{topic}.dead-letters", GROUP, topic)


def settings_for(brokers: str, addresses: Addresses) -> Settings:
    """Return the settings that a configuration file of an operator would give."""
    text = CONFIGURATION.format(
        brokers=brokers,
        group=GROUP,
        registry=addresses.registry,
        target=addresses.target,
        schemas=shipped_schemas(),
        mappings=shipped_mappings(),
    )
    return parse(text, "demo.yaml", {}, folder=Path.cwd()).settings


async def consume(
    settings: Settings,
    publishing: Publishing,
    progress: Progress,
    show: Callable[[Progress], None],
) -> Statistics:
    """Run the service until everything published has its end, then drain it."""
    stop = asyncio.Event()
    running: list[Pipeline] = []
    service = asyncio.create_task(
        serve(settings, read_material(settings), {}, stop, on_started=running.append)
    )
    publisher = asyncio.create_task(asyncio.to_thread(publishing.run))
    try:
        await until_done(service, publisher, running, progress, show)
    finally:
        publishing.stopped.set()
        stop.set()
        await asyncio.gather(service, publisher)
    return running[0].statistics()


async def until_done(
    service: asyncio.Task[None],
    publisher: asyncio.Task[int],
    running: list[Pipeline],
    progress: Progress,
    show: Callable[[Progress], None],
) -> None:
    """Wait until each published record is settled, or nothing moves any more."""
    seen: tuple[object, ...] = ()
    moved_at = time.monotonic()
    while not service.done():
        await asyncio.sleep(POLL_SECONDS)
        if publisher.done() and publisher.exception() is not None:
            return
        if not running:
            continue
        progress.statistics = running[0].statistics()
        show(progress)
        settled = progress.statistics.consumed - progress.statistics.held
        if publisher.done() and settled >= publisher.result():
            return
        now = (settled, progress.fold.published)
        if now != seen:
            seen, moved_at = now, time.monotonic()
        elif time.monotonic() - moved_at > STALL_SECONDS:
            return


class Publishing:
    """The publishers, in a thread of their own.

    Attributes:
        stopped: Set to end the publishing early.
    """

    def __init__(
        self, brokers: str, registry: str, progress: Progress, seed: int
    ) -> None:
        self._brokers = brokers
        self._registry = registry
        self._progress = progress
        self._seed = seed
        self.stopped = threading.Event()

    def run(self) -> int:
        """Publish everything; return how many records the broker confirmed."""
        kafka = {"bootstrap.servers": self._brokers}
        schemas = register({"url": self._registry}, shipped_schemas(), {})
        committed = CommittedOffsets(kafka, GROUP)
        try:
            publisher = Publisher(
                kafka, schemas, ahead=Ahead(committed), stopped=self.stopped.is_set
            )
            events = generate(self._progress.records, self._seed)
            return publisher.publish(events, self._add)
        finally:
            committed.close()

    def _add(self, event: SampleEvent) -> None:
        progress = self._progress
        if event.fate is Fate.LANDS and event.profile is not None:
            before = dict(progress.fold.profiles.get(event.profile, {}))
            progress.example = Example(event, before)
        progress.fold.add(event)


def read_letters(brokers: str) -> list[Letter]:
    """Return every dead letter there is, from the topics themselves."""
    reader = Consumer({
        "bootstrap.servers": brokers,
        "group.id": f"{GROUP}-judge",
        "enable.auto.commit": False,
    })
    try:
        return read_all(reader, [letters_of(kind.topic) for kind in KINDS])
    finally:
        reader.close()


def read_all(reader: Consumer, names: list[str]) -> list[Letter]:
    """Return what stands in all partitions of `names` now."""
    places = [
        TopicPartition(name, number, 0)
        for name in names
        for number in range(PARTITIONS)
    ]
    ends = [
        reader.get_watermark_offsets(place, timeout=READ_SECONDS)[1] for place in places
    ]
    found: list[Letter] = []
    reader.assign([place for place, end in zip(places, ends, strict=True) if end])
    give_up_at = time.monotonic() + READ_SECONDS
    while len(found) < sum(ends) and time.monotonic() < give_up_at:
        message = reader.poll(POLL_SECONDS)
        if message is not None and message.error() is None:
            found.append(letter_from(dict(message.headers() or ())))
    return found


def letter_from(headers: dict[str, str | bytes | None]) -> Letter:
    """Return what the headers of a dead letter say."""

    def said(name: str) -> str:
        text = headers.get(f"dead-letter-{name}") or ""
        return text if isinstance(text, str) else text.decode()

    return Letter(
        topic=said("topic"),
        partition=int(said("partition")),
        offset=int(said("offset")),
        stage=said("stage"),
        reason=said("reason"),
    )
