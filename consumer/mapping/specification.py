"""A mapping file as values: what may stand in it, and of which shape.

Short forms become long ones here: a text that stands for a rule becomes `{from: text}`,
`trim` becomes a function without arguments, `30s` becomes seconds. What the values mean
together, and whether the schema has the paths, is judged elsewhere.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from consumer.mapping.share import Share, share_named
from consumer.mapping.zones import UnknownZoneError, zone_named
from consumer.model import EndpointName, IdKind, Priority

__all__ = [
    "LONGEST",
    "CaseSpec",
    "DefaultValues",
    "DefaultsSpec",
    "DeleteSpec",
    "Duration",
    "ForEachSpec",
    "FormatSpec",
    "FunctionSpec",
    "MappingSpec",
    "MissingSpec",
    "ParseSpec",
    "ProfileSpec",
    "RuleSpec",
    "SourceSpec",
    "Spec",
    "TestSpec",
    "ZoneSpec",
]

LONGEST = 256  # characters of a value: Target's limits page, since 2025-10-27
CLEAR = "(clear)"  # what the word `clear` becomes; no key that a file may hold
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


class Spec(BaseModel):
    """What all shapes have in common: frozen, no unknown key, no conversion."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True
    )


def seconds(value: object) -> object:
    """Return the seconds of a duration such as `30s`.

    Raises:
        ValueError: It has another shape.
    """
    found = DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('write a text with a unit, such as "30s", "5m" or "2h"')
    return float(found[1]) * UNITS[found[2]]


Duration: TypeAlias = Annotated[float, BeforeValidator(seconds)]


def one_key(value: object, *, shown: str) -> tuple[str, object]:
    """Return the only key of `value`, and what stands under it.

    Raises:
        ValueError: It has another shape.
    """
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError(f"write one key, such as `{shown}`")
    [(key, below)] = value.items()
    return str(key), below


def listed(value: object) -> object:
    """Return a single value as a tuple of one, a list as a tuple."""
    return tuple(value) if isinstance(value, list) else (value,)


def tupled(value: object) -> object:
    """Return a list as a tuple; anything else is left for the model to refuse."""
    return tuple(value) if isinstance(value, list) else value


# ---------------------------------------------------------------------------- rules


class MissingSpec(Spec):
    """What a rule does when its value is missing or comes to nothing."""

    action: Literal["skip", "reject", "clear", "use"]
    use: str = ""


def expand_missing(value: object) -> object:
    """Return `skip`, `reject`, `clear` or `{use: text}` in its long form.

    Raises:
        ValueError: It has another shape.
    """
    if isinstance(value, dict):
        key, text = one_key(value, shown="use: none")
        if key != "use":
            raise ValueError("write `skip`, `reject`, `clear` or `{use: text}`")
        return {"action": "use", "use": text}
    if value not in {"skip", "reject", "clear"}:
        raise ValueError("write `skip`, `reject`, `clear` or `{use: text}`")
    return {"action": value}


class FunctionSpec(Spec):
    """One function of `apply`: its name, and what stands under it if anything."""

    name: str
    argument: object = None


def expand_function(value: object) -> object:
    """Return `trim` or `{pluck: category}` in its long form."""
    if isinstance(value, str):
        return {"name": value}
    name, argument = one_key(value, shown="pluck: category")
    return {"name": name, "argument": argument}


class ZoneSpec(Spec):
    """A time zone: a name, or the path of a name."""

    name: str | None = None
    path: str | None = None


def expand_zone(value: object) -> object:
    """Return `UTC` or `{from: path}` in its long form.

    Raises:
        ValueError: It has another shape.
    """
    if isinstance(value, str):
        return {"name": value}
    key, path = one_key(value, shown="from: store.zone")
    if key != "from" or not isinstance(path, str):
        raise ValueError("write the name of a zone, or `{from: path}`")
    return {"path": path}


class ParseSpec(Spec):
    """How a text, or a number of seconds, becomes a value of another type."""

    kind: Literal["integer", "decimal", "boolean", "date", "timestamp", "epoch"]
    pattern: str | None = None
    zone: Annotated[ZoneSpec, BeforeValidator(expand_zone)] | None = None


def expand_parse(value: object) -> object:
    """Return `date` or `{timestamp: PATTERN, zone: ZONE}` in its long form."""
    if isinstance(value, str):
        return {"kind": value}
    zone = value.get("zone") if isinstance(value, dict) else None
    rest = value
    if zone is not None and isinstance(value, dict):
        rest = {key: one for key, one in value.items() if key != "zone"}
    kind, pattern = one_key(rest, shown='date: "%d.%m.%Y"')
    return {"kind": kind, "pattern": pattern, "zone": zone}


class FormatSpec(Spec):
    """How a value is written: exactly one of decimal, date, number, boolean."""

    decimal: Annotated[int, Field(ge=0, le=30)] | None = None
    rounding: (
        Literal["half_even", "half_up", "half_down", "up", "down", "ceiling", "floor"]
        | None
    ) = None
    date: str | None = None
    zone: Annotated[ZoneSpec, BeforeValidator(expand_zone)] | None = None
    number: Literal["plain"] | None = None
    boolean: dict[Literal["true", "false"], str] | None = None


