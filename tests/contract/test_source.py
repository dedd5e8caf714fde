"""What the source promises: on the in-process cluster and on a real broker alike.

And what the simulation's source, which `tests.chaos.simulate` stands on, does as well.
"""

from __future__ import annotations

import asyncio
import time

import pytest

from consumer.model import Commit, TopicPartition
from consumer.source.session import session_timeout_seconds
from consumer.source.values import Subscription
from tests.broker.kafka import Cluster
from tests.contract.members import (
    ROOM,
    Member,
    joined,
    new_topic,
    numbered,
    published,
    until,
)

pytestmark = pytest.mark.timeout(60)

PROTOCOLS = {
    "cooperative": {"partition.assignment.strategy": "cooperative-sticky"},
    "eager": {"partition.assignment.strategy": "range"},
    "consumer": {"group.protocol": "consumer"},
}


CLUSTERS = {
    "simulated": "simulated_cluster",
    "mock": "mock_cluster",
    "kafka": "kafka_broker",
}


@pytest.fixture(
    params=["simulated", "mock", pytest.param("kafka", marks=pytest.mark.kafka)]
)
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Give each kind of cluster in turn."""
    found: Cluster = request.getfixturevalue(CLUSTERS[request.param])
    return found


@pytest.fixture(params=sorted(PROTOCOLS))
def protocol(request: pytest.FixtureRequest) -> dict[str, str]:
    """Give each way in which a group shares its partitions."""
    return PROTOCOLS[request.param]


async def test_records_come_in_order_with_their_headers(cluster: Cluster) -> None:
    """Offsets ascend, and key, value and headers are what the publisher wrote."""
    topic = new_topic(cluster)
    published(cluster, topic, numbered(1200))
    async with joined(cluster, topic) as member:
        await member.reads(1200)
    assert [record.offset for record in member.records] == list(range(1200))
    assert member.values() == numbered(1200)
    first = member.records[0]
    assert first.key == b"k"
    assert first.headers == (("n", b"0"), ("empty", None), ("n", b"again"))
    assert first.epoch == member.epochs[0]
    assert first.timestamp_ms > 0
    assert first.size_bytes == len(b"k" + b"0" + b"n" + b"0" + b"empty" + b"nagain")


@pytest.mark.peer("Aiven HTTP #265")
async def test_no_more_comes_than_was_granted(cluster: Cluster) -> None:
    """Room is exact: what is granted comes, and nothing beside it."""
    topic = new_topic(cluster, 4)
    for partition in range(4):
        published(cluster, topic, numbered(200), partition)
    async with joined(cluster, topic, room=0) as member:
        await member.gets(4)
        read = 0
        for room in (1, 10, 301):
            member.source.grant(room)
            read += room
            await member.reads(read)
            # Long enough to be paused for want of room, and to poll meanwhile.
            beat = member.source.heartbeat()
            await until(lambda beat=beat: member.source.heartbeat() > beat + 0.7)  # type: ignore[misc] # mypy cannot infer a lambda with a default
            assert len(member.records) == read
        member.source.grant(1000)
        await member.reads(800)
    for partition in range(4):
        assert member.values(partition) == numbered(200)


async def test_a_grant_counts_what_is_on_its_way(cluster: Cluster) -> None:
    """Granting the same room again and again never lets more through than that."""
    topic = new_topic(cluster)
    published(cluster, topic, numbered(500))
    async with joined(cluster, topic, room=0) as member:
        await member.gets(1)
        while len(member.records) < 100:
            member.source.grant(100 - len(member.records))
            await asyncio.sleep(0)
        beat = member.source.heartbeat()
        await until(lambda: member.source.heartbeat() > beat + 0.7)
        assert len(member.records) == 100


async def test_a_paused_partition_gives_nothing(cluster: Cluster) -> None:
    """The others go on; when it is resumed, nothing is missing and nothing twice."""
    topic = new_topic(cluster, 2)
    async with joined(cluster, topic) as member:
        await member.gets(2)
        member.source.pause(frozenset({TopicPartition(topic, 0)}))
        await member.turns()
        published(cluster, topic, numbered(10), 0)
        published(cluster, topic, numbered(10), 1)
        await member.reads(10)
        published(cluster, topic, numbered(10, 10), 1)
        await member.reads(20)
        assert member.values(0) == []
        member.source.pause(frozenset())
        await member.reads(30)
    assert member.values(0) == numbered(10)
    assert member.values(1) == numbered(20)


async def test_a_pause_holds_before_the_first_fetch(cluster: Cluster) -> None:
    """A partition that is to be paused gives no record when it is assigned."""
    topic = new_topic(cluster, 2)
    published(cluster, topic, numbered(50), 0)
    published(cluster, topic, numbered(50), 1)
    async with joined(cluster, topic, room=0) as member:
        member.source.pause(frozenset({TopicPartition(topic, 0)}))
        member.source.grant(ROOM)
        await member.reads(50)
        assert member.values(0) == []
        member.source.pause(frozenset())
        await member.reads(100)
    assert member.values(0) == numbered(50)


async def test_a_commit_is_acknowledged_and_read_again(cluster: Cluster) -> None:
    """Offset and metadata of an acknowledged commit are where the next member begins."""
    topic = new_topic(cluster, 2)
    published(cluster, topic, numbered(10))
    first, second = TopicPartition(topic, 0), TopicPartition(topic, 1)
    async with joined(cluster, topic) as member:
        await member.gets(2)
        before = time.monotonic()
        assert await member.committed(member.commit_of(first, 4, "M1abc")) == {}
        assert before <= member.results[0][2] <= time.monotonic()
    async with joined(cluster, topic) as member:
        await member.gets(2)
        await member.reads(6)
        assert member.assigned[first].offset == 4
        assert member.assigned[first].metadata == "M1abc"
        assert member.assigned[second].offset == 0
        assert not member.assigned[second].metadata
    assert member.values(0) == numbered(6, 4)


async def test_one_commit_at_a_time(cluster: Cluster) -> None:
    """While one is outstanding, another is refused."""
    topic = new_topic(cluster)
    async with joined(cluster, topic) as member:
        await member.gets(1)
        commits = member.commit_of(TopicPartition(topic, 0), 0)
        assert member.source.commit(commits)
        assert not member.source.commit(commits)
        await until(lambda: len(member.results) == 1)
        assert member.source.commit(commits)
        await until(lambda: len(member.results) == 2)


async def test_nothing_of_a_gone_epoch_is_committed(cluster: Cluster) -> None:
    """It is answered as failed, and the group's offset stays."""
    topic = new_topic(cluster)
    partition = TopicPartition(topic, 0)
    async with joined(cluster, topic) as member:
        await member.gets(1)
        old = {partition: Commit(offset=7, metadata="", epoch=0)}
        assert await member.committed(old) == {partition: 22}
    async with joined(cluster, topic) as member:
        await member.gets(1)
        assert member.assigned[partition].offset == 0


