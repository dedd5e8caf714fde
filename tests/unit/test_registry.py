"""Unit tests of `consumer/registry.py`: what goes out, and what becomes of no answer.

What comes back from a registry that is well is in `tests/contract/test_registry.py`.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from consumer.config.secret import Secret
from consumer.config.settings import RegistrySettings
from consumer.errors import ConfigurationError, RegistryUnreachableError
from consumer.model import SchemaId
from consumer.registry import RegisteredSchema, Registry
from tests.broker.process import free_ports
from tests.certificates import make_certificates
from tests.proxy import running_proxy
from tests.scripted_server import Ending, Step, scripted_server

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
    """Give a registry client for `url`; settings and credentials by keyword."""
    token = keys.pop("token", None)
    settings = RegistrySettings(url=url, **{"timeout_seconds": 5.0, **keys})  # type: ignore[arg-type]  # the tests' own keywords
    client = Registry(settings, token=token)  # type: ignore[arg-type]  # as above
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


async def test_user_and_password_go_out_as_basic_authentication() -> None:
    """The path of the URL is kept before the registry's own."""
    async with scripted_server([FOUND]) as server:
        url = f"http://127.0.0.1:{server.port}/apis/ccompat/v7"
        secret = {"username": "me", "password": Secret("s3cret:x")}
        async with registry(url, **secret) as client:
            assert await client.schema(ID) == RegisteredSchema(text=SCHEMA)
        head = server.requests[0].decode()
    assert head.startswith("GET /apis/ccompat/v7/schemas/ids/7 HTTP/1.1\r\n")
    pair = base64.b64encode(b"me:s3cret:x").decode()
    assert f"authorization: basic {pair}".lower() in head.lower()


async def test_a_token_goes_out_as_bearer() -> None:
    """A hosted registry takes a token."""
    async with scripted_server([FOUND]) as server:
        url = f"http://127.0.0.1:{server.port}"
        async with registry(url, token=Secret("s3cret")) as client:
            await client.schema(ID)
        assert b"authorization: bearer s3cret" in server.requests[0].lower()


async def test_a_guid_is_asked_for_in_its_usual_form() -> None:
    """With hyphens, as registries write it."""
    async with scripted_server([FOUND]) as server:
        async with registry(f"http://127.0.0.1:{server.port}") as client:
            assert await client.schema(GUID) == RegisteredSchema(text=SCHEMA)
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


async def test_a_certificate_of_a_private_authority_needs_that_authority(
    tmp_path: Path,
) -> None:
    """With it the registry is asked, with another it is not."""
    made = make_certificates(tmp_path)
    async with scripted_server([FOUND], made.server) as server:
        url = f"https://127.0.0.1:{server.port}"
        async with registry(url, ca_file=Path(made.ca_file)) as client:
            assert await client.schema(ID) == RegisteredSchema(text=SCHEMA)
        told = await failure(url, ca_file=Path(made.other_ca_file))
    assert "CERTIFICATE_VERIFY_FAILED" in told


async def test_tls_to_a_plain_port_is_told() -> None:
    """The scheme of the URL is wrong."""
    async with running_proxy() as plain:  # answers what is no HTTP with 400
        told = await failure(f"https://127.0.0.1:{plain.port}")
    assert f"schema registry https://127.0.0.1:{plain.port}: ConnectError" in told
    assert "SSL" in told


async def test_a_proxy_stands_between() -> None:
    """With its credentials it forwards, without them it refuses."""
    async with scripted_server([FOUND]) as server, running_proxy("me:s3cret") as proxy:
        url = f"http://127.0.0.1:{server.port}"
        good = Secret(f"http://me:s3cret@127.0.0.1:{proxy.port}")
        async with registry(url, proxy=good) as client:
            assert await client.schema(ID) == RegisteredSchema(text=SCHEMA)
        told = await failure(url, proxy=Secret(f"http://127.0.0.1:{proxy.port}"))
    assert told == f"schema registry {url}: HTTP 407"
    assert len(proxy.heads) == 2


async def test_a_file_that_is_no_certificate_is_a_fault_of_the_configuration(
    tmp_path: Path,
) -> None:
    """The process does not start with it."""
    file = tmp_path / "ca.pem"
    file.write_text("nonsense")
    with pytest.raises(ConfigurationError) as caught:
        Registry(RegistrySettings(url="https://r", ca_file=file))
    assert [fault.file for fault in caught.value.faults] == [str(file)]


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
