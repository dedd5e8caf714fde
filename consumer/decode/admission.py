"""A schema's text becomes nodes, or is not admitted.

The registry is input too: whoever may register a schema may try to hurt this process
with it. Nothing here recurses deeper than `max_depth`, and the work is bounded by the
length of the text.

Rules:
    - Names: Avro specification 1.12, "Names". A name with a dot is a full name; else
      the namespace is the type's own, or that of the type around it.
    - A logical type that is unknown, or stands on a base type that it does not fit, is
      ignored: "Language implementations must ignore unknown logical types when
      reading, and should use the underlying Avro type" (ibid., "Logical Types").
    - No recursion, and no array or map whose items take no bytes: fastavro reads five
      bytes of `array<null>` into 971 MB.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NoReturn, TypeAlias, cast

from consumer.decode.limits import DecodeLimits
from consumer.decode.logical import logical_of
from consumer.decode.nodes import (
    MISSING,
    Array,
    Enumeration,
    Field,
    Fixed,
    Map,
    Node,
    Primitive,
    Structure,
    Union,
)
from consumer.decode.reasons import Reason
from consumer.decode.shape import Measure
from consumer.errors import SchemaError

__all__ = ["admit", "read_json"]

JsonObject: TypeAlias = dict[str, object]

MAX_NAME_CHARACTERS = 500  # names end up in messages
# They end up in logs and in headers, where half a surrogate pair cannot be written.
UNPRINTABLE = "a name or symbol has characters that cannot be printed"
PRIMITIVES = {
    kind: Primitive(kind)
    for kind in (
        "null",
        "boolean",
        "int",
        "long",
        "float",
        "double",
        "bytes",
        "string",
    )
}


def admit(text: str, references: Mapping[str, str], limits: DecodeLimits) -> Structure:
    """Return the schema of `text`.

    Args:
        text: The schema's JSON.
        references: JSON of the schemas that it refers to by name, each after those
            that it refers to itself.
        limits: What a schema may cost.

    Returns:
        The record that it describes.

    Raises:
        SchemaError: It is not admitted; the code is one of `Reason`.
    """
    length = len(text) + sum(map(len, references.values()))
    if length > limits.max_schema_bytes:
        raise SchemaError(Reason.SCHEMA_TOO_LARGE, f"the text has {length} characters")
    admission = Admission(limits)
    try:
        for reference in references.values():
            admission.build(read_json(reference), "", 0)
        node = admission.build(read_json(text), "", 0)
    except RecursionError:  # `max_depth` may be set beyond what Python's stack allows
        raise SchemaError(Reason.SCHEMA_TOO_DEEP, "the schema nests too deep") from None
    if not isinstance(node, Structure):
        raise SchemaError(Reason.SCHEMA_NOT_RECORD, "the schema is not a record")
    return node


def read_json(text: str) -> object:
    """Return the value of `text`.

    Raises:
        SchemaError: It is not JSON, or nests too deep to be read.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise SchemaError(Reason.SCHEMA_TOO_DEEP, "the JSON nests too deep") from None
    except ValueError as error:
        raise SchemaError(Reason.SCHEMA_INVALID, "the text is not JSON") from error


def invalid(message: str) -> NoReturn:
    """Refuse a schema that Avro's specification does not allow.

    Raises:
        SchemaError: Always.
    """
    raise SchemaError(Reason.SCHEMA_INVALID, message)


