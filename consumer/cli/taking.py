"""Where a record that is tried comes from: a JSON file, bytes, or a cluster."""

from __future__ import annotations

import base64
import binascii
import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from consumer.cli.cluster import Cluster
from consumer.cli.material import Material, read_text
from consumer.cli.trial import Taken
from consumer.cli.writers import Writers, rule_of
from consumer.config.settings import Settings
from consumer.decode.decoder import Framing, TopicRule
from consumer.errors import UsageError
from consumer.letters.letter import opened
from consumer.mapping.mapping_set import MappingSet
from consumer.mapping.plan import Plan
from consumer.mapping.record_json import RecordShapeError, event_of
from consumer.model import Decoded, Header, Record, TopicPartition

__all__ = ["Given", "from_bytes", "from_cluster", "from_json", "only", "place_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the command line says of a record that no cluster holds.

    Attributes:
        topic: Where it is from; None for the first topic of a mapping that claims it.
        key: Its key.
        headers: Its headers.
    """

    topic: str | None
    key: str | None
    headers: tuple[Header, ...]

    def record(self, topic: str, value: bytes | None) -> Record:
        """Return the record."""
        key = None if self.key is None else self.key.encode()
        return Record(
            source=TopicPartition(topic, 0),
            offset=0,
            timestamp_ms=0,
            key=key,
            value=value,
            headers=self.headers,
            epoch=0,
            size_bytes=len(key or b"") + len(value or b""),
        )


def only(name: str, mappings: MappingSet) -> MappingSet:
    """Return the set of the mapping of that name alone.

    Raises:
        UsageError: There is none; the message says which there are.
    """
    plans = {plan.spec.name: plan for plan in mappings.plans}
    if name in plans:
        return replace(mappings, plans=(plans[name],))
    near = difflib.get_close_matches(name, plans, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(plans)}"
    raise UsageError(f"there is no mapping {name}: {hint}")


def topic_named(plan: Plan, mappings: MappingSet) -> str:
    """Return a topic that a mapping claims."""
    named = mappings.named(plan)
    return named[0] if named else str(plan.spec.source.pattern)


# ------------------------------------------------------------------------------ JSON


def from_json(path: Path, given: Given, material: Material) -> Taken:
    """Return the record that a JSON file writes; its schema is one that it fits.

    Raises:
        UsageError: It is no JSON, or fits no schema of a mapping.
    """
    try:
        value = json.loads(read_text(path))
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}") from None
    mappings = material.mappings
    plans = mappings.plans if given.topic is None else mappings.of_topic(given.topic)
    if not plans:
        raise UsageError(f"no mapping claims the topic {given.topic}")
    if value is None:
        deleting = [plan for plan in plans if plan.delete is not None]
        topic = given.topic or topic_named((deleting or list(plans))[0], mappings)
        return Taken(record=given.record(topic, None), answer=None)
    plan, event = fitting(value, plans, material, path)
    topic = given.topic or topic_named(plan, mappings)
    answer = Decoded(event=event, schema=plan.spec.source.schema_)
    return Taken(record=given.record(topic, b""), answer=answer)


def fitting(
    value: object, plans: tuple[Plan, ...], material: Material, path: Path
) -> tuple[Plan, dict[str, object]]:
    """Return a mapping whose schema a value fits, and the event that it is.

    Raises:
        UsageError: It fits none, or several.
    """
    schemas = {name: reader.schema for name, reader in material.readers.items()}
    fits: list[tuple[Plan, dict[str, object]]] = []
    problems: list[str] = []
    for plan in {plan.spec.source.schema_: plan for plan in reversed(plans)}.values():
        name = plan.spec.source.schema_
        try:
            fits.append((plan, event_of(value, schemas[name], schemas)))
        except RecordShapeError as error:
            problems.append(f"{name}: {error}")
    if not fits and len(problems) == 1:
        what = problems[0].partition(": ")[2]
        raise UsageError(f"{path} does not fit its schema: {what}")
    if not fits:
        each = "\n  ".join(reversed(problems))
        raise UsageError(f"{path} fits the schema of no mapping:\n  {each}")
    if len(fits) > 1:
        names = ", ".join(plan.spec.name for plan, _ in reversed(fits))
        raise UsageError(f"{path} fits several schemas: name one mapping of {names}")
    return fits[0]


# ----------------------------------------------------------------------------- bytes


def decoded_text(text: str, *, is_hex: bool) -> bytes:
    """Return the bytes that a person wrote as hex digits or base64.

    Raises:
        UsageError: They are none.
    """
    try:
        if is_hex:
            return bytes.fromhex(text.strip().removeprefix("0x"))
        return base64.b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error):
        form = "hex digits" if is_hex else "base64"
        raise UsageError(f"these are no {form}") from None


def from_bytes(
    value: bytes, given: Given, material: Material, writers: Writers
) -> Taken:
    """Return the record of some bytes, read as the mappings of its topic say."""
    mappings = material.mappings
    topic = given.topic or sole_topic(mappings)
    rule = rule_of(mappings.rule(topic)) if topic else any_rule(mappings)
    record = given.record(topic or "", value)
    answer = writers.decode(record, rule)
    if topic is None and isinstance(answer, Decoded):
        plan = next(
            plan for plan in mappings.plans if plan.spec.source.schema_ == answer.schema
        )
        record = given.record(topic_named(plan, mappings), value)
    return Taken(record=record, answer=answer, framing=rule.framing)


def sole_topic(mappings: MappingSet) -> str | None:
    """Return the topic, when there is one mapping only."""
    plans = mappings.plans
    return topic_named(plans[0], mappings) if len(plans) == 1 else None


def any_rule(mappings: MappingSet) -> TopicRule:
    """Return how to read a record of any topic: by what names its schema."""
    names = (plan.spec.source.schema_ for plan in mappings.plans)
    return TopicRule(Framing.AUTO, tuple(dict.fromkeys(names)))


# --------------------------------------------------------------------------- cluster


def place_of(text: str, settings: Settings) -> tuple[str, int, int]:
    """Return topic, partition and offset of `topic:partition:offset`.

    Raises:
        UsageError: It has another shape.
    """
    parts = text.rsplit(":", 2)
    if len(parts) != 3 or not all(part.isdecimal() for part in parts[1:]):  # noqa: PLR2004 - see above
        raise UsageError(f"{text} is no topic:partition:offset")
    return settings.topics.get(parts[0], parts[0]), int(parts[1]), int(parts[2])


def from_cluster(
    place: tuple[str, int, int],
    settings: Settings,
    mappings: MappingSet,
    writers: Writers,
) -> Taken:
    """Return a record of the cluster; a dead letter becomes the record that it was."""
    with Cluster(settings.kafka.properties) as cluster:
        record = cluster.one(*place)
    letter = opened(record)
    if letter is not None:
        record = letter.origin
    rule = rule_of(mappings.rule(record.source.topic))
    answer = None if record.value is None else writers.decode(record, rule)
    return Taken(record=record, answer=answer, framing=rule.framing, letter=letter)


def headers_of(texts: tuple[str, ...]) -> Iterator[Header]:
    """Give the headers of `NAME:HEX`.

    Raises:
        UsageError: One has another shape.
    """
    for text in texts:
        name, colon, digits = text.rpartition(":")
        if not colon:
            raise UsageError(f"{text} is no NAME:HEX")
        yield name, decoded_text(digits, is_hex=True)
