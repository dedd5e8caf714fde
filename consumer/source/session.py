"""How long the group keeps a member that says nothing: the lease must be shorter."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType

from consumer.source.properties import client_properties, is_consumer_protocol
from consumer.source.values import Property

__all__ = ["session_timeout_seconds"]

log = logging.getLogger(__name__)

DEFAULT_SECONDS = 45.0  # librdkafka's session.timeout.ms and the broker's, both 45000
REQUEST_SECONDS = 5.0
GROUP_SETTING = "consumer.session.timeout.ms"


def session_timeout_seconds(kafka: Mapping[str, Property]) -> float:
    """Return the group's session timeout; may block for a few seconds.

    In the classic protocol the member says it (`session.timeout.ms`). With
    `group.protocol: consumer` it is the group's setting (KIP-848), read where the
    principal may (DescribeConfigs on the group), else taken for 45 s.
    """
    if not is_consumer_protocol(kafka):
        return float(kafka.get("session.timeout.ms", DEFAULT_SECONDS * 1000)) / 1000
    found = group_setting(kafka)
    return DEFAULT_SECONDS if found is None else found


def group_setting(kafka: Mapping[str, Property]) -> float | None:
    """Return the group's own session timeout; None when it cannot be read."""
    group = str(kafka.get("group.id", ""))
    try:
        admin = AdminClient({**client_properties(kafka), "log_level": 0})
        asked: dict[ConfigResource, Future[dict[str, object]]] = admin.describe_configs(
            [ConfigResource(ResourceType.GROUP, group)], request_timeout=REQUEST_SECONDS
        )
        (answer,) = asked.values()
        setting = answer.result(REQUEST_SECONDS + 1).get(GROUP_SETTING)
        value = getattr(setting, "value", None)
        return None if value is None else float(value) / 1000
    except (KafkaException, FutureTimeoutError, ValueError) as error:
        log.info("the group's session timeout is not readable: %s", error)
        return None
