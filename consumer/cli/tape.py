"""What is recorded: records as they were, or without their values."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from consumer.cli.material import Material
from consumer.cli.writers import Writers, named_by, rule_of
from consumer.decode.admission import admit
from consumer.decode.decoder import TopicRule
from consumer.decode.framing import VALUE_SCHEMA_ID
from consumer.decode.limits import DecodeLimits
from consumer.decode.masked import masked_event
from consumer.decode.masking import Masking
from consumer.decode.nodes import Structure
from consumer.decode.readers import ReaderSchema
from consumer.letters.letter import opened
from consumer.model import Decoded, Header, Record, SchemaId, Undecodable
from consumer.registry import RegisteredSchema
from consumer.settle import PREFIX

__all__ = ["Tape"]

# Digests of ids, and what leads to a trace: a list of ids tells whose they are.
DIGESTS = frozenset({f"{PREFIX}delivered", f"{PREFIX}traceparent"})


@dataclass(slots=True)
class Tape:
    """Takes records, one after the other. Owned by the command.

    Attributes:
        material: Schemas and mappings.
        writers: What decodes the records.
        limits: What a schema may cost.
        masking: How values become others; None when they stay.
        local: Schemas of ours that records name by fingerprint.
        refused: How many records are no events of ours, by code.
    """

    material: Material
    writers: Writers
    limits: DecodeLimits
    masking: Masking | None
    local: dict[SchemaId, RegisteredSchema] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    _nodes: dict[SchemaId, Structure] = field(default_factory=dict)

    def recorded(self, record: Record) -> Record:
        """Return a record as it is kept; a dead letter is read as what it was."""
        letter = opened(record)
        origin = record if letter is None else letter.origin
        rule = rule_of(self.material.mappings.rule(origin.source.topic))
        writer = None if record.value is None else self.writer(origin, rule)
        if self.masking is None:
            return record
        return masked(self.masking, record, rule, writer)

    def writer(self, record: Record, rule: TopicRule) -> Structure | None:
        """Return the schema of a record's bytes; None when they are no event of ours."""
        answer = self.writers.decode(record, rule)
        named = named_by(record, rule.framing)
        name = None if named is None else named[0]
        reader = self.reader(name, rule)
        if reader is not None and name is not None:
            text = json.dumps(reader.schema)
            self.local[name] = RegisteredSchema(text=text)
        if not isinstance(answer, Decoded):
            code = answer.code if isinstance(answer, Undecodable) else "unmapped"
            self.refused[code] += 1
            return None
        return reader.root if reader is not None else self.node(name)

    def reader(self, name: SchemaId | None, rule: TopicRule) -> ReaderSchema | None:
        """Return the schema of ours that wrote a record, if one did."""
        readers = self.material.readers
        if name is None:
            return readers[rule.readers[0]] if rule.readers else None
        found = (one for one in readers.values() if one.fingerprint == name.fingerprint)
        return next(found, None)

    def node(self, name: SchemaId | None) -> Structure | None:
        """Return a schema of the registry, read once."""
        if name is None:
            return None
        if name not in self._nodes:
            known = self.writers.known[name]
            self._nodes[name] = admit(known.text, known.references, self.limits)
        return self._nodes[name]


def masked(
    masking: Masking, record: Record, rule: TopicRule, writer: Structure | None
) -> Record:
    """Return a record with other values.

    Bytes that are no event become other bytes of that length behind the same framing.
    """
    value, named = record.value, named_by(record, rule.framing)
    start = 0 if named is None else named[1]
    if value is not None and writer is not None:
        value = masked_event(masking, value, start, writer)
    elif value is not None:
        value = value[:start] + masking.raw(value[start:])
    return msgspec.structs.replace(
        record,
        key=None if record.key is None else text_or_bytes(masking, record.key),
        value=value,
        headers=tuple(header(masking, *one) for one in record.headers),
    )


def header(masking: Masking, name: str, value: bytes | None) -> Header:
    """Return a header with another value, unless it is one that says no value."""
    is_ours = name.startswith(PREFIX) and name not in DIGESTS
    if value is None or is_ours or name == VALUE_SCHEMA_ID:
        return name, value
    return name, text_or_bytes(masking, value)


def text_or_bytes(masking: Masking, value: bytes) -> bytes:
    """Return other bytes: of a text, the ones that its fields become, too."""
    try:
        return masking.text(value.decode()).encode()
    except UnicodeDecodeError:
        return masking.raw(value)
