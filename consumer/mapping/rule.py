"""One rule that was checked: where its value comes from, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from consumer.mapping.step import Step
from consumer.mapping.value_type import Kind, ValueType

__all__ = ["Rule", "Source", "finds_nothing", "may_miss", "nullable_in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the value of a rule comes from.

    Attributes:
        name: What `try` prints, such as `from loan.amount`.
        expression: Over `event` and `record`.
        evaluate: What gives the value of the expression's; None when it is the value.
        names: Names that the expression uses.
        type: Of its value.
        constant: The text, when it is always the same.
    """

    name: str
    expression: str
    type: ValueType
    evaluate: Callable[[dict[str, object]], object] | None = None
    names: Mapping[str, object] = field(default_factory=dict)
    constant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that was checked.

    Attributes:
        name: What it makes: `attribute loanAmount`, `profile pc_id`.
        source: Where its value comes from.
        steps: What is done with it, in order.
        missing: `skip`, `reject` or `use`; `clear` has become `use`.
        text: What `use` writes.
        may_miss: Whether the value can be missing or come to nothing.
    """

    name: str
    source: Source
    steps: tuple[Step, ...]
    missing: str
    text: str
    may_miss: bool


def nullable_in(rule: Rule) -> bool:
    """Return whether the schema or a step says that the value may be nothing."""
    return rule.source.type.nullable or any(s.result.nullable for s in rule.steps)


def finds_nothing(rule: Rule) -> str:
    """Return where a rule may find nothing, for a message."""
    if rule.source.type.nullable:
        return f"{rule.source.name} is {rule.source.type}"
    return next(step.name for step in rule.steps if step.result.nullable)


def may_miss(source: Source, steps: tuple[Step, ...]) -> bool:
    """Return whether the value can be nothing, an empty text included."""
    if source.type.nullable or any(step.result.nullable for step in steps):
        return True
    solid = source.constant is not None or source.type.kind is Kind.ENUM
    for step in steps:
        kept = solid and step.name.startswith("max_length")
        solid = step.solid or kept or step.result.kind not in {Kind.TEXT, Kind.ENUM}
    return not solid
