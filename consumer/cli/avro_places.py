"""Where a field stands in the text of an Avro schema."""

from __future__ import annotations

import re

from consumer.errors import ConfigurationError
from consumer.yamlfile import Path, Place, Value, read_yaml

__all__ = ["place_of"]

NOWHERE = Place(0, 0)


def place_of(text: str, field: str) -> Place:
    """Return where a field is defined, or the nearest type around it.

    Args:
        text: The schema's JSON.
        field: A path such as `loan.lines[].amount`.
    """
    try:
        document = read_yaml(text, "")  # JSON is YAML, and its reader knows places
    except ConfigurationError:
        return NOWHERE
    path: Path = ()
    value = document.value
    for name in re.sub(r"\[\]|\{\}", "", field).split("."):
        found = below(value, path, name)
        if found is None:
            break
        path, value = found
    return document.place(path)


def below(value: Value, path: Path, name: str) -> tuple[Path, Value] | None:
    """Return the field `name` of the record that `value` is, or holds."""
    if isinstance(value, list):
        branches = (below(v, (*path, i), name) for i, v in enumerate(value))
        return next(filter(None, branches), None)
    if not isinstance(value, dict):
        return None
    fields = value.get("fields")
    for index, one in enumerate(fields if isinstance(fields, list) else []):
        if isinstance(one, dict) and one.get("name") == name:
            return (*path, "fields", index), one
    inner = (below(value[k], (*path, k), name) for k in PARTS if k in value)
    return next(filter(None, inner), None)


PARTS = ("type", "items", "values")
