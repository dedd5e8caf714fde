"""What writing a dead letter promises, on the in-process cluster and on a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as Place
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType

from consumer import deadletter
from consumer.deadletter import SIZE, DeadLetters, LetterTooLargeError, NoAnswerError
from consumer.errors import ConfigurationError, DependencyError
from tests.broker.kafka import Cluster, KafkaBroker
from tests.broker.mock import MockCluster
from tests.contract.members import new_topic
from tests.contract.simulated import SimulatedCluster

pytestmark = pytest.mark.timeout(60)


@dataclass(frozen=True)
class Letter:
    """A letter of the tests' own."""

    topic: str
    partition: int | None = 0
    key: bytes | None = b"k"
    value: bytes | None = b"v"
    headers: Sequence[tuple[str, bytes | None]] = field(default=())


CLUSTERS = ["mock_cluster", pytest.param("kafka_broker", marks=pytest.mark.kafka)]


@pytest.fixture(params=CLUSTERS)
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Give each kind of cluster that keeps topics, in turn."""
    found: Cluster = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["simulated_cluster", *CLUSTERS])
def any_cluster(request: pytest.FixtureRequest) -> Cluster:
    """Give each kind of cluster in turn, the simulation's among them."""
    found: Cluster = request.getfixturevalue(request.param)
    return found


def letters_for(cluster: Cluster, **more: str | int) -> DeadLetters:
    """Return the letters' producer for `cluster`."""
    if isinstance(cluster, SimulatedCluster):
        found: object = cluster.producer(
            largest_bytes=int(more.get("message_max_bytes", 1_000_000)),
            given_up_seconds=int(more.get("message_timeout_ms", 60_000)) / 1000,
        )
        return found  # type: ignore[return-value] # it has all that these tests call
    properties = {key.replace("_", "."): value for key, value in more.items()}
    return DeadLetters({"bootstrap.servers": cluster.bootstrap, **properties})


def read(cluster: Cluster, topic: str, partition: int, count: int) -> list[Letter]:
    """Return the first letters in one partition."""
    if isinstance(cluster, SimulatedCluster):
        written = cluster.read_letters(topic, partition)[:count]
        return [
            Letter(topic, one.partition, one.key, one.value, one.headers)
            for one in written
        ]
    consumer = Consumer({
        "bootstrap.servers": cluster.bootstrap,
        "group.id": "reader",
        "log_level": 0,
    })
    consumer.assign([Place(topic, partition, 0)])
    try:
        found = consumer.consume(count, 10)
    finally:
        consumer.close()
    return [
        Letter(
            topic=topic,
            partition=message.partition(),
            key=message.key(),
            value=message.value(),
            headers=message.headers() or (),  # type: ignore[arg-type] # its stub allows other shapes
        )
        for message in found
    ]


def setting(cluster: Cluster, topic: str, name: str) -> int:
    """Return a number among a topic's settings."""
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap, "log_level": 0})
    (answer,) = admin.describe_configs([
        ConfigResource(ResourceType.TOPIC, topic)
    ]).values()
    return int(answer.result(10)[name].value)


async def test_a_written_letter_is_there(any_cluster: Cluster) -> None:
    """After `write` the letter can be read: key, value, headers and partition as given."""
    topic = new_topic(any_cluster, 3)
    letters = letters_for(any_cluster)
    letter = Letter(
        topic, 2, None, b"\x00\xff", [("a", b"1"), ("a", b"\xff"), ("b", None)]
    )
    tombstone = Letter(topic, 2, b"k", None, [("x", b"")])
    await letters.write(letter)
    await letters.write(tombstone)
    await letters.aclose(5)
    assert await asyncio.to_thread(read, any_cluster, topic, 2, 2) == [
        letter,
        tombstone,
    ]


async def test_many_letters_at_once(any_cluster: Cluster) -> None:
    """Letters written together are all confirmed, and a partition keeps their order."""
    topic = new_topic(any_cluster)
    letters = letters_for(any_cluster)
    values = [b"%d" % number for number in range(200)]
    await asyncio.gather(*(letters.write(Letter(topic, value=each)) for each in values))
    await letters.aclose(5)
    found = await asyncio.to_thread(read, any_cluster, topic, 0, 200)
    assert values == [letter.value for letter in found]


async def test_a_letter_that_is_too_large_is_named_so(any_cluster: Cluster) -> None:
    """The caller learns that the size is the reason, and the producer goes on."""
    topic = new_topic(any_cluster)
    letters = letters_for(any_cluster, message_max_bytes=2000)
    with pytest.raises(LetterTooLargeError, match=topic):
        await letters.write(Letter(topic, value=bytes(5000)))
    await letters.write(Letter(topic))
    await letters.aclose(5)


@pytest.mark.kafka
async def test_letters_side_by_side_do_not_make_each_other_too_large(
    kafka_broker: Cluster,
) -> None:
    """Bug: letters of one batch were too large together, and lost their values."""
    topic = new_topic(kafka_broker, max_message_bytes="4000")
    letters = letters_for(kafka_broker, linger_ms=200)
    values = [b"%03d" % number * 300 for number in range(20)]
    await asyncio.gather(*(letters.write(Letter(topic, value=each)) for each in values))
    await letters.aclose(5)
    found = await asyncio.to_thread(read, kafka_broker, topic, 0, len(values))
    assert values == [letter.value for letter in found]


