"""What a metric is: name, kind, unit, labels, help, and the bounds of a histogram."""

from __future__ import annotations

import enum
from dataclasses import dataclass

__all__ = [
    "DURATION_BUCKETS",
    "LAG_BUCKETS",
    "Metric",
    "MetricKind",
    "counter",
    "gauge",
    "seconds",
]

# semantic-conventions 1.44.0, docs/messaging/messaging-metrics.md: advisory buckets
DURATION_BUCKETS = (
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75),
    *(1.0, 2.5, 5.0, 7.5, 10.0),
)
# From an event to the target's answer: the bounds of the objectives are among them.
LAG_BUCKETS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0)


class MetricKind(enum.StrEnum):
    """What may be done with a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric.

    Attributes:
        name: As scraped, without the suffixes that a histogram adds.
        kind: Counter names end in `_total`.
        unit: Seconds, bytes, records, ... ; empty for a plain number.
        labels: Their names, in the order in which values are given.
        help: For a person, one sentence.
        buckets: Upper bounds, of a histogram only.
    """

    name: str
    kind: MetricKind
    help: str
    unit: str = ""
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


def counter(name: str, unit: str, labels: tuple[str, ...], text: str) -> Metric:
    """Return a counter."""
    kind = MetricKind.COUNTER
    return Metric(name=name, kind=kind, unit=unit, labels=labels, help=text)


def gauge(name: str, unit: str, labels: tuple[str, ...], text: str) -> Metric:
    """Return a gauge."""
    kind = MetricKind.GAUGE
    return Metric(name=name, kind=kind, unit=unit, labels=labels, help=text)


def seconds(
    name: str,
    labels: tuple[str, ...],
    text: str,
    buckets: tuple[float, ...] = DURATION_BUCKETS,
) -> Metric:
    """Return a histogram of seconds."""
    return Metric(
        name=name,
        kind=MetricKind.HISTOGRAM,
        unit="seconds",
        labels=labels,
        help=text,
        buckets=buckets,
    )
