"""CEL expressions: typed against the schema, read by path, judged by their typed value.

Rules:
- Every value of the event that is no record is a variable of its own, named by its whole
  path (`event.loan.score`), so the type check knows each type, and an evaluation is given
  only the values that its expression names.
- A record that may be null is a variable, too, for a comparison with null only.
- Types: text, enum, UUID, date (ISO 8601), time: string. integer: int. float: double.
  boolean: bool. timestamp: timestamp. list, map: list, map. A decimal is a type of our
  own (`cel_decimals`); bytes, and decimals in lists and maps, do not reach CEL. What may be null is checked as its type and given as dyn.
- `eval` does not raise for most errors: it answers with a value whose type is ERROR, and
  `bool()` of any answer is True (cel-expr-python 0.1.3). So only a value of the promised
  Python type is taken; all else rejects the record. (Asking for CEL's type of each answer
  would cost a quarter of the evaluation.)
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count, repeat

from cel_expr_python import cel  # type: ignore[import-untyped]  # stubs, no py.typed

from consumer.errors import MappingError
from consumer.mapping.cel_decimals import (
    CHECKED,
    RUNNING,
    decimal_functions,
    given_decimal,
)
from consumer.mapping.cel_text import blanked
from consumer.mapping.cel_values import (
    DIRECT,
    STRINGS,
    given,
    given_text,
    given_there,
    refusal,
)
from consumer.mapping.faults import FaultCode
from consumer.mapping.paths import META, Read, Scope, resolve
from consumer.mapping.step import StepError
from consumer.mapping.value_type import BOOLEAN, INTEGER, TEXT, Kind, ValueType

__all__ = ["CelScope", "Condition", "compile_condition", "compile_value"]

SIMPLE = {
    **dict.fromkeys(STRINGS, cel.Type.STRING),
    Kind.INTEGER: cel.Type.INT,
    Kind.FLOAT: cel.Type.DOUBLE,
    Kind.BOOLEAN: cel.Type.BOOL,
    Kind.TIMESTAMP: cel.Type.TIMESTAMP,
}
# Types that are null or the thing: they exist for the type check only.
NULLABLE = {
    "STRING": cel.Type("google.protobuf.StringValue"),
    "INT": cel.Type("google.protobuf.Int64Value"),
    "DOUBLE": cel.Type("google.protobuf.DoubleValue"),
    "BOOL": cel.Type("google.protobuf.BoolValue"),
}
RESULTS = {
    "STRING": TEXT,
    "INT": INTEGER,
    "DOUBLE": ValueType(kind=Kind.FLOAT),
    "BOOL": BOOLEAN,
    "TIMESTAMP": ValueType(kind=Kind.TIMESTAMP),
}
GIVERS = {
    **dict.fromkeys(DIRECT, ""),
    Kind.TEXT: "cel_text",
    Kind.RECORD: "cel_there",
    Kind.DECIMAL: "cel_decimal",
}
NONE = type(None)
SHARED = 8  # evaluations that one arena serves
PYTHON = {"STRING": str, "INT": int, "DOUBLE": float, "BOOL": bool}
NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*")
# Known to no library: what may be compared with null and with nothing else.
RECORD = cel.Type("record")
OF_DECIMAL = re.compile(r"applied to '\S*\(?.*\bdecimal\b")
NULL_TEST = r"(?<![\w.]){path}\s*[!=]=\s*null\b"
PLACE = re.compile(r"<input>:(\d+):(\d+): (.*)")


@dataclass(frozen=True, slots=True)
class CelScope:
    """The variables that an expression may name, and two environments of them.

    Attributes:
        scope: Where paths begin.
        variables: Full path to type.
        checking: Nullable variables have the type that is null or the thing.
        running: Nullable variables are dyn.
    """

    scope: Scope
    variables: Mapping[str, ValueType]
    checking: cel.Env
    running: cel.Env

    @classmethod
    def of(cls, scope: Scope) -> CelScope:
        """Make the environments of `scope`."""
        variables = dict(leaves("meta", META))
        if scope.event is not None:
            variables.update(leaves("event", scope.event.present()))
        if scope.element is not None:
            variables.update(leaf(*scope.element))
        known = {n: t for n, t in variables.items() if refusal(t) is None}
        return cls(
            scope,
            variables,
            environment(known, check=True),
            environment(known, check=False),
        )

    def named(self, text: str) -> list[str]:
        """Return the variables that an expression names."""
        return named(blanked(text), self)


def environment(known: Mapping[str, ValueType], *, check: bool) -> cel.Env:
    """Return the environment of the type check, or that of evaluations."""
    return cel.NewEnv(
        variables={name: cel_type(one, check=check) for name, one in known.items()},
        functions=decimal_functions(check=check),
    )


def leaves(prefix: str, source: ValueType) -> Iterator[tuple[str, ValueType]]:
    """Give every path below `prefix` that is a variable, and its type."""
    for name, found in source.fields.items():
        inner = found.optional() if source.nullable else found
        yield from leaf(f"{prefix}.{name}", inner)


def leaf(path: str, source: ValueType) -> Iterator[tuple[str, ValueType]]:
    """Give `path`, and every path below it, that is a variable, and its type."""
    if source.kind is not Kind.RECORD or source.nullable:
        yield path, source
    if source.kind is Kind.RECORD:
        yield from leaves(path, source)


def cel_type(source: ValueType, *, check: bool) -> cel.Type:
    """Return CEL's type of a variable."""
    if source.nullable:
        return nullable_type(source) if check else cel.Type.DYN
    if source.kind is Kind.DECIMAL:
        return CHECKED if check else RUNNING
    simple = SIMPLE.get(source.kind)
    if simple is not None:
        return simple
    if source.element is None:
        return cel.Type.DYN
    element = cel_type(source.element, check=False)
    if source.kind is Kind.LIST:
        return cel.Type.List(element)
    return cel.Type.Map(cel.Type.STRING, element)


