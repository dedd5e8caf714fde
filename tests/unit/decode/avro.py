"""Schemas, bytes and records for the tests of the decode stage."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import cast

import fastavro

from consumer.decode.decoder import Decoder, Framing, TopicRule
from consumer.decode.limits import DecodeLimits
from consumer.decode.readers import load_readers
from consumer.model import Decoded, Header, Record, SchemaId, TopicPartition

NAME = "crm.Event"
ID = SchemaId(number=7)
FRAME = b"\x00\x00\x00\x00\x07"
RULE = TopicRule(framing=Framing.AUTO, readers=(NAME,))


def schema(*types: object, **keys: object) -> dict[str, object]:
    """Return a record of fields `x`, `x1`, `x2` and so on, of `types`."""
    return fields(
        *(
            {"name": f"x{number or ''}", "type": type_}
            for number, type_ in enumerate(types)
        ),
        **keys,
    )


def fields(*each: Mapping[str, object], **keys: object) -> dict[str, object]:
    """Return a record of the fields `each`."""
    record = {"type": "record", "name": "Event", "namespace": "crm"}
    return {**record, "fields": [dict(field) for field in each], **keys}


def encode(written: Mapping[str, object], value: object) -> bytes:
    """Return `value` as fastavro writes it."""
    stream = io.BytesIO()
    parsed = fastavro.parse_schema(json.loads(json.dumps(written)))
    fastavro.schemaless_writer(stream, parsed, cast("dict[str, object]", value))
    return stream.getvalue()


def record(value: bytes | None, headers: Sequence[Header] = ()) -> Record:
    """Return a record of one partition."""
    return Record(
        source=TopicPartition("crm.events", 0),
        offset=0,
        timestamp_ms=0,
        key=None,
        value=value,
        headers=tuple(headers),
        epoch=1,
        size_bytes=len(value or b""),
    )


def make_decoder(
    *readers: Mapping[str, object],
    limits: DecodeLimits | None = None,
    has_registry: bool = True,
) -> Decoder:
    """Return a decoder that knows `readers` as our schemas."""
    texts = {f"{i}.avsc": json.dumps(text) for i, text in enumerate(readers)}
    limits = limits or DecodeLimits()
    return Decoder(load_readers(texts, limits), limits, has_registry=has_registry)


def taught(
    written: Mapping[str, object],
    reader: Mapping[str, object] | None = None,
    limits: DecodeLimits | None = None,
) -> Decoder:
    """Return a decoder that knows `written` as schema 7, read as `reader` or itself."""
    decoder = make_decoder(reader or written, limits=limits)
    decoder.learn(ID, json.dumps(written), {})
    return decoder


def outcome(decoder: Decoder, body: bytes) -> object:
    """Return the event of `body`, written with schema 7, or what stands in its way."""
    answer = decoder.decode(record(FRAME + body), RULE)
    return answer.event if isinstance(answer, Decoded) else answer


def code(decoder: Decoder, body: bytes) -> str:
    """Return the code with which `body` is refused; `decoded` when it is not."""
    answer = decoder.decode(record(FRAME + body), RULE)
    return getattr(answer, "code", type(answer).__name__.lower())


def zigzag(value: int) -> bytes:
    """Return `value` as Avro writes an int or long, whatever its size."""
    raw = value << 1 if value >= 0 else (-value << 1) - 1
    out = bytearray()
    while raw > 0x7F:
        out.append(raw & 0x7F | 0x80)
        raw >>= 7
    out.append(raw)
    return bytes(out)
