"""One rule: from the record to one text, in the one order of the language.

Rules:
- The order is `from | cel | value`, `missing`, `parse`, `apply`, `translate`, `format`,
  `max_length`; then the value becomes a text, if it is none yet.
- A value is missing when it is null, or comes to nothing on the way: no first element,
  an empty text at the end. Then `missing` decides, and what it writes is final.
- A rule that may find nothing has to say what then; an empty text alone, where the schema
  promises a text, rejects the record unless the rule says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from consumer.mapping.cel import CelScope, compile_value
from consumer.mapping.cel_text import never_null
from consumer.mapping.defaults import Inherited
from consumer.mapping.faults import FaultCode, Faults, did_you_mean
from consumer.mapping.formats import format_step
from consumer.mapping.functions.all_functions import FUNCTIONS
from consumer.mapping.functions.registry import call_steps
from consumer.mapping.parsing import parse_step
from consumer.mapping.paths import resolve
from consumer.mapping.rule import Rule, Source, finds_nothing, may_miss, nullable_in
from consumer.mapping.specification import (
    LONGEST,
    FormatSpec,
    MissingSpec,
    RuleSpec,
    ZoneSpec,
)
from consumer.mapping.step import Step, StepError
from consumer.mapping.text import text_step
from consumer.mapping.translate import translate_step
from consumer.mapping.value_type import TEXT, Kind, ValueType
from consumer.yamlfile import Path

__all__ = ["RuleBuilder"]

REJECT = MissingSpec(action="reject")
SKIP = MissingSpec(action="skip")


@dataclass(slots=True)
class RuleBuilder:
    """Makes rules of one scope and notes what is wrong. Owned by one file's check."""

    cel: CelScope
    secrets: Mapping[str, bytes] | None
    faults: Faults
    inherited: Inherited

    def attribute(self, name: str, spec: RuleSpec, path: Path) -> Rule | None:
        """Return the rule of an attribute; None when it is at fault."""
        rule = self.build(f"attribute {name}", spec, path, default=REJECT)
        if rule is None or spec.missing is not None or not rule.may_miss:
            return rule
        default = self.inherited.missing
        if default is not None:
            return self.missing(rule, default)
        if nullable_in(rule):
            self.faults.add(
                FaultCode.MISSING_UNSAID,
                path,
                f"`{name}` may find nothing ({finds_nothing(rule)}).",
                "Say what then: `missing: skip`, `reject`, `clear` or `{use: text}`.",
                at_key=True,
            )
            return None
        return rule

    def optional(self, name: str, spec: RuleSpec, path: Path) -> Rule | None:
        """Return a rule whose value may be absent without being at fault."""
        return self.build(name, spec, path, default=SKIP)

    def behind(self, condition: str | None) -> RuleBuilder:
        """Return the builder of rules that apply only where a condition is true."""
        proved = never_null(condition or "")
        if not proved:
            return self
        scope = CelScope.of(self.cel.scope.guarded(proved))
        return replace(self, cel=scope)

    def moment(self, spec: RuleSpec, path: Path, *, needed: str) -> Rule | None:
        """Return the rule of a timestamp.

        Args:
            spec: The rule.
            path: Where it stands.
            needed: What of the file cannot do without; empty for nothing.
        """
        rule = self.build("occurred_at", spec, path, default=SKIP, as_text=False)
        if rule is None:
            return None
        result = rule.steps[-1].result if rule.steps else rule.source.type
        if result.kind is not Kind.TIMESTAMP:
            self.faults.add(
                FaultCode.WRONG_TYPE,
                path,
                f"`occurred_at` is a {result.present()}, not a timestamp.",
                "Name a timestamp, or `parse` one.",
            )
            return None
        if rule.missing == "use":
            self.faults.add(
                FaultCode.WRONG_TYPE,
                (*path, "missing"),
                "`occurred_at` is a timestamp: no text can take its place.",
                "Write `missing: skip` or `missing: reject`.",
            )
            return None
        if needed and rule.missing == "skip" and nullable_in(rule):
            self.faults.add(
                FaultCode.MISSING_UNSAID,
                path,
                f"`occurred_at` may find nothing ({finds_nothing(rule)}), and `{needed}` "
                "needs it.",
                "Write `missing: reject` in `occurred_at`.",
            )
            return None
        return rule

    def build(
        self,
        name: str,
        spec: RuleSpec,
        path: Path,
        *,
        default: MissingSpec,
        as_text: bool = True,
    ) -> Rule | None:
        """Return the rule; None, and what is wrong noted, when there is a fault."""
        before = len(self.faults.found)
        self.check_texts(spec, path)
        try:
            source = self.source(spec)
            steps = tuple(self.steps(spec, source.type, as_text=as_text))
        except StepError as error:
            self.faults.add(error.code, (*path, *error.path), str(error), error.mend)
            return None
        if len(self.faults.found) > before:
            return None
        rule = Rule(
            name=name,
            source=source,
            steps=steps,
            missing="reject",
            text="",
            may_miss=may_miss(source, steps),
        )
        return self.missing(rule, spec.missing or default)

    def missing(self, rule: Rule, spec: MissingSpec) -> Rule:
        """Return a rule that does as `spec` says when its value is missing."""
        if spec.action == "clear":
            return replace(rule, missing="use", text=self.inherited.cleared)
        return replace(rule, missing=spec.action, text=spec.use)

    def check_texts(self, spec: RuleSpec, path: Path) -> None:
        """Note texts that Target cannot store, and keys that belong to others."""
        if spec.otherwise is not None and spec.translate is None:
            self.faults.add(
                FaultCode.WRONG_SHAPE,
                (*path, "otherwise"),
                "`otherwise` belongs to `translate`.",
                "Add `translate`, or remove it.",
            )
        for where, text in written(spec):
            if text == "":
                self.faults.add(
                    FaultCode.EMPTY_TEXT,
                    (*path, *where),
                    "An empty text cannot be stored.",
                    "Write a word that stands for nothing, such as `none`.",
                )
            elif len(text) > LONGEST:
                self.faults.add(
                    FaultCode.TOO_LONG,
                    (*path, *where),
                    f"The text has {len(text)} characters; Target takes {LONGEST}.",
                    "Shorten it.",
                )

    def source(self, spec: RuleSpec) -> Source:
        """Return where the value comes from.

        Raises:
            StepError: It is not said by exactly one key, or cannot be read.
        """
        if spec.clear:
            return constant("clear", self.inherited.cleared)
        given = [spec.from_ != (), spec.cel is not None, spec.value is not None]
        if sum(given) != 1:
            raise StepError(
                FaultCode.ONE_OF,
                "A rule has exactly one of `from`, `cel` and `value`.",
                "Write a path, or one of the three keys.",
            )
        if spec.value is not None:
            return constant("value", spec.value)
        if spec.cel is not None:
            return self.expression(spec.cel)
        return self.read(spec.from_)

    def expression(self, text: str) -> Source:
        """Return the source that a CEL expression is.

        Raises:
            StepError: It cannot be.
        """
        try:
            found = compile_value(text, self.cel)
        except StepError as error:
            raise StepError(error.code, str(error), error.mend, ("cel",)) from None
        return Source(
            name="cel",
            expression=found.data,
            evaluate=found.evaluate,
            type=found.type,
            names=found.names,
        )

    def read(self, paths: tuple[str, ...]) -> Source:
        """Return the source that one path, or several, are.

        Raises:
            StepError: There is no such path.
        """
        try:
            reads = [resolve(path, self.cel.scope) for path in paths]
        except StepError as error:
            raise StepError(error.code, str(error), error.mend, ("from",)) from None
        name = f"from {', '.join(paths)}"
        if len(reads) == 1:
            read = reads[0]
            return Source(
                name=name, expression=read.expression, type=read.type, names=read.names
            )
        inputs = ", ".join(read.expression for read in reads)
        expression = f"({inputs})"
        nullable = any(read.type.nullable for read in reads)
        if nullable:
            expression = f"(None if None in (t := {expression}) else t)"
        return Source(
            name=name,
            expression=expression,
            names=reads[0].names,
            type=ValueType(
                kind=Kind.INPUTS,
                nullable=nullable,
                members=tuple(read.type.present() for read in reads),
            ),
        )

    def steps(
        self, spec: RuleSpec, source: ValueType, *, as_text: bool
    ) -> Iterator[Step]:
        """Give the steps in the one order; each sees the type that comes before it."""
        current = source
        for make in self.makers(spec, as_text=as_text):
            for step in make(current.present()):
                yield step
                current = step.result

    def makers(
        self, spec: RuleSpec, *, as_text: bool
    ) -> Iterator[Callable[[ValueType], list[Step]]]:
        """Give what makes the steps, in the one order."""
        parse, written_as, limit = spec.parse, spec.format, spec.max_length
        if parse is not None:
            yield lambda source: [parse_step(parse, source, self.zone)]
        for index, call in enumerate(spec.apply):
            yield self.applying(call.name, call.argument, ("apply", index))
        table = spec.translate
        if table is not None:
            yield lambda source: [translate_step(table, spec.otherwise, source)]
        if written_as is not None:
            yield lambda source: [
                format_step(self.zoned(written_as, source), source, self.zone)
            ]
        if not as_text:
            return
        yield lambda source: [step] if (step := text_step(source)) is not None else []
        if limit is not None:
            yield lambda _: [
                Step(
                    name=f"max_length {limit}",
                    template=f"{{v}}[:{limit}]",
                    result=TEXT,
                )
            ]

    def applying(
        self, name: str, argument: object, where: tuple[str | int, ...]
    ) -> Callable[[ValueType], list[Step]]:
        """Return what makes the steps of one function."""

        def make(source: ValueType) -> list[Step]:
            function = FUNCTIONS.get(name)
            if function is None:
                raise StepError(
                    FaultCode.UNKNOWN_FUNCTION,
                    f"There is no function `{name}`.",
                    did_you_mean(name, FUNCTIONS),
                    where,
                )
            try:
                return call_steps(function, argument, source, self.secrets)
            except StepError as error:
                raise StepError(error.code, str(error), error.mend, where) from None

        return make

    def zoned(self, spec: FormatSpec, source: ValueType) -> FormatSpec:
        """Return a format with the folder's zone, where it needs one and names none."""
        wanting = source.kind is Kind.TIMESTAMP and spec.date is not None
        name = self.inherited.zone if wanting and spec.zone is None else None
        return (
            spec
            if name is None
            else spec.model_copy(update={"zone": ZoneSpec(name=name)})
        )

    def zone(self, path: str, where: tuple[str | int, ...]) -> str:
        """Return the expression that reads the name of a zone.

        Args:
            path: Where the name is.
            where: Where the path stands in the rule.

        Raises:
            StepError: It is no text, or may be null.
        """
        try:
            read = resolve(path, self.cel.scope)
        except StepError as error:
            raise StepError(error.code, str(error), error.mend, where) from None
        if read.type.nullable or read.type.kind not in {Kind.TEXT, Kind.ENUM}:
            raise StepError(
                FaultCode.WRONG_TYPE,
                f"`{path}` is {read.type}; the name of a zone is a text.",
                "Name a text that is never null.",
                where,
            )
        return read.expression


def constant(name: str, text: str) -> Source:
    """Return the source of a text that is always the same."""
    return Source(name=name, expression=repr(text), type=TEXT, constant=text)


def written(spec: RuleSpec) -> Iterator[tuple[Path, str]]:
    """Give every text that a rule writes as it stands, and where."""
    if spec.value is not None:
        yield ("value",), spec.value
    if spec.missing is not None and spec.missing.action == "use":
        yield ("missing", "use"), spec.missing.use
    if spec.otherwise is not None:
        yield ("otherwise",), spec.otherwise
    for key, text in (spec.translate or {}).items():
        yield ("translate", key), text
    for name, text in ((spec.format and spec.format.boolean) or {}).items():
        yield ("format", "boolean", name), text
