"""Which partitions of a commit the broker refused.

A broker answers for each partition, but librdkafka tells one error for all of them: of
three partitions Apache Kafka 4.4 took two and refused one (error 12), and librdkafka
2.16.0 said error 12 of all three, in the callback and in the exception alike. So one map
that is too large, or one topic that is gone or forbidden, would seem to fail all others,
and with them the membership lease, which rests on an acknowledged commit.

Theory of operation: what was refused for a reason that speaks of single partitions is
sent again in smaller parts, until each refusal stands alone. A topic's reason needs one
part for each topic; a map's needs halves, the longest maps together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from confluent_kafka import KafkaError

from consumer.model import Commit, TopicPartition

__all__ = ["Batch", "divided", "without_map"]

Batch: TypeAlias = Mapping[TopicPartition, Commit]

TOO_LARGE = KafkaError.OFFSET_METADATA_TOO_LARGE
OF_A_TOPIC = frozenset({
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
})


def divided(refused: Batch, code: int) -> list[Batch]:
    """Return the parts in which to send `refused` again; none when it stands alone.

    Args:
        refused: What was refused, as far as librdkafka says.
        code: Kafka's error code.
    """
    if code in OF_A_TOPIC:
        topics: dict[str, dict[TopicPartition, Commit]] = {}
        for each, commit in refused.items():
            topics.setdefault(each.topic, {})[each] = commit
        return list(topics.values()) if len(topics) > 1 else []
    if code != TOO_LARGE or len(refused) == 1:
        return []
    by_length = sorted(refused, key=lambda each: len(refused[each].metadata))
    middle = len(by_length) // 2
    return [
        {each: refused[each] for each in half}
        for half in (by_length[:middle], by_length[middle:])
    ]


def without_map(refused: Batch, code: int) -> Batch:
    """Return `refused` without its offset map, if it is one that is too large alone."""
    if code != TOO_LARGE or len(refused) != 1:
        return {}
    return {
        each: Commit(commit.offset, "", commit.epoch)
        for each, commit in refused.items()
        if commit.metadata
    }
