"""The single profile update: `/m2/<client>/profile/update`.

Source of what is documented: profile-single-api.md of AdobeDocs/target-dev.en, and for
the XML r_profile_update.md of AdobeDocs/analytics-1.4-apis. Everything else is a switch.
"""

import re
from collections import Counter
from typing import NamedTuple
from xml.sax.saxutils import escape

from consumer.sandbox.access import Access
from consumer.sandbox.calls import PREFIX, CallLog, attributes_of, pairs_of
from consumer.sandbox.http import Reply
from consumer.sandbox.options import Switches
from consumer.sandbox.profiles import PC_ID, THIRD_PARTY_ID, Profiles, name_of
from consumer.sandbox.quota import Quota
from consumer.sandbox.wire import Request

__all__ = ["ID_CHARS", "SingleUpdate", "parameters_of", "profile_of"]

PATH = re.compile(r"/m2/([^/]+)/profile/update")
SUBMITTED = "Request successfully submitted"
# mbox3rdPartyId: 256 (target-limits.md); tntId: 128 (delivery-api.json).
ID_CHARS = {THIRD_PARTY_ID: 256, PC_ID: 128}


class Refusal(Exception):  # noqa: N818 - an answer of Target, not an error of ours
    """The target does not take the call."""

    def __init__(
        self, status: int, message: str, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


class Update(NamedTuple):
    """A call that names one profile and what to write."""

    profile: str
    attributes: dict[str, str]


def parameters_of(request: Request) -> str:
    """Return query and form body as one text of parameters."""
    if request.method != "POST" or not request.body:
        return request.query
    kind = request.headers.get("content-type", "")
    if kind and not kind.startswith("application/x-www-form-urlencoded"):
        return request.query
    body = request.body.decode("utf-8", "replace")
    return f"{request.query}&{body}" if request.query else body


def profile_of(pairs: list[tuple[str, str]], both: str) -> str | None:
    """Return the profile that parameters name, as `kind:id`.

    Args:
        pairs: The parameters.
        both: What counts when both ids are there: a kind, or `refuse` for none.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name == "mbox3rdPartyId" and value:
            found[THIRD_PARTY_ID] = value
        elif name == "mboxPC" and value:
            found[PC_ID] = value
    if len(found) > 1:
        found = {kind: value for kind, value in found.items() if kind == both}
    return next((name_of(kind, value) for kind, value in found.items()), None)


class SingleUpdate:
    """The room that answers updates. Owned by the event loop."""

    def __init__(
        self,
        client: str,
        profiles: Profiles,
        log: CallLog,
        *,
        access: Access,
        quota: Quota,
        counters: Counter[str],
    ) -> None:
        self._client = client
        self._profiles = profiles
        self._log = log
        self._access = access
        self._quota = quota
        self._counters = counters

    def claims(self, path: str, switches: Switches) -> bool:
        """Whether a path is this API's, under the rule for its segment."""
        match = PATH.fullmatch(path)
        wanted = {"client": self._client, "word": "client"}.get(switches.path_segment)
        return match is not None and wanted in {None, match[1]}

    def answer(
        self, request: Request, switches: Switches, now: float, fault: str = ""
    ) -> Reply:
        """Take a call at `now`, struck by `fault` or by none: check, place, answer."""
        parameters = parameters_of(request)
        pairs = pairs_of(parameters)
        times = request.first_byte_at, request.read_at
        try:
            self._admit(request, switches, now)
            update = self._update(pairs, switches, now)
        except Refusal as refusal:
            named = profile_of(pairs, THIRD_PARTY_ID) or ""
            self._log.add(
                named,
                parameters,
                times,
                accepted=False,
                path=request.path,
                fault=fault,
            )
            self._counters["refused"] += 1
            self._counters[f"refused_{refusal.status}"] += 1
            return refused(refusal, switches)
        self._profiles.submit(update.profile, update.attributes, now)
        self._log.add(
            update.profile,
            parameters,
            times,
            accepted=True,
            path=request.path,
            fault=fault,
        )
        self._counters["accepted"] += 1
        return said(200, success=True, message=SUBMITTED, switches=switches)

    def _admit(self, request: Request, switches: Switches, now: float) -> None:
        """Check method, size, token and quota.

        Raises:
            Refusal: One of them forbids the call.
        """
        if request.method not in {"GET", "POST"}:
            raise Refusal(405, "Method not allowed", (("Allow", "GET, POST"),))
        if not self._access.admits(request.headers.get("authorization")):
            raise Refusal(switches.unauthorized_status, "Forbidden")
        if is_oversize(request, switches):
            raise Refusal(switches.oversize_status, "Request is too large")
        if not self._quota.admit(now):
            wait = self._quota.wait_seconds(now)
            hint = (("Retry-After", str(wait)),) if switches.quota_retry_after else ()
            message = f"Limit exceeded, the next call will succeed in {wait} s"
            raise Refusal(switches.quota_status, message, hint)

    def _update(
        self, pairs: list[tuple[str, str]], switches: Switches, now: float
    ) -> Update:
        """Check id and attributes.

        Raises:
            Refusal: The call names no profile, or something that is refused.
        """
        profile = profile_of(pairs, switches.both_ids)
        if profile is None:
            message = "exactly one of mboxPC and mbox3rdPartyId is required"
            raise Refusal(switches.missing_id_status, message)
        check_id(profile, switches)
        attributes = fitted(attributes_of(pairs), switches)
        if not self._profiles.exists(profile, now):
            # Nothing is created: profile-single-api.md says that this API only updates.
            self._counters["unknown_profile"] += 1
            if switches.unknown_profile == "refuse":
                raise Refusal(switches.unknown_profile_status, "Profile not found")
        return Update(profile, attributes)


def is_oversize(request: Request, switches: Switches) -> bool:
    """Whether a call is over "8 KB for GET, 60 KB for POST" (profile-single-api.md)."""
    if request.method == "GET":
        return len(request.path) + 1 + len(request.query) > switches.get_bytes
    return len(request.query) + len(request.body) > switches.post_bytes


def check_id(profile: str, switches: Switches) -> None:
    """Check an id's length and characters.

    "mbox3rdPartyId may not contain + or /" (single-profile-update-api.md,
    3rd-party-id.md).

    Raises:
        Refusal: It is too long, or has a character that is not allowed.
    """
    kind, _, value = profile.partition(":")
    if len(value) > ID_CHARS[kind]:
        raise Refusal(switches.bad_id_status, "Id is too long")
    if kind == THIRD_PARTY_ID and ("+" in value or "/" in value):
        raise Refusal(switches.bad_id_status, "Id contains + or /")


def fitted(attributes: dict[str, str], switches: Switches) -> dict[str, str]:
    """Return the attributes as the switches would have them.

    Raises:
        Refusal: A name or a value is refused.
    """
    prefixes = tuple(part for part in switches.refused_names.split(",") if part)
    refuses_names = switches.over_name == "refuse"
    for name in attributes:
        if name.startswith(prefixes):
            message = f"Parameter name {PREFIX}{name} is not allowed"
            raise Refusal(switches.refused_status, message)
        if refuses_names and len(name) > switches.name_chars:
            raise Refusal(switches.refused_status, "Parameter name is too long")
    if switches.over_value == "ignore":
        return attributes
    longest = switches.value_chars
    if switches.over_value == "truncate":
        return {name: value[:longest] for name, value in attributes.items()}
    if any(len(value) > longest for value in attributes.values()):
        raise Refusal(switches.refused_status, "Parameter value is too long")
    return attributes


def refused(refusal: Refusal, switches: Switches) -> Reply:
    """Return the answer of a refusal."""
    if refusal.status == switches.unauthorized_status and str(refusal) == "Forbidden":
        return Reply(refusal.status, b"Forbidden", "text/plain")
    reply = said(refusal.status, success=False, message=str(refusal), switches=switches)
    return reply._replace(headers=refusal.headers)


def said(status: int, *, success: bool, message: str, switches: Switches) -> Reply:
    """Return an answer in the XML of r_profile_update.md, or in its tag-less text."""
    word = "true" if success else "false"
    if switches.answer_format == "text":
        text = f"{word}{message}"
    else:
        text = (
            f"<response><success>{word}</success><pcId></pcId>"
            f"<message>{escape(message)}</message></response>"
        )
    return Reply(status, text.encode(), switches.content_type)
