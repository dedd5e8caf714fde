"""Which fields of an event a mapping reads, and for what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from consumer.mapping.comparisons import PATH, blanked
from consumer.mapping.specification import MappingSpec, RuleSpec

__all__ = ["Origin", "reads", "rule_reads"]

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
    origin = Origin.of(spec)
    if origin.path:
        yield "`for_each`", origin.path
    for text, what in ((spec.when, "`when`"), *cases(spec)):
        yield from ((what, path) for path in origin.named(text or ""))
    for what, rule in rules(spec):
        yield from ((what, path) for path in rule_reads(rule, origin))


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


def rule_reads(rule: RuleSpec, origin: Origin) -> list[str]:
    """Return the paths of the event that a rule reads, without `event.`.

    Args:
        rule: The rule.
        origin: Where its paths begin.
    """
    zones = [one.zone for one in (rule.parse, rule.format) if one is not None]
    named = [zone.path for zone in zones if zone is not None and zone.path]
    paths = [*rule.from_, *named]
    found = [origin.whole(path) for path in paths if not path.startswith("meta.")]
    for call in rule.apply:
        if call.name in OF_ELEMENTS:
            argument = call.argument
            if isinstance(argument, dict):
                argument = argument.get("field")
            found += [f"{path}.{argument}" for path in found[:1]]
    return list(dict.fromkeys([*found, *origin.named(rule.cel or "")]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the paths of a mapping begin.

    Attributes:
        root: A record of the event; empty for the event itself.
        name: What an element of `for_each` is called; empty when there is none.
        path: The list of the elements.
    """

    root: str = ""
    name: str = ""
    path: str = ""

    @classmethod
    def of(cls, spec: MappingSpec) -> Origin:
        """Return where the paths of a mapping begin."""
        rooted = cls(root=fields(spec.source.root or ""))
        each = spec.for_each
        if each is None:
            return rooted
        return replace(rooted, name=each.name, path=rooted.whole(each.path))

    def whole(self, path: str) -> str:
        """Return a path of a rule from the event on."""
        first, dot, rest = path.partition(".")
        if self.name and first == self.name:
            return f"{self.path}{dot}{rest}"
        if not self.root or first == "event":
            return fields(path)
        return f"{self.root}.{path}"

    def named(self, text: str) -> list[str]:
        """Return the paths of the event that an expression names."""
        found = (re.sub(r"\s", "", path) for path in re.findall(PATH, blanked(text)))
        known = {"event", self.name}
        return [self.whole(path) for path in found if path.partition(".")[0] in known]


def fields(path: str) -> str:
    """Return a path without the event itself."""
    return path.removeprefix("event.")
