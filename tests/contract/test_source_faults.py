"""What the source does when the outside fails."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeAlias, cast

import pytest
import trustme
from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka import TopicPartition as Place
from confluent_kafka.admin import AdminClient

from consumer.errors import ConfigurationError, DependencyError
from consumer.model import TopicPartition
from consumer.source.source import Source
from consumer.source.startup import UnknownTopicError
from consumer.source.values import (
    OutOfRange,
    Property,
    SourceFaultKind,
    SourceOptions,
    Subscription,
)
from tests.broker.kafka import Cluster, KafkaBroker
from tests.broker.mock import MockCluster
from tests.broker.process import free_ports
from tests.contract.members import Member, joined, new_topic, options, published, until
from tests.contract.simulated import SimulatedCluster

IllCluster: TypeAlias = MockCluster | SimulatedCluster

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(params=["mock", pytest.param("kafka", marks=pytest.mark.kafka)])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Give each kind of cluster in turn."""
    name = "mock_cluster" if request.param == "mock" else "kafka_broker"
    found: Cluster = request.getfixturevalue(name)
    return found


def numbered(count: int) -> list[bytes]:
    """Return `count` different values."""
    return [b"%d" % number for number in range(count)]


async def started(options: SourceOptions, topic: str = "t") -> None:
    """Start a source, and close it whatever happens."""
    source = Source(options, asyncio.get_running_loop(), Member())
    try:
        await source.start(Subscription(topics=(topic,)))
    finally:
        await source.aclose(1)


def to(port: int, **kafka: Property) -> SourceOptions:
    """Return options that lead to a port where no broker is."""
    properties: dict[str, Property] = {
        "bootstrap.servers": f"127.0.0.1:{port}",
        "group.id": "g",
    }
    properties.update({name.replace("_", "."): kafka[name] for name in kafka})
    return SourceOptions(kafka=properties, startup_timeout_seconds=2)


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """Give a port where `answer` is said to whoever speaks first."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1000)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@contextmanager
def speaking_tls(authority: trustme.CA) -> Iterator[int]:
    """Give a port that speaks TLS with a certificate of `authority`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    connection.settimeout(2)
                    with context.wrap_socket(connection, server_side=True) as secure:
                        secure.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


async def test_no_broker_ends_the_start() -> None:
    """After the start's time-out the message names servers, cause and mend."""
    (port,) = free_ports(1)
    with pytest.raises(DependencyError) as failed:
        await started(to(port))
    message = str(failed.value)
    assert f"no Kafka broker at 127.0.0.1:{port} within 2 s" in message
    assert "nobody listens there" in message
    assert "kafka.bootstrap.servers" in message


async def test_tls_to_a_plain_port_is_named(cluster: Cluster) -> None:
    """TLS spoken to a plain listener is told as that."""
    port = int(cluster.bootstrap.rpartition(":")[2])
    with pytest.raises(DependencyError, match=r"TLS .*kafka\.security\.protocol"):
        await started(to(port, security_protocol="ssl"))


async def test_http_is_named() -> None:
    """A port that speaks HTTP is told as that."""
    with (
        answering(b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(100)) as port,
        pytest.raises(DependencyError, match="answers HTTP, not Kafka"),
    ):
        await started(to(port))


async def test_a_port_that_hangs_up_is_named() -> None:
    """A plain connection to a TLS port ends unanswered; the message says what to try."""
    with (
        answering(b"") as port,
        pytest.raises(DependencyError, match="hangs up: it wants TLS"),
    ):
        await started(to(port))


async def test_a_wrong_ca_is_named(tmp_path: Path) -> None:
    """A broker whose certificate another CA signed is told as that."""
    ours = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(ours))
    with (
        speaking_tls(trustme.CA()) as port,
        pytest.raises(DependencyError, match=r"CA that we trust.*ssl\.ca\.location"),
    ):
        await started(to(port, security_protocol="ssl", ssl_ca_location=str(ours)))


async def test_plain_to_a_tls_port_is_named() -> None:
    """A plain connection to a TLS listener is told as that."""
    with (
        speaking_tls(trustme.CA()) as port,
        pytest.raises(DependencyError, match=r"wants TLS.*security\.protocol"),
    ):
        await started(to(port))


