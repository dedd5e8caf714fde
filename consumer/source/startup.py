"""The first contact: a broker that answers, topics that exist."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaException

from consumer.errors import ConfigurationError, DependencyError, FileFault
from consumer.source.diagnosis import HANGS_UP
from consumer.source.values import (
    Property,
    SourceFault,
    SourceFaultKind,
    SourceOptions,
    Subscription,
)

__all__ = ["UnknownTopicError", "connected", "made", "unreachable"]

LIST_SECONDS = 1.0
TOPIC_GRACE_SECONDS = 2.0  # metadata of a topic that was made a moment ago


class UnknownTopicError(ConfigurationError):
    """A topic that is to be read does not exist.

    Attributes:
        topics: Their names.
    """

    def __init__(self, topics: tuple[str, ...]) -> None:
        """Make one fault for each of `topics`."""
        super().__init__(tuple(unknown(topic) for topic in topics))
        self.topics = topics


def unknown(topic: str) -> FileFault:
    """Return the fault of one topic."""
    return FileFault(
        code="K201",
        file="topics",
        line=0,
        column=0,
        message=f"the source topic {topic!r} does not exist, or we may not see it",
        mend=(
            "Create it, grant Describe on it, or give the mapping's topic its real name "
            "under `topics` in the configuration."
        ),
    )


def made(properties: dict[str, Property], callbacks: dict[str, object]) -> Consumer:
    """Return the consumer.

    Raises:
        ConfigurationError: librdkafka refuses a property; it says which and why.
    """
    try:
        return Consumer({**properties, **callbacks})
    except KafkaException as error:
        text = error.args[0].str() if error.args else "unknown"
        raise ConfigurationError((
            FileFault(
                code="K102",
                file="kafka",
                line=0,
                column=0,
                message=f"librdkafka refuses the configuration: {text}",
                mend="See librdkafka's CONFIGURATION.md for the property.",
            ),
        )) from error


def connected(
    consumer: Consumer,
    subscription: Subscription,
    settings: SourceOptions,
    cause: Callable[[], SourceFault | None],
    is_wanted: Callable[[], bool],
) -> frozenset[str]:
    """Return once a broker has answered and every topic is there.

    Args:
        consumer: Not yet subscribed.
        subscription: What is to be read.
        settings: The time-out and the servers' names.
        cause: Gives the newest connection error.
        is_wanted: Becomes False when the start is given up.

    Returns:
        All topics of the cluster that we may see; none when the start was given up.

    Raises:
        DependencyError: No broker answered in time; the message says why and the mend.
        UnknownTopicError: One or more of the topics do not exist.
    """
    began = time.monotonic()
    missing: tuple[str, ...] | None = None
    while is_wanted():
        consumer.poll(0)  # serves the error callback
        known = topics(consumer)
        waited = time.monotonic() - began
        if known is not None:
            missing = tuple(sorted(set(subscription.topics) - known))
            if not missing:
                return frozenset(known)
            if waited > min(TOPIC_GRACE_SECONDS, settings.startup_timeout_seconds):
                raise UnknownTopicError(missing)
        if waited > settings.startup_timeout_seconds:
            consumer.poll(0)  # the cause may have come while the list was waited for
            raise DependencyError(unreachable(settings, cause()))
        time.sleep(0.05)
    return frozenset()


def topics(consumer: Consumer) -> set[str] | None:
    """Return the topics that the cluster has; None when no broker answered."""
    try:
        return set(consumer.list_topics(timeout=LIST_SECONDS).topics)
    except KafkaException:
        return None


def unreachable(settings: SourceOptions, cause: SourceFault | None) -> str:
    """Return why there is no broker, with the mend."""
    servers = str(settings.kafka.get("bootstrap.servers", "")) or "(none)"
    if cause is None:
        why = (
            "Nothing answers, and no error came: the port may be open and not Kafka's. "
            "Check kafka.bootstrap.servers and kafka.security.protocol."
        )
    elif cause.kind is SourceFaultKind.BROKERS_DOWN:
        why = HANGS_UP  # librdkafka gives no error for that: only that all are down
    else:
        why = f"{cause.message}. {cause.mend}"
    return (
        f"no Kafka broker at {re.sub(r'[^ -~]', '?', servers)} within "
        f"{settings.startup_timeout_seconds:g} s: {why}"
    )
