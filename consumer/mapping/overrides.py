"""An operator's overrides: what stands over the mapping files for a while.

    mappings:
      loan-funded: {mode: hold}
      kiosk-accessed: {priority: low, calls_per_day: 50000}

Rules:
- `mode: live | shadow | hold`, `priority`, `endpoint` and `calls_per_day` of mappings that
  exist; an empty file overrides nothing.
- `live`, written out, also switches the guard of the mapping and of its topics off.
- Mappings of one topic name the same endpoint, overrides included.
- A hold stops partitions, because nothing of a partition overtakes what is held: so it
  stops all mappings of the same topics, and they are named.
- The file is wrong as a whole or not at all.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

import msgspec
from pydantic import BeforeValidator, Field

from consumer.errors import ConfigurationError, FileFault
from consumer.mapping.faults import FaultCode, Faults, did_you_mean
from consumer.mapping.file_checks import unbuilt_endpoint
from consumer.mapping.mapping_set import MappingSet, matches
from consumer.mapping.plan import Plan
from consumer.mapping.reading import validated
from consumer.mapping.set_checks import note_endpoints
from consumer.mapping.specification import Spec
from consumer.mapping.version import blob_id
from consumer.model import EndpointName, Priority
from consumer.yamlfile import Document, Path, read_yaml

__all__ = [
    "NO_OVERRIDES",
    "CheckedOverrides",
    "Mode",
    "Override",
    "Overrides",
    "check_overrides",
    "load_overrides",
    "overridden",
]

REFERENCE = "Compare it with `Overrides` in the README."


class Mode(enum.StrEnum):
    """What becomes of a mapping's items."""

    LIVE = "live"
    SHADOW = "shadow"
    HOLD = "hold"


