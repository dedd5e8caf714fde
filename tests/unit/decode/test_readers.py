"""Unit tests of `consumer/decode/readers.py`."""

from __future__ import annotations

import json

import pytest

from consumer.decode.readers import load_readers
from consumer.errors import ConfigurationError
from tests.unit.decode.avro import fields, schema


def test_schemas_are_known_by_their_full_name() -> None:
    """The file, its JSON and the fingerprint are kept."""
    written = schema("long")
    readers = load_readers({"a.avsc": json.dumps(written)})
    assert list(readers) == ["crm.Event"]
    assert readers["crm.Event"].file == "a.avsc"
    assert readers["crm.Event"].schema == written


def test_the_fingerprint_is_that_of_the_specification() -> None:
    """Apache Avro's own test data: `"int"` in a record gives what Java computes.

    The canonical form of the record below and its CRC-64-AVRO were computed bit by bit
    with the algorithm printed in the specification, "Schema Fingerprints".
    """
    empty = 0xC15D213AA4D7A795
    canonical = (
        b'{"name":"crm.Event","type":"record","fields":[{"name":"x","type":"long"}]}'
    )
    crc = empty
    for byte in canonical:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (empty & -(crc & 1))
    readers = load_readers({"a": json.dumps(schema("long", doc="ignored"))})
    assert readers["crm.Event"].fingerprint == crc


def test_all_faults_of_all_files_are_told() -> None:
    """One run names what has to be mended."""
    nested = {
        "type": "array",
        "items": {
            "type": "map",
            "values": [
                "null",
                fields({"name": "d", "type": "int", "default": "x"}, name="Inner"),
            ],
        },
    }
    texts = {
        "json.avsc": "{",
        "enum.avsc": '{"type": "enum", "name": "E", "symbols": ["A"]}',
        "default.avsc": json.dumps(schema(nested, name="D")),
        "one.avsc": json.dumps(schema("long")),
        "two.avsc": json.dumps(schema("int")),
    }
    with pytest.raises(ConfigurationError) as caught:
        load_readers(texts)
    assert [(fault.code, fault.file) for fault in caught.value.faults] == [
        ("A101", "json.avsc"),
        ("A101", "enum.avsc"),
        ("A102", "default.avsc"),
        ("A103", "two.avsc"),
    ]
    assert "field d: the default is no int" in str(caught.value)
    assert "crm.Event is also defined in one.avsc" in str(caught.value)


def test_a_schema_of_ours_that_fastavro_cannot_read_is_a_fault() -> None:
    """It has no fingerprint, so no single-object record could name it."""
    text = json.dumps(schema({"type": {"type": {"type": "null"}}}))
    with pytest.raises(ConfigurationError) as caught:
        load_readers({"a.avsc": text})
    (fault,) = caught.value.faults
    assert fault.code == "A101"
    assert fault.message == (
        "no fingerprint can be made of it: TypeError (schema_invalid)"
    )
