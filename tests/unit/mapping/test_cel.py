"""CEL: types, and the traps that were measured."""

from __future__ import annotations

import datetime as dt
import resource

import pytest

from consumer.mapping.cel import SHARED, arenas
from consumer.mapping.loading import check
from consumer.model import Decoded, Failure, Mapped
from tests.unit.mapping.kit import (
    BASE,
    FakeReader,
    attribute,
    event,
    faults,
    mapping,
    record,
    run,
)


def when(condition: str, **changes: object) -> object:
    """Return whether a record passes a condition, or the code of its refusal."""
    text = BASE.replace("owner: team", f"when: '{condition}'") + "  x: id\n"
    found = run(text, **changes)
    if isinstance(found, Failure):
        return found.code
    assert isinstance(found, Mapped)
    return found.items != ()


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ('event.colour == "RED"', True),
        ('event.colour == "BLUE"', False),
        ("event.count == 7", True),
        ("event.ratio < 1.0", True),
        ("event.ok", True),
        ("!event.ok", False),
        ('event.day == "2026-03-01"', True),
        ('event.hour == "15:30:00"', True),
        ('event.clock == "2026-03-01T15:30:00"', True),
        ('event.uid == "00000000-0000-0000-0000-000000000001"', True),
        ('event.at == timestamp("2026-03-01T15:30:00Z")', True),
        (r'event.type == r"T" && event.id != r"\d"', True),
        ('event.type == "T" // it is so\n && event.ok // is it', True),
        ("size(event.tags) == 3", True),
        ('event.marks["maths"] == 1', True),
        ('"music" in event.marks', False),
        ('event.lines.exists(l, l.sku == "y")', True),
        ("event.lines[0].note == null", True),
        ("event.nick == null", True),
        ('event.nick != null && event.nick.startsWith("a")', False),
        ("event.home.city == null", True),
        ('event.either == "S-1"', True),
        ('event.type == "T"', True),
        ('event.meta == "M"', True),
        ('meta.topic == "things" && meta.partition == 3', True),
        ('meta.key == "K-1"', True),
        ('meta.headers["source"] == "pos"', True),
        ('event . colour == "RED" // with a comment', True),
        ('"event.nope" == "event.nope"', True),
    ],
)
def test_conditions(condition: str, passes: object) -> None:
    """Each Avro type reaches CEL as the type that the table states."""
    assert when(condition) == passes


@pytest.mark.parametrize(
    "condition",
    [
        "1 / (event.count - 7) == 1",
        'event.marks["music"] == 1',
        "event.lines[9].sku == event.id",
        'event.nick.startsWith("a")',
        "event.lines[0].price == null",
    ],
)
def test_an_error_is_never_true(condition: str) -> None:
    """An expression that has no value for a record rejects it with a code of its own."""
    assert when(condition) == "cel"


def test_an_error_is_never_a_value() -> None:
    """The text of an error does not become an attribute."""
    assert (
        attribute('{cel: \'event.marks["music"] == 1 ? "a" : "b"\'}') == "refused: cel"
    )


def test_a_loop_without_end_is_stopped() -> None:
    """An expression that would take too long rejects the record."""
    numbers = "[1,2,3,4,5,6,7,8,9,10]"
    loop = "false"
    for name in "abcdef":
        loop = f"{numbers}.exists({name}, {loop})"
    assert when(f"{loop} || event.ok == false") == "cel"
    assert attribute(f"{{cel: '{loop} ? \"a\" : event.id'}}") == "refused: cel"


def test_what_may_be_null_must_say_so() -> None:
    """An expression that may give null needs `missing`, like any rule."""
    found = faults(BASE + "  x: {cel: event.nick}\n")
    assert [fault[:4] for fault in found] == [
        ("M203", 7, 3, "`x` may find nothing (cel is text or null).")
    ]
    assert attribute("{cel: event.nick, missing: {use: nobody}}") == "nobody"
    assert attribute("{cel: event.nick, missing: {use: nobody}}", nick="ann") == "ann"


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ('event.count == "7"', "found no matching overload for '_==_'"),
        ("event.count > 6.5", "found no matching overload for '_>_'"),
        ("event.id == null", "found no matching overload for '_==_'"),
        ("event.nick > 1", "found no matching overload for '_>_'"),
        ("event.nope == 1", "undeclared reference to 'event.nope'"),
        ("event. == 1", "Syntax error"),
    ],
)
def test_types_are_checked_before_any_record(condition: str, message: str) -> None:
    """A comparison that can never work is a fault of the file."""
    found = faults(BASE.replace("owner: team", f"when: '{condition}'") + "  x: id\n")
    assert [fault[:3] for fault in found] == [("M301", 3, 7)]
    assert message in found[0][3]


