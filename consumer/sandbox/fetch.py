"""Profile fetch: `GET /rest/v1/profiles/...`, as profile-fetch.md documents it."""

import json
from collections import Counter
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote

from consumer.sandbox.access import Access
from consumer.sandbox.http import Reply
from consumer.sandbox.options import Switches
from consumer.sandbox.profiles import PC_ID, THIRD_PARTY_ID, Profile, Profiles, name_of
from consumer.sandbox.wire import Request

__all__ = ["ProfileFetch", "written_time"]

PATH = "/rest/v1/profiles/"
# How a 404 names the id (profile-fetch.md); the ECID's words are not documented.
WORDS = {
    THIRD_PARTY_ID: "third party id",
    PC_ID: "mboxPC",
    "marketing_cloud_visitor_id": "marketingCloudVisitorId",
}
KINDS = {
    "thirdPartyId": THIRD_PARTY_ID,
    "marketingCloudVisitorId": "marketing_cloud_visitor_id",
}


class ProfileFetch:
    """The room that answers fetches. Owned by the event loop. Not metered."""

    def __init__(
        self,
        client: str,
        profiles: Profiles,
        *,
        access: Access,
        counters: Counter[str],
    ) -> None:
        self._client = client
        self._profiles = profiles
        self._access = access
        self._counters = counters

    def claims(self, path: str) -> bool:
        """Whether a path is this API's."""
        return path.startswith(PATH)

    def answer(self, request: Request, switches: Switches, now: float) -> Reply:
        """Answer a fetch as the profile is at `now`."""
        self._counters["fetches"] += 1
        if request.method != "GET":
            return Reply(405, headers=(("Allow", "GET"),))
        if not self._access.admits(request.headers.get("authorization")):
            return Reply(switches.unauthorized_status, b"Forbidden", "text/plain")
        kind, value = named(request.path)
        client = parse_qs(request.query).get("client", [self._client])[0]
        profile = self._profiles.find(name_of(kind, value), now)
        if profile is None or client != self._client:
            self._counters["fetches_not_found"] += 1
            return not_found(client, kind, value)
        return Reply(200, json.dumps(document(client, value, profile)).encode())


def named(path: str) -> tuple[str, str]:
    """Return the kind and id that a path names."""
    first, slash, rest = path[len(PATH) :].partition("/")
    if slash:
        return KINDS.get(first, first), unquote(rest)
    return PC_ID, unquote(first)


def not_found(client: str, kind: str, value: str) -> Reply:
    """Return the documented 404."""
    text = f"No profile found for client {client} with {WORDS.get(kind, kind)}={value}"
    return Reply(404, json.dumps({"status": 404, "message": text}).encode())


def document(client: str, value: str, profile: Profile) -> dict[str, object]:
    """Return a profile as profiles-api.md shows one: keys without `profile.`."""
    return {
        "client": client,
        "visitorId": value,
        "modifiedAt": written_time(profile.modified_at),
        "profileAttributes": {
            name: {"value": held.value, "modifiedAt": written_time(held.modified_at)}
            for name, held in profile.attributes.items()
        },
    }


def written_time(seconds: float) -> str:
    """Return Unix seconds in the form of `2017-08-18T17:53:39.003-04:00`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
