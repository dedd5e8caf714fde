"""Metrics: names, children and the exposition."""

import re
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from consumer.telemetry.metric import MetricKind
from consumer.telemetry.metrics import Metrics, Sample
from consumer.telemetry.names import (
    BUILD,
    COMMITTED,
    METRICS,
    RECORDS,
    REQUEST_SECONDS,
    RETRIES,
    UNCOMMITTED_SPAN,
    table,
)


def exposed(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.exposition().decode())
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_names_follow_the_rules() -> None:
    """Counters end in `_total`, histograms are of seconds, names are ours or OTel's."""
    assert len({metric.name for metric in METRICS}) == len(METRICS) > 30
    for metric in METRICS:
        assert re.fullmatch(
            r"(target_consumer|messaging|http_client)_[a-z_]+", metric.name
        )
        assert metric.name.endswith("_total") == (metric.kind is MetricKind.COUNTER)
        assert bool(metric.buckets) == (metric.kind is MetricKind.HISTOGRAM)
        assert not {"profile", "id", "key", "url"} & set(metric.labels)
        assert metric.help.endswith(".")


def test_the_table_names_every_metric() -> None:
    """The table in the README is made from the registry of names."""
    for metric in METRICS:
        assert f"| `{metric.name}` | {metric.kind} |" in table()


def test_every_metric_can_be_made_and_scraped() -> None:
    """Each one is exposed under its own name."""
    metrics = Metrics()
    for metric in METRICS:
        labels = tuple("x" for _ in metric.labels)
        match metric.kind:
            case MetricKind.COUNTER:
                metrics.counter(metric)(*labels).inc()
            case MetricKind.GAUGE:
                metrics.gauge(metric)(*labels).set(1)
            case MetricKind.HISTOGRAM:
                metrics.histogram(metric)(*labels).observe(0.3)
    names = {name for name, _ in exposed(metrics)}
    for metric in METRICS:
        suffix = "_count" if metric.kind is MetricKind.HISTOGRAM else ""
        assert f"{metric.name}{suffix}" in names


def test_a_child_is_kept() -> None:
    """The hot path gets the same child every time."""
    records = Metrics().counter(RECORDS)
    assert records("delivered", "loan") is records("delivered", "loan")


def test_a_family_is_kept() -> None:
    """Two places that count the same thing count together."""
    metrics = Metrics()
    metrics.counter(RETRIES)("timeout").inc()
    metrics.counter(RETRIES)("timeout").inc(2)
    assert exposed(metrics)["target_consumer_retries_total", ("timeout",)] == 3


def test_a_child_is_forgotten() -> None:
    """A partition that is somebody else's now is no longer exposed."""
    metrics = Metrics()
    committed = metrics.gauge(COMMITTED)
    committed("t", "0").set(5)
    committed.forget("t", "0")
    committed.forget("t", "1")
    assert exposed(metrics) == {}


def test_a_wrong_kind_is_refused() -> None:
    """A gauge cannot be counted."""
    with pytest.raises(TypeError, match="target_consumer_build_info is a gauge"):
        Metrics().counter(BUILD)


def test_wrong_labels_are_refused() -> None:
    """A child has a value for each label."""
    with pytest.raises(ValueError, match="Incorrect label count"):
        Metrics().counter(RECORDS)("delivered")


def test_what_is_is_asked_at_the_scrape() -> None:
    """A value that nobody counts is read when it is scraped."""
    metrics = Metrics()
    lag = [7.0]
    counted = replace(RETRIES, name="target_consumer_other_total")
    metrics.collect_from(
        lambda: [
            Sample(UNCOMMITTED_SPAN, ("t", "0"), lag[0]),
            Sample(UNCOMMITTED_SPAN, ("t", "1"), 1),
            Sample(counted, ("x",), 4),
        ]
    )
    assert exposed(metrics)["target_consumer_uncommitted_span_offsets", ("0", "t")] == 7
    lag[0] = 9
    assert exposed(metrics)["target_consumer_uncommitted_span_offsets", ("0", "t")] == 9
    assert exposed(metrics)["target_consumer_other_total", ("x",)] == 4


def test_two_registries_are_apart() -> None:
    """No registry of the process is shared."""
    one, two = Metrics(), Metrics()
    one.histogram(REQUEST_SECONDS)("POST", "h", "200", "").observe(1)
    assert exposed(two) == {}
