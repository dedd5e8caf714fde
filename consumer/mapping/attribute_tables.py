"""`consumer docs attributes`: what the mappings of a folder write, and where it is from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from consumer.catalogue.table import table
from consumer.mapping.checking import Readers
from consumer.mapping.personal import Fields, is_hidden
from consumer.mapping.plan import Plan
from consumer.mapping.reads import Origin, rule_reads
from consumer.mapping.rule import Rule
from consumer.mapping.specification import FormatSpec, MappingSpec, RuleSpec
from consumer.mapping.value_type import Kind, ValueType

__all__ = ["attributes"]

HEAD = (
    "attribute",
    "meaning",
    "values",
    "mapping",
    "source fields",
    "owner",
    "personal",
)
# What an expression ends with that chooses between two texts.
EITHER = re.compile(r"\?\s*[\"']([^\"']*)[\"']\s*:\s*[\"']([^\"']*)[\"']\s*$")
HASHES = {"sha256", "hmac_sha256"}


def attributes(plans: Sequence[Plan], readers: Readers) -> str:
    """Return the catalogue of what some mappings write, by name.

    Args:
        plans: The mappings, checked.
        readers: Reader's schemas by full name.
    """
    others = {full: reader.schema for full, reader in readers.items()}
    rows = [
        row
        for plan in plans
        for row in rows_of(plan, Fields.of(others[plan.spec.source.schema_], others))
    ]
    return table(HEAD, sorted(rows))


def rows_of(plan: Plan, fields: Fields) -> Iterator[tuple[str, ...]]:
    """Give a row for each attribute of a mapping."""
    spec = plan.spec
    origin = Origin.of(spec)
    for name, rules in rules_by_name(plan).items():
        written = [spec for spec, _ in rules]
        paths = unique(path for one in written for path in rule_reads(one, origin))
        yield (
            f"`{name}`",
            meaning(written, paths, fields),
            ", ".join(unique(v for one, rule in rules for v in values(one, rule))),
            spec.name,
            ", ".join(f"`{path}`" for path in paths),
            spec.owner,
            personal(written, paths, fields),
        )
    if spec.stamp is not None:
        said = "When the newest of the values was true."
        yield f"`{spec.stamp}`", said, "timestamp", spec.name, "", spec.owner, ""


def unique(texts: Iterable[str]) -> list[str]:
    """Return each text once, where it stands first."""
    return list(dict.fromkeys(texts))


def rules_by_name(plan: Plan) -> dict[str, list[tuple[RuleSpec, Rule]]]:
    """Return all rules of each attribute: common ones, of cases, and of `on_delete`."""
    found: dict[str, list[tuple[RuleSpec, Rule]]] = {}
    for specs, rules in written(plan):
        for name, spec in specs.items():
            found.setdefault(name, []).append((spec, rules[name]))
    return found


def written(plan: Plan) -> Iterator[tuple[Mapping[str, RuleSpec], Mapping[str, Rule]]]:
    """Give attributes as the file writes them, and as they were checked."""
    spec: MappingSpec = plan.spec
    cases = plan.event.cases
    common = next((one.attributes for one in cases if one.number is None), None)
    if common is not None:
        yield spec.attributes, common
    for case in cases:
        if case.number is not None:
            own = spec.cases[case.number].attributes
            if common is None:  # the last case always holds, so it has the common ones
                shared = {n: s for n, s in spec.attributes.items() if n not in own}
                yield shared, case.attributes
            yield own, case.attributes
    if plan.delete is not None and spec.on_delete is not None:
        yield spec.on_delete.attributes, plan.delete.cases[0].attributes


def meaning(rules: Sequence[RuleSpec], paths: Sequence[str], fields: Fields) -> str:
    """Return what an attribute tells: as a rule says it, or else as the schema does.

    An expression tells something else than the fields that it is made of.
    """
    said = [one.description for one in rules if one.description]
    if said or any(one.cel for one in rules):
        return said[0] if said else ""
    picked = [path for path in paths if any(path.startswith(f"{p}.") for p in paths)]
    docs = map(fields.doc, [*picked, *paths[:1]])
    return next(filter(None, docs), "")


def values(spec: RuleSpec, rule: Rule) -> Iterator[str]:
    """Give what a rule may write: the words themselves, or what they look like."""
    yield from words(spec, rule)
    if rule.missing == "use" and rule.may_miss:
        yield f"`{rule.text}`"


def words(spec: RuleSpec, rule: Rule) -> Iterator[str]:
    """Give what a rule writes when its value is there."""
    if rule.source.constant is not None:
        yield f"`{rule.source.constant}`"
    elif spec.format is not None:
        yield from formatted(spec.format, rule)
    elif spec.translate is not None:
        yield from quoted([*spec.translate.values(), *filter(None, [spec.otherwise])])
    elif spec.apply:
        yield from applied(spec, rule)
    else:
        either = EITHER.search(spec.cel or "")
        yield from quoted(either.groups()) if either else of_type(rule.source.type)


def quoted(texts: Iterable[str]) -> Iterator[str]:
    """Give texts as code."""
    return (f"`{text}`" for text in texts)


def formatted(shape: FormatSpec, rule: Rule) -> Iterator[str]:
    """Give what a format writes."""
    if shape.boolean:
        yield from quoted(shape.boolean.values())
    elif shape.date:
        yield f"as `{shape.date}`"
    elif shape.decimal is not None:
        yield f"number with {shape.decimal} digits after the point"
    else:
        yield from of_type(rule.source.type)


def of_type(source: ValueType) -> Iterator[str]:
    """Give what a value of a type looks like."""
    if source.kind is Kind.ENUM:
        return quoted(source.symbols)
    if source.kind is Kind.BOOLEAN:
        return quoted(["true", "false"])
    return iter([str(source.present())])


def applied(spec: RuleSpec, rule: Rule) -> Iterator[str]:
    """Give what the last function gives."""
    last = spec.apply[-1]
    names = last.argument.get("names") if isinstance(last.argument, dict) else None
    if last.name == "band" and isinstance(names, list):
        yield from quoted(map(str, names))
    elif last.name in HASHES:
        yield "64 hex digits"
    else:
        steps = [step for step in rule.steps if step.name.startswith("apply")]
        yield str(steps[-1].result.present()) if steps else "text"


def personal(rules: Sequence[RuleSpec], paths: Sequence[str], fields: Fields) -> str:
    """Return whether an attribute is personal data, as far as is known."""
    if any(one.personal for one in rules):
        return "yes"
    if any(one.personal is False for one in rules):
        return "no"
    if not any(fields.why(path.split(".")) for path in paths):
        return ""
    return "hidden" if all(map(is_hidden, reading(rules))) else "likely"


def reading(rules: Sequence[RuleSpec]) -> list[RuleSpec]:
    """Return the rules that read something."""
    return [one for one in rules if one.from_ or one.cel]
