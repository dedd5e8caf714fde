"""Metrics: one registry that is passed around, and children kept for the hot path.

Theory of operation: what happens is counted through a `Family`, which remembers the
child of each set of label values (a plain dictionary look-up; `labels()` of the client
library costs 1.6 us each time, the child itself 0.45 us). What happens for every record
is counted through `Tallies`, on the loop only. What merely *is* (lag, held
records) is not counted beside the thing: a `Collect` function is asked for it at the
scrape. It runs on the thread that answers the scrape, so it reads frozen values only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
)
from prometheus_client.metrics_core import Metric as Exposed
from prometheus_client.registry import Collector

from consumer.telemetry.metric import Metric, MetricKind
from consumer.telemetry.tally import Count, Kept, Spread, Tallies

__all__ = ["CONTENT_TYPE", "Collect", "Family", "Metrics", "Sample"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Child = TypeVar("Child", Counter, Gauge, Histogram)


@dataclass(frozen=True, slots=True)
class Sample:
    """A value that is read at the scrape."""

    metric: Metric
    labels: tuple[str, ...]
    value: float


Collect = Callable[[], Iterable[Sample]]


class Family(Generic[Child]):
    """A metric and its children. Owned by one thread, the loop's."""

    def __init__(self, parent: Child, labels: tuple[str, ...]) -> None:
        self._parent: Child = parent
        self._labels = labels
        self._children: dict[tuple[str, ...], Child] = {}

    def __call__(self, *values: str) -> Child:
        """Return the child of these label values; the same one every time."""
        child = self._children.get(values)
        if child is None:
            child = self._parent.labels(*values) if self._labels else self._parent
            self._children[values] = child
        return child

    def forget(self, *values: str) -> None:
        """Drop one child, such as that of a partition that is somebody else's now."""
        if self._children.pop(values, None) is not None and self._labels:
            self._parent.remove(*values)


class Metrics:
    """All metrics of one process (or of one test).

    Attributes:
        registry: The client library's registry; not the process-global one.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._families: dict[str, Family[Counter] | Family[Gauge] | Family[Histogram]]
        self._families = {}
        self._tallies: dict[str, Tallies[Count] | Tallies[Spread]] = {}

    def counter(self, metric: Metric) -> Family[Counter]:
        """Return the family of a counter; the same one every time."""
        return self._family(metric, Counter, MetricKind.COUNTER)

    def gauge(self, metric: Metric) -> Family[Gauge]:
        """Return the family of a gauge; the same one every time."""
        return self._family(metric, Gauge, MetricKind.GAUGE)

    def histogram(self, metric: Metric) -> Family[Histogram]:
        """Return the family of a histogram; the same one every time."""
        return self._family(metric, Histogram, MetricKind.HISTOGRAM)

    def tally(self, metric: Metric) -> Tallies[Count]:
        """Return the family of a counter that only the loop writes."""
        return self._tally(metric, Count, MetricKind.COUNTER)

    def spread(self, metric: Metric) -> Tallies[Spread]:
        """Return the family of a histogram that only the loop writes."""
        return self._tally(metric, Spread, MetricKind.HISTOGRAM)

    def collect_from(self, collect: Collect) -> None:
        """Ask `collect` at every scrape, on the thread that answers it."""
        self.registry.register(AtScrape(collect))

    def exposition(self) -> bytes:
        """Return all metrics in Prometheus' text format (`CONTENT_TYPE`)."""
        return generate_latest(self.registry)

    def _tally(
        self, metric: Metric, kind: type[Kept], expected: MetricKind
    ) -> Tallies[Kept]:
        if metric.kind is not expected:
            raise TypeError(f"{metric.name} is a {metric.kind}, not a {expected}")
        known = self._tallies.get(metric.name)
        if known is None:
            made = Tallies(metric, kind)
            self._tallies[metric.name] = made
            self.registry.register(made)
            return made
        return known  # type: ignore[return-value]  # the kind was compared above

    def _family(
        self, metric: Metric, kind: type[Child], expected: MetricKind
    ) -> Family[Child]:
        if metric.kind is not expected:
            raise TypeError(f"{metric.name} is a {metric.kind}, not a {expected}")
        known = self._families.get(metric.name)
        if known is None:
            buckets = {"buckets": metric.buckets} if metric.buckets else {}
            parent = kind(
                metric.name,
                metric.help,
                metric.labels,
                registry=self.registry,
                **buckets,  # type: ignore[arg-type]  # a histogram's alone has them
            )
            known = Family(parent, metric.labels)
            self._families[metric.name] = known
        return known  # type: ignore[return-value]  # the kind was compared above


class AtScrape(Collector):
    """Turns samples into what the client library exposes."""

    def __init__(self, collect: Collect) -> None:
        self._collect = collect

    def collect(self) -> Iterator[Exposed]:
        """Yield one family for each metric that has a sample now."""
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for sample in self._collect():
            metric = sample.metric
            if metric.name not in families:
                kind = (
                    CounterMetricFamily
                    if metric.kind is MetricKind.COUNTER
                    else GaugeMetricFamily
                )
                families[metric.name] = kind(
                    metric.name, metric.help, labels=metric.labels
                )
            families[metric.name].add_metric(sample.labels, sample.value)
        yield from families.values()

    def describe(self) -> Iterator[Exposed]:
        """Yield nothing: what there is depends on the moment."""
        yield from ()
