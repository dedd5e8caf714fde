"""Faults on purpose: seeded, selective, bounded.

Rules:
    1. A rule strikes by ratio from a random generator of its own seed: the n-th call
       that it could strike is struck in every run, or in none.
    2. Latencies of all matching rules add up; of the other kinds the first matching
       rule counts, in the order in which they were set.
    3. Whether a struck call is applied belongs to the kind, unless the rule says.
"""

import dataclasses
import enum
import random
from collections.abc import Mapping
from typing import Any, NamedTuple

from consumer.sandbox.errors import SandboxError

__all__ = ["FaultKind", "FaultRule", "Faults", "Strike"]


class FaultKind(enum.StrEnum):
    """What happens to a struck call."""

    STATUS = "status"  # another status, with Retry-After if the rule names one
    LATENCY = "latency"  # the right answer, late
    RESET = "reset"  # the connection is reset, no answer
    TRUNCATED = "truncated"  # half of the answer
    DRIP = "drip"  # the answer, byte after byte
    GARBAGE = "garbage"  # 200 with a body that is not Target's
    LOST_APPLIED = "lost_applied"  # applied, and the answer is lost
    LOST_UNAPPLIED = "lost_unapplied"  # not applied, and the answer is lost


APPLIED = frozenset({
    FaultKind.LATENCY,
    FaultKind.TRUNCATED,
    FaultKind.DRIP,
    FaultKind.LOST_APPLIED,
})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """Which calls are struck, and how.

    Attributes:
        kind: How.
        ratio: Which part of the matching calls, 0 to 1.
        seed: Of the generator that chooses them.
        path: Only calls whose path begins so. The registry's begin with `/schemas` and
            `/subjects`.
        profiles: Only calls for these `kind:id`; empty for any.
        count: How many calls at most; None for any number.
        after_seconds: Not before this long after the rule was set.
        for_seconds: Not later than this long after that; None for ever.
        status: The status of `status`.
        retry_after: Its Retry-After header, in seconds or as a date; None for none.
        body: The body of `status` and `garbage`; None for a usual one.
        seconds: The least latency; the pause between two bytes of a drip; the silence
            before the connection ends without an answer.
        to_seconds: The greatest latency, chosen evenly; None for `seconds` always.
        applied: Whether a struck call is applied; None for what the kind says.
    """

    kind: FaultKind
    ratio: float = 1.0
    seed: int = 0
    path: str = "/m2/"
    profiles: frozenset[str] = frozenset()
    count: int | None = None
    after_seconds: float = 0.0
    for_seconds: float | None = None
    status: int = 503
    retry_after: str | None = None
    body: str | None = None
    seconds: float = 0.0
    to_seconds: float | None = None
    applied: bool | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            SandboxError: A field is out of its range.
        """
        if not 0 <= self.ratio <= 1:
            raise SandboxError("ratio is between 0 and 1")
        if not 200 <= self.status <= 599:  # noqa: PLR2004 - the final statuses of HTTP
            raise SandboxError("status is between 200 and 599")
        if min(self.seconds, self.after_seconds, self.for_seconds or 0.0) < 0:
            raise SandboxError("a time is not negative")
        if self.to_seconds is not None and self.to_seconds < self.seconds:
            raise SandboxError("to_seconds is not below seconds")
        if self.kind is FaultKind.LATENCY and self.applied is False:
            raise SandboxError("a late answer is applied: use lost_unapplied")

    @property
    def applies(self) -> bool:
        """Whether a struck call is applied."""
        return self.kind in APPLIED if self.applied is None else self.applied

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "FaultRule":
        """Build a rule from a JSON object with the names of the attributes.

        Raises:
            SandboxError: A name is unknown, or a value does not fit.
        """
        names = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(values) - names)
        if unknown:
            raise SandboxError(f"no field {unknown[0]} in a fault rule")
        fitted = dict(values)
        try:
            fitted["kind"] = FaultKind(values.get("kind", ""))
            fitted["profiles"] = frozenset(values.get("profiles", ()))
            if fitted.get("retry_after") is not None:
                fitted["retry_after"] = str(fitted["retry_after"])
            return cls(**fitted)
        except (TypeError, ValueError) as error:
            kinds = ", ".join(FaultKind)
            raise SandboxError(f"not a fault rule (kinds: {kinds}): {error}") from error

    def to_json(self) -> dict[str, object]:
        """Return the rule as a JSON object."""
        values = {
            field.name: getattr(self, field.name) for field in dataclasses.fields(self)
        }
        return values | {"profiles": sorted(self.profiles)}


@dataclasses.dataclass(slots=True)
class Live:
    """A rule at work: its own generator, start and number of strikes."""

    rule: FaultRule
    since: float
    chooser: random.Random
    struck: int = 0

    def matches(self, path: str, now: float) -> bool:
        """Whether a call to this path could be struck now, whoever it is for."""
        rule = self.rule
        begin = self.since + rule.after_seconds
        return (
            path.startswith(rule.path)
            and (rule.count is None or self.struck < rule.count)
            and now >= begin
            and (rule.for_seconds is None or now < begin + rule.for_seconds)
        )

    def strikes(self) -> bool:
        """Choose whether the next matching call is struck; count it if so."""
        chosen = self.rule.ratio >= 1 or self.chooser.random() < self.rule.ratio
        self.struck += chosen
        return chosen

    def latency(self) -> float:
        """Choose the seconds of a struck call's latency."""
        rule = self.rule
        if rule.to_seconds is None:
            return rule.seconds
        return self.chooser.uniform(rule.seconds, rule.to_seconds)


class Strike(NamedTuple):
    """What is done to one call: a latency, a fault, or both."""

    latency_seconds: float
    rule: FaultRule | None


class Faults:
    """The rules in force. Owned by the event loop."""

    def __init__(self) -> None:
        self._live: dict[int, Live] = {}
        self._last = 0

    def __bool__(self) -> bool:
        return bool(self._live)

    @property
    def chooses_profiles(self) -> bool:
        """Whether any rule asks whom a call is for."""
        return any(live.rule.profiles for live in self._live.values())

    def add(self, rule: FaultRule, now: float) -> int:
        """Set a rule; returns its number."""
        self._last += 1
        chooser = random.Random(rule.seed)  # noqa: S311 - repeatable, not secret
        self._live[self._last] = Live(rule, now, chooser)
        return self._last

    def remove(self, number: int) -> bool:
        """Take a rule back; False when there is none of this number."""
        return self._live.pop(number, None) is not None

    def clear(self) -> None:
        """Take all rules back."""
        self._live.clear()

    def strike(self, path: str, profile: str | None, now: float) -> Strike | None:
        """Choose what happens to a call; None for nothing."""
        latency, fault = 0.0, None
        for live in self._live.values():
            rule = live.rule
            late = rule.kind is FaultKind.LATENCY
            if (fault is not None and not late) or not live.matches(path, now):
                continue
            if rule.profiles and profile not in rule.profiles:
                continue
            if not live.strikes():
                continue
            if late:
                latency += live.latency()
            else:
                fault = rule
        return Strike(latency, fault) if latency or fault else None

    def to_json(self) -> list[dict[str, object]]:
        """Return the rules with their numbers and strikes."""
        return [
            {"id": number, "struck": live.struck, **live.rule.to_json()}
            for number, live in self._live.items()
        ]
