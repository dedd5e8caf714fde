"""Records of the shipped events, in bytes, and a cluster that holds some."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import fastavro
from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from consumer.cli.shipped import shipped_mappings, shipped_schemas
from consumer.decode.readers import load_readers
from consumer.mapping.record_json import event_of, merge_patch
from consumer.model import (
    End,
    Failure,
    Header,
    Record,
    Settlement,
    Stage,
    TopicPartition,
)
from consumer.settle import LetterContext, dead_letter
from tests.broker.mock import MockCluster

__all__ = [
    "FINGERPRINT",
    "LOAN",
    "SINGLE_OBJECT",
    "TEXT",
    "TOPIC",
    "configured",
    "letter_of",
    "loan",
    "produce",
    "register",
]

TOPIC = "crm.loan-funded.v1"
PATH = shipped_schemas() / "crm.LoanFunded.avsc"
TEXT = PATH.read_text(encoding="utf-8")
LOAN = json.loads((shipped_mappings() / "fixtures" / "loan.json").read_text())
FINGERPRINT = load_readers({str(PATH): TEXT})["crm.LoanFunded"].fingerprint
SINGLE_OBJECT = b"\xc3\x01" + FINGERPRINT.to_bytes(8, "little")


def loan(number: int | None = None, **changes: object) -> bytes:
    """Return a funded loan in bytes: bare, or behind the id `number`."""
    event = event_of(merge_patch(LOAN, changes), json.loads(TEXT), {})
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(json.loads(TEXT)), event)
    frame = b"" if number is None else b"\0" + number.to_bytes(4, "big")
    return frame + stream.getvalue()


def register(url: str, text: str = TEXT) -> int:
    """Register the loan's schema, and return its id."""
    with SchemaRegistryClient({"url": url}) as client:
        number: int = client.register_schema(f"{TOPIC}-value", Schema(text, "AVRO"))
        return number


def produce(
    cluster: MockCluster,
    topic: str,
    *records: tuple[bytes | None, bytes | None, Sequence[Header]],
) -> None:
    """Write records (key, value, headers) to partition 0 of a topic."""
    producer = Producer({"bootstrap.servers": cluster.bootstrap})
    for key, value, headers in records:
        producer.produce(topic, value, key=key, partition=0, headers=list(headers))
    assert producer.flush(10) == 0


def configured(config: Path, cluster: MockCluster, url: str | None = None) -> Path:
    """Let a configuration name a cluster, and a registry."""
    text = config.read_text().replace("127.0.0.1:1\n", f"{cluster.bootstrap}\n")
    config.write_text(text + (f"registry: {{url: '{url}'}}\n" if url else ""))
    return config


def letter_of(value: bytes | None, *, max_bytes: int = 1 << 20) -> Record:
    """Return the dead letter of a loan as it is read back."""
    record = Record(
        source=TopicPartition(TOPIC, 3),
        offset=41,
        timestamp_ms=1_772_379_000_000,
        key=b"C-1",
        value=value,
        headers=(("source", b"crm"),),
        epoch=0,
        size_bytes=0,
    )
    failure = Failure(Stage.MAPPING, "missing", "loan-funded: attribute x: missing")
    settlement = Settlement(record, End.DEAD_LETTERED, failure=failure, attempts=0)
    context = LetterContext(
        group="g",
        template="{group}.{topic}.dead-letters",
        partitions=1,
        max_bytes=max_bytes,
        mapping_set="abc",
        now=0.0,
        wall_ms=0,
    )
    letter = dead_letter(settlement, context)
    return Record(
        source=TopicPartition(letter.topic, 0),
        offset=0,
        timestamp_ms=0,
        key=letter.key,
        value=letter.value,
        headers=letter.headers,
        epoch=0,
        size_bytes=0,
    )
