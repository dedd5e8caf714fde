"""Our stages, each alone, on the records that the raw parts were measured with.

What a run costs beyond their sum is what joins them: coroutines, the way from thread to
loop, and waking up.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from confluent_kafka import Message

from consumer.config.settings import Settings
from consumer.decode.decoder import Decoder
from consumer.decode.limits import DecodeLimits
from consumer.model import (
    DELIVERED,
    Answer,
    Decoded,
    End,
    Mapped,
    Outcome,
    Record,
    Request,
    SchemaId,
    Settlement,
    TopicPartition,
    Work,
)
from consumer.pipeline.assembly import (
    schedule_policy,
    single,
    transport_settings,
)
from consumer.pipeline.in_force import InForce
from consumer.pipeline.material import Material, read_material
from consumer.pipeline.observe import Observer
from consumer.schedule.scheduler import Scheduler
from consumer.source.records import Owned, records
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.tracing import OFF
from consumer.transport.connector import ConnectorTransport
from tests.bench.raw import BATCH, MICROSECONDS, run, spent_by
from tests.bench.stub import BODY

__all__ = ["Stages"]

Value = TypeVar("Value")
Result = TypeVar("Result")

ANSWER = Answer(200, BODY)


class Stages:
    """Runs each stage once over everything and notes what it took. Owned by `parts`.

    Attributes:
        spent: CPU microseconds per record, by stage.
    """

    def __init__(self, settings: Settings, schema: str, count: int) -> None:
        """Begin for so many records: whatever a stage does is divided among these."""
        self.spent: dict[str, float] = {}
        self._count = count
        self._settings = settings
        self._material: Material = read_material(settings)
        self._schema = schema

    def read(self, messages: Sequence[Message]) -> list[Record]:
        """Turn messages into records, batch by batch."""
        owned: dict[tuple[str, int], Owned] = {}
        for message in messages:
            place = TopicPartition(message.topic() or "", message.partition() or 0)
            owned.setdefault(place, Owned(place, 1, 0))
        found: list[Record] = []
        batches = [messages[at : at + BATCH] for at in range(0, len(messages), BATCH)]
        began = time.process_time()
        for batch in batches:
            found += records(batch, owned)[0]
        self._note("records", began)
        return found

    def decode(self, given: Sequence[Record]) -> list[Decoded]:
        """Check and decode."""
        decoder = Decoder(self._material.readers, DecodeLimits(), has_registry=True)
        decoder.learn(SchemaId(number=1), self._schema, {})
        rule = InForce(self._material).rule(given[0].source.topic)
        found = self._each("decode", lambda one: decoder.decode(one, rule), given)
        return [one for one in found if isinstance(one, Decoded)]

    def map(self, given: Sequence[Record], decoded: Sequence[Decoded]) -> list[Mapped]:
        """Run the mapping."""
        make = self._material.mappings.map
        began = time.process_time()
        found = [make(one, event) for one, event in zip(given, decoded, strict=True)]
        self._note("map", began)
        return [one for one in found if isinstance(one, Mapped)]

    def schedule(
        self, given: Sequence[Record], mapped: Sequence[Mapped], in_flight: int
    ) -> list[Work]:
        """Admit, offer, take and complete all, with so many works in flight.

        As much is held as may be: the records are a backlog.
        """
        scheduler = Scheduler(
            schedule_policy(self._settings, 20.0),
            random.Random(1).random,  # noqa: S311 - jitter
        )
        for partition in {one.source for one in given}:
            scheduler.assign(partition, 1, 0, "", 0.0)
        scheduler.committed(scheduler.committable(0.0), {}, 0.0)
        works: list[Work] = []
        flying: deque[Work] = deque()
        pairs = list(zip(given, mapped, strict=True))
        batches = [pairs[at : at + BATCH] for at in range(0, len(pairs), BATCH)]
        began = time.process_time()
        for batch in batches:
            for record, _ in batch:
                scheduler.admit(record, 1.0)
            for record, items in batch:
                scheduler.offer(record, items, 1.0, 1)
            scheduler.committable(1.0)
            while scheduler.flow(1.0).room < BATCH:
                if not carry(scheduler, flying, works, in_flight):
                    break
        while carry(scheduler, flying, works, in_flight):
            pass
        self._note("schedule", began)
        return works

    def encode(self, works: Sequence[Work]) -> list[Request]:
        """Make the requests."""
        found = self._each("encode", single(self._settings).encode, works)
        return [one for some in found if not isinstance(some, Outcome) for one in some]

    def judge(self, works: Sequence[Work]) -> None:
        """Judge the usual answer."""
        endpoint = single(self._settings)
        self._each("judge", lambda work: endpoint.judge(ANSWER, work), works)

    def observe(self, given: Sequence[Record], works: Sequence[Work]) -> None:
        """Count what is counted for each record and call, tracing being off."""
        observer = Observer(
            metrics=Metrics(),
            tracing=OFF,
            method="POST",
            mapping_set=str,
            wall_ms=lambda: time.time() * 1000,
        )
        mappings = works[0].parts[0].item.route.mappings
        ends = [Settlement(record, End.DELIVERED, mappings) for record in given]
        batches = [list(given[at : at + BATCH]) for at in range(0, len(given), BATCH)]
        began = time.process_time()
        for batch in batches:
            observer.admitted(batch, 0)
        for work in works:
            span = observer.started(work, 1.0)
            observer.ended(span, ANSWER, DELIVERED, 0.005)
        for end in ends:
            observer.settled(end)
        self._note("observe", began)

    def transport(self, requests: Sequence[Request], in_flight: int) -> None:
        """Send all requests as the pipeline does."""

        async def main() -> float:
            options = transport_settings(self._settings)
            transport = ConnectorTransport(options, lambda: None)

            async def call(request: Request) -> None:
                await transport.send(request, lambda: True)

            try:
                return await spent_by(call, requests, in_flight)
            finally:
                await transport.aclose()

        self.spent["transport"] = run(main) * len(requests) / self._count

    def _each(
        self, stage: str, call: Callable[[Value], Result], given: Sequence[Value]
    ) -> list[Result]:
        began = time.process_time()
        found = [call(one) for one in given]
        self._note(stage, began)
        return found

    def _note(self, stage: str, began: float) -> None:
        self.spent[stage] = (time.process_time() - began) / self._count * MICROSECONDS


def carry(
    scheduler: Scheduler, flying: deque[Work], works: list[Work], in_flight: int
) -> bool:
    """Let as many works fly as can, then complete some; False when none flies."""
    while len(flying) < in_flight and (taken := scheduler.take(1, 1.0)):
        scheduler.may_send(taken[0], 1.0)
        flying += taken
        works += taken
    flew = min(len(flying), max(1, in_flight // 4))
    for _ in range(flew):
        scheduler.complete(flying.popleft(), DELIVERED, 1.0)
    return flew > 0
