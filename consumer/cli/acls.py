"""What to order of those who run the cluster: rights, as a table and as commands.

Apache Kafka's documentation ("Authorization and ACLs"): Read to fetch, and to commit for
a group; Write to produce (an idempotent producer needs nothing else since 3.0); Describe
for metadata and offsets, which Read and Write bring along and which is named all the
same; DescribeConfigs to see how large a message may be.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from consumer.cli.columns import columns
from consumer.config.settings import Settings
from consumer.mapping.mapping_set import MappingSet
from consumer.pipeline.topics import topics_of
from consumer.source.properties import is_consumer_protocol

__all__ = ["Orders", "Right", "rights"]

PLACEHOLDER = "User:PRINCIPAL"
NAMED = frozenset({"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"})
SERVERS = "bootstrap.servers"
# A pattern's beginning up to the first sign that does not stand for itself.
LITERAL = re.compile(r"(?:[A-Za-z0-9_-]|\\\.|\[\.\])*")
WRITTEN = ("Read", "Write", "Describe", "DescribeConfigs", "Create")
HEAD = ("resource", "name", "pattern", "operations", "for")


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """What is needed of one resource.

    Attributes:
        resource: `topic` or `group`.
        name: Its name, or the beginning of names.
        pattern: `literal`, or `prefixed` for the beginning of names.
        operations: As `kafka-acls` writes them.
        reason: What for.
    """

    resource: str
    name: str
    pattern: str
    operations: tuple[str, ...]
    reason: str


def rights(settings: Settings, mappings: MappingSet) -> list[Right]:
    """Return the rights of a deployment; no cluster is asked."""
    found: list[Right] = []
    topics = topics_of(settings, mappings, ())
    for source in topics.sources:
        found += of_topic(source, topics.letters[source], topics.replays[source])
    for plan in mappings.plans:
        if plan.spec.source.pattern is not None:
            found += of_pattern(settings, plan.spec.source.pattern)
    found.append(of_group(settings))
    unique = {(one.resource, one.name, one.pattern): one for one in found}
    return list(unique.values())


def of_group(settings: Settings) -> Right:
    """Return the right of the group; only KIP-848 knows settings of groups."""
    operations: tuple[str, ...] = ("Read", "Describe")
    reason = "join, commit, see who is in it"
    if is_consumer_protocol(settings.kafka.properties):
        operations = (*operations, "DescribeConfigs")
        reason += ", and the session timeout"
    return Right(
        resource="group",
        name=settings.kafka.group_id,
        pattern="literal",
        operations=operations,
        reason=reason,
    )


def of_topic(source: str, letters: str, replay: str) -> list[Right]:
    """Return the rights of one source topic, its letters and its replays."""
    return [
        topic(source, ("Read", "Describe", "DescribeConfigs"), "read events"),
        topic(letters, WRITTEN, "write, list and create dead letters"),
        topic(replay, WRITTEN, "replay dead letters"),
    ]


def topic(name: str, operations: tuple[str, ...], reason: str) -> Right:
    """Return the right of one topic."""
    return Right(
        resource="topic",
        name=name,
        pattern="literal",
        operations=operations,
        reason=reason,
    )


def of_pattern(settings: Settings, pattern: str) -> Iterator[Right]:
    """Give the rights of topics that a pattern matches: of all names that begin so.

    Letters and replays of topics that nobody knows yet have names that begin with the
    group's, when the template says so; else with nothing that is known, and an operator
    has to choose.
    """
    beginning = LITERAL.match(pattern.removeprefix("^"))
    prefix = re.sub(r"\\\.|\[\.\]", ".", beginning[0] if beginning else "")
    yield Right(
        resource="topic",
        name=prefix or "*",
        pattern="prefixed" if prefix else "literal",
        operations=("Read", "Describe", "DescribeConfigs"),
        reason=f"read events of the pattern {pattern}",
    )
    letters = settings.dead_letters
    for template in (letters.topic, letters.replay_topic):
        start = template.partition("{topic}")[0].replace(
            "{group}", settings.kafka.group_id
        )
        yield Right(
            resource="topic",
            name=start or "*",
            pattern="prefixed" if start else "literal",
            operations=WRITTEN,
            reason="dead letters and replays of that pattern",
        )


def principal_of(settings: Settings, named: str | None) -> str:
    """Return whom to give them to: who is named, the user of SASL, or a placeholder."""
    if named is not None:
        return named if ":" in named else f"User:{named}"
    kafka = settings.kafka.properties
    mechanism = str(kafka.get("sasl.mechanism", kafka.get("sasl.mechanisms", "")))
    user = kafka.get("sasl.username")
    return f"User:{user}" if user and mechanism.upper() in NAMED else PLACEHOLDER


class Orders:
    """The rights of a deployment, for those who grant them. Owned by one command."""

    def __init__(
        self, settings: Settings, mappings: MappingSet, principal: str | None
    ) -> None:
        """Find out what to order, for whom."""
        self.wanted = rights(settings, mappings)
        self.principal = principal_of(settings, principal)
        self.servers = str(settings.kafka.properties.get(SERVERS, ""))

    def lines(self) -> Iterator[str]:
        """Give a table, and the commands for a shell."""
        rows = [
            [one.resource, one.name, one.pattern, ", ".join(one.operations), one.reason]
            for one in self.wanted
        ]
        yield from columns(HEAD, rows)
        yield ""
        yield from self.commands()

    def commands(self) -> Iterator[str]:
        """Give the commands that grant the rights."""
        for one in self.wanted:
            words = ["kafka-acls", "--bootstrap-server", self.servers]
            words += ["--command-config", "admin.properties", "--add"]
            words += ["--allow-principal", self.principal]
            for operation in one.operations:
                words += ["--operation", operation]
            words += [f"--{one.resource}", one.name]
            if one.pattern == "prefixed":
                words += ["--resource-pattern-type", one.pattern]
            yield shlex.join(words)

    def value(self) -> dict[str, object]:
        """Return what a program reads."""
        return {
            "principal": self.principal,
            "rights": [asdict(one) for one in self.wanted],
            "commands": list(self.commands()),
        }
