"""TLS with a private authority, and both ways through a proxy."""

from __future__ import annotations

import pytest

from consumer.model import Answer, Fault, FaultKind
from consumer.transport.settings import TransportSettings
from tests.certificates import Certificates
from tests.contract.transport.cases import FINE, OK
from tests.contract.transport.subjects import REAL, always, request_of
from tests.proxy import running_proxy
from tests.scripted_server import scripted_server

TOKEN = "s3cr3t-token"
USER = "user:pass%20w%C3%B6rd"  # as in a URL
CREDENTIALS = "user:pass wörd"


async def call(
    kind: str, settings: TransportSettings, times: int = 1
) -> Answer | Fault:
    """Make `times` calls and return the last answer."""
    transport = REAL[kind](settings, lambda: TOKEN)
    answer: Answer | Fault = Fault(FaultKind.LEASE)
    for _ in range(times):
        answer = await transport.send(request_of(), always)
    await transport.aclose()
    return answer


async def test_a_private_authority(real: str, certificates: Certificates) -> None:
    """A server whose certificate our authority signed is trusted, and reused."""
    async with scripted_server([FINE, FINE], certificates.server) as server:
        settings = TransportSettings(
            base_url=f"https://127.0.0.1:{server.port}", ca_file=certificates.ca_file
        )
        assert await call(real, settings, times=2) == OK
        assert server.connections == 1


async def test_a_wrong_authority(real: str, certificates: Certificates) -> None:
    """A server that another authority signed is not trusted: nothing is sent."""
    async with scripted_server([FINE], certificates.server) as server:
        settings = TransportSettings(
            base_url=f"https://127.0.0.1:{server.port}",
            ca_file=certificates.other_ca_file,
        )
        answer = await call(real, settings)
        assert server.requests == []
    assert isinstance(answer, Fault)
    assert answer.kind is FaultKind.TLS
    assert answer.detail.startswith("the certificate is not trusted: ")


async def test_a_wrong_name(real: str, certificates: Certificates) -> None:
    """A trusted certificate of another host is not trusted for this one."""
    async with scripted_server([FINE], certificates.other_host) as server:
        settings = TransportSettings(
            base_url=f"https://127.0.0.1:{server.port}", ca_file=certificates.ca_file
        )
        answer = await call(real, settings)
        assert server.requests == []
    assert isinstance(answer, Fault)
    assert answer.kind is FaultKind.TLS
    assert "hostname mismatch" in answer.detail.lower() or "IP address" in answer.detail


async def test_tls_to_a_plain_port(real: str) -> None:
    """A plain server's answer is no TLS, and the fault says so."""
    async with running_proxy() as plain:
        settings = TransportSettings(base_url=f"https://127.0.0.1:{plain.port}")
        answer = await call(real, settings)
    assert answer == Fault(FaultKind.TLS, "no TLS: wrong version number")


async def test_plain_to_a_tls_port(real: str, certificates: Certificates) -> None:
    """An alert in place of an answer is no HTTP."""
    async with scripted_server([FINE], certificates.server) as server:
        settings = TransportSettings(base_url=f"http://127.0.0.1:{server.port}")
        answer = await call(real, settings)
    assert isinstance(answer, Fault)
    assert answer.kind in {FaultKind.PROTOCOL, FaultKind.RESET}


async def test_a_proxy_forwards_plain_requests(real: str) -> None:
    """It is sent the absolute form and its own credentials; the target is not."""
    async with (
        scripted_server([FINE, FINE]) as server,
        running_proxy(CREDENTIALS) as proxy,
    ):
        settings = TransportSettings(
            base_url=f"http://127.0.0.1:{server.port}",
            proxy=f"http://{USER}@127.0.0.1:{proxy.port}",
        )
        assert await call(real, settings, times=2) == OK
        line = (
            f"POST http://127.0.0.1:{server.port}/m2/acme/profile/update HTTP/1.1\r\n"
        )
        assert [head.startswith(line.encode()) for head in proxy.heads] == [True, True]
        assert b"Authorization: Bearer s3cr3t-token\r\n" in server.requests[0]
        assert b"Proxy-Authorization" not in server.requests[0]


async def test_a_proxy_tunnels_tls(real: str, certificates: Certificates) -> None:
    """It is asked to CONNECT, once for all calls, and sees nothing of the request."""
    async with (
        scripted_server([FINE, FINE], certificates.server) as server,
        running_proxy(CREDENTIALS) as proxy,
    ):
        settings = TransportSettings(
            base_url=f"https://127.0.0.1:{server.port}",
            proxy=f"http://{USER}@127.0.0.1:{proxy.port}",
            ca_file=certificates.ca_file,
        )
        assert await call(real, settings, times=2) == OK
        (head,) = proxy.heads
        assert head.startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n".encode())
        assert TOKEN.encode() not in head
        assert b"Proxy-Authorization" not in server.requests[0]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("user", ["", "user:wrong@"])
async def test_a_proxy_refuses(
    real: str, certificates: Certificates, scheme: str, user: str
) -> None:
    """Its 407 is an answer, for a forwarded request and for a tunnel alike."""
    async with running_proxy(CREDENTIALS) as proxy:
        settings = TransportSettings(
            base_url=f"{scheme}://127.0.0.1:1",
            proxy=f"http://{user}127.0.0.1:{proxy.port}",
            ca_file=certificates.ca_file,
        )
        answer = await call(real, settings)
    assert isinstance(answer, Answer)
    assert answer.status == 407


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_no_proxy_there(
    real: str, certificates: Certificates, scheme: str
) -> None:
    """The fault names the proxy and not its password."""
    async with running_proxy() as proxy:
        port = proxy.port
    settings = TransportSettings(
        base_url=f"{scheme}://127.0.0.1:1",
        proxy=f"http://{USER}@127.0.0.1:{port}",
        ca_file=certificates.ca_file,
    )
    assert await call(real, settings) == Fault(
        FaultKind.CONNECT, "no connection to the proxy: connection refused"
    )
