"""A small HTTP proxy: it forwards plain requests and tunnels the rest."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Proxy", "running_proxy"]

_REFUSAL = (
    b"HTTP/1.1 407 Proxy Authentication Required\r\n"
    b'Proxy-Authenticate: Basic realm="proxy"\r\nContent-Length: 0\r\n\r\n'
)


class Proxy:
    """Keeps the heads that it was sent. Owned by the test; made by `running_proxy`.

    Attributes:
        port: Where it listens.
        heads: Each request's head, as it came, CONNECT included.
    """

    def __init__(self, credentials: str | None) -> None:
        self.port = 0
        self.heads: list[bytes] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._line = b""
        if credentials is not None:
            pair = b64encode(credentials.encode())
            self._line = b"\r\nProxy-Authorization: Basic " + pair + b"\r\n"

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one client's connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def close(self) -> None:
        """End every connection that is still open."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve_one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        first = await reader.readexactly(1)
        if not first.isalpha():  # such as the first byte of TLS
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return False
        head = first + await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        method, place, _ = head.split(b" ", 2)
        if self._line not in head:
            writer.write(_REFUSAL)
            await writer.drain()
            return method != b"CONNECT"
        if method == b"CONNECT":
            await _tunnel(place, reader, writer)
            return False
        await _forward(head, reader, writer)
        return True


async def _tunnel(
    place: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    host, _, port = place.decode().rpartition(":")
    far_reader, far_writer = await asyncio.open_connection(host, int(port))
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_copy(reader, far_writer))
            tasks.create_task(_copy(far_reader, writer))
    finally:
        far_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def _forward(
    head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Send one request on, in origin form, over a connection of its own."""
    method, place, rest = head.split(b" ", 2)
    host, _, path = place.removeprefix(b"http://").partition(b"/")
    lines = [line for line in rest.split(b"\r\n") if not line.startswith(b"Proxy-")]
    name, _, port = host.decode().rpartition(":")
    far_reader, far_writer = await asyncio.open_connection(name, int(port))
    try:
        far_writer.write(method + b" /" + path + b" " + b"\r\n".join(lines))
        far_writer.write(await reader.readexactly(_length(lines)))
        answer = await far_reader.readuntil(b"\r\n\r\n")
        answer += await far_reader.readexactly(_length(answer.split(b"\r\n")))
        writer.write(answer)
        await writer.drain()
    finally:
        far_writer.close()


def _length(lines: list[bytes]) -> int:
    for line in lines:
        name, _, value = line.partition(b": ")
        if name.lower() == b"content-length":
            return int(value)
    return 0


@asynccontextmanager
async def running_proxy(credentials: str | None = None) -> AsyncIterator[Proxy]:
    """Run a proxy on 127.0.0.1 that asks for `user:password`, if given."""
    proxy = Proxy(credentials)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
        await server.wait_closed()
