"""What goes wrong now, and how long things take: the only place that rolls dice.

Theory of operation: each part of the outside has a stream of chance of its own, drawn
from the seed, so that a change in one leaves the others' as they were.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from tests.chaos.simulate.plan import CALM_AT, Spell

__all__ = ["Chance", "Weather"]


class Chance:
    """One stream of chance."""

    def __init__(self, seed: int, name: str) -> None:
        self._random = random.Random(f"{name} {seed}")  # noqa: S311 - faults, not secrets
        self.uniform = self._random.uniform
        self.choice = self._random.choice
        self.shuffle = self._random.shuffle
        self.random = self._random.random

    def hits(self, share: float) -> bool:
        """Return True so often."""
        return share >= 1.0 or (share > 0.0 and self._random.random() < share)


class Weather:
    """The spells of a history. Owned by it."""

    def __init__(self, spells: Iterable[Spell], time: Callable[[], float]) -> None:
        self._spells: dict[str, list[Spell]] = {}
        for spell in spells:
            self._spells.setdefault(spell.kind, []).append(spell)
        self._time = time
        self._began = time()

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return self._time() - self._began

    @property
    def is_calm(self) -> bool:
        """True when nothing goes wrong any more."""
        return self.seconds >= CALM_AT

    def spell(self, kind: str) -> Spell | None:
        """Return the spell of a kind that lasts now."""
        spells = self._spells.get(kind)
        if spells is None:
            return None
        now = self.seconds
        return next((s for s in spells if s.since <= now < s.until), None)

    def hits(self, kind: str, chance: Chance) -> Spell | None:
        """Return a spell that lasts now and hits this request."""
        spell = self.spell(kind)
        return spell if spell is not None and chance.hits(spell.share) else None
