"""Likely personal data on its way to Target, neither hashed nor marked: a warning.

A field is likely personal when its name says so (`email`, `birth_date`, `iban`), when its
schema does (`"pii": true`, a tag `PII`), or its `doc` (`Personal: ...`). A rule that
hashes, masks, counts or translates the value does not write it; `personal: true` or
`personal: false` says that somebody has thought about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from consumer.mapping.faults import FaultCode, Faults
from consumer.mapping.reads import Origin, rule_reads
from consumer.mapping.specification import MappingSpec, RuleSpec
from consumer.yamlfile import Path

__all__ = ["Fields", "check_personal", "is_hidden", "is_personal_name"]

NAME = re.compile(
    r"(^|_)("
    r"e_?mail|phone|telephone|mobile_?(number|phone)?|msisdn|fax"
    r"|ssn|social_security|national_id|tax_id|passport|driv(er|ing)_licen[cs]e"
    r"|birth|birth_?(day|date)|date_of_birth|dob"
    r"|street|address_line|(home|postal|street)_address|house_number"
    r"|(first|last|given|family|full|maiden)_?name|surname"
    r"|iban|bic|card_number|pan|cvv|account_number|ip_?address"
    r")(_|\d|$)"
)
NOT_ITSELF = re.compile(
    r"(^|_)(hash|hashed|masked|token|consent|verified|opt|type|domain|count)(_|$)"
)
DOC = re.compile(r"\bpii\b|\bpersonal (data|information)\b|\bpersonal:", re.IGNORECASE)
MARKS = ("pii", "personal", "sensitive", "gdpr")
TAGS = ("confluent:tags", "tags")
HIDING = re.compile(r"(sha|hmac|md5|hash|mask)|(count|band|flags)$")
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
NAMED = {"record", "error", "enum", "fixed"}
PLAIN = {"boolean", "null"}


def check_personal(
    spec: MappingSpec,
    faults: Faults,
    schema: Mapping[str, object],
    others: Mapping[str, object],
) -> None:
    """Note rules that write what is likely personal.

    Args:
        spec: The file.
        faults: Where it is noted.
        schema: The reader's schema.
        others: All readers' schemas by full name.
    """
    fields, origin = Fields.of(schema, others), Origin.of(spec)
    for place, what, rule in rules_of(spec):
        if rule.personal is not None or is_hidden(rule):
            continue
        for path in rule_reads(rule, origin):
            why = fields.why(path.split("."))
            if not why:
                continue
            faults.add(
                FaultCode.PERSONAL,
                place,
                f"{what} writes `{path}`, which looks like personal data ({why}).",
                "Hash it, such as `apply: [trim, lowercase, {hmac_sha256: KEY}]`, or say "
                "`personal: true` when Target may have it.",
                at_key=True,
                severity="warning",
            )
            break


def rules_of(spec: MappingSpec) -> Iterator[tuple[Path, str, RuleSpec]]:
    """Give every rule that writes a value of the event, where it stands, and its name."""
    for index, entry in enumerate(spec.profile):
        path: Path = ("profile", index, str(entry.kind))
        yield path, f"`{entry.kind}`", entry.rule
    for name, rule in spec.attributes.items():
        yield ("attributes", name), f"`{name}`", rule
    for index, case in enumerate(spec.cases):
        for name, rule in case.attributes.items():
            yield ("cases", index, "attributes", name), f"`{name}`", rule


def is_hidden(rule: RuleSpec) -> bool:
    """Return whether a rule does not write the value itself."""
    hides = any(HIDING.match(call.name) for call in rule.apply)
    return hides or rule.translate is not None or "?" in (rule.cel or "")


def is_personal_name(name: str) -> bool:
    """Return whether the name of a field says that it is personal."""
    words = HUMP.sub("_", name).replace("-", "_").lower()
    return NAME.search(words) is not None and NOT_ITSELF.search(words) is None


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a schema, with what it says of them beside their types.

    Attributes:
        schema: The event.
        names: Every named type, by full and by short name.
    """

    schema: object
    names: dict[str, dict[str, object]] = field(default_factory=dict)

    @classmethod
    def of(cls, schema: object, others: Mapping[str, object]) -> Fields:
        """Return the fields of `schema`, whose names may stand in `others`."""
        found = cls(schema)
        for one in (schema, *others.values()):
            found.collect(one)
        return found

    def collect(self, schema: object) -> None:
        """Note every named type below `schema`."""
        if isinstance(schema, list):
            for branch in schema:
                self.collect(branch)
        if not isinstance(schema, dict):
            return
        if schema.get("type") in NAMED:
            self.names.setdefault(str(schema.get("name")).rpartition(".")[2], schema)
        for inner in (schema.get("type"), schema.get("items"), schema.get("values")):
            self.collect(inner)
        for one in entries(schema):
            self.collect(one.get("type"))

    def find(self, segments: list[str]) -> list[dict[str, object]]:
        """Return the field at a path, once for each branch of a union that has it."""
        below: list[object] = [self.schema]
        found: list[dict[str, object]] = []
        for segment in segments:
            step = [one for schema in below for one in self.at(schema, segment)]
            named = [one for one in step if one.get("name") == segment]
            found = named or (found if step else [])  # an entry of a map: the map
            below = [one["type"] for one in step]
        return found

    def doc(self, path: str) -> str:
        """Return what the schema says of the field at a path."""
        docs = (str(one.get("doc", "")) for one in self.find(path.split(".")))
        return next(filter(None, docs), "")

    def why(self, segments: list[str]) -> str:
        """Return why the field at a path is likely personal; empty when it is not."""
        found = self.find(segments)
        reasons = [reason(one) for one in found if not self.is_choice(one["type"])]
        return next(filter(None, reasons), "")

    def at(self, schema: object, segment: str) -> list[dict[str, object]]:
        """Return the fields of that name in a type; of a map, its values."""
        if isinstance(schema, list):
            return [one for branch in schema for one in self.at(branch, segment)]
        if isinstance(schema, str):
            return self.at(self.names.get(schema.rpartition(".")[2]), segment)
        if not isinstance(schema, dict):
            return []
        kind = schema.get("type")
        if kind == "map":
            return [{"type": schema.get("values")}]
        if kind in NAMED:
            return [one for one in entries(schema) if one.get("name") == segment]
        return self.at(schema.get("items") if kind == "array" else kind, segment)

    def is_choice(self, schema: object) -> bool:
        """Return whether a type holds a truth value or a symbol, which names nobody."""
        if isinstance(schema, list):
            return all(self.is_choice(branch) for branch in schema)
        if isinstance(schema, dict):
            return schema.get("type") == "enum" or self.is_choice(schema.get("type"))
        named = self.names.get(str(schema).rpartition(".")[2])
        return schema in PLAIN or (named is not None and named.get("type") == "enum")


def entries(schema: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the fields of a record's schema that have a type."""
    found = schema.get("fields")
    fields = found if isinstance(found, list) else []
    return [one for one in fields if isinstance(one, dict) and "type" in one]


def reason(one: Mapping[str, object]) -> str:
    """Return why a field is likely personal; empty when it is not."""
    inner = one["type"]
    for holder in (one, inner if isinstance(inner, dict) else {}):
        if any(holder.get(mark) is True for mark in MARKS):
            return "its schema says so"
        tags = [tag for key in TAGS for tag in listed(holder.get(key))]
        if any(str(tag).upper() in {"PII", "PERSONAL", "SENSITIVE"} for tag in tags):
            return "its schema says so"
    if DOC.search(str(one.get("doc", ""))):
        return "its `doc` says so"
    return "its name" if is_personal_name(str(one.get("name", ""))) else ""


def listed(value: object) -> list[object]:
    """Return a list as it is, nothing as an empty one, anything else as its only one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]
