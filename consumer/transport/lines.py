"""The connections that nobody uses now, and how new ones are made.

Rules:
    - aiohttp's connector makes every connection and bounds their number; a line that
      was used once stays with us, on top of the pile, until it is used again or was
      idle for too long. The connector's own pool would be asked twice per call and its
      parser made anew for each: 8 us of 20 (measured with aiohttp 3.14.5 and uvloop).
    - While somebody waits for the connector, a line that becomes free goes back to it:
      only the connector knows who waits.
    - A line is taken only if nothing was said on it meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

from consumer.model import Fault, FaultKind

__all__ = ["Line", "Lines"]

_NO_TIMEOUT = aiohttp.ClientTimeout(total=None)  # `Deadlines` bounds the whole call
_STALE_TRIES = 3

_SPOKE_FIRST = Fault(FaultKind.PROTOCOL, "the other side speaks before it is asked")
_CLOSED_AT_ONCE = Fault(FaultKind.CONNECT, "the connection was closed at once")


class Line:
    """A connection in hand, with what is behind it.

    Attributes:
        connection: As the connector gave it.
        protocol: Its parser's side.
        transport: Its socket's side.
        idle_since: When it was last given back, monotonic seconds (uvloop's own clock
            counts whole milliseconds).
    """

    __slots__ = ("connection", "idle_since", "protocol", "transport")

    def __init__(
        self,
        connection: Connection,
        protocol: ResponseHandler,
        transport: asyncio.Transport,
    ) -> None:
        self.connection = connection
        self.protocol = protocol
        self.transport = transport
        self.idle_since = 0.0

    def is_silent(self) -> bool:
        """Whether it is open and nothing was said on it that nobody asked for.

        An idle connection may have been given an answer (a 408 of a server that grew
        tired, or worse): the next request would take it for its own.
        """
        return not (self.protocol.should_close or self.transport.is_closing())


class Lines:
    """Gives lines out and takes them back. Owned by a transport; lives on its loop."""

    def __init__(
        self,
        connector: aiohttp.TCPConnector,
        place: aiohttp.ClientRequest,
        keepalive_seconds: float,
    ) -> None:
        """Hold nothing yet.

        Args:
            connector: What makes connections, and bounds their number.
            place: Where they lead; it is asked for nothing else.
            keepalive_seconds: How long an unused one is kept.
        """
        self._connector = connector
        self._place = place
        self._keepalive_seconds = keepalive_seconds
        self._loop = asyncio.get_running_loop()
        self._idle: deque[Line] = deque()  # the longest idle first
        self._waiting = 0
        self._timer: asyncio.TimerHandle | None = None

    def take(self) -> Line | None:
        """Return the line that was used last; None when none is idle."""
        idle, oldest = self._idle, time.monotonic() - self._keepalive_seconds
        while idle:
            line = idle.pop()
            if line.idle_since > oldest and line.is_silent():
                return line
            line.connection.close()
        return None

    async def connect(self) -> Line | Fault:
        """Return a line on which nothing has been said."""
        self._waiting += 1
        try:
            for _ in range(_STALE_TRIES):
                connection = await self._connector.connect(self._place, [], _NO_TIMEOUT)
                protocol, transport = connection.protocol, connection.transport
                if protocol is None or transport is None or transport.is_closing():
                    # The pool never hands out a closed one, so this one was new.
                    connection.close()
                    return _CLOSED_AT_ONCE
                if not protocol.should_close:
                    protocol.set_response_params(
                        read_until_eof=True, auto_decompress=False
                    )
                    return Line(connection, protocol, transport)
                connection.close()
        finally:
            self._waiting -= 1
        return _SPOKE_FIRST

    def give_back(self, line: Line) -> None:
        """Take back a line after a whole answer, or when nothing was written."""
        if self._waiting:
            line.connection.release()
            return
        line.idle_since = time.monotonic()
        self._idle.append(line)
        if self._timer is None:
            self._timer = self._loop.call_later(self._keepalive_seconds, self._sweep)

    def drop(self, line: Line) -> None:
        """End a line on which a call ended otherwise: no byte leaves after this."""
        line.protocol.abort()
        line.connection.close()

    async def aclose(self) -> None:
        """End all lines, those in use too. May be called twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._idle:
            self._idle.pop().connection.close()
        await self._connector.close(abort_ssl=True)

    def _sweep(self) -> None:
        """Close what was idle for too long."""
        self._timer = None
        idle, oldest = self._idle, time.monotonic() - self._keepalive_seconds
        while idle and idle[0].idle_since <= oldest:
            idle.popleft().connection.close()
        if idle:
            left = idle[0].idle_since - oldest
            self._timer = self._loop.call_later(left, self._sweep)
