"""Unit tests of `consumer/registry.py`: what is asked, and what becomes of no answer.

How it is reached is in `test_registry_access.py`; what comes back from a registry that
is well in `tests/contract/test_registry.py`.
"""

from __future__ import annotations

import asyncio

import pytest

from consumer.model import SchemaId
from consumer.registry import RegisteredSchema
from tests.broker.process import free_ports
from tests.scripted_server import Ending, Step, scripted_server
from tests.unit.registry_kit import (
    FOUND,
    GUID,
    ID,
    SCHEMA,
    answer,
    error,
    failure,
    registry,
)


async def test_a_guid_is_asked_for_in_its_usual_form() -> None:
    """With hyphens, as registries write it, and never again."""
    async with scripted_server([FOUND]) as server:
        async with registry(f"http://127.0.0.1:{server.port}") as client:
            found = await client.schema(GUID)
            assert found == RegisteredSchema(text=SCHEMA)
            assert await client.schema(GUID) is found
        assert len(server.requests) == 1
        path = server.requests[0].split(b" ")[1]
    assert path == b"/schemas/guids/01234567-89ab-cdef-0123-456789abcdef"


async def test_one_question_per_id_is_under_way() -> None:
    """A hundred records that wait for one id make one request, now and for ever."""
    async with scripted_server([FOUND]) as server:
        async with registry(f"http://127.0.0.1:{server.port}") as client:
            answers = await asyncio.gather(*(client.schema(ID) for _ in range(100)))
            assert await client.schema(ID) is answers[0]
        assert len(server.requests) == 1


async def test_a_question_outlives_the_one_who_asked() -> None:
    """Whoever stops waiting takes nothing from the others."""
    async with (
        scripted_server([FOUND]) as server,
        registry(f"http://127.0.0.1:{server.port}") as client,
    ):
        first = asyncio.create_task(client.schema(ID))
        second = asyncio.create_task(client.schema(ID))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == RegisteredSchema(text=SCHEMA)


@pytest.mark.parametrize("code", [40401, 40402, 40403])
async def test_what_the_registry_does_not_have_is_none(code: int) -> None:
    """Its own codes say so, and it is asked again the next time."""
    async with (
        scripted_server([error(404, code), FOUND]) as server,
        registry(f"http://127.0.0.1:{server.port}") as client,
    ):
        assert await client.schema(ID) is None
        assert await client.schema(ID) == RegisteredSchema(text=SCHEMA)


async def test_an_id_that_no_registry_can_have_is_not_asked_for() -> None:
    """Ids are signed; Confluent's answers a larger one like a wrong path."""
    async with registry("http://127.0.0.1:9") as client:
        assert await client.schema(SchemaId(number=2**31)) is None


