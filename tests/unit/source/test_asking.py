"""Why a cluster gives no answer, and what a person does about it."""

from __future__ import annotations

from concurrent.futures import TimeoutError as FutureTimeoutError

import pytest
from confluent_kafka import KafkaError, KafkaException

from consumer.errors import DependencyError
from consumer.source.asking import Asking

TIMED_OUT = KafkaError(KafkaError._TIMED_OUT)
DOWN = KafkaError(KafkaError._ALL_BROKERS_DOWN)
UNTRUSTED = KafkaError(KafkaError._SSL, "certificate verify failed")
OTHER = KafkaError(KafkaError._TRANSPORT, "Connection refused")
NO_GROUP = KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED)
BUSY = KafkaError(KafkaError.COORDINATOR_LOAD_IN_PROGRESS)


def said(error: Exception, *noted: KafkaError) -> str:
    """Return the message of a question that failed after these errors of connections."""
    asking = Asking({"bootstrap.servers": "b:9092"})
    pending = list(noted)

    def serve(_: float) -> None:
        while pending:
            asking.note(pending.pop(0))

    with pytest.raises(DependencyError) as raised, asking.asked(serve):
        raise error
    return str(raised.value)


@pytest.mark.parametrize(
    ("error", "noted", "end"),
    [
        (TIMED_OUT, [], "Check kafka.bootstrap.servers and kafka.security.protocol."),
        (
            TIMED_OUT,
            [DOWN],
            "(kafka.security.protocol: SSL or SASL_SSL), or is not Kafka.",
        ),
        (TIMED_OUT, [DOWN, OTHER, UNTRUSTED], "kafka.bootstrap.servers to its port."),
        (
            TIMED_OUT,
            [UNTRUSTED, DOWN],
            "Set kafka.ssl.ca.location to the CA of the brokers.",
        ),
        (NO_GROUP, [OTHER], "Read and Describe on the topics and Read on the group."),
        (BUSY, [OTHER], "Coordinator load in progress"),
    ],
)
def test_the_first_cause_and_its_mend(
    error: KafkaError, noted: list[KafkaError], end: str
) -> None:
    """What a connection met explains a time-out; a broker's own answer needs none."""
    found = said(KafkaException(error), *noted)
    assert found.startswith("the cluster at b:9092: ")
    assert found.endswith(end)


def test_an_answer_that_never_came() -> None:
    """Librdkafka may forget a question: then it says nothing at all."""
    assert said(FutureTimeoutError()).startswith(
        "the cluster at b:9092: no answer in time. Check kafka.bootstrap.servers"
    )


def test_what_is_hopeless() -> None:
    """Another try helps against what may come, not against a wrong password."""
    for error, is_hopeless in ((OTHER, False), (DOWN, False), (UNTRUSTED, True)):
        asking = Asking({})
        assert not asking.is_hopeless
        asking.note(error)
        assert asking.is_hopeless is is_hopeless
