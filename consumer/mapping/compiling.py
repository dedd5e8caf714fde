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
from consumer.mapping.joining import one_each
from consumer.mapping.plan import Case, Each, Write
from consumer.mapping.rule import Rule
from consumer.mapping.step import Step
from consumer.model import Item, Mapped, ProfileId, Record, Route, SkipReason

__all__ = [
    "REFUSALS",
    "MapFunction",
    "bound_template",
    "compile_write",
    "stamp_text",
    "when_it_happened",
]

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
        code.add(1, f"if not {condition(code, write.when)}:")
        code.add(2, f"return {skipping(code, SkipReason.WHEN, names)}")
    if write.root is not None:
        code.add(1, f"root = {write.root}")
    if write.each is None:
        emit_item(code, Way(code, write, route, depth=1))
    else:
        emit_each(code, write.each, Way(code, write, route, depth=2))
    space = {
        **code.names,
        "Item": Item,
        "Mapped": Mapped,
        "ProfileId": ProfileId,
        "new_profile": tuple.__new__,
        "one_each": one_each,
    }
    exec(compile("\n".join(code.lines), f"<{names[0]}>", "exec"), space)  # noqa: S102 - our own source, see above
    run: MapFunction = space["run"]  # type: ignore[assignment]  # defined by the source
    return run


def skipping(code: Code, reason: SkipReason, names: tuple[str, ...]) -> str:
    """Return the name of what a record without items gives."""
    return code.bind(Mapped(items=(), skipped=reason, mappings=names))


@dataclass(frozen=True, slots=True)
class Way:
    """The source that makes one item, or those of one element of a list."""

    code: Code
    write: Write
    route: Route
    depth: int

    def skip(self, depth: int, reason: SkipReason) -> None:
        """Write what ends the way without an item."""
        name = skipping(self.code, reason, self.route.mappings)
        if self.write.each is None:
            self.code.add(depth, f"return {name}")
            return
        self.code.add(depth, f"skipped = {name}")
        self.code.add(depth, "continue")


def emit_each(code: Code, each: Each, way: Way) -> None:
    """Write the loop over a list and what makes the items of an element."""
    code.names.update(each.elements.names)
    empty = skipping(code, SkipReason.EMPTY, way.route.mappings)
    code.add(1, f"skipped, items = {empty}, []")
    otherwise = " or ()" if each.elements.type.nullable else ""
    code.add(1, f"for item in {each.elements.expression}{otherwise}:")
    if each.when is not None:
        code.add(2, f"if not {condition(code, each.when)}:")
        way.skip(3, SkipReason.WHEN)
    emit_item(code, way)
    code.add(1, "if not items:")
    code.add(2, "return skipped")
    names = code.bind(way.route.mappings)
    code.add(1, f"return Mapped(one_each(items), None, {names})")


def emit_item(code: Code, way: Way) -> None:
    """Write what makes one item, or one for each profile that is present."""
    write, depth = way.write, way.depth
    emit_profiles(code, way)
    emit_share(code, way)
    emit_occurred(code, write, depth)
    emit_cases(code, write.cases, depth)
    code.add(depth, "if not attributes:")
    way.skip(depth + 1, SkipReason.UNCHANGED)
    if write.stamp is not None:
        written = f"{code.bind(stamp_text)}(moment)"
        code.add(depth, f"attributes[{write.stamp!r}] = {written}")
    emit_made(code, way)


def condition(code: Code, found: Condition) -> str:
    """Return the expression of a condition."""
    code.names.update(found.names)
    return f"{code.bind(found.evaluate)}({found.data})"


def emit_profiles(code: Code, way: Way) -> None:
    """Write what finds the profile, or every one that is present."""
    write, depth = way.write, way.depth
    start = depth
    code.add(depth, "profiles = []" if write.all_profiles else "profile = None")
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
    none = "not profiles" if write.all_profiles else "profile is None"
    code.add(start, f"if {none}:")
    if write.skip_without_profile:
        way.skip(start + 1, SkipReason.NO_PROFILE)
    else:
        code.add(start + 1, f"raise {code.bind(no_profile)}()")


def emit_share(code: Code, way: Way) -> None:
    """Write what leaves out the profiles of other shares."""
    share, depth = way.write.share, way.depth
    if share is None:
        return
    has = code.bind(share.has)
    if way.write.all_profiles:
        code.add(depth, f"profiles = [p for p in profiles if {has}(*p)]")
        code.add(depth, "if not profiles:")
    else:
        code.add(depth, f"if not {has}(*profile):")
    way.skip(depth + 1, SkipReason.SHARE)


def emit_occurred(code: Code, write: Write, depth: int) -> None:
    """Write what finds when the action happened, in Unix milliseconds."""
    if write.occurred_at is None:
        return
    emit_value(code, write.occurred_at, depth)
    if write.occurred_at.may_miss:
        code.add(depth, "moment, occurred, skewed = None, None, False")
        code.add(depth, "if v is not None:")
        depth += 1
    told = f"{code.bind(when_it_happened)}(v, record, {write.max_skew_ms})"
    code.add(depth, f"moment, occurred, skewed = {told}")


def when_it_happened(
    moment: dt.datetime, record: Record, max_skew_ms: int
) -> tuple[dt.datetime, int, bool]:
    """Return a moment, in Unix milliseconds too, and whether it was too far ahead.

    One that is further ahead of its record's own timestamp than may be is a clock that
    is wrong: it would win over everything to come. The timestamp takes its place.
    """
    occurred, written = (moment - EPOCH) // MILLISECOND, record.timestamp_ms
    if 0 <= written < occurred - max_skew_ms:
        return EPOCH + written * MILLISECOND, written, True
    return moment, occurred, False


def stamp_text(moment: dt.datetime) -> str:
    """Return a moment as a text; of two of them the greater text is the later moment."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def emit_cases(code: Code, cases: tuple[Case, ...], depth: int) -> None:
    """Write the attributes of the first case that holds."""
    code.add(depth, "attributes = {}")
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


def emit_made(code: Code, way: Way) -> None:
    """Write what makes the items of the profile, or of every one."""
    write, depth = way.write, way.depth
    route, names = code.bind(way.route), code.bind(way.route.mappings)
    when = "" if write.occurred_at is None else ", occurred, skewed"
    if write.all_profiles:
        made = f"[Item(p, attributes, {route}{when}) for p in profiles]"
    else:
        made = f"Item(profile, attributes, {route}{when})"
    if write.each is not None:
        adding = "extend" if write.all_profiles else "append"
        code.add(depth, f"items.{adding}({made})")
        return
    items = f"one_each({made})" if write.all_profiles else f"({made},)"
    code.add(depth, f"return Mapped({items}, None, {names})")
