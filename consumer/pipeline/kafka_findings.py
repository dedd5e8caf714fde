"""What is found of the cluster, its topics and the group."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from consumer.errors import DependencyError, FileFault
from consumer.mapping.mapping_set import MappingSet
from consumer.pipeline.connection_faults import (
    forbidden,
    letters_missing,
    letters_small,
    nothing_matches,
    unanswered,
)
from consumer.pipeline.findings import Finding, Needs
from consumer.pipeline.topics import Topics, topics_of
from consumer.source.admin import Admin
from consumer.source.startup import unknown

__all__ = ["kafka_findings"]

NOT_TOLD = "rights are not told"
PRODUCER_BYTES = 1_000_000  # librdkafka's message.max.bytes, unless it is set
READ = ("READ", "DESCRIBE")
WRITE = ("WRITE", "DESCRIBE")


def kafka_findings(needs: Needs) -> Iterator[Finding]:
    """Give what is found of the cluster, its topics and the group; blocks."""
    properties = needs.settings.kafka.properties
    servers = f"kafka {properties.get('bootstrap.servers', '')}"
    admin = Admin(properties, needs.answer_seconds)
    try:
        known = admin.topics()
        yield Finding(servers, f"brokers: {admin.brokers()}")
    except DependencyError as error:
        yield Finding(servers, "", unanswered(error))
        return
    topics = topics_of(needs.settings, needs.mappings, known)
    yield from pattern_findings(needs.mappings, known)
    yield from topic_findings(Desk(needs, admin, topics, known))
    yield group_finding(admin, needs.settings.kafka.group_id)


def pattern_findings(
    mappings: MappingSet, known: Mapping[str, int]
) -> Iterator[Finding]:
    """Give the patterns that match nothing."""
    patterns = (plan.spec.source.pattern for plan in mappings.plans)
    for pattern in dict.fromkeys(one for one in patterns if one is not None):
        if not any(re.fullmatch(pattern, topic) for topic in known):
            yield Finding(f"pattern {pattern}", "", nothing_matches(pattern))


class Desk:
    """What is known of the topics. Owned by one round of questions."""

    def __init__(
        self, needs: Needs, admin: Admin, topics: Topics, known: Mapping[str, int]
    ) -> None:
        self.settings = needs.settings
        self.admin = admin
        self.topics = topics
        self.known = known
        names = [*topics.sources, *topics.letters.values(), *topics.replays.values()]
        self.told = admin.described({name for name in names if name in known})

    def right(self, topic: str, needed: tuple[str, ...]) -> Finding:
        """Return whether we may do with a topic what we must."""
        given = self.told[topic].rights
        wrong = forbidden(f"topics/{topic}", needed, given)
        words = [f"partitions: {self.known[topic]}"]
        if given is None:
            words.append(NOT_TOLD)
        return Finding(f"topic {topic}", ", ".join(words), wrong)

    def largest(self, topic: str) -> int | None:
        """Return the bytes of the largest message that a topic takes, where told."""
        text = (self.told[topic].settings or {}).get("max.message.bytes", "")
        return int(text) if text.isdecimal() else None


def topic_findings(desk: Desk) -> Iterator[Finding]:
    """Give what is found of each topic."""
    for source in desk.topics.sources:
        if source not in desk.known:
            yield Finding(f"topic {source}", "", unknown(source))
            continue
        yield desk.right(source, READ)
        yield from letter_findings(desk, source)
        replay = desk.topics.replays[source]
        if replay in desk.known and desk.settings.dead_letters.read_replays:
            yield desk.right(replay, READ)


def letter_findings(desk: Desk, source: str) -> Iterator[Finding]:
    """Give what is found of the topic for the dead letters of a source topic."""
    topic = desk.topics.letters[source]
    if topic in desk.known:
        found = desk.right(topic, WRITE)
        yield found
        small = too_small(desk, source, topic)
        if small is not None:
            yield Finding(found.subject, "", small)
        return
    count = desk.known[source]
    why: str | None = "`dead_letters.create` is false"
    if desk.settings.dead_letters.create:
        why = desk.admin.refusal_of(topic, count)
    wrong = None if why is None else letters_missing(topic, count, why)
    said = f"does not exist yet; run creates it with partitions: {count}"
    yield Finding(f"topic {topic}", said, wrong)


def too_small(desk: Desk, source: str, topic: str) -> FileFault | None:
    """Return what is wrong with the size of letters; None where it is not told."""
    brought, taken = desk.largest(source), desk.largest(topic)
    if brought is None or taken is None:
        return None
    ours = int(desk.settings.kafka.properties.get("message.max.bytes", PRODUCER_BYTES))
    needed = min(brought, desk.settings.decode.max_record_bytes)
    return letters_small(topic, min(taken, ours), needed)


def group_finding(admin: Admin, group_id: str) -> Finding:
    """Return what is found of the group."""
    group = admin.group(group_id)
    subject = f"group {group_id}"
    if group is None:
        return Finding(subject, "not told")
    wrong = forbidden(f"groups/{group_id}", READ, group.operations)
    state = "does not exist yet" if group.state == "dead" else group.state
    words = [state, f"members: {len(group.members)}"]
    if group.operations is None:
        words.append(NOT_TOLD)
    return Finding(subject, ", ".join(words), wrong)
