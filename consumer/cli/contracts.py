"""Publishers' schemas held against ours and against what the mappings read.

Codes: S101 no value can be read; S102 not admitted; S103 a symbol, S104 a type that some
values have and we cannot take; S105 a field that a mapping reads is not written; S106 no
mapping claims the event; S107 a subject without versions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from consumer.cli.avro_places import place_of
from consumer.decode.admission import admit
from consumer.decode.compatibility import Difference, DifferenceKind, differences
from consumer.decode.limits import DecodeLimits
from consumer.decode.nodes import Structure
from consumer.decode.readers import ReaderSchema
from consumer.decode.resolve import claims
from consumer.errors import FileFault, SchemaError
from consumer.mapping.plan import Plan
from consumer.mapping.reads import reads
from consumer.yamlfile import Place

__all__ = ["Contract", "Written", "judge_all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A schema that records are, or will be, written with.

    Attributes:
        where: The file, or subject and version.
        text: Its JSON.
        references: JSON of what it refers to.
        is_newest: Whether what comes next is written with it.
        is_file: Whether `where` is a file that a person can open.
    """

    where: str
    text: str
    references: Mapping[str, str] = field(default_factory=dict)
    is_newest: bool = True
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """One mapping, and the schema by which its events are read."""

    plan: Plan
    reader: ReaderSchema


def judge_all(
    written: Sequence[Written], contracts: Sequence[Contract], limits: DecodeLimits
) -> list[FileFault]:
    """Return all that is wrong between publishers' schemas and ours.

    Args:
        written: The publishers' schemas.
        contracts: The mappings that may read them.
        limits: What a schema may cost.
    """
    return [fault for one in written for fault in judge(one, contracts, limits)]


def judge(
    written: Written, contracts: Sequence[Contract], limits: DecodeLimits
) -> Iterator[FileFault]:
    """Give what is wrong with one publisher's schema."""
    try:
        writer = admit(written.text, written.references, limits)
    except SchemaError as error:
        yield refused(written, error)
        return
    ours = [one for one in contracts if claims(one.reader.root, writer)]
    if not ours:
        yield unclaimed(written, writer, contracts)
    for reader in {one.reader.name: one.reader for one in ours}.values():
        used = used_by([one.plan for one in ours if one.reader is reader])
        for difference in differences(writer, reader.root):
            found = fault_of(written, difference, reader, used)
            if found is not None:
                yield found


def used_by(plans: Sequence[Plan]) -> dict[str, str]:
    """Return each path that some mappings read, and what reads it."""
    found: dict[str, str] = {}
    for plan in plans:
        for path, what in reads(plan.spec).items():
            found.setdefault(path, f"{what} of {plan.spec.name}")
    return found


def fault_of(
    written: Written,
    difference: Difference,
    reader: ReaderSchema,
    used: Mapping[str, str],
) -> FileFault | None:
    """Return the fault that a difference is; None when it does no harm."""
    path, detail = difference.field, difference.detail
    name = f"`{path}`" if path else "The event"
    loses = f"which {reader.name} does not know: such a record becomes a dead letter."
    match difference.kind:
        case DifferenceKind.UNREADABLE:
            said = (
                f"{name} cannot be read by {reader.name}: {detail}.",
                f"Keep what was written so far, or change {reader.file} first.",
            )
            return fault(written, "S101", path, said)
        case DifferenceKind.SYMBOL:
            said = (
                f"{name} may be {detail}, {loses}",
                f"Add it to the enum in {reader.file}, or a `default`, first.",
            )
            return fault(written, "S103", path, said)
        case DifferenceKind.BRANCH:
            said = (
                f"{name} may be {detail}, {loses}",
                f"Add the type to the field in {reader.file} first.",
            )
            return fault(written, "S104", path, said)
        case DifferenceKind.ABSENT:
            return absent(written, path, used)


def absent(written: Written, name: str, used: Mapping[str, str]) -> FileFault | None:
    """Return the fault of a field that is not written; None when nobody reads it."""
    plain = re.sub(r"\[\]|\{\}", "", name)
    by = [what for path, what in used.items() if f"{path}.".startswith(f"{plain}.")]
    if not by:
        return None
    said = (
        f"`{name}` is not written, and {by[0]} reads it: it will be the default.",
        "Go on writing it, or change the mapping first.",
    )
    severity = "error" if written.is_newest else "warning"
    return fault(written, "S105", name, said, severity)


def unclaimed(
    written: Written, writer: Structure, contracts: Sequence[Contract]
) -> FileFault:
    """Return the fault of an event that no mapping claims.

    A file may be an event that nobody wants yet; the newest version of a subject that a
    mapping reads is most likely the same event under a new name.
    """
    names = ", ".join(sorted({one.reader.name for one in contracts}))
    said = (
        f"No mapping claims `{writer.name}`: such a record is skipped.",
        f"If it is the same event, name it in `aliases` of {names or 'a schema here'}.",
    )
    is_wrong = written.is_newest and not written.is_file
    return fault(written, "S106", "", said, "error" if is_wrong else "warning")


def refused(written: Written, error: SchemaError) -> FileFault:
    """Return the fault of a schema that is not admitted."""
    cause = error.__cause__
    place = Place(0, 0)
    said = f"{error} ({error.code})"
    if isinstance(cause, json.JSONDecodeError):
        said = f"This is not JSON: {cause.msg}"
        place = Place(cause.lineno, cause.colno) if written.is_file else place
    return FileFault(
        code="S102",
        file=written.where,
        line=place.line,
        column=place.column,
        message=f"The schema is not admitted: {said}.",
        mend="Mend it; `decode` of the configuration has the limits.",
    )


def fault(
    written: Written,
    code: str,
    name: str,
    said: tuple[str, str],
    severity: str = "error",
) -> FileFault:
    """Return a fault, at the place of its field when that is in a file.

    Args:
        written: The publisher's schema.
        code: Which kind.
        name: Path of the field; empty for the event.
        said: What is wrong, and the mend.
        severity: `error` or `warning`.
    """
    place = place_of(written.text, name) if written.is_file else Place(0, 0)
    message, mend = said
    return FileFault(
        code=code,
        file=written.where,
        line=place.line,
        column=place.column,
        message=message,
        mend=mend,
        severity=severity,
    )
