"""The transports under test, each with its server and on each kind of loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from consumer.deliver.single import Single
from consumer.deliver.single_settings import Shape, SingleSettings
from consumer.model import Answer, Fault, Request
from consumer.transport.connector import ConnectorTransport
from consumer.transport.session import SessionTransport
from consumer.transport.settings import TransportSettings
from tests.contract.simulated import scripted_way
from tests.fake_transport import FakeTransport
from tests.scripted_server import Step, scripted_server
from tests.works import work_of

__all__ = [
    "KINDS",
    "REAL",
    "Line",
    "Subject",
    "always",
    "no_token",
    "request_of",
    "subject",
    "until",
]

Line: TypeAlias = tuple[Step, Answer | Fault]  # what is done, what it means
KINDS = ("fake", "simulated", "connector", "session")
REAL: dict[str, type[ConnectorTransport | SessionTransport]] = {
    "connector": ConnectorTransport,
    "session": SessionTransport,
}


class Transport(Protocol):
    """What is under test."""

    async def send(
        self, request: Request, may_send: Callable[[], bool]
    ) -> Answer | Fault:
        """Send one request."""

    async def aclose(self) -> None:
        """Close."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A transport, and what its server was sent."""

    transport: Transport
    sent: list[bytes]


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what the other side does; the test's own limit ends it."""
    while not is_so():  # noqa: ASYNC110  # sockets have no event that a test could await
        await asyncio.sleep(0.001)


def always() -> bool:
    """Return what a healthy lease says."""
    return True


def no_token() -> str | None:
    """Return no token."""
    return None


def request_of(
    attributes: dict[str, str] | None = None,
    shape: Shape = Shape.FORM,
    authority: str = "127.0.0.1",
) -> Request:
    """Return a request as `deliver` makes it."""
    endpoint = Single(
        SingleSettings(client="acme", authority=authority, shape=shape), lambda: 0.0
    )
    made = endpoint.encode(work_of(attributes or {"loanProduct": "mort gage"}))
    assert isinstance(made, tuple)
    return made[0]


@asynccontextmanager
async def subject(
    kind: str,
    script: Iterable[Line] = (),
    *,
    token: Callable[[], str | None] = no_token,
    timeout_seconds: float = 5.0,
) -> AsyncIterator[Subject]:
    """Run a transport of `kind` against `script`."""
    lines = list(script)
    if kind == "fake":
        fake = FakeTransport(
            [means for _, means in lines], token=token, timeout_seconds=timeout_seconds
        )
        yield Subject(fake, fake.sent)
        return
    if kind == "simulated":
        way = scripted_way([means for _, means in lines], token, timeout_seconds)
        sent: list[bytes] = []
        way.on_sent = sent.append
        yield Subject(way, sent)
        return
    async with scripted_server([step for step, _ in lines]) as server:
        settings = TransportSettings(
            base_url=f"http://127.0.0.1:{server.port}", timeout_seconds=timeout_seconds
        )
        transport = REAL[kind](settings, token)
        yield Subject(transport, server.requests)
        await transport.aclose()
