"""Unit tests of `consumer/decode/check.py`: valid bytes pass, at their exact end.

Hostile bytes are in `test_hostile.py`.
"""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from consumer.decode.admission import admit
from consumer.decode.check import compile_check, fitting_bytes
from consumer.decode.limits import DecodeLimits
from tests.unit.decode.avro import code, encode, fields, outcome, schema, taught, zigzag

DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}
SYMBOLS = [f"S{i}" for i in range(200)]
MANY = {"type": "enum", "name": "Many", "symbols": SYMBOLS}
FIXED = {"type": "fixed", "name": "F3", "size": 3}
FIXED_DECIMAL = {**DECIMAL, "type": "fixed", "name": "F8", "size": 8}
SMALL_DECIMAL = {**DECIMAL, "type": "fixed", "name": "F4", "size": 4}
RECORD = {"type": "record", "name": "R", "fields": [{"name": "n", "type": "int"}]}
WIDE_UNION: list[object] = [
    {"type": "record", "name": f"R{i}", "fields": []} for i in range(100)
]


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("null", None),
        ("boolean", True),
        ("int", -(2**31)),
        ("int", 63),
        ("long", 2**63 - 1),
        ("long", -(2**63)),
        ("float", 0.5),
        ("double", 0.1),
        ("bytes", b"\x00" * 200),
        ("string", ""),
        ("string", "é" * 100),
        (FIXED, b"abc"),
        (MANY, "S0"),
        (MANY, "S199"),
        (["null", "long"], None),
        (["null", "long"], 300),
        (DECIMAL, Decimal("0.00")),
        (DECIMAL, Decimal("-9999999999.99")),
        (DECIMAL, Decimal("21474836.48")),
        (FIXED_DECIMAL, Decimal("9999999999.99")),
        (SMALL_DECIMAL | {"precision": 9}, Decimal("-9999999.99")),
        ({"type": "array", "items": "double"}, [0.5] * 300),
        ({"type": "array", "items": "boolean"}, [True, False]),
        ({"type": "array", "items": {"type": "array", "items": "int"}}, [[1], [], [2]]),
        ({"type": "map", "values": {"type": "map", "values": "int"}}, {"a": {"b": 1}}),
    ],
    ids=str,
)
def test_what_fastavro_writes_passes(type_: object, value: object) -> None:
    """A valid value is decoded to itself."""
    written = schema(type_, "long")
    body = encode(written, {"x": value, "x1": 77})
    assert outcome(taught(written), body) == {"x": value, "x1": 77}


def test_a_union_of_a_hundred_branches_has_indexes_of_two_bytes() -> None:
    """An index beyond 63 takes two bytes, and one beyond the last is refused."""
    decoder = taught(schema(WIDE_UNION))
    assert outcome(decoder, zigzag(99)) == {"x": {}}
    assert code(decoder, zigzag(100)) == "union_index"


@pytest.mark.parametrize("index", [-1, 200])
def test_an_enum_of_two_hundred_symbols_has_no_others(index: int) -> None:
    """An index of two bytes is compared too."""
    assert code(taught(schema(MANY)), zigzag(index)) == "enum_index"


def test_blocks_may_say_their_length_in_bytes() -> None:
    """A negative count is followed by the length, as the specification allows."""
    decoder = taught(schema({"type": "array", "items": "string"}))
    body = zigzag(-2) + zigzag(4) + b"\x02a\x02b" + b"\x02\x02c" + b"\x00"
    assert outcome(decoder, body) == {"x": ["a", "b", "c"]}


def test_elements_are_counted_over_the_whole_record() -> None:
    """The limit is on all arrays and maps together."""
    items = {"type": "array", "items": "int"}
    written = schema(items, {"type": "map", "values": items})
    decoder = taught(written, limits=DecodeLimits(max_elements=5))
    five = {"x": [1, 2], "x1": {"a": [3, 4]}}
    assert outcome(decoder, encode(written, five)) == five
    six = {"x": [1, 2, 5], "x1": {"a": [3, 4]}}
    assert code(decoder, encode(written, six)) == "too_many_elements"