def test_decimals_in_lists_are_left_out() -> None:
    """A decimal inside a record of a list is not there for CEL."""
    assert when("event.lines.all(l, !has(l.price))") is True


def test_a_value_of_no_known_type_rejects() -> None:
    """A value that CEL cannot take, in an event that breaks its schema, rejects it."""
    assert when("event.tags.size() == 1", tags=[object()]) == "cel"


@pytest.mark.parametrize(
    "condition", ['event.type == "T"', 'event.tags[0] == "b"', 'event.marks["a"] == 1']
)
def test_a_text_that_would_be_cut_rejects(condition: str) -> None:
    """A NUL, where the library would cut the text unsaid, rejects the record."""
    changes = {"type": "T\0x", "tags": ["b\0c"], "marks": {"a\0b": 1}}
    assert when(condition, **changes) == "cel"


def test_the_memory_of_evaluations_is_renewed() -> None:
    """A few evaluations share their memory, and then another takes its place."""
    memory = arenas()
    first, *rest = (next(memory) for _ in range(SHARED + 1))
    assert [one is first for one in rest] == [True] * (SHARED - 1) + [False]


def test_a_long_text_is_not_kept() -> None:
    """However many records are judged, the memory is that of a few of them."""
    long = "x" * 1_000_000
    text = BASE.replace("owner: team", "when: 'event.type != event.id'") + "  x: id\n"
    found = mapping(text)
    one = Decoded(event(type=long), "t.Thing")
    for _ in range(20):
        found.map(record(), one)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(300):
        found.map(record(), one)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 50_000


@pytest.mark.parametrize(
    "rule",
    ["{cel: event.nick, missing: skip}", "{cel: 'event.count + 1'}", "{cel: event.ok}"],
)
def test_a_value_that_breaks_its_schema_is_no_value(rule: str) -> None:
    """A result of another type than the schema promises rejects the record."""
    changes = {"nick": ["a"], "count": 2**70, "ok": "yes"}
    assert str(attribute(rule, **changes)).startswith("refused: ")


def test_a_text_that_is_no_unicode_has_no_value() -> None:
    """A lone surrogate, which the library refuses by an exception, rejects the record."""
    for rule in ("{cel: event.type}", "{cel: size(event.type)}"):
        assert attribute(rule, type="\ud800") == "refused: cel"
    assert when('event.type == "x"', type="\ud800") == "cel"


def test_moments_in_lists_reach_cel() -> None:
    """A timestamp inside a list is a timestamp, a date in it a text."""
    items = {"type": "long", "logicalType": "timestamp-millis"}
    days = {"type": "int", "logicalType": "date"}
    fields = [
        {"name": "id", "type": "string"},
        {"name": "ats", "type": {"type": "array", "items": items}},
        {"name": "days", "type": {"type": "array", "items": days}},
    ]
    reader = FakeReader({"type": "record", "name": "t.Thing", "fields": fields})
    condition = 'event.ats[0] > timestamp("2026-01-01T00:00:00Z") && event.days[0] == "2026-03-01"'
    text = BASE.replace("owner: team", f"when: '{condition}'") + "  x: id\n"
    mappings = check({"m.yaml": text}, {"t.Thing": reader}, {}, {}).mappings
    assert mappings is not None
    moment = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    values: dict[str, object] = {"id": "C-1", "ats": [moment], "days": [moment.date()]}
    found = mappings.map(record(), Decoded(values, "t.Thing"))
    assert isinstance(found, Mapped)
    assert len(found.items) == 1