@pytest.mark.kafka
async def test_the_topic_says_what_is_too_large(kafka_broker: Cluster) -> None:
    """Bug: a letter of more than 1 MB was too large for librdkafka's default."""
    topic = new_topic(kafka_broker, max_message_bytes="3000000")
    letters = letters_for(kafka_broker)
    await letters.write(Letter(topic, value=bytes(2_500_000)))
    with pytest.raises(LetterTooLargeError, match=topic):
        await letters.write(Letter(topic, value=bytes(3_500_000)))
    await letters.aclose(5)


async def test_an_unconfirmed_letter_is_an_error(
    ill_cluster: MockCluster | SimulatedCluster,
) -> None:
    """A broker that is away ends in an error after the time-out, never in silence."""
    topic = new_topic(ill_cluster)
    letters = letters_for(ill_cluster, message_timeout_ms=3000)
    await letters.write(Letter(topic))
    ill_cluster.set_down(is_down=True)
    with pytest.raises(DependencyError, match=r"was not written: .*timed out"):
        await letters.write(Letter(topic))
    ill_cluster.set_down(is_down=False)
    await letters.write(Letter(topic))
    await letters.aclose(5)


async def test_closing_gives_up_what_cannot_be_written(
    ill_cluster: MockCluster | SimulatedCluster,
) -> None:
    """Closing takes no longer than its deadline, and each waiting writer is told."""
    topic = new_topic(ill_cluster)
    letters = letters_for(ill_cluster)
    await letters.write(Letter(topic))
    ill_cluster.set_down(is_down=True)
    waiting = asyncio.create_task(letters.write(Letter(topic)))
    await asyncio.sleep(0)
    await letters.aclose(0.5)
    with pytest.raises(DependencyError, match="was not written"):
        await waiting
    await letters.aclose(0.5)


async def test_missing_topics_are_refused_or_named(cluster: Cluster) -> None:
    """Without leave to create, a missing topic is an error that names it."""
    source = new_topic(cluster, 3)
    missing = f"{source}.dead-letters"
    letters = letters_for(cluster)
    with pytest.raises(DependencyError, match=missing):
        await letters.ensure_topics({missing: source}, may_create=False)
    assert await letters.ensure_topics({source: source}, may_create=False) == {
        source: 3
    }
    await letters.aclose(5)


async def test_topics_are_asked_for_again_while_no_broker_answers(
    mock_cluster: MockCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: a broker that was away for ten seconds in a start ended the process."""
    monkeypatch.setattr(deadletter, "ADMIN_SECONDS", 0.2)
    topic = new_topic(mock_cluster, 3)
    letters = letters_for(mock_cluster)
    wanted = {topic: topic}
    mock_cluster.set_down(is_down=True)
    with pytest.raises(NoAnswerError):
        await letters.ensure_topics(wanted, may_create=False)
    asked = asyncio.create_task(
        letters.ensure_topics(wanted, may_create=False, patience_seconds=20)
    )
    done, _ = await asyncio.wait([asked], timeout=1)
    assert not done
    mock_cluster.set_down(is_down=False)
    assert await asked == {topic: 3}
    await letters.aclose(5)


@pytest.mark.kafka
async def test_missing_topics_are_created_like_their_source(
    kafka_broker: Cluster,
) -> None:
    """A new letter topic has its source's partition count; one that exists keeps its.

    It takes what its source takes, and a letter's headers besides.
    """
    source = new_topic(kafka_broker, 3, max_message_bytes="50000")
    other = new_topic(kafka_broker, 2)
    wanted = {f"{source}.dead-letters": source, other: source}
    letters = letters_for(kafka_broker)
    expected = {f"{source}.dead-letters": 3, other: 2}
    assert expected == await letters.ensure_topics(wanted, may_create=True)
    assert expected == await letters.ensure_topics(wanted, may_create=False)
    assert setting(kafka_broker, f"{source}.dead-letters", SIZE) == 50_000 + (1 << 16)
    await letters.write(Letter(f"{source}.dead-letters", 2))
    await letters.aclose(5)


@pytest.mark.kafka
async def test_a_frozen_broker_only_delays_a_letter(own_broker: KafkaBroker) -> None:
    """A letter written while the broker stands still is confirmed when it goes on."""
    topic = new_topic(own_broker)
    letters = letters_for(own_broker)
    await letters.write(Letter(topic))
    with own_broker.server.frozen():
        waiting = asyncio.create_task(letters.write(Letter(topic, value=b"late")))
        done, _ = await asyncio.wait([waiting], timeout=1)
        assert not done
    await waiting
    await letters.aclose(5)
    found = await asyncio.to_thread(read, own_broker, topic, 0, 2)
    assert [letter.value for letter in found] == [b"v", b"late"]


def test_a_wrong_property_is_named() -> None:
    """A property that librdkafka refuses is a configuration fault that names it."""
    with pytest.raises(ConfigurationError, match=r"no\.such\.thing"):
        DeadLetters({"bootstrap.servers": "127.0.0.1:1", "no.such.thing": 1})


async def test_an_unknown_topic_is_an_error(mock_cluster: MockCluster) -> None:
    """A partition that the topic does not have is an error, soon."""
    topic = new_topic(mock_cluster, 1)
    letters = letters_for(mock_cluster, message_timeout_ms=2000)
    with pytest.raises(DependencyError, match="was not written"):
        await letters.write(Letter(topic, partition=9))
    await letters.aclose(5)
