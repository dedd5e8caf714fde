"""Assignments that end in every way there is, and what is committed then."""

from __future__ import annotations

import time

import pytest

from consumer.model import Commit, TopicPartition
from consumer.source.values import SourceFaultKind
from tests.broker.kafka import Cluster
from tests.broker.mock import MockCluster
from tests.contract.members import (
    commit_of_all,
    joined,
    new_topic,
    numbered,
    published,
    until,
)

pytestmark = pytest.mark.timeout(60)

NEW = {"group.protocol": "consumer"}
PROTOCOLS = {
    "cooperative": {"partition.assignment.strategy": "cooperative-sticky"},
    "eager": {"partition.assignment.strategy": "range"},
    "consumer": NEW,
}
HEARTBEAT, CONSUMER_HEARTBEAT = 12, 68
# What a coordinator says to a member that it does not know any more.
LOST = [
    pytest.param("cooperative", HEARTBEAT, 25, id="cooperative"),
    pytest.param("eager", HEARTBEAT, 25, id="eager"),
    pytest.param("consumer", CONSUMER_HEARTBEAT, 110, id="consumer"),
]


@pytest.fixture(params=sorted(PROTOCOLS))
def protocol(request: pytest.FixtureRequest) -> dict[str, str]:
    """Give each way in which a group shares its partitions."""
    return PROTOCOLS[request.param]


@pytest.mark.parametrize(("name", "request_key", "code"), LOST)
async def test_what_the_group_gave_up_is_lost_and_comes_back(
    mock_cluster: MockCluster, name: str, request_key: int, code: int
) -> None:
    """In every protocol: no position is asked for, nothing committed, a new epoch."""
    topic = new_topic(mock_cluster)
    published(mock_cluster, topic, numbered(3))
    partition = TopicPartition(topic, 0)
    kafka = {**PROTOCOLS[name]}
    if name != "consumer":
        kafka["session.timeout.ms"] = "1500"  # the member that it was is waited for
    async with joined(mock_cluster, topic, kafka) as member:
        await member.reads(3)
        epoch = member.epochs[-1]
        member.positions = member.commit_of(partition, 3)
        mock_cluster.cluster.push_errors(request_key, [code])
        await until(lambda: bool(member.revoked), "the loss")
        assert member.revoked == [(frozenset({partition}), True)]
        assert member.asked == []
        await member.reads(6)
        assert member.epochs[-1] > epoch
        old = {partition: Commit(offset=3, metadata="", epoch=epoch)}
        assert await member.committed(old) == {partition: 22}
        member.positions = {}


async def test_a_thread_that_stood_still_for_too_long_has_lost_all(
    mock_cluster: MockCluster, protocol: dict[str, str]
) -> None:
    """Beyond max.poll.interval.ms: told with a mend, nothing committed, and back again."""
    topic = new_topic(mock_cluster)
    published(mock_cluster, topic, numbered(3))
    partition = TopicPartition(topic, 0)
    short = {**protocol, "max.poll.interval.ms": "2000"}
    if protocol is not NEW:
        short["session.timeout.ms"] = "2000"
    async with joined(mock_cluster, topic, short) as member:
        await member.reads(3)
        member.positions = member.commit_of(partition, 3)
        member.source._reader.command(lambda: time.sleep(3.5))  # the fault itself
        fault = await member.sees(SourceFaultKind.POLL_EXCEEDED)
        assert "max.poll.interval.ms" in fault.mend
        await until(lambda: bool(member.revoked), "the loss")
        assert member.revoked == [(frozenset({partition}), True)]
        assert member.asked == []
        member.positions = {}
        await member.reads(6)
        assert await member.committed(member.commit_of(partition, 3)) == {}
        await until(lambda: member.faults[-1].is_over, "the fault's end")


@pytest.mark.peer("Vector #22006", "librdkafka #3891", "Faust #523")
@pytest.mark.parametrize(
    "cluster",
    ["simulated_cluster", pytest.param("kafka_broker", marks=pytest.mark.kafka)],
)
async def test_partitions_that_leave_and_come_back_at_once(
    request: pytest.FixtureRequest, cluster: str, protocol: dict[str, str]
) -> None:
    """Each return is an epoch of its own; nothing of the one before is committed."""
    broker: Cluster = request.getfixturevalue(cluster)
    topic = new_topic(broker, 4)
    async with joined(broker, topic, protocol) as stays:
        await stays.gets(4)
        for _ in range(2):
            before = commit_of_all(stays, 0)
            async with joined(broker, topic, protocol) as visits:
                await until(lambda: bool(visits.assigned), "a visitor's partitions")
            await stays.gets(4)
            gone = {
                each
                for each, commit in before.items()
                if stays.assigned[each].epoch != commit.epoch
            }
            assert gone
            assert await stays.committed(before) == dict.fromkeys(gone, 22)
        for partition in range(4):
            published(broker, topic, numbered(5), partition)
        await stays.reads(20)
        assert await stays.committed(commit_of_all(stays, 5)) == {}
    assert stays.epochs == sorted(set(stays.epochs))
    assert all(stays.values(number) == numbered(5) for number in range(4))


@pytest.mark.peer(
    "Parallel Consumer fork #376",
    "spring-kafka #813",
    "franz-go #1272",
    "reactor-kafka #432",
)
async def test_a_pause_outlives_its_epoch_and_ends_when_it_is_told_to(
    mock_cluster: MockCluster, protocol: dict[str, str]
) -> None:
    """Some clients forget a pause in a rebalance and some keep it: neither decides here."""
    topic = new_topic(mock_cluster)
    partition = TopicPartition(topic, 0)
    kafka, key, code = {**protocol}, CONSUMER_HEARTBEAT, 110
    if protocol is not NEW:
        kafka["session.timeout.ms"], key, code = "1500", HEARTBEAT, 25
    async with joined(mock_cluster, topic, kafka) as member:
        await member.gets(1)
        member.source.pause(frozenset({partition}))
        await member.turns()
        published(mock_cluster, topic, numbered(5))
        mock_cluster.cluster.push_errors(key, [code])
        await until(lambda: bool(member.revoked), "the loss")
        await member.gets(1)
        await member.turns()
        assert member.records == []
        member.source.pause(frozenset())
        await member.reads(5)
        assert member.values() == numbered(5)
