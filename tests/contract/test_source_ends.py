"""How a member ends, and who may call its client."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer

from consumer.source import startup
from consumer.source.source import Source
from consumer.source.values import SourceFaultKind, Subscription
from tests.broker.kafka import Cluster, KafkaBroker
from tests.broker.lossy import OFFSET_FETCH, lossy
from tests.broker.mock import MockCluster
from tests.contract.members import (
    Member,
    commit_of_all,
    joined,
    new_topic,
    numbered,
    options,
    published,
    until,
)

pytestmark = pytest.mark.timeout(60)

COOPERATIVE = {"partition.assignment.strategy": "cooperative-sticky"}
NEW = {"group.protocol": "consumer"}
PROTOCOLS = {"cooperative": COOPERATIVE, "consumer": NEW}


@pytest.mark.peer("Parallel Consumer fork #80")
async def test_a_member_without_room_answers_its_group(
    mock_cluster: MockCluster,
) -> None:
    """One that drained did not poll: it kept its partitions from everybody else."""
    topic = new_topic(mock_cluster, 4)
    for partition in range(4):
        published(mock_cluster, topic, numbered(5), partition)
    async with joined(mock_cluster, topic, NEW, room=0) as first:
        await first.gets(4)
        async with joined(mock_cluster, topic, NEW) as second:
            await second.gets(2)
            await second.reads(10)
        assert first.records == []


@pytest.mark.peer("Parallel Consumer fork #477")
async def test_a_thread_that_died_has_left_its_group(
    mock_cluster: MockCluster,
) -> None:
    """A dead member kept its partitions until the broker gave it up, minutes later."""
    topic = new_topic(mock_cluster, 2)
    patient = {**NEW, "max.poll.interval.ms": "600000"}
    dies = Member()
    source = Source(
        options(mock_cluster, topic, patient), asyncio.get_running_loop(), dies
    )
    dies.source = source
    await source.start(Subscription(topics=(topic,)))
    await dies.gets(2)
    source._reader.command(lambda: dict[str, None]().__getitem__(""))
    await dies.sees(SourceFaultKind.FATAL)
    async with joined(mock_cluster, topic, NEW) as heir:
        await heir.gets(2)
    with pytest.raises(KeyError):
        await source.aclose(1)


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
        await member.gets(2)
        await until(called("memberid"), "the group to be asked")
        # News: what is acknowledged is not sent again.
        member.positions = commit_of_all(member, 1)
    by_thread: dict[str, set[str]] = {}
    for name, thread in Watched.calls:
        by_thread.setdefault(thread, set()).add(name)
    assert set(by_thread) == {"kafka-source", "kafka-aside"}
    in_close = {"incremental_unassign", "resume"}  # in its callback, before it returns
    assert by_thread["kafka-aside"] - in_close == {"commit", "close"}
    assert by_thread["kafka-source"] >= {"poll", "consume", "pause", "memberid"}


def called(name: str) -> Callable[[], bool]:
    """Return whether a method was called, as a question."""
    return lambda: any(method == name for method, _ in tuple(Watched.calls))
