"""Conditions that no record can meet, told from their text."""

from __future__ import annotations

import time

import pytest

from consumer.mapping.comparisons import Comparison, Judge, comparisons, type_at
from consumer.mapping.reads import Origin
from consumer.mapping.value_type import ValueType, from_avro
from tests.unit.mapping.kit import SCHEMA

EVENT = from_avro(SCHEMA, {})


def type_of(path: str) -> ValueType | None:
    """Return the type at a path of the sample event."""
    first, _, rest = path.partition(".")
    return type_at(EVENT, rest.split(".")) if first == "event" else None


JUDGE = Judge(type_of, lambda text: text in {"false", "1 > 2"})


@pytest.mark.parametrize(
    "text",
    [
        "false",
        "(( false ))",
        "1 > 2",
        "event.ok && false",
        "false || 1 > 2",
        'event.id == "a" && event.id == "b"',
        "event.id == 'a' && event.ok && \"b\" == event.id",
        'event.id == "a" && event.id != "a"',
        'event.id != "a" && event.id == "a" && event.ok',
        'event.id in ["a", "b"] && event.id == "c"',
        'event.id in ["a"] && (event.id in ["b", "c"])',
        "event.count == 1 && event.count == 2",
        "event.ratio == 1.0 && event.ratio == 1.5",
        "event.ok && !event.ok",
        "event.ok && event.ok == false",
        "event.ok != true && event.ok != false",
        'event.colour != "RED" && event.colour != "BLUE"',
        '(event.colour == "RED" && event.colour == "BLUE") || (event.ok && !event.ok)',
        'event . id == "a" && event.id == "b"',
        'event.home.city == "a" && event.home.city == "b"',
    ],
)
def test_what_can_never_be_true_has_a_reason(text: str) -> None:
    """A condition that contradicts itself is found out."""
    assert JUDGE.never(text)


@pytest.mark.parametrize(
    "text",
    [
        "event.ok",
        "!event.ok",
        "event.ok || false",
        'event.id == "a" || event.id == "b"',
        'event.id == "a" && event.id == "a"',
        'event.id == "a" && event.nick == "b"',
        'event.id != "a" && event.id != "b"',
        'event.id in ["a", "b"] && event.id == "b"',
        "event.ratio == 1.0 && event.ratio == 1.00",
        'event.colour != "RED"',
        'event.nick != "a" && event.nick != "b"',
        'event.id == "a" && event.id.size() > 5',
        'event.ok ? event.id == "a" : event.id == "a" && event.id == "b"',
        '!(event.id == "a" && event.id == "b")',
        'event.tags.exists(t, t == "a" && t == "b")',
        r'event.id == "a\"" && event.id == "b"',
        'event.id == "a" // && false',
        'event.id == r"a" && event.id == "b"',
        'event.id == "&& false &&"',
        'event.id == event.nick && event.id == "b"',
        "unknown.path && !other.path",
        "(event.ok",
        'event.id == "a" && event.id == "b" && ' + "event.ok && " * 400 + "event.ok",
        "(" * 30 + "false" + " && true)" * 30,
    ],
)
def test_what_may_be_true_is_left_alone(text: str) -> None:
    """A condition that can hold, or that is not understood, has no reason."""
    assert JUDGE.never(text) == ""


def test_every_comparison_is_found_wherever_it_stands() -> None:
    """Comparisons are read on both sides, in lists, and not inside of texts."""
    text = (
        'event.a == "x" ? event.b in ["y", \'z\',] : 5 != event.c.d && '
        "\"say 'q' == event.e\" == event.f || true == event.g"
    )
    assert sorted(comparisons(text), key=lambda one: one.path) == [
        Comparison("event.a", ("x",), is_equal=True),
        Comparison("event.b", ("y", "z"), is_equal=True),
        Comparison("event.c.d", (5.0,), is_equal=False),
        Comparison("event.f", ("say 'q' == event.e",), is_equal=True),
        Comparison("event.g", (True,), is_equal=True),
    ]
    assert list(comparisons("event.a == 'x' // a comment")) == []
    assert list(comparisons("size(\"a 'q' == event.e b\") > 1")) == []


def test_a_type_is_found_below_records_and_maps() -> None:
    """What lies below a null may be null, as an entry of a map may."""
    assert str(type_at(EVENT, ["home", "city"])) == "text or null"
    assert str(type_at(EVENT, ["marks", "maths"])) == "integer or null"
    assert type_at(EVENT, ["nobody"]) is None


@pytest.mark.parametrize(
    "part",
    ["a . ", "event.", "? '", "(a && ", "x in ['a',", "'a' == b.c && ", "!(", "a"],
)
def test_a_hostile_expression_costs_little(part: str) -> None:
    """However an expression is built, looking into it takes less than a second."""
    before = time.process_time()
    for length in (4000, 400_000):
        text = part * (length // len(part))
        list(comparisons(text))
        JUDGE.never(text)
        Origin().named(text)
    assert time.process_time() - before < 1
