"""Every commit of a group, in order, read from the broker's own log of them.

Source of the form: `OffsetCommitKey.json` and `OffsetCommitValue.json` in Apache Kafka's
group-coordinator. A key begins with its version, 0 or 1 for a commit, then group, topic
and partition. A value begins with its version too; 3 and 4 have offset, leader epoch and
metadata next. Version 4 is "flexible": a text's length is a varint, one more than it is.
confluent-kafka sends the zero byte that ends a C text as part of the metadata, and reads
it back without.

Theory of operation: `__consumer_offsets` is compacted, but never in the segment that is
being written, which has 100 MiB ("offsets.topic.segment.bytes"): more than any run here
writes. So the log is whole.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tests.chaos.cluster.evidence import Commit
from tests.integration.kafka_log import everything, marked

__all__ = ["OFFSETS_TOPIC", "commit_of", "commits_of"]

OFFSETS_TOPIC = "__consumer_offsets"
FLEXIBLE = 4


def commits_of(bootstrap: str, group: str, topic: str) -> Iterator[Commit]:
    """Yield the commits of `group` in `topic`, in the order of the log.

    The topic has one partition (tests/broker/server.properties), so there is one order.
    """
    for message in everything(bootstrap, OFFSETS_TOPIC):
        key, value = message.key(), message.value()
        if isinstance(key, bytes) and isinstance(value, bytes):
            at = message.timestamp()[1] / 1000
            found = commit_of(key, value, at)
            if found is not None and found[:2] == (group, topic):
                yield found[2]


def commit_of(key: bytes, value: bytes, at: float) -> tuple[str, str, Commit] | None:
    """Return group, topic and commit of an entry; None when it is something else.

    Raises:
        ValueError: It is a commit in a version that nobody here knows.
    """
    if int.from_bytes(key[:2]) > 1:  # a member, a group's metadata, ...
        return None
    group, rest = text_of(key[2:])
    topic, rest = text_of(rest)
    (partition,) = struct.unpack(">i", rest)
    version, offset, _ = struct.unpack(">hqi", value[:14])
    if version == FLEXIBLE:
        metadata = compact_text_of(value[14:])
    elif version == FLEXIBLE - 1:
        metadata, _ = text_of(value[14:])
    else:
        raise ValueError(f"OffsetCommitValue of version {version}")
    done = marked(metadata.rstrip("\0"), offset)
    return group, topic, Commit(at, partition, offset, done)


def text_of(data: bytes) -> tuple[str, bytes]:
    """Return the text that `data` begins with, and what follows it."""
    end = 2 + int.from_bytes(data[:2])
    return data[2:end].decode(), data[end:]


def compact_text_of(data: bytes) -> str:
    """Return the text that `data` begins with, in the flexible form."""
    length, place, shift = 0, 0, 0
    while True:
        byte = data[place]
        length |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            break
    return data[place : place + length - 1].decode()
