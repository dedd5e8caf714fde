"""The profiles of the emulated account, and their asynchronous update.

Rules:
    1. An update changes a profile that exists and creates none ("If the profile is not
       found nothing is created", profile-single-api.md).
    2. Updates of one profile are applied in the order of their places, whatever the
       delay is set to meanwhile.
    3. Two ids may name one profile; each id names at most one.

Theory of operation:
    `submit` gives an update its place: it joins the pending ones with the time at which
    it becomes visible. Nothing runs in between: whoever looks calls a method with `now`,
    and what is due is applied first. So a delay of 24 hours costs no timer.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from consumer.sandbox.errors import SandboxError
from consumer.sandbox.options import Switches

__all__ = ["PC_ID", "THIRD_PARTY_ID", "Attribute", "Profile", "Profiles", "name_of"]

THIRD_PARTY_ID = "third_party_id"
PC_ID = "pc_id"


def name_of(kind: str, value: str) -> str:
    """Return a profile's name, `kind:id`."""
    return f"{kind}:{value}"


class Attribute(NamedTuple):
    """One attribute's value, and when it was written, Unix seconds."""

    value: str
    modified_at: float


@dataclass(slots=True)
class Profile:
    """One visitor. Owned by its `Profiles`.

    Attributes:
        names: Its ids as `kind:id`, one or two.
        modified_at: When an update last changed it, Unix seconds.
        active_at: When it was last active: its lifetime counts from here.
        attributes: Name, without `profile.`, to value.
    """

    names: tuple[str, ...]
    modified_at: float
    active_at: float
    attributes: dict[str, Attribute] = field(default_factory=dict)


class Pending(NamedTuple):
    """An accepted update that nobody sees yet."""

    due: float
    name: str
    attributes: Mapping[str, str]


class Profiles:
    """All profiles of the account. Owned by the event loop."""

    def __init__(self, switches: Switches) -> None:
        self.switches = switches
        self._by_name: dict[str, Profile] = {}
        self._pending: deque[Pending] = deque()

    def create(
        self,
        third_party_id: str | None,
        pc_id: str | None,
        attributes: Mapping[str, str],
        now: float,
    ) -> Profile:
        """Create a profile, or give an existing one more attributes.

        Raises:
            SandboxError: Neither id is given, or they name two profiles.
        """
        names = tuple(
            name_of(kind, value)
            for kind, value in ((THIRD_PARTY_ID, third_party_id), (PC_ID, pc_id))
            if value
        )
        if not names:
            raise SandboxError("a profile has a third_party_id or a pc_id")
        known = {id(self._by_name[name]) for name in names if name in self._by_name}
        if len(known) > 1:
            raise SandboxError("the two ids name two profiles")
        profile = next(
            (self._by_name[name] for name in names if name in self._by_name),
            Profile(names, now, now),
        )
        profile.names = tuple(dict.fromkeys((*profile.names, *names)))
        for name in names:
            self._by_name[name] = profile
        for name, value in attributes.items():
            profile.attributes[name] = Attribute(value, now)
        return profile

    def find(self, name: str, now: float) -> Profile | None:
        """Return the profile of an id as it is at `now`, if it exists and lives."""
        self.apply(now)
        return self._alive(name, now)

    def exists(self, name: str, now: float) -> bool:
        """Whether an update of this id would find its profile now."""
        return self._alive(name, now) is not None

    def submit(self, name: str, attributes: Mapping[str, str], now: float) -> None:
        """Give an update its place; it is applied once its delay is over."""
        if self._pending or self.switches.apply_delay_seconds:
            due = now + self.switches.apply_delay_seconds
            if self._pending:
                # A delay that was shortened meanwhile must not let it overtake.
                due = max(due, self._pending[-1].due)
            self._pending.append(Pending(due, name, attributes))
            self.apply(now)
        else:
            self._write(name, attributes, now)

    def apply(self, now: float) -> None:
        """Apply what is due."""
        while self._pending and self._pending[0].due <= now:
            update = self._pending.popleft()
            self._write(update.name, update.attributes, update.due)

    def clear(self) -> None:
        """Forget every profile and every pending update."""
        self._by_name.clear()
        self._pending.clear()

    @property
    def pending(self) -> int:
        """How many accepted updates are not applied yet."""
        return len(self._pending)

    def __len__(self) -> int:
        return len({id(profile) for profile in self._by_name.values()})

    def all(self, now: float) -> Iterator[Profile]:
        """Give every living profile once, in the order of creation."""
        self.apply(now)
        for name, profile in tuple(self._by_name.items()):
            if profile.names[0] == name and self._alive(name, now):
                yield profile

    def _alive(self, name: str, now: float) -> Profile | None:
        profile = self._by_name.get(name)
        if profile is None:
            return None
        if now - profile.active_at > self.switches.lifetime_seconds:
            for other in profile.names:
                self._by_name.pop(other, None)
            return None
        return profile

    def _write(self, name: str, attributes: Mapping[str, str], now: float) -> None:
        profile = self._alive(name, now)
        if profile is None or not self._fits(profile, attributes):
            return
        held = profile.attributes
        writes_empty = self.switches.empty_values == "write"
        for attribute, value in attributes.items():
            if value or writes_empty:
                held[attribute] = Attribute(value, now)
        profile.modified_at = now
        if self.switches.update_extends_life:
            profile.active_at = now

    def _fits(self, profile: Profile, attributes: Mapping[str, str]) -> bool:
        if self.switches.over_profile == "ignore":
            return True
        after = {name: held.value for name, held in profile.attributes.items()}
        after.update(attributes)
        size = sum(
            len(name.encode()) + len(value.encode()) for name, value in after.items()
        )
        return size <= self.switches.profile_bytes
