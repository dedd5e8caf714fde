"""What a mapping does with one record, step by step: for `try`, and to place a refusal.

The steps are the expressions of the compiled function, each run alone.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from consumer.errors import MappingError
from consumer.mapping.cel import Condition
from consumer.mapping.compiling import (
    REFUSALS,
    bound_template,
    stamp_text,
    when_it_happened,
)
from consumer.mapping.plan import Plan, Write
from consumer.mapping.rule import Rule, Source
from consumer.mapping.step import Step
from consumer.model import IdKind, Record

Expression: TypeAlias = Callable[
    [dict[str, object] | None, Record, object, object, object], object
]

__all__ = ["RuleTrace", "StepTrace", "Trace", "blame", "explain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTrace:
    """One step and what came out of it.

    Attributes:
        name: Such as `from loan.amount`, `apply trim`, `missing`.
        value: What came out; None when there was nothing, or when it refused.
    """

    name: str
    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrace:
    """One rule and its steps.

    Attributes:
        name: `when`, `profile pc_id`, `attribute loanAmount`.
        steps: In order, as far as it came.
        result: The value at the end; None when the rule was skipped or refused.
        refused: Why it refused the record; empty when it did not.
        element: Which element of `for_each` it looked at, such as `members[0]`; empty
            when it looked at none.
    """

    name: str
    steps: tuple[StepTrace, ...]
    result: object
    refused: str = ""
    element: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What one mapping does with one record.

    Attributes:
        mapping: Its name.
        rules: In the order in which they run; the rest after a refusal is left out.
    """

    mapping: str
    rules: tuple[RuleTrace, ...]


