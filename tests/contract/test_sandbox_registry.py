"""The small schema registry, asked by confluent-kafka's own client."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import pytest
from confluent_kafka.schema_registry import (
    Schema,
    SchemaReference,
    SchemaRegistryClient,
)
from confluent_kafka.schema_registry.error import SchemaRegistryError

from tests.unit.sandbox.box import Box, sandbox

T = TypeVar("T")
FIELD = {"name": "a", "type": "string", "default": ""}
FIRST = json.dumps({"type": "record", "name": "x.Y", "fields": []})
SECOND = json.dumps({"type": "record", "name": "x.Y", "fields": [FIELD]})
USES = json.dumps({
    "type": "record",
    "name": "x.Z",
    "fields": [{"name": "y", "type": "x.Y"}],
})


async def asked(box: Box, ask: Callable[[SchemaRegistryClient], T]) -> T:
    """Ask the registry with the real client, in a thread."""

    def run() -> T:
        url = box.running.addresses.registry
        with SchemaRegistryClient({"url": url, "max.retries": 0}) as client:
            return ask(client)

    return await asyncio.to_thread(run)


def register(client: SchemaRegistryClient, subject: str, text: str) -> int:
    """Register a schema."""
    return client.register_schema(subject, Schema(text, "AVRO"))


async def test_a_schema_has_one_id_for_ever() -> None:
    """The same schema has the same id under every subject; another has another.

    Schema Registry API Reference, POST /subjects/(subject)/versions.
    """
    async with sandbox() as box:
        first = await asked(box, lambda client: register(client, "s-value", FIRST))
        again = await asked(box, lambda client: register(client, "t-value", FIRST))
        other = await asked(box, lambda client: register(client, "s-value", SECOND))
        assert first == again != other
        schema = await asked(box, lambda client: client.get_schema(first))
        assert schema.schema_str == FIRST


async def test_versions_of_a_subject() -> None:
    """Versions count from 1; latest is the newest; the same schema is no new one.

    Schema Registry API Reference, GET /subjects/(subject)/versions and below.
    """
    async with sandbox() as box:
        for text in (FIRST, SECOND, FIRST):
            number = await asked(box, partial(register, subject="s-value", text=text))
            assert number == {FIRST: 1, SECOND: 2}[text]
        assert await asked(box, lambda c: c.get_subjects()) == ["s-value"]
        assert await asked(box, lambda c: c.get_versions("s-value")) == [1, 2]
        latest = await asked(box, lambda c: c.get_latest_version("s-value"))
        assert (latest.version, latest.schema_id) == (2, 2)
        assert latest.schema is not None
        assert latest.schema.schema_str == SECOND
        first = await asked(box, lambda c: c.get_version("s-value", 1))
        assert first.schema_id == 1
        found = await asked(
            box, lambda c: c.lookup_schema("s-value", Schema(FIRST, "AVRO"))
        )
        assert (found.version, found.schema_id) == (1, 1)


async def test_a_schema_is_found_by_guid() -> None:
    """The GUID that registration names finds the schema, with or without hyphens.

    Schema Registry API Reference, GET /schemas/guids/(guid).
    """
    async with sandbox() as box:
        registered = await asked(
            box,
            lambda c: c.register_schema_full_response("s", Schema(FIRST, "AVRO")),
        )
        guid = registered.guid
        assert guid is not None
        for text in (guid, guid.replace("-", "").upper()):
            found = await asked(
                box, partial(SchemaRegistryClient.get_schema_by_guid, guid=text)
            )
            assert found.schema_str == FIRST


async def test_where_a_schema_is_used() -> None:
    """An id tells its subjects and versions.

    Schema Registry API Reference, GET /schemas/ids/(id)/versions and /subjects.
    """
    async with sandbox() as box:
        await asked(box, lambda c: register(c, "s", FIRST))
        await asked(box, lambda c: register(c, "t", FIRST))
        uses = await asked(box, lambda c: c.get_schema_versions(1))
        assert [(use.subject, use.version) for use in uses] == [("s", 1), ("t", 1)]
        assert await asked(box, lambda c: c.get_subjects_by_schema_id(1)) == ["s", "t"]


async def test_references_are_resolved() -> None:
    """A schema may use another by reference; an unknown reference is invalid.

    Schema Registry API Reference, references of POST /subjects/(subject)/versions.
    """
    reference = SchemaReference("x.Y", "s", 1)
    async with sandbox() as box:
        schema = Schema(USES, "AVRO", [reference])
        with pytest.raises(SchemaRegistryError) as caught:
            await asked(box, lambda c: c.register_schema("u", schema))
        assert caught.value.error_code == 42201
        await asked(box, lambda c: register(c, "s", FIRST))
        number = await asked(box, lambda c: c.register_schema("u", schema))
        found = await asked(box, lambda c: c.get_schema(number))
        assert found.references == [reference]


@pytest.mark.parametrize(
    ("ask", "status", "code"),
    [
        (lambda c: c.get_schema(9), 404, 40403),
        (lambda c: c.get_schema_by_guid("no-guid"), 404, 40403),
        (lambda c: c.get_versions("none"), 404, 40401),
        (lambda c: c.get_version("s", 9), 404, 40402),
        (lambda c: c.get_version("s", "x"), 422, 42202),
        (lambda c: c.lookup_schema("none", Schema(FIRST, "AVRO")), 404, 40401),
        (lambda c: c.lookup_schema("s", Schema(SECOND, "AVRO")), 404, 40403),
        (lambda c: register(c, "s", '{"type": "nonsense"}'), 422, 42201),
        (lambda c: register(c, "s", "{"), 422, 42201),
        (lambda c: c.register_schema("s", Schema("{}", "JSON")), 422, 42201),
    ],
)
async def test_errors_have_their_codes(
    ask: Callable[[SchemaRegistryClient], object], status: int, code: int
) -> None:
    """What is not there, or not a schema, is answered with Confluent's error codes.

    Schema Registry API Reference, "Status codes" of each request.
    """
    async with sandbox() as box:
        await asked(box, lambda c: register(c, "s", FIRST))
        with pytest.raises(SchemaRegistryError) as caught:
            await asked(box, ask)
        assert (caught.value.http_status_code, caught.value.error_code) == (
            status,
            code,
        )


async def test_a_fault_may_strike_the_registry() -> None:
    """A rule for its paths makes the registry fail; others do not touch it."""
    async with sandbox() as box:
        await asked(box, lambda c: register(c, "s", FIRST))
        await box.admin.set_fault(kind="status", status=500)
        await asked(box, lambda c: c.get_schema(1))
        await box.admin.set_fault(kind="status", status=500, path="/schemas")
        with pytest.raises(SchemaRegistryError):
            await asked(box, lambda c: c.get_schema(1))
        assert box.running.registry.requests >= 3
