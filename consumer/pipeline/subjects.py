"""The subjects that the schemas of a topic's events have in a registry."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator

from consumer.decode.readers import ReaderSchema
from consumer.errors import FileFault
from consumer.mapping.mapping_set import MappingSet
from consumer.mapping.plan import Plan

__all__ = ["Naming", "no_version", "subjects_of"]

VALUE = "-value"


class Naming(enum.StrEnum):
    """How publishers name their subjects: Confluent's strategies."""

    TOPIC = "topic"  # {topic}-value
    RECORD = "record"  # {full name}
    TOPIC_RECORD = "topic-record"  # {topic}-{full name}


def subjects_of(
    plan: Plan,
    reader: ReaderSchema,
    mappings: MappingSet,
    naming: Naming,
    known: Callable[[], list[str]],
) -> Iterator[tuple[str, ...]]:
    """Give the subjects of one mapping; of several together, under aliases, any will do.

    Args:
        plan: The mapping.
        reader: The schema by which its events are read.
        mappings: The set, which knows the real names of topics.
        naming: How subjects are named.
        known: Lists all that are registered; asked for the topics of a pattern only.
    """
    root = reader.root
    names = tuple(sorted({root.name, *root.aliases}))
    if naming is Naming.RECORD:
        yield names
        return
    ends = (VALUE,) if naming is Naming.TOPIC else tuple(f"-{name}" for name in names)
    for topic in mappings.named(plan):
        yield tuple(f"{topic}{end}" for end in ends)
    pattern = plan.spec.source.pattern
    if pattern is None:
        return
    for subject in known():
        for end in ends:
            topic = subject.removesuffix(end)
            if subject.endswith(end) and re.fullmatch(pattern, topic):
                yield (subject,)


def no_version(subject: str) -> FileFault:
    """Return the warning that nothing is registered under a subject."""
    return FileFault(
        code="S107",
        file=f"subjects/{subject}",
        line=0,
        column=0,
        message="Nothing is registered under this subject, so nothing was compared.",
        mend="Look at the topic's name, and at `--subjects`.",
        severity="warning",
    )
