"""A plan becomes one plain Python function: source text, compiled once.

Nothing is interpreted per record: every path is subscripts, every step one expression,
and what a rule needs is a name of the function's globals. Names and texts of the file
reach the source as `repr` of a string only, or not at all.

The function gives a `Mapped`, or raises: `MappingError` where a rule refuses the record,
and whatever Python raises where the event is not what its schema promised.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import DecimalException
from typing import TypeAlias

from consumer.errors import MappingError
from consumer.mapping.cel import Condition
from consumer.mapping.plan import Case, Write
from consumer.mapping.rule import Rule
from consumer.mapping.step import Step
from consumer.model import Item, Mapped, ProfileId, Record, Route, SkipReason

__all__ = ["REFUSALS", "MapFunction", "bound_template", "compile_write"]

MapFunction: TypeAlias = Callable[["dict[str, object] | None", Record], Mapped]

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MILLISECOND = dt.timedelta(milliseconds=1)


# What a rule raises when it refuses a record, or when the event is not what the schema
# promised (a decoder's fault, which must not stop the service).
REFUSALS = (
    MappingError,
    ArithmeticError,
    AttributeError,
    DecimalException,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


def missing() -> MappingError:
    """Return the rejection of a record without a value that must be there."""
    return MappingError("missing", "The value is missing or empty.")


def no_profile() -> MappingError:
    """Return the rejection of a record that names no profile."""
    return MappingError("no_profile", "The record names no profile.")


@dataclass(slots=True)
class Code:
    """Source text under way, and the globals it needs. Owned by `compile_write`."""

    lines: list[str] = field(default_factory=list)
    names: dict[str, object] = field(default_factory=dict)

    def add(self, depth: int, line: str) -> None:
        self.lines.append("    " * depth + line)

    def bind(self, value: object) -> str:
        name = f"_{len(self.names)}"
        self.names[name] = value
        return name


def bound_template(
    template: str, bindings: Mapping[str, object], bind: Callable[[object], str]
) -> str:
    """Return a step's expression over `v`, its bindings replaced by global names."""
    return template.format(v="v", **{name: bind(one) for name, one in bindings.items()})


def compile_write(write: Write, route: Route) -> MapFunction:
    """Return the function of one plan."""
    code = Code()
    names = route.mappings
    code.add(0, "def run(event, record):")
    if write.when is not None:
        skipped = code.bind(Mapped(items=(), skipped=SkipReason.WHEN, mappings=names))
        code.add(1, f"if not {condition(code, write.when)}:")
        code.add(2, f"return {skipped}")
    emit_profiles(code, write, names)
    emit_occurred(code, write.occurred_at)
    emit_cases(code, write.cases)
    emit_return(code, write, route)
    space = {
        **code.names,
        "Item": Item,
        "Mapped": Mapped,
        "ProfileId": ProfileId,
        "new_profile": tuple.__new__,
    }
    exec(compile("\n".join(code.lines), f"<{names[0]}>", "exec"), space)  # noqa: S102 - our own source, see above
    run: MapFunction = space["run"]  # type: ignore[assignment]  # defined by the source
    return run


def condition(code: Code, found: Condition) -> str:
    """Return the expression of a condition."""
    code.names.update(found.names)
    return f"{code.bind(found.evaluate)}({found.data})"


def emit_profiles(code: Code, write: Write, names: tuple[str, ...]) -> None:
    """Write what finds the profile, or every one that is present."""
    code.add(1, "profiles = []" if write.all_profiles else "profile = None")
    depth = 1
    for kind, rule in write.profiles:
        made = f"new_profile(ProfileId, ({code.bind(kind)}, v))"
        emit_value(code, rule, depth)
        code.add(depth, "if v:")
        if write.all_profiles:
            code.add(depth + 1, f"profiles.append({made})")
            continue
        code.add(depth + 1, f"profile = {made}")
        code.add(depth, "else:")
        depth += 1
        code.add(depth, "pass")
    code.add(1, "if not profiles:" if write.all_profiles else "if profile is None:")
    if write.skip_without_profile:
        skipped = Mapped(items=(), skipped=SkipReason.NO_PROFILE, mappings=names)
        code.add(2, f"return {code.bind(skipped)}")
    else:
        code.add(2, f"raise {code.bind(no_profile)}()")


def emit_occurred(code: Code, rule: Rule | None) -> None:
    """Write what finds when the action happened, in Unix milliseconds."""
    if rule is None:
        code.add(1, "occurred = None")
        return
    emit_value(code, rule, 1)
    epoch, unit = code.bind(EPOCH), code.bind(MILLISECOND)
    code.add(1, f"occurred = None if v is None else (v - {epoch}) // {unit}")


def emit_cases(code: Code, cases: tuple[Case, ...]) -> None:
    """Write the attributes of the first case that holds."""
    code.add(1, "attributes = {}")
    depth = 1
    for case in cases:
        inner = depth
        if case.when is not None:
            code.add(depth, f"if {condition(code, case.when)}:")
            inner = depth + 1
        for name, rule in case.attributes.items():
            emit_attribute(code, name, rule, inner)
        if case.when is not None:
            code.add(inner, "pass")
            code.add(depth, "else:")
            depth += 1
    code.add(depth, "pass")


def emit_attribute(code: Code, name: str, rule: Rule, depth: int) -> None:
    """Write one attribute."""
    target = f"attributes[{name!r}]"
    if rule.source.constant is not None and not rule.steps:
        code.add(depth, f"{target} = {rule.source.constant!r}")
        return
    emit_value(code, rule, depth)
    if rule.may_miss and rule.missing == "skip":
        code.add(depth, "if v:")
        code.add(depth + 1, f"{target} = v")
    else:
        code.add(depth, f"{target} = v")


def emit_value(code: Code, rule: Rule, depth: int) -> None:
    """Write what leaves a rule's value in `v`; None or empty when it is skipped."""
    source = rule.source
    code.names.update(source.names)
    read = source.expression
    if source.evaluate is not None:
        read = f"{code.bind(source.evaluate)}({read})"
    code.add(depth, f"v = {read}")
    inner, nullable = depth, source.type.nullable
    for step in rule.steps:
        if nullable:
            code.add(inner, "if v is not None:")
            inner += 1
        code.add(inner, f"v = {expression(code, step)}")
        nullable = step.result.nullable
    if not rule.may_miss or rule.missing == "skip":
        return
    code.add(depth, "if not v:")
    if rule.missing == "use":
        code.add(depth + 1, f"v = {rule.text!r}")
    else:
        code.add(depth + 1, f"raise {code.bind(missing)}()")


def expression(code: Code, step: Step) -> str:
    """Return the expression of one step."""
    return bound_template(step.template, step.bindings, code.bind)


def emit_return(code: Code, write: Write, route: Route) -> None:
    """Write what makes the items."""
    way, names = code.bind(route), code.bind(route.mappings)
    unchanged = Mapped(items=(), skipped=SkipReason.UNCHANGED, mappings=route.mappings)
    code.add(1, "if not attributes:")
    code.add(2, f"return {code.bind(unchanged)}")
    if write.all_profiles:
        item = f"Item(p, attributes, {way}, occurred)"
        code.add(1, f"return Mapped(tuple([{item} for p in profiles]), None, {names})")
    else:
        item = f"Item(profile, attributes, {way}, occurred)"
        code.add(1, f"return Mapped(({item},), None, {names})")
