"""Whether an endpoint accepts the profiles of others: the evidence in "whose fault".

Rules:
    - Counted are the last 1,000 answers of the last five minutes, the latest one of
      each profile.
    - An endpoint is well for a profile when nine in ten of the *other* profiles, and at
      least one, were delivered or rejected. A profile is no witness in its own case.
    - It is also known when another profile was accepted last.

Theory of operation:
    An answer costs one append. Only when something failed is the window brought up to
    date, and then each answer is looked at once; so a good day pays nothing for it.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from consumer.model import ProfileId

__all__ = ["Answers"]

WINDOW_ANSWERS = 1000
WINDOW_SECONDS = 300.0
NEVER = float("-inf")


class Seen(NamedTuple):
    """One answer."""

    at: float
    profile: ProfileId
    accepted: bool


class Answers:
    """The last answers of one endpoint. Owned by that endpoint."""

    __slots__ = (
        "_accepted",
        "_last_at",
        "_last_profile",
        "_latest",
        "_new",
        "_other_at",
        "_window",
    )

    def __init__(self) -> None:
        self._new: deque[tuple[float, ProfileId, bool]] = deque(maxlen=WINDOW_ANSWERS)
        self._window: deque[Seen] = deque()
        self._latest: dict[ProfileId, Seen] = {}
        self._accepted = 0
        self._last_profile: ProfileId | None = None  # who was accepted last
        self._last_at = self._other_at = NEVER  # and when, and when another one was

    def note(self, profile: ProfileId, now: float, *, accepted: bool) -> None:
        """Note an answer: accepted is delivered or rejected."""
        self._new.append((now, profile, accepted))
        if accepted:
            if profile != self._last_profile:
                self._last_profile, self._other_at = profile, self._last_at
            self._last_at = now

    def others_accepted_at(self, profile: ProfileId) -> float:
        """Return when another profile was accepted last; long ago if none ever was."""
        return self._other_at if profile == self._last_profile else self._last_at

    @property
    def accepted_at(self) -> float:
        """When any profile was accepted last; long ago if none ever was."""
        return self._last_at

    def others_accepted_by_failing(self, now: float) -> bool:
        """Tell whether the endpoint is well, as far as a failing profile is concerned.

        That is one whose own latest answer is not an accepted one; all are alike.
        """
        self._refresh(now)
        others = len(self._latest) - 1
        return others > 0 and 10 * self._accepted >= 9 * others

    def others_accepted(self, profile: ProfileId, now: float) -> bool:
        """Tell whether the endpoint is well, as far as `profile` is concerned."""
        self._refresh(now)
        own = self._latest.get(profile)
        others = len(self._latest) - (own is not None)
        accepted = self._accepted - (own is not None and own.accepted)
        return others > 0 and 10 * accepted >= 9 * others

    def _refresh(self, now: float) -> None:
        for answer in self._new:
            seen = Seen(*answer)
            self._count(self._latest.get(seen.profile), -1)
            self._count(seen, 1)
            self._latest[seen.profile] = seen
            self._window.append(seen)
        self._new.clear()
        oldest = now - WINDOW_SECONDS
        window = self._window
        while window and (len(window) > WINDOW_ANSWERS or window[0].at < oldest):
            seen = window.popleft()
            if self._latest[seen.profile] is seen:
                del self._latest[seen.profile]
                self._count(seen, -1)

    def _count(self, seen: Seen | None, step: int) -> None:
        if seen is not None and seen.accepted:
            self._accepted += step
