"""Unit tests of `consumer/decode/admission.py`, `shape.py` and `logical.py`."""

from __future__ import annotations

import json

import pytest

from consumer.decode.admission import admit
from consumer.decode.limits import DecodeLimits
from consumer.decode.nodes import Enumeration, Fixed, Logical, Primitive, Structure
from consumer.decode.reasons import Reason
from consumer.errors import SchemaError
from tests.unit.decode.avro import fields, schema

LIMITS = DecodeLimits()
ENUM = {"type": "enum", "name": "E", "symbols": ["A"]}
FIXED = {"type": "fixed", "name": "F", "size": 2}
EMPTY: dict[str, object] = {"type": "record", "name": "Empty", "fields": []}


def first(type_: object) -> object:
    """Return the node of a record's only field."""
    return admit(json.dumps(schema(type_)), {}, LIMITS).fields[0].type


@pytest.mark.parametrize(
    ("schema_", "message"),
    [
        (schema(7), "a type is int"),
        (schema(None), "a type is NoneType"),
        (schema("nothing"), "crm.nothing is not defined"),
        (schema([]), "a union is empty"),
        (schema(["null", ["int"]]), "directly contains a union"),
        (schema({"type": "array"}), "a type is NoneType"),
        (schema({"type": "object"}), "crm.object is not defined"),
        (
            {"type": "record", "name": "E", "fields": ["int"]},
            "a field is not an object",
        ),
        ({"type": "record", "name": "E", "fields": {}}, "fields is not a list"),
        ({"type": "record", "fields": []}, "name is missing"),
        ({"type": "record", "name": "", "fields": []}, "name is missing"),
        ({"type": "record", "name": "E", "namespace": 1}, "a namespace is not text"),
        (fields({"type": "int"}), "name is missing"),
        (fields({"name": "a", "type": "int", "aliases": [1]}), "aliases is not a list"),
        (
            fields({"name": "a", "type": "int"}, {"name": "a", "type": "int"}),
            "crm.Event has two fields of one name",
        ),
        (schema(namespace="x" * 501), "a namespace has more than 500 characters"),
        (schema({**FIXED, "name": "x" * 501}), "a name has more than 500 characters"),
        (schema(FIXED, FIXED), "crm.F is defined twice"),
        (schema({**FIXED, "name": "Event"}), "crm.Event is defined twice"),
        (schema({**ENUM, "symbols": []}), "crm.E has no symbols"),
        (schema({**ENUM, "symbols": ["A", "A"]}), "or one of them twice"),
        (schema({**ENUM, "default": "B"}), "the default of crm.E is none"),
        (schema({**FIXED, "size": -1}), "the size of crm.F is no number"),
        (schema({**FIXED, "size": True}), "the size of crm.F is no number"),
        (schema({**FIXED, "size": "2"}), "the size of crm.F is no number"),
    ],
)
def test_what_avro_does_not_allow_is_not_admitted(
    schema_: object, message: str
) -> None:
    """A schema that breaks the specification is refused, and the message says where."""
    with pytest.raises(SchemaError, match=message) as caught:
        admit(json.dumps(schema_), {}, LIMITS)
    assert caught.value.code == Reason.SCHEMA_INVALID


def test_no_message_is_as_long_as_a_publisher_likes() -> None:
    """Messages go into logs and headers."""
    with pytest.raises(SchemaError) as caught:
        admit(json.dumps(schema("x" * 100_000)), {}, LIMITS)
    assert len(str(caught.value)) < 600


def test_names_are_resolved_by_the_namespace_around_them() -> None:
    """A name without a dot belongs to the nearest namespace, one with a dot is full."""
    inner = {
        "type": "record",
        "name": "I",
        "namespace": "b",
        "fields": [
            {"name": "e", "type": {**ENUM, "aliases": ["Old", "c.Old"]}},
            {"name": "again", "type": "E"},
        ],
    }
    root = admit(json.dumps(schema(inner, "b.E", "b.I", aliases=["Was"])), {}, LIMITS)
    enum = Enumeration(
        name="b.E", aliases=frozenset({"b.Old", "c.Old"}), symbols=("A",)
    )
    assert (root.name, root.aliases) == ("crm.Event", frozenset({"crm.Was"}))
    assert root.fields[1].type == enum
    assert root.fields[2].type is root.fields[0].type


def test_a_name_with_a_dot_brings_its_namespace() -> None:
    """Avro specification, "Names": the namespace of a full name holds inside."""
    text = json.dumps({
        "type": "record",
        "name": "a.b.C",
        "fields": [{"name": "f", "type": FIXED}],
    })
    node = admit(text, {}, LIMITS).fields[0].type
    assert isinstance(node, Fixed)
    assert node.name == "a.b.F"


def test_a_type_may_be_wrapped_for_no_reason() -> None:
    """Some libraries write an object around a type."""
    assert first({"type": {"type": "int", "logicalType": "date"}}) == Primitive(
        "int", Logical("date")
    )


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ({"type": "int", "logicalType": "date"}, Logical("date")),
        (
            {"type": "long", "logicalType": "timestamp-nanos"},
            Logical("timestamp-nanos"),
        ),
        ({"type": "string", "logicalType": "date"}, None),
        ({"type": "int", "logicalType": "fortnight"}, None),
        ({"type": "int", "logicalType": 7}, None),
        ({"type": "string", "avro.java.string": "String"}, None),
        ({"type": "bytes", "logicalType": "decimal"}, None),
        ({"type": "bytes", "logicalType": "decimal", "precision": 0}, None),
        ({"type": "bytes", "logicalType": "decimal", "precision": "4"}, None),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 3},
            None,
        ),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 1},
            Logical("decimal", 2, 1),
        ),
    ],
)
def test_a_logical_type_that_is_unknown_or_wrong_is_ignored(
    type_: object, expected: Logical | None
) -> None:
    """The base type is read then, as the specification says."""
    node = first(type_)
    assert isinstance(node, Primitive)
    assert node.logical == expected


