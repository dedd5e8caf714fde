"""Publishes the records evenly, on a thread of its own, through every fault.

Theory of operation: the producer is idempotent and keeps trying, so a partition has each
record once and in order, however the broker fared. All versions of the writer's schema
are registered before the first record: `new_schema` goes on to the next at once, with the
registry away, so that the consumers must ask a registry that does not answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Self

from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from tests.chaos.cluster.contract import encoded, parsed, schema_text
from tests.chaos.cluster.records import Written
from tests.chaos.cluster.site import REAL_TOPIC, Site

__all__ = ["NUMBER", "Publisher"]

NUMBER = "number"  # the header that names a record
FLUSH_SECONDS = 120.0
PRODUCER = {
    "enable.idempotence": True,
    "linger.ms": 5,
    "message.timeout.ms": 600_000,
    "log_level": 0,
}


class Publisher:
    """Sends every record once. Owned by the run; the end of its block stops it.

    Attributes:
        ended_at: When the broker had confirmed the last record, Unix seconds.
    """

    def __init__(
        self, site: Site, records: Sequence[Written], rate: float, versions: int
    ) -> None:
        """Register so many versions of the schema."""
        self._records = records
        self._rate = rate
        self._version = 0
        self._producer = Producer({
            "bootstrap.servers": site.broker.bootstrap,
            **PRODUCER,
        })
        self._failures: list[str] = []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher")
        self.ended_at = 0.0
        with SchemaRegistryClient({"url": site.registry_url}) as client:
            self._schemas = [
                (
                    client.register_schema(
                        f"{REAL_TOPIC}-value", Schema(schema_text(version), "AVRO")
                    ),
                    parsed(version),
                )
                for version in range(versions)
            ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        if self._thread.is_alive():
            self._thread.join()

    def new_schema(self) -> None:
        """Write the following records by the next version, if there is one."""
        self._version = min(self._version + 1, len(self._schemas) - 1)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Return once the broker has confirmed all; the judge counts what stands there."""
        self._thread.join()
        assert self._failures == []

    def _run(self) -> None:
        began = time.monotonic()
        for place, record in enumerate(self._records):
            if self._ends.is_set():
                return
            self._producer.poll(0)
            while (left := began + place / self._rate - time.monotonic()) > 0:
                self._producer.poll(left)
            schema_id, schema = self._schemas[self._version]
            self._producer.produce(
                REAL_TOPIC,
                encoded(record, schema_id, schema),
                record.profile.encode(),
                headers=[(NUMBER, str(record.number).encode())],
                on_delivery=self._confirmed,
            )
        unconfirmed = self._producer.flush(FLUSH_SECONDS)
        if unconfirmed:
            self._failures.append(f"{unconfirmed} records were not confirmed")
        self.ended_at = time.time()

    def _confirmed(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failures.append(str(error))
