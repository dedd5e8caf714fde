"""`consumer status` and `offsets` against a real broker: groups, members, transactions."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as Place

from consumer.cli.exits import Exit
from consumer.model import TopicPartition
from consumer.schedule.committed import committed_of
from consumer.schedule.offset_map import written_map
from consumer.source.admin import Admin, Stored
from tests.broker.kafka import Cluster
from tests.integration.settings import ROOT, configuration
from tests.unit.cli.command import Ended, run

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.timeout(120),
    pytest.mark.usefixtures("patience"),
]

LOANS = "crm.loan-funded.v1"
DONE = (3, 4, 6)
MAP = written_map(2, bytes([0b1_0110]), 99).text
JOIN_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A topic, a group and the commands about them. Owned by the test."""

    cluster: Cluster
    topic: str
    group: str
    consumer: Callable[..., Ended]

    def producer(self, **properties: str) -> Producer:
        """Return a producer."""
        return Producer({"bootstrap.servers": self.cluster.bootstrap, **properties})

    def produce(self, producer: Producer, count: int) -> None:
        """Write records to partition 0."""
        for _ in range(count):
            producer.produce(self.topic, b"x", partition=0)
        assert producer.flush(JOIN_SECONDS) == 0

    @contextmanager
    def member(self, protocol: str) -> Iterator[Consumer]:
        """Be a member of the group that owns every partition."""
        client = Consumer({
            "bootstrap.servers": self.cluster.bootstrap,
            "group.id": self.group,
            "group.protocol": protocol,
            "client.id": "acme",
            "enable.auto.commit": False,
        })
        try:
            client.subscribe([self.topic])
            deadline = time.monotonic() + JOIN_SECONDS
            while not client.assignment():
                assert time.monotonic() < deadline
                client.poll(0.05)
            yield client
        finally:
            client.close()

    def stored(self) -> Stored:
        """Return what is committed for partition 0."""
        admin = Admin({"bootstrap.servers": self.cluster.bootstrap})
        place = TopicPartition(self.topic, 0)
        return admin.committed(self.group, [place])[place]

    def partitions(self, *options: str) -> list[dict[str, Any]]:
        """Return the partitions of the topic in `consumer status`."""
        ended = self.consumer("status", "--output", "json", *options)
        topics = {one["topic"]: one["partitions"] for one in ended.listed("topics")}
        found: list[dict[str, Any]] = topics[self.topic]
        return found


@pytest.fixture
def scene(
    capsys: pytest.CaptureFixture[str], kafka_broker: Cluster, tmp_path: Path
) -> Scene:
    """Give a topic of two partitions with nine records in the first."""
    name = uuid.uuid4().hex[:8]
    topic, group = f"loans-{name}", f"group-{name}"
    kafka_broker.create_topic(topic, partitions=2)
    file = configuration(
        tmp_path / "consumer.yaml",
        {
            "kafka": {"bootstrap.servers": kafka_broker.bootstrap, "group.id": group},
            "schemas": str(ROOT / "schemas/avro"),
            "mappings": str(ROOT / "schemas/mappings"),
            "topics": {LOANS: topic},
            "target": {"client": "acme"},
        },
    )

    def consumer(*arguments: str) -> Ended:
        return run(capsys, *arguments, "--config", file)

    scene = Scene(cluster=kafka_broker, topic=topic, group=group, consumer=consumer)
    scene.produce(scene.producer(), 9)
    return scene


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_a_group_while_it_lives_and_afterwards(scene: Scene, protocol: str) -> None:
    """Owners are named, a reset is refused while they are there, and works afterwards."""
    with scene.member(protocol) as member:
        member.commit(offsets=[Place(scene.topic, 0, 2, MAP)], asynchronous=False)
        ended = scene.consumer("status")
        lines = ended.out.splitlines()
        assert lines[0] == f"group {scene.group}: stable, 1 member ({protocol})"
        assert lines[1].startswith("  acme@127.0.0.1, 2 partitions, ")
        assert lines[5].split() == [
            *("0", "0", "9", "2", "3", "<=4", "2,", "5", "acme@127.0.0.1")
        ]
        first, second = scene.partitions()
        assert first["owner"]["client_id"] == second["owner"]["client_id"] == "acme"
        assert (first["committed"], second["committed"]) == (2, None)
        reset = ("offsets", "reset", "--topic", LOANS, "--partition", "0")
        ended = scene.consumer(*reset, "--to", "1", "--yes")
        assert ended.code == Exit.NO
        assert "The group has members: acme@127.0.0.1 (" in ended.err
        # The broker refuses too, for whoever joins between the look and the commit.
        admin = Admin({"bootstrap.servers": scene.cluster.bootstrap})
        place = TopicPartition(scene.topic, 0)
        refused = admin.commit(scene.group, {place: Stored(1, "")})
        assert refused == {place: "the group has members"}
        assert scene.stored() == (2, MAP)
    assert scene.consumer("status").out.startswith(
        f"group {scene.group}: empty, no members ({protocol})\n"
    )
    ended = scene.consumer(*reset, "--to", "5", "--allow-skip", "--yes", "--exact")
    assert ended.code == Exit.DONE
    assert "SKIPPED: 1 record without an outcome, offsets 2 to 4" in ended.out
    after = committed_of(*scene.stored())
    assert (after.offset, [n for n in range(5, 9) if after.is_done(n)]) == (5, [6])
    ended = scene.consumer(*reset, "--to", "earliest", "--yes")
    assert "sent again: <=6 records with an outcome" in ended.out
    assert scene.stored() == (0, "")


