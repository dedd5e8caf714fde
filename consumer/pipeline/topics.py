"""The topics of one deployment: what it reads, where letters go, what is replayed."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from consumer.config.settings import Settings
from consumer.letters.topics import TopicNames
from consumer.mapping.mapping_set import MappingSet

__all__ = ["Topics", "topic_names", "topics_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """The topics of one deployment, in order of names.

    Attributes:
        sources: What its mappings read.
        letters: Source topic to the topic of its dead letters.
        replays: Source topic to the topic of what is replayed, which need not be there.
    """

    sources: tuple[str, ...]
    letters: dict[str, str]
    replays: dict[str, str]


def topic_names(settings: Settings) -> TopicNames:
    """Return how the group names its topics."""
    letters = settings.dead_letters
    return TopicNames(
        group=settings.kafka.group_id,
        letter_template=letters.topic,
        replay_template=letters.replay_topic,
        reads_replays=letters.read_replays,
    )


def topics_of(
    settings: Settings, mappings: MappingSet, known: Collection[str]
) -> Topics:
    """Return the topics of one deployment.

    Args:
        settings: The group, and how its topics are named.
        mappings: What is read.
        known: The topics that the cluster has; those that a pattern matches are read.
    """
    names = topic_names(settings)
    matched = {
        topic
        for pattern in mappings.patterns
        for topic in known
        if re.fullmatch(pattern, topic)
    }
    sources = tuple(sorted(mappings.topics | matched))
    return Topics(
        sources=sources,
        letters={one: names.letters(one) for one in sources},
        replays={one: names.replay(one) for one in sources},
    )
