"""What a cluster says, asked without joining a group; the small one of librdkafka."""

from __future__ import annotations

import pytest

from consumer.errors import ConfigurationError, DependencyError
from consumer.model import TopicPartition
from consumer.source.admin import END, Admin, Bounds, Stored
from tests.broker.mock import MockCluster
from tests.broker.process import free_ports
from tests.unit.cli.events import produce

TOPIC = "t"
FIRST, SECOND = TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1)
UNKNOWN = TopicPartition(TOPIC, 7)


@pytest.fixture
def admin(mock_cluster: MockCluster) -> Admin:
    """Give a client of a cluster with one topic."""
    mock_cluster.create_topic(TOPIC, partitions=2)
    return Admin({"bootstrap.servers": mock_cluster.bootstrap})


def test_topics_and_what_their_logs_hold(
    admin: Admin, mock_cluster: MockCluster
) -> None:
    """Counts and ends of what is there; of what is not, that it is not."""
    produce(mock_cluster, TOPIC, (b"a", b"1", ()), (b"b", b"2", ()))
    assert (admin.topics(), admin.brokers()) == ({TOPIC: 2}, 1)
    found = admin.bounds([FIRST, SECOND, UNKNOWN])
    assert found == {
        FIRST: Bounds(0, 2, 2),
        SECOND: Bounds(0, 0, 0),
        UNKNOWN: "Local: Unknown partition",
    }
    assert admin.at_time([SECOND], 5) == {SECOND: END}
    assert (admin.bounds([]), admin.at_time([], 5)) == ({}, {})


def test_a_commit_is_read_as_it_was_made(admin: Admin) -> None:
    """Offset and metadata; a partition without one is left out."""
    assert admin.commit("g", {FIRST: Stored(3, "M1"), SECOND: Stored(4, "")}) == {}
    assert admin.committed("g", [FIRST, SECOND]) == {FIRST: (3, "M1"), SECOND: (4, "")}
    assert admin.committed("other", [FIRST]) == {}
    assert admin.committed("g", []) == {}


def test_a_partition_whose_commit_cannot_be_read(admin: Admin) -> None:
    """An error is not taken for the lack of a commit."""
    with pytest.raises(DependencyError, match="Unknown topic or partition"):
        admin.committed("g", [FIRST, UNKNOWN])


def test_a_coordinator_that_moves_is_asked_again(
    admin: Admin, mock_cluster: MockCluster
) -> None:
    """A moment after an election it has no answer yet; another error is told."""
    moving = [14, 15, 16]  # LOAD_IN_PROGRESS, NOT_AVAILABLE, NOT_COORDINATOR
    mock_cluster.fail_offset_fetches(*moving)
    assert admin.committed("g", [FIRST]) == {}
    mock_cluster.fail_commits(*moving)
    assert admin.commit("g", {FIRST: Stored(3, "")}) == {}
    mock_cluster.fail_offset_fetches(30)
    with pytest.raises(
        DependencyError, match=r"Group authorization failed\. Grant the "
    ):
        admin.committed("g", [FIRST])


def test_what_a_broker_does_not_know_is_not_guessed(
    mock_cluster: MockCluster,
) -> None:
    """It has no group to describe, no settings, and judges no topic."""
    mock_cluster.create_topic(TOPIC)
    admin = Admin({"bootstrap.servers": mock_cluster.bootstrap}, 0.2)
    assert admin.group("g") is None
    assert admin.described([TOPIC]) == {TOPIC: (None, None)}
    assert admin.described([]) == {}
    assert "Timed out" in str(admin.refusal_of("new", 1))


def test_nobody_listens() -> None:
    """The cause and the mend are said."""
    (port,) = free_ports(1)
    admin = Admin({"bootstrap.servers": f"127.0.0.1:{port}"}, 0.5)
    for ask in (admin.topics, admin.brokers, lambda: admin.committed("g", [FIRST])):
        with pytest.raises(DependencyError) as raised:
            ask()
        said = str(raised.value)
        assert said.startswith(f"the cluster at 127.0.0.1:{port}: ")
        assert "nobody listens there" in said
        assert said.endswith("set kafka.bootstrap.servers to its port.")


def test_a_property_that_librdkafka_refuses() -> None:
    """It is a fault of the configuration."""
    with pytest.raises(ConfigurationError, match="No such configuration property"):
        Admin({"no.such.thing": "x"})
