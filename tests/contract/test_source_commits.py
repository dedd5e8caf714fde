"""Commits that a broker refuses in part, or whose answer is lost."""

from __future__ import annotations

import pytest

from consumer.model import TopicPartition
from tests.broker.kafka import Cluster, KafkaBroker
from tests.broker.lossy import OFFSET_COMMIT, lossy
from tests.broker.mock import MockCluster
from tests.contract.members import (
    commit_of_all,
    joined,
    new_topic,
    numbered,
    published,
    until,
)
from tests.contract.simulated import SimulatedCluster

pytestmark = pytest.mark.timeout(60)

COOPERATIVE = {"partition.assignment.strategy": "cooperative-sticky"}
NEW = {"group.protocol": "consumer"}
PROTOCOLS = {"cooperative": COOPERATIVE, "consumer": NEW}


async def test_a_last_commit_whose_map_is_refused_is_made_without_it(
    ill_cluster: MockCluster | SimulatedCluster,
) -> None:
    """Bug: error 12 at a revocation lost the whole commit, and all of it repeated."""
    topic = new_topic(ill_cluster)
    partition = TopicPartition(topic, 0)
    async with joined(ill_cluster, topic) as member:
        await member.gets(1)
        member.positions = member.commit_of(partition, 13, "M1map")
        ill_cluster.fail_commits(12)
    commits, failed, _ = member.results[-1]
    assert (commits[partition].offset, commits[partition].metadata) == (13, "")
    assert failed == {}
    async with joined(ill_cluster, topic) as member:
        await member.gets(1)
        assert member.assigned[partition].offset == 13
        assert not member.assigned[partition].metadata


@pytest.mark.kafka
async def test_a_map_that_is_too_large_costs_no_other_its_own(
    kafka_broker: Cluster,
) -> None:
    """A real broker refuses one partition; the other keeps what was committed."""
    topic = new_topic(kafka_broker, 2)
    large, small = TopicPartition(topic, 0), TopicPartition(topic, 1)
    async with joined(kafka_broker, topic, NEW) as member:
        await member.gets(2)
        # The broker's offset.metadata.max.bytes is 4096.
        member.positions = member.commit_of(large, 7, "M1" + "x" * 4095)
        member.positions |= member.commit_of(small, 8, "M1small")
    assert member.results[-1][1] == {}
    async with joined(kafka_broker, topic, NEW) as member:
        await member.gets(2)
        assert member.assigned[large].offset == 7
        assert not member.assigned[large].metadata
        assert member.assigned[small].offset == 8
        assert member.assigned[small].metadata == "M1small"


@pytest.mark.kafka
async def test_a_map_that_is_too_large_fails_no_other_commit(
    kafka_broker: Cluster,
) -> None:
    """Bug: librdkafka says error 12 of all; then no commit renewed the lease any more."""
    topic = new_topic(kafka_broker, 4)
    large = TopicPartition(topic, 1)
    async with joined(kafka_broker, topic, NEW) as member:
        await member.gets(4)
        commits = commit_of_all(member, 3) | member.commit_of(large, 3, "M" * 4097)
        assert await member.committed(commits) == {large: 12}
        assert await member.committed(member.commit_of(large, 3)) == {}
        assert len(member.results) == 2
        member.positions = {}
    async with joined(kafka_broker, topic, NEW) as member:
        await member.gets(4)
        assert {each.offset for each in member.assigned.values()} == {3}


async def test_a_last_commit_that_is_refused_twice_is_told(
    mock_cluster: MockCluster,
) -> None:
    """Without the map there is nothing to leave out: its records repeat."""
    topic = new_topic(mock_cluster)
    partition = TopicPartition(topic, 0)
    async with joined(mock_cluster, topic) as member:
        await member.gets(1)
        member.positions = member.commit_of(partition, 13, "M1map")
        mock_cluster.fail_commits(12, 12)
    assert member.results[-1][1] == {partition: 12}


@pytest.mark.peer("librdkafka #2933", "Parallel Consumer fork #29")
@pytest.mark.kafka
@pytest.mark.parametrize("name", ["cooperative", "consumer"])
async def test_a_commit_that_is_on_its_way_holds_no_rebalance(
    own_broker: KafkaBroker, name: str
) -> None:
    """Its answer is lost: the group goes on, it is answered once, and others follow."""
    topic = new_topic(own_broker, 2)
    async with lossy(own_broker) as proxy:
        through = {
            **PROTOCOLS[name],
            "bootstrap.servers": proxy.bootstrap,
            "socket.timeout.ms": "1500",
        }
        async with joined(own_broker, topic, through) as first:
            await first.gets(2)
            proxy.loses = OFFSET_COMMIT
            outstanding = commit_of_all(first, 0)
            assert first.source.commit(outstanding)
            await until(lambda: proxy.lost >= 1, "a lost answer")
            proxy.loses = None
            async with joined(own_broker, topic, PROTOCOLS[name]) as second:
                await second.gets(1)
                await first.gets(1)
                for partition in range(2):
                    published(own_broker, topic, numbered(5), partition)
                await first.reads(5)
                await second.reads(5)
            results = [commits for commits, _, _ in first.results]
            await until(lambda: outstanding in results, "the commit's answer")
            assert results.count(outstanding) == 1
            await first.gets(2)
            assert await first.committed(commit_of_all(first, 0)) == {}
