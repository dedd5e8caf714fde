"""The contract of the records: Avro schema, mapping, and how a record is encoded."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from fastavro import parse_schema, schemaless_writer

from tests.chaos.cluster.records import SEQUENCE, SLOTS, Fate, Written, slot_of

__all__ = ["TOPIC", "encoded", "parsed", "schema_text", "write_files"]

TOPIC = "chaos.written.v1"
SCHEMA = "chaos.Written"
REFUSED = "refused.by.target"
# No registry gives out an id as high as this: they count from 1.
UNKNOWN_ID = 2_000_000_007


def schema_text(version: int) -> str:
    """Return the writer's schema of a version; each has one more optional field."""
    added = [
        {"name": f"note_{number}", "type": ["null", "string"], "default": None}
        for number in range(1, version + 1)
    ]
    fields = [
        {"name": "profile", "type": "string"},
        {"name": "sequence", "type": "long"},
        {"name": "marks", "type": {"type": "map", "values": "string"}},
        {"name": "refused", "type": ["null", "string"], "default": None},
        *added,
    ]
    namespace, _, name = SCHEMA.rpartition(".")
    return json.dumps({
        "type": "record",
        "name": name,
        "namespace": namespace,
        "fields": fields,
    })


def write_files(folder: Path) -> dict[str, str]:
    """Write the reader's schema and the mapping; return what a configuration names."""
    attributes: dict[str, object] = {
        SEQUENCE: "sequence",
        REFUSED: {"from": "refused", "missing": "skip"},
    }
    for number in range(SLOTS):
        name = slot_of(number)
        attributes[name] = {"from": f"marks.{name}", "missing": "skip"}
    mapping = {
        "version": 1,
        "name": "written",
        "owner": "tests",
        "description": "A record writes its sequence, and a mark of its own.",
        "source": {"topic": TOPIC, "schema": SCHEMA},
        "profile": {"third_party_id": "profile"},
        "attributes": attributes,
    }
    schemas, mappings = folder / "avro", folder / "mappings"
    for made in (schemas, mappings):
        made.mkdir()
    (schemas / f"{SCHEMA}.avsc").write_text(schema_text(0))
    (mappings / "written.yaml").write_text(json.dumps(mapping))
    return {"schemas": str(schemas), "mappings": str(mappings)}


def encoded(record: Written, schema_id: int, schema: Mapping[str, Any]) -> bytes | None:
    """Return a record's value in Confluent's framing; a bad one is bad in its way.

    Args:
        record: What to encode.
        schema_id: The registry's number of the writer's schema.
        schema: That schema, parsed by fastavro.
    """
    if record.fate is Fate.TOMBSTONE:
        return None
    text = str(record.sequence)
    buffer = io.BytesIO()
    is_unknown = record.fate is Fate.UNKNOWN_SCHEMA
    buffer.write(struct.pack(">bI", 0, UNKNOWN_ID if is_unknown else schema_id))
    fields = {
        "profile": record.profile,
        "sequence": record.sequence,
        "marks": {slot_of(record.sequence): text},
        "refused": text if record.fate is Fate.REFUSED else None,
    }
    schemaless_writer(buffer, dict(schema), fields)
    value = buffer.getvalue()
    # Half of a record always lacks fields: there is no shorter reading of it.
    return value[: len(value) // 2] if record.fate is Fate.UNDECODABLE else value


def parsed(version: int) -> Mapping[str, Any]:
    """Return the writer's schema of a version as fastavro wants it."""
    return cast("dict[str, Any]", parse_schema(json.loads(schema_text(version))))