def nullable_type(source: ValueType) -> cel.Type:
    """Return the type that is null or the thing; dyn where there is none."""
    own = {Kind.RECORD: RECORD, Kind.DECIMAL: CHECKED}.get(source.kind)
    if own is not None:
        return own
    simple = SIMPLE.get(source.kind)
    return cel.Type.DYN if simple is None else NULLABLE.get(simple.name(), cel.Type.DYN)


# ---------------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled expression.

    Attributes:
        data: An expression that makes the variables, over `event` and `record`.
        evaluate: From the variables to the value; raises MappingError.
        type: What it gives.
        names: Names that `data` uses.
    """

    data: str
    evaluate: Callable[[dict[str, object]], object]
    type: ValueType
    names: Mapping[str, object]


def compile_condition(text: str, scope: CelScope) -> Condition:
    """Compile an expression that must be true or false.

    Raises:
        StepError: It does not compile, or is no truth value.
    """
    checked, expression = compiled(text, scope)
    if "BOOL" not in {given_by(checked)} & {given_by(expression)}:
        raise StepError(
            FaultCode.CEL_TYPE,
            f"The condition gives {given_by(expression).lower()}, not a truth value.",
            'Compare with something: `event.status == "FUNDED"`.',
        )
    data, names = variables(text, scope)
    return Condition(data, truth(expression), BOOLEAN, names)


def compile_value(text: str, scope: CelScope) -> Condition:
    """Compile an expression whose value becomes an attribute.

    Raises:
        StepError: It does not compile, or its type cannot become a text.
    """
    checked, expression = compiled(text, scope)
    name = given_by(checked)
    if name not in RESULTS:
        raise StepError(
            FaultCode.CEL_TYPE,
            f"The expression gives {given_by(checked).lower()}, which cannot become a text.",
            "Give a string, a number, a truth value or a timestamp.",
        )
    nullable = given_by(expression) != name
    result = RESULTS[name].optional() if nullable else RESULTS[name]
    data, names = variables(text, scope)
    kinds = (PYTHON.get(name, dt.datetime), *([NONE] if nullable else []))
    evaluate = typed(expression, kinds)
    if str in kinds:
        wrapped = scope.running.compile(f"[\n{text}\n]")
        evaluate = told_from_errors(expression, wrapped, kinds)
    return Condition(data, evaluate, result, names)


def compiled(text: str, scope: CelScope) -> tuple[cel.Expression, cel.Expression]:
    """Return the expression in both environments.

    Raises:
        StepError: It does not compile.
    """
    refuse_traps(text, scope)
    try:
        return scope.checking.compile(text), scope.running.compile(text)
    except RuntimeError as error:
        found = PLACE.search(str(error))
        line, column, message = found.groups() if found else ("1", "1", "unknown error")
        where = f"line {line}, column {column}" if line != "1" else f"column {column}"
        of_decimal = OF_DECIMAL.search(message) is not None
        raise StepError(
            FaultCode.CEL_KIND if of_decimal else FaultCode.CEL_INVALID,
            f"CEL ({where}): {message.removesuffix(' (in container ' + repr('') + ')')}.",
            'A decimal has functions: `event.price.above("9.99")`, `atLeast`, `equals`.'
            if of_decimal
            else "Fields are named by their whole path, such as `event.loan.score`.",
        ) from None


def refuse_traps(text: str, scope: CelScope) -> None:
    """Refuse what CEL would answer in a way that nobody expects.

    Raises:
        StepError: A decimal or bytes are named, or `has()` of a field.
    """
    bare = blanked(text)
    for path in named(bare, scope):
        reason = refusal(scope.variables[path])
        if reason is not None:
            raise StepError(
                FaultCode.CEL_KIND,
                f"`{path}` is {scope.variables[path]}: {reason}.",
                "Use `from` with `format` or `apply`.",
            )
        source = scope.variables[path]
        never = source.kind is Kind.DECIMAL and not source.nullable
        if never and re.search(NULL_TEST.format(path=re.escape(path)), bare):
            raise StepError(
                FaultCode.CEL_KIND,
                f"`{path}` is a decimal that is never null.",
                "Leave the comparison out.",
            )
    for found in re.finditer(r"\bhas\s*\(\s*([\w.\s]+?)\s*\)", bare):
        path = re.sub(r"\s", "", found[1])
        if path in scope.variables:
            raise StepError(
                FaultCode.CEL_HAS,
                f"`has({path})`: a field is always there, though it may be null.",
                f"Write `{path} != null`.",
            )


def named(bare: str, scope: CelScope) -> list[str]:
    """Return the variables that an expression without its literals names."""
    found: dict[str, None] = {}
    for match in NAME.finditer(bare):
        segments = re.sub(r"\s", "", match[0]).split(".")
        for length in range(len(segments), 0, -1):
            path = ".".join(segments[:length])
            if path in scope.variables:
                found[path] = None
                break
    return list(found)


def variables(text: str, scope: CelScope) -> tuple[str, dict[str, object]]:
    """Return an expression that makes the variables of `text`, and the names it uses."""
    entries, names = [], dict[str, object]()
    for path in scope.named(text):
        read: Read = resolve(path, scope.scope)
        giver = GIVERS.get(scope.variables[path].kind, "cel_given")
        entries.append(f"{path!r}: {giver}({read.expression})")
        names.update(read.names)
    names.update(
        cel_text=given_text,
        cel_given=given,
        cel_there=given_there,
        cel_decimal=given_decimal,
    )
    return "{" + ", ".join(entries) + "}", names


def given_by(expression: cel.Expression) -> str:
    """Return the name of CEL's type of what an expression gives."""
    return str(expression.return_type().name())


