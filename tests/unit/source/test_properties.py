"""librdkafka properties: ours, the user's, and which client each is for."""

from __future__ import annotations

import pytest

from consumer.errors import ConfigurationError
from consumer.source.properties import (
    client_properties,
    consumer_properties,
    is_incremental,
    masked,
    producer_properties,
    start_policy,
)
from consumer.source.values import Property

BASE: dict[str, Property] = {"bootstrap.servers": "b:1", "group.id": "g"}


@pytest.mark.peer("librdkafka #5140")
def test_the_prefetch_is_bounded_and_nothing_is_committed_by_itself() -> None:
    """Without a word of the user the client prefetches little and commits nothing."""
    assert consumer_properties(BASE) == {
        **BASE,
        "queued.max.messages.kbytes": 4096,
        "queued.min.messages": 1000,
        "fetch.max.bytes": 4 * 1024 * 1024,
        "fetch.queue.backoff.ms": 20,
        "allow.auto.create.topics": "false",
        "enable.auto.commit": "false",
        "enable.auto.offset.store": "false",
        "auto.offset.reset": "error",
        "partition.assignment.strategy": "cooperative-sticky",
    }


def test_the_user_may_choose_the_prefetch_and_the_strategy() -> None:
    """A default gives way to what the configuration says."""
    found = consumer_properties({
        **BASE,
        "fetch.max.bytes": 7,
        "partition.assignment.strategy": "range",
    })
    assert found["fetch.max.bytes"] == 7
    assert found["partition.assignment.strategy"] == "range"


def test_the_consumer_protocol_gets_no_classic_strategy() -> None:
    """Librdkafka refuses partition.assignment.strategy with group.protocol=consumer."""
    found = consumer_properties({**BASE, "group.protocol": "consumer"})
    assert "partition.assignment.strategy" not in found


@pytest.mark.parametrize("name", ["enable.auto.commit", "enable.auto.offset.store"])
def test_committing_by_itself_is_refused(name: str) -> None:
    """A property that would commit what is not settled is a fault that names it."""
    with pytest.raises(ConfigurationError, match=name):
        consumer_properties({**BASE, name: True})
    assert consumer_properties({**BASE, name: "false"})[name] == "false"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("earliest", "earliest"),
        ("smallest", "earliest"),
        ("latest", "latest"),
        ("end", "latest"),
        ("error", "error"),
        ("none", "error"),
    ],
)
def test_each_start_has_its_librdkafka_names(text: str, expected: str) -> None:
    """All of librdkafka's spellings of auto.offset.reset are understood."""
    assert start_policy({"auto.offset.reset": text}) == expected


def test_a_start_that_is_not_known_is_refused() -> None:
    """Another word is a fault, and earliest is the default."""
    assert start_policy({}) == "earliest"
    with pytest.raises(ConfigurationError, match="whenever"):
        consumer_properties({**BASE, "auto.offset.reset": "whenever"})


@pytest.mark.parametrize(
    ("kafka", "expected"),
    [
        ({}, True),
        ({"partition.assignment.strategy": "range,roundrobin"}, False),
        ({"partition.assignment.strategy": "cooperative-sticky"}, True),
        ({"group.protocol": "consumer"}, True),
        ({"group.protocol": "classic"}, True),
    ],
)
def test_how_partitions_come_and_go(kafka: dict[str, Property], expected: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Only the eager assignors give and take all partitions at once."""
    assert is_incremental(kafka) is expected


def test_each_client_gets_its_own_properties() -> None:
    """What is for the other kind of client is left out, so nothing warns at start."""
    kafka: dict[str, Property] = {
        **BASE,
        "linger.ms": 5,
        "isolation.level": "read_committed",
        "ssl.ca.location": "ca.pem",
        "enable.ssl.certificate.verification": True,
    }
    both = {
        "bootstrap.servers": "b:1",
        "ssl.ca.location": "ca.pem",
        "enable.ssl.certificate.verification": "true",
    }
    assert client_properties(kafka) == both
    assert producer_properties(kafka) == {**both, "linger.ms": 5}
    assert "linger.ms" not in consumer_properties(kafka)


def test_secrets_are_masked() -> None:
    """No password, key or token is in what is logged."""
    kafka: dict[str, Property] = {
        "sasl.password": "p",
        "ssl.key.password": "p",
        "ssl.keystore.password": "p",
        "ssl.key.pem": "p",
        "sasl.oauthbearer.client.secret": "p",
        "sasl.oauthbearer.config": "p",
        "sasl.username": "u",
    }
    found = masked(kafka)
    assert found.pop("sasl.username") == "u"
    assert set(found.values()) == {"***"}
