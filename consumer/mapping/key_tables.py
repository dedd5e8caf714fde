"""`consumer docs mapping`: every key of a mapping file, from the model and its meanings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from consumer.catalogue.table import table
from consumer.mapping.json_schema import json_schema
from consumer.mapping.reference import MEANINGS, SECTIONS

__all__ = ["mapping_keys"]

Schema: TypeAlias = Mapping[str, Any]  # JSON Schema has no narrower type
HEAD = ("key", "meaning", "values", "default")
# What a person writes for a definition that has a section or a shape of its own.
WORDS = {
    "Rule": "a rule",
    "RuleSpec": "a rule",
    "Call": "a function",
    "SourceSpec": "see `source`",
    "FormatSpec": "see `format`",
    "DeleteSpec": "see `on_delete`",
    "CaseSpec": "cases",
    "TestSpec": "tests",
}
TYPES = {
    "string": "text",
    "integer": "whole number",
    "boolean": "`true`, `false`",
    "object": "keys and values",
    "null": "null",
}
EXAMPLES = {
    "send_within": 'a text such as `"30s"`, `"5m"`, `"2h"`',
    "share": "a text such as `0-9`",
    "for_each": "`{item: PATH}`",
    "parse": (
        "`integer`, `decimal`, `boolean`, `date`, `timestamp`, `{date: PATTERN}`, "
        "`{timestamp: PATTERN}`, `{timestamp: PATTERN, zone: ZONE}` or "
        "`{epoch: seconds}`, `milliseconds`, `microseconds`"
    ),
}


def mapping_keys() -> str:
    """Return a table of keys for each part of a mapping file."""
    schema = json_schema()
    models: dict[str, Schema] = {"MappingSpec": schema, **schema["$defs"]}
    parts = [
        f"### {title}\n\n{table(HEAD, rows(name, models))}"
        for name, title in SECTIONS.items()
    ]
    return "\n".join(parts)


def rows(model: str, models: Mapping[str, Schema]) -> list[tuple[str, ...]]:
    """Return the rows of one part."""
    shape = models[model]
    required = shape.get("required", [])
    return [
        (
            f"`{key}`",
            meaning,
            EXAMPLES.get(key) or spoken(shape["properties"][key], models),
            default(shape["properties"][key], is_required=key in required),
        )
        for key, meaning in MEANINGS[model].items()
    ]


def default(schema: Schema, *, is_required: bool) -> str:
    """Return the default as a person writes it."""
    if is_required:
        return "required"
    value = schema.get("default")
    return "" if value in (None, "", [], {}, 0.0) else f"`{json.dumps(value)}`"


def spoken(schema: Schema, models: Mapping[str, Schema]) -> str:
    """Return in words what a schema takes."""
    if "$ref" in schema:
        return referred(schema["$ref"].rpartition("/")[2], models)
    if "anyOf" in schema:
        return of_forms(schema["anyOf"], models)
    if "const" in schema or "enum" in schema:
        words = schema.get("enum", [schema.get("const")])
        return ", ".join(f"`{one}`" for one in words)
    kind = schema.get("type", "")
    if kind == "array":
        return f"a list of {spoken(schema['items'], models)}"
    return of_object(schema, models) if kind == "object" else TYPES.get(kind, "any")


def of_forms(forms: Sequence[Schema], models: Mapping[str, Schema]) -> str:
    """Return in words several forms; one, or a list of it, is said shortly."""
    first, last = forms[0], forms[-1]
    if last.get("type") == "array" and last["items"] == first:
        return f"{spoken(first, models)}, or a list of such"
    return " or ".join(spoken(one, models) for one in forms)


def of_object(schema: Schema, models: Mapping[str, Schema]) -> str:
    """Return in words what a map takes."""
    below = schema.get("additionalProperties")
    if schema.get("maxProperties") == 1 and schema["properties"]:
        keys = schema["properties"].items()
        return " or ".join(f"`{{{key}: {inner(one)}}}`" for key, one in keys)
    if isinstance(below, dict):
        return f"names, each with {spoken(below, models)}"
    return TYPES["object"]


def inner(schema: Schema) -> str:
    """Return the word that stands for a value in braces."""
    if "enum" in schema:
        return str(schema["enum"][0])
    return "TEXT" if schema.get("type") == "string" else "RULE"


def referred(name: str, models: Mapping[str, Schema]) -> str:
    """Return in words what a definition takes."""
    return WORDS.get(name) or spoken(models[name], models)
