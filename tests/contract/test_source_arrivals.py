"""Topics that need not exist: read from their beginning, once they are there."""

from __future__ import annotations

import uuid

import pytest
from confluent_kafka.admin import AdminClient

from consumer.source.values import SourceFaultKind, Subscription
from tests.broker.kafka import Cluster
from tests.contract.members import joined, new_topic, numbered, published, until
from tests.contract.test_source import PROTOCOLS

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(params=["mock", pytest.param("kafka", marks=pytest.mark.kafka)])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Give each kind of cluster in turn."""
    name = "mock_cluster" if request.param == "mock" else "kafka_broker"
    found: Cluster = request.getfixturevalue(name)
    return found


@pytest.fixture(params=sorted(PROTOCOLS))
def protocol(request: pytest.FixtureRequest) -> dict[str, str]:
    """Give each way in which a group shares its partitions."""
    return PROTOCOLS[request.param]


def later() -> str:
    """Return the name of a topic that nobody has made yet."""
    return f"later-{uuid.uuid4().hex[:8]}"


async def test_a_topic_that_comes_later_is_read_from_its_beginning(
    cluster: Cluster, protocol: dict[str, str]
) -> None:
    """What was written before it was found counts, whatever `auto.offset.reset` says."""
    topic, other = new_topic(cluster), later()
    kafka = {**protocol, "auto.offset.reset": "latest"}
    wanted = Subscription(topics=(topic,), optional=(other,))
    async with joined(cluster, topic, kafka, subscription=wanted) as member:
        await member.gets(1)
        cluster.create_topic(other, 2)
        published(cluster, other, numbered(5), 1)
        await member.gets(3)
        await member.reads(5)
        assert member.values() == numbered(5)
        published(cluster, topic, numbered(3, first=5))
        await member.reads(8)
        assert member.values(0) == numbered(3, first=5)
        assert [fault.kind for fault in member.faults] == []


async def test_a_topic_that_is_there_at_the_start_is_read(cluster: Cluster) -> None:
    """It belongs to the first assignment; one that is missing is no fault."""
    topic, there, missing = new_topic(cluster), new_topic(cluster), later()
    published(cluster, there, numbered(4))
    kafka = {"auto.offset.reset": "error"}
    wanted = Subscription(topics=(topic,), optional=(there, missing))
    async with joined(cluster, topic, kafka, subscription=wanted) as member:
        await member.gets(2)
        await member.reads(4)
        assert len(member.epochs) == 2
        kinds = {fault.kind for fault in member.faults}
        assert kinds == {SourceFaultKind.NO_OFFSET}  # of the topic that must exist


async def test_another_subscription_keeps_what_was_found(cluster: Cluster) -> None:
    """A change of the topics neither takes an optional one away nor looks for less."""
    topic, there, new = new_topic(cluster), new_topic(cluster), new_topic(cluster)
    wanted = Subscription(topics=(topic,), optional=(there,))
    async with joined(cluster, topic, subscription=wanted) as member:
        await member.gets(2)
        optional = (there, new)
        member.source.subscribe(Subscription(topics=(topic,), optional=optional))
        await member.gets(3)
        assert member.revoked == []
        published(cluster, new, numbered(2))
        await member.reads(2)
        member.source.subscribe(Subscription(topics=(topic,), optional=(new,)))
        await member.gets(2)
        assert {each.topic for each in member.assigned} == {topic, new}


async def test_a_broker_that_does_not_answer_takes_nothing_away(
    mock_cluster: Cluster,
) -> None:
    """No answer says nothing of a topic: what was found is read on."""
    topic, there = new_topic(mock_cluster), new_topic(mock_cluster)
    wanted = Subscription(topics=(topic,), optional=(there,))
    async with joined(mock_cluster, topic, subscription=wanted) as member:
        await member.gets(2)
        mock_cluster.set_down(is_down=True)  # type: ignore[attr-defined] # it is the mock
        await member.sees(SourceFaultKind.BROKERS_DOWN)
        mock_cluster.set_down(is_down=False)  # type: ignore[attr-defined] # it is the mock
        published(mock_cluster, there, numbered(2))
        await member.reads(2)
        assert member.revoked == []


@pytest.mark.kafka
async def test_a_topic_that_is_deleted_is_given_back(kafka_broker: Cluster) -> None:
    """Who deletes an optional topic takes it away, and the others go on."""
    topic, there = new_topic(kafka_broker), new_topic(kafka_broker)
    wanted = Subscription(topics=(topic,), optional=(there,))
    async with joined(kafka_broker, topic, subscription=wanted) as member:
        await member.gets(2)
        admin = AdminClient({"bootstrap.servers": kafka_broker.bootstrap})
        admin.delete_topics([there])[there].result(10)
        await member.gets(1)
        published(kafka_broker, topic, numbered(2))
        await member.reads(2)


@pytest.mark.kafka
async def test_a_pattern_of_optional_topics(kafka_broker: Cluster) -> None:
    """One that matches nothing is no fault; what comes is read from its beginning.

    Bug: librdkafka says of a pattern without a topic that the topic is unknown, in the
    classic protocol, which was told as a fault although it is none.
    """
    topic, other = new_topic(kafka_broker), later()
    kafka = {
        **PROTOCOLS["cooperative"],
        "auto.offset.reset": "latest",
        "topic.metadata.refresh.interval.ms": "500",
    }
    wanted = Subscription(topics=(topic,), optional_patterns=(f"^({other})$",))
    async with joined(kafka_broker, topic, kafka, subscription=wanted) as member:
        await member.gets(1)
        await member.turns()
        assert member.faults == []
        kafka_broker.create_topic(other)
        published(kafka_broker, other, numbered(2))
        await until(lambda: len(member.assigned) == 2, "the pattern's topic")
        await member.reads(2)
