"""Our own schemas may change while records are read."""

from __future__ import annotations

import json

from consumer.decode.decoder import Decoder, Framing, TopicRule
from consumer.decode.framing import fingerprint_key
from consumer.decode.limits import DecodeLimits
from consumer.decode.readers import load_readers
from consumer.model import Decoded, Undecodable
from tests.unit.decode.avro import FRAME, ID, RULE, encode, fields, record

X = {"name": "x", "type": "long"}
OLD = fields(X)
NEW = fields(X, {"name": "y", "type": "string", "default": "none"})


def test_a_writer_that_is_known_is_read_as_the_new_schema_says() -> None:
    """What the registry said is kept, and resolved to the new schema."""
    decoder = Decoder(
        load_readers({"e.avsc": json.dumps(OLD)}), DecodeLimits(), has_registry=True
    )
    decoder.learn(ID, json.dumps(OLD), {})
    value = record(FRAME + encode(OLD, {"x": 1}))
    assert decoder.decode(value, RULE) == Decoded({"x": 1}, "crm.Event")
    decoder.renew(load_readers({"e.avsc": json.dumps(NEW)}))
    assert decoder.decode(value, RULE) == Decoded({"x": 1, "y": "none"}, "crm.Event")


def test_single_objects_are_found_by_the_new_fingerprint_only() -> None:
    """As after a restart: a schema that is gone is unknown."""
    old = load_readers({"e.avsc": json.dumps(OLD)})
    new = load_readers({"e.avsc": json.dumps(NEW)})
    rule = TopicRule(Framing.SINGLE_OBJECT, ("crm.Event",))
    decoder = Decoder(old, DecodeLimits(), has_registry=False)
    values = [
        record(fingerprint_key(readers["crm.Event"].fingerprint) + encode(shape, event))
        for readers, shape, event in (
            (old, OLD, {"x": 1}),
            (new, NEW, {"x": 1, "y": "z"}),
        )
    ]
    assert isinstance(decoder.decode(values[0], rule), Decoded)
    assert isinstance(decoder.decode(values[1], rule), Undecodable)
    decoder.renew(new)
    assert isinstance(decoder.decode(values[0], rule), Undecodable)
    assert decoder.decode(values[1], rule) == Decoded({"x": 1, "y": "z"}, "crm.Event")
