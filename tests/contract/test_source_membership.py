"""What a member and its group know of each other: static members, lost answers."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from consumer.source.values import SourceFaultKind
from tests.broker.kafka import Cluster, KafkaBroker
from tests.broker.lossy import CONSUMER_GROUP_HEARTBEAT, LossyProxy, lossy
from tests.contract.members import joined, new_topic, numbered, published, until
from tests.processes import Process
from tests.processes import until as until_so

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(60)]

NEW = {"group.protocol": "consumer"}
PROTOCOLS = {"classic": {"partition.assignment.strategy": "cooperative-sticky"}}
PROTOCOLS["consumer"] = NEW
# Asks all the time, and says when it got an answer that is none of an error.
ASKING = """\
import sys, time
from consumer.source import audit
audit.PATIENCE_SECONDS = 0.5
kafka = {"bootstrap.servers": sys.argv[1], "reconnect.backoff.max.ms": 500}
asking = audit.Audit({**kafka, "group.id": "asked"}, 0.2)
while True:
    open_one = asking._asked
    asking.check(lambda: None, frozenset, time.monotonic())
    if open_one is not None and open_one.done() and open_one.exception() is None:
        print("answered", flush=True)
    time.sleep(0.01)
"""


async def loses_two(proxy: LossyProxy) -> None:
    """Lose two answers in a row: librdkafka repeats what timed out once."""
    lost = proxy.lost
    proxy.loses = CONSUMER_GROUP_HEARTBEAT
    await until(lambda: proxy.lost >= lost + 2, "lost answers")
    proxy.loses = None


async def test_a_member_that_missed_what_was_taken_finds_out(
    own_broker: KafkaBroker,
) -> None:
    """It holds what the group has promised to another: it joins anew, and all is read."""
    topic = new_topic(own_broker, 4)
    async with lossy(own_broker) as proxy:
        through = {**NEW, "bootstrap.servers": proxy.bootstrap}
        async with joined(own_broker, topic, through) as first:
            await first.gets(4)
            async with joined(own_broker, topic, NEW) as second:
                await loses_two(proxy)
                await second.gets(2)
                await first.gets(2)
                await first.sees(SourceFaultKind.ASTRAY)
                for partition in range(4):
                    published(own_broker, topic, numbered(5), partition)
                await until(lambda: len(first.records) + len(second.records) >= 20)
                assert not set(first.assigned) & set(second.assigned)


async def test_a_member_that_missed_what_was_given_finds_out(
    own_broker: KafkaBroker,
) -> None:
    """The group has gone on to an epoch that it never heard of, and fences it."""
    topic = new_topic(own_broker, 4)
    async with lossy(own_broker) as proxy:
        through = {**NEW, "bootstrap.servers": proxy.bootstrap}
        async with joined(own_broker, topic, through) as first:
            async with joined(own_broker, topic, NEW) as second:
                await first.gets(2)
                await second.gets(2)
                proxy.loses = CONSUMER_GROUP_HEARTBEAT
            await loses_two(proxy)
            await first.gets(4)
            for partition in range(4):
                published(own_broker, topic, numbered(5), partition)
            await first.reads(20)


async def test_a_member_that_missed_nothing_is_left_alone(
    own_broker: KafkaBroker,
) -> None:
    """A rebalance that goes well makes nobody join anew, however often it is asked."""
    topic = new_topic(own_broker, 4)
    async with joined(own_broker, topic, NEW) as first:
        await first.gets(4)
        async with joined(own_broker, topic, NEW) as second:
            await second.gets(2)
            await first.gets(2)
            beat = first.source.heartbeat()
            await until(lambda: first.source.heartbeat() > beat + 5)  # over the grace
            assert (len(first.epochs), len(second.epochs)) == (4, 2)
            assert first.faults == second.faults == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_static_member_gets_its_partitions_back(
    kafka_broker: Cluster, protocol: str
) -> None:
    """One that comes back under its `group.instance.id` disturbs nobody."""
    topic = new_topic(kafka_broker, 4)

    def named(name: str) -> dict[str, str]:
        return {**PROTOCOLS[protocol], "group.instance.id": name}

    async with joined(kafka_broker, topic, named("one")) as stays:
        async with joined(kafka_broker, topic, named("two")) as leaves:
            await leaves.gets(2)
            await stays.gets(2)
            before, epochs = set(leaves.assigned), list(stays.epochs)
        async with joined(kafka_broker, topic, named("two")) as returns:
            await returns.gets(2)
            assert set(returns.assigned) == before
            assert stays.epochs == epochs
            for partition in range(4):
                published(kafka_broker, topic, numbered(5), partition)
            await returns.reads(10)
            await stays.reads(10)


def test_a_member_outlives_its_coordinator(
    own_broker: KafkaBroker, tmp_path: Path
) -> None:
    """Bug: a question open while the broker was away aborted the process at its return."""
    command = [sys.executable, "-c", ASKING, own_broker.bootstrap]
    with Process("asking", command, tmp_path) as process:

        def answers() -> int:
            return len(process.out.read_text().splitlines())

        until_so(lambda: answers() > 2, "it gets answers")
        own_broker.kill()
        try:
            time.sleep(2.0)  # the fault itself: several questions are given up
        finally:
            own_broker.start()
        before = answers()
        until_so(
            lambda: answers() > before + 2 or not process.is_alive, "answers again"
        )
        assert process.is_alive, process.text()
