"""Which fields of an event a mapping reads, and for what."""

from __future__ import annotations

import re
from collections.abc import Iterator

from consumer.mapping.comparisons import PATH, blanked
from consumer.mapping.specification import MappingSpec, RuleSpec

__all__ = ["reads", "rule_reads"]

# Functions whose argument names a field of each element.
OF_ELEMENTS = {"pluck", "min_by", "max_by"}


def reads(spec: MappingSpec) -> dict[str, str]:
    """Return each path of the event that a mapping reads, and what reads it first."""
    found: dict[str, str] = {}
    for what, path in every(spec):
        found.setdefault(path, what)
    return found


def every(spec: MappingSpec) -> Iterator[tuple[str, str]]:
    """Give what reads a path, and the path, in the order of the file."""
    root = fields(spec.source.root or "")
    for text, what in ((spec.when, "`when`"), *cases(spec)):
        yield from ((what, path) for path in named(text or ""))
    for what, rule in rules(spec):
        yield from ((what, path) for path in rule_reads(rule, root))


def cases(spec: MappingSpec) -> Iterator[tuple[str | None, str]]:
    """Give the condition of each case."""
    for index, case in enumerate(spec.cases, 1):
        yield case.when, f"the `when` of case {index}"


def rules(spec: MappingSpec) -> Iterator[tuple[str, RuleSpec]]:
    """Give each rule, and what it makes."""
    for entry in spec.profile:
        yield f"`{entry.kind}`", entry.rule
    if spec.occurred_at is not None:
        yield "`occurred_at`", spec.occurred_at
    for attributes in (spec.attributes, *(case.attributes for case in spec.cases)):
        for name, rule in attributes.items():
            yield f"attribute `{name}`", rule


def rule_reads(rule: RuleSpec, root: str = "") -> list[str]:
    """Return the paths of the event that a rule reads, without `event.`.

    Args:
        rule: The rule.
        root: Where its paths begin, when that is not the event itself.
    """
    zone = rule.format.zone if rule.format is not None else None
    paths = [*rule.from_, *([zone.path] if zone is not None and zone.path else [])]
    found = [whole(path, root) for path in paths if not path.startswith("meta.")]
    for call in rule.apply:
        if call.name in OF_ELEMENTS:
            argument = call.argument
            if isinstance(argument, dict):
                argument = argument.get("field")
            found += [f"{path}.{argument}" for path in found[:1]]
    return list(dict.fromkeys([*found, *named(rule.cel or "")]))


def whole(path: str, root: str) -> str:
    """Return a path of a rule from the event on."""
    if not root or path.startswith("event."):
        return fields(path)
    return f"{root}.{path}"


def named(text: str) -> list[str]:
    """Return the fields of the event that an expression names."""
    paths = (re.sub(r"\s", "", path) for path in re.findall(PATH, blanked(text)))
    return [fields(path) for path in paths if path.startswith("event.")]


def fields(path: str) -> str:
    """Return a path without the event itself."""
    return path.removeprefix("event.")
