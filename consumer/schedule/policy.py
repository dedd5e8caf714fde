"""The frozen rules of the scheduler; what has happened stands in the other modules."""

from __future__ import annotations

from dataclasses import dataclass, field

from consumer.schedule.guard import GuardPolicy

__all__ = ["MergePolicy", "RetryPolicy", "SchedulePolicy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When a failed work is sent again, and when it is given up.

    Attributes:
        base_seconds: Ceiling of the first wait; it doubles with every attempt.
        cap_seconds: The highest ceiling.
        retry_after_cap_seconds: The longest that a target's `Retry-After` is obeyed.
        max_attempts: Counted retry answers before an item may be given up.
        give_up_after_seconds: Counted time that must have passed as well.
        max_refusals: Counted suspect answers that make it the record's fault.
    """

    base_seconds: float = 0.2
    cap_seconds: float = 30.0
    retry_after_cap_seconds: float = 300.0
    max_attempts: int = 20
    give_up_after_seconds: float = 3600.0
    max_refusals: int = 3

    def __post_init__(self) -> None:
        """Refuse rules that cannot be.

        Raises:
            ValueError: A time is negative, a count is below 1, or the cap is below
                the base.
        """
        if min(self.base_seconds, self.retry_after_cap_seconds) < 0:
            raise ValueError("a wait is at least 0 seconds")
        if self.cap_seconds < self.base_seconds:
            raise ValueError("cap_seconds is at least base_seconds")
        if min(self.max_attempts, self.max_refusals) < 1:
            raise ValueError("max_attempts and max_refusals are at least 1")
        if self.give_up_after_seconds < 0:
            raise ValueError("give_up_after_seconds is at least 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePolicy:
    """How many waiting items of a profile are sent in one call.

    Attributes:
        items: The most; 1 sends each by itself.
        characters: The most that names and values of a merged work have together. A
            single item may have more.
    """

    items: int = 1_000
    characters: int = 16_000

    def __post_init__(self) -> None:
        """Refuse bounds that cannot be.

        Raises:
            ValueError: A bound is below 1.
        """
        if min(self.items, self.characters) < 1:
            raise ValueError("items and characters of a merge are at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePolicy:
    """The scheduler's bounds.

    Attributes:
        held_records: The most records that are admitted and not settled.
        held_bytes: Likewise in bytes; exceeded by at most one fetch.
        resume_ratio: A paused partition is fetched again at this part of its own part.
        max_in_flight: The most calls at once.
        adaptive: Whether the limit below that is found out; else it is just that.
        breaker: Whether an endpoint of which most answers are failures is left alone.
        membership_lease_seconds: How long an acknowledged commit proves membership.
        retry: When a failed work is sent again.
        merge: What is sent in one call.
        event_time_profiles: Profiles of which the moments of attributes are remembered.
        guard: When a mapping or a topic is held that rejects record after record.
    """

    held_records: int = 10_000
    held_bytes: int = 64 * 1024 * 1024
    resume_ratio: float = 0.6
    max_in_flight: int = 64
    adaptive: bool = False
    breaker: bool = False
    membership_lease_seconds: float = 20.0
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    merge: MergePolicy = field(default_factory=MergePolicy)
    event_time_profiles: int = 100_000
    guard: GuardPolicy = field(default_factory=GuardPolicy)

    def __post_init__(self) -> None:
        """Refuse bounds that cannot be.

        Raises:
            ValueError: A bound or the lease is not positive, or the ratio is not
                between 0 and 1.
        """
        if min(self.held_records, self.held_bytes, self.max_in_flight) < 1:
            raise ValueError("held_records, held_bytes and max_in_flight are positive")
        if self.event_time_profiles < 1:
            raise ValueError("event_time_profiles is positive")
        if self.membership_lease_seconds <= 0:
            raise ValueError("membership_lease_seconds is positive")
        if not 0 <= self.resume_ratio <= 1:
            raise ValueError("resume_ratio is between 0 and 1")