async def test_a_name_that_does_not_resolve_is_named() -> None:
    """An unknown host is told as that."""
    properties = {"bootstrap.servers": "no-such-host.invalid:9092", "group.id": "g"}
    with pytest.raises(DependencyError, match="host name is not known"):
        await started(SourceOptions(kafka=properties, startup_timeout_seconds=2))


async def test_an_unknown_topic_ends_the_start(cluster: Cluster) -> None:
    """A topic that does not exist is a configuration fault that names it."""
    topic = new_topic(cluster)
    with pytest.raises(UnknownTopicError, match=f"'{topic}x' does not exist") as failed:
        await started(options(cluster, "g", {}), f"{topic}x")
    assert failed.value.topics == (f"{topic}x",)


async def test_a_wrong_property_is_named() -> None:
    """Librdkafka's refusal is a configuration fault with its own words."""
    with pytest.raises(ConfigurationError, match=r"no\.such\.thing"):
        Source(to(1, no_such_thing=1), asyncio.get_running_loop(), Member())


async def test_closing_while_no_broker_answers() -> None:
    """A start that waits is given up when the source is closed."""
    (port,) = free_ports(1)
    patient = dataclasses.replace(to(port), startup_timeout_seconds=600)
    source = Source(patient, asyncio.get_running_loop(), Member())
    starting = asyncio.create_task(source.start(Subscription(topics=("t",))))
    await asyncio.sleep(0)
    starting.cancel()
    await source.aclose(1)


CLASSIC = {"partition.assignment.strategy": "cooperative-sticky"}


@pytest.mark.peer(
    "Parallel Consumer #637", "Parallel Consumer fork #100", "librdkafka PR 5604"
)
@pytest.mark.parametrize(
    ("kafka", "code"),
    [(CLASSIC, 22), (CLASSIC, 25), (CLASSIC, 27), ({}, 113)],
)
async def test_a_refused_commit_is_told(
    ill_cluster: IllCluster, kafka: dict[str, str], code: int
) -> None:
    """The broker's code reaches the pipeline, and the member finds back by itself."""
    topic = new_topic(ill_cluster)
    partition = TopicPartition(topic, 0)
    async with joined(ill_cluster, topic, kafka) as member:
        await member.gets(1)
        ill_cluster.fail_commits(code)
        failed = await member.committed(member.commit_of(partition, 0))
        assert failed == {partition: code}
        published(ill_cluster, topic, numbered(1))
        await member.reads(1)
        assert await member.committed(member.commit_of(partition, 1)) == {}


async def test_starts_that_cannot_be_read_are_asked_for_again(
    ill_cluster: IllCluster,
) -> None:
    """A coordinator that is ill delays the assignment; nothing is skipped."""
    topic = new_topic(ill_cluster)
    published(ill_cluster, topic, numbered(3))
    ill_cluster.fail_offset_fetches(*[29] * 4)  # TOPIC_AUTHORIZATION_FAILED
    async with joined(ill_cluster, topic) as member:
        await member.sees(SourceFaultKind.OFFSETS_UNREAD)
        await member.reads(3)
        await until(lambda: member.faults[-1].is_over, "the fault's end")
    assert member.values() == numbered(3)


async def test_an_outage_is_a_fault_and_has_an_end(ill_cluster: IllCluster) -> None:
    """Brokers that go away raise nothing: a fault begins, and ends when they are back."""
    topic = new_topic(ill_cluster)
    async with joined(ill_cluster, topic, {"reconnect.backoff.max.ms": 200}) as member:
        await member.gets(1)
        ill_cluster.set_down(is_down=True)
        fault = await member.sees(SourceFaultKind.BROKERS_DOWN)
        assert not fault.is_over
        assert fault.message
        ill_cluster.set_down(is_down=False)
        published(ill_cluster, topic, numbered(5))
        await member.reads(5)
        await until(lambda: member.faults[-1].is_over, "the fault's end")
    assert member.values() == numbered(5)


