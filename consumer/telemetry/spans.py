"""The spans: a record's, a call's and a dead letter's, in semantic conventions 1.44.0.

- `process {topic}`: CONSUMER, one per sampled record, from admission to its final end;
  child of the publisher's context with a link to it, or linked only.
- `POST` (or `GET`): CLIENT, one per attempt; child of the newest record's span, linked
  to those of the other records that it carries. No span around them: `process` is it.
- `send {topic}`: PRODUCER, one per dead letter; its context goes into the letter.

Rules: no id, value, key or token is an attribute, and `url.full` has no query. A failure
that was handled is not recorded on the record's span (docs/general/recording-errors.md):
it is an error only when the record was given up. A status code says enough, so no
description is set beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    Tracer,
    set_span_in_context,
)

from consumer.model import Answer, Fault, Outcome, OutcomeKind, Settlement
from consumer.telemetry.context import formatted
from consumer.telemetry.names import Attribute

__all__ = ["CallSpan", "LetterSpan", "Peer", "RecordSpan", "attempt", "context_with"]

# The SDK keeps the last 128 links and drops the earlier ones in silence.
MOST_LINKS = 127
FIRST_ERROR = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Who is called.

    Attributes:
        address: Host name.
        port: Port.
        url: Scheme, host and path: without user, query or fragment.
    """

    address: str
    port: int
    url: str


def context_with(context: SpanContext) -> Context:
    """Return a context whose current span is `context`, and nothing else."""
    return set_span_in_context(NonRecordingSpan(context), Context())


class RecordSpan:
    """The span of one sampled record. Owned by the pipeline until it is ended.

    Attributes:
        attempts: Calls made for the record so far.
        queue_wait_seconds: How long its works waited, being ready, in all.
    """

    __slots__ = ("_common", "_span", "_tracer", "attempts", "queue_wait_seconds")

    def __init__(
        self, tracer: Tracer, span: Span, common: Mapping[str, str | int]
    ) -> None:
        self._tracer = tracer
        self._span = span
        self._common = common
        self.attempts = 0
        self.queue_wait_seconds = 0.0

    @property
    def context(self) -> SpanContext:
        """The context of the span."""
        return self._span.get_span_context()

    def letter(self, topic: str) -> LetterSpan:
        """Begin the span of the record's dead letter."""
        span = self._tracer.start_span(
            f"send {topic}",
            context=context_with(self.context),
            kind=SpanKind.PRODUCER,
            attributes={
                **self._common,
                Attribute.OPERATION: "send",
                Attribute.OPERATION_TYPE: "send",
                Attribute.DESTINATION: topic,
            },
        )
        return LetterSpan(span)

    def end(self, settlement: Settlement, mapping_set: str = "") -> None:
        """End the span with how the record ended.

        Args:
            settlement: How.
            mapping_set: Version in force, for a record that no set had a part in.
        """
        span = self._span
        span.set_attribute(Attribute.OUTCOME, settlement.end.value)
        if self.attempts:
            span.set_attribute(Attribute.ATTEMPTS, self.attempts)
            span.set_attribute(Attribute.QUEUE_WAIT, self.queue_wait_seconds)
        if settlement.mappings:
            span.set_attribute(Attribute.MAPPINGS, settlement.mappings)
        if version := settlement.mapping_set or mapping_set:
            span.set_attribute(Attribute.MAPPING_SET, version)
        if settlement.skipped is not None:
            span.set_attribute(Attribute.REASON, settlement.skipped.value)
        if settlement.failure is not None:
            span.set_attribute(Attribute.ERROR, settlement.failure.code)
            span.set_status(StatusCode.ERROR)
        span.end()

    def release(self) -> None:
        """End the span of a record that is another member's now: no error of ours."""
        self._span.set_attribute(Attribute.OUTCOME, "released")
        self._span.end()


class LetterSpan:
    """The span of writing one dead letter."""

    __slots__ = ("_span",)

    def __init__(self, span: Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        """What the letter carries on, so that a replay continues the story."""
        return formatted(self._span.get_span_context())

    def end(self, error_type: str | None = None) -> None:
        """End it; `error_type` is a low-cardinality reason of a failure."""
        if error_type is not None:
            self._span.set_attribute(Attribute.ERROR, error_type)
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


class CallSpan:
    """The span of one call to the target."""

    __slots__ = ("_span",)

    def __init__(self, span: Span) -> None:
        self._span = span

    def end(self, answer: Answer | Fault, outcome: Outcome) -> None:
        """End it with what came back, and what that was judged to be."""
        span = self._span
        span.set_attribute(Attribute.OUTCOME, outcome.kind.value)
        error: str | None = None
        if isinstance(answer, Answer):
            span.set_attribute(Attribute.STATUS, answer.status)
            error = str(answer.status) if answer.status >= FIRST_ERROR else None
        elif outcome.kind is not OutcomeKind.UNSENT:  # we held it back: no error
            error = answer.kind.value
        is_refused = outcome.kind not in {OutcomeKind.DELIVERED, OutcomeKind.UNSENT}
        if error is None and is_refused:
            error = outcome.reason or outcome.kind.value
        if error is not None:
            span.set_attribute(Attribute.ERROR, error)
            span.set_status(StatusCode.ERROR)
        span.end()

    def cancel(self) -> None:
        """End it without an answer, because we gave the call up: not an error."""
        self._span.end()


def attempt(
    tracer: Tracer,
    records: Sequence[RecordSpan],
    method: str,
    attributes: Mapping[str, str | int | float | bool],
) -> CallSpan:
    """Begin the span of a call that carries `records`; the newest is the parent."""
    span = tracer.start_span(
        method,
        context=context_with(records[-1].context),
        kind=SpanKind.CLIENT,
        attributes=dict(attributes),
        links=[Link(one.context) for one in records[:-1][-MOST_LINKS:]],
    )
    return CallSpan(span)