def arenas() -> Iterator[cel.Arena]:
    """Give the memory of evaluations without end, the same to a few of them.

    To make one costs a quarter of a short evaluation. What an arena holds is freed when
    the next takes its place: never more than the values of so many records.
    """
    return chain.from_iterable(
        map(lambda _: repeat(cel.Arena(), SHARED), count())  # noqa: C417 - a generator would not bear two threads
    )


def truth(expression: cel.Expression) -> Callable[[dict[str, object]], bool]:
    """Return a function that gives the truth value of an evaluation."""
    evaluate, memory = expression.eval, arenas()

    def run(data: dict[str, object]) -> bool:
        try:
            value = evaluate(None, data, None, next(memory)).value()
        except RuntimeError:
            raise no_value() from None
        if value is True or value is False:
            found: bool = value
            return found
        raise no_value()

    return run


def typed(
    expression: cel.Expression, kinds: tuple[type, ...]
) -> Callable[[dict[str, object]], object]:
    """Return a function that gives the value of an evaluation, of one of some types.

    The answer of an error is a text, so none of `kinds` may be one.
    """
    evaluate, memory = expression.eval, arenas()

    def run(data: dict[str, object]) -> object:
        try:
            value: object = evaluate(None, data, None, next(memory)).value()
        except RuntimeError:
            raise no_value() from None
        if type(value) in kinds:
            return value
        raise no_value()

    return run


def told_from_errors(
    expression: cel.Expression, wrapped: cel.Expression, kinds: tuple[type, ...]
) -> Callable[[dict[str, object]], object]:
    """Return a function that gives a text of an evaluation, and never that of an error.

    The text of an error begins with its code and a colon (`INVALID_ARGUMENT: divide by
    zero`). A text with a colon is asked for once more, in a list: an error is no list.
    """
    evaluate, memory, again = expression.eval, arenas(), typed(wrapped, (list,))

    def run(data: dict[str, object]) -> object:
        try:
            value: object = evaluate(None, data, None, next(memory)).value()
        except RuntimeError:
            raise no_value() from None
        if type(value) not in kinds:
            raise no_value()
        if value is not None and ":" in str(value):
            again(data)
        return value

    return run


def no_value() -> MappingError:
    """Return the rejection of a record for which CEL has no value."""
    return MappingError("cel", "The CEL expression has no value for this record.")
