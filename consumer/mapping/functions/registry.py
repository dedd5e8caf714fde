"""What a function of `apply` is, and how one call of it becomes a step.

Rules:
- A function says which kinds it takes and what it gives, so a wrong chain is found
  before any record comes.
- Each has examples, which are its documentation and its tests.
- No function sees anything but its value and its arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from consumer.mapping.faults import FaultCode, did_you_mean
from consumer.mapping.step import Step, StepError
from consumer.mapping.text import text_step
from consumer.mapping.value_type import Kind, ValueType

__all__ = [
    "REQUIRED",
    "ArgumentError",
    "Build",
    "Call",
    "Example",
    "Function",
    "Parameter",
    "call_steps",
]

REQUIRED: Final = object()
TEXTS = frozenset({Kind.TEXT, Kind.ENUM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a function.

    Attributes:
        name: Its key.
        kind: What a value of it is: a type, or `list` for a list of texts or numbers.
        meaning: For the reference.
        default: What it is when left out; `REQUIRED` when it may not be.
    """

    name: str
    kind: type
    meaning: str
    default: object = REQUIRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a function in a file.

    Attributes:
        source: The type that comes in.
        arguments: By name; none is missing.
        secrets: Keys for hashing by name; None stands for the published test key.
    """

    source: ValueType
    arguments: Mapping[str, object]
    secrets: Mapping[str, bytes] | None

    def text(self, name: str) -> str:
        """Return an argument that is a text."""
        return str(self.arguments[name])

    def number(self, name: str) -> int:
        """Return an argument that is a whole number."""
        value = self.arguments[name]
        return value if isinstance(value, int) else 0

    def items(self, name: str) -> list[object]:
        """Return an argument that is a list."""
        value = self.arguments[name]
        return list(value) if isinstance(value, list) else []


Build: TypeAlias = Callable[[Call], Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What a function makes of a value.

    Attributes:
        schema: Avro schema of the value.
        value: As fastavro gives it.
        argument: What stands under the function's name, if anything.
        result: What comes out.
    """

    schema: object
    value: object
    result: object
    argument: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of the language.

    Attributes:
        name: How a file calls it.
        summary: One sentence for the reference.
        takes: The kinds that it works on.
        build: Makes the step of one call.
        parameters: Its arguments, in order.
        examples: At least one.
    """

    name: str
    summary: str
    takes: frozenset[Kind]
    build: Build
    parameters: tuple[Parameter, ...] = field(default=())
    examples: tuple[Example, ...] = field(default=())


class ArgumentError(StepError):
    """A call gives a function an argument that it does not take."""

    def __init__(self, function: str, message: str, mend: str) -> None:
        """Name the function in the message."""
        super().__init__(FaultCode.BAD_ARGUMENT, f"`{function}`: {message}", mend)


def call_steps(
    function: Function,
    argument: object,
    source: ValueType,
    secrets: Mapping[str, bytes] | None,
) -> list[Step]:
    """Return the steps of one call: of the function, and of making a text if it must be.

    Raises:
        StepError: The function does not take the type or the argument.
    """
    steps: list[Step] = []
    taken = source
    if source.kind not in function.takes and function.takes & TEXTS:
        made = text_step(source)
        steps = [made] if made is not None else []
        taken = made.result if made is not None else source
    if taken.kind not in function.takes:
        wanted = ", ".join(sorted(function.takes))
        raise StepError(
            FaultCode.WRONG_TYPE,
            f"`{function.name}` takes {wanted}; this is a {source.present()}.",
            "Use another function, or one before it that gives such a value.",
        )
    call = Call(
        source=taken.present(), arguments=bound(function, argument), secrets=secrets
    )
    return [*steps, function.build(call)]


def bound(function: Function, argument: object) -> dict[str, object]:
    """Return the arguments by name, checked.

    Raises:
        ArgumentError: One is missing, unknown or of the wrong type.
    """
    given = spread(function, argument)
    names = [parameter.name for parameter in function.parameters]
    for name in given:
        if name not in names:
            raise ArgumentError(
                function.name,
                f"it has no argument `{name}`.",
                did_you_mean(name, names),
            )
    values: dict[str, object] = {}
    for parameter in function.parameters:
        value = given.get(parameter.name, parameter.default)
        if value is REQUIRED:
            raise ArgumentError(
                function.name,
                f"its argument `{parameter.name}` is missing.",
                f"Write `{{{function.name}: {{{parameter.name}: ...}}}}`: "
                f"{parameter.meaning}",
            )
        if value is not parameter.default and not fits(value, parameter.kind):
            raise ArgumentError(
                function.name,
                f"`{parameter.name}` is not a {parameter.kind.__name__}.",
                parameter.meaning,
            )
        values[parameter.name] = value
    return values


def fits(value: object, kind: type) -> bool:
    """Return whether an argument is of its type; a truth value is no number."""
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def spread(function: Function, argument: object) -> dict[str, object]:
    """Return what stands under a function's name, by argument.

    Raises:
        ArgumentError: The function has no arguments.
    """
    if argument is None:
        return {}
    if isinstance(argument, dict):
        return argument
    if not function.parameters:
        raise ArgumentError(
            function.name, "it has no arguments.", f"Write `{function.name}` alone."
        )
    return {function.parameters[0].name: argument}
