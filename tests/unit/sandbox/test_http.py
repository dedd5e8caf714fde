"""The small server on a real socket: what goes in, and how answers leave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from consumer.sandbox.http import Handler, HttpServer, Later, Manner, Reply
from consumer.sandbox.wire import Request

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@asynccontextmanager
async def talking(handler: Handler) -> AsyncIterator[Streams]:
    """Serve with a handler and connect to it."""
    server = HttpServer(handler)
    await server.start("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await server.aclose()
        await server.aclose()


def echo(request: Request) -> Reply:
    """Answer with the body."""
    return Reply(200, request.body, "text/plain", (("X-Path", request.path),))


async def test_an_answer_has_status_headers_and_body() -> None:
    """The answer is what the handler said, and the connection stays."""
    async with talking(echo) as (reader, writer):
        for _ in range(2):
            writer.write(b"POST /p HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head == (
                b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                b"Content-Length: 2\r\nX-Path: /p\r\n\r\n"
            )
            assert await reader.readexactly(2) == b"hi"


async def test_a_client_may_close() -> None:
    """After `Connection: close` the server closes, and handles nothing behind it."""
    handled = []

    def handler(request: Request) -> Reply:
        handled.append(request)
        return echo(request)

    async with talking(handler) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n" + GET)
        assert (await reader.read()).count(b"HTTP/1.1 200") == 1
        assert len(handled) == 1


async def test_what_is_not_http_is_told_and_closed() -> None:
    """Bytes that are not a request end with a status and the connection."""
    async with talking(echo) as (reader, writer):
        writer.write(b"nonsense\r\n\r\n" + GET)
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 400 Bad Request")
        assert answer.count(b"HTTP/1.1") == 1


async def test_a_client_may_wait_for_its_turn() -> None:
    """A client that expects 100 Continue gets it, once, and then its answer."""
    async with talking(echo) as (reader, writer):
        head = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        writer.write(head)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"hi")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_work_ends_though_its_client_has_gone() -> None:
    """What was to be done later is done, with nobody left to answer."""
    done = asyncio.Event()

    def finish() -> Reply:
        done.set()
        return Reply(200)

    async with talking(lambda _: Later(0.01, finish)) as (_, writer):
        writer.write(GET)
        await writer.drain()
        writer.close()
        await asyncio.wait_for(done.wait(), 5)


async def test_a_later_answer_may_be_later_still() -> None:
    """An answer that is put off twice comes in the end, and the next one after it."""
    waits = iter((True, False, False))

    def handler(request: Request) -> Reply | Later:
        if next(waits):
            return Later(0.001, lambda: Later(0.001, lambda: echo(request)))
        return echo(request)

    async with talking(handler) as (reader, writer):
        writer.write(GET * 2)
        for _ in range(2):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("manner", [Manner.DRIP, Manner.TRUNCATED, Manner.CLOSE])
async def test_an_answer_may_end_the_connection(manner: Manner) -> None:
    """A spoilt answer to a closing client ends in time, whole or not."""
    reply = Reply(200, b"0123456789", manner=manner, drip_seconds=0.0001)
    async with talking(lambda _: reply) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        whole = reply.head() + reply.body
        wanted = {Manner.DRIP: whole, Manner.TRUNCATED: whole[:-5], Manner.CLOSE: b""}
        assert answer == wanted[manner]


async def test_a_drip_ends_with_its_client() -> None:
    """A drip stops when the client goes, and closing the server ends what is left."""
    reply = Reply(200, b"x" * 10_000, manner=Manner.DRIP, drip_seconds=0.0)
    async with talking(lambda _: reply) as (reader, writer):
        writer.write(GET)
        assert await reader.readexactly(8) == b"HTTP/1.1"
        writer.close()
        await writer.wait_closed()
