"""Unit tests of `consumer/decode/decoder.py`: the answer to each record."""

from __future__ import annotations

import datetime as dt
import decimal
import inspect
import json
import sys
from pathlib import Path

import pytest

from consumer.decode.decoder import Framing, TopicRule, Unclaimed
from consumer.decode.framing import fingerprint_key
from consumer.decode.limits import DecodeLimits
from consumer.decode.readers import load_readers
from consumer.errors import SchemaError, SchemaUnresolvableError
from consumer.model import Decoded, NeedsSchema, SchemaId, Undecodable
from tests.unit.decode.avro import (
    FRAME,
    ID,
    NAME,
    RULE,
    code,
    encode,
    fields,
    make_decoder,
    outcome,
    record,
    schema,
    taught,
)

LONG = schema("long")
ROOT = Path(__file__).parents[3]
GUID = SchemaId(guid="0123456789abcdef0123456789abcdef")


def rule(framing: Framing, *readers: str) -> TopicRule:
    """Return a rule for crm.Event unless it names others."""
    return TopicRule(framing=framing, readers=readers or (NAME,))


def test_an_unknown_id_asks_for_its_schema_until_it_is_learned() -> None:
    """A record waits for its schema, and is decoded once that is known."""
    decoder = make_decoder(LONG)
    sent = record(FRAME + encode(LONG, {"x": 5}))
    assert decoder.decode(sent, RULE) == NeedsSchema(ID)
    decoder.learn(ID, json.dumps(LONG), {})
    assert decoder.decode(sent, RULE) == Decoded({"x": 5}, NAME)


def test_an_id_that_the_registry_does_not_have_is_undecodable_until_forgotten() -> None:
    """After `unknown` a record is refused, after `forget_unknown` it asks again."""
    decoder, sent = make_decoder(LONG), record(FRAME + b"\x02")
    decoder.unknown(ID)
    answer = decoder.decode(sent, RULE)
    assert isinstance(answer, Undecodable)
    assert answer.code == "unknown_schema"
    decoder.forget_unknown(ID)
    assert decoder.decode(sent, RULE) == NeedsSchema(ID)


def test_a_schema_that_is_learned_is_not_unknown_any_more() -> None:
    """What the registry found later counts."""
    decoder, sent = make_decoder(LONG), record(FRAME + b"\x02")
    decoder.unknown(ID)
    decoder.learn(ID, json.dumps(LONG), {})
    assert decoder.decode(sent, RULE) == Decoded({"x": 1}, NAME)


def test_without_a_registry_an_id_is_undecodable_at_once() -> None:
    """Nobody will ever answer, so nothing waits."""
    decoder = make_decoder(LONG, has_registry=False)
    answer = decoder.decode(record(FRAME + b"\x02"), RULE)
    assert isinstance(answer, Undecodable)
    assert answer.code == "no_registry"


@pytest.mark.parametrize("framing", [Framing.AUTO, Framing.HEADER])
@pytest.mark.parametrize("schema_id", [ID, GUID], ids=str)
def test_a_schema_may_be_named_by_a_header(
    framing: Framing, schema_id: SchemaId
) -> None:
    """An id or a GUID in the header leaves the whole value to the event."""
    mark = FRAME if schema_id == ID else b"\x01" + bytes.fromhex(GUID.guid or "")
    sent = record(b"\x0a", [("a", None), ("__value_schema_id", mark)])
    decoder = make_decoder(LONG)
    assert decoder.decode(sent, rule(framing)) == NeedsSchema(schema_id)
    decoder.learn(schema_id, json.dumps(LONG), {})
    assert decoder.decode(sent, rule(framing)) == Decoded({"x": 5}, NAME)


@pytest.mark.parametrize("framing", [Framing.AUTO, Framing.SINGLE_OBJECT])
def test_a_local_schema_is_known_by_its_fingerprint(framing: Framing) -> None:
    """Single-object encoding of a schema of ours needs no registry."""
    reader = load_readers({"a": json.dumps(LONG)})[NAME]
    decoder = make_decoder(LONG, has_registry=False)
    sent = record(fingerprint_key(reader.fingerprint) + b"\x0a")
    assert decoder.decode(sent, rule(framing)) == Decoded({"x": 5}, NAME)


