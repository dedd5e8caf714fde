"""A sensible rule for each field of an event, as an author would begin.

Rules:
- A field that may be null is skipped then; so is a text that comes to nothing.
- What could identify a person is hashed or left out, with the reason.
- What has no text of its own is left out, with the reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consumer.errors import ConfigurationError
from consumer.mapping.paths import Scope, resolve
from consumer.mapping.step import StepError
from consumer.mapping.value_type import Kind, ValueType
from consumer.yamlfile import read_yaml

__all__ = ["Leaf", "Suggestion", "leaves", "quoted", "suggestion", "words"]

LONGEST = 256  # characters of a value: Target's limits page
PLACES = 30  # digits after the point that a format takes
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_/-]*")

# Personal texts that the same person writes the same way, once they are trimmed.
HASHED = frozenset({"email", "mail", "phone", "mobile", "msisdn", "telephone", "fax"})
AS_TEXT = frozenset({
    *(Kind.TEXT, Kind.ENUM, Kind.INTEGER, Kind.FLOAT, Kind.DECIMAL),
    *(Kind.BOOLEAN, Kind.UUID, Kind.DATE),
})
FORMATS = {
    Kind.FLOAT: "{decimal: 2, rounding: half_even}",
    Kind.DATE: '{date: "%Y-%m-%d"}',
    Kind.TIME: '{date: "%H:%M:%S"}',
    Kind.TIMESTAMP: '{date: "%Y-%m-%dT%H:%M:%SZ", zone: UTC}',
    Kind.LOCAL_TIMESTAMP: '{date: "%Y-%m-%dT%H:%M:%S"}',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A field that a rule could read.

    Attributes:
        names: Names of the fields on the way, itself last.
        path: As a rule writes it.
        type: Of its value, as a rule sees it; None when no path reaches it.
    """

    names: tuple[str, ...]
    path: str
    type: ValueType | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to write for a field.

    Attributes:
        rule: The rule; empty when the field is left out.
        note: Why it is left out, or what to decide; may be empty.
    """

    rule: str
    note: str = ""


def leaves(
    event: ValueType, schema: str, above: tuple[str, ...] = ()
) -> Iterator[Leaf]:
    """Give every field of an event that is no record, in order of the schema."""
    scope = Scope(event=event, schema=schema)
    yield from below(event, scope, above)


def below(record: ValueType, scope: Scope, above: tuple[str, ...]) -> Iterator[Leaf]:
    """Give the fields below a record."""
    for name, kind in record.fields.items():
        names = (*above, name)
        if kind.kind is Kind.RECORD:
            yield from below(kind, scope, names)
            continue
        path = path_of(names)
        try:
            found = resolve(path, scope).type
        except StepError:
            found = None
        yield Leaf(names=names, path=path, type=found)


def path_of(names: Sequence[str]) -> str:
    """Return the path of a field, with `event` before it where it needs that."""
    path = ".".join(names)
    is_taken = names[0] in {"meta", "event"} or path == "clear"
    return f"event.{path}" if is_taken or quoted(path) != path else path


def quoted(text: str) -> str:
    """Return a text as YAML writes it: with quotes only where it needs some."""
    if is_plain(text):
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def is_plain(text: str) -> bool:
    """Return whether YAML reads `text`, written without quotes, as that text."""
    if not all(PLAIN.fullmatch(part) for part in text.split(".")):
        return False
    try:
        return read_yaml(text, "").value == text
    except ConfigurationError:
        return False


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name in small letters: `crmId`, `crm_id`, `CRM-ID`."""
    return tuple(word.lower() for word in WORD.findall(name))


def suggestion(leaf: Leaf, personal: str = "") -> Suggestion:
    """Return what to write for a field.

    Args:
        leaf: The field.
        personal: Why it is likely personal; empty when it is not.
    """
    if leaf.type is None:
        return Suggestion("", "no path can name it")
    if not personal:
        return by_type(quoted(leaf.path), leaf.type)
    if HASHED & set(words(leaf.names[-1])) and leaf.type.kind is Kind.TEXT:
        apply = "missing: skip, apply: [trim, lowercase, sha256]"
        rule = f"{{from: {quoted(leaf.path)}, {apply}}}"
        return Suggestion(rule, "personal: leaves as a hash only")
    return Suggestion("", f"looks personal ({personal}): decide before you write it")


def by_type(path: str, kind: ValueType) -> Suggestion:
    """Return what to write for a value of a type."""
    steps = list(steps_of(kind))
    if steps == ["no"]:
        return Suggestion("", f"{kind.present()}: it has no text of its own")
    if kind.nullable and "missing: skip" not in steps:
        steps.insert(0, "missing: skip")
    if not steps:
        return Suggestion(path)
    note = "" if kind.kind is not Kind.TIMESTAMP else "name the zone of your readers"
    return Suggestion(f"{{from: {path}, {', '.join(steps)}}}", note)


def steps_of(kind: ValueType) -> Iterator[str]:
    """Give the keys of a rule beside `from`; `no` alone when there is no rule."""
    match kind.kind:
        case Kind.TEXT:
            yield from ("missing: skip", "apply: [trim]", f"max_length: {LONGEST}")
        case Kind.ENUM:
            yield f"translate: {{{', '.join(map(entry, kind.symbols))}}}"
        case Kind.DECIMAL:
            yield decimal(kind.scale or 0)
        case Kind.INTEGER | Kind.BOOLEAN | Kind.UUID:
            return
        case Kind.LIST | Kind.MAP:
            yield from listed(kind)
        case Kind.UNION if all(one.kind in AS_TEXT for one in kind.members):
            yield from ("missing: skip", f"max_length: {LONGEST}")
        case _:
            known = FORMATS.get(kind.kind)
            yield f"format: {known}" if known else "no"


def listed(kind: ValueType) -> Iterator[str]:
    """Give the keys of a rule for a list or a map."""
    element = kind.element
    if kind.kind is Kind.LIST and element is not None and element.kind in AS_TEXT:
        join = f'{{join: {{separator: ",", max_length: {LONGEST}}}}}'
        yield from ("missing: skip", f"apply: [{join}]")
    else:
        yield "apply: [count]"


def decimal(scale: int) -> str:
    """Return the format of a decimal."""
    if scale <= PLACES:
        return f"format: {{decimal: {scale}}}"
    return f"format: {{decimal: {PLACES}, rounding: half_even}}"


def entry(symbol: str) -> str:
    """Return a symbol's entry in `translate`."""
    text = symbol.lower().replace("_", "-")[:LONGEST]
    return f"{quoted(symbol)}: {quoted(text)}"
