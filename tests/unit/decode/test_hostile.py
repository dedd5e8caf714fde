"""What a publisher may send to hurt us ends as a dead letter, cheaply."""

from __future__ import annotations

import math

import pytest

from consumer.decode.reasons import Reason
from consumer.errors import SchemaError
from consumer.model import Undecodable
from tests.unit.decode.avro import (
    FRAME,
    ID,
    RULE,
    code,
    encode,
    make_decoder,
    outcome,
    record,
    schema,
    taught,
)
from tests.unit.decode.hostile import ROWS, Row
from tests.unit.decode.hostile_cost import measured
from tests.unit.decode.hostile_schemas import SCHEMAS, BadSchema

LEAST_SECONDS = 0.005
RATIO = 3  # of a valid record of the same size
MAX_GROWN_BYTES = 8 << 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_hostile_bytes_have_their_own_code(row: Row) -> None:
    """Each hostile payload is undecodable for the reason that it is."""
    assert code(taught(schema(row.type)), row.body) == row.code


@pytest.mark.parametrize("bad", SCHEMAS, ids=lambda bad: bad.name)
def test_hostile_schemas_are_not_admitted(bad: BadSchema) -> None:
    """A schema that would hurt is refused, and so are the records that name it."""
    decoder = make_decoder(schema("long"))
    with pytest.raises(SchemaError) as caught:
        decoder.learn(ID, bad.text, {})
    assert caught.value.code == bad.code
    answer = decoder.decode(record(FRAME + bad.body), RULE)
    assert isinstance(answer, Undecodable)
    assert answer.code == bad.code


def test_the_corpus_has_every_code_of_the_bytes_and_of_schemas() -> None:
    """No reason is without a payload, but for those that framing and evolution give."""
    elsewhere = {
        Reason.NO_FRAMING,
        Reason.WRONG_FRAMING,
        Reason.BAD_HEADER,
        Reason.NO_REGISTRY,
        Reason.UNKNOWN_SCHEMA,
        Reason.UNKNOWN_FINGERPRINT,
        Reason.UNRESOLVED_VALUE,
        Reason.SCHEMA_ENCRYPTED,
    }
    found = {row.code for row in ROWS} | {bad.code for bad in SCHEMAS}
    assert found == set(Reason) - elsewhere
    assert len(ROWS) + len(SCHEMAS) >= 40


@pytest.mark.parametrize("text", ["a\0b", "a\r\nb: c", "\ufffe\U0010ffff"])
def test_what_hurts_others_is_a_value_here(text: str) -> None:
    """NUL and line breaks in a string are for the mapping to judge."""
    written = schema("string")
    assert outcome(taught(written), encode(written, {"x": text})) == {"x": text}


def test_numbers_that_are_none_are_values_here() -> None:
    """So are NaN and the infinities."""
    decoder = taught(schema("double"))
    nan, infinity = b"\0" * 6 + b"\xf8\x7f", b"\0" * 6 + b"\xf0\x7f"
    event = outcome(decoder, nan)
    assert isinstance(event, dict)
    assert math.isnan(event["x"])
    assert outcome(decoder, infinity) == {"x": math.inf}


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_hostile_bytes_cost_milliseconds_and_no_memory() -> None:
    """In a process of 1 GiB, each is refused in its time and memory, and it lives.

    The time is the larger of 5 ms and three times a valid record of the same size.
    """
    costs, bomb = measured()
    codes = [cost.code for cost in costs]
    assert codes == [row.code for row in ROWS] + [bad.code for bad in SCHEMAS]
    assert [cost.name for cost in costs if not cost.lives] == []
    slow = [
        cost
        for cost in costs
        if cost.seconds > max(LEAST_SECONDS, RATIO * cost.valid_seconds)
    ]
    large = [cost for cost in costs if cost.grown_bytes > MAX_GROWN_BYTES]
    assert (slow, large) == ([], [])
    assert bomb > MAX_GROWN_BYTES  # the measure sees one of 9 MiB
