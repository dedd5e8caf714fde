"""The commands of authors against a real broker and a real registry, all in one tour.

`check --registry`, `record`, `try --from` and `plan`: each was run against the sandbox's
registry and librdkafka's small broker before; here nothing is ours but the commands.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry import (
    Schema,
    SchemaReference,
    SchemaRegistryClient,
)

from consumer.cli.exits import Exit
from consumer.cli.recording import read_recording
from consumer.model import SchemaId
from tests.broker.kafka import Cluster
from tests.integration.settings import ROOT, configuration
from tests.unit.cli.command import Ended, run
from tests.unit.cli.events import SINGLE_OBJECT, TEXT, letter_of, loan

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.timeout(120),
    pytest.mark.usefixtures("patience"),
]

LOANS = "crm.loan-funded.v1"
MAPPING = ROOT / "schemas/mappings/loan-funded.yaml"
CANARY = "250000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A topic, its subject and the commands about them. Owned by the test."""

    cluster: Cluster
    registry: str
    topic: str
    folder: Path
    consumer: Callable[..., Ended]

    @property
    def subject(self) -> str:
        """The subject of the topic's events."""
        return f"{self.topic}-value"

    def register(
        self, text: str, subject: str = "", refers: SchemaReference | None = None
    ) -> int:
        """Register a schema, and return its id."""
        schema = Schema(text, "AVRO", [refers] if refers else [])
        with SchemaRegistryClient({"url": self.registry}) as client:
            number: int = client.register_schema(subject or self.subject, schema)
            return number

    def produce(self, *values: bytes | None, topic: str = "") -> None:
        """Write records, one to each partition in turn, the oldest first."""
        producer = Producer({
            "bootstrap.servers": self.cluster.bootstrap,
            "compression.type": "zstd",
        })
        for number, value in enumerate(values):
            producer.produce(
                topic or self.topic,
                value,
                key=b"C-1",
                partition=number % 2,
                timestamp=1_772_379_000_000 + number,
                headers=[("source", b"crm")],
            )
        assert producer.flush(10) == 0

    def check(self, *more: str) -> Ended:
        """Compare the mappings with every registered version."""
        return self.consumer("check", "--registry", "--output", "json", *more)


@pytest.fixture
def desk(
    capsys: pytest.CaptureFixture[str],
    kafka_broker: Cluster,
    real_registry_url: str,
    tmp_path: Path,
) -> Desk:
    """Give a topic of two partitions that the shipped loan mapping reads."""
    topic = f"loans-{uuid.uuid4().hex[:8]}"
    kafka_broker.create_topic(topic, partitions=2)
    mappings = tmp_path / "mappings"
    shutil.copytree(ROOT / "schemas/mappings", mappings)
    for other in ("kiosk-accessed", "loyalty-card-swiped"):
        (mappings / f"{other}.yaml").unlink()
    file = configuration(
        tmp_path / "consumer.yaml",
        {
            "kafka": {"bootstrap.servers": kafka_broker.bootstrap, "group.id": "g"},
            "registry": {"url": real_registry_url, "timeout_seconds": 60},
            "schemas": str(ROOT / "schemas/avro"),
            "mappings": str(mappings),
            "topics": {LOANS: topic},
            "target": {"client": "acme"},
        },
    )

    def consumer(name: str, *arguments: str) -> Ended:
        return run(capsys, name, "--config", file, *arguments)

    return Desk(
        cluster=kafka_broker,
        registry=real_registry_url,
        topic=topic,
        folder=tmp_path,
        consumer=consumer,
    )


def faults(ended: Ended) -> list[tuple[str, str]]:
    """Return code and place of each fault but those about fixtures of others."""
    found = [(one["code"], one["file"]) for one in ended.listed("faults")]
    return [one for one in found if one[0] != "M505"]


