"""A librdkafka message becomes a record."""

from __future__ import annotations

from confluent_kafka import KafkaError, Message

from consumer.model import TopicPartition
from consumer.source.records import Owned, records

SOURCE = TopicPartition("t", 3)
OWNED = {("t", 3): Owned(SOURCE, 7, 0)}


def message(partition: int = 3, offset: int = 5) -> Message:
    """Return a message with a key, a value and headers."""
    return Message(
        topic="t",
        partition=partition,
        offset=offset,
        key=b"key",
        value=b"value",
        headers=[("a", b"12"), ("b", None)],
        timestamp=(1, 1_700_000_000_000),
    )


def test_a_message_becomes_a_record() -> None:
    """Every field is taken over, with the epoch of the assignment and the whole size."""
    (record,), errors = records([message()], OWNED)
    assert errors == []
    assert record.source is SOURCE
    assert (record.offset, record.epoch) == (5, 7)
    assert (record.key, record.value) == (b"key", b"value")
    assert record.headers == (("a", b"12"), ("b", None))
    assert record.timestamp_ms == 1_700_000_000_000
    assert record.size_bytes == len(b"key" + b"value" + b"a12" + b"b")


def test_a_bare_tombstone() -> None:
    """No key, no value and no headers is a record too."""
    (record,), _ = records(
        [Message(topic="t", partition=3, offset=0, timestamp=(0, -1))], OWNED
    )
    assert (record.key, record.value, record.headers) == (None, None, ())
    assert (record.size_bytes, record.timestamp_ms) == (0, -1)


def test_a_partition_that_is_not_ours_is_left_out() -> None:
    """What was fetched in the call that took the partition away is not handed over."""
    found, errors = records([message(4), message(3)], OWNED)
    assert [record.source for record in found] == [SOURCE]
    assert errors == []


def test_errors_are_told_apart() -> None:
    """An error in place of a record is given back beside the records."""
    error = Message(topic="t", partition=3, error=KafkaError(KafkaError._PARTITION_EOF))
    found, errors = records([message(), error, message(offset=6)], OWNED)
    assert [record.offset for record in found] == [5, 6]
    assert errors == [error]


class Foreign:
    """A message whose header has a name that is not UTF-8, as confluent-kafka gives it."""

    def error(self) -> None:
        """Return that there is none."""

    def topic(self) -> str:
        """Return the topic."""
        return "t"

    def partition(self) -> int:
        """Return the partition."""
        return 3

    def offset(self) -> int:
        """Return the offset."""
        return 5

    def key(self) -> None:
        """Return no key."""

    def value(self) -> bytes:
        """Return the value."""
        return b"v"

    def timestamp(self) -> tuple[int, int]:
        """Return the time."""
        return (1, 1)

    def headers(self) -> None:
        """Fail as confluent-kafka 2.16.1 does.

        Raises:
            SystemError: Always.
        """
        raise SystemError("returned a result with an exception set")


def test_a_header_name_that_is_not_utf_8_kills_nothing() -> None:
    """The record comes without headers."""
    (record,), _ = records([Foreign()], OWNED)  # type: ignore[list-item] # Message cannot be made like this
    assert (record.value, record.headers) == (b"v", ())
