"""Unit tests of `consumer/registry.py`: how it is reached, and who we say we are."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from consumer.config.secret import Secret
from consumer.config.settings import RegistrySettings
from consumer.errors import ConfigurationError, RegistryUnreachableError
from consumer.registry import RegisteredSchema, Registry
from tests.broker.process import free_ports
from tests.certificates import make_certificates
from tests.proxy import running_proxy
from tests.scripted_server import Ending, Step, scripted_server
from tests.unit.registry_kit import (
    FOUND,
    ID,
    SCHEMA,
    error,
    failure,
    registry,
)


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
        keys = {"logical_cluster": "lsrc-1", "identity_pool": "pool-1"}
        async with registry(url, token=Secret("S3cret"), **keys) as client:
            await client.schema(ID)
        head = server.requests[0].decode()
    assert "Authorization: Bearer S3cret\r\n" in head
    assert "target-sr-cluster: lsrc-1\r\n" in head
    assert "Confluent-Identity-Pool-Id: pool-1\r\n" in head


async def test_a_token_in_a_file_is_read_at_each_request(tmp_path: Path) -> None:
    """Whoever rotates it changes the file, and nothing has to be restarted."""
    file = tmp_path / "token"
    file.write_text("first\n")
    async with (
        scripted_server([error(401, 401), FOUND]) as server,
        registry(
            f"http://127.0.0.1:{server.port}", token=Secret("first", file)
        ) as client,
    ):
        with pytest.raises(RegistryUnreachableError, match="refuses our credentials"):
            await client.schema(ID)
        file.write_text("second\n")
        assert await client.schema(ID) == RegisteredSchema(text=SCHEMA)
        heads = [request.decode() for request in server.requests]
    assert "Authorization: Bearer first\r\n" in heads[0]
    assert "Authorization: Bearer second\r\n" in heads[1]
    assert "identity-pool" not in heads[1].lower()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the token in {file} cannot be read: FileNotFoundError"),
        (b"\xff", "the token in {file} cannot be read: UnicodeDecodeError"),
        (b"\n", "the token in {file} is empty, or has characters that no header"),
        (b"s3c\r\nret", "the token in {file} is empty, or has characters that no"),
    ],
)
async def test_a_token_that_cannot_be_sent_is_told(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    """Records wait until it can, and the message does not show it."""
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    told = await failure("http://127.0.0.1:9", token=Secret("s3cret", file))
    place = "schema registry http://127.0.0.1:9: "
    assert told.startswith(place + message.format(file=file))
    assert "s3c" not in told


async def test_a_token_in_the_configuration_is_checked_too() -> None:
    """A line break in it must not become a header of its own."""
    told = await failure("http://127.0.0.1:9", token=Secret("a\r\nb: c"))
    assert told.endswith(
        "registry.token is empty, or has characters that no header may carry"
    )


@pytest.mark.parametrize("first", ["down", "sick"])
async def test_the_second_url_is_asked_when_the_first_gives_no_answer(
    first: str,
) -> None:
    """Several URLs are ways to one registry: refused, or 5xx, the next is asked."""
    (port,) = free_ports(1)
    async with (
        scripted_server([FOUND]) as second,
        scripted_server([error(503, 1)]) as sick,
    ):
        bad = port if first == "down" else sick.port
        url = f"http://127.0.0.1:{bad},http://127.0.0.1:{second.port}/path"
        async with registry(url) as client:
            assert await client.schema(ID) == RegisteredSchema(text=SCHEMA)
        assert second.requests[0].startswith(b"GET /path/schemas/ids/7 ")


async def test_each_url_has_its_time() -> None:
    """One that is silent takes nothing from the next."""
    async with (
        scripted_server([Step(ending=Ending.HANG)]) as silent,
        scripted_server([Step(ending=Ending.HANG)]) as other,
        scripted_server([FOUND]) as good,
    ):
        urls = [f"http://127.0.0.1:{one.port}" for one in (silent, other, good)]
        async with registry(",".join(urls), timeout_seconds=0.3) as client:
            assert await client.schema(ID) == RegisteredSchema(text=SCHEMA)


async def test_an_answer_of_the_first_url_holds() -> None:
    """What it does not have the others are not asked for."""
    async with (
        scripted_server([error(404, 40403)]) as one,
        scripted_server([FOUND]) as two,
    ):
        url = f"http://127.0.0.1:{one.port},http://127.0.0.1:{two.port}"
        async with registry(url) as client:
            assert await client.schema(ID) is None
        assert two.requests == []


async def test_when_no_url_answers_all_are_named() -> None:
    """Neither is shown with a path."""
    first, second = free_ports(2)
    told = await failure(f"http://127.0.0.1:{first}/a,http://127.0.0.1:{second}/b")
    hosts = f"http://127.0.0.1:{first}, http://127.0.0.1:{second}"
    assert told.startswith(f"schema registry {hosts}: ConnectError")


async def test_a_client_shows_its_certificate(tmp_path: Path) -> None:
    """Mutual TLS: with certificate and key it is answered, without it is not."""
    made = make_certificates(tmp_path)
    keys = {
        "certificate_file": Path(made.client_file),
        "key_file": Path(made.client_key_file),
    }
    async with scripted_server([FOUND, FOUND], made.mutual) as server:
        url = f"https://127.0.0.1:{server.port}"
        async with registry(url, ca_file=Path(made.ca_file), **keys) as client:
            assert await client.schema(ID) == RegisteredSchema(text=SCHEMA)
        told = await failure(url, ca_file=Path(made.ca_file))
        assert told.startswith(f"schema registry {url}: ")
        assert len(server.requests) == 1


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
