"""Why bytes, or the schema that wrote them, are refused: the closed list of codes.

A code is a metric's label, a dead letter's `reason` and a line of the guide, so there
are few of them, they are never renamed, and none contains a value.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["DOCS", "BytesRefusedError", "Reason"]


class Reason(enum.StrEnum):
    """A code of the decode stage."""

    # The record as a whole, and its framing.
    TOO_LARGE = "too_large"
    NO_FRAMING = "no_framing"
    WRONG_FRAMING = "wrong_framing"
    BAD_HEADER = "bad_header"
    NO_REGISTRY = "no_registry"
    UNKNOWN_SCHEMA = "unknown_schema"
    UNKNOWN_FINGERPRINT = "unknown_fingerprint"
    # The bytes of the event.
    TRUNCATED = "truncated"
    TRAILING_BYTES = "trailing_bytes"
    BAD_VARINT = "bad_varint"
    INT_RANGE = "int_range"
    BAD_BOOLEAN = "bad_boolean"
    BAD_LENGTH = "bad_length"
    UNION_INDEX = "union_index"
    ENUM_INDEX = "enum_index"
    BAD_BLOCK = "bad_block"
    TOO_MANY_ELEMENTS = "too_many_elements"
    DECIMAL_TOO_LONG = "decimal_too_long"
    DECIMAL_TOO_PRECISE = "decimal_too_precise"
    BAD_TEXT = "bad_text"
    BAD_VALUE = "bad_value"
    UNRESOLVED_VALUE = "unresolved_value"
    # The writer's schema.
    SCHEMA_INVALID = "schema_invalid"
    SCHEMA_NOT_RECORD = "schema_not_record"
    SCHEMA_RECURSIVE = "schema_recursive"
    SCHEMA_ZERO_WIDTH = "schema_zero_width"
    SCHEMA_TOO_DEEP = "schema_too_deep"
    SCHEMA_TOO_LARGE = "schema_too_large"
    SCHEMA_DECIMAL = "schema_decimal"
    SCHEMA_ENCRYPTED = "schema_encrypted"


DOCS: Mapping[Reason, str] = MappingProxyType({
    Reason.TOO_LARGE: "The value is longer than `decode.max_record_bytes`.",
    Reason.NO_FRAMING: "The value begins like none of the framings that name a schema.",
    Reason.WRONG_FRAMING: "The value is not framed as the mapping's source says.",
    Reason.BAD_HEADER: "The header `__value_schema_id` is neither an id nor a GUID.",
    Reason.NO_REGISTRY: "The record names a registry's schema and none is configured.",
    Reason.UNKNOWN_SCHEMA: "The registry has no schema of that id, after the grace.",
    Reason.UNKNOWN_FINGERPRINT: "No local schema has the single-object fingerprint.",
    Reason.TRUNCATED: "The value ends before the event does.",
    Reason.TRAILING_BYTES: "The value goes on after the event has ended.",
    Reason.BAD_VARINT: "A number takes more than ten bytes, or more than 64 bits.",
    Reason.INT_RANGE: "An `int` does not fit into 32 bits.",
    Reason.BAD_BOOLEAN: "A boolean is neither 0 nor 1.",
    Reason.BAD_LENGTH: "The length of a string or of bytes is negative.",
    Reason.UNION_INDEX: "A union names a branch that the schema does not have.",
    Reason.ENUM_INDEX: "An enum names a symbol that the schema does not have.",
    Reason.BAD_BLOCK: "A block of an array or map is not as long as it says.",
    Reason.TOO_MANY_ELEMENTS: "Arrays and maps hold more than `decode.max_elements`.",
    Reason.DECIMAL_TOO_LONG: "A decimal is longer than `decode.max_decimal_bytes`.",
    Reason.DECIMAL_TOO_PRECISE: "A decimal has more digits than its precision.",
    Reason.BAD_TEXT: "A string is not UTF-8.",
    Reason.BAD_VALUE: "A date, time or UUID is none, or is out of Python's range.",
    Reason.UNRESOLVED_VALUE: "A union branch or enum symbol is unknown to our schema.",
    Reason.SCHEMA_INVALID: "The writer's schema is not a valid Avro schema.",
    Reason.SCHEMA_NOT_RECORD: "The writer's schema is not a record.",
    Reason.SCHEMA_RECURSIVE: "The writer's schema contains itself.",
    Reason.SCHEMA_ZERO_WIDTH: "An array or map has items that take no bytes.",
    Reason.SCHEMA_TOO_DEEP: "The writer's schema nests deeper than `decode.max_depth`.",
    Reason.SCHEMA_TOO_LARGE: "The writer's schema is too long, or has too many fields.",
    Reason.SCHEMA_DECIMAL: "A decimal of the writer's schema can never be read.",
    Reason.SCHEMA_ENCRYPTED: "The registry says that the writer encrypts its fields.",
})


class BytesRefusedError(Exception):
    """These bytes are no event; caught by `decoder`, never seen outside this stage.

    Attributes:
        reason: Why.
        message: Why, for a person; it shows no value.
    """

    def __init__(self, reason: Reason, message: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.message = message or DOCS[reason]