def calls(value: object) -> object:
    """Return a number of calls.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("write a whole number of at least 1; `mode: hold` sends none")
    return value


def kept(value: object) -> object:
    """Return no mappings where the key stands alone, its entries commented out."""
    return {} if value is None else value


class Override(Spec):
    """What is said of one mapping; None where nothing is.

    Attributes:
        mode: What becomes of its items.
        priority: In place of the file's.
        endpoint: In place of the file's.
        calls_per_day: Its share of the calls in any rolling 24 hours.
    """

    mode: Annotated[Mode, Field(strict=False)] | None = None
    priority: Annotated[Priority, Field(strict=False)] | None = None
    endpoint: Annotated[EndpointName, Field(strict=False)] | None = None
    calls_per_day: Annotated[int, BeforeValidator(calls)] | None = None


class OverridesSpec(Spec):
    """The file."""

    mappings: Annotated[dict[str, Override], BeforeValidator(kept)] = Field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """A file that was read.

    Attributes:
        version: Git blob id of the file; empty for none.
        of: Mapping name to what is said of it.
    """

    version: str = ""
    of: Mapping[str, Override] = field(default_factory=dict)

    def names(self, mode: Mode) -> frozenset[str]:
        """Return the mappings that are expressly in a mode."""
        return frozenset(name for name, one in self.of.items() if one.mode is mode)

    def only(self, mappings: MappingSet) -> Overrides:
        """Return what is said of mappings that are in a set."""
        there = {plan.spec.name for plan in mappings.plans}
        return replace(self, of={n: one for n, one in self.of.items() if n in there})


NO_OVERRIDES = Overrides()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedOverrides:
    """What a check found.

    Attributes:
        faults: In order of place; warnings name what a hold also stops.
        overrides: What the file says; None when there is an error.
    """

    faults: tuple[FileFault, ...]
    overrides: Overrides | None


def check_overrides(text: str, file: str, mappings: MappingSet) -> CheckedOverrides:
    """Check an overrides file.

    Args:
        text: Its text.
        file: Its path, for messages.
        mappings: The mappings as their files have them.
    """
    try:
        document = read_yaml(text, file)
    except ConfigurationError as error:
        return CheckedOverrides(faults=error.faults, overrides=None)
    faults = Faults(document)
    spec = read(document, faults)
    if spec is not None:
        judge(spec, faults, mappings)
    found = sorted(faults.found, key=lambda fault: (fault.line, fault.column))
    right = all(fault.severity != "error" for fault in found)
    return CheckedOverrides(
        faults=tuple(found),
        overrides=Overrides(version=blob_id(text), of=dict(spec.mappings))
        if spec is not None and right
        else None,
    )


def load_overrides(text: str, file: str, mappings: MappingSet) -> Overrides:
    """Return overrides that can be used; the arguments are those of `check_overrides`.

    Raises:
        ConfigurationError: With every fault of the file.
    """
    found = check_overrides(text, file, mappings)
    if found.overrides is None:
        raise ConfigurationError(found.faults)
    return found.overrides


def overridden(mappings: MappingSet, overrides: Overrides) -> MappingSet:
    """Return a set whose items go the way that the overrides say."""
    plans = tuple(rerouted(p, overrides.of.get(p.spec.name)) for p in mappings.plans)
    return replace(mappings, plans=plans, shadows=overrides.names(Mode.SHADOW))


def rerouted(plan: Plan, override: Override | None) -> Plan:
    """Return a plan whose route is as an override says."""
    if override is None:
        return plan
    route = msgspec.structs.replace(
        plan.route,
        priority=override.priority or plan.route.priority,
        endpoint=override.endpoint or plan.route.endpoint,
    )
    return replace(plan, route=route)


def read(document: Document, faults: Faults) -> OverridesSpec | None:
    """Return what a file says; None, and faults noted, when its shape is wrong."""
    if document.value is None:
        return OverridesSpec()
    begin = "Begin with `mappings:`, or leave the file empty."
    return validated(
        OverridesSpec,
        document,
        faults,
        known_keys,
        begin=begin,
        reference=REFERENCE,
    )


def known_keys(path: Path) -> list[str]:
    """Return the keys that may stand beside the last one of `path`."""
    return list(OverridesSpec.model_fields if len(path) == 1 else Override.model_fields)


def judge(spec: OverridesSpec, faults: Faults, mappings: MappingSet) -> None:
    """Note what a file says and cannot mean."""
    plans = {plan.spec.name: plan for plan in mappings.plans}
    for name, override in spec.mappings.items():
        path: Path = ("mappings", name)
        plan = plans.get(name)
        if plan is None:
            faults.add(
                FaultCode.UNKNOWN_MAPPING,
                path,
                f"There is no mapping `{name[:100]}`.",
                did_you_mean(name, plans),
                at_key=True,
            )
            continue
        if override.endpoint is not None:
            judge_endpoint(spec, faults, mappings, plan)
        if override.mode is Mode.HOLD:
            note_stopped(spec, faults, mappings, plan, "mode")
        elif override.calls_per_day is not None:
            note_stopped(spec, faults, mappings, plan, "calls_per_day")


def judge_endpoint(
    spec: OverridesSpec, faults: Faults, mappings: MappingSet, plan: Plan
) -> None:
    """Note an endpoint that is not built, or that another mapping does not have."""
    path: Path = ("mappings", plan.spec.name, "endpoint")
    endpoint = endpoint_of(spec, plan)
    if unbuilt_endpoint(endpoint, path, faults):
        return
    for other, topic in beside(mappings, plan):
        if endpoint_of(spec, other) is not endpoint:
            name = other.spec.name
            note_endpoints(
                faults, path, topic, (name, endpoint_of(spec, other)), endpoint
            )


def endpoint_of(spec: OverridesSpec, plan: Plan) -> EndpointName:
    """Return the endpoint of a mapping, an override included."""
    override = spec.mappings.get(plan.spec.name)
    found = None if override is None else override.endpoint
    return found or plan.spec.endpoint


def note_stopped(
    spec: OverridesSpec, faults: Faults, mappings: MappingSet, plan: Plan, key: str
) -> None:
    """Warn of the mappings that stop when one is held; those that are held anyhow not."""
    held = {name for name, one in spec.mappings.items() if one.mode is Mode.HOLD}
    stopped: dict[str, list[str]] = {}
    for other, topic in beside(mappings, plan):
        if other.spec.name not in held:
            stopped.setdefault(topic, []).append(other.spec.name)
    when = "" if key == "mode" else "When its share is used up, "
    for topic, names in stopped.items():
        listed = ", ".join(f"`{name}`" for name in names)
        what = f"{'the' if when else 'The'} hold of `{plan.spec.name}`"
        faults.add(
            FaultCode.ALSO_STOPPED,
            ("mappings", plan.spec.name, key),
            f"{when}{what} also stops {listed} on {topic}.",
            "Nothing, if that is meant: nothing of a partition overtakes what is held.",
            severity="warning",
        )


def beside(mappings: MappingSet, plan: Plan) -> Iterator[tuple[Plan, str]]:
    """Give the other mappings of a mapping's topics, each with a topic of both."""
    for other in mappings.plans:
        topic = common_topic(mappings, plan, other)
        if other is not plan and topic is not None:
            yield other, topic


def common_topic(mappings: MappingSet, one: Plan, other: Plan) -> str | None:
    """Return a topic that both mappings claim, as far as the files tell."""
    for plan, by in ((one, other), (other, one)):
        for topic in mappings.named(plan):
            if topic in mappings.named(by) or matches(by.spec.source.pattern, topic):
                return topic
    pattern = one.spec.source.pattern
    return f"/{pattern}/" if pattern and pattern == other.spec.source.pattern else None
