"""One mapping file, proved against its schema: text in, a plan out, or every fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from consumer.errors import ConfigurationError, FileFault
from consumer.mapping.cel import CelScope, Condition, compile_condition
from consumer.mapping.defaults import Inherited
from consumer.mapping.faults import FaultCode, Faults, did_you_mean
from consumer.mapping.file_checks import (
    check_built,
    check_hold,
    check_names,
    check_order,
    check_source,
    check_stamp,
)
from consumer.mapping.paths import Scope
from consumer.mapping.plan import MAX_SKEW_MS, Case, Plan, Write
from consumer.mapping.reading import read_mapping
from consumer.mapping.rule import Rule
from consumer.mapping.rule_builder import RuleBuilder
from consumer.mapping.scoping import Ground, ground_of
from consumer.mapping.specification import MappingSpec, RuleSpec
from consumer.mapping.step import StepError
from consumer.mapping.value_type import ValueType, from_avro
from consumer.model import IdKind, Route
from consumer.yamlfile import Path, Value, read_yaml

__all__ = ["Checked", "Reader", "Readers", "check_file"]


class Reader(Protocol):
    """A reader's schema, as far as mappings need it."""

    @property
    def schema(self) -> Mapping[str, object]:
        """The schema's JSON."""


Readers = Mapping[str, Reader]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A file that was checked.

    Attributes:
        faults: What is wrong with it.
        spec: What it says; None when its shape is wrong.
        plan: What it does; None when anything is wrong.
        notes: For faults that only a whole set has.
    """

    faults: list[FileFault]
    spec: MappingSpec | None = None
    plan: Plan | None = None
    notes: Faults | None = None


def check_file(
    file: str,
    text: str,
    readers: Readers,
    secrets: Mapping[str, bytes] | None,
    inherited: Inherited | None = None,
    *,
    max_skew_ms: int = MAX_SKEW_MS,
) -> Checked:
    """Check one file.

    Args:
        file: Its path, for messages.
        text: Its text.
        readers: Reader's schemas by full name.
        secrets: Keys for hashing by name; None stands for the published test key.
        inherited: What the folders above it say; None for nothing.
        max_skew_ms: How far ahead of its record's timestamp an `occurred_at` may be.
    """
    try:
        document = read_yaml(text, file)
    except ConfigurationError as error:
        return Checked(faults=list(error.faults))
    faults = Faults(document)
    spec = read_mapping(document, faults)
    if spec is None:
        return Checked(faults=faults.found)
    above = inherited if inherited is not None else Inherited()
    spec = above.complete(spec)
    one = FileCheck(file, text, spec, readers, secrets, faults, above, max_skew_ms)
    plan = one.plan()
    return Checked(
        faults=faults.found,
        spec=spec,
        plan=None if faults.found else plan,
        notes=faults,
    )


@dataclass(slots=True)
class FileCheck:
    """The check of one file under way. Owned by `check_file`."""

    file: str
    text: str
    spec: MappingSpec
    readers: Readers
    secrets: Mapping[str, bytes] | None
    faults: Faults
    inherited: Inherited
    max_skew_ms: int

    def plan(self) -> Plan | None:
        """Return the plan; None when there is no schema to prove it against."""
        spec = self.spec
        check_names(spec, self.faults)
        check_source(spec.source, self.faults)
        check_built(spec, self.faults)
        check_stamp(spec, self.faults)
        check_hold(spec, self.faults)
        check_order(spec, self.faults)
        event = self.event_type()
        ground = None if event is None else ground_of(spec, event, self.faults)
        if ground is None:
            return None
        write, delete = self.write(ground), self.delete()
        version = self.inherited.version(self.text)
        return Plan(
            file=self.file,
            version=version,
            spec=spec,
            route=Route(
                mappings=(spec.name,),
                versions=(version,),
                endpoint=spec.endpoint,
                priority=spec.priority,
                send_within_seconds=spec.send_within,
                window=spec.merge == "window",
                by_event_time=spec.order == "event_time",
            ),
            event=write,
            delete=delete,
        )

    def event_type(self) -> ValueType | None:
        """Return the type of the event; None, and a fault, when nobody defines it."""
        name = self.spec.source.schema_
        reader = self.readers.get(name)
        if reader is None:
            self.faults.add(
                FaultCode.UNKNOWN_SCHEMA,
                ("source", "schema"),
                f"No file defines the schema `{name}`.",
                did_you_mean(name, self.readers),
            )
            return None
        others = {full: other.schema for full, other in self.readers.items()}
        return from_avro(reader.schema, others)

    # -------------------------------------------------------------------------- rules

    def write(self, ground: Ground) -> Write:
        """Return how a record with a value becomes items."""
        spec = self.spec
        builder = self.builder(ground.scope)
        return Write(
            when=ground.when,
            root=ground.root,
            each=ground.each,
            profiles=tuple(self.profiles(builder, ("profile",))),
            all_profiles=spec.profiles == "all",
            skip_without_profile=spec.no_profile == "skip",
            share=spec.share,
            occurred_at=self.moment(builder),
            max_skew_ms=self.max_skew_ms,
            stamp=spec.stamp,
            cases=tuple(self.cases(builder)),
        )

    def builder(self, scope: Scope) -> RuleBuilder:
        """Return what makes rules whose paths begin as `scope` says."""
        return RuleBuilder(
            CelScope.of(scope), self.secrets, self.faults, self.inherited
        )

    def moment(self, builder: RuleBuilder) -> Rule | None:
        """Return the rule of when it happened, if the file says."""
        spec = self.spec.occurred_at
        if spec is None:
            return None
        by_time = "order: event_time" if self.spec.order == "event_time" else ""
        needed = by_time if self.spec.stamp is None else "stamp"
        return builder.moment(spec, ("occurred_at",), needed=needed)

    def delete(self) -> Write | None:
        """Return how a record without a value becomes items, if the file says."""
        spec = self.spec.on_delete
        if spec is None:
            return None
        scope = Scope(event=None, schema="meta")
        builder = self.builder(scope)
        where: Path = ("on_delete", "profile")
        attributes = self.attributes(
            builder, spec.attributes, ("on_delete", "attributes")
        )
        return Write(
            when=None,
            root=None,
            each=None,
            profiles=tuple(self.profiles(builder, where)),
            all_profiles=False,
            skip_without_profile=self.spec.no_profile == "skip",
            share=self.spec.share,
            occurred_at=None,
            max_skew_ms=self.max_skew_ms,
            stamp=None,
            cases=(Case(number=None, when=None, attributes=attributes),),
        )

    def condition(
        self, text: str | None, builder: RuleBuilder, path: Path
    ) -> Condition | None:
        """Return a condition; None when there is none, or when it is at fault."""
        if text is None:
            return None
        try:
            return compile_condition(text, builder.cel)
        except StepError as error:
            self.faults.add(error.code, path, str(error), error.mend)
            return None

    def profiles(
        self, builder: RuleBuilder, path: Path
    ) -> Iterator[tuple[IdKind, Rule]]:
        """Give the alternatives of the profile."""
        deleting = path[0] == "on_delete"
        spec = self.spec
        entries = (
            spec.on_delete.profile if deleting and spec.on_delete else spec.profile
        )
        if not entries:
            self.faults.add(
                FaultCode.NOTHING_WRITTEN, path, "No profile is named.", "Name one."
            )
        listed = isinstance(value_at(self.faults.document.value, path), list)
        for index, entry in enumerate(entries):
            where = (*path, *((index,) if listed else ()), str(entry.kind))
            if entry.kind is IdKind.ECID:
                self.faults.add(
                    FaultCode.NOT_BUILT,
                    where,
                    "`ecid` needs the delivery endpoint, which is not built yet.",
                    "Use `third_party_id` or `pc_id`.",
                )
            rule = builder.optional(f"profile {entry.kind}", entry.rule, where)
            if rule is not None:
                yield entry.kind, rule

    def attributes(
        self, builder: RuleBuilder, specs: Mapping[str, RuleSpec], path: Path
    ) -> dict[str, Rule]:
        """Return the rules of attributes that are not at fault."""
        rules = {
            name: builder.attribute(name, spec, (*path, name))
            for name, spec in specs.items()
        }
        if not specs:
            self.faults.add(
                FaultCode.NOTHING_WRITTEN, path, "No attribute is written.", "Add one."
            )
        return {name: rule for name, rule in rules.items() if rule is not None}

    def cases(self, builder: RuleBuilder) -> Iterator[Case]:
        """Give the cases, common attributes included; the last always holds."""
        spec = self.spec
        common: dict[str, Rule] = {}
        if spec.attributes or not spec.cases:
            common = self.attributes(builder, spec.attributes, ("attributes",))
        for index, case in enumerate(spec.cases):
            path: Path = ("cases", index)
            inner = builder.behind(case.when)
            own = self.attributes(inner, case.attributes, (*path, "attributes"))
            if case.when is None and index < len(spec.cases) - 1:
                self.faults.add(
                    FaultCode.UNREACHABLE_CASE,
                    ("cases", index + 1),
                    "This case is never reached: the one before has no `when`.",
                    "Give that one a `when`, or move it to the end.",
                )
            yield Case(
                number=index,
                when=self.condition(case.when, builder, (*path, "when")),
                attributes={**common, **own},
            )
        if not spec.cases or spec.cases[-1].when is not None:
            yield Case(number=None, when=None, attributes=common)


def value_at(value: Value, path: Path) -> Value:
    """Return what stands at a path of keys."""
    for key in path:
        value = value.get(str(key)) if isinstance(value, dict) else None
    return value
