"""A real registry that is killed, started again and frozen while records come."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from consumer.config.settings import RegistrySettings
from consumer.model import PauseReason
from consumer.registry import Registry
from tests.broker.registry import ApicurioRegistry
from tests.unit.pipeline.kit import EVENT, P0, P1, World, event

SCHEMAS = 160
NULL = b"\x00"  # the field that each schema has beyond our own
PACE_SECONDS = 0.15
WAIT_SECONDS = 60.0

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


def text_of(number: int) -> str:
    """Return a schema of `t.Event` that differs from all others."""
    schema = json.loads(EVENT)
    extra = {"name": f"extra{number}", "type": ["null", "int"], "default": None}
    return json.dumps({**schema, "fields": [*schema["fields"], extra]})


def register(url: str) -> list[int]:
    """Register all schemas and return their ids."""
    with SchemaRegistryClient({"url": url, "max.retries": 0}) as client:
        return [
            client.register_schema(f"s{number}", Schema(text_of(number), "AVRO"))
            for number in range(SCHEMAS)
        ]


@asynccontextmanager
async def consuming(url: str) -> AsyncIterator[World]:
    """Give a pipeline that asks the registry at `url`, in real time."""
    client = Registry(RegistrySettings(url=url, timeout_seconds=1.0))
    world = World(registry=client)
    world.start()
    world.source.assign(P0, P1)
    try:
        yield world
        await world.end()
    finally:
        await client.aclose()


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something to become so."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not is_so():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.05)


def is_missed(world: World) -> bool:
    """Return whether the pipeline says that the registry gives no answer."""
    return PauseReason.REGISTRY in world.reasons


class Publisher:
    """Publishes one record after the other, each of a schema not seen before.

    Attributes:
        sent: The numbers that profile `a` was sent, in order.
    """

    def __init__(self, world: World, ids: list[int]) -> None:
        self.world = world
        self.ids = ids
        self.sent: list[str] = []

    async def run(self) -> None:
        """Publish them all."""
        for number, schema_id in enumerate(self.ids, 100):
            value = event("a", number, schema_id) + NULL
            self.world.source.publish(P0, value)
            self.sent.append(str(number))
            await asyncio.sleep(PACE_SECONDS)


async def test_an_outage_of_the_registry_rejects_nothing_and_ends_by_itself(
    tmp_path: Path,
) -> None:
    """Records of unknown ids wait for it, those of known ones go on; then all go on."""
    registry = ApicurioRegistry(tmp_path / "registry")
    await asyncio.to_thread(registry.start)
    try:
        known, *ids = await asyncio.to_thread(register, registry.url)
        async with consuming(registry.url) as world:
            world.source.publish(P1, event("b", 0, known) + NULL)
            await until(lambda: world.order("b") == ["0"])
            publisher = Publisher(world, ids)
            publishing = asyncio.create_task(publisher.run())

            await asyncio.to_thread(registry.stop)
            await until(lambda: is_missed(world))
            world.source.publish(P1, event("b", 1, known) + NULL)
            await until(lambda: world.order("b") == ["0", "1"])
            await asyncio.to_thread(registry.start)
            await until(lambda: not is_missed(world))

            # not before: its database writes half a second later than it answers
            await asyncio.to_thread(registry.kill)
            await until(lambda: is_missed(world))
            await asyncio.to_thread(registry.start)
            await until(lambda: not is_missed(world))

            with registry.server.frozen():
                await until(lambda: is_missed(world))

            assert not publishing.done()
            await publishing
            await until(lambda: len(world.order("a")) == len(ids))
            assert world.order("a") == publisher.sent
            assert world.letters.reasons == []
            assert world.reasons == set()
    finally:
        await asyncio.to_thread(registry.kill)
