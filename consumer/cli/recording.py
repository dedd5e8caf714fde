"""Recorded events in a file: bytes as they were, and the schemas that wrote them.

The file is one JSON value:

    format     "consumer records", version 1
    masked     whether values were replaced
    schemas    each with `id`, `guid` or `fingerprint`, `text` and `references`
    records    topic, partition, offset, timestamp_ms, key, value, headers (pairs)

Key, value and the values of headers are base64 (RFC 4648, section 4), or null.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from consumer.errors import UsageError
from consumer.model import Header, Record, SchemaId, TopicPartition
from consumer.registry import RegisteredSchema

__all__ = ["Recording", "read_recording", "write_recording"]

SHARED, PRIVATE = 0o644, 0o600


class StoredSchema(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A schema; exactly one of the first three names it."""

    text: str
    id: int | None = None
    guid: str | None = None
    fingerprint: str | None = None
    references: dict[str, str] = {}


class StoredRecord(msgspec.Struct, forbid_unknown_fields=True):
    """A record."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class StoredFile(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file."""

    format: Literal["consumer records"]
    version: Literal[1]
    masked: bool
    schemas: list[StoredSchema]
    records: list[StoredRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Recorded events.

    Attributes:
        masked: Whether values were replaced.
        schemas: What wrote them, by how records name it.
        records: In the order in which they were written.
    """

    masked: bool
    schemas: Mapping[SchemaId, RegisteredSchema]
    records: tuple[Record, ...]


def write_recording(recording: Recording, path: Path) -> None:
    """Write a file; nobody else may read one that is not masked.

    Raises:
        UsageError: It cannot be written.
    """
    stored = StoredFile(
        format="consumer records",
        version=1,
        masked=recording.masked,
        schemas=[
            StoredSchema(
                text=found.text,
                references=dict(found.references),
                id=name.number,
                guid=name.guid,
                fingerprint=None
                if name.fingerprint is None
                else f"{name.fingerprint:016x}",
            )
            for name, found in recording.schemas.items()
        ],
        records=[stored_record(record) for record in recording.records],
    )
    text = msgspec.json.format(msgspec.json.encode(stored), indent=1)
    mode = SHARED if recording.masked else PRIVATE
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(number, "wb") as stream:
            path.chmod(mode)  # also of a file that was there
            stream.write(text + b"\n")
    except OSError as error:
        message = f"{path} cannot be written: {type(error).__name__}"
        raise UsageError(message) from None


def stored_record(record: Record) -> StoredRecord:
    """Return a record as it is stored."""
    return StoredRecord(
        topic=record.source.topic,
        partition=record.source.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp_ms,
        key=record.key,
        value=record.value,
        headers=list(record.headers),
    )


def read_recording(path: Path) -> Recording:
    """Return what a file holds.

    Raises:
        UsageError: It cannot be read, or holds something else.
    """
    try:
        stored = msgspec.json.decode(path.read_bytes(), type=StoredFile)
        schemas = {
            named(one): RegisteredSchema(text=one.text, references=one.references)
            for one in stored.schemas
        }
    except OSError as error:
        message = f"{path} cannot be read: {type(error).__name__}"
        raise UsageError(message) from None
    except (msgspec.DecodeError, ValueError) as error:
        raise UsageError(f"{path} holds no recorded events: {error}") from None
    records = tuple(record_of(one) for one in stored.records)
    return Recording(masked=stored.masked, schemas=schemas, records=records)


def named(stored: StoredSchema) -> SchemaId:
    """Return how records name a schema.

    Raises:
        ValueError: Not exactly one name is given.
    """
    given = [stored.id, stored.guid, stored.fingerprint]
    if sum(one is not None for one in given) != 1:
        raise ValueError("a schema has exactly one of id, guid and fingerprint")
    if stored.fingerprint is not None:
        return SchemaId(fingerprint=int(stored.fingerprint, 16))
    return SchemaId(number=stored.id, guid=stored.guid)


def record_of(stored: StoredRecord) -> Record:
    """Return a record that was stored."""
    headers: tuple[Header, ...] = tuple(stored.headers)
    sizes = [len(name) + len(value or b"") for name, value in headers]
    return Record(
        source=TopicPartition(stored.topic, stored.partition),
        offset=stored.offset,
        timestamp_ms=stored.timestamp_ms,
        key=stored.key,
        value=stored.value,
        headers=headers,
        epoch=0,
        size_bytes=len(stored.key or b"") + len(stored.value or b"") + sum(sizes),
    )