def test_registered_versions(desk: Desk) -> None:
    """Every version of a real registry is compared, under each way to name subjects."""
    ended = desk.check()
    where = f"subjects/{desk.subject}"
    assert (faults(ended), ended.code) == ([("S107", where)], Exit.DONE)
    desk.register(TEXT)
    assert (faults(desk.check()), desk.check().code) == ([], Exit.DONE)
    desk.register(TEXT.replace('"name": "rate"', '"name": "interest"'))
    ended = desk.check()
    assert faults(ended) == [("S101", f"{where}/versions/2")]
    assert ended.code == Exit.NO
    customers = f"customers-{desk.topic}"
    schema = json.loads(TEXT)
    name = "crm.Customer"
    customer = {**schema["fields"][4]["type"], "name": name}
    schema["fields"][4]["type"] = name
    desk.register(json.dumps(customer), customers)
    named = f"{desk.topic}-crm.LoanFunded"
    desk.register(json.dumps(schema), named, SchemaReference(name, customers, 1))
    ended = desk.check("--subjects", "topic-record")
    assert faults(ended) == [("S107", f"subjects/{desk.topic}-crm.LoanDisbursed")]


def test_events_are_recorded_tried_and_planned(desk: Desk) -> None:
    """From the newest records of a real topic to what other mappings would change."""
    number = desk.register(TEXT)
    value = loan(number)
    desk.produce(
        loan(number, status="DECLINED"),
        value,
        None,
        loan(number, loan={"product": "AUTO"}),
        SINGLE_OBJECT + loan(),
    )
    sample = desk.folder / "loans.json"
    record = ("record", "--from", LOANS, "-o", str(sample), "--output", "json")
    ended = desk.consumer(*record, "--last", "4")
    assert ended.code == Exit.DONE, ended.err
    assert (ended.json["records"], ended.json["schemas"]) == (4, 2)
    found = read_recording(sample)
    assert [(one.source.partition, one.offset) for one in found.records] == [
        *((1, 0), (0, 1), (1, 1), (0, 2))
    ]
    assert found.records[0].value == value
    assert json.loads(found.schemas[SchemaId(number=number)].text) == json.loads(TEXT)

    ended = desk.consumer("try", "--from", f"{LOANS}:1:0", "--output", "json")
    assert ended.code == Exit.DONE, ended.err
    (request,) = ended.listed("requests")
    assert request["attributes"]["loanProduct"] == "<text, 8>"
    assert CANARY not in ended.out
    ended = desk.consumer("try", "--from", f"{LOANS}:1:0", "--show-values")
    assert CANARY in ended.out
    ended = desk.consumer("try", "--from", f"{LOANS}:1:7")
    assert (ended.code, "has offsets 0 to 1" in ended.err) == (Exit.USAGE, True)

    ended = desk.consumer(*record, "--last", "5", "--mask")
    assert (ended.code, ended.json["masked"]) == (Exit.DONE, True)
    assert CANARY.encode() not in sample.read_bytes()
    others = desk.folder / "others"
    shutil.copytree(desk.folder / "mappings", others)
    plan = ("plan", "--against", str(others), "--sample", str(sample))
    ended = desk.consumer(*plan, "--output", "json")
    assert (ended.code, ended.json["attributes"]) == (Exit.DONE, {})
    text = MAPPING.read_text().partition("tests:")[0]
    changed = text.replace("borrower:", "isBorrower:")
    assert changed != text
    (others / MAPPING.name).write_text(changed)
    ended = desk.consumer(*plan, "--output", "json")
    assert ended.code == Exit.NO
    assert set(dict(ended.json["attributes"])) == {"borrower", "isBorrower"}  # type: ignore[call-overload] # JSON


def test_a_dead_letter_is_tried(desk: Desk) -> None:
    """It is read with the headers that a real broker keeps, as the record that it was."""
    number = desk.register(TEXT)
    letter = letter_of(loan(number))
    producer = Producer({"bootstrap.servers": desk.cluster.bootstrap})
    headers: list[tuple[str, str | bytes | None]] = [
        (name, desk.topic.encode() if name == "dead-letter-topic" else value)
        for name, value in letter.headers
    ]
    producer.produce(desk.topic, letter.value, partition=1, headers=headers)
    assert producer.flush(10) == 0
    ended = desk.consumer("try", "--from", f"{LOANS}:1:0", "--output", "json")
    assert ended.code == Exit.DONE, ended.err
    record, said = ended.json["record"], ended.json["letter"]
    assert isinstance(record, dict)
    assert isinstance(said, dict)
    assert (record["partition"], record["offset"], said["reason"]) == (3, 41, "missing")
    assert len(ended.listed("requests")) == 1
