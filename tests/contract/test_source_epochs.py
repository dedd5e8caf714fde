"""Assignments that end in every way there is, and what is committed then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer

from consumer.model import Commit, TopicPartition
from consumer.source import startup
from consumer.source.values import SourceFaultKind
from tests.broker.kafka import Cluster, KafkaBroker
from tests.broker.lossy import OFFSET_COMMIT, OFFSET_FETCH, lossy
from tests.broker.mock import MockCluster
from tests.contract.members import (
    Member,
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


def commit_of_all(member: Member, offset: int) -> dict[TopicPartition, Commit]:
    """Return a commit of every partition, of its present epoch."""
    return {
        each: Commit(offset=offset, metadata="", epoch=assigned.epoch)
        for each, assigned in member.assigned.items()
    }


# ------------------------------------------------------------- the last commit


async def test_a_last_commit_whose_map_is_refused_is_made_without_it(
    mock_cluster: MockCluster,
) -> None:
    """Bug: error 12 at a revocation lost the whole commit, and all of it repeated."""
    topic = new_topic(mock_cluster)
    partition = TopicPartition(topic, 0)
    async with joined(mock_cluster, topic) as member:
        await member.gets(1)
        member.positions = member.commit_of(partition, 13, "M1map")
        mock_cluster.fail_commits(12)
    commits, failed, _ = member.results[-1]
    assert (commits[partition].offset, commits[partition].metadata) == (13, "")
    assert failed == {}
    async with joined(mock_cluster, topic) as member:
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


# ------------------------------------------------------------------- lost


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


# ------------------------------------------------------- away and back again


@pytest.mark.kafka
async def test_partitions_that_leave_and_come_back_at_once(
    kafka_broker: Cluster, protocol: dict[str, str]
) -> None:
    """Each return is an epoch of its own; nothing of the one before is committed."""
    topic = new_topic(kafka_broker, 4)
    async with joined(kafka_broker, topic, protocol) as stays:
        await stays.gets(4)
        for _ in range(2):
            before = commit_of_all(stays, 0)
            async with joined(kafka_broker, topic, protocol) as visits:
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
            published(kafka_broker, topic, numbered(5), partition)
        await stays.reads(20)
        assert await stays.committed(commit_of_all(stays, 5)) == {}
    assert stays.epochs == sorted(set(stays.epochs))
    assert all(stays.values(number) == numbered(5) for number in range(4))


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


# ---------------------------------------------------------------- the end


@pytest.mark.kafka
async def test_a_stop_in_the_middle_of_an_assignment_is_bounded(
    own_broker: KafkaBroker,
) -> None:
    """Bug: with a coordinator that gave no offsets a stop waited for 15 s and more."""
    topic = new_topic(own_broker, 2)
    async with lossy(own_broker) as proxy:
        through = {**NEW, "bootstrap.servers": proxy.bootstrap}
        proxy.loses = OFFSET_FETCH
        async with joined(own_broker, topic, through) as member:
            await until(lambda: proxy.lost >= 1, "a lost answer")
            began = time.monotonic()
            await member.source.aclose(1)
            assert time.monotonic() - began < 4  # one request alone waits for 5 s
            await member.source.aclose(1)  # and again, at once
        assert member.assigned == {}


@pytest.mark.kafka
@pytest.mark.parametrize("name", ["cooperative", "consumer"])
async def test_two_members_with_one_name_are_a_fault_of_the_deployment(
    kafka_broker: Cluster, name: str
) -> None:
    """A static member's name belongs to one: the other is told so, and ends."""
    topic = new_topic(kafka_broker, 2)
    named = {**PROTOCOLS[name], "group.instance.id": "the-one"}
    async with joined(kafka_broker, topic, named) as first:
        await first.gets(2)
        async with joined(kafka_broker, topic, named) as second:
            both = (first, second)
            await until(lambda: any(is_fatal(member) for member in both), "a fault")
            ends = next(member for member in both if is_fatal(member))
            stays = first if ends is second else second
            await stays.gets(2)
            published(kafka_broker, topic, numbered(5))
            await stays.reads(5)
            assert not is_fatal(stays)
            assert ends.records == []


def is_fatal(member: Member) -> bool:
    """Whether a member was told that it cannot go on."""
    return any(fault.kind is SourceFaultKind.FATAL for fault in member.faults)


# ------------------------------------------------------------- the one thread


class Watched(Consumer):
    """A consumer that notes which thread calls what."""

    calls: set[tuple[str, str]]

    def __getattribute__(self, name: str) -> object:
        """Return a method that notes its caller."""
        found = super().__getattribute__(name)
        if not callable(found) or name.startswith("__"):
            return found

        def noted(*arguments: object, **named: object) -> object:
            Watched.calls.add((name, threading.current_thread().name))
            return found(*arguments, **named)

        return noted


@pytest.mark.kafka
async def test_one_thread_alone_calls_the_client(
    kafka_broker: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug of confluent-kafka 2.16: `memberid` beside a poll may wait for ever.

    Only what is given up after its time is called beside: the last commit, the close.
    """
    Watched.calls = set()
    monkeypatch.setattr(startup, "Consumer", Watched)
    topic = new_topic(kafka_broker, 2)
    async with joined(kafka_broker, topic, NEW) as member:
        await member.gets(2)
        published(kafka_broker, topic, numbered(5))
        await member.reads(5)
        member.source.pause(frozenset(member.assigned))
        assert await member.committed(commit_of_all(member, 0)) == {}
        async with joined(kafka_broker, topic, NEW) as other:
            await other.gets(1)
        await until(called("memberid"), "the group to be asked")
        member.positions = commit_of_all(member, 0)
    by_thread: dict[str, set[str]] = {}
    for name, thread in Watched.calls:
        by_thread.setdefault(thread, set()).add(name)
    assert set(by_thread) == {"kafka-source", "kafka-aside"}
    in_close = {"incremental_unassign"}  # which calls back before it returns
    assert by_thread["kafka-aside"] - in_close == {"commit", "close"}
    assert by_thread["kafka-source"] >= {"poll", "consume", "pause", "memberid"}


def called(name: str) -> Callable[[], bool]:
    """Return whether a method was called, as a question."""
    return lambda: any(method == name for method, _ in tuple(Watched.calls))