class RuleSpec(Spec):
    """How one text comes about. Exactly one of from, cel, value, or clear."""

    from_: Annotated[tuple[str, ...], BeforeValidator(listed)] = Field((), alias="from")
    cel: str | None = None
    value: str | None = None
    missing: Annotated[MissingSpec, BeforeValidator(expand_missing)] | None = None
    parse: Annotated[ParseSpec, BeforeValidator(expand_parse)] | None = None
    apply: Annotated[
        tuple[Annotated[FunctionSpec, BeforeValidator(expand_function)], ...],
        BeforeValidator(listed),
    ] = ()
    translate: dict[str, str] | None = None
    otherwise: str | None = None
    format: FormatSpec | None = None
    max_length: Annotated[int, Field(ge=1)] | None = None
    clear: bool = Field(default=False, alias=CLEAR)
    description: str | None = None
    personal: bool | None = None


def expand_rule(value: object) -> object:
    """Return a path, or the word `clear`, in its long form."""
    if value == "clear":
        return {CLEAR: True}
    return {"from": [value]} if isinstance(value, str) else value


Rule: TypeAlias = Annotated[RuleSpec, BeforeValidator(expand_rule)]


def storable(text: str) -> str:
    """Return a text that Target can store.

    Raises:
        ValueError: It cannot.
    """
    if not 0 < len(text) <= LONGEST:
        raise ValueError(f"write 1 to {LONGEST} characters: Target stores no others")
    return text


def stored(spec: MissingSpec) -> MissingSpec:
    """Return a `missing` of which the text can be stored."""
    if spec.action == "use":
        storable(spec.use)
    return spec


def zone_name(name: str) -> str:
    """Return the name of a time zone.

    Raises:
        ValueError: There is none of that name.
    """
    try:
        zone_named(name)
    except UnknownZoneError:
        raise ValueError("there is no time zone of that name") from None
    return name


# ------------------------------------------------------------------------- mappings


class SourceSpec(Spec):
    """Which records a mapping claims: exactly one of topic, topics, pattern."""

    topic: str | None = None
    topics: Annotated[tuple[str, ...], BeforeValidator(tupled)] | None = None
    pattern: str | None = None
    schema_: str = Field(alias="schema")
    framing: Literal["auto", "confluent", "header", "single_object", "bare"] = "auto"
    root: str | None = None


class DefaultValues(Spec):
    """What the mappings of a folder say when they say nothing; all may be left out."""

    owner: str = ""
    cleared: Annotated[str, AfterValidator(storable)] = ""
    zone: Annotated[str, AfterValidator(zone_name)] = ""
    missing: (
        Annotated[MissingSpec, BeforeValidator(expand_missing), AfterValidator(stored)]
        | None
    ) = None
    send_within: Duration = 0.0
    priority: Annotated[Priority, Field(strict=False)] = Priority.NORMAL
    endpoint: Annotated[EndpointName, Field(strict=False)] = EndpointName.AUTO
    no_profile: Literal["reject", "skip"] = "reject"


class DefaultsSpec(Spec):
    """A file of defaults."""

    version: Literal[1] = 1
    defaults: DefaultValues


class ForEachSpec(Spec):
    """The list of which each element makes an item, and what rules call an element."""

    name: str
    path: str


def expand_for_each(value: object) -> object:
    """Return `{item: members}` in its long form.

    Raises:
        ValueError: It has another shape.
    """
    name, path = one_key(value, shown="item: members")
    if not isinstance(path, str):
        raise ValueError("write the path of a list, such as `item: members`")  # noqa: TRY004 - pydantic takes ValueError
    return {"name": name, "path": path}


class ProfileSpec(Spec):
    """One alternative of the profile: the kind of id, and the rule that gives it."""

    kind: Annotated[IdKind, Field(strict=False)]
    rule: Rule


def expand_profile(value: object) -> object:
    """Return `{pc_id: path}` in its long form."""
    kind, below = one_key(value, shown="third_party_id: customer.crm_id")
    return {"kind": kind, "rule": below}


Profiles: TypeAlias = Annotated[
    tuple[Annotated[ProfileSpec, BeforeValidator(expand_profile)], ...],
    BeforeValidator(listed),
]


class CaseSpec(Spec):
    """Attributes that are written when a condition holds and none before it did."""

    when: str | None = None
    attributes: dict[str, Rule]


class DeleteSpec(Spec):
    """What a record without a value writes; its rules see `meta` only."""

    profile: Profiles
    attributes: dict[str, Rule]


class TestSpec(Spec):
    """One test of a mapping, beside it in its file."""

    __test__ = False  # for pytest: this is no test class

    name: str
    base: str | None = None
    record: dict[str, object] | None = {}
    meta: dict[str, object] = {}
    expect: object = None
    contains: object = None


class MappingSpec(Spec):
    """One mapping file."""

    version: Literal[1]
    name: str
    owner: str = ""
    description: str | None = None
    source: SourceSpec
    when: str | None = None
    profile: Profiles
    profiles: Literal["first", "all"] = "first"
    no_profile: Literal["reject", "skip"] = "reject"
    occurred_at: Rule | None = None
    order: Literal["offset", "event_time"] = "offset"
    stamp: str | None = None
    send_within: Duration = 0.0
    merge: Literal["eager", "window"] = "eager"
    send: Literal["always", "changed"] = "always"
    endpoint: Annotated[EndpointName, Field(strict=False)] = EndpointName.AUTO
    priority: Annotated[Priority, Field(strict=False)] = Priority.NORMAL
    share: Annotated[Share, BeforeValidator(share_named)] | None = None
    for_each: Annotated[ForEachSpec, BeforeValidator(expand_for_each)] | None = None
    attributes: dict[str, Rule] = {}
    cases: Annotated[tuple[CaseSpec, ...], BeforeValidator(tupled)] = ()
    on_delete: DeleteSpec | None = None
    tests: Annotated[tuple[TestSpec, ...], BeforeValidator(tupled)] = ()
