"""The mappings of one deployment: records in, items out.

Rules:
- Every mapping whose topic and schema match a record applies, in order of its name.
- All or none: the first that refuses the record refuses it for all.
- Items for one profile are joined into one: later values win, the hold is the shortest,
  the priority the highest, and all their mappings are named.
- A mapping in shadow has no part in that: what it makes, or refuses, stands beside it.
- Nothing is explained unless something goes wrong: only then is the record run again,
  step by step, to say which rule refused it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from consumer.errors import MappingError
from consumer.mapping.compiling import REFUSALS, MapFunction, compile_write
from consumer.mapping.explaining import blame
from consumer.mapping.joining import one_each
from consumer.mapping.plan import Plan
from consumer.mapping.topic_pattern import of_kafka
from consumer.model import (
    Decoded,
    Failure,
    Mapped,
    Record,
    SkipReason,
    Stage,
)

__all__ = ["MappingSet", "TopicClaim"]

UNMAPPED = Mapped(items=(), skipped=SkipReason.UNMAPPED, mappings=())
TOMBSTONE = Mapped(items=(), skipped=SkipReason.TOMBSTONE, mappings=())


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicClaim:
    """What the mappings say of one real topic.

    Attributes:
        framing: How its records name their schema: `auto`, `confluent`, ...
        readers: Full names of the schemas that are claimed, in order of mapping names.
    """

    framing: str
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The mappings of one topic and schema, compiled."""

    plans: tuple[Plan, ...]
    run: MapFunction


