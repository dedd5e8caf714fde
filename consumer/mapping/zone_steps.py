"""The zone of a step: a name that the file gives, or one that the record gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from consumer.mapping.faults import FaultCode, did_you_mean
from consumer.mapping.specification import ZoneSpec
from consumer.mapping.step import StepError
from consumer.mapping.zones import UnknownZoneError, zone_named, zone_of

__all__ = ["ZoneReader", "braced", "zone_expression"]

# Gives the expression that reads the path of a zone; where the path stands, for faults.
ZoneReader: TypeAlias = Callable[[str, tuple[str | int, ...]], str]


def zone_expression(
    spec: ZoneSpec, reader: ZoneReader, place: tuple[str | int, ...]
) -> tuple[str, dict[str, object]]:
    """Return the expression that gives a zone, for a template, and its bindings.

    Raises:
        StepError: There is no such zone.
    """
    if spec.path is not None:
        return "{zone}(" + braced(reader(spec.path, (*place, "from"))) + ")", {
            "zone": zone_of
        }
    name = spec.name or ""
    try:
        return "{zone}", {"zone": zone_named(name)}
    except UnknownZoneError as error:
        raise StepError(
            FaultCode.UNKNOWN_ZONE,
            f"There is no time zone `{name}`.",
            did_you_mean(name, error.known),
            place,
        ) from None


def braced(text: str) -> str:
    """Return `text` so that `str.format` gives it back."""
    return text.replace("{", "{{").replace("}", "}}")
