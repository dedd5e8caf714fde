"""The admin interface: JSON on a port of its own, so that no fault ever strikes it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from itertools import islice
from typing import Any

from consumer.sandbox.calls import Call
from consumer.sandbox.errors import SandboxError
from consumer.sandbox.faults import FaultRule
from consumer.sandbox.options import changed
from consumer.sandbox.profiles import PC_ID, THIRD_PARTY_ID, Profile
from consumer.sandbox.routes import Asked, JsonError, Route, Router
from consumer.sandbox.target import Target

__all__ = ["Admin", "call_to_json"]

# A page of this many entries takes well under a tenth of a second to write.
PAGE = 10_000


class Admin:
    """What an operator or a test may ask of the sandbox. Owned by the event loop."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.router = Router(self.routes(), "application/json")

    def routes(self) -> list[Route]:
        """List what can be asked."""
        return [
            Route("GET", "/health", lambda _: {"ok": True}, "whether it runs"),
            Route(
                "POST",
                "/profiles",
                self.create_profiles,
                'create {"profiles": [{"third_party_id"?, "pc_id"?, "attributes"?}]}',
            ),
            Route(
                "GET",
                "/profiles",
                self.read_profiles,
                "one page of profiles; ?after=N&limit=N&modified=1",
            ),
            Route("DELETE", "/profiles", self.clear_profiles, "forget all profiles"),
            Route(
                "GET",
                "/calls",
                self.read_calls,
                "one page of the update calls; ?after=SEQUENCE&limit=N",
            ),
            Route("DELETE", "/calls", self.clear_calls, "forget the logged calls"),
            Route("GET", "/counters", self.counters, "counts since the start"),
            Route("GET", "/faults", self.read_faults, "the fault rules in force"),
            Route("POST", "/faults", self.add_fault, "set a fault rule"),
            Route("DELETE", "/faults", self.clear_faults, "take all rules back"),
            Route("DELETE", "/faults/{}", self.remove_fault, "take one rule back"),
            Route("GET", "/token", self.read_token, "the token in force"),
            Route(
                "POST",
                "/token",
                self.rotate_token,
                'rotate the token: {"token"?, "required"?}; without one it is made up',
            ),
            Route("GET", "/switches", self.read_switches, "undocumented behaviours"),
            Route("PATCH", "/switches", self.set_switches, "set some of them"),
            Route("GET", "/quota", self.read_quota, "the rolling quota"),
            Route(
                "PATCH", "/quota", self.set_quota, 'set {"limit"?, "window_seconds"?}'
            ),
        ]

    def create_profiles(self, asked: Asked) -> object:
        """Create profiles in bulk.

        Raises:
            SandboxError: The body is not a list of profiles.
        """
        entries = asked.values().get("profiles")
        if not isinstance(entries, list):
            raise SandboxError('the body is {"profiles": [...]}')
        now = self._target.clock()
        for entry in entries:
            third_party_id, pc_id, attributes = described_profile(entry)
            self._target.profiles.create(third_party_id, pc_id, attributes, now)
        return {"created": len(entries)}

    def read_profiles(self, asked: Asked) -> object:
        """Return a page of profiles by each of their names."""
        after, limit = asked.number("after", 0), page_size(asked)
        living = self._target.profiles.all(self._target.clock())
        page = list(islice(living, after, after + limit))
        show = modified if asked.query.get("modified") == "1" else plain
        return {
            "profiles": {
                name: show(profile) for profile in page for name in profile.names
            },
            "next": after + limit if len(page) == limit else None,
            "pending": self._target.profiles.pending,
        }

    def clear_profiles(self, asked: Asked) -> object:
        """Forget all profiles."""
        del asked
        self._target.profiles.clear()
        return {}

    def read_calls(self, asked: Asked) -> object:
        """Return a page of the log."""
        log = self._target.log
        after, limit = asked.number("after", 0), page_size(asked)
        page = list(log.after(after, limit))
        return {
            "calls": [call_to_json(call) for call in page],
            "next": page[-1].sequence if page else None,
            "oldest": log.oldest,
            "last": log.last,
        }

    def clear_calls(self, asked: Asked) -> object:
        """Forget the logged calls."""
        del asked
        self._target.log.clear()
        return {}

    def counters(self, asked: Asked) -> object:
        """Return the counters and gauges."""
        del asked
        target = self._target
        return {
            **target.counters,
            "profiles": len(target.profiles),
            "pending": target.profiles.pending,
            "logged": target.log.last,
        }

    def read_faults(self, asked: Asked) -> object:
        """Return the rules in force."""
        del asked
        return {"faults": self._target.faults.to_json()}

    def add_fault(self, asked: Asked) -> object:
        """Set a rule."""
        rule = FaultRule.from_json(asked.values())
        return {"id": self._target.faults.add(rule, self._target.clock())}

    def clear_faults(self, asked: Asked) -> object:
        """Take all rules back."""
        del asked
        self._target.faults.clear()
        return {}

    def remove_fault(self, asked: Asked) -> object:
        """Take one rule back.

        Raises:
            JsonError: There is none of this number.
        """
        number = asked.places[0]
        if not number.isdecimal() or not self._target.faults.remove(int(number)):
            raise JsonError(404, "no such fault rule")
        return {}

    def read_token(self, asked: Asked) -> object:
        """Return the token in force."""
        del asked
        access = self._target.access
        return {"token": access.token, "required": access.required}

    def rotate_token(self, asked: Asked) -> object:
        """Rotate the token, or switch its requirement.

        Raises:
            SandboxError: The token is not a text, or the switch not a boolean.
        """
        access, values = self._target.access, asked.values()
        token = values.get("token")
        required = values.get("required", access.required)
        if not isinstance(token, str | None) or not isinstance(required, bool):
            raise SandboxError("token is a text, required is a boolean")
        access.rotate(token)
        access.required = required
        return self.read_token(asked)

    def read_switches(self, asked: Asked) -> object:
        """Return every switch."""
        del asked
        return asdict(self._target.switches)

    def set_switches(self, asked: Asked) -> object:
        """Set some switches."""
        self._target.set_switches(changed(self._target.switches, asked.values()))
        return self.read_switches(asked)

    def read_quota(self, asked: Asked) -> object:
        """Return the quota and what is used of it."""
        del asked
        quota, now = self._target.quota, self._target.clock()
        return {
            "limit": quota.limit,
            "window_seconds": quota.window_seconds,
            "used": quota.used(now),
            "wait_seconds": quota.wait_seconds(now),
        }

    def set_quota(self, asked: Asked) -> object:
        """Set the quota.

        Raises:
            SandboxError: A value is not a number, or below 0.
        """
        quota, values = self._target.quota, asked.values()
        limit = values.get("limit", quota.limit)
        window = values.get("window_seconds", quota.window_seconds)
        if type(limit) is not int or not isinstance(window, (int, float)):
            raise SandboxError("limit is a whole number, window_seconds a number")
        if min(limit, window) < 0:
            raise SandboxError("a quota is not negative")
        quota.limit, quota.window_seconds = limit, float(window)
        return self.read_quota(asked)


