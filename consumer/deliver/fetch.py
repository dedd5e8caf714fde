"""The profile fetch API: what Target holds of one profile, and since when.

Adobe's pages (`profile-fetch.md`, `profiles-api.md`): a GET that is not metered; JSON,
with `modifiedAt` for the profile and for each attribute; names come without `profile.`;
a profile that is not there is a 404 with a message of Target's own.

Rules:
    - Only a 404 with Target's own message means that there is no such profile: any other
      404 is a wrong path or host, as in `answers`.
    - A time without an offset from UTC (the form of 2018) is no time: it may be half a
      day off, and who compares it must know that he cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

import msgspec

from consumer.deliver.answers import outcome_of
from consumer.deliver.encoding import percent_encoded
from consumer.deliver.ids import refused_id
from consumer.deliver.retry_after import retry_after_seconds
from consumer.deliver.single_settings import SingleSettings
from consumer.model import (
    Answer,
    Fault,
    IdKind,
    Outcome,
    OutcomeKind,
    ProfileId,
    Request,
)

__all__ = [
    "LARGEST_ANSWER_BYTES",
    "NO_PROFILE",
    "Fetch",
    "Fetched",
    "FetchedAttribute",
    "FetchedProfile",
    "NoProfile",
]

# profile-bulk-api.md: a profile's external data is 64 KB at most; JSON may write each
# byte as six, and names, times and Target's own attributes come on top.
LARGEST_ANSWER_BYTES = 1 << 20

_PLACES = {
    IdKind.THIRD_PARTY_ID: "thirdPartyId/",
    IdKind.PC_ID: "",
    IdKind.ECID: "marketingCloudVisitorId/",
}
_OK = range(200, 300)
_NOT_FOUND = 404
# profile-fetch.md: both messages begin "No profile found for client"
_NOBODY = "no profile found"
# msgspec raises the last two for what is nested too deep, and for bytes that no UTF-8
# has (seen with 0.22.0).
_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_DOTS = frozenset({".", ".."})  # in a path they mean another path (RFC 3986, 5.2.4)


class FetchedAttribute(msgspec.Struct, frozen=True, gc=False):
    """One attribute that Target holds.

    Attributes:
        value: As Target writes it; JSON text where it is no text.
        modified_at_ms: When it was last written, Unix milliseconds; None when Target
            did not say, or said it unreadably.
    """

    value: str
    modified_at_ms: int | None

    def __repr__(self) -> str:
        """Return the time only."""
        return f"<FetchedAttribute of {self.modified_at_ms}>"


class FetchedProfile(msgspec.Struct, frozen=True):
    """What Target holds of a profile.

    Attributes:
        attributes: Name (without `profile.`; a script's with `user.`) to attribute, in
            Target's order.
        modified_at_ms: When the profile was last written, likewise.
    """

    attributes: dict[str, FetchedAttribute]
    modified_at_ms: int | None

    def __repr__(self) -> str:
        """Return the size only."""
        return f"<FetchedProfile {len(self.attributes)}>"


class NoProfile(msgspec.Struct, frozen=True, gc=False):
    """Target holds no such profile (or not yet: a new one may take an hour)."""


NO_PROFILE = NoProfile()

# An outcome is never a delivered one: retry, rejected or suspect.
Fetched: TypeAlias = FetchedProfile | NoProfile | Outcome


class _Document(msgspec.Struct):
    """Target's JSON, as far as it is read."""

    profileAttributes: dict[str, msgspec.Raw]  # noqa: N815 - Target's own name
    modifiedAt: object = None  # noqa: N815 - as above


class _Held(msgspec.Struct):
    """Target's JSON of an attribute."""

    value: msgspec.Raw
    modifiedAt: object = None  # noqa: N815 - as above


class _Refusal(msgspec.Struct):
    """Target's JSON of an error."""

    message: str


class Fetch:
    """Makes fetch requests and reads their answers. Holds nothing else."""

    def __init__(
        self, settings: SingleSettings, wall_clock: Callable[[], float]
    ) -> None:
        """Prepare what all requests share.

        Args:
            settings: Where Target is, and for which client; how updates are shaped and
                bounded plays no part.
            wall_clock: The time of day, Unix seconds: asked only for a `Retry-After`.
        """
        self._wall_clock = wall_clock
        self._cap_seconds = settings.retry_after_cap_seconds
        self._path = f"{settings.path_prefix}/rest/v1/profiles/"
        self._query = f"?client={percent_encoded(settings.client)}"
        self._head = (
            f"Host: {settings.authority}\r\n"
            f"User-Agent: {settings.user_agent}\r\n"
            "Accept: application/json\r\n"
        )

    def encode(self, profile: ProfileId) -> Request | Outcome:
        """Return the request for `profile`, or why it cannot be asked for (rejected)."""
        refused = refused_id(profile)
        if refused is not None:
            return refused
        if profile.value in _DOTS:
            return _rejected(f"the {profile.kind} would be another path")
        try:
            value = percent_encoded(profile.value)
        except UnicodeEncodeError:
            return _rejected(f"the {profile.kind} has half a character")
        target = f"{self._path}{_PLACES[profile.kind]}{value}{self._query}"
        head = f"GET {target} HTTP/1.1\r\n{self._head}".encode()
        return Request("GET", target, head, b"")

    def judge(self, answer: Answer | Fault) -> Fetched:
        """Return what `answer` says.

        Returns:
            The profile, that there is none, or an outcome: retry (ask again), suspect
            (the endpoint's fault, not the profile's) or rejected. Its message repeats
            nothing of the answer.
        """
        if isinstance(answer, Fault):
            return outcome_of(answer)
        if answer.status in _OK:
            return _profile(answer)
        if answer.status == _NOT_FOUND and _says_nobody(answer.body):
            return NO_PROFILE
        return outcome_of(answer, None, self._wait_seconds(answer))

    def _wait_seconds(self, answer: Answer) -> float | None:
        if answer.retry_after is None:
            return None
        return retry_after_seconds(
            answer.retry_after,
            wall_seconds=self._wall_clock(),
            cap_seconds=self._cap_seconds,
        )


def _profile(answer: Answer) -> FetchedProfile | Outcome:
    try:
        document = msgspec.json.decode(answer.body, type=_Document)
        attributes = {
            name: _attribute(held) for name, held in document.profileAttributes.items()
        }
    except _UNREADABLE:
        message = "not the target's answer: a proxy, a gateway or the wrong host"
        return Outcome(OutcomeKind.SUSPECT, "not_target", message, status=answer.status)
    return FetchedProfile(attributes, _milliseconds(document.modifiedAt))


def _attribute(raw: msgspec.Raw) -> FetchedAttribute:
    if bytes(raw).startswith(b"{"):
        held = msgspec.json.decode(raw, type=_Held)
        return FetchedAttribute(_text(held.value), _milliseconds(held.modifiedAt))
    return FetchedAttribute(_text(raw), None)


def _text(raw: msgspec.Raw) -> str:
    if bytes(raw).startswith(b'"'):
        return msgspec.json.decode(raw, type=str)
    return bytes(raw).decode()


def _milliseconds(text: object) -> int | None:
    """Return Unix milliseconds of `2017-08-18T17:53:39.003-04:00`, else None."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return None
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _says_nobody(body: bytes) -> bool:
    try:
        said = msgspec.json.decode(body, type=_Refusal).message
    except _UNREADABLE:
        return False
    return said.lower().startswith(_NOBODY)


def _rejected(message: str) -> Outcome:
    return Outcome(OutcomeKind.REJECTED, "invalid_id", message)
