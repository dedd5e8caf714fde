"""Tracing: decide first, and build a span only for a record that is sampled.

Theory of operation: `begin` looks the publisher's header up, decides, and returns None
for a record that is not sampled; no span object, attribute or context is made for it.
Whoever holds None makes no spans for that record's calls either. With tracing off,
`begin` is one comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanContext, SpanKind, Tracer

from consumer.model import Record
from consumer.telemetry.context import extract
from consumer.telemetry.names import Attribute
from consumer.telemetry.spans import (
    CallSpan,
    Peer,
    RecordSpan,
    attempt,
    context_with,
)
from consumer.telemetry.switch import Sampling

__all__ = ["OFF", "Tracing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """Makes spans, or none. Used on the loop only.

    Attributes:
        tracer: None when tracing is off.
        sampling: Which records are traced.
        is_child: True when a record's span continues the publisher's trace, False when
            it only links to it.
        group: The consumer group.
        peer: Who is called.
        random: Returns a number from 0 up to 1.
    """

    tracer: Tracer | None
    sampling: Sampling
    is_child: bool
    group: str
    peer: Peer
    random: Callable[[], float]

    @property
    def enabled(self) -> bool:
        """Say whether any span can come of it."""
        return self.tracer is not None

    def begin(self, record: Record) -> RecordSpan | None:
        """Begin the span of a record that was just read; None when it is not sampled."""
        if self.tracer is None:
            return None
        parent = extract(record.headers) if record.headers else None
        if not self.sampling.decide(parent, self.random()):
            return None
        common: dict[str, str | int] = {
            Attribute.SYSTEM: "kafka",
            Attribute.GROUP: self.group,
        }
        span = self.tracer.start_span(
            f"process {record.source.topic}",
            context=self.parent_context(parent),
            kind=SpanKind.CONSUMER,
            attributes={
                **common,
                Attribute.OPERATION: "process",
                Attribute.OPERATION_TYPE: "process",
                Attribute.DESTINATION: record.source.topic,
                Attribute.PARTITION: str(record.source.partition),
                Attribute.OFFSET: record.offset,
                **({Attribute.TOMBSTONE: True} if record.value is None else {}),
            },
            links=() if parent is None else (Link(parent),),
        )
        return RecordSpan(self.tracer, span, common)

    def attempt(
        self,
        spans: Iterable[RecordSpan | None],
        *,
        method: str,
        number: int,
        queue_wait_seconds: float,
        probe: bool = False,
    ) -> CallSpan | None:
        """Begin the span of a call; None when no record that it carries is sampled.

        Args:
            spans: Those of the records that it carries, in offset order.
            method: The HTTP method.
            number: 1 for the first attempt.
            queue_wait_seconds: How long the work had been ready.
            probe: True when it is sent to find out whether the target is well.
        """
        records = [span for span in spans if span is not None]
        if self.tracer is None or not records:
            return None
        for record in records:
            record.attempts += 1
            record.queue_wait_seconds += queue_wait_seconds
        attributes: dict[str, str | int | float | bool] = {
            Attribute.METHOD: method,
            Attribute.ADDRESS: self.peer.address,
            Attribute.PORT: self.peer.port,
            Attribute.URL: self.peer.url,
            Attribute.QUEUE_WAIT: queue_wait_seconds,
        }
        if number > 1:
            attributes[Attribute.RESENDS] = number - 1
        if len(records) > 1:
            attributes[Attribute.ITEMS] = len(records)
        if probe:
            attributes[Attribute.PROBE] = True
        return attempt(self.tracer, records, method, attributes)

    def parent_context(self, parent: SpanContext | None) -> Context:
        """Return the context to begin a record's span in; never an ambient one."""
        if parent is None or not self.is_child:
            return Context()
        return context_with(parent)


OFF = Tracing(
    tracer=None,
    sampling=Sampling(follows_parent=True, ratio=0.0),
    is_child=True,
    group="",
    peer=Peer(address="", port=0, url=""),
    random=lambda: 1.0,
)