async def test_a_lost_partition_commits_nothing(ill_cluster: IllCluster) -> None:
    """A member that the group gave up is told `lost`, and its positions are not asked."""
    topic = new_topic(ill_cluster)
    published(ill_cluster, topic, numbered(3))
    partition = TopicPartition(topic, 0)
    async with joined(ill_cluster, topic) as member:
        await member.reads(3)
        member.positions = member.commit_of(partition, 3)
        epoch = member.epochs[-1]
        ill_cluster.fence_members()
        await until(lambda: bool(member.revoked), "the loss")
        assert member.revoked == [(frozenset({partition}), True)]
        assert member.asked == []
        await member.reads(6)  # in its next epoch it begins anew
        assert member.epochs[-1] > epoch
        member.positions = {}


@pytest.mark.parametrize("way", list(OutOfRange))
async def test_an_offset_out_of_range(cluster: Cluster, way: OutOfRange) -> None:
    """Paused: told, and nothing is read. Reset: told, and reading goes on."""
    topic = new_topic(cluster, 2)
    published(cluster, topic, numbered(5), 0)
    published(cluster, topic, numbered(5), 1)
    partition = TopicPartition(topic, 0)
    async with joined(cluster, topic) as member:
        await member.gets(2)
        assert await member.committed(member.commit_of(partition, 500)) == {}
    async with joined(cluster, topic, out_of_range=way) as member:
        fault = await member.sees(SourceFaultKind.OUT_OF_RANGE)
        assert fault.partition == partition
        assert fault.offset == 500
        assert "offset 500 is not in the log (0 to 5)" in fault.message
        await member.reads(5 if way is OutOfRange.PAUSE else 10)
        paused = way is OutOfRange.PAUSE
        assert member.values(0) == ([] if paused else numbered(5))
        assert member.values(1) == numbered(5)
        assert member.assigned[partition].reset_from == (None if paused else 500)
        if not paused:
            # Lower offsets than before come again, so it is a new epoch.
            assert (frozenset({partition}), True) in member.revoked


class Alarm(NamedTuple):
    """What librdkafka gives in place of a record when it misses an offset."""

    name: str
    number: int

    def error(self) -> KafkaError:
        """Return why."""
        return KafkaError(KafkaError._AUTO_OFFSET_RESET, "log truncation detected")

    def topic(self) -> str:
        """Return of which topic."""
        return self.name

    def partition(self) -> int:
        """Return of which partition."""
        return self.number

    def offset(self) -> None:
        """Return no offset: librdkafka names none."""


async def test_a_false_alarm_about_the_log_stops_nothing(cluster: Cluster) -> None:
    """Bug: a partition waited for a person, of whose log nothing was missing."""
    topic = new_topic(cluster, 1)
    published(cluster, topic, numbered(5))
    async with joined(cluster, topic) as member:
        await member.reads(5)
        reader = member.source._reader
        alarm = cast("Message", Alarm(topic, 0))
        reader.command(lambda: reader.faults.message(alarm))
        await member.turns()
        published(cluster, topic, numbered(10)[5:])
        await member.reads(10)
        published(cluster, topic, numbered(15)[10:])
        await member.reads(15)
        assert member.values() == numbered(15)
        assert member.faults == []
        assert len(member.epochs) == 1


@pytest.mark.kafka
async def test_a_log_that_was_truncated_is_told(own_broker: KafkaBroker) -> None:
    """What librdkafka says again, when it has compared anew, is believed."""
    topic = new_topic(own_broker, 1)
    published(own_broker, topic, numbered(3))
    quick: dict[str, Property] = {
        "reconnect.backoff.max.ms": 300,
        "group.protocol": "consumer",
    }
    async with joined(own_broker, topic, quick) as member:
        await member.reads(3)
        own_broker.kill()
        own_broker.start()  # the leader's epoch is another one
        published(own_broker, topic, numbered(6)[3:])
        await member.reads(6)
        reader = member.source._reader
        # As if the old epoch had gone further than the log says.
        here = Place(topic, 0, 6, leader_epoch=0)
        reader.command(lambda: reader.consumer.seek(here))
        fault = await member.sees(SourceFaultKind.OUT_OF_RANGE)
        assert "log truncation detected at offset 6 (leader epoch 0)" in fault.message
        assert "The log is 0 to 6" in fault.message


