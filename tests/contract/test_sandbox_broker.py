"""The in-process broker and the publisher, with confluent-kafka's own clients."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition
from fastavro.schema import load_schema

from consumer.sandbox.ahead import Ahead, CommittedOffsets
from consumer.sandbox.errors import SandboxError
from consumer.sandbox.events import Fate, generate, population_of
from consumer.sandbox.fold import Fold
from consumer.sandbox.mockcluster import MockCluster
from consumer.sandbox.publisher import EventSchema, Publisher, register
from consumer.sandbox.samples import KINDS, LOAN
from tests.unit.sandbox.box import sandbox

SCHEMAS = Path(__file__).parents[2] / "schemas" / "avro"
RECORDS = 300
READ = """
import sys
from confluent_kafka import Consumer
reader = Consumer({"bootstrap.servers": sys.argv[1], "group.id": "other",
                   "auto.offset.reset": "earliest"})
reader.subscribe(["t"])
message = None
while message is None:
    message = reader.poll(1.0)
print(message.value().decode())
reader.close()
"""


@pytest.fixture
def cluster() -> Iterator[MockCluster]:
    """Run a cluster of one broker."""
    with MockCluster() as running:
        yield running


@pytest.fixture
def schemas() -> dict[str, EventSchema]:
    """Return the three schemas under made-up ids."""
    return {
        kind.schema: EventSchema(
            number, load_schema(str(SCHEMAS / f"{kind.schema}.avsc"))
        )
        for number, kind in enumerate(KINDS, 1)
    }


def everything(cluster: MockCluster, topic: str) -> list[Message]:
    """Read a topic from its beginning to its end."""
    reader = Consumer({
        "bootstrap.servers": cluster.bootstrap_servers,
        "group.id": "reader",
    })
    count = len(reader.list_topics(topic).topics[topic].partitions)
    places = [TopicPartition(topic, number, 0) for number in range(count)]
    total = sum(reader.get_watermark_offsets(place)[1] for place in places)
    reader.assign(places)
    found: list[Message] = []
    while len(found) < total:
        found += reader.consume(total - len(found), 1.0)
    reader.close()
    return found


def test_a_topic_has_as_many_partitions_as_asked(cluster: MockCluster) -> None:
    """The cluster serves a client in this process and one in another."""
    cluster.create_topic("t", partitions=12)
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
    assert len(producer.list_topics("t").topics["t"].partitions) == 12
    producer.produce("t", b"hello")
    assert producer.flush(10) == 0
    del producer
    run = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", READ, cluster.bootstrap_servers],
        capture_output=True,
        text=True,
        check=False,
        timeout=15,
    )
    assert (run.stdout, run.returncode) == ("hello\n", 0)


def test_errors_are_pushed(cluster: MockCluster) -> None:
    """The next requests of a kind fail with the codes, one each."""
    cluster.create_topic("t", partitions=1)
    servers = {"bootstrap.servers": cluster.bootstrap_servers}
    reader = Consumer({**servers, "group.id": "g", "log_level": 0})
    place = [TopicPartition("t", 0, 1)]
    cluster.push_errors(8, [12])
    with pytest.raises(KafkaException) as caught:
        reader.commit(offsets=place, asynchronous=False)
    assert caught.value.args[0].code() == 12
    cluster.push_errors(8, [12])
    cluster.clear_errors(8)
    cluster.set_coordinator("g", 1)
    cluster.set_round_trip_ms(1)
    committed = reader.commit(offsets=place, asynchronous=False)
    assert committed is not None
    assert committed[0].offset == 1
    reader.close()


def test_a_broker_goes_down_and_comes_back(cluster: MockCluster) -> None:
    """While down, nothing is delivered; once up again, what waited is."""
    cluster.create_topic("t", partitions=1)
    settings = {
        "bootstrap.servers": cluster.bootstrap_servers,
        "log_level": 0,
        "reconnect.backoff.max.ms": 100,
    }
    producer = Producer(settings)
    producer.list_topics("t")
    cluster.set_down()
    producer.produce("t", b"x")
    assert producer.flush(0.2) == 1
    cluster.set_up()
    assert producer.flush(10) == 0


def test_a_closed_cluster_says_so() -> None:
    """What is asked of a cluster that does not run fails with a reason."""
    cluster = MockCluster()
    with pytest.raises(SandboxError, match="not running"):
        assert cluster.bootstrap_servers
    cluster.start()
    with pytest.raises(SandboxError, match="mock cluster: "):
        cluster.set_down(99)
    cluster.close()
    cluster.close()


def test_events_are_published_as_their_publishers_would(
    cluster: MockCluster, schemas: dict[str, EventSchema]
) -> None:
    """Every event is there, under its key, with trace context and framing."""
    for kind in KINDS:
        cluster.create_topic(f"test.{kind.topic}", partitions=3)
    fold = Fold()
    publisher = Publisher(
        {"bootstrap.servers": cluster.bootstrap_servers},
        schemas,
        topics={kind.topic: f"test.{kind.topic}" for kind in KINDS},
    )
    assert publisher.publish(generate(RECORDS, 5), fold.add) == RECORDS
    wanted = [
        (event.kind.topic, event.key, list(event.headers))
        for event in generate(RECORDS, 5)
    ]
    found = []
    for kind in KINDS:
        for message in everything(cluster, f"test.{kind.topic}"):
            found.append((kind.topic, message.key(), message.headers()))
            assert (message.value() or b"")[:1] == b"\0"
    assert sorted(map(repr, found)) == sorted(map(repr, wanted))
    assert fold.published == RECORDS


def test_a_publisher_stays_near_the_commits(
    cluster: MockCluster, schemas: dict[str, EventSchema]
) -> None:
    """It stops when too far ahead, and goes on once the group has committed."""
    for kind in KINDS:
        cluster.create_topic(kind.topic, partitions=1)
    settings = {"bootstrap.servers": cluster.bootstrap_servers}
    offsets = CommittedOffsets(settings, "g")
    group = Consumer({**settings, "group.id": "g"})
    asked = []

    def committed(partitions: object) -> dict[tuple[str, int], int]:
        asked.append(partitions)
        places = [TopicPartition(kind.topic, 0, publisher.confirmed) for kind in KINDS]
        group.commit(offsets=places, asynchronous=False)
        return offsets([(kind.topic, 0) for kind in KINDS])

    publisher = Publisher(settings, schemas, ahead=Ahead(committed, max_records=20))
    assert publisher.publish(generate(RECORDS, 5)) == RECORDS
    assert asked
    offsets.close()
    group.close()


def test_a_publisher_without_a_topic_fails(
    cluster: MockCluster, schemas: dict[str, EventSchema]
) -> None:
    """A record that cannot be delivered ends the publishing with the reason."""
    cluster.create_topic(LOAN.topic, partitions=1)
    cluster.push_errors(0, [29] * 20)  # TOPIC_AUTHORIZATION_FAILED
    publisher = Publisher(
        {"bootstrap.servers": cluster.bootstrap_servers, "log_level": 0},
        schemas,
    )
    with pytest.raises(SandboxError, match="cannot publish"):
        publisher.publish(generate(RECORDS, 5))


def test_a_publisher_can_be_stopped_and_slowed(
    cluster: MockCluster, schemas: dict[str, EventSchema]
) -> None:
    """It ends early when told, and keeps its rate until then."""
    publisher = Publisher(
        {"bootstrap.servers": cluster.bootstrap_servers},
        schemas,
        rate=1000.0,
        stopped=lambda: publisher.sent >= 5,
    )
    assert publisher.publish(generate(RECORDS, 5)) == 5


async def test_the_schemas_are_registered() -> None:
    """Each schema is registered under the subject of its real topic."""
    async with sandbox() as box:
        url = box.running.addresses.registry
        topics = {LOAN.topic: "real.loans"}
        registered = await asyncio.to_thread(register, {"url": url}, SCHEMAS, topics)
        assert sorted(registered) == sorted(kind.schema for kind in KINDS)
        async with box.session.get(f"{url}/subjects") as answer:
            subjects = await answer.json(content_type=None)
        assert "real.loans-value" in subjects


def test_a_registry_that_is_not_there_is_told() -> None:
    """Without a registry, registration fails with a reason."""
    registry = {"url": "http://127.0.0.1:1", "max.retries": 0}
    with pytest.raises(SandboxError, match="cannot register"):
        register(registry, SCHEMAS, {})


def test_the_population_is_of_the_size_asked() -> None:
    """As many profiles as asked, and every event is about one of them."""
    population = population_of(RECORDS, 5, 40)
    assert len(population.names) == 40
    named = {event.profile for event in generate(RECORDS, 5, population)}
    assert named - {None} <= set(population.names)
    assert any(event.fate is Fate.NO_PROFILE for event in generate(RECORDS, 5))