def page_size(asked: Asked) -> int:
    """Return how many entries a page may hold."""
    return max(1, min(asked.number("limit", PAGE), PAGE))


def described_profile(entry: Any) -> tuple[str | None, str | None, Mapping[str, str]]:
    """Take an entry of `POST /profiles` apart.

    Raises:
        SandboxError: It is not an object of texts.
    """
    if not isinstance(entry, dict):
        raise SandboxError("a profile is an object")
    ids = entry.get(THIRD_PARTY_ID), entry.get(PC_ID)
    attributes = entry.get("attributes", {})
    if not isinstance(attributes, dict) or not texts(attributes.values()):
        raise SandboxError("attributes is an object of texts")
    if not texts(value for value in ids if value is not None):
        raise SandboxError("an id is a text")
    return *ids, attributes


def texts(values: Iterable[object]) -> bool:
    """Whether all values are texts."""
    return all(isinstance(value, str) for value in values)


def plain(profile: Profile) -> dict[str, str]:
    """Return a profile's attributes."""
    return {name: held.value for name, held in profile.attributes.items()}


def modified(profile: Profile) -> dict[str, object]:
    """Return a profile's attributes, each with when it was written, Unix seconds."""
    return {
        name: {"value": held.value, "modified_at": held.modified_at}
        for name, held in profile.attributes.items()
    }


def call_to_json(call: Call) -> dict[str, object]:
    """Return a call as the admin interface shows it."""
    return {
        "sequence": call.sequence,
        "profile": call.profile,
        "attributes": call.attributes,
        "first_byte_at": call.first_byte_at,
        "read_at": call.read_at,
        "accepted": call.accepted,
        "path": call.path,
        "fault": call.fault,
    }
