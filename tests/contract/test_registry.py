"""What a schema registry answers: one suite for the sandbox's, a real one and the fake."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator

import pytest
from confluent_kafka.schema_registry import (
    Schema,
    SchemaReference,
    SchemaRegistryClient,
)

from consumer.config.settings import RegistrySettings
from consumer.decode.decoder import Decoder
from consumer.decode.limits import DecodeLimits
from consumer.model import SchemaId
from consumer.registry import Registry
from tests.fakes import FakeRegistry
from tests.unit.sandbox.box import sandbox

FAKE = "fake:"
FAKES: dict[str, FakeRegistry] = {}
SUBJECTS: dict[str, int] = {}


@pytest.fixture(
    params=[
        "fake",
        "sandbox",
        pytest.param("real", marks=[pytest.mark.kafka, pytest.mark.timeout(120)]),
    ]
)
async def url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Give a registry's URL."""
    if request.param == "real":
        yield str(request.getfixturevalue("real_registry_url"))
        return
    if request.param == "fake":
        FAKES.clear()
        FAKES[FAKE] = FakeRegistry()
        yield FAKE
        return
    async with sandbox() as box:
        yield box.running.addresses.registry


@pytest.fixture
async def registry(url: str) -> AsyncIterator[Registry | FakeRegistry]:
    """Give our client of it; the fake is both."""
    if url in FAKES:
        yield FAKES[url]
        return
    client = Registry(RegistrySettings(url=url))
    yield client
    await client.aclose()


def record(name: str, *types: str) -> str:
    """Return the text of a record of fields of `types`."""
    fields = [{"name": f"f{i}", "type": type_} for i, type_ in enumerate(types)]
    return json.dumps({"type": "record", "name": name, "fields": fields})


def unique(name: str) -> str:
    """Return a name that no other test has, in a registry that lives for a whole run."""
    return f"{name}{uuid.uuid4().hex}"


async def register(url: str, subject: str, text: str, *refers: tuple[str, str]) -> int:
    """Register `text`; `refers` are name and subject of what it refers to."""
    if url in FAKES:
        return register_in(FAKES[url], subject, text, *refers)

    def run() -> int:
        references = [SchemaReference(name, place, 1) for name, place in refers]
        with SchemaRegistryClient({"url": url, "max.retries": 0}) as client:
            schema = Schema(text, "AVRO", references)
            number: int = client.register_schema(subject, schema)
            return number

    return await asyncio.to_thread(run)


def register_in(
    fake: FakeRegistry, subject: str, text: str, *refers: tuple[str, str]
) -> int:
    """Register `text` in the fake, where a subject is the name of its schema."""
    number = len(fake.texts) + 1
    of = {SUBJECTS[place]: name for name, place in refers}
    fake.references[number] = {
        name: fake.texts[known]
        for known, name in sorted(of.items())  # what was registered first refers least
    }
    fake.texts[number] = text
    SUBJECTS[subject] = number
    return number


@pytest.mark.peer("Vector #7434")
async def test_a_schema_is_found_by_its_id(
    url: str, registry: Registry | FakeRegistry
) -> None:
    """As it was registered, and never asked for again."""
    text = record(unique("A"), "string")
    number = await register(url, unique("s"), text)
    found = await registry.schema(SchemaId(number=number))
    assert found is not None
    assert json.loads(found.text) == json.loads(text)
    assert found.references == {}
    assert await registry.schema(SchemaId(number=number)) is found


async def test_an_id_that_does_not_exist_is_none_until_it_does(
    url: str, registry: Registry | FakeRegistry
) -> None:
    """What a registry does not have today it may have in a moment."""
    number = await register(url, unique("s"), record(unique("A")))
    assert await registry.schema(SchemaId(number=number + 1)) is None
    while await register(url, unique("s"), record(unique("A"))) <= number:
        pass
    assert await registry.schema(SchemaId(number=number + 1)) is not None


async def test_a_guid_that_does_not_exist_is_none(
    registry: Registry | FakeRegistry,
) -> None:
    """Whether the registry knows GUIDs or not."""
    assert await registry.schema(SchemaId(guid=uuid.uuid4().hex)) is None


async def test_references_come_with_the_schema(
    url: str, registry: Registry | FakeRegistry
) -> None:
    """The innermost first, so that the decoder can take them in one by one."""
    inner, middle, outer = unique("I"), unique("M"), unique("O")
    await register(url, inner, record(inner, "string"))
    await register(url, middle, record(middle, inner), (inner, inner))
    number = await register(
        url, outer, record(outer, middle, inner), (inner, inner), (middle, middle)
    )
    found = await registry.schema(SchemaId(number=number))
    assert found is not None
    assert list(found.references) == [inner, middle]
    decoder = Decoder({}, DecodeLimits(), has_registry=True)
    decoder.learn(SchemaId(number=number), found.text, found.references)
