"""The target: what it has, and every call to it.

Theory of operation: a call is on the wire from its first byte until its process learns
of its end. It arrives after a moment, always well before the group could have given its
partition to somebody else; then it is applied, or not, and the answer sets out. So what
the target has is what arrived, in that order, whatever its callers were told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from consumer.model import Answer, Fault, FaultKind, Request
from tests.chaos.simulate.calls import Call
from tests.chaos.simulate.treating import Treating
from tests.chaos.simulate.weather import Chance, Weather

__all__ = ["Place", "Target", "Tell", "Way"]

Tell = Callable[[Answer | Fault], object]

ARRIVAL_SECONDS = 0.02  # less than it takes to give a partition to somebody else
CONNECT_SECONDS = (0.0, 0.0, 0.003, 0.05)


class Target:
    """What the target has, and all calls to it. Owned by the outside.

    Attributes:
        calls: In the order of their first bytes.
        profiles: What stands in each profile.
        on_begun: Called with each call when its first byte leaves.
        on_arrived: Called with each call when it has been treated.
        on_missed: Called with each call that found nobody.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        weather: Weather,
        chance: Chance,
        treating: Treating,
    ) -> None:
        self.calls: list[Call] = []
        self.profiles: dict[str, dict[str, str]] = {}
        self.on_begun: Callable[[Call], None] = lambda _: None
        self.on_arrived: Callable[[Call], None] = lambda _: None
        self.on_missed: Callable[[Call], None] = lambda _: None
        self._loop = loop
        self._weather = weather
        self._chance = chance
        self._treating = treating

    def is_reachable(self) -> bool:
        """Return whether anybody listens."""
        return self._weather.hits("unreachable", self._chance) is None

    def begin(self, process: str, request: Request, tell: Tell) -> Call:
        """Take a call's first byte; `tell` is called with its answer, if one comes."""
        call = Call.read(process, request, self._loop.time())
        self.calls.append(call)
        self.on_begun(call)
        seconds = self._chance.uniform(0.001, ARRIVAL_SECONDS)
        self._loop.call_later(seconds, self._arrive, call, tell)
        return call

    def miss(self, process: str, request: Request, fault: Fault) -> None:
        """Note a call that found nobody."""
        call = Call.read(process, request, self._loop.time())
        call.ended_at, call.learnt = call.began_at, fault
        self.on_missed(call)

    def _arrive(self, call: Call, tell: Tell) -> None:
        call.treatment = found = self._treating.treat(call)
        if found.is_applied:
            self.profiles.setdefault(call.profile, {}).update(call.attributes)
        self.on_arrived(call)
        answer = found.answer
        if isinstance(answer, Answer) or answer.kind is not FaultKind.TIMEOUT:
            self._loop.call_later(found.seconds, tell, answer)


class Place(Protocol):
    """Where a way leads to."""

    def is_reachable(self) -> bool:
        """Return whether anybody listens."""

    def miss(self, process: str, request: Request, fault: Fault) -> None:
        """Note a call that found nobody."""

    def begin(self, process: str, request: Request, tell: Tell) -> Call:
        """Take a call's first byte; `tell` is called with its answer, if one comes."""


class Way:
    """A process's transport: it asks, at the first byte, whether it may send.

    Attributes:
        on_sent: Called with the bytes of each call.
        on_refused: Called when it might not send.
        on_learnt: Called with each call whose answer has come.
    """

    def __init__(
        self,
        process: str,
        loop: asyncio.AbstractEventLoop,
        target: Place,
        chance: Chance,
        *,
        timeout_seconds: float,
        token: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.on_sent: Callable[[bytes], None] = lambda _: None
        self.on_refused: Callable[[], None] = lambda: None
        self.on_learnt: Callable[[Call], None] = lambda _: None
        self._process = process
        self._loop = loop
        self._target = target
        self._chance = chance
        self._timeout_seconds = timeout_seconds
        self._token = token
        self._is_closed = False

    async def send(
        self, request: Request, may_send: Callable[[], bool]
    ) -> Answer | Fault:
        """Carry one call."""
        token = self._token()
        if token is not None and not token.isprintable():
            return Fault(FaultKind.PROTOCOL, "the token has a line break")
        secret = b"" if token is None else f"Authorization: Bearer {token}\r\n".encode()
        if self._is_closed:
            return Fault(FaultKind.CONNECT, "closed")
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._carry(request, secret, may_send)
        except TimeoutError:
            return Fault(FaultKind.TIMEOUT, "no whole answer in time")

    async def aclose(self) -> None:
        """Close."""
        self._is_closed = True

    async def _carry(
        self, request: Request, secret: bytes, may_send: Callable[[], bool]
    ) -> Answer | Fault:
        seconds = self._chance.choice(CONNECT_SECONDS)
        if seconds:  # else a connection is at hand: nobody waits before the first byte
            await asyncio.sleep(seconds)
        if not self._target.is_reachable():
            fault = Fault(FaultKind.CONNECT, "refused")
            self._target.miss(self._process, request, fault)
            return fault
        if not may_send():
            self.on_refused()
            return Fault(FaultKind.LEASE)
        self.on_sent(request.head + secret + b"\r\n" + request.body)
        answer: asyncio.Future[Answer | Fault] = self._loop.create_future()

        def give(found: Answer | Fault) -> None:
            if not answer.done():
                answer.set_result(found)

        call = self._target.begin(
            self._process,
            request,
            lambda found: self._loop.call_soon_threadsafe(give, found),
        )
        try:
            call.learnt = await answer
        finally:
            call.ended_at = self._loop.time()
        self.on_learnt(call)
        return call.learnt
