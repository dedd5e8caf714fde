"""The configuration described for people and editors."""

import msgspec

from consumer.config.describe import json_schema, table
from consumer.config.keys import KEYS


def test_the_table_has_every_key() -> None:
    """The table in the README is made from the keys, each with its meaning."""
    lines = table().splitlines()
    assert lines[0] == "| key | default | meaning |"
    assert (
        "| `target.timeout_seconds` | `10` | Longest time for one whole call |" in lines
    )
    assert len(lines) == 2 + 5 + len(KEYS)


def test_the_schema_is_of_the_same_keys() -> None:
    """The JSON Schema for editors names every key and forbids all others."""
    schema = msgspec.json.decode(msgspec.json.encode(json_schema()))
    assert schema["additionalProperties"] is False
    for path in KEYS:
        properties = schema["properties"]
        for part in path[:-1]:
            properties = properties[part]["properties"]
        assert path[-1] in properties
    assert schema["properties"]["target"]["required"] == ["client"]
