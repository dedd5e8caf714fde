"""The formats of a rule: how a number, a date or a truth value is written.

- `{decimal: 2}`: that many digits after the point. Digits that would be lost need
  `rounding`: half_even, half_up, half_down, up, down, ceiling or floor. A float is
  rounded by its shortest digits: 2.675 is two point six seven five.
- `{date: "%Y-%m-%d", zone: America/New_York}`: directives of strftime. A timestamp needs
  its `zone`, a name or `{from: path}`; a date, time or local timestamp has none.
- `{number: plain}`: digits without an exponent and without zeros at the end.
- `{boolean: {true: "Y", false: "N"}}`.
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Callable
from decimal import Decimal

from consumer.mapping.faults import FaultCode
from consumer.mapping.specification import FormatSpec
from consumer.mapping.step import Step, StepError
from consumer.mapping.text import decimal_text, float_text
from consumer.mapping.value_type import TEXT, Kind, ValueType
from consumer.mapping.zone_steps import ZoneReader, braced, zone_expression

__all__ = ["ROUNDINGS", "format_step"]

ROUNDINGS = {
    name: f"ROUND_{name.upper()}"
    for name in ("half_even", "half_up", "half_down", "up", "down", "ceiling", "floor")
}
NUMBERS = {Kind.DECIMAL, Kind.FLOAT, Kind.INTEGER}
CONTEXT = decimal.Context(prec=400)
MAX_PLACES = 30

# Directives whose text depends on nothing but the value (`%b` and its like follow the
# process's locale, which is never set: English).
DATE_DIRECTIVES = frozenset("YmdyjbBaAGVuw%")
TIME_DIRECTIVES = frozenset("HMSfpI%")
ZONE_DIRECTIVES = frozenset("zZ")
DIRECTIVES = {
    Kind.DATE: DATE_DIRECTIVES,
    Kind.TIME: TIME_DIRECTIVES,
    Kind.LOCAL_TIMESTAMP: DATE_DIRECTIVES | TIME_DIRECTIVES,
    Kind.TIMESTAMP: DATE_DIRECTIVES | TIME_DIRECTIVES | ZONE_DIRECTIVES,
}
# Python's strftime does not pad `%Y` on every platform; these do, and are faster.
PARTS = {
    "%Y": "{{{v}.year:04d}}",
    "%m": "{{{v}.month:02d}}",
    "%d": "{{{v}.day:02d}}",
    "%H": "{{{v}.hour:02d}}",
    "%M": "{{{v}.minute:02d}}",
    "%S": "{{{v}.second:02d}}",
    "%f": "{{{v}.microsecond:06d}}",
}


def format_step(spec: FormatSpec, source: ValueType, zone: ZoneReader) -> Step:
    """Return the step that writes `source` as `spec` says.

    Args:
        spec: What stands under `format`.
        source: The type that comes in.
        zone: Gives the expression that reads the path of a zone.

    A format that does not fit raises `StepError`.
    """
    if spec.decimal is not None:
        return decimal_step(spec.decimal, spec.rounding, source)
    if spec.date is not None:
        return date_step(spec, source, zone)
    if spec.boolean is not None:
        fits(source, {Kind.BOOLEAN}, "boolean")
        texts = spec.boolean
        return Step(
            name="format boolean",
            template="({yes} if {v} else {no})",
            bindings={"yes": texts["true"], "no": texts["false"]},
            result=TEXT,
            solid=True,
        )
    fits(source, NUMBERS, "number")
    return Step(
        name="format number",
        template="{call}({v})",
        bindings={"call": plain_number},
        result=TEXT,
        solid=True,
    )


def fits(source: ValueType, kinds: set[Kind], name: str) -> None:
    if source.kind not in kinds:
        wanted = ", ".join(sorted(kinds))
        raise StepError(
            FaultCode.WRONG_TYPE,
            f"The format `{name}` takes {wanted}; this is a {source.present()}.",
            "Use another format, or `parse` the text first.",
            ("format", name),
        )


def plain_number(value: Decimal | float) -> str:
    """Return the digits without zeros at the end of a fraction."""
    text = (
        float_text(value) if isinstance(value, float) else decimal_text(Decimal(value))
    )
    return text.rstrip("0").rstrip(".") if "." in text else text


# ------------------------------------------------------------------------- decimal


def decimal_step(places: int, rounding: str | None, source: ValueType) -> Step:
    """Return the step that writes a number with `places` digits after the point.

    Raises:
        StepError: Digits would be lost unsaid.
    """
    fits(source, NUMBERS, "decimal")
    exact = source.kind is Kind.INTEGER or (
        source.kind is Kind.DECIMAL
        and source.scale is not None
        and source.scale <= places
    )
    if rounding is None and not exact:
        raise StepError(
            FaultCode.ROUNDING_UNSAID,
            f"A {source.present()} may have more than {places} digits after the point.",
            "Say how to round, for example `rounding: half_even`.",
            ("format", "decimal"),
        )
    name = f"format decimal {places}"
    if source.kind is Kind.DECIMAL and source.scale == places:
        return Step(name=name, template='format({v}, "f")', result=TEXT, solid=True)
    call = rounder(places, ROUNDINGS[rounding or "half_even"])
    return Step(
        name=name,
        template="{call}({v})",
        bindings={"call": call},
        result=TEXT,
        solid=True,
    )


def rounder(places: int, rounding: str) -> Callable[[Decimal | float], str]:
    """Return a function that writes a number with `places` digits."""
    quantum = Decimal(1).scaleb(-places)

    def write(value: Decimal | float) -> str:
        exact = Decimal(float_text(value) if isinstance(value, float) else value)
        return decimal_text(exact.quantize(quantum, rounding, CONTEXT))

    return write


# ---------------------------------------------------------------------------- date


def date_step(spec: FormatSpec, source: ValueType, zone: ZoneReader) -> Step:
    """Return the step that writes a date, a time or a timestamp."""
    pattern = spec.date or ""
    fits(source, set(DIRECTIVES), "date")
    check_directives(pattern, source)
    name = f"format date {pattern}"
    moved, bindings = in_zone(spec, source, zone)
    writer = date_template(pattern)
    if moved == "{v}":
        return Step(name=name, template=writer, result=TEXT, solid=True)
    call = eval(  # noqa: S307 - our own template; the pattern in it is checked and quoted
        f"lambda v: {writer.format(v='v')}", {}
    )
    return Step(
        name=name,
        template="{call}(" + moved + ")",
        bindings={**bindings, "call": call},
        result=TEXT,
        solid=True,
    )


def check_directives(pattern: str, source: ValueType) -> None:
    allowed = DIRECTIVES[source.kind]
    for directive in re.findall(r"%(.?)", pattern):
        if directive not in allowed:
            raise StepError(
                FaultCode.BAD_PATTERN,
                f"`%{directive}` is not a directive for a {source.present()}.",
                f"Use {' '.join('%' + letter for letter in sorted(allowed))}.",
                ("format", "date"),
            )
    if "%" not in pattern:
        raise StepError(
            FaultCode.BAD_PATTERN,
            "The pattern has no directive: the same text would come of every value.",
            'Write one such as "%Y-%m-%d".',
            ("format", "date"),
        )


def in_zone(
    spec: FormatSpec, source: ValueType, zone: ZoneReader
) -> tuple[str, dict[str, object]]:
    """Return the expression of the value in its zone, and its bindings.

    Raises:
        StepError: The zone is missing, unknown or not wanted.
    """
    if source.kind is not Kind.TIMESTAMP:
        if spec.zone is None:
            return "{v}", {}
        raise StepError(
            FaultCode.UNKNOWN_ZONE,
            f"A {source.present()} is in no zone.",
            "Leave `zone` out.",
            ("format", "zone"),
        )
    if spec.zone is None:
        raise StepError(
            FaultCode.UNKNOWN_ZONE,
            "In which time zone the timestamp is to be written is not said.",
            "Write `zone: UTC`, another name, or `zone: {from: path}`.",
            ("format",),
        )
    if spec.zone.name in {"UTC", "Etc/UTC"}:
        return "{v}", {}
    expression, bindings = zone_expression(spec.zone, zone, ("format", "zone"))
    return "{v}.astimezone(" + expression + ")", bindings


def date_template(pattern: str) -> str:
    """Return the expression that writes `{v}` by `pattern`."""
    pieces = re.split(r"(%.)", pattern)
    if all(piece in PARTS or not piece.startswith("%") for piece in pieces):
        # Braces of the pattern are doubled twice: for `format` and for the f-string.
        text = "".join(PARTS.get(piece) or braced(braced(piece)) for piece in pieces)
        escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
        return f"f'{escaped}'"
    return "{v}.strftime(" + braced(repr(pattern)) + ")"
