"""Rules: from a value of the event to a text."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.unit.mapping.kit import attribute


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("id", "C-1"),
        ("event.id", "C-1"),
        ("count", "7"),
        ("ratio", "0.5"),
        ("ok", "true"),
        ("price", "19.90"),
        ("day", "2026-03-01"),
        ("uid", "00000000-0000-0000-0000-000000000001"),
        ("colour", "RED"),
        ("either", "S-1"),
        ("type", "T"),
        ("event.meta", "M"),
        ("event.clear", "C"),
        ("clear", "none"),
        ("meta.topic", "things"),
        ("meta.partition", "3"),
        ("meta.offset", "42"),
        ("{from: home.zone, missing: skip}", None),
        ("{value: fixed}", "fixed"),
        ("{from: meta.key, missing: skip}", "K-1"),
        ("{from: meta.headers.source, missing: skip}", "pos"),
        ("{from: meta.headers.none, missing: skip}", None),
        (
            '{from: meta.timestamp, missing: skip, format: {date: "%H:%M", zone: UTC}}',
            "15:30",
        ),
        ("{from: marks.maths, missing: skip}", "1"),
        ("{from: marks.music, missing: skip}", None),
    ],
)
def test_a_path_becomes_a_text(rule: str, text: str | None) -> None:
    """A value that is named by its path becomes a text by the stated rules."""
    assert attribute(rule) == text


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        ("skip", None),
        ("reject", "refused: missing"),
        ("clear", "none"),
        ("{use: nobody}", "nobody"),
    ],
)
@pytest.mark.parametrize("nick", [None, "", "  "])
def test_missing_decides_for_null_and_for_empty(
    missing: str, text: str | None, nick: str | None
) -> None:
    """A null, and a text that comes to nothing, follow `missing`."""
    rule = f"{{from: nick, missing: {missing}, apply: [trim]}}"
    assert attribute(rule, nick=nick) == text


def test_what_missing_writes_is_final() -> None:
    """No later step touches the text of `use`."""
    rule = "{from: nick, missing: {use: Nobody}, apply: [uppercase], max_length: 2}"
    assert attribute(rule) == "Nobody"
    assert attribute(rule, nick="ann") == "AN"


def test_an_empty_text_rejects_unless_said() -> None:
    """A text that the schema promises and that is empty rejects the record."""
    assert attribute("type", type="") == "refused: missing"


def test_what_lies_below_a_null_is_missing() -> None:
    """A path through a record that is null is missing."""
    rule = "{from: home.city, missing: {use: nowhere}}"
    assert attribute(rule) == "nowhere"
    assert attribute(rule, home={"city": "Bonn", "zone": "UTC"}) == "Bonn"


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("{from: id, apply: trim}", "C-1"),
        ("{from: id, apply: [lowercase, {left: 1}]}", "c"),
        ("{from: count, apply: [{pad_left: 3}]}", "007"),
        ("{from: tags, apply: [distinct, sort, join]}", "a,b"),
        ("{from: lines, apply: [{pluck: price}, sum]}", "12.50"),
        ("{from: lines, apply: [{max_by: price}, {pluck: sku}], missing: skip}", "y"),
        ("{from: [count, id], apply: [minor_units]}", "refused: currency"),
        ("{from: [count, type], apply: [minor_units]}", "0.07"),
        ("{from: id, max_length: 2}", "C-"),
        ("{from: colour, translate: {RED: r, BLUE: b}}", "r"),
        ("{from: colour, translate: {BLUE: b}, otherwise: x}", "x"),
        ("{from: ok, translate: {true: yes!, false: no!}}", "yes!"),
        ("{from: count, translate: {7: seven}}", "seven"),
        ("{from: count, translate: {8: eight}}", "refused: untranslated"),
        ("{from: count, translate: {8: eight}, otherwise: other}", "other"),
        ("{from: id, parse: integer}", "refused: parse"),
        (
            "{from: count, parse: {epoch: seconds}, format: {date: '%S', zone: UTC}}",
            "07",
        ),
        ("{cel: 'event.count + 1'}", "8"),
        ("{cel: 'event.ratio * 2.0'}", "1"),
        ("{cel: 'event.ok && event.count > 3'}", "true"),
        ("{cel: 'event.type + meta.topic'}", "Tthings"),
        ("{cel: event.at, format: {date: '%d', zone: UTC}}", "01"),
    ],
)
def test_steps_follow_each_other(rule: str, text: str) -> None:
    """Each step works on what the one before gave."""
    changed = {"type": "USD"} if "count, type" in rule else {}
    assert attribute(rule, **changed) == text


def test_several_inputs_are_missing_when_one_is() -> None:
    """A function of several inputs is not asked when one of them is null."""
    rule = "{from: [count, nick], missing: skip, apply: [minor_units]}"
    assert attribute(rule) is None
    assert attribute(rule, nick="JPY") == "7"


@pytest.mark.parametrize(
    ("form", "source", "text"),
    [
        ("decimal: 2", "price", "19.90"),
        ("decimal: 3", "price", "19.900"),
        ("{decimal: 1, rounding: half_even}", "price", "19.9"),
        ("{decimal: 0, rounding: down}", "price", "19"),
        ("decimal: 2", "count", "7.00"),
        ("{decimal: 2, rounding: half_up}", "ratio", "0.50"),
        ("number: plain", "price", "19.9"),
        ("number: plain", "ratio", "0.5"),
        ("number: plain", "count", "7"),
        ("boolean: {true: Y, false: N}", "ok", "Y"),
        ('date: "%d.%m.%Y"', "day", "01.03.2026"),
        ('date: "%d {%b} \'%y"', "day", "01 {Mar} '26"),
        ('date: "{%Y}"', "day", "{2026}"),
        ('date: "%H:%M:%S.%f"', "hour", "15:30:00.000000"),
        ('date: "%Y-%m-%dT%H:%M"', "clock", "2026-03-01T15:30"),
        ('{date: "%Y-%m-%dT%H:%M", zone: UTC}', "at", "2026-03-01T15:30"),
        ('{date: "%H:%M", zone: Asia/Tokyo}', "at", "00:30"),
        ('{date: "%H:%M%z", zone: America/New_York}', "at", "10:30-0500"),
    ],
)
def test_formats_write_values(form: str, source: str, text: str) -> None:
    """A format writes a value as it says."""
    braces = form if form.startswith("{") else f"{{{form}}}"
    assert attribute(f"{{from: {source}, format: {braces}}}") == text


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Asia/Tokyo", "00:30"),
        ("Moon/Base", "refused: zone"),
        ("../x", "refused: zone"),
    ],
)
def test_a_zone_may_come_from_the_event(zone: str, text: str) -> None:
    """A timestamp is written in the zone that the event names, if there is one."""
    rule = '{from: at, format: {date: "%H:%M", zone: {from: type}}}'
    assert attribute(rule, type=zone) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.30000000000000004"),
        (1e21, "1000000000000000000000"),
        (1e-7, "0.0000001"),
        (5.0, "5"),
        (-0.0, "0"),
        (float("nan"), "refused: not_a_number"),
        (float("inf"), "refused: not_a_number"),
    ],
)
def test_floats_have_no_surprises(value: float, text: str) -> None:
    """A float is written with its shortest digits and never with an exponent."""
    assert attribute("ratio", ratio=value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("-0.00"), "0.00"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-9"), "0.000000001"),
        (Decimal("NaN"), "refused: not_a_number"),
    ],
)
def test_decimals_keep_their_digits(value: Decimal, text: str) -> None:
    """A decimal is written with all its digits and never with an exponent."""
    assert attribute("price", price=value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (dt.datetime(2026, 3, 8, 6, 59, tzinfo=dt.UTC), "01:59-0500"),
        (dt.datetime(2026, 3, 8, 7, 0, tzinfo=dt.UTC), "03:00-0400"),
        (dt.datetime(2026, 11, 1, 5, 30, tzinfo=dt.UTC), "01:30-0400"),
        (dt.datetime(2026, 11, 1, 6, 30, tzinfo=dt.UTC), "01:30-0500"),
    ],
)
def test_summer_time_begins_and_ends(value: dt.datetime, text: str) -> None:
    """A moment before and after a change of the clock is written as it was there."""
    rule = '{from: at, format: {date: "%H:%M%z", zone: America/New_York}}'
    assert attribute(rule, at=value) == text


@pytest.mark.parametrize(
    ("parse", "value", "text"),
    [
        ("integer", "+12", "12"),
        ("decimal", "1.50", "1.50"),
        ("decimal", "1,5", "refused: parse"),
        ("boolean", "true", "true"),
        ("boolean", "yes", "refused: parse"),
        ("date", "2026-03-01", "2026-03-01"),
        ("date", "1.3.2026", "refused: parse"),
        ('{date: "%d.%m.%Y"}', "01.03.2026", "2026-03-01"),
        ('{date: "%d.%m.%Y"}', "x", "refused: parse"),
    ],
)
def test_parse_reads_texts(parse: str, value: str, text: str) -> None:
    """A text is read as it should be, or rejects the record."""
    assert attribute(f"{{from: type, parse: {parse}}}", type=value) == text


@pytest.mark.parametrize(
    ("parse", "value", "text"),
    [
        ("timestamp", "2026-03-01T15:30:00+01:00", "14:30"),
        ("timestamp", "2026-03-01T15:30:00", "refused: parse"),
        ("timestamp", "noon", "refused: parse"),
        ('{timestamp: "%d.%m.%Y %H:%M %z"}', "01.03.2026 15:30 +0100", "14:30"),
        ('{timestamp: "%d.%m.%Y %H:%M %z"}', "01.03.2026 15:30", "refused: parse"),
    ],
)
def test_parse_reads_moments(parse: str, value: str, text: str) -> None:
    """A text with an offset is read as a moment; without one it rejects the record."""
    rule = f'{{from: type, parse: {parse}, format: {{date: "%H:%M", zone: UTC}}}}'
    assert attribute(rule, type=value) == text


def test_a_count_beyond_all_time_is_refused() -> None:
    """A number of seconds that no clock can show rejects the record."""
    rule = '{from: count, parse: {epoch: seconds}, format: {date: "%Y", zone: UTC}}'
    assert attribute(rule, count=10**15) == "refused: parse"


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (5, "5"), (True, "true"), (0.5, "0.5"), (Decimal("1.0"), "1.0")],
)
def test_a_union_is_written_by_what_it_holds(value: object, text: str) -> None:
    """A value of several possible types becomes a text by the rule of its own."""
    assert attribute("either", either=value) == text
    assert attribute("either", either=dt.date(2026, 3, 1)) == "2026-03-01"


@pytest.mark.parametrize(
    "value", [b"\xff", dt.datetime(2026, 3, 1, tzinfo=dt.UTC)], ids=["bytes", "moment"]
)
def test_an_event_that_breaks_its_schema_is_refused(value: object) -> None:
    """A value that the schema does not promise is refused, and nothing is guessed."""
    assert attribute("either", either=value) == "refused: no_text"
