"""A small HTTP server with full control of how an answer leaves.

aiohttp.web costs about 100 us of CPU for a call like ours and hides the transport;
faults such as half an answer or a reset need it. Measured: see tests/bench.

Rules:
    1. A handler is a plain function: it returns a `Reply`, or a `Later` that gives one
       after a while. It never waits itself.
    2. One request of a connection is answered at a time, in order; what a client sends
       ahead waits in the reader.
    3. A `Later` runs to its end even when its client has gone: a server does not know.
"""

import asyncio
import enum
import socket
import ssl
import struct
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple, TypeAlias, cast

from consumer.sandbox.wire import BadRequestError, Reader, Request

__all__ = ["Handler", "HttpServer", "Later", "Manner", "Reply"]

# SO_LINGER on with 0 s: closing sends RST instead of FIN (socket(7)).
LINGER_RESET = struct.pack("ii", 1, 0)
PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Manner(enum.StrEnum):
    """How an answer leaves."""

    WHOLE = "whole"
    TRUNCATED = "truncated"  # the head, half of the body, then the end
    DRIP = "drip"  # byte after byte
    CLOSE = "close"  # not a byte, then the end
    RESET = "reset"  # not a byte, then RST


class Reply(NamedTuple):
    """One answer.

    Attributes:
        status: The HTTP status.
        body: Its body.
        content_type: Its type.
        headers: Further headers.
        manner: How it leaves.
        drip_seconds: Pause between two bytes of a slow drip.
    """

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    manner: Manner = Manner.WHOLE
    drip_seconds: float = 0.0

    def head(self) -> bytes:
        """Return the status line and headers, up to the empty line."""
        more = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return (
            f"HTTP/1.1 {self.status} {PHRASES.get(self.status, 'Unknown')}\r\n"
            f"Content-Type: {self.content_type}\r\n"
            f"Content-Length: {len(self.body)}\r\n{more}\r\n"
        ).encode("latin-1")


class Later(NamedTuple):
    """An answer that is made after a while.

    Attributes:
        seconds: How long.
        make: Called then, once.
    """

    seconds: float
    make: "Callable[[], Reply | Later]"


Handler: TypeAlias = Callable[[Request], Reply | Later]


class Connection(asyncio.Protocol):
    """One client's connection. Owned by the event loop."""

    def __init__(self, handler: Handler, open_ones: "set[Connection]") -> None:
        self._handler = handler
        self._open_ones = open_ones
        self._reader = Reader()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._busy = False
        self._closes = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the way back."""
        # A cast, because uvloop's transports are not of asyncio's class.
        self._transport = cast("asyncio.Transport", transport)
        self._open_ones.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the way back."""
        del exc
        self._transport = None
        self._open_ones.discard(self)

    def data_received(self, data: bytes) -> None:
        """Answer what is whole."""
        self._reader.feed(data, time.time())
        if not self._busy:
            self._advance()

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def _advance(self) -> None:
        # What a client sent behind a request that closes is not a request.
        while self._transport and not self._busy and not self._transport.is_closing():
            try:
                request = self._reader.next(time.time())
            except BadRequestError as error:
                self._closes = True
                self._send(Reply(error.status, str(error).encode(), "text/plain"))
                return
            if request is None:
                if self._reader.take_expectation():
                    self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            self._closes = request.closes
            self._begin(self._handler(request))

    def _begin(self, answer: Reply | Later) -> None:
        if isinstance(answer, Later):
            self._busy = True
            self._loop.call_later(answer.seconds, self._go_on, answer.make)
        else:
            self._send(answer)

    def _go_on(self, make: Callable[[], Reply | Later]) -> None:
        self._busy = False
        self._begin(make())
        self._advance()

    def _send(self, reply: Reply) -> None:
        transport = self._transport
        if transport is None:
            return
        if reply.manner is Manner.WHOLE:
            transport.write(reply.head() + reply.body)
        elif reply.manner is Manner.DRIP:
            self._busy = True
            self._drip(reply.head() + reply.body, 0, reply.drip_seconds)
            return
        elif reply.manner is Manner.TRUNCATED:
            transport.write(reply.head() + reply.body[: len(reply.body) // 2])
            self._closes = True
        elif reply.manner is Manner.RESET:
            raw = transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
            transport.abort()
            return
        else:
            self._closes = True
        if self._closes:
            transport.close()

    def _drip(self, data: bytes, place: int, seconds: float) -> None:
        if self._transport is None:
            return
        self._transport.write(data[place : place + 1])
        if place + 1 < len(data):
            self._loop.call_later(seconds, self._drip, data, place + 1, seconds)
            return
        self._busy = False
        if self._closes:
            self._transport.close()
        self._advance()


class HttpServer:
    """A listening port with one handler behind it."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(
        self, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> None:
        """Listen; afterwards `port` is the real one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._handler, self._connections),
            host,
            port,
            ssl=tls,
            backlog=1024,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def aclose(self) -> None:
        """Stop listening and end every connection; may be called twice."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for connection in tuple(self._connections):
            connection.abort()
        await server.wait_closed()
        # Aborted transports tell their protocols in the loop's next turn.
        await asyncio.sleep(0)
