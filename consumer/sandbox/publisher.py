"""Publishes sample events with confluent-kafka, as a real publisher would.

Source of the framing: "Wire format", docs.confluent.io: a zero byte, the schema's id in
four bytes, big-endian, then the Avro body.
"""

import io
import json
import struct
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from fastavro import parse_schema, schemaless_writer
from httpx2 import HTTPError

from consumer.sandbox.ahead import Ahead
from consumer.sandbox.errors import SandboxError
from consumer.sandbox.events import Fate, SampleEvent
from consumer.sandbox.samples import KINDS

__all__ = ["UNKNOWN_ID", "EventSchema", "Publisher", "encode", "register"]

# No registry gives out an id as high as this: they count from 1.
UNKNOWN_ID = 2_000_000_007
POLL_SECONDS = 0.05
FLUSH_SECONDS = 30.0


class EventSchema(NamedTuple):
    """A registered schema: its id, and what fastavro made of it."""

    number: int
    parsed: Any


def register(
    registry: Mapping[str, Any], schemas: Path, topics: Mapping[str, str]
) -> dict[str, EventSchema]:
    """Register the three schemas, each under `{topic}-value`.

    Args:
        registry: Settings of confluent-kafka's registry client, such as `url`.
        schemas: The folder of the `.avsc` files.
        topics: Logical to real topic names, where they differ.

    Returns:
        Full name to schema.

    Raises:
        SandboxError: The registry refuses, or does not answer.
    """
    registered = {}
    try:
        with SchemaRegistryClient(dict(registry)) as client:
            for kind in KINDS:
                text = (schemas / f"{kind.schema}.avsc").read_text(encoding="utf-8")
                subject = f"{topics.get(kind.topic, kind.topic)}-value"
                number = client.register_schema(subject, Schema(text, "AVRO"))
                parsed = parse_schema(json.loads(text))
                registered[kind.schema] = EventSchema(number, parsed)
    except (SchemaRegistryError, HTTPError, OSError) as error:
        raise SandboxError(f"cannot register the schemas: {error}") from error
    return registered


def encode(event: SampleEvent, schema: EventSchema) -> bytes:
    """Return an event's bytes; a bad one is bad in the way of its fate."""
    buffer = io.BytesIO()
    unknown = event.fate is Fate.UNKNOWN_SCHEMA
    buffer.write(struct.pack(">bI", 0, UNKNOWN_ID if unknown else schema.number))
    schemaless_writer(buffer, schema.parsed, event.fields)
    value = buffer.getvalue()
    # Half of a record always lacks fields: there is no shorter reading of it.
    return value[: len(value) // 2] if event.fate is Fate.UNDECODABLE else value


class Publisher:
    """Sends events in order. Owned by one thread: `publish` blocks.

    Attributes:
        sent: How many it has sent; may be read by others.
        confirmed: How many of these the broker has confirmed; likewise.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        schemas: Mapping[str, EventSchema],
        *,
        topics: Mapping[str, str] | None = None,
        ahead: Ahead | None = None,
        rate: float | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Prepare a producer.

        Args:
            settings: librdkafka's, such as `bootstrap.servers`.
            schemas: From `register`.
            topics: Logical to real topic names, where they differ.
            ahead: How far it may run ahead of a group; None for no bound.
            rate: Records per second at most; None for no bound.
            stopped: Asked between two records; True ends the publishing early.
        """
        # Idempotence keeps the order of a key through retries of the producer.
        safe = {"enable.idempotence": True, "linger.ms": 5, "log_level": 3}
        self._producer = Producer({**safe, **settings})
        self._schemas = schemas
        self._topics = topics or {}
        self._ahead = ahead
        self._rate = rate
        self._stopped = stopped
        self._failure: KafkaError | None = None
        self._unconfirmed_bytes = 0
        self.sent = 0
        self.confirmed = 0

    def publish(
        self,
        events: Iterable[SampleEvent],
        seen: Callable[[SampleEvent], object] = lambda _: None,
    ) -> int:
        """Publish events; returns how many, once all are confirmed.

        Args:
            events: In order.
            seen: Told each event when it is sent, such as `Fold.add`.

        Raises:
            SandboxError: The broker did not confirm one.
        """
        started = time.monotonic()
        for event in events:
            self._wait(started)
            if self._stopped() or self._failure is not None:
                break
            self._send(event)
            seen(event)
        self._producer.flush(FLUSH_SECONDS)
        if self._failure is not None:
            raise SandboxError(f"cannot publish: {self._failure}")
        if self.confirmed < self.sent:
            raise SandboxError(f"the broker did not confirm in {FLUSH_SECONDS:g} s")
        return self.confirmed

    def _wait(self, started: float) -> None:
        self._producer.poll(0)
        while self._must_wait(started) and not self._stopped():
            self._producer.poll(POLL_SECONDS)

    def _must_wait(self, started: float) -> bool:
        if self._failure is not None:
            return False
        if self._rate and self.sent >= self._rate * (time.monotonic() - started):
            return self.sent > 0
        unconfirmed = self.sent - self.confirmed
        return self._ahead is not None and self._ahead.is_full(
            self._unconfirmed_bytes, unconfirmed
        )

    def _send(self, event: SampleEvent) -> None:
        value = encode(event, self._schemas[event.kind.schema])
        topic = self._topics.get(event.kind.topic, event.kind.topic)
        size = size_of(event, value)

        def confirmed(error: KafkaError | None, message: Message) -> None:
            self._unconfirmed_bytes -= size
            if error is not None:
                self._failure = error
                return
            self.confirmed += 1
            if self._ahead is not None:
                place = str(message.topic()), int(message.partition() or 0)
                self._ahead.produced(place, int(message.offset() or 0), size)

        while True:
            try:
                self._producer.produce(
                    topic,
                    value,
                    event.key,
                    headers=list(event.headers),
                    on_delivery=confirmed,
                )
                break
            except BufferError:
                self._producer.poll(POLL_SECONDS)
            except KafkaException as error:
                raise SandboxError(f"cannot publish: {error}") from error
        self.sent += 1
        self._unconfirmed_bytes += size


def size_of(event: SampleEvent, value: bytes) -> int:
    """Return about how many bytes a record takes in a partition."""
    headers = sum(len(name) + len(held) for name, held in event.headers)
    return len(event.key) + len(value) + headers + 70  # 70: at most, a batch's own
