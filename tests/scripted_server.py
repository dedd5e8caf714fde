"""A raw TCP server that answers by a script, byte for byte, well or badly."""

from __future__ import annotations

import asyncio
import enum
import ssl
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

__all__ = ["Ending", "ScriptedServer", "Step", "scripted_server"]


class Ending(enum.Enum):
    """What becomes of the connection after a step."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"
    HANG = "hang"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one request is answered with.

    Attributes:
        pieces: Written one after the other.
        ending: What follows them.
        is_drip: True when the last piece is repeated, slowly, without an end.
    """

    pieces: tuple[bytes, ...] = ()
    ending: Ending = Ending.KEEP
    is_drip: bool = False


class ScriptedServer:
    """Keeps what it was sent. Owned by the test; made by `scripted_server`.

    Attributes:
        port: Where it listens.
        requests: Head and body of each request, as they came.
        connections: How many were opened so far.
        lost: How many of them have ended.
    """

    def __init__(self, script: Iterable[Step]) -> None:
        self.port = 0
        self.requests: list[bytes] = []
        self.connections = 0
        self.lost = 0
        self._script = deque(script)
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    def say(self, data: bytes) -> None:
        """Write `data` on every open connection, asked or not."""
        for writer in self._open:
            writer.write(data)

    def hang_up(self) -> None:
        """Close every open connection."""
        for writer in self._open:
            writer.close()

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer the requests of one connection."""
        self.connections += 1
        self._open[writer] = asyncio.current_task()
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self.lost += 1
            del self._open[writer]
            writer.close()

    async def close(self) -> None:
        """End every connection that is still open."""
        tasks = [task for task in self._open.values() if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        self.requests.append(await _request(reader))
        step = self._script.popleft()
        for piece in step.pieces:
            writer.write(piece)
            await writer.drain()
        while step.is_drip:
            await asyncio.sleep(0.01)
            writer.write(step.pieces[-1])
            await writer.drain()
        if step.ending is Ending.RESET:
            writer.transport.abort()
        if step.ending is Ending.HANG:
            await reader.read()
        return step.ending is Ending.KEEP


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b": ")
        if name.lower() == b"content-length":
            return head + await reader.readexactly(int(value))
    return head


@asynccontextmanager
async def scripted_server(
    script: Iterable[Step] = (), trust: ssl.SSLContext | None = None
) -> AsyncIterator[ScriptedServer]:
    """Run a server on 127.0.0.1, over TLS when `trust` is given."""
    scripted = ScriptedServer(script)
    server = await asyncio.start_server(
        scripted.serve, "127.0.0.1", 0, ssl=trust, limit=1 << 20
    )
    scripted.port = server.sockets[0].getsockname()[1]
    try:
        yield scripted
    finally:
        server.close()
        await scripted.close()
        await server.wait_closed()