@dataclass(slots=True, kw_only=True)
class MappingSet:
    """A checked set. Nothing changes after it is made, but for what it remembers.

    Attributes:
        version: Hash over the files' versions.
        files: Path of each file, to its git blob id.
        plans: In order of mapping names.
        shadows: Names of the mappings whose items are made and not sent.
        topics: Real names of the topics that are named.
        patterns: Regular expressions of topics, for real names.
    """

    version: str
    files: Mapping[str, str]
    plans: tuple[Plan, ...]
    real: Mapping[str, str]
    shadows: frozenset[str] = frozenset()
    topics: frozenset[str] = field(init=False)
    patterns: tuple[str, ...] = field(init=False)
    events: dict[tuple[str, str], Claim | None] = field(init=False, repr=False)
    deletes: dict[str, Claim | None] = field(init=False, repr=False)
    beside: dict[tuple[str, str | None], tuple[Claim, ...]] = field(
        init=False, repr=False
    )
    compiled: dict[tuple[str, bool], MapFunction] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile every mapping."""
        self.topics = frozenset(t for plan in self.plans for t in self.named(plan))
        patterns = [plan.spec.source.pattern for plan in self.plans]
        self.patterns = tuple(
            dict.fromkeys(of_kafka(one) for one in patterns if one is not None)
        )
        self.events, self.deletes, self.beside = {}, {}, {}
        self.compiled = {}
        for plan in self.plans:
            name = plan.spec.name
            route = msgspec.structs.replace(plan.route, mapping_set=self.version)
            self.compiled[name, False] = compile_write(plan.event, route)
            if plan.delete is not None:
                self.compiled[name, True] = compile_write(plan.delete, route)

    def named(self, plan: Plan) -> tuple[str, ...]:
        """Return the real names of the topics that a mapping names."""
        source = plan.spec.source
        names = (source.topic,) if source.topic is not None else source.topics or ()
        return tuple(self.real.get(name, name) for name in names)

    def of_topic(self, topic: str) -> tuple[Plan, ...]:
        """Return the mappings that claim a real topic, in order of their names."""
        return tuple(
            plan
            for plan in self.plans
            if topic in self.named(plan) or matches(plan.spec.source.pattern, topic)
        )

    def names(self, topic: str) -> tuple[str, ...]:
        """Return the names of the mappings that claim a real topic and may send."""
        names = (plan.spec.name for plan in self.of_topic(topic))
        return tuple(name for name in names if name not in self.shadows)

    def rule(self, topic: str) -> TopicClaim:
        """Return what the mappings say of a real topic."""
        plans = self.of_topic(topic)
        return TopicClaim(
            framing=plans[0].spec.source.framing if plans else "auto",
            readers=tuple(dict.fromkeys(p.spec.source.schema_ for p in plans)),
        )

    def owner(self, mappings: Sequence[str]) -> str:
        """Return the owners of some mappings, each once, with commas between."""
        owners = (p.spec.owner for p in self.plans if p.spec.name in mappings)
        return ",".join(dict.fromkeys(owner for owner in owners if owner))

    def map(self, record: Record, decoded: Decoded) -> Mapped | Failure:
        """Return what the mappings make of a record with a value."""
        key = (record.source.topic, decoded.schema)
        try:
            claim = self.events[key]
        except KeyError:
            claim = self.events[key] = self.claim(*key)
        if claim is None:
            return UNMAPPED
        return self.made(claim, decoded.event, record)

    def map_tombstone(self, record: Record) -> Mapped | Failure:
        """Return what the mappings make of a record without a value."""
        topic = record.source.topic
        if topic not in self.deletes:
            self.deletes[topic] = self.claim_deletes(topic)
        claim = self.deletes[topic]
        if claim is None:
            return TOMBSTONE
        return self.made(claim, None, record)

    def shadowed(
        self, record: Record, decoded: Decoded | None
    ) -> Iterator[tuple[str, Mapped | Failure]]:
        """Give what each mapping in shadow makes of a record, by its name.

        Args:
            record: The record.
            decoded: Its event; None when it has no value.
        """
        key = record.source.topic, None if decoded is None else decoded.schema
        if key not in self.beside:
            self.beside[key] = tuple(self.claims_beside(*key))
        event = None if decoded is None else decoded.event
        for claim in self.beside[key]:
            yield claim.plans[0].spec.name, self.made(claim, event, record)

    def made(
        self, claim: Claim, event: dict[str, object] | None, record: Record
    ) -> Mapped | Failure:
        """Return what a claim makes of a record, or why it refuses it."""
        try:
            return claim.run(event, record)
        except REFUSALS as error:
            return self.failure(claim, event, record, error)

    def failure(
        self,
        claim: Claim,
        event: dict[str, object] | None,
        record: Record,
        error: Exception,
    ) -> Failure:
        """Return why a record was refused, and by which set."""
        found = failure(claim, event, record, error)
        return msgspec.structs.replace(found, mapping_set=self.version)

    def claim(self, topic: str, schema: str) -> Claim | None:
        """Return the mappings of one topic and schema, joined into one function."""
        plans = [p for p in self.of_topic(topic) if p.spec.source.schema_ == schema]
        return self.joined(plans, delete=False)

    def claim_deletes(self, topic: str) -> Claim | None:
        """Return the mappings of one topic that say what a tombstone does."""
        plans = [plan for plan in self.of_topic(topic) if plan.delete is not None]
        return self.joined(plans, delete=True)

    def claims_beside(self, topic: str, schema: str | None) -> Iterator[Claim]:
        """Give the mappings in shadow of one topic and schema, or of its tombstones."""
        for plan in self.of_topic(topic):
            claims = (
                plan.delete is not None
                if schema is None
                else plan.spec.source.schema_ == schema
            )
            if claims and plan.spec.name in self.shadows:
                run = self.compiled[plan.spec.name, schema is None]
                yield Claim(plans=(plan,), run=run)

    def joined(self, plans: list[Plan], *, delete: bool) -> Claim | None:
        """Return one function for `plans` but those in shadow; None for no plan."""
        if not plans:
            return None
        live = [plan for plan in plans if plan.spec.name not in self.shadows]
        if not live:
            names = tuple(plan.spec.name for plan in plans)
            nothing = Mapped(items=(), skipped=SkipReason.SHADOW, mappings=names)
            return Claim(plans=(), run=lambda _event, _record: nothing)
        functions = [self.compiled[plan.spec.name, delete] for plan in live]
        run = functions[0] if len(functions) == 1 else Join(functions, live).run
        return Claim(plans=tuple(live), run=run)


def matches(pattern: str | None, topic: str) -> bool:
    """Return whether a pattern, if there is one, claims the whole name of a topic."""
    return pattern is not None and re.fullmatch(pattern, topic) is not None


class Join:
    """Several mappings of one topic and schema. Owned by its `MappingSet`."""

    def __init__(self, functions: list[MapFunction], plans: list[Plan]) -> None:
        """Keep the functions in order of their mappings' names."""
        self.functions = functions
        self.names = tuple(plan.spec.name for plan in plans)

    def run(self, event: dict[str, object] | None, record: Record) -> Mapped:
        """Return what all mappings make of a record, one item for each profile."""
        parts = [function(event, record) for function in self.functions]
        items = one_each([item for part in parts for item in part.items])
        skipped = None if items else parts[0].skipped
        return Mapped(items=items, skipped=skipped, mappings=self.names)


def failure(
    claim: Claim,
    event: dict[str, object] | None,
    record: Record,
    error: Exception,
) -> Failure:
    """Return why a record was refused, naming the rule and no value."""
    code = error.code if isinstance(error, MappingError) else "unexpected"
    said = str(error) if isinstance(error, MappingError) else type(error).__name__
    for plan in claim.plans:
        rule = blame(plan, event, record)
        if rule is not None:
            return Failure(
                stage=Stage.MAPPING,
                code=code,
                message=f"{plan.spec.name}: {rule}: {said}",
                mappings=(plan.spec.name,),
            )
    return Failure(
        stage=Stage.MAPPING,
        code=code,
        message=said,
        mappings=tuple(plan.spec.name for plan in claim.plans),
    )
