"""Local times: texts and timestamps that say no offset, in a zone."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.unit.mapping.kit import BASE, attribute, faults

PATTERN = '"%d.%m.%Y %H:%M"'
IN_UTC = 'format: {date: "%Y-%m-%dT%H:%M", zone: UTC}'


def parsed(parse: str, value: str, source: str = "type") -> object:
    """Return what a text is read as, in UTC."""
    rule = f"{{from: {source}, parse: {parse}, {IN_UTC}}}"
    return attribute(rule, type=value, id="Europe/Zurich")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("01.03.2026 15:30", "2026-03-01T14:30"),
        ("01.07.2026 15:30", "2026-07-01T13:30"),
        ("29.03.2026 01:59", "2026-03-29T00:59"),
        ("29.03.2026 02:00", "refused: parse"),
        ("29.03.2026 02:59", "refused: parse"),
        ("29.03.2026 03:00", "2026-03-29T01:00"),
        ("25.10.2026 01:59", "2026-10-24T23:59"),
        ("25.10.2026 02:00", "2026-10-25T00:00"),
        ("25.10.2026 02:59", "2026-10-25T00:59"),
        ("25.10.2026 03:00", "2026-10-25T02:00"),
        ("noon", "refused: parse"),
    ],
)
@pytest.mark.parametrize("zone", ["Europe/Zurich", "{from: id}"])
def test_a_local_time_is_read_in_its_zone(zone: str, value: str, text: str) -> None:
    """The hour that the clock leaves out rejects; of the one shown twice it is the first."""
    assert parsed(f"{{timestamp: {PATTERN}, zone: {zone}}}", value) == text


def test_a_local_timestamp_becomes_a_moment() -> None:
    """A local timestamp of the schema is read in a zone, without a pattern."""
    rule = f"{{from: clock, parse: {{timestamp: local, zone: Asia/Tokyo}}, {IN_UTC}}}"
    assert attribute(rule) == "2026-03-01T06:30"
    shown = dt.datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001 - a local timestamp
    assert attribute(rule.replace("Asia/Tokyo", "Europe/Zurich"), clock=shown) == (
        "refused: parse"
    )


def test_a_zone_that_the_record_names_must_exist() -> None:
    """A record with a zone that nobody knows is rejected, with a code of its own."""
    parse = f"{{timestamp: {PATTERN}, zone: {{from: colour}}}}"
    assert parsed(parse, "01.03.2026 15:30") == "refused: zone"


@pytest.mark.parametrize(
    ("parse", "code", "message", "mend"),
    [
        (
            f"{{timestamp: {PATTERN}}}",
            "M209",
            "In which time zone the text is, is not said.",
            "Add `%z` if the text has an offset, else `zone: NAME` beside the pattern.",
        ),
        (
            '{timestamp: "%d.%m.%Y %z", zone: UTC}',
            "M209",
            "A zone is for a timestamp whose text has no offset of its own.",
            'Write `{timestamp: "%d.%m.%Y %H:%M", zone: ZONE}`, or leave `zone` out.',
        ),
        (
            '{date: "%d.%m.%Y", zone: UTC}',
            "M209",
            "A zone is for a timestamp whose text has no offset of its own.",
            'Write `{timestamp: "%d.%m.%Y %H:%M", zone: ZONE}`, or leave `zone` out.',
        ),
        (
            f"{{timestamp: {PATTERN}, zone: Europe/Zurig}}",
            "M210",
            "There is no time zone `Europe/Zurig`.",
            "Did you mean `Europe/Zurich`?",
        ),
        (
            f"{{timestamp: {PATTERN}, zone: {{from: nick}}}}",
            "M204",
            "`nick` is text or null; the name of a zone is a text.",
            "Name a text that is never null.",
        ),
        (
            '{date: "%d.%Q"}',
            "M209",
            "`%Q` is not a directive that a date is read by.",
            "Use %% %A %B %H %I %M %S %Y %a %b %d %f %j %m %p %y %z.",
        ),
        (
            "{timestamp: local, zone: UTC}",
            "M204",
            "`parse: timestamp` takes local timestamp; this is a text.",
            "Leave `parse` out: the schema gives the value its type.",
        ),
    ],
)
def test_what_cannot_be_read_is_a_fault(
    parse: str, code: str, message: str, mend: str
) -> None:
    """A pattern that would reject every record is a fault of the file."""
    found = faults(f"{BASE}  x: {{from: type, parse: {parse}, {IN_UTC}}}\n")
    assert [(one[0], *one[3:]) for one in found] == [(code, message, mend)]
