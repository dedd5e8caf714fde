"""The other transport: aiohttp's `ClientSession`, the widely known way.

It takes what `deliver` made apart and makes a request of its own, four times as dear as
`connector`; it is there for the day on which aiohttp changes what that one leans on.
Both pass one contract suite.

Theory of operation: a session connects and writes in one go. Only the request itself is
called between the two, so ours asks there whether it may be sent. It finds its permit in
a context variable, which each task has for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from yarl import URL

from consumer.model import Answer, Fault, Request
from consumer.transport.authorization import Authorization
from consumer.transport.body import read_bounded
from consumer.transport.deadlines import Deadlines
from consumer.transport.faults import (
    CLOSED,
    FOREIGN,
    LEASE_LAPSED,
    OVERSIZE,
    SWITCHED,
    TIMED_OUT,
    UNUSABLE_TOKEN,
    fault_of,
)
from consumer.transport.settings import TransportSettings
from consumer.transport.way import way_of

__all__ = ["SessionTransport"]

_OURS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_FINAL = 200


class _Permit:
    """One call's right to send, and what became of it. Owned by its `send`."""

    __slots__ = ("has_begun", "is_refused", "may_send", "protocol")

    def __init__(self, may_send: Callable[[], bool]) -> None:
        self.may_send = may_send
        self.is_refused = False
        self.has_begun = False
        self.protocol: ResponseHandler | None = None


_PERMIT: ContextVar[_Permit] = ContextVar("permit")


class _PermittedRequest(aiohttp.ClientRequest):
    """A request that asks before its first byte; the session offers no other place."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Send over `conn`, if we may.

        A session repeats a GET by itself when the connection was lost; here only the
        scheduler repeats, so the second time is refused.

        Raises:
            ClientConnectionError: Nothing was sent this time.
        """
        permit = _PERMIT.get()
        protocol = conn.protocol
        if permit.has_begun or protocol is None or protocol.should_close:
            conn.close()
            raise aiohttp.ClientConnectionError
        if not permit.may_send():
            permit.is_refused = True
            conn.release()
            raise aiohttp.ClientConnectionError
        permit.has_begun = True
        permit.protocol = protocol
        return await super().send(conn)


class SessionTransport:
    """Sends requests by a session. Lives on the loop that made it."""

    def __init__(
        self, settings: TransportSettings, token: Callable[[], str | None]
    ) -> None:
        """Prepare the session; nothing is connected yet (see `way_of` for its errors).

        Args:
            settings: Where to, and within which bounds.
            token: The token of the day; asked at each call.
        """
        way = way_of(settings)
        self._target = str(way.target)
        self._tunnel_headers = way.tunnel_headers
        self._lines = b""
        if way.is_forwarded and way.proxy_authorization is not None:
            self._lines = f"Proxy-Authorization: {way.proxy_authorization}\r\n".encode()
        self._max_answer_bytes = settings.max_answer_bytes
        self._authorization = Authorization(token)
        self._deadlines = Deadlines(settings.timeout_seconds)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=settings.max_connections,
                keepalive_timeout=settings.keepalive_seconds,
                ssl=way.trust or True,
            ),
            proxy=way.proxy,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_OURS,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),  # `Deadlines` bounds the call
            request_class=_PermittedRequest,
        )

    async def send(
        self, request: Request, may_send: Callable[[], bool]
    ) -> Answer | Fault:
        """Send `request` and return its whole answer, or why there is none.

        As `ConnectorTransport.send`; the order of the header lines is the session's.
        """
        answer = await self._deadlines.run(self._call(request, may_send))
        return TIMED_OUT if answer is None else answer

    async def aclose(self) -> None:
        """Close all connections; calls under way end as faults. May be called twice."""
        self._deadlines.close()
        await self._session.close()

    async def _call(
        self, request: Request, may_send: Callable[[], bool]
    ) -> Answer | Fault:
        authorization = self._authorization.line()
        if authorization is None:
            return UNUSABLE_TOKEN
        if self._session.closed:
            return CLOSED
        permit = _Permit(may_send)
        previous = _PERMIT.set(permit)
        is_whole = False
        try:
            answer = await self._exchange(request, authorization)
            is_whole = isinstance(answer, Answer)
        except FOREIGN as error:
            if permit.is_refused:
                return LEASE_LAPSED
            return fault_of(error, has_begun=permit.has_begun)
        else:
            return answer
        finally:
            _PERMIT.reset(previous)
            if not is_whole and permit.protocol is not None:
                permit.protocol.abort()

    async def _exchange(self, request: Request, authorization: bytes) -> Answer | Fault:
        async with self._session.request(
            request.method,
            URL(self._target + request.target, encoded=True),
            headers=_headers(request.head + authorization + self._lines),
            data=request.body or None,
            allow_redirects=False,
            proxy_headers=self._tunnel_headers,
        ) as response:
            if response.status < _FINAL:
                return SWITCHED
            body = await read_bounded(response.content, self._max_answer_bytes)
            if body is None:
                response.close()
                return OVERSIZE
            return Answer(response.status, body, response.headers.get("Retry-After"))


def _headers(head: bytes) -> dict[str, str]:
    """Return the header lines of `head`; the session counts the length itself."""
    lines = head.decode("ascii").split("\r\n")[1:-1]
    pairs = (line.split(": ", 1) for line in lines)
    return {name: value for name, value in pairs if name != "Content-Length"}