def test_a_time_is_an_offset_of_each_partition(scene: Scene) -> None:
    """The first record as young, or the end where all are older."""
    reset = ("offsets", "reset", "--all-topics", "--dry-run", "--output", "json")
    ended = scene.consumer(*reset, "--to", "2001-01-01T00:00:00Z")
    assert [one["to"] for one in ended.listed("partitions")] == [0, 0]
    ended = scene.consumer(*reset, "--to", "2999-01-01T00:00:00Z", "--allow-skip")
    assert [one["to"] for one in ended.listed("partitions")] == [9, 0]


def test_gaps_of_transactions_are_not_records(scene: Scene) -> None:
    """Lag is a bound until the log is read; an open transaction is said."""
    producer = scene.producer(**{"transactional.id": scene.topic})
    producer.init_transactions(JOIN_SECONDS)
    for count in (2, 1, 3):
        producer.begin_transaction()
        scene.produce(producer, count)
        if count == 2:
            producer.commit_transaction(JOIN_SECONDS)
        elif count == 1:
            producer.abort_transaction(JOIN_SECONDS)
    found = scene.partitions()[0]
    # 9 plain ones, 2 and a marker, 1 and a marker; then 3 that nobody may read yet
    assert (found["end"], found["readable_end"]) == (17, 14)
    assert found["lag"] == {"records": 14, "is_exact": False}
    assert found["problem"] is None
    admin = Admin({"bootstrap.servers": scene.cluster.bootstrap})
    stored = {TopicPartition(scene.topic, 0): Stored(2, MAP)}
    assert admin.commit(scene.group, stored) == {}
    found = scene.partitions("--exact")[0]
    assert found["problem"] == "an open transaction holds back offsets: 3"
    assert found["lag"] == {"records": 6, "is_exact": True}
    reset = ("offsets", "reset", "--topic", LOANS, "--partition", "0", "--dry-run")
    ended = scene.consumer(*reset, "--to", "latest", "--exact")
    assert "SKIPPED: 6 records without an outcome, offsets 2 to 13" in ended.out
    producer.abort_transaction(JOIN_SECONDS)
    assert scene.partitions("--exact")[0]["lag"]["records"] == 6


def test_a_group_that_nobody_knows(scene: Scene) -> None:
    """Nothing is committed, nobody is there, and all that the log holds is lag."""
    ended = scene.consumer("status")
    assert ended.out.startswith(f"group {scene.group}: dead, no members (classic)\n")
    assert f"{scene.topic} (source): lag <=9" in ended.out
