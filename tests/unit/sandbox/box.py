"""A running sandbox to talk to, with a clock that the test moves."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import aiohttp
from yarl import URL

from consumer.sandbox.adminclient import AdminClient
from consumer.sandbox.options import options_from
from consumer.sandbox.server import Sandbox
from consumer.sandbox.target import Target

UPDATE = "/m2/acme/profile/update"
SUCCESS = (
    "<response><success>true</success><pcId></pcId>"
    "<message>Request successfully submitted</message></response>"
)


class Clock:
    """Unix seconds that stand still until they are moved.

    Attributes:
        now: The time.
        asked: Set when the time is asked for: a request is being handled.
    """

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.asked = asyncio.Event()

    def __call__(self) -> float:
        """Return the time."""
        self.asked.set()
        return self.now


class Said(NamedTuple):
    """An answer."""

    status: int
    text: str
    headers: Mapping[str, str]


class Box:
    """A sandbox and a client of it."""

    def __init__(
        self, running: Sandbox, session: aiohttp.ClientSession, clock: Clock
    ) -> None:
        self.running = running
        self.session = session
        self.clock = clock
        self.admin = AdminClient(running.addresses.admin)

    @property
    def target(self) -> Target:
        """The emulated account."""
        return self.running.target

    @property
    def url(self) -> str:
        """Target's address."""
        return self.running.addresses.target

    async def ask(
        self, method: str, path: str, *, body: str | None = None, **headers: str
    ) -> Said:
        """Send one call, its path and body as they are."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent.setdefault("content-type", "application/x-www-form-urlencoded")
        async with self.session.request(
            method,
            URL(self.url + path, encoded=True),
            data=body.encode() if body is not None else None,
            headers=sent,
            allow_redirects=False,
        ) as answer:
            return Said(answer.status, await answer.text(), dict(answer.headers))

    async def update(self, body: str, **headers: str) -> Said:
        """POST a form to the single update."""
        return await self.ask("POST", UPDATE, body=body, **headers)

    def create(self, name: str = "C-1", **attributes: str) -> None:
        """Create a profile with a third-party id."""
        self.target.profiles.create(name, None, attributes, self.clock())

    def attributes(self, name: str = "third_party_id:C-1") -> dict[str, str] | None:
        """Return what a profile holds now; None when there is none."""
        profile = self.target.profiles.find(name, self.clock())
        if profile is None:
            return None
        return {key: held.value for key, held in profile.attributes.items()}


@asynccontextmanager
async def sandbox(**values: Any) -> AsyncIterator[Box]:
    """Run a sandbox on free ports with some options or switches set."""
    clock = Clock()
    ports = {"port": 0, "admin_port": 0, "registry_port": 0}
    options = options_from(ports | values)
    async with Sandbox(options, clock) as running, aiohttp.ClientSession() as session:
        box = Box(running, session, clock)
        async with box.admin:
            yield box
