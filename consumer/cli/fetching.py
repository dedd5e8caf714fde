"""Asks Target what it holds of several profiles, for commands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from consumer.config.settings import Settings
from consumer.deliver.fetch import Fetched
from consumer.model import ProfileId
from consumer.pipeline.fetcher import Fetcher

__all__ = ["fetch_profile"]

AT_ONCE = 16


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
