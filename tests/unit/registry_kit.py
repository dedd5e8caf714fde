"""What the tests of the registry's client share: answers, a client, its failure."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from consumer.config.settings import RegistrySettings
from consumer.errors import RegistryUnreachableError
from consumer.model import SchemaId
from consumer.registry import Registry
from tests.scripted_server import Step

ID = SchemaId(number=7)
GUID = SchemaId(guid="0123456789abcdef0123456789abcdef")
SCHEMA = '{"type": "record", "name": "E", "fields": []}'


def answer(body: object, status: str = "200 OK") -> Step:
    """Return the answer `body`, as JSON unless it is text already."""
    text = body if isinstance(body, str) else json.dumps(body)
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\n\r\n"
    return Step(pieces=(head.encode() + text.encode(),))


def error(status: int, code: int | None) -> Step:
    """Return an error as a registry writes it."""
    return answer({"error_code": code, "message": "m"}, f"{status} E")


FOUND = answer({"schema": SCHEMA})


@asynccontextmanager
async def registry(url: str, **keys: object) -> AsyncIterator[Registry]:
    """Give a registry client for `url`; other settings by keyword."""
    settings = RegistrySettings(url=url, **{"timeout_seconds": 5.0, **keys})  # type: ignore[arg-type]  # the tests' own keywords
    client = Registry(settings)
    try:
        yield client
    finally:
        await client.aclose()


async def failure(url: str, schema_id: SchemaId = ID, **keys: object) -> str:
    """Return the message with which a question fails."""
    async with registry(url, **keys) as client:
        with pytest.raises(RegistryUnreachableError) as caught:
            await client.schema(schema_id)
    return str(caught.value)
