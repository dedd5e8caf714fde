"""Asks Target what it holds of a profile: through the proxy, with the token.

What is one profile's own (there is none, its id cannot be asked for) is a value; what is
the endpoint's fault ends the asking, because the next question would bring the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from consumer.config.settings import Settings
from consumer.deliver.fetch import LARGEST_ANSWER_BYTES, Fetch, Fetched
from consumer.errors import DependencyError
from consumer.model import Outcome, OutcomeKind, ProfileId
from consumer.pipeline.assembly import base_url, single_settings, transport_settings
from consumer.pipeline.trouble import WAIT, mend_of
from consumer.transport.connector import ConnectorTransport
from consumer.transport.session import SessionTransport

__all__ = ["Fetcher", "mend", "said"]

TRIES = 3
LONGEST_WAIT_SECONDS = 5.0
FIRST_WAIT_SECONDS = 0.2


def said(outcome: Outcome) -> str:
    """Return what is wrong, with the HTTP status if there was one."""
    return (
        f"{outcome.message} (HTTP {outcome.status})"
        if outcome.status
        else outcome.message
    )


def mend(outcome: Outcome) -> str:
    """Return what a person at a terminal does about it."""
    found = mend_of(outcome)
    return "Try again later." if found == WAIT else found


class Fetcher:
    """A way to Target. Owned by whoever entered it, on its loop.

    Attributes:
        host: Where Target is, for a person.
    """

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
        self.host = urlsplit(base_url(settings)).netloc
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
        """Return what Target holds of a profile, asked three times if need be.

        Returns:
            The profile, that there is none, or a rejected outcome.

        Raises:
            DependencyError: Target cannot be reached, refuses us, or is not there; the
                message says why and the mend, and no id.
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
            raise DependencyError(
                f"Target at {self.host}: {said(found)}. {mend(found)}"
            )
        return found
