"""Avro's own JSON encoding, as fastavro writes it, is read to the same event."""

from __future__ import annotations

import io
import json

import fastavro
from hypothesis import given
from hypothesis import strategies as st

from consumer.mapping.record_json import event_of
from tests.unit.decode.avro import schema
from tests.unit.decode.test_round_trip import SEEDED, Typed, is_unique, typed


def written(type_: object, value: object) -> object:
    """Return what fastavro's JSON encoder makes of a value of this type."""
    stream = io.StringIO()
    parsed = fastavro.parse_schema(json.loads(json.dumps(schema(type_))))
    fastavro.json_writer(stream, parsed, [{"x": value}])
    return json.loads(stream.getvalue())


def is_plain(one: Typed) -> bool:
    """Return whether a type holds no decimal: a text of digits is read as a number."""
    return "decimal" not in json.dumps(one.type)


def has_empty_key(value: object) -> bool:
    """Return whether a map has a key that fastavro's JSON encoder cannot write."""
    if isinstance(value, dict):
        return "" in value or any(map(has_empty_key, value.values()))
    return isinstance(value, list) and any(map(has_empty_key, value))


@SEEDED
@given(typed().filter(is_plain), st.data())
def test_what_fastavro_writes_as_json_is_the_same_event(
    one: Typed, data: st.DataObject
) -> None:
    """Union branches under their names, counts of days and microseconds, bytes as text."""
    if not is_unique(json.dumps(one.type)):
        return
    value = data.draw(one.values.filter(lambda drawn: not has_empty_key(drawn)))
    found = event_of(written(one.type, value), schema(one.type), {})
    assert found == {"x": value}
