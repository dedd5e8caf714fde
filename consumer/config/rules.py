"""The sections that rule what happens inside: bounds, waits, and what is told."""

from __future__ import annotations

from dataclasses import dataclass, field

from consumer.config.key import key
from consumer.config.kinds import (
    Boolean,
    Choice,
    Integer,
    Number,
    Size,
)

__all__ = [
    "DecodeSettings",
    "EventTimeSettings",
    "GuardSettings",
    "LimitSettings",
    "LoggingSettings",
    "RetrySettings",
    "SourceSettings",
    "TracingSettings",
]

KIBI, MEBI = 1 << 10, 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """The `limits` section."""

    max_in_flight: int = field(
        default=64,
        metadata=key(Integer(low=1, high=10_000), "The most calls on the wire at once"),
    )
    adaptive: bool = field(
        default=True,
        metadata=key(
            Boolean(), "Whether the calls at once that the target bears are found out"
        ),
    )
    breaker: bool = field(
        default=True,
        metadata=key(
            Boolean(), "Whether a target of which most answers are failures is let be"
        ),
    )
    merged_items: int = field(
        default=1_000,
        metadata=key(
            Integer(low=1, high=100_000),
            "Waiting updates of a profile that are sent in one call; 1 sends each alone",
        ),
    )
    held_records: int = field(
        default=10_000,
        metadata=key(Integer(low=1), "Records held at once, whatever the lag"),
    )
    held_bytes: int = field(
        default=64 * MEBI,
        metadata=key(Size(low=KIBI), "Bytes of records held at once", "64MiB"),
    )
    calls_per_day: int = field(
        default=1_000_000,
        metadata=key(
            Integer(low=1), "Calls in any rolling 24 hours, of this process alone"
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTimeSettings:
    """The `event_time` section."""

    profiles: int = field(
        default=100_000,
        metadata=key(
            Integer(low=1),
            "Profiles of which it is remembered when what they have happened",
        ),
    )
    max_clock_skew_seconds: float = field(
        default=300.0,
        metadata=key(
            Number(),
            "An `occurred_at` further ahead of its record's timestamp is not believed",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """The `source` section."""

    commit_interval_seconds: float = field(
        default=0.5,
        metadata=key(
            Number(above=True, high=60), "How often what is settled is committed"
        ),
    )
    membership_lease_seconds: float | None = field(
        default=None,
        metadata=key(
            Number(above=True),
            "Nothing is sent unless a commit sent this recently was acknowledged",
            "20, or half the session timeout if that is less",
        ),
    )
    startup_timeout_seconds: float = field(
        default=30.0,
        metadata=key(
            Number(above=True, high=3600), "How long to wait for a broker at start"
        ),
    )
    out_of_range: str = field(
        default="pause",
        metadata=key(
            Choice(words=("pause", "reset")),
            "What to do when Kafka has deleted the next offset: wait for a person, "
            "or follow `auto.offset.reset`",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeSettings:
    """The `decode` section."""

    schema_grace_seconds: float = field(
        default=60.0,
        metadata=key(Number(), "How long a schema id may be unknown to the registry"),
    )
    max_record_bytes: int = field(
        default=MEBI,
        metadata=key(Size(low=64), "Largest value of a record", "1MiB"),
    )
    max_depth: int = field(
        default=64,
        metadata=key(Integer(low=1, high=256), "Deepest nesting of a value"),
    )
    max_elements: int = field(
        default=100_000,
        metadata=key(Integer(low=1), "Most array and map elements of a record"),
    )
    max_decimal_bytes: int = field(
        default=64,
        metadata=key(Integer(low=1, high=1024), "Longest decimal, in bytes"),
    )
    max_schema_bytes: int = field(
        default=MEBI,
        metadata=key(
            Size(low=1024), "Longest schema, with those that it refers to", "1MiB"
        ),
    )
    max_schema_types: int = field(
        default=5_000,
        metadata=key(
            Integer(low=1, high=100_000), "Most types in a schema, names written out"
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrySettings:
    """The `retry` section."""

    base_seconds: float = field(
        default=0.2,
        metadata=key(Number(above=True, high=3600), "Bound of the first wait"),
    )
    cap_seconds: float = field(
        default=30.0,
        metadata=key(Number(above=True, high=3600), "Bound of any wait"),
    )
    retry_after_cap_seconds: float = field(
        default=300.0,
        metadata=key(Number(high=86_400), "Longest `Retry-After` that is honoured"),
    )
    max_attempts: int = field(
        default=20,
        metadata=key(Integer(low=1), "Counted attempts before a record is given up"),
    )
    give_up_after_seconds: float = field(
        default=3600.0,
        metadata=key(Number(), "Counted time that must have passed as well"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings:
    """The `guard` section."""

    enabled: bool = field(
        default=True,
        metadata=key(
            Boolean(),
            "Whether a mapping or topic that rejects record after record is held, "
            "instead of making dead letters of them all",
        ),
    )
    max_rejected_ratio: float = field(
        default=0.5,
        metadata=key(
            Number(above=True, high=1.0),
            "More than this share of the last 100 records, of 20 at least, trips it; "
            "1 leaves the share out",
        ),
    )
    max_consecutive: int = field(
        default=10,
        metadata=key(Integer(low=1), "As many rejected records in a row trip it"),
    )
    probe_seconds: float = field(
        default=30.0,
        metadata=key(
            Number(above=True, high=86_400),
            "How long a tripped guard waits before it tries one record, and how long that "
            "has before another is tried in its place",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TracingSettings:
    """The `tracing` section; the collector is named by the `OTEL_` variables."""

    sample_ratio: float = field(
        default=0.01,
        metadata=key(
            Number(high=1.0),
            "Share of traces begun here; a publisher's own decision is followed",
        ),
    )
    consumer_relation: str = field(
        default="parent",
        metadata=key(
            Choice(words=("parent", "link")),
            "Whether a record's span continues the publisher's trace or links to it",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSettings:
    """The `logging` section."""

    level: str = field(
        default="info",
        metadata=key(
            Choice(words=("debug", "info", "warning", "error")), "Least level written"
        ),
    )
    format: str = field(
        default="json",
        metadata=key(
            Choice(words=("json", "logfmt")), "Form of a line on standard error"
        ),
    )
