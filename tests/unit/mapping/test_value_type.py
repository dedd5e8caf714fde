"""Types of values, read from Avro schemas."""

from __future__ import annotations

import pytest

from consumer.mapping.value_type import Kind, ValueType, from_avro

FIXED = {"type": "fixed", "name": "F", "size": 16}


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ("long", "integer"),
        ({"type": "string"}, "text"),
        (["null", "string"], "text or null"),
        (["string", "int"], "text or integer"),
        (["null", "string", "int"], "text or integer or null"),
        (["int", "long"], "integer"),
        (["null", "int", "long"], "integer or null"),
        (["null"], "nothing or null"),
        ({"type": "array", "items": "string"}, "list of text"),
        ({"type": "map", "values": ["null", "int"]}, "map of integer or null"),
        (FIXED, "bytes"),
        ({**FIXED, "logicalType": "uuid"}, "uuid"),
        ({**FIXED, "logicalType": "uuid", "size": 15}, "bytes"),
        ({**FIXED, "logicalType": "duration"}, "bytes"),
        ({**FIXED, "logicalType": "duration", "size": 12}, "record"),
        ({**FIXED, "logicalType": "uuid", "size": "16"}, "bytes"),
        ({"type": "long", "logicalType": "timestamp-nanos"}, "timestamp"),
        ({"type": "long", "logicalType": "local-timestamp-nanos"}, "local timestamp"),
        (
            {**FIXED, "logicalType": "decimal", "precision": 9, "scale": 3},
            "decimal",
        ),
        ({**FIXED, "logicalType": "decimal", "scale": 3}, "bytes"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 0}, "bytes"),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 3},
            "bytes",
        ),
        ({"type": "bytes", "logicalType": "decimal", "precision": 5}, "decimal"),
        ({"type": "string", "logicalType": "decimal"}, "text"),
        ({"type": "long", "logicalType": "of-our-own"}, "integer"),
        ({"type": "int", "logicalType": "time-millis"}, "time"),
        ("nobody.KnowsThis", "nothing"),
    ],
)
def test_an_avro_type_has_a_name(schema: object, name: str) -> None:
    """Each Avro type is one of the language's kinds, as a person would call it."""
    assert str(from_avro(schema, {})) == name


def test_names_are_found_in_the_file_and_in_others() -> None:
    """A named type may be used again, relative or in full, or stand in another file."""
    schema = {
        "type": "record",
        "name": "a.b.Thing",
        "fields": [
            {"name": "one", "type": {"type": "enum", "name": "E", "symbols": ["X"]}},
            {"name": "two", "type": "E"},
            {"name": "three", "type": "a.b.E"},
            {"name": "four", "type": "c.Other"},
        ],
    }
    other = {"type": "enum", "name": "Other", "namespace": "c", "symbols": ["Y"]}
    fields = from_avro(schema, {"c.Other": other}).fields
    assert [fields[name].symbols for name in ("one", "two", "three", "four")] == [
        ("X",),
        ("X",),
        ("X",),
        ("Y",),
    ]


def test_a_type_inside_itself_ends() -> None:
    """A recursive record reads as one without fields where it begins again."""
    schema = {
        "type": "record",
        "name": "Node",
        "fields": [{"name": "next", "type": ["null", "Node"]}],
    }
    inner = from_avro(schema, {}).fields["next"]
    assert (inner.kind, inner.nullable, inner.fields) == (Kind.RECORD, True, {})


def test_nullability_is_changed_both_ways() -> None:
    """A type can be made optional and present again; nothing else changes."""
    plain = ValueType(kind=Kind.ENUM, symbols=("A",))
    assert plain.optional().present() == plain
    assert plain.optional().optional() == plain.optional()
    assert plain.present() is plain