class Admission:
    """Builds the nodes of one schema and of those that it refers to."""

    def __init__(self, limits: DecodeLimits) -> None:
        self._limits = limits
        self._names: dict[str, Node] = {}
        self._open: set[str] = set()
        self._measure = Measure(limits)
        self._built = 0

    def build(self, schema: object, namespace: str, depth: int) -> Node:
        """Return the node of `schema`, which stands `depth` types deep.

        Raises:
            SchemaError: It is not admitted.
        """
        if depth > self._limits.max_depth:
            raise SchemaError(
                Reason.SCHEMA_TOO_DEEP, f"nests deeper than {self._limits.max_depth}"
            )
        self._built += 1
        if self._built > self._limits.max_schema_types:  # what is written out alone
            raise SchemaError(
                Reason.SCHEMA_TOO_LARGE,
                f"has more than {self._limits.max_schema_types} types",
            )
        node: Node
        if isinstance(schema, str):
            return self._named(schema, namespace)
        if isinstance(schema, list):
            node = self._union(schema, namespace, depth)
        elif isinstance(schema, dict):
            node = self._complex(cast("JsonObject", schema), namespace, depth)
        else:
            invalid(f"a type is {type(schema).__name__}, not text, list or object")
        self._measure.add(node)
        return node

    def _named(self, name: str, namespace: str) -> Node:
        primitive = PRIMITIVES.get(name)
        if primitive is not None:
            return primitive
        if not name.isprintable():
            invalid(UNPRINTABLE)
        name = full_name(name, namespace)
        if name in self._open:
            raise SchemaError(Reason.SCHEMA_RECURSIVE, f"{name} contains itself")
        node = self._names.get(name)
        if node is None:
            invalid(f"{name[:MAX_NAME_CHARACTERS]} is not defined")
        return node

    def _union(self, schema: list[object], namespace: str, depth: int) -> Node:
        branches = tuple(self.build(branch, namespace, depth + 1) for branch in schema)
        if not branches or any(isinstance(branch, Union) for branch in branches):
            invalid("a union is empty, or directly contains a union")
        return Union(branches)

    def _complex(self, schema: JsonObject, namespace: str, depth: int) -> Node:
        kind = schema.get("type")
        node: Node
        match kind:
            case "record" | "error":
                node = self._structure(schema, namespace, depth)
            case "enum":
                node = self._enumeration(schema, namespace)
            case "fixed":
                node = self._fixed(schema, namespace)
            case "array":
                node = Array(self.build(schema.get("items"), namespace, depth + 1))
            case "map":
                node = Map(self.build(schema.get("values"), namespace, depth + 1))
            case str() if kind in PRIMITIVES:
                node = Primitive(kind, logical_of(kind, schema, self._limits))
            case _:  # an object, a list or a name, wrapped in an object for no reason
                node = self.build(kind, namespace, depth + 1)
        return node

    def _structure(self, schema: JsonObject, namespace: str, depth: int) -> Structure:
        name, inner = self._define(schema, namespace)
        self._open.add(name)
        fields = tuple(
            self._field(field, inner, depth) for field in list_of(schema, "fields")
        )
        self._open.discard(name)
        if len({field.name for field in fields}) != len(fields):
            invalid(f"{name} has two fields of one name")
        node = Structure(name=name, aliases=aliases(schema, inner), fields=fields)
        self._names[name] = node
        return node

    def _field(self, field: object, namespace: str, depth: int) -> Field:
        if not isinstance(field, dict):
            invalid("a field is not an object")
        return Field(
            name=text_of(field, "name"),
            aliases=frozenset(texts_of(field, "aliases")),
            type=self.build(field.get("type"), namespace, depth + 1),
            default=field.get("default", MISSING),
        )

    def _enumeration(self, schema: JsonObject, namespace: str) -> Enumeration:
        name, inner = self._define(schema, namespace)
        symbols = texts_of(schema, "symbols")
        default = schema.get("default")
        if not symbols or len(set(symbols)) != len(symbols):
            invalid(f"{name} has no symbols, or one of them twice")
        if default is not None and default not in symbols:
            invalid(f"the default of {name} is none of its symbols")
        node = Enumeration(
            name=name,
            aliases=aliases(schema, inner),
            symbols=symbols,
            default=default,
        )
        self._names[name] = node
        return node

    def _fixed(self, schema: JsonObject, namespace: str) -> Fixed:
        name, inner = self._define(schema, namespace)
        size = schema.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            invalid(f"the size of {name} is no number of bytes")
        node = Fixed(
            name=name,
            aliases=aliases(schema, inner),
            size=size,
            logical=logical_of("fixed", schema, self._limits, size),
        )
        self._names[name] = node
        return node

    def _define(self, schema: JsonObject, namespace: str) -> tuple[str, str]:
        """Return the full name and the namespace that holds inside."""
        own = schema.get("namespace", namespace)
        if not isinstance(own, str):
            invalid("a namespace is not text")
        if len(own) > MAX_NAME_CHARACTERS:
            invalid(f"a namespace has more than {MAX_NAME_CHARACTERS} characters")
        if not own.isprintable():
            invalid(UNPRINTABLE)
        name = full_name(text_of(schema, "name"), own)
        if name in self._names or name in self._open:
            invalid(f"{name} is defined twice")
        return name, name.rpartition(".")[0]


def full_name(name: str, namespace: str) -> str:
    """Return `name` with `namespace` before it, unless it has one already."""
    return name if "." in name or not namespace else f"{namespace}.{name}"


def aliases(schema: JsonObject, namespace: str) -> frozenset[str]:
    """Return the full names of a named type's aliases."""
    return frozenset(
        full_name(alias, namespace) for alias in texts_of(schema, "aliases")
    )


def text_of(schema: JsonObject, key: str) -> str:
    """Return the text at `key`; raise SchemaError when there is none."""
    value = schema.get(key)
    if not isinstance(value, str) or not value:
        invalid(f"{key} is missing, or is not text")
    if len(value) > MAX_NAME_CHARACTERS:
        invalid(f"a {key} has more than {MAX_NAME_CHARACTERS} characters")
    if not value.isprintable():
        invalid(UNPRINTABLE)
    return value


def list_of(schema: JsonObject, key: str) -> list[object]:
    """Return the list at `key`, empty when absent; raise SchemaError for another."""
    value = schema.get(key, [])
    if not isinstance(value, list):
        invalid(f"{key} is not a list")
    return value


def texts_of(schema: JsonObject, key: str) -> tuple[str, ...]:
    """Return the texts at `key`, none when absent; raise SchemaError for others."""
    values = list_of(schema, key)
    if not all(isinstance(value, str) for value in values):
        invalid(f"{key} is not a list of texts")
    if not all(map(str.isprintable, cast("list[str]", values))):
        invalid(UNPRINTABLE)
    return tuple(cast("list[str]", values))
