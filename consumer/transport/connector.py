"""The default transport: aiohttp's connections and parser, our own bytes.

A call by `ClientSession` costs 83 to 85 us of CPU, of which most is making a request
that `deliver` has made already; a call by this class costs about 17 us.

Rules:
    - What leaves is the request's head and body as they are, with the secret lines and
      the empty line between them.
    - Nothing is sent twice by this class: once a byte may have left, a lost connection
      is a fault, and whether to try again is for the scheduler to say.
    - A connection goes back to the pool only after a whole answer, or when nothing was
      written. Any other end aborts it, so that no byte leaves after we gave up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp
from aiohttp.http import RawResponseMessage

from consumer.model import Answer, Fault, Request
from consumer.transport.authorization import Authorization
from consumer.transport.body import read_bounded
from consumer.transport.deadlines import Deadlines
from consumer.transport.faults import (
    FOREIGN,
    LEASE_LAPSED,
    OVERSIZE,
    SWITCHED,
    TIMED_OUT,
    UNUSABLE_TOKEN,
    fault_of,
)
from consumer.transport.lines import Line, Lines
from consumer.transport.settings import TransportSettings
from consumer.transport.way import way_of

__all__ = ["ConnectorTransport"]

_SWITCHING = 101
_FINAL = 200


class ConnectorTransport:
    """Sends requests over pooled connections. Lives on the loop that made it."""

    def __init__(
        self, settings: TransportSettings, token: Callable[[], str | None]
    ) -> None:
        """Prepare the pool; nothing is connected yet (see `way_of` for its errors).

        Args:
            settings: Where to, and within which bounds.
            token: The token of the day; asked at each call.
        """
        way = way_of(settings)
        self._peer = "proxy" if way.is_forwarded else "target"
        self._max_answer_bytes = settings.max_answer_bytes
        self._authorization = Authorization(token)
        self._deadlines = Deadlines(settings.timeout_seconds)
        connector = self._connector = aiohttp.TCPConnector(
            limit=settings.max_connections,
            keepalive_timeout=settings.keepalive_seconds,
            ssl=way.trust or True,
        )
        # The connector asks a request for nothing but where it goes.
        if way.proxy is not None and way.is_forwarded:
            place = aiohttp.ClientRequest("POST", way.proxy)
            # RFC 9112 section 3.2.2: a proxy is sent the "absolute-form".
            self._origin = str(way.target).encode()
            self._last_lines = _proxy_line(way.proxy_authorization) + b"\r\n"
        else:
            place = aiohttp.ClientRequest(
                "POST", way.target, proxy=way.proxy, proxy_headers=way.tunnel_headers
            )
            self._origin = b""
            self._last_lines = b"\r\n"
        self._lines = Lines(connector, place, settings.keepalive_seconds)

    async def send(
        self, request: Request, may_send: Callable[[], bool]
    ) -> Answer | Fault:
        """Send `request` and return its whole answer, or why there is none.

        May be called concurrently. Never raises for what the outside does.

        Args:
            request: The exact bytes.
            may_send: Asked once, with a connection in hand, immediately before the
                first byte; when it says no, nothing leaves.

        Returns:
            The answer, or a fault.

        Raises:
            CancelledError: The task was cancelled from elsewhere.
        """
        call = self._deadlines.begin()
        try:
            return await self._call(request, may_send)
        except asyncio.CancelledError:
            if call.was_cut():
                return TIMED_OUT
            raise
        finally:
            self._deadlines.end(call)

    async def aclose(self) -> None:
        """Close all connections; calls under way end as faults. May be called twice."""
        self._deadlines.close()
        await self._lines.aclose()

    async def _call(
        self, request: Request, may_send: Callable[[], bool]
    ) -> Answer | Fault:
        authorization = self._authorization.line()
        if authorization is None:
            return UNUSABLE_TOKEN
        line = self._lines.take() or await self._connect()
        if not isinstance(line, Line):
            return line
        is_reusable = False
        answer: Answer | Fault
        try:
            if not may_send():
                is_reusable = True
                return LEASE_LAPSED
            line.transport.write(
                self._head(request) + authorization + self._last_lines + request.body
            )
            message, payload = await line.protocol.read()
            if (
                message.code >= _FINAL
                and payload.is_eof()
                and payload.total_bytes <= self._max_answer_bytes
            ):  # it came whole, with the head: the usual case
                body = payload.read_nowait()
                answer = Answer(message.code, body, message.headers.get("Retry-After"))
            else:
                answer = await self._rest(line, message, payload)
            is_reusable = type(answer) is Answer
        except FOREIGN as error:
            return fault_of(error, has_begun=True, peer=self._peer)
        else:
            return answer
        finally:
            if is_reusable:
                self._lines.give_back(line)
            else:
                self._lines.drop(line)

    async def _connect(self) -> Line | Answer | Fault:
        try:
            return await self._lines.connect()
        except FOREIGN as error:
            return fault_of(error, has_begun=False, peer=self._peer)

    async def _rest(
        self, line: Line, message: RawResponseMessage, payload: aiohttp.StreamReader
    ) -> Answer | Fault:
        """Read what has not come yet: a final answer, or the end of its body."""
        while message.code < _FINAL:
            if message.code == _SWITCHING:
                return SWITCHED
            message, payload = await line.protocol.read()
        body = await read_bounded(payload, self._max_answer_bytes)
        if body is None:
            return OVERSIZE
        return Answer(message.code, body, message.headers.get("Retry-After"))

    def _head(self, request: Request) -> bytes:
        if not self._origin:
            return request.head
        start = len(request.method) + 1
        return request.head[:start] + self._origin + request.head[start:]


def _proxy_line(value: str | None) -> bytes:
    return b"" if value is None else f"Proxy-Authorization: {value}\r\n".encode()
