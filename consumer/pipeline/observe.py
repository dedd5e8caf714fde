"""What the pipeline does, told to metrics and traces.

Theory of operation: a record that is not sampled has no span object anywhere; the
dictionary of spans holds the sampled ones only, and is not even looked into while
tracing is off. Metrics of the hot path are children fetched once (see `telemetry`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from consumer.model import (
    Answer,
    End,
    Fault,
    Item,
    Outcome,
    OutcomeKind,
    Record,
    Settlement,
    Stage,
    TopicPartition,
    Work,
)
from consumer.schedule.guards import GuardEvent, GuardNews
from consumer.source.values import SourceFault
from consumer.telemetry import names
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.spans import CallSpan, LetterSpan, RecordSpan
from consumer.telemetry.tally import Count, Spread
from consumer.telemetry.tracing import Tracing

__all__ = ["Observer"]

TOO_MANY_REQUESTS = 429


class Observer:
    """Counts and traces. Owned by the pipeline; lives on its loop."""

    def __init__(
        self,
        *,
        metrics: Metrics,
        tracing: Tracing,
        method: str,
        mapping_set: Callable[[], str],
        wall_ms: Callable[[], float],
    ) -> None:
        """Fetch what the hot path needs.

        Args:
            metrics: Where to count.
            tracing: Where spans are made.
            method: The HTTP method of the endpoint's calls.
            mapping_set: Gives the version of the mappings in force.
            wall_ms: The time of day, Unix milliseconds.
        """
        self._tracing = tracing
        self._method = method
        self._mapping_set = mapping_set
        self._wall_ms = wall_ms
        self._spans: dict[Record, RecordSpan] = {}
        self._consumed = metrics.tally(names.CONSUMED)
        self._records = metrics.tally(names.RECORDS)
        self._skipped = metrics.tally(names.SKIPPED)
        self._already_done = metrics.counter(names.ALREADY_DONE)
        self._kafka_to_ack = metrics.spread(names.KAFKA_TO_ACK)
        self._delivered: dict[tuple[str, ...], tuple[Count, Spread]] = {}
        self._queue_wait = metrics.spread(names.QUEUE_WAIT)()
        self._requests = metrics.spread(names.REQUEST_SECONDS)
        self._usual = self._requests(method, tracing.peer.address, "200", "")
        self._retries = metrics.counter(names.RETRIES)
        self._throttled = metrics.counter(names.THROTTLED)
        self._retry_after = metrics.gauge(names.RETRY_AFTER)
        self._rebalances = metrics.counter(names.REBALANCES)
        self._commits = metrics.counter(names.COMMITS)
        self._commit_seconds = metrics.histogram(names.OPERATION_SECONDS)("commit")
        self._decode_failures = metrics.counter(names.DECODE_FAILURES)
        self._mapping_errors = metrics.counter(names.MAPPING_ERRORS)
        self._skew = metrics.counter(names.CLOCK_SKEW)
        self._letters = metrics.counter(names.LETTERS)
        self._letter_failures = metrics.counter(names.LETTER_FAILURES)
        self._letters_sent = metrics.counter(names.LETTERS_SENT)
        self._expired = metrics.counter(names.EXPIRED)
        self._guard_trips = metrics.counter(names.GUARD_TRIPS)
        self._guard_probes = metrics.counter(names.GUARD_PROBES)
        self._shadow_values = metrics.tally(names.SHADOW_VALUES)
        self._shadow_changes = metrics.tally(names.SHADOW_CHANGES)
        self._shadow_calls = metrics.tally(names.SHADOW_CALLS)
        self._shadow_errors = metrics.tally(names.SHADOW_ERRORS)

    # ------------------------------------------------------------ records

    def admitted(self, records: list[Record], already_done: int) -> None:
        """Count records that were admitted, and begin the spans of the sampled ones."""
        for topic, count in Counter(r.source.topic for r in records).items():
            self._consumed(topic).inc(count)
        if already_done:
            self._already_done().inc(already_done)
        if self._tracing.enabled:
            for record in records:
                span = self._tracing.begin(record)
                if span is not None:
                    self._spans[record] = span

    def settled(self, settlement: Settlement) -> None:
        """Count how a record ended, and end its span."""
        record, end, mappings = settlement.record, settlement.end, settlement.mappings
        if end is End.DELIVERED:
            count, age = self._delivered.get(mappings) or self._counted_as(mappings)
            count.inc()
            if record.timestamp_ms > 0:
                age.observe((self._wall_ms() - record.timestamp_ms) / 1000)
        else:
            self._records(end, mappings[0] if mappings else "").inc()
            if end is End.SKIPPED:
                self._skipped(settlement.skipped or "").inc()
        if self._spans:
            span = self._spans.pop(record, None)
            if span is not None:
                span.end(settlement, self._mapping_set())

    def _counted_as(self, mappings: tuple[str, ...]) -> tuple[Count, Spread]:
        """Return what counts the deliveries of these mappings: the first stands for all."""
        mapping = mappings[0] if mappings else ""
        found = self._records(End.DELIVERED, mapping), self._kafka_to_ack(mapping)
        self._delivered[mappings] = found
        return found

    def given_up(self, settlement: Settlement) -> None:
        """Count why a record was given up, by the stage that did."""
        failure = settlement.failure
        if failure is None:
            return
        if failure.stage is Stage.DECODE:
            self._decode_failures(failure.code).inc()
        elif failure.stage is Stage.MAPPING:
            for mapping in failure.mappings:
                self._mapping_errors(mapping, failure.code).inc()

    def skewed(self, item: Item) -> None:
        """Count an update whose action is said to have happened in the future."""
        for mapping in item.route.mappings:
            self._skew(mapping).inc()

    def released(self, partitions: Iterable[TopicPartition], count: int) -> None:
        """Count records that are another member's now, and end their spans."""
        if count:
            self._records("released", "").inc(count)
        gone = frozenset(partitions)
        for record in [one for one in self._spans if one.source in gone]:
            self._spans.pop(record).release()

    # ------------------------------------------------------ guards, shadows

    def guarded(self, event: GuardEvent) -> None:
        """Count what happened to a guard."""
        kind, name = event.name
        if event.news is GuardNews.TRIPPED:
            self._guard_trips(kind, name).inc()
        elif event.news in {GuardNews.PASSED, GuardNews.FAILED}:
            self._guard_probes(kind, name, event.news).inc()

    def shadow_made(
        self, mapping: str, *, values: int, changes: int, calls: int
    ) -> None:
        """Count what a mapping in shadow would have sent of one item."""
        self._shadow_values(mapping).inc(values)
        self._shadow_changes(mapping).inc(changes)
        self._shadow_calls(mapping).inc(calls)

    def shadow_failed(self, mapping: str, code: str) -> None:
        """Count a record that a mapping in shadow would have rejected."""
        self._shadow_errors(mapping, code).inc()

    # -------------------------------------------------------------- calls

    def started(self, work: Work, now: float) -> CallSpan | None:
        """Note that a call for `work` goes out; its span, if any record is sampled."""
        wait_seconds = now - work.ready_at
        self._queue_wait.observe(wait_seconds)
        spans = self._spans
        for part in work.parts:
            if part.record in spans:
                break
        else:
            return None
        return self._tracing.attempt(
            (spans.get(part.record) for part in work.parts),
            method=self._method,
            number=work.attempt,
            queue_wait_seconds=wait_seconds,
            probe=work.probe,
        )

    def ended(
        self,
        span: CallSpan | None,
        answer: Answer | Fault,
        outcome: Outcome,
        seconds: float,
    ) -> None:
        """Note a call's answer and what it was judged to be."""
        if span is not None:
            span.end(answer, outcome)
        kind = outcome.kind
        if kind is OutcomeKind.DELIVERED:
            self._usual.observe(seconds)
            return
        if kind is OutcomeKind.UNSENT:
            return
        status = "" if outcome.status is None else str(outcome.status)
        self._requests(self._method, self._server, status, outcome.reason).observe(
            seconds
        )
        if kind is not OutcomeKind.REJECTED:
            self._retries(outcome.reason).inc()
        if outcome.status == TOO_MANY_REQUESTS:
            self._throttled().inc()
        if outcome.wait_seconds is not None:
            self._retry_after().set(outcome.wait_seconds)

    def abandoned(self, span: CallSpan | None) -> None:
        """Note that we gave a call up before its answer: no error of anybody."""
        if span is not None:
            span.cancel()

    @property
    def _server(self) -> str:
        return self._tracing.peer.address

    # ------------------------------------------------------------- letters

    def letter(self, record: Record, topic: str) -> LetterSpan | None:
        """Begin the span of a dead letter, if its record is sampled."""
        span = self._spans.get(record)
        return None if span is None else span.letter(topic)

    def letter_written(
        self, span: LetterSpan | None, settlement: Settlement, topic: str
    ) -> None:
        """Note that the broker confirmed a letter."""
        if span is not None:
            span.end()
        self._letters(settlement.failure.code if settlement.failure else "").inc()
        self._letters_sent(topic).inc()

    def letter_abandoned(self, span: LetterSpan | None) -> None:
        """Note that a letter is not ours to write any more."""
        if span is not None:
            span.end("released")

    def letter_failed(self) -> None:
        """Note that a letter could not be written; it will be tried again."""
        self._letter_failures().inc()

    # -------------------------------------------------------------- source

    def rebalanced(self, kind: str) -> None:
        """Count a change of the assignment: assigned, revoked or lost."""
        self._rebalances(kind).inc()

    def committed(self, *, is_ok: bool, seconds: float) -> None:
        """Count a commit by its result."""
        self._commits("ok" if is_ok else "failed").inc()
        self._commit_seconds.observe(seconds)

    def faulted(self, fault: SourceFault) -> None:
        """Count what Kafka deleted before it was read."""
        if fault.expired and fault.partition is not None:
            self._expired(fault.partition.topic).inc(fault.expired)
