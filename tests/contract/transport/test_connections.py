"""What both real transports promise of their connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

import aiohttp
import pytest

from consumer.deliver.single_settings import Shape
from consumer.model import Answer, Fault, FaultKind
from consumer.transport.connector import ConnectorTransport
from consumer.transport.session import SessionTransport
from consumer.transport.settings import TransportSettings
from tests.contract.transport.cases import FINE, HANGS, OK, plain
from tests.contract.transport.subjects import (
    REAL,
    always,
    no_token,
    request_of,
    until,
)
from tests.scripted_server import Ending, ScriptedServer, Step, scripted_server

REQUEST = request_of()


class Pair(NamedTuple):
    """A real transport and the server that it talks to."""

    transport: ConnectorTransport | SessionTransport
    server: ScriptedServer

    async def call(self, shape: Shape = Shape.FORM) -> Answer | Fault:
        """Make one call."""
        return await self.transport.send(request_of(shape=shape), always)

    @property
    def pool(self) -> aiohttp.BaseConnector:
        """The pool behind the transport."""
        if isinstance(self.transport, ConnectorTransport):
            return self.transport._connector
        connector = self.transport._session.connector
        assert connector is not None
        return connector

    @property
    def idle(self) -> list[aiohttp.client_proto.ResponseHandler]:
        """The connections that wait in the pool."""
        pooled = [each for some in self.pool._conns.values() for each, _ in some]
        if isinstance(self.transport, ConnectorTransport):
            return [*pooled, *(line.protocol for line in self.transport._lines._idle)]
        return pooled

    @property
    def taken(self) -> int:
        """How many connections are in use."""
        kept = len(self.idle) - sum(map(len, self.pool._conns.values()))
        return len(self.pool._acquired) - kept


@asynccontextmanager
async def pair(
    kind: str,
    *script: Step,
    timeout_seconds: float = 5.0,
    max_connections: int = 64,
    keepalive_seconds: float = 15.0,
) -> AsyncIterator[Pair]:
    async with scripted_server(script) as server:
        settings = TransportSettings(
            base_url=f"http://127.0.0.1:{server.port}",
            timeout_seconds=timeout_seconds,
            max_connections=max_connections,
            keepalive_seconds=keepalive_seconds,
        )
        transport = REAL[kind](settings, no_token)
        yield Pair(transport, server)
        await transport.aclose()


async def test_a_connection_is_used_again(real: str) -> None:
    """Calls that follow each other share one connection."""
    async with pair(real, *[FINE] * 5) as under_test:
        for _ in range(5):
            assert await under_test.call() == OK
        assert (under_test.server.connections, under_test.taken) == (1, 0)


@pytest.mark.parametrize(
    "step",
    [
        Step(pieces=(plain("200 OK", OK.body, "Connection: close"),)),
        Step(pieces=(FINE.pieces[0].replace(b"HTTP/1.1", b"HTTP/1.0"),)),
    ],
)
async def test_a_server_may_want_a_new_connection(real: str, step: Step) -> None:
    """A connection that its server is about to close is not used again."""
    async with pair(real, step, FINE) as under_test:
        assert [await under_test.call(), await under_test.call()] == [OK, OK]
        assert under_test.server.connections == 2


async def test_an_idle_connection_that_was_closed(real: str) -> None:
    """It is noticed before anything is written: the call takes a new one."""
    async with pair(real, FINE, FINE) as under_test:
        assert await under_test.call() == OK
        (idle,) = under_test.idle
        under_test.server.hang_up()
        await until(lambda: not idle.is_connected())
        assert await under_test.call() == OK
        assert under_test.server.connections == 2


async def test_a_connection_closed_right_after_its_answer(real: str) -> None:
    """A server that closes without saying so costs no call."""
    closing = Step(pieces=FINE.pieces, ending=Ending.CLOSE)
    async with pair(real, closing, closing) as under_test:
        assert await under_test.call() == OK
        await until(lambda: not any(each.is_connected() for each in under_test.idle))
        assert await under_test.call() == OK


@pytest.mark.parametrize("shape", [Shape.FORM, Shape.GET])
async def test_an_answer_that_nobody_asked_for(real: str, shape: Shape) -> None:
    """It is never taken for the answer of the next request."""
    async with pair(real, *[FINE] * 3) as under_test:
        assert await under_test.call(shape) == OK
        (idle,) = under_test.idle
        under_test.server.say(plain("408 Request Timeout"))
        await until(lambda: idle.should_close)
        answer = await under_test.call(shape)
        assert answer == OK or isinstance(answer, Fault)
        assert await under_test.call(shape) == OK


async def test_two_answers_at_once(real: str) -> None:
    """What follows a whole answer is thrown away with its connection."""
    double = Step(pieces=(FINE.pieces[0] + plain("500 Oops"),))
    async with pair(real, double, FINE) as under_test:
        assert [await under_test.call(), await under_test.call()] == [OK, OK]
        assert under_test.server.connections == 2


@pytest.mark.parametrize("shape", [Shape.FORM, Shape.GET])
async def test_a_refused_lease_gives_the_connection_back(
    real: str, shape: Shape
) -> None:
    """No byte is written, and the next call uses that very connection."""
    async with pair(real, FINE) as under_test:
        answer = await under_test.transport.send(request_of(shape=shape), lambda: False)
        assert isinstance(answer, Fault)
        assert answer.kind is FaultKind.LEASE
        assert (len(under_test.idle), under_test.taken) == (1, 0)
        assert await under_test.call() == OK
        assert under_test.server.connections == 1
    assert len(under_test.server.requests) == 1


async def test_the_lease_is_asked_with_a_connection_in_hand(real: str) -> None:
    """Waiting for a free connection does not use up the right to send."""
    asked: list[int] = []

    def may_send() -> bool:
        asked.append(under_test.server.connections)
        return True

    async with pair(real, HANGS["silence"], FINE, max_connections=1) as under_test:
        first = asyncio.ensure_future(under_test.call())
        await until(lambda: len(under_test.server.requests) == 1)
        second = asyncio.ensure_future(under_test.transport.send(REQUEST, may_send))
        await asyncio.sleep(0)
        assert asked == []
        first.cancel()
        assert await second == OK
        assert len(asked) == 1


async def test_the_pool_has_a_limit(real: str) -> None:
    """Calls beyond the limit wait for a connection; none is opened for them."""
    async with pair(real, *[FINE] * 40, max_connections=3) as under_test:
        answers = await asyncio.gather(*(under_test.call() for _ in range(40)))
        assert answers == [OK] * 40
        assert under_test.server.connections <= 3


async def test_waiting_for_a_connection_counts(real: str) -> None:
    """The deadline covers the wait for a free connection, too."""
    hangs = [HANGS["silence"]] * 2
    async with pair(
        real, *hangs, max_connections=1, timeout_seconds=0.15
    ) as under_test:
        answers = await asyncio.gather(under_test.call(), under_test.call())
        kinds = [each.kind for each in answers if isinstance(each, Fault)]
        assert kinds == [FaultKind.TIMEOUT] * 2


@pytest.mark.parametrize("case", HANGS)
async def test_a_cut_call_leaves_no_connection(real: str, case: str) -> None:
    """After a deadline the connection is gone on both sides."""
    async with pair(real, HANGS[case], timeout_seconds=0.1) as under_test:
        assert isinstance(await under_test.call(), Fault)
        assert (under_test.idle, under_test.taken) == ([], 0)
        await until(lambda: under_test.server.lost == 1)


async def test_a_cancelled_call_leaves_no_connection(real: str) -> None:
    """After a cancellation the connection is gone on both sides."""
    async with pair(real, HANGS["a body that drips"]) as under_test:
        call = asyncio.ensure_future(under_test.call())
        await until(lambda: len(under_test.server.requests) == 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert (under_test.idle, under_test.taken) == ([], 0)
        await until(lambda: under_test.server.lost == 1)


async def test_closing_ends_the_calls_under_way(real: str) -> None:
    """Those on the wire and those that wait for a connection end as faults."""
    async with pair(real, HANGS["silence"], max_connections=1) as under_test:
        calls = [asyncio.ensure_future(under_test.call()) for _ in range(2)]
        await until(lambda: len(under_test.server.requests) == 1)
        await under_test.transport.aclose()
        answers = await asyncio.gather(*calls)
    assert [type(answer) for answer in answers] == [Fault, Fault]


async def test_an_idle_connection_grows_too_old(real: str) -> None:
    """One that was unused for longer than the setting is not used again."""
    async with pair(real, FINE, FINE, keepalive_seconds=1e-9) as under_test:
        assert [await under_test.call(), await under_test.call()] == [OK, OK]
        assert under_test.server.connections == 2


async def test_nobody_listens(real: str) -> None:
    """A refused connection is a fault that says so, without an address."""
    async with pair(real) as under_test:
        port = under_test.server.port
    settings = TransportSettings(base_url=f"http://127.0.0.1:{port}")
    transport = REAL[real](settings, no_token)
    answer = await transport.send(REQUEST, always)
    await transport.aclose()
    assert answer == Fault(
        FaultKind.CONNECT, "no connection to the target: connection refused"
    )


async def test_a_name_that_does_not_resolve(real: str) -> None:
    """A wrong host is a fault that says so."""
    settings = TransportSettings(base_url="http://no-such-host.invalid")
    transport = REAL[real](settings, no_token)
    answer = await transport.send(REQUEST, always)
    await transport.aclose()
    assert answer == Fault(FaultKind.CONNECT, "the target's name does not resolve")


async def test_a_server_that_speaks_first(real: str) -> None:
    """Its greeting is never taken for an answer: it is no HTTP, or out of turn."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = TransportSettings(base_url=f"http://127.0.0.1:{port}")
    transport = REAL[real](settings, no_token)
    answer = await transport.send(REQUEST, always)
    await transport.aclose()
    server.close()
    await server.wait_closed()
    assert isinstance(answer, Fault)
    assert answer.kind in {FaultKind.PROTOCOL, FaultKind.CONNECT}


async def test_a_server_that_hangs_up_first(real: str) -> None:
    """A connection that is closed as soon as it is open is a fault, not a loop."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = TransportSettings(base_url=f"http://127.0.0.1:{port}")
    transport = REAL[real](settings, no_token)
    answer = await transport.send(REQUEST, always)
    await transport.aclose()
    server.close()
    await server.wait_closed()
    assert isinstance(answer, Fault)
    assert answer.kind in {FaultKind.CONNECT, FaultKind.RESET}
