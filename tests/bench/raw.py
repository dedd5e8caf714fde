"""The raw limits: what the libraries below us cost alone, each in its fastest form.

Every function returns CPU microseconds of this process per record or call, all threads.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from io import BytesIO
from typing import TypeAlias

import aiohttp
import uvloop
from confluent_kafka import Consumer, Message, TopicPartition
from fastavro import parse_schema, schemaless_reader
from yarl import URL

from consumer.model import Request
from tests.bench.events import FRAME, SCHEMA

__all__ = ["by_connector", "by_fastavro", "by_session", "consume", "spent_by"]

Call: TypeAlias = Callable[[Request], Coroutine[object, object, None]]

BATCH = 500
MICROSECONDS = 1e6
NO_TIMEOUT = aiohttp.ClientTimeout(total=None)


def consume(
    bootstrap: str, topic: str, partitions: int, count: int
) -> tuple[float, list[Message]]:
    """Read `count` messages and their values in batches; return the cost and them."""
    reader = Consumer({
        "bootstrap.servers": bootstrap,
        "group.id": "bench-raw",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "log_level": 0,
    })
    found: list[Message] = []
    try:
        began = time.process_time()
        reader.assign([TopicPartition(topic, n, 0) for n in range(partitions)])
        while len(found) < count:
            messages = reader.consume(min(BATCH, count - len(found)), 1.0)
            for message in messages:
                message.value()
            found += messages
        spent = time.process_time() - began
    finally:
        reader.close()
    return spent / count * MICROSECONDS, found


def by_fastavro(contents: Sequence[bytes]) -> float:
    """Read each value with fastavro alone."""
    schema = parse_schema(SCHEMA)
    start = len(FRAME)
    began = time.process_time()
    for content in contents:
        stream = BytesIO(content)
        stream.seek(start)
        schemaless_reader(stream, schema, None)
    return (time.process_time() - began) / len(contents) * MICROSECONDS


def by_session(url: str, requests: Sequence[Request], in_flight: int) -> float:
    """Send each request by `ClientSession.post`."""

    async def main() -> float:
        connector = aiohttp.TCPConnector(limit=in_flight)
        async with aiohttp.ClientSession(url, connector=connector) as session:

            async def call(request: Request) -> None:
                async with session.post(request.target, data=request.body) as answer:
                    await answer.read()

            return await spent_by(call, requests, in_flight)

    return run(main)


def by_connector(url: str, requests: Sequence[Request], in_flight: int) -> float:
    """Send each request's bytes over aiohttp's connector, and let its parser read."""

    async def main() -> float:
        place = aiohttp.ClientRequest("POST", URL(url))
        async with aiohttp.TCPConnector(limit=in_flight) as connector:

            async def call(request: Request) -> None:
                connection = await connector.connect(place, [], NO_TIMEOUT)
                protocol, transport = connection.protocol, connection.transport
                assert protocol is not None
                assert transport is not None
                protocol.set_response_params(read_until_eof=True, auto_decompress=False)
                transport.write(request.head + b"\r\n" + request.body)
                _, payload = await protocol.read()
                await payload.read()
                connection.release()

            return await spent_by(call, requests, in_flight)

    return run(main)


def run(main: Callable[[], Coroutine[None, None, float]]) -> float:
    """Run `main` on the loop that the consumer uses."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


async def spent_by(call: Call, requests: Sequence[Request], in_flight: int) -> float:
    """Make all calls, so many at once; return CPU microseconds for each."""
    await all_of(call, requests[:in_flight], in_flight)  # opens the connections
    began = time.process_time()
    await all_of(call, requests, in_flight)
    return (time.process_time() - began) / len(requests) * MICROSECONDS


async def all_of(call: Call, requests: Sequence[Request], in_flight: int) -> None:
    """Make all calls, one after the other in each of so many tasks."""
    left = iter(requests)
    await asyncio.gather(*(worker(call, left) for _ in range(in_flight)))


async def worker(call: Call, left: Iterator[Request]) -> None:
    """Make calls until none is left."""
    for request in left:
        await call(request)