async def test_latest_begins_at_the_end(cluster: Cluster) -> None:
    """With `auto.offset.reset: latest` only what comes later is read, from a number."""
    topic = new_topic(cluster)
    published(cluster, topic, numbered(5))
    async with joined(cluster, topic, {"auto.offset.reset": "latest"}) as member:
        await member.gets(1)
        assert member.assigned[TopicPartition(topic, 0)].offset == 5
        published(cluster, topic, numbered(1, 5))
        await member.reads(1)
    assert member.values() == [b"5"]


async def test_leaving_commits_what_the_pipeline_names(
    cluster: Cluster, protocol: dict[str, str]
) -> None:
    """`aclose` asks for all positions, commits them, and the next member goes on there."""
    topic = new_topic(cluster, 2)
    published(cluster, topic, numbered(20), 1)
    partition = TopicPartition(topic, 1)
    async with joined(cluster, topic, protocol) as member:
        await member.reads(20)
        member.positions = member.commit_of(partition, 13, "m")
    assert member.asked == [frozenset({TopicPartition(topic, 0), partition})]
    assert member.revoked == [(member.asked[0], False)]
    async with joined(cluster, topic, protocol) as member:
        await member.reads(7)
        assert member.assigned[partition].offset == 13
        assert member.assigned[partition].metadata == "m"


# The mock cluster's classic groups refuse commits while they rebalance.
TAKE_OVERS = [
    *(pytest.param("simulated", name) for name in sorted(PROTOCOLS)),
    pytest.param("mock", "consumer"),
    *(
        pytest.param("kafka", name, marks=pytest.mark.kafka)
        for name in sorted(PROTOCOLS)
    ),
]