@pytest.mark.parametrize(
    "item",
    [
        {"type": "record", "name": "N", "fields": [{"name": "n", "type": "null"}]},
        EMPTY,
        {**FIXED, "size": 0},
        "null",
    ],
)
def test_items_must_take_bytes(item: object) -> None:
    """Else five bytes are a billion items."""
    with pytest.raises(SchemaError) as caught:
        admit(json.dumps(schema({"type": "array", "items": item})), {}, LIMITS)
    assert caught.value.code == Reason.SCHEMA_ZERO_WIDTH


@pytest.mark.parametrize(
    "item", [["null", EMPTY], ENUM, FIXED, {"type": "array", "items": "int"}]
)
def test_items_that_take_bytes_are_admitted(item: object) -> None:
    """A union, an enum, an array: each takes a byte at least."""
    assert isinstance(
        admit(json.dumps(schema({"type": "array", "items": item})), {}, LIMITS),
        Structure,
    )


def chain(length: int) -> list[object]:
    """Return records that each name the one before, `length` in all."""
    links: list[object] = [dict(EMPTY, name="L0")]
    for number in range(1, length):
        inner = [{"name": "f", "type": f"crm.L{number - 1}"}]
        links.append({"type": "record", "name": f"L{number}", "fields": inner})
    return links


def test_depth_counts_through_names() -> None:
    """A chain of names is as deep as what it stands for; the text is not."""
    limits = DecodeLimits(max_depth=10)
    assert isinstance(admit(json.dumps(schema(*chain(9))), {}, limits), Structure)
    with pytest.raises(SchemaError) as caught:
        admit(json.dumps(schema(*chain(10))), {}, limits)
    assert caught.value.code == Reason.SCHEMA_TOO_DEEP


def test_a_chain_of_names_does_not_exhaust_the_stack() -> None:
    """Eight thousand records, each naming the one before."""
    with pytest.raises(SchemaError) as caught:
        admit(json.dumps(schema(*chain(8_000))), {}, LIMITS)
    assert caught.value.code == Reason.SCHEMA_TOO_DEEP


def test_a_limit_beyond_the_stack_is_no_crash() -> None:
    """Whatever `max_depth` says, Python's own depth ends in a code."""
    node: object = "int"
    for _ in range(900):
        node = {"type": "array", "items": node}
    with pytest.raises(SchemaError) as caught:
        admit(json.dumps(schema(node)), {}, DecodeLimits(max_depth=10_000))
    assert caught.value.code == Reason.SCHEMA_TOO_DEEP


def test_types_are_counted_with_names_replaced() -> None:
    """A type that is named ten times counts ten times."""
    text = json.dumps(schema(FIXED, *["crm.F"] * 9))
    admitted = admit(text, {}, DecodeLimits(max_schema_types=11))
    assert len(admitted.fields) == 10
    with pytest.raises(SchemaError) as caught:
        admit(text, {}, DecodeLimits(max_schema_types=10))
    assert caught.value.code == Reason.SCHEMA_TOO_LARGE


def test_references_count_towards_the_length() -> None:
    """A small schema may not bring a large one."""
    references = {"a.E": json.dumps({**EMPTY, "doc": "x" * 100})}
    with pytest.raises(SchemaError) as caught:
        admit(json.dumps(EMPTY), references, DecodeLimits(max_schema_bytes=100))
    assert caught.value.code == Reason.SCHEMA_TOO_LARGE


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(schema("int", name="a\ud800")),
        json.dumps(schema("int", namespace="a\nb")),
        json.dumps(schema("int", aliases=["a\0"])),
        json.dumps(schema("\ud800")),
        json.dumps(schema({"type": "enum", "name": "E", "symbols": ["\ud800"]})),
        json.dumps(EMPTY | {"fields": [{"name": "\x1b", "type": "int"}]}),
    ],
)
def test_a_name_that_cannot_be_printed_is_invalid(text: str) -> None:
    """Half a surrogate pair in a dead letter's message would end the process."""
    with pytest.raises(SchemaError) as caught:
        admit(text, {}, LIMITS)
    assert caught.value.code == Reason.SCHEMA_INVALID
    assert str(caught.value).isprintable()


def test_a_name_may_have_letters_of_any_alphabet() -> None:
    """Avro's own check is stricter in some languages, and looser in Java."""
    assert (
        admit(json.dumps(schema("int", name="Größe")), {}, LIMITS).name == "crm.Größe"
    )


def test_types_that_are_too_many_are_refused_before_all_are_built() -> None:
    """A text of a megabyte costs what the limit allows."""
    with pytest.raises(SchemaError, match=r"has more than 10 types$"):
        admit(json.dumps(schema(*["int"] * 11)), {}, DecodeLimits(max_schema_types=10))


def test_an_error_is_a_record() -> None:
    """Avro's `error` is a record by another name."""
    assert isinstance(first({**EMPTY, "type": "error"}), Structure)
