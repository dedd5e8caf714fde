"""The configuration described: a table for people, a JSON Schema for editors."""

from __future__ import annotations

from collections.abc import Mapping

from consumer.config.keys import FREE_SECTIONS, KEYS, SECTIONS, Known, Path, dotted

__all__ = ["json_schema", "table"]

FREE_ROWS = (
    ("kafka.bootstrap.servers", "required", "Brokers to begin with"),
    ("kafka.group.id", "required", "Consumer group"),
    (
        "kafka.*",
        "librdkafka's",
        "Any other librdkafka property, passed through as it stands",
    ),
    ("topics.*", "", "A mapping's logical topic name, and its real name here"),
    ("keys.*", "", "A key for keyed hashes, by the name that mappings use"),
)


def table() -> str:
    """Return the markdown table of all keys: name, default, meaning."""
    rows = [*FREE_ROWS, *map(row, KEYS.values())]
    lines = ["| key | default | meaning |", "| --- | --- | --- |"]
    lines += [
        f"| `{name}` | {default} | {meaning.replace('|', chr(92) + '|')} |"
        for name, default, meaning in rows
    ]
    return "\n".join(lines) + "\n"


def row(known: Known) -> tuple[str, str, str]:
    """Return one key's name, default and meaning."""
    return dotted(known.path), default_of(known), known.key.meaning


def default_of(known: Known) -> str:
    """Return the default as a person writes it."""
    if known.is_required:
        return "required"
    if known.key.default is not None:
        is_value = " " not in known.key.default
        return f"`{known.key.default}`" if is_value else known.key.default
    if known.default is None:
        return ""
    if isinstance(known.default, bool):
        return f"`{str(known.default).lower()}`"
    if isinstance(known.default, float):
        return f"`{known.default:g}`"
    return f"`{known.default}`"


def json_schema() -> Mapping[str, object]:
    """Return the JSON Schema of the configuration file (draft 2020-12)."""
    properties: dict[str, object] = {
        name: free(name, meaning) for name, meaning in FREE_SECTIONS.items()
    }
    properties |= {name: section((name,)) for name in SECTIONS}
    properties |= keys_of(())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "target-profile-consumer configuration",
        "type": "object",
        "additionalProperties": False,
        "required": ["kafka", "target"],
        "properties": properties,
        "$defs": {
            "file": {
                "type": "object",
                "additionalProperties": False,
                "required": ["file"],
                "properties": {"file": {"type": "string", "minLength": 1}},
            }
        },
    }


def section(prefix: Path) -> Mapping[str, object]:
    """Return the schema of one section."""
    required = [
        path[-1]
        for path, one in KEYS.items()
        if one.is_required and path[:-1] == prefix
    ]
    return {
        "type": ["object", "null"],
        "additionalProperties": False,
        "required": required,
        "properties": keys_of(prefix),
    }


def keys_of(prefix: Path) -> dict[str, object]:
    """Return the schemas of the keys directly below `prefix`."""
    return {
        path[-1]: {
            "description": known.key.meaning,
            "anyOf": [
                known.key.kind.schema(),
                {"$ref": "#/$defs/file"},
                {"type": "null"},
            ],
        }
        for path, known in KEYS.items()
        if path[:-1] == prefix
    }


def free(name: str, meaning: str) -> Mapping[str, object]:
    """Return the schema of a section whose keys are free names."""
    value = {"type": ["string", "number", "boolean"]}
    required = ["bootstrap.servers", "group.id"] if name == "kafka" else []
    return {
        "description": meaning,
        "type": ["object", "null"],
        "required": required,
        "additionalProperties": {"anyOf": [value, {"$ref": "#/$defs/file"}]},
    }
