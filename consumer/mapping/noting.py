"""A plan that tells what it evaluated, so that coverage is measured and not guessed.

Theory of operation:
    Every source and every condition of a plan is replaced by one that tells `Notes`
    that it was evaluated, and with what; before each `translate` stands a step that
    tells what is looked up. The compiled function of such a plan does the same as that
    of the plan itself. Each test has notes of its own.
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
from consumer.yamlfile import Path

__all__ = ["Notes", "instrumented"]

NOTE = "note_"  # begins the names of our globals; the compiler's own begin with `_`


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
    when, each, path = write.when, write.each, (*below, "when")
    of_element = None if each is None else each.when
    if when is not None:
        when = condition_noted(when, notes, path, is_part=of_element is not None)
    if each is not None and of_element is not None:
        each = replace(each, when=condition_noted(of_element, notes, path))
    return replace(
        write,
        when=when,
        each=each,
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


def condition_noted(
    condition: Condition, notes: Notes, path: Path, *, is_part: bool = False
) -> Condition:
    """Return a condition that tells what it gave.

    Args:
        condition: The condition.
        notes: Where it tells it.
        path: Where it stands in the file.
        is_part: Whether another part is judged when this is true.
    """
    evaluate = condition.evaluate

    def noting(variables: dict[str, object]) -> object:
        gave = evaluate(variables)
        if not (gave and is_part):
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
