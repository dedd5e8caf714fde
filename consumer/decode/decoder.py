"""Bytes become an event, ask for a schema, or are refused.

Rules:
    - Nothing that a publisher sends raises: every fault of the bytes, and of the schema
      that they name, is an `Undecodable` with a code of `Reason`.
    - Only a writer's schema that cannot become ours raises: that is a deployment's
      fault, and holds the topic.
    - Messages name schemas, never a value.

Theory of operation:
    For each rule a table holds what is known of each schema's key: a `Binding` (the
    compiled check and the schemas for fastavro) or an answer that is always the same.
    A record costs one look into it, the check, and fastavro. Tables are thrown away
    whenever something is learned, and filled again from what was compiled: only keys
    that the registry knows get into one, so records cannot fill the memory with ids.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from io import BytesIO
from typing import TypeAlias, cast

import msgspec
from fastavro import schemaless_reader
from fastavro.read import SchemaResolutionError

from consumer.decode.admission import admit
from consumer.decode.check import Check, compile_check
from consumer.decode.forms import root_form
from consumer.decode.framing import (
    BARE,
    SINGLE_OBJECT_MARK,
    Framing,
    fingerprint_key,
    frame,
    key_of,
    schema_id,
)
from consumer.decode.limits import DecodeLimits
from consumer.decode.nodes import Structure
from consumer.decode.readers import ReaderSchema
from consumer.decode.reasons import DOCS, BytesRefusedError, Reason
from consumer.decode.resolve import claims, resolve
from consumer.decode.varint import refuse
from consumer.errors import SchemaError, SchemaUnresolvableError
from consumer.model import Decoded, NeedsSchema, Record, SchemaId, Undecodable

__all__ = ["Decoder", "Framing", "TopicRule", "Unclaimed"]

# What fastavro 1.13 raises for bytes that passed the check: text that is no UTF-8, and
# dates, times and UUIDs that are none. The rest is here because it is documented
# nowhere, and one poison record must not end the process.
VALUE_ERRORS = (ArithmeticError, LookupError, TypeError, ValueError, EOFError)


ENCRYPTED = (
    "the registry's rules for it encrypt fields or the payload, and there is no key "
    "for them here; publish to this topic without such rules"
)


class TopicRule(msgspec.Struct, frozen=True, cache_hash=True):
    """What the mappings say of one topic.

    Attributes:
        framing: How its records name their schema.
        readers: Full names of our schemas that are claimed on it; the first is also
            the writer's for bare records.
    """

    framing: Framing
    readers: tuple[str, ...]


class Unclaimed(msgspec.Struct, frozen=True):
    """The record's schema is known, and no schema claimed on its topic reads it.

    Attributes:
        schema: Full name of the writer's schema.
    """

    schema: str


class Binding(msgspec.Struct, frozen=True):
    """How the events of one writer's schema are read as one of ours.

    Attributes:
        check: The compiled check.
        writer: The writer's schema for fastavro.
        reader: Ours for fastavro; None when the writer's says it all.
        name: Full name of ours.
    """

    check: Check
    writer: dict[str, object]
    reader: dict[str, object] | None
    name: str


Answer: TypeAlias = Decoded | NeedsSchema | Undecodable | Unclaimed
Entry: TypeAlias = Binding | Undecodable | Unclaimed | SchemaUnresolvableError


class Decoder:
    """Decodes records, and holds what is known of schemas. Owned by the pipeline."""

    def __init__(
        self,
        readers: Mapping[str, ReaderSchema],
        limits: DecodeLimits,
        *,
        has_registry: bool,
    ) -> None:
        self._readers = readers
        self._limits = limits
        self._has_registry = has_registry
        self._schemas: dict[bytes, Structure | SchemaError] = by_fingerprint(readers)
        self._unknown: set[bytes] = set()
        self._bindings: dict[
            tuple[bytes, str], Binding | SchemaError | Undecodable
        ] = {}
        self._tables: dict[TopicRule, dict[bytes, Entry]] = {}

    def decode(self, record: Record, rule: TopicRule) -> Answer:
        """Return the event of `record`, or what stands in its way.

        Args:
            record: A record with a value (a tombstone is no event).
            rule: What the mappings say of its topic.

        Returns:
            The event; or `NeedsSchema`, which goes away with `learn` or `unknown`; or
            `Unclaimed`; or `Undecodable` for ever. A schema that cannot become ours is
            no answer but a SchemaUnresolvableError: hold the topic.
        """
        value = record.value or b""
        size = len(value)
        try:
            if size > self._limits.max_record_bytes:
                refuse(Reason.TOO_LARGE)
            key, start = frame(value, record.headers, rule.framing)
            try:
                entry = self._tables[rule][key]
            except KeyError:
                found = self._find(rule, key)
                if isinstance(found, NeedsSchema):
                    return found
                entry = found
            if not isinstance(entry, Binding):
                return always(entry)
            end, _ = entry.check(value, start, self._limits.max_elements)
            if end != size:
                refuse(Reason.TRUNCATED if end > size else Reason.TRAILING_BYTES)
        except BytesRefusedError as error:
            return Undecodable(code=error.reason.value, message=error.message)
        except IndexError:
            return undecodable(Reason.TRUNCATED)
        return read(entry, value, start)

    def learn(
        self,
        schema_id: SchemaId,
        text: str,
        references: Mapping[str, str],
        *,
        is_encrypted: bool = False,
    ) -> None:
        """Take in the schema of `schema_id`, for ever.

        Args:
            schema_id: How records name it.
            text: Its JSON.
            references: Name of each schema that it refers to, to its JSON; each after
                those that it refers to itself.
            is_encrypted: Whether the registry says that writers encrypt what they
                write with it. What they write can be decoded, but is not the event:
                ciphertext would end up in profiles.

        Raises:
            SchemaError: It is not admitted; records that name it are undecodable.
        """
        key = key_of(schema_id)
        self._unknown.discard(key)
        self._tables.clear()
        try:
            if is_encrypted:
                raise SchemaError(Reason.SCHEMA_ENCRYPTED, ENCRYPTED)  # noqa: TRY301 - as any that is not admitted
            self._schemas[key] = admit(text, references, self._limits)
        except SchemaError as error:
            self._schemas[key] = error
            raise

    def unknown(self, schema_id: SchemaId) -> None:
        """Refuse records that name `schema_id`: the registry does not have it."""
        self._unknown.add(key_of(schema_id))

    def forget_unknown(self, schema_id: SchemaId) -> None:
        """Let records ask for `schema_id` again."""
        self._unknown.discard(key_of(schema_id))

    def renew(self, readers: Mapping[str, ReaderSchema]) -> None:
        """Read records as `readers` from now on; what a registry said is kept."""
        for key in by_fingerprint(self._readers):
            self._schemas.pop(key, None)
        self._readers = readers
        self._schemas |= by_fingerprint(readers)
        self._bindings.clear()
        self._tables.clear()

    def _find(self, rule: TopicRule, key: bytes) -> Entry | NeedsSchema:
        """Return what is known of `key`, and remember what stays so."""
        writer = self._writer(rule, key)
        if isinstance(writer, NeedsSchema | Undecodable):
            return writer
        entry: Entry
        if isinstance(writer, SchemaError):
            entry = Undecodable(code=writer.code, message=str(writer))
        else:
            entry = self._claim(rule, key, writer)
        self._tables.setdefault(rule, {})[key] = entry
        return entry

    def _writer(
        self, rule: TopicRule, key: bytes
    ) -> Structure | SchemaError | NeedsSchema | Undecodable:
        if key == BARE:
            return self._readers[rule.readers[0]].root
        known = self._schemas.get(key)
        if known is not None:
            return known
        if key.startswith(SINGLE_OBJECT_MARK):
            return undecodable(Reason.UNKNOWN_FINGERPRINT)
        if not self._has_registry:
            return undecodable(Reason.NO_REGISTRY)
        if key in self._unknown:
            return undecodable(Reason.UNKNOWN_SCHEMA)
        return NeedsSchema(schema_id(key))

    def _claim(self, rule: TopicRule, key: bytes, writer: Structure) -> Entry:
        readers = [self._readers[name] for name in rule.readers]
        readers.sort(key=lambda reader: reader.name != writer.name)  # name, then alias
        for reader in readers:
            if claims(reader.root, writer):
                return self._bind(key, writer, reader)
        return Unclaimed(writer.name)

    def _bind(self, key: bytes, writer: Structure, reader: ReaderSchema) -> Entry:
        place = (key or reader.name.encode(), reader.name)
        bound = self._bindings.get(place)
        if bound is None:
            try:
                bound = bind(writer, reader, self._limits)
            except SchemaError as error:
                bound = error
            except RecursionError:  # as in `admit`
                bound = undecodable(Reason.SCHEMA_TOO_DEEP)
            self._bindings[place] = bound
        return cast("Entry", bound)


def by_fingerprint(
    readers: Mapping[str, ReaderSchema],
) -> dict[bytes, Structure | SchemaError]:
    """Return our own schemas by the key of single-object encoding."""
    return {
        fingerprint_key(reader.fingerprint): reader.root for reader in readers.values()
    }


def bind(writer: Structure, reader: ReaderSchema, limits: DecodeLimits) -> Binding:
    """Return how `writer` is read as `reader`; raise SchemaUnresolvableError."""
    resolved = resolve(writer, reader.root)
    node = cast("Structure", resolved.node)
    return Binding(
        check=compile_check(node, limits),
        writer=root_form(node, is_reader=False),
        reader=None if resolved.is_plain else root_form(reader.root, is_reader=True),
        name=reader.name,
    )


def read(binding: Binding, value: bytes, start: int) -> Decoded | Undecodable:
    """Return the event that begins at `start`, whose bytes have passed the check."""
    stream = BytesIO(value)
    stream.seek(start)
    try:
        event: dict[str, object] = schemaless_reader(  # type: ignore[assignment]  # a record's
            stream, binding.writer, binding.reader
        )
    except UnicodeDecodeError:
        return undecodable(Reason.BAD_TEXT)
    except SchemaResolutionError:
        return undecodable(Reason.UNRESOLVED_VALUE)
    except (*VALUE_ERRORS, struct.error):
        return undecodable(Reason.BAD_VALUE)
    return Decoded(event, binding.name)


def always(entry: Undecodable | Unclaimed | SchemaUnresolvableError) -> Answer:
    """Return the answer to every record of a schema; raise one that is an error."""
    if isinstance(entry, SchemaUnresolvableError):
        raise entry
    return entry


def undecodable(reason: Reason) -> Undecodable:
    """Return the answer of `reason`."""
    return Undecodable(code=reason.value, message=DOCS[reason])
