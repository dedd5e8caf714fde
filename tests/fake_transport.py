"""A transport without a network: it passes the contract suite of the real ones."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from consumer.model import Answer, Fault, FaultKind, Request

__all__ = ["HANG", "SUBMITTED", "FakeTransport"]

SUBMITTED = Answer(
    200,
    b"<response><success>true</success><pcId></pcId>"
    b"<message>Request successfully submitted</message></response>",
)

HANG = Fault(FaultKind.TIMEOUT, "asked to hang")


class FakeTransport:
    """Answers from a script, in order, and then always `SUBMITTED`.

    Attributes:
        sent: The bytes that would have left, request by request.
    """

    def __init__(
        self,
        script: Iterable[Answer | Fault] = (),
        *,
        token: Callable[[], str | None] = lambda: None,
        timeout_seconds: float = 10.0,
    ) -> None:
        """Prepare the script; `HANG` in it waits for the deadline or the caller."""
        self.sent: list[bytes] = []
        self._script = deque(script)
        self._token = token
        self._timeout_seconds = timeout_seconds
        self._is_closed = False

    async def send(
        self, request: Request, may_send: Callable[[], bool]
    ) -> Answer | Fault:
        """Take the next line of the script, if we may send at all."""
        token = self._token()
        if token is not None and not token.isprintable():
            return Fault(FaultKind.PROTOCOL, "the token has a line break")
        if self._is_closed:
            return Fault(FaultKind.CONNECT, "closed")
        await asyncio.sleep(0)  # a real one has to wait for its connection, too
        if not may_send():
            return Fault(FaultKind.LEASE)
        secret = f"Authorization: Bearer {token}\r\n" if token is not None else ""
        self.sent.append(request.head + secret.encode() + b"\r\n" + request.body)
        answer = self._script.popleft() if self._script else SUBMITTED
        if answer is HANG:
            return await self._hang()
        await asyncio.sleep(0)
        return answer

    async def aclose(self) -> None:
        """Answer nothing more."""
        self._is_closed = True

    async def _hang(self) -> Fault:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await asyncio.Event().wait()
        except TimeoutError:
            pass
        return Fault(FaultKind.TIMEOUT, "no whole answer in time")
