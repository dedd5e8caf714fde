"""Schemas that a registry may hold to hurt us; each with its code."""

from __future__ import annotations

import json
from typing import NamedTuple

from consumer.decode.reasons import Reason
from tests.unit.decode.avro import schema, zigzag
from tests.unit.decode.hostile import DECIMAL, FIXED_DECIMAL

__all__ = ["SCHEMAS", "BadSchema"]


class BadSchema(NamedTuple):
    """A schema that is not admitted.

    Attributes:
        name: What it is.
        text: Its JSON.
        code: The code with which it is refused.
        body: An event of it, with which fastavro would die or be busy.
        twin: A valid schema that is no longer, where refusing it takes a while.
    """

    name: str
    text: str
    code: Reason
    body: bytes = b"\x02"
    twin: str = ""


def nested(levels: int) -> object:
    """Return an array in an array, and so on."""
    node: object = "int"
    for _ in range(levels):
        node = {"type": "array", "items": node}
    return node


def doubling(levels: int) -> dict[str, object]:
    """Return a few lines that name 2 to the power of `levels` fields."""
    inner: object = "int"
    for level in range(levels):
        twice = [{"name": "a", "type": inner}, {"name": "b", "type": f"crm.L{level}"}]
        if level == 0:
            twice[1] = {"name": "b", "type": "int"}
            inner = {"type": "record", "name": "L1", "fields": twice}
        else:
            inner = {"type": "record", "name": f"L{level + 1}", "fields": twice}
    return schema(inner)


TREE = schema(["null", "crm.Event"])
EMPTY = {"type": "record", "name": "Empty", "fields": []}
NOTHING = {"type": "fixed", "name": "Nothing", "size": 0}

SCHEMAS = (
    BadSchema(
        "linked list", json.dumps(TREE), Reason.SCHEMA_RECURSIVE, b"\x02" * 5_000
    ),
    BadSchema(
        "contains itself at once",
        json.dumps(schema("crm.Event")),
        Reason.SCHEMA_RECURSIVE,
        b"\x02" * 5_000,
    ),
    BadSchema(
        "array of nulls",
        json.dumps(schema({"type": "array", "items": "null"})),
        Reason.SCHEMA_ZERO_WIDTH,
        zigzag(5 * 10**7),
    ),
    BadSchema(
        "map of nulls",
        json.dumps(schema({"type": "map", "values": "null"})),
        Reason.SCHEMA_ZERO_WIDTH,
        zigzag(2**40),
    ),
    BadSchema(
        "array of empty records",
        json.dumps(schema({"type": "array", "items": EMPTY})),
        Reason.SCHEMA_ZERO_WIDTH,
        zigzag(2**40),
    ),
    BadSchema(
        "array of fixed(0)",
        json.dumps(schema({"type": "array", "items": NOTHING})),
        Reason.SCHEMA_ZERO_WIDTH,
        zigzag(2**32),
    ),
    BadSchema(
        "100 arrays in each other",
        json.dumps(schema(nested(100))),
        Reason.SCHEMA_TOO_DEEP,
    ),
    BadSchema("100,000 lists in each other", "[" * 100_000, Reason.SCHEMA_TOO_DEEP),
    BadSchema("2^40 fields", json.dumps(doubling(40)), Reason.SCHEMA_TOO_LARGE),
    BadSchema(
        "2 MiB of text",
        json.dumps(schema("int", doc="x" * 2**21)),
        Reason.SCHEMA_TOO_LARGE,
    ),
    BadSchema(
        "decimal of 10^9 digits",
        json.dumps(schema({**DECIMAL, "precision": 10**9})),
        Reason.SCHEMA_DECIMAL,
    ),
    BadSchema(
        "fixed decimal of 1 MB",
        json.dumps(schema({**FIXED_DECIMAL, "size": 10**6})),
        Reason.SCHEMA_DECIMAL,
    ),
    BadSchema(
        "26,000 fields",
        json.dumps(schema(*["int"] * 26_000)),
        Reason.SCHEMA_TOO_LARGE,
        twin=json.dumps(schema(*["int"] * 4_900, doc="x" * 700_000)),
    ),
    BadSchema("not JSON", "record Event {}", Reason.SCHEMA_INVALID),
    BadSchema("not a record", '"string"', Reason.SCHEMA_NOT_RECORD),
)
