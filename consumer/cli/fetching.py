"""Asks Target what it holds of profiles, for commands: through the proxy, with the token.

Rules:
    - What is the endpoint's fault ends the asking with a DependencyError: a thousand
      more questions would bring the same answer.
    - What is one profile's own (there is none, its id cannot be asked for) is a value.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from consumer.config.settings import Settings
from consumer.deliver.fetch import LARGEST_ANSWER_BYTES, Fetch, Fetched
from consumer.errors import DependencyError
from consumer.model import FaultKind, Outcome, OutcomeKind, ProfileId
from consumer.pipeline.assembly import base_url, single_settings, transport_settings
from consumer.transport.connector import ConnectorTransport
from consumer.transport.session import SessionTransport

__all__ = ["Fetcher", "fetch_profile", "mend_of"]

TRIES = 3
LONGEST_WAIT_SECONDS = 5.0
FIRST_WAIT_SECONDS = 0.2
AT_ONCE = 16

ACCESS_MEND = "Put the profile API token of Target's account into target.token."
CLIENT_MEND = "Check target.client, target.base_url and target.proxy."
MENDS: dict[str, str] = {
    FaultKind.TIMEOUT: "Check the way there: target.proxy, a firewall, "
    "target.timeout_seconds.",
    FaultKind.CONNECT: "Check target.client, target.base_url and target.proxy, and "
    "what a firewall lets through.",
    FaultKind.TLS: "Name the certificates of your proxy or gateway in target.ca_file.",
    "http_401": ACCESS_MEND,
    "http_403": ACCESS_MEND,
    "http_404": CLIENT_MEND,
    "http_405": CLIENT_MEND,
    "http_407": "Put the proxy's user and password into target.proxy.",
    "not_target": CLIENT_MEND,
}
LATER_MEND = "Try again later."


def mend_of(outcome: Outcome) -> str:
    """Return what a person does about an outcome that is the endpoint's fault."""
    if outcome.kind is OutcomeKind.SUSPECT:
        return MENDS.get(outcome.reason, CLIENT_MEND)
    return MENDS.get(outcome.reason, LATER_MEND)


async def fetch_profile(
    settings: Settings, profile_ids: Iterable[ProfileId]
) -> dict[ProfileId, Fetched]:
    """Return what Target holds of each profile.

    Several are asked for at once; each answer worth another try is asked for three
    times.

    Args:
        settings: Where Target is, the way there, and the token.
        profile_ids: Whose; each is asked for once.

    Returns:
        For each id the profile, that there is none, or a rejected outcome.

    Raises DependencyError when Target cannot be reached, refuses us, or is not there;
    the message says why and the mend, and no id.
    """
    wanted = list(dict.fromkeys(profile_ids))
    free = asyncio.Semaphore(AT_ONCE)

    async with Fetcher(settings) as fetcher:

        async def one(profile: ProfileId) -> Fetched:
            async with free:
                return await fetcher.profile(profile)

        asked = [asyncio.ensure_future(one(profile)) for profile in wanted]
        try:
            found = await asyncio.gather(*asked)
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
    return dict(zip(wanted, found, strict=True))


class Fetcher:
    """A way to Target. Owned by the command that entered it, on its loop."""

    def __init__(
        self,
        settings: Settings,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare; nothing is connected yet.

        Args:
            settings: Where Target is, the way there, and the token.
            sleep: Waits some seconds before another try.

        Raises ConfigurationError when `target.ca_file` cannot be used.
        """
        self._sleep = sleep
        self._host = urlsplit(base_url(settings)).netloc
        self._fetch = Fetch(single_settings(settings), time.time)
        options = replace(
            transport_settings(settings), max_answer_bytes=LARGEST_ANSWER_BYTES
        )
        secret = settings.target.token
        token = None if secret is None else secret.reveal()
        kind = (
            SessionTransport
            if settings.target.transport == "session"
            else ConnectorTransport
        )
        self._transport = kind(options, lambda: token)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._transport.aclose()

    async def ask(self, profile: ProfileId) -> Fetched:
        """Return what Target says of a profile, asked once; any outcome is a value."""
        request = self._fetch.encode(profile)
        if isinstance(request, Outcome):
            return request
        return self._fetch.judge(await self._transport.send(request, lambda: True))

    async def profile(self, profile: ProfileId) -> Fetched:
        """Return what Target holds of a profile; see `fetch_profile`.

        Raises:
            DependencyError: As there.
        """
        tries = 1
        found = await self.ask(profile)
        while (
            isinstance(found, Outcome)
            and found.kind is OutcomeKind.RETRY
            and tries < TRIES
        ):
            wait = found.wait_seconds or FIRST_WAIT_SECONDS * 2 ** (tries - 1)
            await self._sleep(min(wait, LONGEST_WAIT_SECONDS))
            tries += 1
            found = await self.ask(profile)
        if isinstance(found, Outcome) and found.kind is not OutcomeKind.REJECTED:
            status = f" (HTTP {found.status})" if found.status else ""
            raise DependencyError(
                f"Target at {self._host}: {found.message}{status}. {mend_of(found)}"
            )
        return found
