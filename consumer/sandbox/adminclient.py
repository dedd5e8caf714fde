"""A client of the admin interface, for a demo or a test that judges from outside."""

from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import aiohttp

from consumer.sandbox.errors import SandboxError

__all__ = ["AdminClient", "CallSeen"]

PAGE = 10_000


class CallSeen(NamedTuple):
    """One call of the log; the fields are those of `calls.Call`."""

    sequence: int
    profile: str
    attributes: dict[str, str]
    first_byte_at: float
    read_at: float
    accepted: bool
    path: str
    fault: str


class AdminClient:
    """Asks one sandbox. Owned by one task; `async with` opens and closes it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask for anything; see `GET /` of the admin port.

        Raises:
            SandboxError: The sandbox says no, or is not there.
        """
        if self._session is None:
            raise SandboxError("the client is not open")
        try:
            async with self._session.request(
                method, self._url + path, json=body
            ) as answer:
                value = await answer.json()
        except aiohttp.ClientError as error:
            raise SandboxError(f"no sandbox at {self._url}: {error}") from error
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise SandboxError(f"{method} {path}: {value['message']}")
        return value

    async def create_profiles(self, profiles: Mapping[str, Mapping[str, str]]) -> None:
        """Create profiles: `kind:id` to attributes."""
        entries = []
        for name, attributes in profiles.items():
            kind, _, value = name.partition(":")
            entries.append({kind: value, "attributes": dict(attributes)})
        for start in range(0, len(entries), PAGE):
            await self.ask(
                "POST", "/profiles", {"profiles": entries[start : start + PAGE]}
            )

    async def profiles(self) -> dict[str, dict[str, str]]:
        """Return every profile: `kind:id` to attributes."""
        found: dict[str, dict[str, str]] = {}
        after: int | None = 0
        while after is not None:
            page = await self.ask("GET", f"/profiles?after={after}&limit={PAGE}")
            found.update(page["profiles"])
            after = page["next"]
        return found

    async def calls(self, after: int = 0) -> AsyncIterator[CallSeen]:
        """Give every logged call, in the order in which the target applies them.

        Args:
            after: Only calls with a higher sequence number.

        Raises:
            SandboxError: The log has dropped some of these already.
        """
        place: int | None = after
        while place is not None:
            page = await self.ask("GET", f"/calls?after={place}&limit={PAGE}")
            if page["oldest"] > place + 1:
                raise SandboxError("the log no longer holds the oldest calls")
            for call in page["calls"]:
                yield CallSeen(**call)
            place = page["next"]

    async def set_fault(self, **rule: object) -> int:
        """Set a fault rule, see `faults.FaultRule`; returns its number."""
        number: int = (await self.ask("POST", "/faults", rule))["id"]
        return number

    async def clear_faults(self) -> None:
        """Take all fault rules back."""
        await self.ask("DELETE", "/faults")

    async def counters(self) -> dict[str, int]:
        """Return the counters."""
        found: dict[str, int] = await self.ask("GET", "/counters")
        return found

    async def set_switches(self, **switches: object) -> None:
        """Set switches, see `options.Switches`."""
        await self.ask("PATCH", "/switches", switches)

    async def rotate_token(
        self, token: str | None = None, *, required: bool | None = None
    ) -> str:
        """Rotate the token; returns the new one."""
        body: dict[str, object] = {"token": token} if token else {}
        if required is not None:
            body["required"] = required
        answered: str = (await self.ask("POST", "/token", body))["token"]
        return answered
