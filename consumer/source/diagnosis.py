"""What librdkafka's errors mean, and what a person does about them.

librdkafka says why a connection failed in the error's text only, so the texts of
2.16.0 are matched here; one that is not known passes as it is.
"""

from __future__ import annotations

from confluent_kafka import KafkaError

from consumer.model import TopicPartition
from consumer.source.values import SourceFault, SourceFaultKind

__all__ = ["HANGS_UP", "cause", "diagnosis"]

HTTP_AS_SIZE = "1213486160"  # the bytes "HTTP" read as a response's length
KINDS = {
    KafkaError._FATAL: SourceFaultKind.FATAL,  # noqa: SLF001 - librdkafka's own names
    KafkaError._ALL_BROKERS_DOWN: SourceFaultKind.BROKERS_DOWN,  # noqa: SLF001
    KafkaError._SSL: SourceFaultKind.TLS,  # noqa: SLF001
    KafkaError._AUTHENTICATION: SourceFaultKind.AUTHENTICATION,  # noqa: SLF001
    KafkaError.SASL_AUTHENTICATION_FAILED: SourceFaultKind.AUTHENTICATION,
    KafkaError.TOPIC_AUTHORIZATION_FAILED: SourceFaultKind.AUTHORIZATION,
    KafkaError.GROUP_AUTHORIZATION_FAILED: SourceFaultKind.AUTHORIZATION,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: SourceFaultKind.AUTHORIZATION,
    KafkaError.UNKNOWN_TOPIC_OR_PART: SourceFaultKind.UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_TOPIC: SourceFaultKind.UNKNOWN_TOPIC,  # noqa: SLF001
    KafkaError._MAX_POLL_EXCEEDED: SourceFaultKind.POLL_EXCEEDED,  # noqa: SLF001
}
MENDS = {
    SourceFaultKind.BROKERS_DOWN: "It goes on by itself when a broker answers.",
    SourceFaultKind.TLS: "Set kafka.security.protocol and the kafka.ssl.* files.",
    SourceFaultKind.AUTHENTICATION: "Set kafka.sasl.mechanism, username and password.",
    SourceFaultKind.AUTHORIZATION: (
        "Grant the principal Read and Describe on the topics and Read on the group."
    ),
    SourceFaultKind.UNKNOWN_TOPIC: "Create the topic, or name it under `topics`.",
    SourceFaultKind.POLL_EXCEEDED: (
        "The process stood still for max.poll.interval.ms: see its CPU and liveness."
    ),
    SourceFaultKind.CLIENT: "librdkafka tries again by itself.",
    SourceFaultKind.FATAL: "Restart the process; the client cannot go on.",
}
# First match wins. Part of librdkafka's text, what it means, the mend.
CAUSES = (
    (
        "connecting to a PLAINTEXT broker listener",
        "TLS was spoken to a port that does not speak it",
        "Set kafka.security.protocol to PLAINTEXT or SASL_PLAINTEXT, or use the TLS port.",
    ),
    (
        "certificate verify failed",
        "the broker's certificate is not signed by a CA that we trust",
        "Set kafka.ssl.ca.location to the CA of the brokers.",
    ),
    (
        HTTP_AS_SIZE,
        "the port answers HTTP, not Kafka",
        "Set kafka.bootstrap.servers to the brokers' own port.",
    ),
    (
        "Invalid response size",
        "the port does not speak Kafka, or it wants TLS",
        "Set kafka.bootstrap.servers and kafka.security.protocol to fit the listener.",
    ),
    (
        "Connection refused",
        "nobody listens there",
        "Start the broker, or set kafka.bootstrap.servers to its port.",
    ),
    (
        "Failed to resolve",
        "the host name is not known",
        "Set kafka.bootstrap.servers to names that this machine can resolve.",
    ),
    (
        "in state SSL_HANDSHAKE",
        "the TLS handshake was broken off: the port may not speak TLS",
        "Set kafka.security.protocol to what the listener at this port speaks.",
    ),
)


HANGS_UP = (
    "The port is open and hangs up: it wants TLS (kafka.security.protocol: SSL or "
    "SASL_SSL), or is not Kafka."
)


def cause(text: str) -> tuple[str, str] | None:
    """Return what librdkafka's `text` means and the mend; None when it is not known."""
    for part, meaning, mend in CAUSES:
        if part in text:
            return meaning, mend
    return None


def diagnosis(
    error: KafkaError, partition: TopicPartition | None = None
) -> SourceFault:
    """Return `error` as a fault that a person can act on."""
    kind = KINDS.get(error.code(), SourceFaultKind.CLIENT)
    if error.fatal():
        kind = SourceFaultKind.FATAL
    known = cause(error.str())
    meaning, mend = known or ("", MENDS[kind])
    message = f"{meaning}: {error.str()}" if meaning else error.str()
    return SourceFault(kind=kind, message=message, mend=mend, partition=partition)