@pytest.mark.kafka
async def test_expired_records_are_counted(kafka_broker: Cluster) -> None:
    """What retention deleted before it was read is skipped, with the number told."""
    topic = new_topic(kafka_broker)
    published(kafka_broker, topic, numbered(10))
    partition = TopicPartition(topic, 0)
    async with joined(kafka_broker, topic) as member:
        await member.gets(1)
        assert await member.committed(member.commit_of(partition, 2)) == {}
    admin = AdminClient({"bootstrap.servers": kafka_broker.bootstrap})
    for answer in admin.delete_records([Place(topic, 0, 6)]).values():
        answer.result(10)
    async with joined(kafka_broker, topic, out_of_range=OutOfRange.RESET) as member:
        await member.reads(4)
        assert [record.offset for record in member.records] == [6, 7, 8, 9]
        fault = await member.sees(SourceFaultKind.OUT_OF_RANGE)
        assert fault.expired == 4
        await until(lambda: member.faults[-1].is_over, "the fault's end")
        assert member.revoked == []  # the same epoch goes on


@pytest.mark.peer("spring-kafka #4258", "Parallel Consumer #409")
@pytest.mark.kafka
async def test_gaps_in_offsets(kafka_broker: Cluster) -> None:
    """Offsets are not dense: aborted records and transaction markers are not seen."""
    topic = new_topic(kafka_broker)
    producer = Producer({
        "bootstrap.servers": kafka_broker.bootstrap,
        "transactional.id": topic,
    })
    producer.init_transactions(20)
    for value, is_kept in ((b"a", True), (b"lost", False), (b"b", True)):
        producer.begin_transaction()
        producer.produce(topic, value, partition=0)
        if is_kept:
            producer.commit_transaction(10)
        else:
            producer.flush(10)
            producer.abort_transaction(10)
    async with joined(
        kafka_broker, topic, {"isolation.level": "read_committed"}
    ) as member:
        await member.reads(2)
    assert member.values() == [b"a", b"b"]
    assert [record.offset for record in member.records] == [0, 4]


@pytest.mark.kafka
async def test_a_commit_outlives_a_frozen_broker(own_broker: KafkaBroker) -> None:
    """While the broker stands still nothing raises; the answer comes when it goes on."""
    topic = new_topic(own_broker)
    partition = TopicPartition(topic, 0)
    async with joined(own_broker, topic, {"session.timeout.ms": 30_000}) as member:
        await member.gets(1)
        with own_broker.server.frozen():
            assert member.source.commit(member.commit_of(partition, 0))
            beat = member.source.heartbeat()
            await until(lambda: member.source.heartbeat() > beat + 1, "the heart")
            assert member.results == []
        await until(lambda: bool(member.results), "the commit's result")
        assert member.results[0][1] == {}


@pytest.mark.kafka
async def test_closing_is_bounded_while_the_broker_is_frozen(
    own_broker: KafkaBroker,
) -> None:
    """The last commit and the close end by their deadline; the commit counts as failed."""
    topic = new_topic(own_broker)
    partition = TopicPartition(topic, 0)
    async with joined(own_broker, topic) as member:
        await member.gets(1)
        member.positions = member.commit_of(partition, 0)
        with own_broker.server.frozen():
            async with asyncio.timeout(10):
                await member.source.aclose(1)
        assert set(member.results[-1][1]) == {partition}


async def test_a_thread_that_fails_is_told(mock_cluster: MockCluster) -> None:
    """Bug: a consumer's thread that ended by an error of ours was told to nobody."""
    topic = new_topic(mock_cluster)
    member = Member()
    source = Source(options(mock_cluster, "g", {}), asyncio.get_running_loop(), member)
    await source.start(Subscription(topics=(topic,)))
    source._reader.command(lambda: dict[str, None]().__getitem__(""))
    fault = await member.sees(SourceFaultKind.FATAL)
    assert fault.message == "the consumer's thread failed: KeyError"
    with suppress(KeyError):
        await source.aclose(1)
