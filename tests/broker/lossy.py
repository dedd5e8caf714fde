"""A TCP proxy before a Kafka broker that loses answers to one kind of request.

A request begins with its length, api key, version and correlation id (4, 2, 2 and 4
bytes); its answer with length and correlation id (Kafka protocol guide, "Protocol
Primitives" and "Request Header"). So an answer that is to be lost can be told, however
the connection goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager

from tests.broker.kafka import KafkaBroker
from tests.threads import on_a_thread

__all__ = [
    "CONSUMER_GROUP_HEARTBEAT",
    "OFFSET_COMMIT",
    "OFFSET_FETCH",
    "LossyProxy",
    "lossy",
    "lossy_on_a_thread",
]

OFFSET_COMMIT = 8
OFFSET_FETCH = 9
CONSUMER_GROUP_HEARTBEAT = 68


class LossyProxy:
    """Loses answers while it is told to. Made by `lossy`, owned by its test.

    Attributes:
        bootstrap: What a client is told.
        loses: The api key whose answers are lost now; None for none.
        lost: How many were.
    """

    def __init__(self, broker: KafkaBroker) -> None:
        self.bootstrap = f"127.0.0.1:{broker.proxy_port}"
        self.loses: int | None = None
        self.lost = 0
        self._broker_port = broker.lossy_port
        self._lines: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Begin to serve one client's connection."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._lines[task] = writer

    async def aclose(self) -> None:
        """End every connection."""
        for task in self._lines:
            task.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)
        for writer in self._lines.values():
            writer.close()
        ends = (writer.wait_closed() for writer in self._lines.values())
        await asyncio.gather(*ends, return_exceptions=True)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        back, out = await asyncio.open_connection("127.0.0.1", self._broker_port)
        asked: dict[int, int] = {}
        there = asyncio.create_task(self._requests(reader, out, asked))
        try:
            await self._answers(back, writer, asked)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()
        finally:
            there.cancel()
            await asyncio.gather(there, return_exceptions=True)
            out.close()
            await asyncio.gather(out.wait_closed(), return_exceptions=True)

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        out: asyncio.StreamWriter,
        asked: dict[int, int],
    ) -> None:
        try:
            while True:
                head = await reader.readexactly(12)
                asked[int.from_bytes(head[8:])] = int.from_bytes(head[4:6])
                rest = int.from_bytes(head[:4]) - 8
                out.write(head + await reader.readexactly(rest))
                await out.drain()
        except (OSError, asyncio.IncompleteReadError):
            out.close()  # which ends the answers too

    async def _answers(
        self,
        back: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        asked: dict[int, int],
    ) -> None:
        while True:
            head = await back.readexactly(8)
            rest = await back.readexactly(int.from_bytes(head[:4]) - 4)
            if asked.pop(int.from_bytes(head[4:])) == self.loses:
                self.lost += 1
                continue
            writer.write(head + rest)
            await writer.drain()


@asynccontextmanager
async def lossy(broker: KafkaBroker) -> AsyncIterator[LossyProxy]:
    """Give a proxy that passes everything on until it is told to lose something."""
    proxy = LossyProxy(broker)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", broker.proxy_port)
    try:
        yield proxy
    finally:
        server.close()
        await proxy.aclose()
        await server.wait_closed()


def lossy_on_a_thread(broker: KafkaBroker) -> AbstractContextManager[LossyProxy]:
    """Give one on a loop of its own, for clients that are processes."""
    return on_a_thread(lambda: lossy(broker))
