"""Nodes as fastavro takes them.

Two costs of fastavro 1.13 are worked around here:
    - It would parse a schema again for each record, but for its own mark on one that
      is parsed. Our schemas carry that mark: every name is replaced by what it stands
      for, so there is nothing left to look up.
    - It compares the writer's and the reader's schema for each record. Ours differ in
      their number of keys, which ends that comparison at once.

It also matches names without their namespaces, and would take the first of a union's
`a.Item` and `b.Item`; by now the writer's types have our names, so whole names match.
"""

from __future__ import annotations

from typing import cast

from consumer.decode.conversions import name_for_fastavro, promotion_for_fastavro
from consumer.decode.nodes import (
    MISSING,
    Array,
    Enumeration,
    Field,
    Fixed,
    Logical,
    Map,
    Node,
    Primitive,
    Structure,
    Union,
)

__all__ = ["Form", "form", "root_form"]

Form = str | list[object] | dict[str, object]
PARSED: dict[str, object] = {"__fastavro_parsed": True, "__named_schemas": {}}


def root_form(node: Structure, *, is_reader: bool) -> dict[str, object]:
    """Return `node` as fastavro takes a whole schema."""
    side = {"side": "reader"} if is_reader else {}
    return {**PARSED, **side, **cast("dict[str, object]", form(node))}


def form(node: Node) -> Form:
    """Return `node` as fastavro takes a type that it has parsed."""
    if isinstance(node, Union):
        return [form(branch) for branch in node.branches]
    if isinstance(node, Primitive) and node.logical is None and not node.promoted:
        return node.kind
    return object_form(node)


def object_form(
    node: Primitive | Fixed | Enumeration | Array | Map | Structure,
) -> dict[str, object]:
    """Return a type that is written as an object."""
    keys: dict[str, object]
    match node:
        case Primitive(promoted=""):
            keys = {"type": node.kind, **logical_form(node.kind, node.logical)}
        case Primitive():
            name = promotion_for_fastavro(node.promoted)
            keys = {"type": node.kind, "logicalType": name}
        case Fixed():
            keys = {"type": "fixed", "name": name_form(node.name), "size": node.size}
            keys |= logical_form("fixed", node.logical)
        case Enumeration():
            keys = {"type": "enum", "name": name_form(node.name)}
            keys["symbols"] = list(node.symbols)
            keys |= {} if node.default is None else {"default": node.default}
        case Array():
            keys = {"type": "array", "items": form(node.items)}
        case Map():
            keys = {"type": "map", "values": form(node.values)}
        case _:
            fields = [field_form(field) for field in node.fields]
            keys = {"type": "record", "name": name_form(node.name), "fields": fields}
    return keys


def name_form(name: str) -> str:
    """Return a full name in which fastavro sees no namespace that it may leave out."""
    return name.replace(".", "/")


def field_form(field: Field) -> dict[str, object]:
    """Return a field, its default as it is."""
    default = {} if field.default is MISSING else {"default": field.default}
    return {"name": field.name, "type": form(field.type), **default}


def logical_form(base: str, logical: Logical | None) -> dict[str, object]:
    """Return the keys of a logical type on `base`."""
    if logical is None:
        return {}
    if logical.name != "decimal":
        return {"logicalType": name_for_fastavro(base, logical.name)}
    return {
        "logicalType": "decimal",
        "precision": logical.precision,
        "scale": logical.scale,
    }