async def test_a_registry_without_guids_has_none() -> None:
    """One record that names a GUID must not hold its partition for ever."""
    async with (
        scripted_server([error(404, 404)]) as server,
        registry(f"http://127.0.0.1:{server.port}") as client,
    ):
        assert await client.schema(GUID) is None


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (error(404, 404), "HTTP 404, but not a schema registry's: is the URL's path"),
        (answer("<html>", "404 Not Found"), "HTTP 404, but not a schema registry's"),
        (error(401, 401), "refuses our credentials (HTTP 401)"),
        (error(403, 403), "refuses our credentials (HTTP 403)"),
        (error(500, 50001), "HTTP 500"),
        (answer("", "302 Found"), "HTTP 302"),
        (answer("<html>"), "the answer is not a schema registry's"),
        (answer([]), "the answer is not a schema registry's"),
        (answer({"id": 1}), "the answer is not a schema registry's"),
        (Step(ending=Ending.CLOSE), "RemoteProtocolError"),
        (
            Step(pieces=(b"SSH-2.0\r\n\r\n",), ending=Ending.CLOSE),
            "RemoteProtocolError",
        ),
        (
            Step(
                pieces=(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",),
                ending=Ending.CLOSE,
            ),
            "RemoteProtocolError",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_no_answer_of_a_registry_says_what_it_is(
    step: Step, message: str
) -> None:
    """The host is named, and the records wait."""
    async with scripted_server([step]) as server:
        told = await failure(f"http://127.0.0.1:{server.port}")
    expected = f"schema registry http://127.0.0.1:{server.port}: {message}"
    assert told[: len(expected)] == expected


async def test_a_registry_that_is_not_there_is_named() -> None:
    """Neither user nor password of the URL is."""
    (port,) = free_ports(1)
    told = await failure(f"http://me:s3cret@127.0.0.1:{port}/path")
    place = f"schema registry http://127.0.0.1:{port}: ConnectError"
    assert told.startswith(place)
    assert "refused" in told
    assert "s3cret" not in told


@pytest.mark.parametrize(
    "step",
    [
        Step(ending=Ending.HANG),
        Step(
            pieces=(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b" "),
            is_drip=True,
        ),
    ],
    ids=["silent", "dripping"],
)
async def test_an_answer_that_does_not_end_is_no_answer(step: Step) -> None:
    """A time-out for each wait, and a deadline over all of them."""
    async with scripted_server([step]) as server:
        url = f"http://127.0.0.1:{server.port}"
        told = await failure(url, timeout_seconds=0.2)
    assert "no answer in time (ReadTimeout)" in told or "no whole answer in" in told


def rule(type_: str, **keys: object) -> dict[str, object]:
    """Return a rule of a schema, as a registry writes it."""
    return {
        "name": type_,
        "kind": "TRANSFORM",
        "mode": "WRITEREAD",
        "type": type_,
        **keys,
    }


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"domainRules": [rule("CEL"), rule("ENCRYPT", tags=["PII"])]}, True),
        ({"encodingRules": [rule("ENCRYPT_PAYLOAD")]}, True),
        ({"domainRules": [rule("ENCRYPT", disabled=True)]}, False),
        ({"domainRules": [rule("CEL_FIELD")], "migrationRules": []}, False),
        ({"migrationRules": [rule("JSONATA", mode="UPGRADE")]}, False),
        ({}, False),
        (None, False),
    ],
    ids=str,
)
async def test_rules_that_encrypt_are_seen_and_others_are_not(
    rules: object, *, expected: bool
) -> None:
    """Both kinds of encryption, when in force; a rule of another type is ignored."""
    step = answer({"schema": SCHEMA, "ruleSet": rules})
    async with (
        scripted_server([step]) as server,
        registry(f"http://127.0.0.1:{server.port}") as client,
    ):
        found = await client.schema(ID)
    assert found == RegisteredSchema(text=SCHEMA, is_encrypted=expected)


async def test_references_come_innermost_first_and_once() -> None:
    """A schema that is referred to through another, and again, is asked for once."""

    def step(name: str, *refers: str) -> Step:
        references = [{"name": r, "subject": f"{r}-s", "version": 1} for r in refers]
        place = {"subject": f"{name}-s", "version": 1, "id": 1}
        return answer({"schema": f'"{name}"', "references": references, **place})

    steps = [step("outer", "middle", "inner"), step("middle", "inner"), step("inner")]
    async with (
        scripted_server(steps) as server,
        registry(f"http://127.0.0.1:{server.port}") as client,
    ):
        found = await client.schema(ID)
        paths = [request.split(b" ")[1] for request in server.requests]
    assert found == RegisteredSchema(
        text='"outer"', references={"inner": '"inner"', "middle": '"middle"'}
    )
    assert list(found.references) == ["inner", "middle"]
    assert paths == [
        b"/schemas/ids/7",
        b"/subjects/middle-s/versions/1?deleted=true",
        b"/subjects/inner-s/versions/1?deleted=true",
    ]


async def test_references_that_do_not_end_are_no_answer() -> None:
    """Two hundred are more than anybody has."""
    steps = [
        answer({
            "schema": SCHEMA,
            "references": [{"name": f"n{i}", "subject": f"s{i}", "version": 1}],
            "subject": f"s{i - 1}",
            "version": 1,
            "id": i,
        })
        for i in range(202)
    ]
    async with scripted_server(steps) as server:
        told = await failure(f"http://127.0.0.1:{server.port}")
    assert told.endswith("the answer is not a schema registry's")
