"""Which parts of a mapping its tests touch.

Rules:
- An attribute is touched by a test that states its value: `expect` holds it, or
  `contains` names it. A value that comes out and is not stated is not tested.
- An entry of `translate`, or its `otherwise`, is touched by a test in which it is looked
  up, and which states what the rule makes (for a profile: any test that gets an item).
- A `when` is to be true and false; every case is to hold, and none of them as well.

Theory of operation:
    It is measured, not guessed: the tests run on the compiled function of a plan in
    which every source and every condition tells `Notes` that it was evaluated, and with
    what. Each test has notes of its own; in the end those that it states are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from consumer.mapping.cel import Condition
from consumer.mapping.plan import Case, Plan, Write
from consumer.mapping.rule import Rule
from consumer.mapping.specification import MappingSpec, RuleSpec
from consumer.mapping.step import Step
from consumer.mapping.text import text_of
from consumer.yamlfile import Document, Path

__all__ = ["Coverage", "Missed", "Notes", "coverage_of", "instrumented", "stated"]

NOTE = "note_"  # begins the names of our globals; the compiler's own begin with `_`


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


@dataclass(slots=True)
class Notes:
    """What was evaluated while one test ran. Owned by that test.

    Attributes:
        reached: Paths of the rules whose source was read.
        entries: Path of a rule, and the text that its `translate` looked up.
        decisions: Path of a condition, and what it gave.
    """

    reached: set[Path] = field(default_factory=set)
    entries: set[tuple[Path, str]] = field(default_factory=set)
    decisions: set[tuple[Path, bool]] = field(default_factory=set)


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


# ------------------------------------------------------------------ how it is noted


def instrumented(plan: Plan, notes: Notes) -> Plan:
    """Return a plan that does the same and tells `notes` what it evaluates."""
    delete = plan.delete
    return replace(
        plan,
        event=write_noted(plan.event, plan.spec, notes, ()),
        delete=None
        if delete is None
        else write_noted(delete, plan.spec, notes, ("on_delete",)),
    )


def write_noted(write: Write, spec: MappingSpec, notes: Notes, below: Path) -> Write:
    """Return a write whose rules and conditions tell that they were evaluated."""
    when = write.when
    return replace(
        write,
        when=None if when is None else condition_noted(when, notes, (*below, "when")),
        profiles=tuple(
            (kind, rule_noted(rule, notes, (*below, "profile", index)))
            for index, (kind, rule) in enumerate(write.profiles)
        ),
        cases=tuple(case_noted(case, spec, notes, below) for case in write.cases),
    )


def case_noted(case: Case, spec: MappingSpec, notes: Notes, below: Path) -> Case:
    """Return a case whose rules and condition tell that they were evaluated."""
    own: Mapping[str, RuleSpec] = {}
    inside: Path = below
    if case.number is not None:
        own, inside = spec.cases[case.number].attributes, ("cases", case.number)
    when = case.when
    return replace(
        case,
        when=None if when is None else condition_noted(when, notes, inside),
        attributes={
            name: rule_noted(
                rule,
                notes,
                (*(inside if name in own else below), "attributes", name),
            )
            for name, rule in case.attributes.items()
        },
    )


def condition_noted(condition: Condition, notes: Notes, path: Path) -> Condition:
    """Return a condition that tells what it gave."""
    evaluate = condition.evaluate

    def noting(variables: dict[str, object]) -> object:
        gave = evaluate(variables)
        notes.decisions.add((path, bool(gave)))
        return gave

    return replace(condition, evaluate=noting)


def rule_noted(rule: Rule, notes: Notes, path: Path) -> Rule:
    """Return a rule that tells that it was read, and what its `translate` looked up."""

    def reached(value: object) -> object:
        notes.reached.add(path)
        return value

    def entry(value: object) -> object:
        notes.entries.add((path, text_of(value)))
        return value

    source, name = rule.source, f"{NOTE}{id(reached)}"
    noted = replace(
        source,
        expression=f"{name}({source.expression})",
        names={**source.names, name: reached},
        constant=None,
    )
    return replace(rule, source=noted, steps=tuple(steps_noted(rule, entry)))


def steps_noted(rule: Rule, entry: Callable[[object], object]) -> Iterator[Step]:
    """Give the steps, with one before `translate` that tells what it looks up."""
    current = rule.source.type
    for step in rule.steps:
        if step.name == "translate":
            yield Step(
                name="note",
                template="{call}({v})",
                bindings={"call": entry},
                result=current.present(),
            )
        yield step
        current = step.result
