"""A whole pipeline whose outside is fake and whose time is virtual."""

from __future__ import annotations

import asyncio
import io
import json
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import fastavro

from consumer.config.settings import (
    DeadLetterSettings,
    DecodeSettings,
    EventTimeSettings,
    GuardSettings,
    HttpSettings,
    KafkaSettings,
    LimitSettings,
    LoggingSettings,
    RegistrySettings,
    RetrySettings,
    Settings,
    SourceSettings,
    TargetSettings,
    TracingSettings,
)
from consumer.decode.readers import load_readers
from consumer.mapping.loading import load
from consumer.mapping.overrides import NO_OVERRIDES, Overrides
from consumer.model import Header, PauseReason, TopicPartition
from consumer.pipeline.assembly import Outside, assemble
from consumer.pipeline.in_force import InForce
from consumer.pipeline.letter_topics import LetterTopics
from consumer.pipeline.material import Material
from consumer.pipeline.observe import Observer
from consumer.pipeline.pipeline import Pipeline
from consumer.pipeline.ports import Registry
from consumer.pipeline.topics import topic_names
from consumer.schedule.statistics import Statistics
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.tracing import OFF, Tracing
from tests.fakes import FakeLetters, FakeRegistry, FakeSource, FakeTarget

__all__ = [
    "EVENT",
    "MAPPING",
    "OTHER",
    "P0",
    "P1",
    "Q0",
    "World",
    "event",
    "framed",
    "material_from",
    "material_of",
    "settings_of",
]

P0, P1 = TopicPartition("events", 0), TopicPartition("events", 1)
Q0 = TopicPartition("visits", 0)

EVENT = """{"type": "record", "name": "Event", "namespace": "t", "fields": [
  {"name": "id", "type": "string"}, {"name": "n", "type": "long"},
  {"name": "note", "type": ["null", "string"], "default": null}]}"""
OTHER = EVENT.replace('"Event"', '"Unclaimed"')
UNRESOLVABLE = EVENT.replace('"n", "type": "long"', '"n", "type": "string"')

MAPPING = """\
version: 1
name: {name}
owner: {name}-team
source: {{topic: {topic}, schema: t.Event}}
when: event.n != 13
profile:
  - third_party_id: {{from: id}}
attributes:
  {name}N: n
  {name}Note: {{from: note, missing: skip}}
"""


def material_of(**topics: str) -> Material:
    """Return mappings by name and topic, over the one schema."""
    named = topics or {"ev": "events", "vi": "visits"}
    return material_from({
        f"{name}.yaml": MAPPING.format(name=name, topic=topic)
        for name, topic in named.items()
    })


def material_from(texts: Mapping[str, str]) -> Material:
    """Return the mappings of these files, over the one schema."""
    readers = load_readers({"t.Event.avsc": EVENT})
    mappings = load(texts, readers, {}, {})
    names = (plan.spec.name for plan in mappings.plans)
    return Material(
        readers=readers,
        mappings=mappings,
        owners={name: f"{name}-team" for name in names},
    )


MATERIAL = material_of()
ONE_BY_ONE = LimitSettings(
    max_in_flight=8, merged_items=1, adaptive=False, breaker=False
)
SEED = 20


def settings_of(
    *,
    limits: LimitSettings | None = None,
    target: TargetSettings | None = None,
    source: SourceSettings | None = None,
    decode: DecodeSettings | None = None,
    retry: RetrySettings | None = None,
    guard: GuardSettings | None = None,
    drain_timeout_seconds: float = 25.0,
) -> Settings:
    """Return the defaults but for what is given, and each record a call of its own.

    So a test can count calls, of which eight go at once; `test_merging` has them merged,
    `test_limit` has a target that bears less.
    """
    return Settings(
        kafka=KafkaSettings(
            properties={"bootstrap.servers": "127.0.0.1:1", "group.id": "g"}
        ),
        registry=RegistrySettings(url="http://registry.test"),
        schemas=Path(),
        mappings=Path(),
        target=target or TargetSettings(client="acme"),
        limits=limits or ONE_BY_ONE,
        drain_timeout_seconds=drain_timeout_seconds,
        dead_letters=DeadLetterSettings(),
        http=HttpSettings(listen=("127.0.0.1", 0)),
        source=source or SourceSettings(),
        decode=decode or DecodeSettings(),
        event_time=EventTimeSettings(),
        retry=retry or RetrySettings(),
        guard=guard or GuardSettings(),
        tracing=TracingSettings(),
        logging=LoggingSettings(),
    )