def test_an_unknown_fingerprint_is_undecodable() -> None:
    """No registry can be asked for a fingerprint."""
    sent = record(fingerprint_key(1) + b"\x0a")
    answer = make_decoder(LONG).decode(sent, RULE)
    assert isinstance(answer, Undecodable)
    assert answer.code == "unknown_fingerprint"


def test_a_bare_record_is_read_with_the_schema_of_its_mapping() -> None:
    """The first of the rule's schemas is the writer's."""
    decoder = make_decoder(LONG, has_registry=False)
    answer = decoder.decode(record(b"\x0a"), rule(Framing.BARE))
    assert answer == Decoded({"x": 5}, NAME)


def test_a_record_without_a_value_is_truncated() -> None:
    """A tombstone is no event, even if nobody looked before."""
    answer = make_decoder(LONG).decode(record(None), rule(Framing.BARE))
    assert isinstance(answer, Undecodable)
    assert answer.code == "truncated"


def test_a_type_that_nobody_claims_is_named() -> None:
    """Several types may share a topic; those that no mapping wants are skipped."""
    other = schema("long", name="Other")
    decoder = make_decoder(LONG)
    decoder.learn(ID, json.dumps(other), {})
    sent = record(FRAME + b"\x02")
    assert decoder.decode(sent, RULE) == Unclaimed("crm.Other")
    assert decoder.decode(sent, RULE) == Unclaimed("crm.Other")


def test_an_alias_claims_what_was_written_under_the_old_name() -> None:
    """A schema of ours reads what its aliases name."""
    old = schema("long", name="OldEvent")
    decoder = make_decoder(schema("long", aliases=["OldEvent"]))
    decoder.learn(ID, json.dumps(old), {})
    answer = decoder.decode(record(FRAME + b"\x02"), RULE)
    assert answer == Decoded({"x": 1}, NAME)


def test_a_name_comes_before_an_alias() -> None:
    """Of two claims the one by name holds, whatever their order."""
    old = schema("long", name="OldEvent")
    decoder = make_decoder(schema("long", aliases=["OldEvent"]), old)
    decoder.learn(ID, json.dumps(old), {})
    both = rule(Framing.AUTO, NAME, "crm.OldEvent")
    answer = decoder.decode(record(FRAME + b"\x02"), both)
    assert answer == Decoded({"x": 1}, "crm.OldEvent")


def test_a_schema_that_cannot_become_ours_raises_each_time() -> None:
    """A deployment fault holds the topic, however often it is asked."""
    decoder = taught(schema("string"), LONG)
    for _ in range(2):
        with pytest.raises(SchemaUnresolvableError, match="x: string cannot be read"):
            outcome(decoder, b"\x02a")


def test_a_schema_that_is_not_admitted_refuses_its_records() -> None:
    """The code of the schema is the code of its records."""
    decoder = make_decoder(LONG)
    with pytest.raises(SchemaError) as caught:
        decoder.learn(ID, "{}", {})
    assert caught.value.code == "schema_invalid"
    assert [code(decoder, b"\x02"), code(decoder, b"\x02")] == ["schema_invalid"] * 2


def test_records_of_a_schema_with_encryption_rules_are_refused() -> None:
    """They could be decoded, and ciphertext would end up in profiles."""
    decoder = make_decoder(LONG)
    with pytest.raises(SchemaError) as caught:
        decoder.learn(ID, json.dumps(LONG), {}, is_encrypted=True)
    assert caught.value.code == "schema_encrypted"
    answer = decoder.decode(record(FRAME + b"\x02"), RULE)
    assert isinstance(answer, Undecodable)
    assert answer == Undecodable(
        code="schema_encrypted",
        message=(
            "the registry's rules for it encrypt fields or the payload, and there is "
            "no key for them here; publish to this topic without such rules"
        ),
    )


def test_a_schema_may_refer_to_others() -> None:
    """References are taken in before the schema that names them."""
    inner = {"type": "record", "name": "I", "namespace": "a", "fields": []}
    outer = schema("a.I", "long")
    reader = schema({**inner}, "long")
    decoder = make_decoder(reader)
    decoder.learn(ID, json.dumps(outer), {"a.I": json.dumps(inner)})
    assert outcome(decoder, b"\x04") == {"x": {}, "x1": 2}


