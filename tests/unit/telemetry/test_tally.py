"""Tallies: what the scrape shows of them is what the client library would show."""

import pytest

from consumer.telemetry.metric import MetricKind
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.names import METRICS, RECORDS, REQUEST_SECONDS

VALUES = (0.0, 0.005, 0.0051, 0.3, 10.0, 11.0)


def lines(metrics: Metrics) -> list[str]:
    text = metrics.exposition().decode()
    return [line for line in text.splitlines() if "_created" not in line]


def test_a_tally_reads_like_a_counter() -> None:
    """A counter of the loop's is scraped as the library's own."""
    ours, theirs = Metrics(), Metrics()
    ours.tally(RECORDS)("delivered", "loan").inc(3)
    theirs.counter(RECORDS)("delivered", "loan").inc(3)
    assert lines(theirs) == lines(ours)


def test_a_spread_reads_like_a_histogram() -> None:
    """A histogram of the loop's is scraped as the library's own, bounds included."""
    ours, theirs = Metrics(), Metrics()
    for value in VALUES:
        ours.spread(REQUEST_SECONDS)("POST", "host", "200", "").observe(value)
        theirs.histogram(REQUEST_SECONDS)("POST", "host", "200", "").observe(value)
    assert lines(theirs) == lines(ours)


def test_one_without_labels_is_there_from_the_start() -> None:
    """A metric without labels is zero before anything happened."""
    ours, theirs = Metrics(), Metrics()
    for metric in METRICS:
        if not metric.labels and metric.kind is MetricKind.COUNTER:
            ours.tally(metric)
            theirs.counter(metric)
        if not metric.labels and metric.kind is MetricKind.HISTOGRAM:
            ours.spread(metric)
            theirs.histogram(metric)
    assert sorted(lines(theirs)) == sorted(lines(ours))


def test_a_family_and_a_child_are_kept() -> None:
    """The hot path gets the same child every time."""
    metrics = Metrics()
    assert metrics.tally(RECORDS)("delivered", "loan") is metrics.tally(RECORDS)(
        "delivered", "loan"
    )


def test_a_wrong_use_is_refused() -> None:
    """A kind or a number of labels that is not the metric's is a mistake of ours."""
    with pytest.raises(TypeError, match="is a counter, not a histogram"):
        Metrics().spread(RECORDS)
    with pytest.raises(ValueError, match="outcome"):
        Metrics().tally(RECORDS)("delivered")
