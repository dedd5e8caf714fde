"""The topics of one deployment: what it reads, where letters go, what is replayed."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from consumer.config.settings import Settings
from consumer.mapping.mapping_set import MappingSet
from consumer.settle import letter_topic

__all__ = ["Topics", "topics_of"]

REPLAY = "{group}.{topic}.replay"


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


def topics_of(
    settings: Settings, mappings: MappingSet, known: Collection[str]
) -> Topics:
    """Return the topics of one deployment.

    Args:
        settings: The group, and how letter topics are named.
        mappings: What is read.
        known: The topics that the cluster has; those that a pattern matches are read.
    """
    group, template = settings.kafka.group_id, settings.dead_letters.topic
    matched = {
        topic
        for pattern in mappings.patterns
        for topic in known
        if re.fullmatch(pattern, topic)
    }
    sources = tuple(sorted(mappings.topics | matched))
    return Topics(
        sources=sources,
        letters={one: letter_topic(template, group, one) for one in sources},
        replays={one: letter_topic(REPLAY, group, one) for one in sources},
    )
