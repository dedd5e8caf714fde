"""The traps of cel-expr-python 0.1.3 that were measured, and what becomes of each here.

Where a test asks the library alone, it tells us when a later version behaves better.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from cel_expr_python import cel  # type: ignore[import-untyped]  # stubs, no py.typed

from consumer.mapping.loading import check
from consumer.model import Decoded, Mapped
from tests.unit.mapping.kit import BASE, FIELDS, FakeReader, attribute, faults
from tests.unit.mapping.kit import event as thing
from tests.unit.mapping.kit import record as record_of
from tests.unit.mapping.test_cel import when


def answer(text: str, kind: str, value: object) -> cel.Value:
    """Return what the library alone answers, with one variable `x`."""
    env = cel.NewEnv(variables={"x": getattr(cel.Type, kind)})
    return env.compile(text).eval(None, {"x": value})


def fault(condition: str) -> tuple[str, str]:
    """Return code and message of the only fault of a condition."""
    text = BASE.replace("owner: team", f"when: '{condition}'") + "  x: id\n"
    [found] = faults(text)
    return found[0], found[3]


def test_an_error_is_no_exception_and_is_true_to_python() -> None:
    """The library answers with an ERROR value, whose `bool` is True; we reject it."""
    found = answer("1 / x == 1", "INT", 0)
    assert (found.type().name(), bool(found)) == ("ERROR", True)
    assert when("1 / (event.count - 7) == 1") == "cel"
    assert attribute("{cel: '1 / (event.count - 7)'}") == "refused: cel"
    assert attribute("{cel: 'string(1 / (event.count - 7))'}") == "refused: cel"


@pytest.mark.parametrize(
    "text", ["INVALID_ARGUMENT: divide by zero", "a:b", ":", "UNKNOWN: []"]
)
def test_a_text_that_looks_like_an_error_is_a_text(text: str) -> None:
    """What an event says is never taken for an error, whatever it says."""
    assert attribute("{cel: event.type}", type=text) == text
    nullable = "{cel: event.nick, missing: {use: nobody}}"
    assert attribute(nullable, nick=text) == text
    assert attribute(
        '{cel: \'event.marks[event.type] == 1 ? "a" : "b"\'}', type=text
    ) == ("refused: cel")


@pytest.mark.parametrize(
    "text",
    [
        "1 / x",
        "[1][x + 9]",
        "{1: 2}[x + 9]",
        "int('x' + string(x))",
        "x + 9223372036854775807 + 1",
    ],
)
def test_the_text_of_an_error_has_a_colon(text: str) -> None:
    """That is what tells a text that the library means from the text of an error."""
    found = answer(text, "INT", 0)
    assert found.type().name() == "ERROR"
    assert ": " in found.value()


def test_a_false_value_is_true_to_python() -> None:
    """The `bool` of a false value is True, so the typed value is what we ask for."""
    found = answer("x", "BOOL", False)  # noqa: FBT003 - the value is the point
    assert (bool(found), found.value()) == (True, False)
    assert when("event.ok", ok=False) is False
    assert attribute("{cel: event.ok}", ok=False) == "false"


@pytest.mark.parametrize(("kind", "gives"), [("DYN", "ERROR"), ("DOUBLE", "DOUBLE")])
def test_a_decimal_is_an_error_or_loses_digits(kind: str, gives: str) -> None:
    """Under DYN a `Decimal` is an ERROR, under DOUBLE a float; it is given under neither."""
    exact = Decimal("0.10000000000000000001")
    found = answer("x", kind, exact)
    assert found.type().name() == gives
    assert found.plain_value() != exact
    precise = {"price": Decimal("0.10000000000000000001")}
    assert when('event.price.above("0.1")', **precise) is True


def test_a_date_is_an_error() -> None:
    """The library takes no `date`; ours is the text of ISO 8601, which compares as a day."""
    assert answer("x", "DYN", dt.date(2026, 3, 1)).type().name() == "ERROR"
    assert when('event.day >= "2026-03-01" && event.day < "2026-04-01"') is True


@pytest.mark.parametrize(
    "condition",
    [
        "event.id == null",
        "event.ratio > 5",
        "event.count > 5.0",
        "event.day > timestamp(0)",
        "event.colour == 1",
    ],
)
def test_types_that_do_not_meet_are_a_fault(condition: str) -> None:
    """A typed text and null, a double and an int: no comparison, and no silent false."""
    code, message = fault(condition)
    assert code == "M301"
    assert "found no matching overload" in message


def test_fields_named_like_words_of_cel() -> None:
    """`type`, `int` and `package` are reached through `event`, in every place."""
    words = ["type", "int", "package", "bool", "list", "size", "namespace"]
    fields = [{"name": word, "type": "string"} for word in words]
    schema = {"type": "record", "name": "t.Words", "fields": fields}
    conditions = " && ".join(f'event.{word} == "{word}"' for word in words)
    text = (
        "version: 1\nname: m\nsource: {topic: t, schema: t.Words}\n"
        f"when: {conditions}\nprofile: {{pc_id: type}}\n"
        "attributes: {a: package, b: {cel: 'event.int + event.type'}}\n"
    )
    found = check({"m.yaml": text}, {"t.Words": FakeReader(schema)}, {}, {})
    assert found.faults == ()
    assert found.mappings is not None
    run = found.mappings.map
    mapped = run(record_of("t"), Decoded({word: word for word in words}, "t.Words"))
    assert isinstance(mapped, Mapped)
    assert mapped.items[0].attributes == {"a": "package", "b": "inttype"}


# ------------------------------------------------------------------------- decimals


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ('event.price.equals("19.9")', True),
        ('event.price == decimal("19.900")', True),
        ("event.price.above(19)", True),
        ("event.price.above(20)", False),
        ('event.price.atLeast("19.90") && event.price.atMost("19.90")', True),
        ('event.price.below(decimal("19.91"))', True),
        ('event.price.plus("0.10").equals(20)', True),
        ('event.price.minus(event.price) == decimal("-0.0")', True),
        ('event.price.times("0.1").equals("1.99")', True),
        ("decimal(20).above(event.price)", True),
        ('event.price in [decimal("19.9")]', True),
    ],
)
def test_decimals_have_functions(condition: str, passes: object) -> None:
    """Comparisons and sums of decimals are exact, whatever zeros stand at their end."""
    assert when(condition.replace("'", "''")) == passes


@pytest.mark.parametrize("text", ["1e5", "NaN", "Infinity", "", "1_000", " 1"])
def test_a_text_that_is_no_number_has_no_value(text: str) -> None:
    """What people do not write as a number rejects the record."""
    assert when("decimal(event.type).above(1)", type=text) == "cel"
    assert when("event.price.above(event.type)", type=text) == "cel"


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("event.price > 5.0", "'(decimal, double)'"),
        ("event.price == 5", "'(decimal, int)'"),
        ("event.price.above(5.0)", "'(decimal, double)'"),
        ("decimal(5.0).above(1)", "'(double)'"),
        ("event.price == null", "is a decimal that is never null"),
    ],
)
def test_a_decimal_meets_no_double(condition: str, message: str) -> None:
    """Operators, and arguments that are doubles, are faults of the file."""
    _, found = fault(condition)
    assert message in found


def test_a_decimal_is_no_result() -> None:
    """An attribute that is a decimal needs its digits, which CEL does not keep."""
    found = faults(BASE + "  x: {cel: 'event.price.plus(1)'}\n")
    assert [one[0] for one in found] == ["M302"]


def test_a_decimal_that_may_be_null() -> None:
    """It is compared with null first; a function of null has no value."""
    text = BASE.replace("owner: team", "when: '{}'") + "  x: id\n"
    fields = [one for one in FIELDS if isinstance(one, dict) and one["name"] == "id"]
    price = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
    fields.append({"name": "price", "type": ["null", price]})
    reader = FakeReader({"type": "record", "name": "t.Thing", "fields": fields})
    for condition, value, result in [
        ('event.price != null && event.price.above("1")', None, False),
        ('event.price != null && event.price.above("1")', Decimal(2), True),
        ('event.price.above("1")', None, "cel"),
        ("event.price == null", None, True),
    ]:
        file = {"m.yaml": text.replace("{}", condition)}
        found = check(file, {"t.Thing": reader}, {}, {})
        assert found.mappings is not None
        event = Decoded({"id": "C-1", "price": value}, "t.Thing")
        mapped = found.mappings.map(record_of("things"), event)
        got = mapped.items != () if isinstance(mapped, Mapped) else mapped.code
        assert got == result


def test_a_decimal_in_a_list_is_left_out() -> None:
    """Inside a list a decimal is not there: asking for it has no value."""
    lines = thing()["lines"]
    assert when("event.lines[0].price > 1.0", lines=lines) == "cel"
