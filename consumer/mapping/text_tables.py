"""`consumer docs texts`: how a value becomes a text, with examples that are its tests."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import NamedTuple

from consumer.catalogue.table import table

__all__ = ["LOCAL_TIMES", "TEXTS", "LocalTime", "TextRule", "texts"]

HEAD = ("value", "rule", "examples")
DAY, HOUR = dt.date(2026, 3, 1), dt.datetime(2026, 3, 1, 15, 30, tzinfo=dt.UTC)
ID = uuid.UUID("5F0C1F4E-9A51-4C55-9A43-0D8A1F6F3B11")


class TextRule(NamedTuple):
    """How values of one kind become texts where no format says otherwise.

    Attributes:
        kind: Of value.
        rule: In a sentence.
        examples: A value as it is read, how a person writes it, and the text; or the
            code with which the record is rejected, in brackets.
    """

    kind: str
    rule: str
    examples: tuple[tuple[object, str, str], ...]


class LocalTime(NamedTuple):
    """What a text without an offset is read as, in New York."""

    written: str
    said: str
    result: str


TEXTS = (
    TextRule(
        "text, symbol of an enum",
        "As it is.",
        (("Zürich ", '"Zürich "', "Zürich "),),
    ),
    TextRule("integer", "Its digits.", ((-7, "-7", "-7"),)),
    TextRule(
        "boolean",
        "A word.",
        ((True, "true", "true"), (False, "false", "false")),
    ),
    TextRule(
        "decimal",
        "All digits of its scale, never an exponent, no minus before zero.",
        (
            (Decimal("250000.00"), "250000.00 of scale 2", "250000.00"),
            (Decimal("1E+3"), "1E+3", "1000"),
            (Decimal("-0.00"), "-0.00", "0.00"),
        ),
    ),
    TextRule(
        "float",
        "The shortest digits that read back as the same number, never an exponent, no "
        "fraction where there is none; what is no number rejects the record.",
        (
            (0.1 + 0.2, "0.1 + 0.2", "0.30000000000000004"),
            (1e21, "1e21", "1000000000000000000000"),
            (-0.0, "-0.0", "0"),
            (float("nan"), "NaN", "(not_a_number)"),
            (float("inf"), "infinity", "(not_a_number)"),
        ),
    ),
    TextRule("UUID", "Lower case with hyphens.", ((ID, str(ID).upper(), str(ID)),)),
    TextRule("date", "Year, month, day.", ((DAY, "1 March 2026", "2026-03-01"),)),
    TextRule(
        "timestamp, time of day, list, map, record, bytes",
        "None of its own: it needs a format or a function, and `check` says so.",
        ((HOUR, "2026-03-01T15:30:00Z", "(no_text)"),),
    ),
)

LOCAL_RULE = (
    "Of an hour that the clock shows twice the first; one that it leaves out rejects the "
    "record."
)
# Clocks of New York go back on 1 November 2026 and forward on 8 March.
LOCAL_TIMES = (
    LocalTime("2026-07-01 12:00", "an hour like others", "2026-07-01T16:00Z"),
    LocalTime("2026-11-01 01:30", "an hour that comes twice", "2026-11-01T05:30Z"),
    LocalTime("2026-03-08 02:30", "an hour that is left out", "(parse)"),
)


def texts() -> str:
    """Return the rules of texts, then those of local times."""
    found = [
        (one.kind, one.rule, shown([(said, text) for _, said, text in one.examples]))
        for one in TEXTS
    ]
    found.append((
        "local time, read by `parse` in a `zone`",
        LOCAL_RULE,
        shown([
            (f"{one.written} in New York, {one.said}", one.result)
            for one in LOCAL_TIMES
        ]),
    ))
    return table(HEAD, found)


def shown(examples: list[tuple[str, str]]) -> str:
    """Return examples as a cell: a rejection is its code in brackets."""
    return "<br>".join(
        f"{said} is rejected: `{text[1:-1]}`"
        if text[0] == "("
        else f"{said} → `{text}`"
        for said, text in examples
    )
