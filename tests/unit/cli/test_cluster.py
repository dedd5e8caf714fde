"""Records of a cluster, for commands."""

import pytest
from confluent_kafka import Producer

from consumer.cli import cluster
from consumer.cli.cluster import Cluster
from consumer.errors import ConfigurationError, DependencyError, UsageError
from tests.broker.mock import MockCluster
from tests.broker.process import free_ports
from tests.unit.cli.events import produce

TOPIC = "t"


def reader(mock_cluster: MockCluster, **more: str) -> Cluster:
    """Return a client of the cluster."""
    properties = {"bootstrap.servers": mock_cluster.bootstrap, "group.id": "g"}
    return Cluster({**properties, **more})


def test_the_newest_of_all_partitions(mock_cluster: MockCluster) -> None:
    """The newest records by time, whichever partition they are in, the oldest first."""
    mock_cluster.create_topic(TOPIC, partitions=3)
    producer = Producer({"bootstrap.servers": mock_cluster.bootstrap})
    for moment in range(30):
        producer.produce(
            TOPIC, str(moment), partition=moment % 2, timestamp=1_000 + moment
        )
    assert producer.flush(10) == 0
    with reader(mock_cluster) as client:
        found = client.last(TOPIC, 7)
        every = client.last(TOPIC, 1000)
    assert [one.value for one in found] == [b"%d" % n for n in range(23, 30)]
    assert [one.timestamp_ms for one in found] == list(range(1023, 1030))
    assert len(every) == 30


def test_all_records_and_some(mock_cluster: MockCluster) -> None:
    """A whole topic, or ranges of its partitions as far as they are there."""
    mock_cluster.create_topic(TOPIC, partitions=3)
    mock_cluster.create_topic("empty")
    producer = Producer({"bootstrap.servers": mock_cluster.bootstrap})
    for number in range(600):
        producer.produce(TOPIC, str(number), partition=number % 2)
    assert producer.flush(10) == 0
    with reader(mock_cluster) as client:
        assert client.topics() >= {TOPIC, "empty"}
        assert list(client.every("empty")) == []
        found = {(one.source.partition, one.offset) for one in client.every(TOPIC)}
        assert found == {(number % 2, number // 2) for number in range(600)}
        some = client.between(TOPIC, {0: (5, 6), 1: (298, 900), 2: (0, 3)})
        places = sorted((one.source.partition, one.offset) for one in some)
        assert places == [(0, 5), (0, 6), (1, 298), (1, 299)]
        with pytest.raises(UsageError, match="the cluster has no topic none"):
            list(client.every("none"))


def test_one_record(mock_cluster: MockCluster) -> None:
    """A record as it is, by its place; static membership plays no part."""
    mock_cluster.create_topic(TOPIC)
    produce(mock_cluster, TOPIC, (b"a", b"1", ()), (b"b", b"2", [("h", b"x")]))
    with reader(mock_cluster, **{"group.instance.id": "me"}) as client:
        found = client.one(TOPIC, 0, 1)
    assert (found.offset, found.key, found.value) == (1, b"b", b"2")
    assert (found.headers, found.source) == ((("h", b"x"),), (TOPIC, 0))


def test_a_topic_that_is_not_there(mock_cluster: MockCluster) -> None:
    """It is not created by asking for it."""
    with reader(mock_cluster) as client:
        with pytest.raises(UsageError, match="the cluster has no topic t"):
            client.last(TOPIC, 1)
        with pytest.raises(UsageError, match="the cluster has no topic t"):
            client.one(TOPIC, 0, 0)


def test_a_cluster_that_does_not_answer(
    mock_cluster: MockCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster that is away is a dependency that is missing."""
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 0.3)
    mock_cluster.set_down(is_down=True)
    with (
        reader(mock_cluster) as client,
        pytest.raises(DependencyError, match=r"the cluster at 127\.0\.0\.1:"),
    ):
        client.one(TOPIC, 0, 0)


def test_a_port_where_nobody_listens(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The cause and the mend are said once, and librdkafka writes nothing beside."""
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 1.0)
    (port,) = free_ports(1)
    properties = {"bootstrap.servers": f"127.0.0.1:{port}", "group.id": "g"}
    with Cluster(properties) as client, pytest.raises(DependencyError) as raised:
        client.last(TOPIC, 1)
    said = str(raised.value)
    assert f"the cluster at 127.0.0.1:{port}" in said
    assert "nobody listens there" in said
    assert "Start the broker, or set kafka.bootstrap.servers" in said
    assert capfd.readouterr() == ("", "")


def test_a_cluster_that_falls_silent(
    mock_cluster: MockCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster that names records and does not give them is given up."""
    mock_cluster.create_topic(TOPIC)
    produce(mock_cluster, TOPIC, (b"a", b"1", ()))
    with reader(mock_cluster) as client:
        assert client.last(TOPIC, 1)[0].value == b"1"
        monkeypatch.setattr(cluster, "ANSWER_SECONDS", 0.3)
        mock_cluster.set_down(is_down=True)
        with pytest.raises(DependencyError, match=r"t: no records in 0\.3 s"):
            list(client._read({0: (0, 1)}, TOPIC))


def test_a_property_that_librdkafka_refuses(mock_cluster: MockCluster) -> None:
    """It is a fault of the configuration."""
    with pytest.raises(ConfigurationError, match="No such configuration property"):
        reader(mock_cluster, **{"no.such.thing": "x"})


def test_an_offset_without_a_record(
    mock_cluster: MockCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compacted topic has gaps: the next record is named, and not taken for it."""
    mock_cluster.create_topic(TOPIC)
    produce(mock_cluster, TOPIC, (b"a", b"1", ()), (b"b", b"2", ()))
    with reader(mock_cluster) as client:
        second = client.one(TOPIC, 0, 1)
        monkeypatch.setattr(client, "_read", lambda *_: iter([second]))
        with pytest.raises(UsageError, match="no record at 0; the next is at 1"):
            client.one(TOPIC, 0, 0)
        monkeypatch.setattr(client, "_read", lambda *_: iter([]))
        with pytest.raises(UsageError, match=r"has no record at 0$"):
            client.one(TOPIC, 0, 0)


def test_a_partition_that_ends_early(mock_cluster: MockCluster) -> None:
    """Where fewer records are left than the offsets promise, the end is the end."""
    mock_cluster.create_topic(TOPIC)
    produce(mock_cluster, TOPIC, (b"a", b"1", ()))
    with reader(mock_cluster) as client:
        found = list(client._read({0: (0, 5)}, TOPIC))
    assert [one.value for one in found] == [b"1"]