def framed(schema_id: int, value: bytes) -> bytes:
    """Return a value in Confluent's framing."""
    return b"\x00" + schema_id.to_bytes(4, "big") + value


def event(profile: str, n: int, schema_id: int = 1, note: str | None = None) -> bytes:
    """Return an event of the one schema, under any id."""
    stream = io.BytesIO()
    schema = fastavro.parse_schema(json.loads(EVENT))
    fastavro.schemaless_writer(stream, schema, {"id": profile, "n": n, "note": note})
    return framed(schema_id, stream.getvalue())


class World:
    """The pipeline and what is around it.

    Attributes:
        refused: How often the target refused our token.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        tracing: Tracing = OFF,
        material: Material = MATERIAL,
        registry: Registry | None = None,
        overrides: Overrides = NO_OVERRIDES,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.settings = settings or settings_of()
        self.target = FakeTarget(timeout_seconds=self.settings.target.timeout_seconds)
        self.letters = FakeLetters()
        self.registry = FakeRegistry([(1, EVENT), (7, OTHER), (8, UNRESOLVABLE)])
        self.metrics = Metrics()
        self.refused = 0
        self.observer = Observer(
            metrics=self.metrics,
            tracing=tracing,
            method="POST",
            mapping_set=lambda: "set-1",
            wall_ms=lambda: loop.time() * 1000,
        )
        self.in_force = InForce(material, overrides)
        self.letter_topics = LetterTopics(
            self.letters, topic_names(self.settings), may_create=True
        )
        self.pipeline: Pipeline = assemble(
            self.settings,
            self.in_force,
            Outside(
                transport=self.target,
                registry=registry or self.registry,
                letters=self.letters,
                observer=self.observer,
                refused=self._refuse,
                letter_topics=self.letter_topics,
            ),
            clock=loop.time,
            wall_ms=lambda: int(loop.time() * 1000),
            chance=random.Random(SEED).random,  # noqa: S311 - jitter, not a secret
        )
        self.source = FakeSource(self.pipeline)
        self.running: asyncio.Task[None] | None = None

    def _refuse(self) -> None:
        self.refused += 1

    @classmethod
    @asynccontextmanager
    async def begun(
        cls, settings: Settings | None = None, *partitions: TopicPartition
    ) -> AsyncIterator[World]:
        """Give a pipeline that runs, with partitions; drain it in the end."""
        world = cls(settings)
        world.start()
        world.source.assign(*(partitions or (P0, P1)))
        await asyncio.sleep(0.1)
        yield world
        await world.end()

    def start(self, *, is_checked: bool = True) -> None:
        """Run the pipeline beside the test.

        Its topics of letters are seen to first, as in every start, unless not
        `is_checked`: those of topics that a pattern matches are not.
        """
        self.running = asyncio.create_task(self._run(is_checked=is_checked))

    async def _run(self, *, is_checked: bool) -> None:
        if is_checked:
            await self.letter_topics.check(self.in_force.mappings.topics)
        await self.pipeline.run(self.source)

    async def end(self) -> None:
        """Drain, and check what must hold then."""
        self.pipeline.drain()
        if self.running is not None:
            await self.running
        self.conserved()

    @property
    def statistics(self) -> Statistics:
        """What the pipeline counted."""
        return self.pipeline.statistics()

    @property
    def reasons(self) -> set[PauseReason]:
        """Why anything is paused now."""
        return {pause.reason for pause in self.pipeline.pauses()}

    def publish(
        self,
        partition: TopicPartition,
        *profiles: str,
        schema_id: int = 1,
        headers: tuple[Header, ...] = (),
    ) -> None:
        """Publish an event for each profile, with its number as the value."""
        for profile in profiles:
            number = len(self.source.log(partition)) + 100
            self.source.publish(partition, event(profile, number, schema_id), headers)

    async def settle(self, seconds: float = 1.0) -> None:
        """Let time pass, looking at the books every tenth of it."""
        for _ in range(10):
            await asyncio.sleep(seconds / 10)
            self.conserved()

    def conserved(self) -> None:
        """Check promise 8: each record that was consumed is in one place."""
        found = self.statistics
        assert found.consumed == (
            found.delivered
            + found.merged
            + found.skipped
            + found.dead_lettered
            + found.released
            + found.held
        )

    def order(self, profile: str) -> list[str]:
        """Return the numbers that the target got for a profile, in order."""
        return [
            next(iter(fields.values()))
            for called, fields in self.target.calls
            if called == profile
        ]