def test_a_decimal_may_be_padded_up_to_the_limit() -> None:
    """Leading zeros are no digits."""
    decoder = taught(schema(DECIMAL), limits=DecodeLimits(max_decimal_bytes=10))
    assert outcome(decoder, zigzag(10) + b"\x00" * 9 + b"\x07") == {
        "x": Decimal("0.07")
    }
    assert code(decoder, zigzag(11) + b"\x00" * 10 + b"\x07") == "decimal_too_long"


@pytest.mark.parametrize("kind", ["array", "map", "union", "record"])
def test_schemas_may_nest_as_deep_as_the_limit(kind: str) -> None:
    """Python's own bounds on loops and indents inside each other do not show."""
    node: object = "int"
    value: object = 1
    for level in range(60 if kind != "union" else 29):
        if kind == "array":
            node, value = {"type": "array", "items": node}, [value]
        elif kind == "map":
            node, value = {"type": "map", "values": node}, {"k": value}
        else:
            inner = ["null", node] if kind == "union" else node
            one = {"name": "f", "type": inner}
            node = {"type": "record", "name": f"R{level}", "fields": [one]}
            value = {"f": value}
    written = schema(node)
    assert outcome(taught(written), encode(written, {"x": value})) == {"x": value}


def test_a_type_named_twice_is_checked_twice() -> None:
    """A name stands for its type wherever it is."""
    written = schema(FIXED, "crm.F3", {"type": "array", "items": "F3"})
    value = {"x": b"abc", "x1": b"def", "x2": [b"ghi"]}
    assert outcome(taught(written), encode(written, value)) == value


@pytest.mark.parametrize("precision", range(1, 60))
def test_fitting_bytes_never_exceed_the_precision(precision: int) -> None:
    """Decimals so short are not looked at, and one byte more would not do."""
    bound = 10**precision
    size = fitting_bytes(bound)
    assert 2 ** (8 * size) // 2 < bound <= 2 ** (8 * size + 8) // 2


def test_a_type_named_twice_deep_down_is_checked_twice() -> None:
    """One function of the compiled check serves all places of a name."""
    twice = [
        {"name": "a", "type": {"type": "array", "items": RECORD}},
        {"name": "b", "type": {"type": "array", "items": "crm.R"}},
    ]
    node: object = {"type": "record", "name": "Twice", "fields": twice}
    value: object = {"a": [{"n": 1}], "b": [{"n": 2}]}
    for _ in range(6):
        node, value = {"type": "array", "items": node}, [value]
    written = schema(node)
    assert outcome(taught(written), encode(written, {"x": value})) == {"x": value}


def test_no_text_of_a_schema_enters_the_compiled_source() -> None:
    """A name that is Python does nothing."""
    evil = '"]; raise SystemExit #'
    text = json.dumps(fields({"name": evil, "type": "int"}, name=evil))
    check = compile_check(admit(text, {}, DecodeLimits()), DecodeLimits())
    assert check(b"\x02", 0, 9) == (1, 9)


@pytest.mark.parametrize("count", [16, 17, 64, 65, 4_000])
def test_a_union_of_many_branches_is_checked(count: int) -> None:
    """Python's compiler dies of a long `elif`; the registry may hold such a union."""
    branches = [
        {"type": "fixed", "name": f"F{number}", "size": 1 + number % 2}
        for number in range(count)
    ]
    ours = [branches[0], branches[1], branches[-1]]
    decoder = taught(schema(branches, "int"), schema(ours, "int"))
    for index in (0, 1, count - 1):
        value = b"a" * (1 + index % 2)
        event = outcome(decoder, zigzag(index) + value + b"\x02")
        assert event == {"x": value, "x1": 1}
    for index in (-1, count, 2**40):
        assert code(decoder, zigzag(index) + b"aaa") == "union_index"