@pytest.mark.peer("librdkafka #4059", "confluent-kafka-python #2322")
@pytest.mark.parametrize(
    ("cluster", "protocol"), TAKE_OVERS, indirect=["cluster", "protocol"]
)
async def test_a_second_member_takes_over_where_the_first_stopped(
    cluster: Cluster, protocol: dict[str, str]
) -> None:
    """What the pipeline names at a revocation is committed before the other begins."""
    topic = new_topic(cluster, 4)
    for number in range(4):
        published(cluster, topic, numbered(10), number)
    async with joined(cluster, topic, protocol) as first:
        await first.reads(40)
        for number in range(4):
            partition = TopicPartition(topic, number)
            first.positions.update(first.commit_of(partition, 6 + number, f"m{number}"))
        async with joined(cluster, topic, protocol) as second:
            await until(lambda: shared(first, second, 4), "two for each")
            given = dict(second.assigned)
            for partition, assigned in given.items():
                assert assigned.offset == 6 + partition.partition
                assert assigned.metadata == f"m{partition.partition}"
            want = sum(4 - partition.partition for partition in given)
            await second.reads(want)
            for number in range(4):
                published(cluster, topic, [b"new"], number)
            await until(lambda: second.values().count(b"new") == 2, "new records")
        await first.gets(4)
    assert all(not lost for _, lost in first.revoked)
    assert first.epochs == sorted(set(first.epochs))


@pytest.mark.parametrize(
    ("cluster", "protocol"), TAKE_OVERS, indirect=["cluster", "protocol"]
)
async def test_a_partition_that_went_while_it_was_paused_is_read_when_it_returns(
    cluster: Cluster, protocol: dict[str, str]
) -> None:
    """Bug: librdkafka kept the pause of the old assignment, and nobody ended it."""
    topic = new_topic(cluster, 2)
    both = frozenset(TopicPartition(topic, number) for number in range(2))
    async with joined(cluster, topic, protocol) as first:
        await first.gets(2)
        first.source.pause(both)
        await first.turns()
        async with joined(cluster, topic, protocol) as second:
            await until(lambda: shared(first, second, 2), "one for each")
            first.source.pause(frozenset())
            await first.turns()
        await first.gets(2)
        for number in range(2):
            published(cluster, topic, numbered(5), number)
        await first.reads(10)
    assert first.values(0) == first.values(1) == numbered(5)


@pytest.mark.peer("Parallel Consumer fork #481")
async def test_a_pipeline_that_does_not_answer_delays_only_so_long(
    cluster: Cluster,
) -> None:
    """Without positions nothing is committed, and the group goes on after the bound."""
    topic = new_topic(cluster)
    async with joined(cluster, topic) as member:
        await member.gets(1)
        member.is_silent = True
    assert member.results == []
    assert len(member.revoked) == 1


async def test_a_subscription_may_change(cluster: Cluster) -> None:
    """A topic that is added is read from then on; one that is dropped is given back."""
    old, new = new_topic(cluster), new_topic(cluster)
    published(cluster, new, numbered(3))
    async with joined(cluster, old) as member:
        await member.gets(1)
        member.source.subscribe(Subscription(topics=(new,)))
        await member.reads(3)
        await until(lambda: set(member.assigned) == {TopicPartition(new, 0)})
    assert (frozenset({TopicPartition(old, 0)}), False) in member.revoked


@pytest.mark.kafka
@pytest.mark.parametrize("seconds", [6.0, 9.0])
async def test_the_groups_session_timeout_is_read(
    kafka_broker: Cluster, seconds: float
) -> None:
    """Under `group.protocol: consumer` it is the group's setting, or the broker's."""
    group = f"g-{seconds}"
    if seconds != 6.0:
        kafka_broker.set_group(group, "consumer.session.timeout.ms", "9000")
    kafka = {
        "bootstrap.servers": kafka_broker.bootstrap,
        "group.id": group,
        "group.protocol": "consumer",
    }
    found = await asyncio.to_thread(session_timeout_seconds, kafka)
    assert found == seconds


def shared(first: Member, second: Member, count: int) -> bool:
    """Whether two members own `count` partitions, half of them each."""
    return (
        len(first.assigned) == len(second.assigned) == count // 2
        and len({*first.assigned, *second.assigned}) == count
    )
