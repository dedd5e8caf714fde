"""The guard: a mapping or a topic that is broken costs a few dead letters, not a topic.

Rules:
    - Counted are records, each once: for a mapping those that it refused or whose item
      was given up, against those that were delivered; for a topic those that are no
      event, against those that are. A record that was skipped says nothing.
    - A guard trips when more than `max_rejected_ratio` of its last 100 records were
      rejected, of 20 at least, or `max_consecutive` in a row. It never ends the process:
      a restart would give up another series.
    - While it is open nothing is given up but by a probe. Each `probe_seconds` one record
      is tried and ends as it ends; a probe that passes is followed by the next at once,
      one that has no result by then makes room for the next. So a bad series costs one
      dead letter for each probe.
    - Three probes in a row that pass close it, as does another set of mappings or an
      override. A closed guard begins to count anew.
    - What was made by an older set is no word for the present one: delivered, it counts
      nothing.

Theory of operation:
    A record that is accepted costs two additions: only the numbers of the rejected ones
    are remembered, and those that are older than the last 100 are dropped when the next
    one comes. That ten in a row are the fault of a mapping, and not of ten records, is a
    guess; a false alarm holds a mapping for as long as three probes take.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "LEAST_RECORDS",
    "PASSES",
    "WINDOW_RECORDS",
    "Guard",
    "GuardKind",
    "GuardName",
    "GuardPolicy",
]

WINDOW_RECORDS = 100
LEAST_RECORDS = 20  # else one bad record of the first one would be all of them
PASSES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPolicy:
    """When a guard trips, and how it finds out that all is well again.

    Attributes:
        enabled: False for no guard at all.
        max_rejected_ratio: More than this share of the last 100 records trips it; 1
            leaves the ratio out.
        max_consecutive: As many rejected records in a row trip it.
        probe_seconds: How long it waits before a probe, at first and after a failed one;
            and how long a probe has before another record is tried in its place.
    """

    enabled: bool = True
    max_rejected_ratio: float = 0.5
    max_consecutive: int = 10
    probe_seconds: float = 30.0

    def __post_init__(self) -> None:
        """Refuse rules that cannot be.

        Raises:
            ValueError: The ratio is not between 0 and 1, the count is below 1, or the
                time is not positive.
        """
        if not 0 < self.max_rejected_ratio <= 1:
            raise ValueError("max_rejected_ratio is more than 0 and at most 1")
        if self.max_consecutive < 1:
            raise ValueError("max_consecutive is at least 1")
        if self.probe_seconds <= 0:
            raise ValueError("probe_seconds is positive")


class GuardKind(enum.StrEnum):
    """What a guard is about."""

    MAPPING = "mapping"
    TOPIC = "topic"


class GuardName(NamedTuple):
    """Which guard: of a mapping, or of a source topic by its real name."""

    kind: GuardKind
    name: str

    def __str__(self) -> str:
        """Return `mapping loan-funded` or `topic crm.loan-funded.v1`."""
        return f"{self.kind} {self.name}"


class Guard:
    """What is known of one mapping, or of one topic. Owned by the scheduler.

    Attributes:
        name: Which.
        since: When it tripped, on the clock of `now`; None while it is closed.
        probe_at: When the next probe may go, while it is open.
        passes: Probes in a row that passed, while it is open.
        is_refused: True while it is open and the target refused one of its last
            records, or one since. Else what is mapped already is as good as it was, and
            is sent on.
        code: Reason of the newest rejected record; empty when there was none.
        trips: How often it tripped.
    """

    __slots__ = (
        "_consecutive",
        "_policy",
        "_refused",
        "_rejected",
        "_seen",
        "code",
        "is_refused",
        "name",
        "passes",
        "probe_at",
        "since",
        "trips",
    )

    def __init__(self, name: GuardName, policy: GuardPolicy) -> None:
        self.name = name
        self.since: float | None = None
        self.probe_at = 0.0
        self.passes = 0
        self.is_refused = False
        self.code = ""
        self.trips = 0
        self._policy = policy
        self._seen = 0
        self._consecutive = 0
        self._refused = (
            -WINDOW_RECORDS
        )  # number of the last one that the target refused
        self._rejected: deque[int] = deque()  # numbers of records, from 1

    @property
    def is_open(self) -> bool:
        """True from the record that tripped it until it is closed."""
        return self.since is not None

    @property
    def has_passed(self) -> bool:
        """True when so many probes passed that it is to be closed."""
        return self.passes >= PASSES

    def accept(self) -> None:
        """Count a record that was accepted."""
        self._seen += 1
        self._consecutive = 0

    def reject(self, code: str, now: float, *, by_target: bool = False) -> bool:
        """Count a record that was rejected; return whether that tripped the guard.

        Args:
            code: Why, as its dead letter says.
            now: The time.
            by_target: True when the target refused it, and not a rule.
        """
        self._seen += 1
        self._consecutive += 1
        self.code = code
        if by_target:
            self._refused = self._seen
        rejected = self._rejected
        rejected.append(self._seen)
        while rejected[0] <= self._seen - WINDOW_RECORDS:
            rejected.popleft()
        if self.is_open:
            self.is_refused = self.is_refused or by_target
            return False
        if not self._is_broken():
            return False
        self.is_refused = self._seen - self._refused < WINDOW_RECORDS
        self.since = now
        self.probe_at = now + self._policy.probe_seconds
        self.passes = 0
        self.trips += 1
        return True

    def pass_probe(self, now: float) -> None:
        """Note that a probe passed: the next one may go at once."""
        self.passes += 1
        self.probe_at = now

    def fail_probe(self, code: str, now: float) -> None:
        """Note that a probe was rejected: those that passed before it prove nothing."""
        self.passes = 0
        self.code = code
        self.probe_at = now + self._policy.probe_seconds

    def close(self) -> None:
        """Begin anew: whatever was counted is of the past."""
        self.since = None
        self.is_refused = False
        self.passes = 0
        self._seen = self._consecutive = 0
        self._refused = -WINDOW_RECORDS
        self._rejected.clear()

    def _is_broken(self) -> bool:
        policy = self._policy
        if not policy.enabled:
            return False
        if self._consecutive >= policy.max_consecutive:
            return True
        records = min(self._seen, WINDOW_RECORDS)
        most = policy.max_rejected_ratio * records
        return records >= LEAST_RECORDS and len(self._rejected) > most
