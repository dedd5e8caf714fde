"""A librdkafka message becomes a `Record`. This is the source's hot path."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast

from confluent_kafka import Message

from consumer.model import Header, Record, TopicPartition

__all__ = ["Owned", "records"]

log = logging.getLogger(__name__)


class Owned(NamedTuple):
    """A partition that is ours now.

    Attributes:
        source: The partition, one object for all of its records.
        epoch: The number of its assignment.
        start: Where its reading began.
    """

    source: TopicPartition
    epoch: int
    start: int


def records(
    messages: Iterable[Message], owned: Mapping[tuple[str, int], Owned]
) -> tuple[list[Record], list[Message]]:
    """Return the records in `messages`, in order, and the messages that are errors.

    A message of a partition that is not ours is left out: it was fetched in the same
    call in which the partition was taken away, and its next owner reads it again.
    """
    found: list[Record] = []
    errors: list[Message] = []
    for message in messages:
        if message.error() is not None:
            errors.append(message)
            continue
        partition = owned.get((message.topic(), message.partition()))  # type: ignore[arg-type] # a message that is no error has both
        if partition is not None:
            found.append(record(message, partition))
    return found, errors


def record(message: Message, partition: Owned) -> Record:
    """Return `message` as a record of `partition`."""
    key = message.key()
    value = message.value()
    headers = header_tuple(message)
    size = (len(key) if key else 0) + (len(value) if value else 0)
    if headers:
        size += sum(len(name) + len(text or b"") for name, text in headers)
    return Record(
        partition.source,
        cast("int", message.offset()),
        message.timestamp()[1],
        key,
        value,
        headers,
        partition.epoch,
        size,
    )


def header_tuple(message: Message) -> tuple[Header, ...]:
    """Return the message's headers; none of them when a name is not UTF-8.

    Kafka wants UTF-8 names, but a C or Go producer may write any bytes. Then
    confluent-kafka (2.16.1) raises SystemError once and at the second call returns a
    tuple that holds a null pointer, so `headers` is called once only, here.
    """
    try:
        headers = message.headers()
    except (SystemError, UnicodeDecodeError):
        log.warning(
            "%s[%s]@%s: a header's name is not UTF-8: the record has no headers",
            message.topic(),
            message.partition(),
            message.offset(),
        )
        return ()
    return tuple(cast("list[Header]", headers)) if headers else ()
