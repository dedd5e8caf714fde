"""Requests and answers between a client's thread and a server, each on its way for a while.

Theory of operation: what one client sends over one connection arrives in the order in
which it was sent, as with Kafka's; while the server is down it waits. An answer that does
not come in time is None to the client, whether the request was lost, or only its answer,
or neither: nobody can tell.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from tests.chaos.simulate.weather import Chance

__all__ = ["Connection", "Route"]

T = TypeVar("T")

AGAIN_SECONDS = 0.1  # between tries to reach a server that is down
ORDER_SECONDS = 1e-6  # between two requests that would arrive at once


class Route(NamedTuple):
    """How one request travels.

    Attributes:
        there_seconds: How long to the server; None for never.
        back_seconds: How long back; None for never.
        is_late: True when it keeps no order with others.
    """

    there_seconds: float | None
    back_seconds: float | None
    is_late: bool = False


class Connection:
    """From one client to a server. Owned by the client."""

    def __init__(
        self,
        client: asyncio.AbstractEventLoop,
        server: asyncio.AbstractEventLoop,
        chance: Chance,
        is_down: Callable[[], bool],
        seconds: float = 0.02,
    ) -> None:
        """Connect.

        Args:
            client: Where answers are waited for.
            server: Where requests arrive.
            chance: How long each takes.
            is_down: Whether the server takes no request now.
            seconds: The longest that one is usually on its way.
        """
        self._client = client
        self._server = server
        self._chance = chance
        self._is_down = is_down
        self._seconds = seconds
        self._arrives = 0.0
        self._waiting: deque[Callable[[], object]] = deque()

    def usual(self) -> Route:
        """Return how a request travels when nothing is wrong."""
        return Route(self.way(), self.way())

    def send(self, call: Callable[[], object]) -> None:
        """Have the server do something, without an answer."""
        self._travel(self.usual(), call)

    async def ask(
        self, call: Callable[[], T], seconds: float, route: Route | None = None
    ) -> T | None:
        """Return what the server's `call` returns; None when no answer comes in time."""
        way = route or self.usual()
        answer: asyncio.Future[T] = self._client.create_future()

        def give(found: T) -> None:
            if not answer.done():
                answer.set_result(found)

        def serve() -> None:
            found = call()
            if way.back_seconds is not None:
                self._server.call_later(
                    way.back_seconds, self._client.call_soon_threadsafe, give, found
                )

        self._travel(way, serve)
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            return None

    def way(self) -> float:
        """Return how long one way takes, in seconds."""
        return self._chance.uniform(0.001, self._seconds)

    def _travel(self, way: Route, serve: Callable[[], object]) -> None:
        there = way.there_seconds
        if there is None:
            return
        if way.is_late:
            self._server.call_later(there, serve)
            return
        arrives = self._server.time() + there
        self._arrives = max(self._arrives + ORDER_SECONDS, arrives)
        self._server.call_at(self._arrives, self._arrive, serve)

    def _arrive(self, serve: Callable[[], object]) -> None:
        """Be served, after all that came before."""
        self._waiting.append(serve)
        if len(self._waiting) == 1:
            self._try()

    def _try(self) -> None:
        while self._waiting:
            if self._is_down():
                self._server.call_later(AGAIN_SECONDS, self._try)
                return
            self._waiting.popleft()()
