"""A mock cluster with dead letters of loans, a Target, and commands that look at them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as Position

from consumer.cli.shipped import shipped_mappings, shipped_schemas
from consumer.letters.letter import Coordinates
from consumer.letters.marker import MarkerKind
from consumer.model import Header
from consumer.sandbox.server import Sandbox
from consumer.settle import DeadLetter
from tests.broker.mock import MockCluster
from tests.unit.cli.command import Ended, run
from tests.unit.cli.events import SINGLE_OBJECT, TOPIC, loan
from tests.unit.cli.outside import outside
from tests.unit.letters.kit import letter, marker, origin

__all__ = [
    "GROUP",
    "LETTERS",
    "PARTITIONS",
    "REPLAY",
    "Post",
    "loan_letter",
    "loan_marker",
    "place",
    "post_office",
]

GROUP = "g"
PARTITIONS = 2
LETTERS = f"{GROUP}.{TOPIC}.dead-letters"
REPLAY = f"{GROUP}.{TOPIC}.replay"
WRITTEN_MS = 1_772_379_000_000


def place(offset: int, partition: int = 0, topic: str = TOPIC) -> Coordinates:
    """Return where a record is; each offset has a time of its own."""
    return Coordinates(topic, partition, offset, WRITTEN_MS + offset)


def loan_letter(
    at: Coordinates, *, event: bytes | None = None, **more: object
) -> DeadLetter:
    """Return the letter of a loan; `more` goes to the kit's letter."""
    value = SINGLE_OBJECT + loan() if event is None else event
    defaults: dict[str, object] = {"mappings": ("loan-funded",)}
    return letter(origin(at, value), **{**defaults, **more})  # type: ignore[arg-type] # checked when it runs


def loan_marker(kind: MarkerKind, at: Coordinates, **more: object) -> DeadLetter:
    """Return a marker of a loan's letters; `more` goes to the kit's marker."""
    written = marker(kind, place=at, **more)  # type: ignore[arg-type] # checked when it runs
    return msgspec.structs.replace(written, topic=LETTERS, partition=at.partition)


@dataclass(frozen=True)
class Post:
    """The cluster, the Target, and the commands."""

    cluster: MockCluster
    target: Sandbox
    config: Path
    capsys: pytest.CaptureFixture[str]

    def write(self, *written: DeadLetter) -> None:
        """Write letters, markers or records where they say."""
        producer = Producer({"bootstrap.servers": self.cluster.bootstrap})
        for one in written:
            producer.produce(
                one.topic,
                one.value,
                key=one.key,
                partition=one.partition % PARTITIONS,
                headers=list(one.headers),
            )
        assert producer.flush(10) == 0

    def dlq(self, command: str, *arguments: str) -> Ended:
        """Run `consumer dlq`."""
        where = ("--config", str(self.config))
        return run(self.capsys, "dlq", command, *where, *arguments)

    def json(self, command: str, *arguments: str) -> dict[str, object]:
        """Run `consumer dlq` and return its JSON value."""
        return self.dlq(command, *arguments, "--output", "json").json

    def read(self, topic: str) -> list[DeadLetter]:
        """Return what a topic holds, partition by partition."""
        return list(self._read(topic))

    def states(self) -> dict[str, str]:
        """Return the state of each record's letters."""
        found = self.dlq("list", "--all", "--each", "--output", "json")
        return {
            str(one["record"]): str(one["state"]) for one in found.listed("entries")
        }

    def _read(self, topic: str) -> Iterator[DeadLetter]:
        consumer = Consumer({
            "bootstrap.servers": self.cluster.bootstrap,
            "group.id": "reader",
            "log_level": 0,
        })
        try:
            for partition in range(PARTITIONS):
                at = Position(topic, partition, 0)
                _, high = consumer.get_watermark_offsets(at, timeout=10)
                if not high:
                    continue
                consumer.assign([at])
                for message in consumer.consume(high, 10):
                    headers: Sequence[Header] = message.headers() or ()  # type: ignore[assignment] # its stub allows other shapes
                    yield DeadLetter(
                        topic, partition, message.key(), message.value(), tuple(headers)
                    )
        finally:
            consumer.close()


@contextmanager
def post_office(
    cluster: MockCluster, folder: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Post]:
    """Give a cluster with the topics of loans, and a Target that holds nothing."""
    for topic in (TOPIC, LETTERS, REPLAY):
        cluster.create_topic(topic, PARTITIONS)
    config = folder / "consumer.yaml"
    with outside() as box:
        config.write_text(
            f"""\
kafka: {{bootstrap.servers: "{cluster.bootstrap}", group.id: {GROUP}}}
schemas: {shipped_schemas()}
mappings: {shipped_mappings()}
target: {{client: acme, base_url: "{box.addresses.target}"}}
"""
        )
        yield Post(cluster, box, config, capsys)
