"""What stands in topics, and what a group has committed, read by a plain client."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Iterator, Mapping

from confluent_kafka import Consumer, KafkaException, Message
from confluent_kafka import TopicPartition as Place
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from tests.integration.group import Partition

__all__ = [
    "committed",
    "done",
    "ends",
    "everything",
    "is_done",
    "letters",
    "marked",
]

REQUEST_SECONDS = 10.0


def ends(bootstrap: str, topics: Iterable[str]) -> dict[Partition, int]:
    """Return the offset after the last record of each partition."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    asked = {
        Place(topic, number): OffsetSpec.latest()  # type: ignore[no-untyped-call] # theirs
        for topic in topics
        for number in admin.list_topics(topic, REQUEST_SECONDS).topics[topic].partitions
    }
    answers = admin.list_offsets(asked, request_timeout=REQUEST_SECONDS)
    return {
        Partition(place.topic, place.partition): answer.result().offset
        for place, answer in answers.items()
    }


def everything(bootstrap: str, topic: str) -> Iterator[Message]:
    """Yield every record of `topic`, in the order of each partition."""
    left = {place: end for place, end in ends(bootstrap, [topic]).items() if end}
    client = Consumer({
        "bootstrap.servers": bootstrap,
        "group.id": "judge",  # librdkafka wants one; it is never joined
        "enable.auto.commit": False,
        "log_level": 0,
    })
    try:
        client.assign([Place(*place, 0) for place in left])
        while left:
            message = client.poll(REQUEST_SECONDS)
            assert message is not None, f"records are missing in {left}"
            assert message.error() is None, message.error()
            place = Partition(topic, int(message.partition() or 0))
            yield message
            if int(message.offset() or 0) + 1 >= left.get(place, 0):
                left.pop(place, None)
    finally:
        client.close()


def committed(
    bootstrap: str, group: str, partitions: Iterable[Partition]
) -> dict[Partition, int]:
    """Return what the group has committed; below 0 where it has nothing."""
    found = commits(bootstrap, group, partitions)
    return {each: place.offset for each, place in found.items()}


def done(
    bootstrap: str, group: str, partitions: Iterable[Partition]
) -> dict[Partition, set[int]]:
    """Return the offsets that the group's commits call done, by map or by offset."""
    return {
        each: {
            *range(max(0, place.offset)),
            *marked(place.metadata or "", place.offset),
        }
        for each, place in commits(bootstrap, group, partitions).items()
    }


def marked(text: str, offset: int) -> frozenset[int]:
    """Return the offsets beyond a committed one that its map calls done.

    The map is read as its format says and not by the consumer's own code: "M1" and
    Base64 for URLs of a CRC-32 (4 bytes), the committed offset (8 bytes, big-endian)
    and a bitmap, deflated.
    """
    if not text.startswith("M1"):
        return frozenset()
    body = urlsafe_b64decode(text[2:] + "=" * (-len(text[2:]) % 4))
    assert int.from_bytes(body[4:12], "big") == offset
    bits = int.from_bytes(zlib.decompress(body[12:], -15), "little")
    return frozenset(offset + n for n in range(bits.bit_length()) if bits >> n & 1)


def commits(
    bootstrap: str, group: str, partitions: Iterable[Partition]
) -> dict[Partition, Place]:
    """Return offset and metadata of what the group has committed.

    A consumer asks, and joins nothing: an administrative client ends the whole process
    when the coordinator moves meanwhile (librdkafka #5040).

    Raises:
        KafkaException: The broker does not say it of a partition.
    """
    client = Consumer({
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "enable.auto.commit": False,
        "log_level": 0,
    })
    try:
        places = [Place(*each) for each in partitions]
        found = client.committed(places, REQUEST_SECONDS)
    finally:
        client.close()
    for place in found:
        if place.error is not None:
            raise KafkaException(place.error)
    return {Partition(place.topic, place.partition): place for place in found}


def is_done(bootstrap: str, group: str, topics: Iterable[str]) -> bool:
    """Whether the group has committed the end of every partition.

    A broker that stood still has fenced itself and may answer with an error for a while.
    """
    try:
        last = ends(bootstrap, topics)
        return committed(bootstrap, group, last) == last
    except (KafkaException, TimeoutError):
        return False


def letters(bootstrap: str, topic: str) -> list[tuple[Partition, int]]:
    """Return the source coordinates of every dead letter in `topic`."""
    found = []
    for message in everything(bootstrap, topic):
        headers: Mapping[str, object] = dict(message.headers() or [])
        place = Partition(text_of(headers, "topic"), int(text_of(headers, "partition")))
        found.append((place, int(text_of(headers, "offset"))))
    return found


def text_of(headers: Mapping[str, object], name: str) -> str:
    """Return one of the headers of a dead letter."""
    value = headers[f"dead-letter-{name}"]
    assert isinstance(value, bytes)
    return value.decode()
