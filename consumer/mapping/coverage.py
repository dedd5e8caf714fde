"""Which parts of a mapping its tests touch.

Rules:
- An attribute is touched by a test that states its value: `expect` holds it, or
  `contains` names it. A value that comes out and is not stated is not tested.
- An entry of `translate`, or its `otherwise`, is touched by a test in which it is looked
  up, and which states what the rule makes (for a profile: any test that gets an item).
- A `when` is to be true and false; every case is to hold, and none of them as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from consumer.mapping.noting import Notes
from consumer.mapping.plan import Plan
from consumer.mapping.specification import MappingSpec, RuleSpec
from consumer.yamlfile import Document, Path

__all__ = ["Coverage", "Missed", "coverage_of", "stated"]


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that a test can touch.

    Attributes:
        path: Where it is in the file.
        what: `attribute`, `entry`, `true`, `false`, `holds` or `none`.
        text: What a person calls it.
    """

    path: Path
    what: str
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Something that no test touches.

    Attributes:
        line: Where it stands in the file, from 1.
        text: What it is.
    """

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of one mapping its tests touch.

    Attributes:
        mapping: Its name.
        file: Its path.
        points: How many things there are to touch; a mapping writes at least one.
        missed: What no test touches, in order of the file.
    """

    mapping: str
    file: str
    points: int
    missed: tuple[Missed, ...]

    @property
    def percent(self) -> int:
        """The whole percents that are touched; 100 only when nothing is missed."""
        return (self.points - len(self.missed)) * 100 // self.points


# -------------------------------------------------------------------- what there is


def rules_of(spec: MappingSpec) -> Iterator[tuple[Path, str, RuleSpec]]:
    """Give path, name and rule of every rule that writes or finds a profile."""
    for index, entry in enumerate(spec.profile):
        yield ("profile", index), f"profile {entry.kind}", entry.rule
    for name, rule in spec.attributes.items():
        yield ("attributes", name), f"attribute {name}", rule
    for number, case in enumerate(spec.cases):
        for name, rule in case.attributes.items():
            path: Path = ("cases", number, "attributes", name)
            yield path, f"attribute {name} of case {number}", rule
    if spec.on_delete is None:
        return
    for index, entry in enumerate(spec.on_delete.profile):
        where: Path = ("on_delete", "profile", index)
        yield where, f"profile {entry.kind} of on_delete", entry.rule
    for name, rule in spec.on_delete.attributes.items():
        where = ("on_delete", "attributes", name)
        yield where, f"attribute {name} of on_delete", rule


def points_of(spec: MappingSpec) -> Iterator[Point]:
    """Give everything that a test of a mapping can touch."""
    if spec.when is not None:
        yield Point(("when",), "true", "`when` is true")
        yield Point(("when",), "false", "`when` is false")
    conditions = [n for n, case in enumerate(spec.cases) if case.when is not None]
    for number in conditions:
        yield Point(("cases", number), "holds", f"case {number} holds")
    if conditions:
        yield Point(("cases", conditions[-1]), "none", rest_of(spec))
    for path, name, rule in rules_of(spec):
        if "attributes" in path:
            yield Point(path, "attribute", name)
        table = rule.translate or {}
        for key in table:
            yield Point((*path, "translate", key), "entry", f"{name}: translate {key}")
        if rule.otherwise is not None:
            yield Point((*path, "otherwise"), "entry", f"{name}: otherwise")


def rest_of(spec: MappingSpec) -> str:
    """Return what is taken when no condition of a case holds."""
    last = len(spec.cases) - 1
    return f"case {last} holds" if spec.cases[last].when is None else "no case holds"


# ----------------------------------------------------------------- what was touched


def stated(wanted: object) -> frozenset[str]:
    """Return the attributes whose values a test states."""
    items = wanted if isinstance(wanted, list) else [wanted]
    names: set[str] = set()
    for item in items:
        attributes = item.get("attributes") if isinstance(item, dict) else None
        names.update(attributes if isinstance(attributes, dict) else ())
    return frozenset(names)


def touched(spec: MappingSpec, notes: Notes, names: frozenset[str]) -> set[Point]:
    """Return what one test touches.

    Args:
        spec: The mapping.
        notes: What was evaluated in it.
        names: The attributes that it states.
    """
    rules = {path: rule for path, _, rule in rules_of(spec)}
    written = {path for path in notes.reached if path[-1] in names or "profile" in path}
    found = {Point(path, "attribute", "") for path in written}
    for path, key in notes.entries:
        if path in written:
            known = key in (rules[path].translate or {})
            entry: Path = (*path, "translate", key) if known else (*path, "otherwise")
            found.add(Point(entry, "entry", ""))
    for path, gave in notes.decisions:
        if path == ("when",):
            found.add(Point(path, "true" if gave else "false", ""))
        else:
            found.add(Point(path, "holds" if gave else "none", ""))
    return found


def coverage_of(
    plan: Plan, document: Document, tests: list[tuple[Notes, frozenset[str]]]
) -> Coverage:
    """Return how much of a mapping its tests touch.

    Args:
        plan: The mapping.
        document: Its file.
        tests: The notes of each test, and the attributes that it states.
    """
    points = list(points_of(plan.spec))
    seen: set[Point] = set()
    for notes, names in tests:
        seen |= touched(plan.spec, notes, names)
    missed = [
        Missed(line=document.key_place(point.path).line, text=point.text)
        for point in points
        if point not in seen
    ]
    return Coverage(
        mapping=plan.spec.name,
        file=plan.file,
        points=len(points),
        missed=tuple(sorted(missed, key=lambda one: one.line)),
    )
