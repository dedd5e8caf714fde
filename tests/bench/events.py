"""The bench's event: small, as a till or a core system would send it.

91 bytes of Avro with a decimal, a date, a timestamp, an enum and a union, framed with a
registry's id. The mapping uses what most mappings use, and no CEL: one evaluation costs
as much as all the rest of it together and would hide what is measured.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from io import BytesIO
from pathlib import Path

from confluent_kafka import Producer
from fastavro import parse_schema, schemaless_writer

__all__ = ["MAPPING", "SCHEMA", "TOPIC", "publish", "values", "write_files"]

TOPIC = "bench.loan-funded.v1"
FRAME = b"\x00\x00\x00\x00\x01"
SCHEMA: dict[str, object] = {
    "type": "record",
    "name": "LoanFunded",
    "namespace": "bench",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "customer_id", "type": "string"},
        {
            "name": "product",
            "type": {
                "type": "enum",
                "name": "Product",
                "symbols": ["MORTGAGE", "AUTO"],
            },
        },
        {
            "name": "amount",
            "type": {
                "type": "bytes",
                "logicalType": "decimal",
                "precision": 12,
                "scale": 2,
            },
        },
        {"name": "currency", "type": "string"},
        {"name": "score", "type": "int"},
        {"name": "first_payment_on", "type": {"type": "int", "logicalType": "date"}},
        {
            "name": "funded_at",
            "type": {"type": "long", "logicalType": "timestamp-micros"},
        },
        {"name": "branch", "type": ["null", "string"], "default": None},
        {"name": "channel", "type": "string"},
    ],
}
MAPPING = f"""\
version: 1
name: bench-loan-funded
owner: bench
source:
  topic: {TOPIC}
  schema: bench.LoanFunded
profile:
  - third_party_id: customer_id
attributes:
  loanReference: event_id
  loanProduct: {{from: product, translate: {{MORTGAGE: mortgage, AUTO: auto}}}}
  loanAmount: {{from: amount, format: {{decimal: 2}}}}
  loanCurrency: currency
  loanScore: score
  loanFirstPayment: {{from: first_payment_on, format: {{date: "%Y-%m-%d"}}}}
  loanBranch: {{from: branch, missing: skip}}
"""
FIRST_DAY = dt.date(2026, 3, 1)
FIRST_MOMENT = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def values(customers: Iterable[int], first: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """Give the key and the value of one record for each of `customers`.

    Args:
        customers: Whom each record is about.
        first: The number of the first record: `loanReference` begins with it, in hex.
    """
    schema = parse_schema(SCHEMA)
    for number, one in enumerate(customers, first):
        customer = f"CUSTOMER-{one:06d}"
        stream = BytesIO(FRAME)
        stream.seek(len(FRAME))
        schemaless_writer(
            stream,
            schema,
            {
                "event_id": f"{number:08x}-9a51-4c55-9a43-0d8a1f6f3b11",
                "customer_id": customer,
                "product": "AUTO" if number % 3 else "MORTGAGE",
                "amount": Decimal(number % 1_000_000).scaleb(-2),
                "currency": "USD",
                "score": 300 + number % 550,
                "first_payment_on": FIRST_DAY + dt.timedelta(days=number % 365),
                "funded_at": FIRST_MOMENT + dt.timedelta(seconds=number),
                "branch": "BRANCH-12" if number % 2 else None,
                "channel": "call-centre",
            },
        )
        yield customer.encode(), stream.getvalue()


def publish(
    bootstrap: str,
    topic: str,
    customers: Sequence[int],
    *,
    first: int = 0,
    per_second: float = 0.0,
) -> list[float]:
    """Write a record for each of `customers` to `topic`, keyed by the profile.

    Args:
        bootstrap: The broker.
        topic: Where to.
        customers: Whom each record is about.
        first: The number of the first record.
        per_second: At which pace; 0 is as fast as can be.

    Returns:
        When each was given its timestamp, on the monotonic clock.

    Raises:
        RuntimeError: The broker did not confirm them all.
    """
    producer = Producer({
        "bootstrap.servers": bootstrap,
        "linger.ms": 1 if per_second else 20,
        "queue.buffering.max.messages": 2_000_000,
        "log_level": 0,
    })
    given = list(values(customers, first)) if per_second else values(customers, first)
    times: list[float] = []
    began = time.monotonic()
    for key, value in given:
        if per_second:
            due = began + len(times) / per_second
            while (left := due - time.monotonic()) > 0:
                time.sleep(left)
        times.append(time.monotonic())
        producer.produce(topic, value, key)
        producer.poll(0)
    if producer.flush(60):
        raise RuntimeError("the broker did not confirm all records")
    return times


def write_files(folder: Path, topic: str) -> None:
    """Write schema and mapping, for `topic`, as `consumer run` reads them."""
    (folder / "avro").mkdir(parents=True)
    (folder / "mappings").mkdir()
    (folder / "avro" / "bench.LoanFunded.avsc").write_text(json.dumps(SCHEMA))
    (folder / "mappings" / "bench.yaml").write_text(MAPPING.replace(TOPIC, topic))
