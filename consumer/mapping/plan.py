"""One mapping, checked: what it claims, and its rules, ready to be compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consumer.mapping.cel import Condition
from consumer.mapping.rule import Rule
from consumer.mapping.specification import MappingSpec
from consumer.model import IdKind, Route

__all__ = ["Case", "Plan", "Write"]


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
class Write:
    """How a record, with or without a value, becomes items.

    Attributes:
        when: The condition of all; None always holds.
        profiles: Alternatives, in order.
        all_profiles: Whether every alternative that is present makes an item.
        skip_without_profile: Whether a record without any is skipped, not rejected.
        occurred_at: When it happened, if the mapping says.
        cases: The first that holds is written; the last has no condition.
    """

    when: Condition | None
    profiles: tuple[tuple[IdKind, Rule], ...]
    all_profiles: bool
    skip_without_profile: bool
    occurred_at: Rule | None
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One mapping.

    Attributes:
        file: Its path.
        version: Git blob id of the file.
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