@dataclass(slots=True)
class Walk:
    """One record on its way through one mapping. Owned by `explain`."""

    event: dict[str, object] | None
    record: Record
    rules: list[RuleTrace] = field(default_factory=list)
    root: object = None
    item: object = None
    element: str = ""

    def write(self, write: Write) -> None:
        """Walk through the rules until one ends it."""
        if write.when is not None and not self.condition("when", write.when):
            return
        if write.root is not None:
            self.root = self.ground("source.root", write.root, {})
        if write.each is None:
            self.way(write)
            return
        found = write.each.elements
        elements = self.ground("for_each", found.expression, found.names)
        for index, item in enumerate(elements if isinstance(elements, list) else ()):
            self.item, self.element = item, f"{write.each.path}[{index}]"
            when = write.each.when
            if when is None or self.condition("when", when):
                self.way(write)

    def ground(self, name: str, expression: str, names: Mapping[str, object]) -> object:
        """Return what rules stand on.

        Raises:
            EndedError: The event is not what its schema promised.
        """
        try:
            return self.run(expression, names)
        except REFUSALS as error:
            self.add(name, (), None, type(error).__name__)
            raise EndedError from None

    def way(self, write: Write) -> None:
        """Walk through the rules that make one item."""
        found = self.profiles(write)
        if not found:
            refused = (
                "" if write.skip_without_profile else "no_profile: none is present"
            )
            self.note("profile", refused)
            return
        if write.share is not None:
            found = [one for one in found if write.share.has(*one)]
            self.note(f"share {write.share}", "", bool(found))
            if not found:
                return
        self.moment(write)
        for case in write.cases:
            name = f"case {case.number}"
            if case.when is None or self.condition(f"{name} when", case.when):
                for rule in case.attributes.values():
                    self.rule(rule)
                return

    def profiles(self, write: Write) -> list[tuple[IdKind, str]]:
        """Walk through the alternatives and return those that are taken."""
        found: list[tuple[IdKind, str]] = []
        for kind, rule in write.profiles:
            value = self.rule(rule)
            if value:
                found.append((kind, str(value)))
                if not write.all_profiles:
                    break
        return found

    def moment(self, write: Write) -> None:
        """Walk through when it happened, and through the stamp of it."""
        if write.occurred_at is None:
            return
        found = self.rule(write.occurred_at)
        if not isinstance(found, dt.datetime):
            return
        moment, _, skewed = when_it_happened(found, self.record, write.max_skew_ms)
        if skewed:
            self.note("occurred_at too far ahead: the record's timestamp", "", moment)
        if write.stamp is not None:
            self.note(f"stamp {write.stamp}", "", stamp_text(moment))

    def note(self, name: str, refused: str, result: object = None) -> None:
        """Note a decision that is no rule's.

        Raises:
            EndedError: It refused the record.
        """
        self.add(name, (), result, refused)
        if refused:
            raise EndedError

    def add(
        self, name: str, steps: tuple[StepTrace, ...], result: object, refused: str = ""
    ) -> None:
        """Note what a rule did."""
        self.rules.append(
            RuleTrace(
                name=name,
                steps=steps,
                result=result,
                refused=refused,
                element=self.element,
            )
        )

    def condition(self, name: str, condition: Condition) -> bool:
        """Walk through a condition."""
        source = Source(
            name="cel",
            expression=condition.data,
            evaluate=condition.evaluate,
            type=condition.type,
            names=condition.names,
        )
        rule = Rule(
            name=name, source=source, steps=(), missing="skip", text="", may_miss=False
        )
        return bool(self.rule(rule))

    def rule(self, rule: Rule) -> object:
        """Walk through one rule and return its value.

        Raises:
            EndedError: It refused the record.
        """
        steps: list[StepTrace] = []
        try:
            value = self.value(rule, steps)
        except REFUSALS as error:
            refused = f"{type(error).__name__}"
            if isinstance(error, MappingError):
                refused = f"{error.code}: {error}"
            self.add(rule.name, tuple(steps), None, refused)
            raise EndedError from None
        self.add(rule.name, tuple(steps), value)
        return value

    def value(self, rule: Rule, steps: list[StepTrace]) -> object:
        """Return the value of one rule, noting each step.

        Raises:
            MappingError: The value is missing and must not be.
        """
        value = self.read(rule.source)
        steps.append(StepTrace(name=rule.source.name, value=value))
        for step in rule.steps:
            if value is None:
                break
            value = self.step(step, value)
            steps.append(StepTrace(name=step.name, value=value))
        if not rule.may_miss or (value is not None and value != ""):
            return value
        if rule.missing == "reject":
            raise MappingError("missing", "The value is missing or empty.")
        value = rule.text if rule.missing == "use" else None
        steps.append(StepTrace(name=f"missing {rule.missing}", value=value))
        return value

    def read(self, source: Source) -> object:
        """Return the value of a source."""
        value = self.run(source.expression, source.names)
        if source.evaluate is None:
            return value
        return source.evaluate(value)  # type: ignore[arg-type]  # a dict, by its expression

    def step(self, step: Step, value: object) -> object:
        """Return the value after one step."""
        names: dict[str, object] = {}

        def bind(one: object) -> str:
            name = f"_{len(names)}"
            names[name] = one
            return name

        expression = bound_template(step.template, step.bindings, bind)
        return self.run(expression, names, value)

    def run(
        self, expression: str, names: Mapping[str, object], value: object = None
    ) -> object:
        """Return the value of an expression of the compiled function."""
        made = function_of(expression, dict(names))
        return made(self.event, self.record, self.root, self.item, value)


class EndedError(Exception):
    """The walk is over: a rule refused the record."""


def function_of(expression: str, names: dict[str, object]) -> Expression:
    """Return a function of an expression of the compiled source."""
    source = f"lambda event, record, root, item, v: {expression}"
    made: Expression = eval(source, names)  # noqa: S307 - our own source, as in `compiling`
    return made


def explain(plan: Plan, event: dict[str, object] | None, record: Record) -> Trace:
    """Return what a mapping does with one record.

    Args:
        plan: The mapping.
        event: The event; None for a record without a value.
        record: The record.
    """
    walk = Walk(event, record)
    write = plan.event if event is not None else plan.delete
    if write is not None:
        with contextlib.suppress(EndedError):
            walk.write(write)
    return Trace(mapping=plan.spec.name, rules=tuple(walk.rules))


def blame(plan: Plan, event: dict[str, object] | None, record: Record) -> str | None:
    """Return the name of the rule that refuses a record; None when none does."""
    rules = explain(plan, event, record).rules
    if not rules or not rules[-1].refused:
        return None
    return f"{rules[-1].element} {rules[-1].name}".lstrip()
