"""Property: whatever text a registry gives, and whatever bytes follow, nothing raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumer.decode.decoder import Decoder, Unclaimed
from consumer.errors import ConfigurationError, SchemaError, SchemaUnresolvableError
from consumer.model import Decoded, Undecodable
from tests.unit.decode.avro import FRAME, ID, RULE, make_decoder, record, schema

pytestmark = pytest.mark.timeout(180)

SEEDED = settings(
    derandomize=True,
    deadline=None,
    max_examples=500,
    suppress_health_check=list(HealthCheck),
)
BASES = (
    "null",
    "boolean",
    "int",
    "long",
    "float",
    "double",
    "bytes",
    "string",
    "record",
    "error",
    "enum",
    "fixed",
    "array",
    "map",
    "crm.Event",
    "R",
)
LOGICALS = (
    "decimal",
    "uuid",
    "date",
    "time-millis",
    "time-micros",
    "timestamp-nanos",
    "duration",
    "target-consumer duration",
)
NUMBERS = st.sampled_from((-1, 0, 1, 4, 12, 16, 2**31, 2**70, True, 1.5))
ANYTHING = st.one_of(
    st.none(), st.booleans(), NUMBERS, st.sampled_from((*BASES, "", "a\ud800", "é")),
    st.just([]), st.just({}),
)  # fmt: skip


def wrong_or(right: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Return what is right nine times of ten."""
    return st.integers(0, 9).flatmap(lambda n: ANYTHING if n == 0 else right)


def deeper(types: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Return objects and unions around `types`, most of them nearly right."""
    fields = st.lists(
        st.fixed_dictionaries(
            {"name": wrong_or(st.sampled_from(("a", "b", "c"))), "type": types},
            optional={"default": ANYTHING, "aliases": wrong_or(st.just(["x"]))},
        ),
        max_size=4,
        unique_by=lambda field: str(field["name"]),
    )
    return st.one_of(
        st.lists(types, max_size=4),
        st.fixed_dictionaries(
            {"type": wrong_or(types | st.sampled_from(BASES))},
            optional={
                "name": wrong_or(st.sampled_from(("R", "S", "a.T", "Event"))),
                "namespace": wrong_or(st.sampled_from(("crm", "b.c", ""))),
                "aliases": wrong_or(st.just(["Old"])),
                "fields": wrong_or(fields),
                "items": types,
                "values": types,
                "symbols": wrong_or(st.just(["A", "B"])),
                "size": NUMBERS,
                "logicalType": wrong_or(st.sampled_from(LOGICALS)),
                "precision": NUMBERS,
                "scale": NUMBERS,
                "default": ANYTHING,
            },
        ),
    )


TYPES = st.recursive(wrong_or(st.sampled_from(BASES)), deeper, max_leaves=12)


def learned(
    decoder: Decoder, text: str, references: dict[str, str]
) -> SchemaError | None:
    """Teach `decoder` a schema; return why it was not admitted, if so."""
    try:
        decoder.learn(ID, text, references)
    except SchemaError as error:
        return error
    return None


def fate(decoder: Decoder, body: bytes) -> object:
    """Return the answer to `body`, or why the schema cannot become ours."""
    try:
        return decoder.decode(record(FRAME + body), RULE)
    except SchemaUnresolvableError as error:
        return error


def shown(answer: object) -> str:
    """Return what of an answer ends up in logs and headers."""
    match answer:
        case Undecodable():
            return answer.message
        case Unclaimed():
            return answer.schema
        case SchemaUnresolvableError():
            return str(answer)
    return ""


@SEEDED
@given(TYPES, st.booleans(), st.lists(st.binary(max_size=30), max_size=4))
def test_no_schema_and_no_bytes_of_it_raise(
    type_: object, whole: object, bodies: list[bytes]
) -> None:
    """A schema is admitted or has a code; a record is an event or has one."""
    text = json.dumps(type_ if whole else schema(type_))
    decoder = make_decoder(schema("long"), schema(["null", "string"], name="Other"))
    error = learned(decoder, text, {"b": text} if whole else {})
    assert str(error).isprintable()
    for body in (b"", *bodies):
        answer = fate(decoder, body)
        assert isinstance(
            answer, Decoded | Undecodable | Unclaimed | SchemaUnresolvableError
        )
        assert shown(answer).isprintable()


@SEEDED
@given(TYPES, st.lists(st.binary(max_size=30), min_size=1, max_size=4))
def test_no_schema_of_ours_and_no_bytes_raise(
    type_: object, bodies: list[bytes]
) -> None:
    """A file of ours is a schema or has faults; its bytes are an event or have a code."""
    written = schema(type_)
    try:
        decoder = make_decoder(written)
    except ConfigurationError as error:
        faults = error.faults
    else:
        faults = ()
        assert learned(decoder, json.dumps(written), {}) is None
        for body in bodies:
            assert isinstance(fate(decoder, body), Decoded | Undecodable)
    assert all(fault.message.isprintable() for fault in faults)
