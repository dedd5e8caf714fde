"""One mapping, checked: what it claims, and its rules, ready to be compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consumer.mapping.cel import Condition
from consumer.mapping.paths import Read
from consumer.mapping.rule import Rule
from consumer.mapping.share import Share
from consumer.mapping.specification import MappingSpec
from consumer.model import IdKind, Route

__all__ = ["MAX_SKEW_MS", "Case", "Each", "Plan", "Write"]

MAX_SKEW_MS = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is written when a condition holds.

    Attributes:
        number: From 0 in the file; None for the attributes that are common.
        when: The condition; None always holds.
        attributes: All that are written, common ones included.
    """

    number: int | None
    when: Condition | None
    attributes: Mapping[str, Rule]


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """The list of which each element makes an item of its own.

    Attributes:
        name: What the file calls an element; the function calls it `item`.
        path: Where the list is, as the file writes it.
        elements: What gives the list; None is a list without elements.
        when: The part of the condition that looks at the element; None always holds.
    """

    name: str
    path: str
    elements: Read
    when: Condition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """How a record, with or without a value, becomes items.

    Attributes:
        when: The condition of all; None always holds.
        root: What gives the function's `root`, where paths begin; None for the event.
        each: The list of which each element makes an item; None for one item.
        profiles: Alternatives, in order.
        all_profiles: Whether every alternative that is present makes an item.
        skip_without_profile: Whether a record without any is skipped, not rejected.
        share: The profiles that it is for; None for all.
        occurred_at: When it happened, if the mapping says.
        max_skew_ms: How far ahead of its record's timestamp that may be, milliseconds.
        stamp: The attribute that says when; needs `occurred_at`.
        cases: The first that holds is written; the last has no condition.
    """

    when: Condition | None
    root: str | None
    each: Each | None
    profiles: tuple[tuple[IdKind, Rule], ...]
    all_profiles: bool
    skip_without_profile: bool
    share: Share | None
    occurred_at: Rule | None
    max_skew_ms: int
    stamp: str | None
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One mapping.

    Attributes:
        file: Its path.
        version: Git blob id of the file; behind `+` those of defaults that it takes.
        spec: What the file says.
        route: Shared by all its items.
        event: How a record with a value becomes items.
        delete: How one without becomes items, if the mapping says.
    """

    file: str
    version: str
    spec: MappingSpec
    route: Route
    event: Write
    delete: Write | None
