"""The types that a schema defines."""

from __future__ import annotations

from consumer.mapping.avro_names import definitions
from consumer.mapping.record_json import event_of

ROW = {
    "type": "record",
    "name": "Row",
    "fields": [
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A"]}}
    ],
}
SCHEMA = {
    "type": "record",
    "name": "Change",
    "namespace": "t",
    "fields": [
        {"name": "before", "type": ["null", ROW], "default": None},
        {"name": "after", "type": ["null", "Row"], "default": None},
        {
            "name": "other",
            "type": {
                "type": "array",
                "items": {"type": "fixed", "name": "u.Id", "size": 2},
            },
        },
    ],
}


def test_every_definition_has_its_full_name() -> None:
    """Records, enums and fixed are found in fields, unions, lists and maps."""
    nested = {"type": "map", "values": {"type": {"type": "array", "items": SCHEMA}}}
    assert set(definitions(nested)) == {"t.Change", "t.Row", "t.Kind", "u.Id"}
    assert definitions("t.Change") == {}


def test_a_type_is_known_though_the_value_that_defines_it_is_missing() -> None:
    """A later field may name the type of an earlier one that is null or left out."""
    found = event_of({"after": {"kind": "A"}, "other": []}, SCHEMA, {})
    assert found == {"before": None, "after": {"kind": "A"}, "other": []}
