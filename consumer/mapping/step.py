"""One step of a rule: a Python expression, its constants, and the type that it gives.

The same expression stands in the compiled function of the mapping and is run alone when
a person asks what a rule does, so the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from consumer.mapping.faults import FaultCode
from consumer.mapping.value_type import ValueType

__all__ = ["Step", "StepError"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step.

    Attributes:
        name: What `try` prints, such as `apply trim`.
        template: An expression; `{v}` is the value that comes in, other words in
            braces are names of `bindings`. `event` and `record` may be used.
        bindings: Constants and functions of the expression.
        result: The type of what it gives; nullable when that may be nothing.
        solid: Whether it never gives an empty text.
    """

    name: str
    template: str
    result: ValueType
    bindings: Mapping[str, object] = field(default_factory=dict)
    solid: bool = False


class StepError(Exception):
    """A step cannot be made: a fault of the mapping file.

    Attributes:
        code: Which kind of fault.
        mend: What to do about it.
        path: Where below the step it is.
    """

    def __init__(
        self, code: FaultCode, message: str, mend: str, path: tuple[str | int, ...] = ()
    ) -> None:
        """Keep all but the message, which is the exception's own."""
        super().__init__(message)
        self.code = code
        self.mend = mend
        self.path = path