def test_evolution_adds_drops_renames_and_promotes() -> None:
    """Avro's resolution: what the writer has and lacks becomes our schema."""
    written = fields(
        {"name": "gone", "type": "string"},
        {"name": "old", "type": "int"},
        {"name": "ratio", "type": "int"},
        {"name": "size", "type": {"type": "enum", "name": "S", "symbols": ["XL"]}},
    )
    ours = {"type": "enum", "name": "S", "symbols": ["M", "L"], "default": "M"}
    amount = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}
    reader = fields(
        {"name": "new", "aliases": ["old"], "type": "long"},
        {"name": "ratio", "type": "double"},
        {"name": "size", "type": ours},
        {"name": "amount", "type": amount, "default": "\u0004\u00d2"},
        {"name": "on", "type": {"type": "int", "logicalType": "date"}, "default": 1},
    )
    value = {"gone": "x", "old": 3, "ratio": 2, "size": "XL"}
    assert outcome(taught(written, reader), encode(written, value)) == {
        "new": 3,
        "ratio": 2.0,
        "size": "M",
        "amount": decimal.Decimal("12.34"),
        "on": dt.date(1970, 1, 2),
    }


def test_a_branch_that_our_schema_lacks_refuses_its_record_only() -> None:
    """What some values can pass is left to the record."""
    written = schema(["null", "string", "long"])
    decoder = taught(written, schema(["null", "string"]))
    assert outcome(decoder, b"\x02\x02a") == {"x": "a"}
    assert outcome(decoder, b"\x00") == {"x": None}
    assert code(decoder, b"\x04\x02") == "unresolved_value"


def test_a_record_longer_than_the_limit_is_not_looked_at() -> None:
    """The limit is on the value's length."""
    limits = DecodeLimits(max_record_bytes=7)
    decoder = taught(schema("string"), limits=limits)
    assert outcome(decoder, b"\x02a") == {"x": "a"}
    assert code(decoder, b"\x04ab") == "too_large"


def test_what_was_compiled_is_kept_when_something_else_is_learned() -> None:
    """A new schema costs the others nothing."""
    decoder = taught(LONG)
    assert outcome(decoder, b"\x02") == {"x": 1}
    bound = decoder._tables[RULE][FRAME]
    decoder.learn(SchemaId(number=8), json.dumps(LONG), {})
    assert outcome(decoder, b"\x02") == {"x": 1}
    assert decoder._tables[RULE][FRAME] is bound


def test_a_rule_is_known_by_its_value() -> None:
    """An equal rule made anew finds what the first one found."""
    decoder = taught(LONG)
    again = TopicRule(framing=Framing.AUTO, readers=(NAME,))
    assert decoder.decode(record(FRAME + b"\x02"), RULE) == Decoded({"x": 1}, NAME)
    assert decoder.decode(record(FRAME + b"\x02"), again) == Decoded({"x": 1}, NAME)


def test_random_ids_do_not_fill_the_memory() -> None:
    """Only what the registry knows is remembered."""
    decoder = taught(LONG)
    for number in range(100):
        decoder.decode(record(b"\x00" + number.to_bytes(4, "big") + b"\x02"), RULE)
    assert len(decoder._tables[RULE]) == 1


@pytest.mark.parametrize(
    "path", sorted((ROOT / "schemas/avro").glob("*.avsc")), ids=str
)
def test_the_shipped_schemas_are_read_without_a_reader_schema(path: Path) -> None:
    """A publisher of today costs one reading and no resolution."""
    text = path.read_text()
    name = json.loads(text)["namespace"] + "." + json.loads(text)["name"]
    decoder = make_decoder(json.loads(text))
    decoder.learn(ID, text, {})
    entry = decoder._find(rule(Framing.AUTO, name), FRAME)
    assert getattr(entry, "reader", "none") is None


def test_a_schema_beyond_pythons_stack_refuses_its_records() -> None:
    """`max_depth` may be set higher than what can be resolved and compiled."""
    node: object = "int"
    for level in range(20):
        node = {"type": "array", "items": {**schema(node), "name": f"R{level}"}}
    decoder = taught(schema(node))

    def below(frames: int) -> str:
        return below(frames - 1) if frames else code(decoder, b"\x00")

    assert below(sys.getrecursionlimit() - len(inspect.stack()) - 90) == (
        "schema_too_deep"
    )


def test_no_answer_shows_a_value() -> None:
    """Messages and reprs go into logs."""
    decoder = taught(schema("string"))
    answers = [
        decoder.decode(record(FRAME + body), RULE)
        for body in (b"\x0csecret", b"\x0csecret\x00", b"\x0csecre\xff")
    ]
    assert "secre" not in repr(answers)
