"""What librdkafka's errors mean."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError

from consumer.model import TopicPartition
from consumer.source.diagnosis import cause, diagnosis
from consumer.source.values import SourceFaultKind

TLS_TO_PLAIN = (
    "ssl://127.0.0.1:1/bootstrap: SSL handshake failed: Disconnected: connecting to a "
    "PLAINTEXT broker listener? (after 1ms in state SSL_HANDSHAKE)"
)
WRONG_CA = (
    "ssl://127.0.0.1:1/bootstrap: SSL handshake failed: error:0A000086:SSL routines::"
    "certificate verify failed: broker certificate could not be verified"
)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (KafkaError._FATAL, SourceFaultKind.FATAL),
        (KafkaError._ALL_BROKERS_DOWN, SourceFaultKind.BROKERS_DOWN),
        (KafkaError._SSL, SourceFaultKind.TLS),
        (KafkaError._AUTHENTICATION, SourceFaultKind.AUTHENTICATION),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, SourceFaultKind.AUTHORIZATION),
        (KafkaError.GROUP_AUTHORIZATION_FAILED, SourceFaultKind.AUTHORIZATION),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, SourceFaultKind.UNKNOWN_TOPIC),
        (KafkaError._MAX_POLL_EXCEEDED, SourceFaultKind.POLL_EXCEEDED),
        (KafkaError._TRANSPORT, SourceFaultKind.CLIENT),
    ],
)
def test_each_error_has_its_kind_and_a_mend(code: int, kind: SourceFaultKind) -> None:
    """The kind is a metric's label; every kind says what to do."""
    fault = diagnosis(KafkaError(code, "text"), TopicPartition("t", 1))
    assert (fault.kind, fault.message) == (kind, "text")
    assert fault.partition == TopicPartition("t", 1)
    assert fault.mend


def test_a_fatal_error_is_fatal_whatever_its_code() -> None:
    """Fatal wins over the code; a consumer is told by a code alone.

    Bug: a static member that another had fenced stood still for ever in silence.
    """
    fault = diagnosis(KafkaError(KafkaError.FENCED_INSTANCE_ID, "x", fatal=True))
    assert fault.kind is SourceFaultKind.FATAL


@pytest.mark.parametrize(
    ("text", "meaning", "mend"),
    [
        (TLS_TO_PLAIN, "TLS was spoken", "kafka.security.protocol"),
        (WRONG_CA, "CA that we trust", "kafka.ssl.ca.location"),
        ("Connect to ipv4#127.0.0.1:1 failed: Connection refused", "nobody", "Start"),
        ("Failed to resolve 'x:1': Name or service not known", "not known", "resolve"),
        ("Invalid response size 1213486160 (0..100)", "HTTP", "bootstrap.servers"),
        ("Invalid response size 352518912 (0..100)", "TLS", "security.protocol"),
    ],
)
def test_known_texts_have_a_meaning(text: str, meaning: str, mend: str) -> None:
    """A wrong port, protocol, CA or name is told in words and with its mend."""
    found = cause(text)
    assert found is not None
    assert meaning in found[0]
    assert mend in found[1]


def test_an_unknown_text_passes_as_it_is() -> None:
    """What is not known is not guessed."""
    assert cause("something new") is None
