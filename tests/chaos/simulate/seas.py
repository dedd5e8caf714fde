"""What befalls requests between the members and their group."""

from __future__ import annotations

from collections.abc import Iterable

from consumer.model import TopicPartition
from tests.chaos.simulate.network import Route
from tests.chaos.simulate.verdict import Verdict
from tests.chaos.simulate.weather import Chance, Weather

__all__ = ["Calm", "Seas"]

LATE_SECONDS = 5.0


class Calm:
    """Nothing befalls anything."""

    def commit_route(self, usual: Route) -> Route:
        """Return how a commit travels."""
        return usual

    def commit_codes(
        self,
        partitions: Iterable[TopicPartition],  # noqa: ARG002 - for those that refuse
    ) -> dict[TopicPartition, int]:
        """Return which of the partitions the broker refuses now, and by which code."""
        return {}

    def offsets_are_unread(self) -> bool:
        """Return whether a question for committed offsets fails."""
        return False


class Seas:
    """What the weather does to requests. Owned by one history."""

    def __init__(self, weather: Weather, chance: Chance, verdict: Verdict) -> None:
        self._weather = weather
        self._chance = chance
        self._verdict = verdict

    def commit_route(self, usual: Route) -> Route:
        """Return how a commit travels: it, or its answer, may be lost or late."""
        if self._hits("commit lost"):
            return Route(None, None)
        if self._hits("answer lost"):
            return Route(usual.there_seconds, None)
        if self._hits("commit late"):
            seconds = self._chance.uniform(0.1, LATE_SECONDS)
            return Route(seconds, usual.back_seconds, is_late=True)
        return usual

    def commit_codes(
        self, partitions: Iterable[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Return which of the partitions the broker refuses now, and by which code."""
        spell = self._weather.spell("commit")
        if spell is None:
            return {}
        code = int(spell.value)
        return {p: code for p in partitions if self._chance.hits(spell.share)}

    def offsets_are_unread(self) -> bool:
        """Return whether a question for committed offsets fails."""
        return self._hits("offsets unread")

    def _hits(self, kind: str) -> bool:
        is_hit = self._weather.hits(kind, self._chance) is not None
        if is_hit:
            self._verdict.see(kind)
        return is_hit
