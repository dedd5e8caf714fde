"""All guards: which record counts in which of them, and what they say happened.

Rules:
    - A delivered record counts for each mapping whose item was in it, if the present set
      made the item; a rejected one for each mapping that its failure names.
    - A record that is an event counts for its topic, as one that is none does; one
      without a value or without a mapping is not decoded, and counts nothing.
    - A mapping that an override lets pass is never held, nor are its topics.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple, TypeAlias

from consumer.model import Failure, Item, SkipReason, Stage
from consumer.schedule.entry import Entry
from consumer.schedule.guard import Guard, GuardKind, GuardName, GuardPolicy

__all__ = [
    "NOT_DECODED",
    "Claims",
    "GuardEvent",
    "GuardNews",
    "Guards",
    "guards_of",
]

Claims: TypeAlias = Callable[[str], tuple[str, ...]]

# What is skipped for one of these was not decoded.
NOT_DECODED = frozenset({SkipReason.TOMBSTONE, SkipReason.UNMAPPED})


class GuardNews(enum.StrEnum):
    """What may happen to a guard."""

    TRIPPED = "tripped"
    PASSED = "passed"
    FAILED = "failed"
    CLOSED = "closed"


class GuardEvent(NamedTuple):
    """Something that happened to a guard.

    Attributes:
        name: Which guard.
        news: What happened.
        code: Reason of its newest rejected record.
    """

    name: GuardName
    news: GuardNews
    code: str


class Guards:
    """The guards of all mappings and topics. Owned by the scheduler.

    Attributes:
        open: Those that tripped and are not closed.
        mapping_set: Version of the set whose items count as accepted.
        has_kept: True when an item was kept and its partition is to be judged.
        probe_seconds: How long a probe waits, and how long it may take.
    """

    def __init__(self, policy: GuardPolicy) -> None:
        self.open: dict[GuardName, Guard] = {}
        self.mapping_set = ""
        self.has_kept = False
        self._events: list[GuardEvent] = []
        self.probe_seconds = policy.probe_seconds
        self._policy = policy
        self._all: dict[GuardName, Guard] = {}
        self._of: dict[tuple[str, ...], tuple[Guard, ...]] = {}
        self._live: frozenset[str] = frozenset()
        self._claims: Claims = lambda _topic: ()

    def topic(self, name: str) -> Guard:
        """Return the guard of a topic; the same one every time."""
        return self._guard(GuardName(GuardKind.TOPIC, name))

    def accept(self, items: tuple[Item, ...]) -> None:
        """Count a record whose items were delivered."""
        route = items[0].route
        if route.mapping_set != self.mapping_set:
            return
        mappings = route.mappings if len(items) == 1 else mappings_of(items)
        for guard in self._of.get(mappings) or self._guards(mappings):
            guard.accept()

    def reject(self, failure: Failure, topic: str, now: float) -> bool:
        """Count a record that was given up; return whether that tripped a guard."""
        tripped = False
        by_target = failure.stage is Stage.DELIVER
        for name in guards_of(failure, topic):
            if self._live and self._passes(name):
                continue
            guard = self._guard(name)
            if guard.reject(failure.code, now, by_target=by_target):
                self.open[name] = guard
                self._tell(guard, GuardNews.TRIPPED)
                tripped = True
        return tripped

    def keeps(self, entry: Entry, code: str, now: float) -> bool:
        """Tell whether an item is kept that would be given up; its guards note it.

        Args:
            entry: The item.
            code: Why it would be given up.
            now: The time.
        """
        ticket = entry.ticket
        if not self.open or ticket.is_trial:
            return False
        kept = False
        for mapping in entry.item.route.mappings:
            guard = self.open.get(GuardName(GuardKind.MAPPING, mapping))
            # One that claims the topic no more does not hold it: it would be sent again.
            if guard is not None and mapping in ticket.partition.claims:
                guard.reject(code, now, by_target=True)
                kept = self.has_kept = True
        return kept

    def decoded(self, topic: str, now: float) -> None:
        """Note that a probe was an event."""
        guard = self.open.get(GuardName(GuardKind.TOPIC, topic))
        if guard is not None:
            self._passed(guard, now)

    def delivered(self, items: tuple[Item, ...], now: float) -> None:
        """Note that a probe's items were delivered."""
        if items[0].route.mapping_set != self.mapping_set:
            return
        for guard in self._guards(mappings_of(items)):
            if guard.is_open:
                self._passed(guard, now)

    def failed(self, failure: Failure, topic: str, now: float) -> None:
        """Note that a probe was given up."""
        for name in guards_of(failure, topic):
            guard = self.open.get(name)
            if guard is not None:
                guard.fail_probe(failure.code, now)
                self._tell(guard, GuardNews.FAILED)

    def let_pass(self, mappings: Collection[str], claims: Claims) -> None:
        """Hold none of these mappings from now on, nor topics that they claim."""
        self._live = frozenset(mappings)
        self._claims = claims
        self.close([name for name in self.open if self._passes(name)])

    def close(self, names: Iterable[GuardName]) -> None:
        """Close these, if they are open; all of them count anew."""
        for name in names:
            guard = self._all.get(name)
            if guard is None:
                continue
            guard.close()
            if self.open.pop(name, None) is not None:
                self._tell(guard, GuardNews.CLOSED)

    def renew(self, mapping_set: str) -> None:
        """Begin anew with another set of mappings."""
        self.mapping_set = mapping_set
        self.close(tuple(self._all))

    def news(self) -> list[GuardEvent]:
        """Return what happened since the last time."""
        told, self._events = self._events, []
        return told

    def _passes(self, name: GuardName) -> bool:
        if name.kind is GuardKind.MAPPING:
            return name.name in self._live
        return not self._live.isdisjoint(self._claims(name.name))

    def _guards(self, mappings: tuple[str, ...]) -> tuple[Guard, ...]:
        """Return the guards of some mappings."""
        names = (GuardName(GuardKind.MAPPING, name) for name in mappings)
        found = self._of[mappings] = tuple(map(self._guard, names))
        return found

    def _guard(self, name: GuardName) -> Guard:
        guard = self._all.get(name)
        if guard is None:
            guard = self._all[name] = Guard(name, self._policy)
        return guard

    def _passed(self, guard: Guard, now: float) -> None:
        guard.pass_probe(now)
        self._tell(guard, GuardNews.PASSED)

    def _tell(self, guard: Guard, news: GuardNews) -> None:
        self._events.append(GuardEvent(guard.name, news, guard.code))


def mappings_of(items: tuple[Item, ...]) -> tuple[str, ...]:
    """Return the mappings that made some items, each once."""
    return tuple(dict.fromkeys(name for one in items for name in one.route.mappings))


def guards_of(failure: Failure, topic: str) -> tuple[GuardName, ...]:
    """Return the guards in which a failure counts."""
    if failure.stage is Stage.DECODE:
        return (GuardName(GuardKind.TOPIC, topic),)
    return tuple(GuardName(GuardKind.MAPPING, name) for name in failure.mappings)
