"""A sensible rule for each field, at the edges."""

from __future__ import annotations

import pytest

from consumer.mapping.sample import sample_of
from consumer.mapping.starter_rules import leaves, quoted, suggestion
from consumer.mapping.value_type import from_avro


def only(name: str, type_: object) -> str:
    """Return what is written for the one field of a record, or why nothing is."""
    schema = {"type": "record", "name": "R", "fields": [{"name": name, "type": type_}]}
    [leaf] = leaves(from_avro(schema, {}), "R")
    found = suggestion(leaf)
    return found.rule or f"left out: {found.note}"


@pytest.mark.parametrize(
    ("name", "type_", "expected"),
    [
        ("a b", "string", "left out: no path can name it"),
        ("f", ["null"], "left out: nothing: it has no text of its own"),
        ("f", {"type": "array", "items": "bytes"}, "{from: f, apply: [count]}"),
    ],
)
def test_fields_that_are_special(name: str, type_: object, expected: str) -> None:
    """A field that cannot be written says why."""
    assert only(name, type_) == expected


def test_personal_fields() -> None:
    """What the check would warn of is hashed, or left out with the reason."""
    schema = {
        "type": "record",
        "name": "R",
        "fields": [{"name": "x", "type": "string"}],
    }
    [leaf] = leaves(from_avro(schema, {}), "R")
    found = suggestion(leaf, "its `doc` says so")
    assert (found.rule, found.note) == (
        "",
        "looks personal (its `doc` says so): decide before you write it",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b-c", "a.b-c"),
        ("on", '"on"'),
        ("1", '"1"'),
        ("ä: b", '"ä: b"'),
        ("a\n", '"a\\n"'),
    ],
)
def test_quotes_only_where_yaml_needs_them(text: str, expected: str) -> None:
    """What YAML would read as something else stands in quotes."""
    assert quoted(text) == expected


def test_a_field_that_is_always_null() -> None:
    """The example has null where nothing else can be."""
    schema = {
        "type": "record",
        "name": "R",
        "fields": [{"name": "f", "type": ["null"]}, {"name": "g", "type": "null"}],
    }
    assert sample_of(schema, {}, {}) == {"f": None, "g": None}
