"""Our own schemas, read from `schemas/avro`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from fastavro.schema import (
    SchemaParseException,
    UnknownType,
    fingerprint,
    to_parsing_canonical_form,
)

from consumer.decode.admission import admit, read_json
from consumer.decode.defaults import default_value
from consumer.decode.limits import DecodeLimits
from consumer.decode.nodes import (
    MISSING,
    Array,
    Map,
    Node,
    Structure,
    Union,
)
from consumer.decode.reasons import Reason
from consumer.errors import ConfigurationError, FileFault, SchemaError

__all__ = ["ReaderSchema", "load_readers"]

# What fastavro 1.13 raises for a schema that it does not like; not per record.
STRICTER = (
    SchemaParseException,
    UnknownType,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
JSON_MEND = "Look at this place and the one before it: commas, quotes, brackets."
RECORD_MEND = "Write a record that `avro-tools` compiles."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSchema:
    """One of our own schemas.

    Attributes:
        name: Full name of its record.
        file: The file that it was read from.
        schema: The file's JSON.
        root: The record, each default as a value.
        fingerprint: CRC-64-AVRO of the parsing canonical form.
    """

    name: str
    file: str
    schema: Mapping[str, object]
    root: Structure
    fingerprint: int


def load_readers(
    texts: Mapping[str, str], limits: DecodeLimits | None = None
) -> dict[str, ReaderSchema]:
    """Return our schemas by full name.

    Args:
        texts: Path of each file, to its text.
        limits: What a schema may cost; the defaults when None.

    Returns:
        Full name of each record, to its schema.

    Raises:
        ConfigurationError: With every fault of every file.
    """
    readers: dict[str, ReaderSchema] = {}
    faults = []
    for file, text in texts.items():
        try:
            reader = load_reader(file, text, limits or DecodeLimits())
        except SchemaError as error:
            faults.append(refused(file, error))
        except ValueError as error:
            faults.append(fault("A102", file, str(error), "Mend or drop the default."))
        else:
            other = readers.setdefault(reader.name, reader)
            if other is not reader:
                message = f"{reader.name} is also defined in {other.file}"
                faults.append(fault("A103", file, message, "Keep one of the files."))
    if faults:
        raise ConfigurationError(tuple(faults))
    return readers


def refused(file: str, error: SchemaError) -> FileFault:
    """Return the fault of a file that is no schema; with its place when not JSON."""
    cause = error.__cause__
    if isinstance(cause, json.JSONDecodeError):
        found = fault("A101", file, f"This is not JSON: {cause.msg}.", JSON_MEND)
        return dataclasses.replace(found, line=cause.lineno, column=cause.colno)
    return fault("A101", file, f"{error} ({error.code})", RECORD_MEND)


def load_reader(file: str, text: str, limits: DecodeLimits) -> ReaderSchema:
    """Return the schema of one file.

    A schema that we cannot read ends in a SchemaError, a default that is no value of
    its type in a ValueError.
    """
    root = admit(text, {}, limits)
    schema = cast("dict[str, object]", read_json(text))
    return ReaderSchema(
        name=root.name,
        file=file,
        schema=schema,
        root=cast("Structure", with_values(root)),
        fingerprint=rabin(schema),
    )


def rabin(schema: dict[str, object]) -> int:
    """Return CRC-64-AVRO of a schema's parsing canonical form.

    Raises:
        SchemaError: fastavro is stricter than we are, and makes none of it.
    """
    try:
        text = fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO")
    except STRICTER as error:
        raise SchemaError(
            Reason.SCHEMA_INVALID,
            f"no fingerprint can be made of it: {type(error).__name__}",
        ) from error
    # fastavro gives the digits in the order of the bytes on the wire
    return int.from_bytes(bytes.fromhex(text), "little")


def with_values(node: Node) -> Node:
    """Return `node` with every default as a value; raise ValueError for a wrong one."""
    match node:
        case Array():
            return Array(with_values(node.items))
        case Map():
            return Map(with_values(node.values))
        case Union():
            return Union(tuple(map(with_values, node.branches)))
        case Structure():
            fields = []
            for field in node.fields:
                default = field.default
                if default is not MISSING:
                    default = in_field(field.name, field.type, default)
                fields.append(
                    dataclasses.replace(
                        field, type=with_values(field.type), default=default
                    )
                )
            return dataclasses.replace(node, fields=tuple(fields))
        case _:
            return node


def in_field(name: str, node: Node, default: object) -> object:
    """Return the value of a field's default.

    Raises:
        ValueError: It is none; the message names the field.
    """
    try:
        return default_value(node, default)
    except ValueError as error:
        raise ValueError(f"field {name}: {error}") from error


def fault(code: str, file: str, message: str, mend: str) -> FileFault:
    """Return the fault of a whole file."""
    return FileFault(code=code, file=file, line=0, column=0, message=message, mend=mend)
