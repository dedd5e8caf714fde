"""Which other groups read a topic: they, too, get what is sent to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._group import (
    ConsumerGroupDescription,
    ListConsumerGroupsResult,
)

from consumer.config.settings import Settings
from consumer.errors import DependencyError
from consumer.model import TopicPartition
from consumer.source.admin import Admin
from consumer.source.properties import client_properties

__all__ = ["groups_reading"]

ASK_SECONDS = 10.0


def groups_reading(settings: Settings, topics: Iterable[str]) -> dict[str, list[str]]:
    """Return the groups beside ours that read topics: members have them, or had.

    Args:
        settings: Where the cluster is, and our group.
        topics: Which topics.

    Returns:
        For each topic the groups' names, in order.

    Raises:
        DependencyError: The cluster does not say; the message says why.
    """
    admin = AdminClient({
        **client_properties(settings.kafka.properties),
        "log_level": 0,
    })
    found: dict[str, set[str]] = {topic: set() for topic in topics}
    try:
        names = [one for one in listed(admin) if one != settings.kafka.group_id]
        commits = committed(Admin(settings.kafka.properties), names, found)
        for name, topic in (*assigned(admin, names), *commits):
            if topic in found:
                found[topic].add(name)
    except (KafkaException, FutureTimeoutError) as error:
        why = error.args[0].str() if error.args else "no answer"
        raise DependencyError(f"the cluster does not say who reads: {why}") from error
    return {topic: sorted(groups) for topic, groups in found.items()}


def listed(admin: AdminClient) -> list[str]:
    """Return the names of all groups that we may see.

    A broker that does not say its own ends in a KafkaException.
    """
    asked: Future[ListConsumerGroupsResult] = admin.list_consumer_groups(
        request_timeout=ASK_SECONDS
    )
    found = asked.result(ASK_SECONDS + 1)
    for error in found.errors or ():
        raise error if isinstance(error, KafkaException) else KafkaException(error)
    return [one.group_id for one in found.valid or ()]


def assigned(admin: AdminClient, names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each group with the topics that its members have now."""
    if not names:
        return
    asked: dict[str, Future[ConsumerGroupDescription]] = admin.describe_consumer_groups(
        names, request_timeout=ASK_SECONDS
    )
    for name, answer in asked.items():
        for member in answer.result(ASK_SECONDS + 1).members:
            for place in member.assignment.topic_partitions:
                yield name, place.topic


def committed(
    admin: Admin, names: list[str], topics: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Yield each group with those topics of which it has committed offsets."""
    known = admin.topics()
    places = [
        TopicPartition(topic, number)
        for topic in topics
        for number in range(known.get(topic, 0))
    ]
    for name in names:
        for place in admin.committed(name, places):
            yield name, place.topic
