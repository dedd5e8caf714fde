"""The types that an Avro schema defines, by their full names."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["definitions"]


def definitions(schema: object, space: str = "") -> dict[str, object]:
    """Return every record, enum and fixed that `schema` defines, by its full name.

    Args:
        schema: An Avro schema as its JSON value.
        space: The namespace around it.
    """
    return dict(defined(schema, space))


def defined(schema: object, space: str) -> Iterator[tuple[str, object]]:
    """Give each definition in the order of the text."""
    for branch in schema if isinstance(schema, list) else ():
        yield from defined(branch, space)
    if not isinstance(schema, dict):
        return
    if str(schema.get("type")) in {"record", "error", "enum", "fixed"}:
        name = str(schema.get("name"))
        own = str(schema.get("namespace", space))
        full = name if "." in name else f"{own}.{name}".strip(".")
        space = full.rpartition(".")[0]
        yield full, {**schema, "name": full}
    fields = schema.get("fields")
    for one in fields if isinstance(fields, list) else ():
        yield from defined(one.get("type"), space)
    for key in ("items", "values", "type"):
        yield from defined(schema.get(key), space)
