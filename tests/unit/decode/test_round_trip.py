"""Property: what fastavro writes is decoded to the same, and nothing else raises."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumer.decode.admission import admit
from consumer.decode.check import Check, compile_check
from consumer.decode.limits import DecodeLimits
from consumer.decode.reasons import BytesRefusedError, Reason
from consumer.model import Decoded, Undecodable
from tests.unit.decode.avro import FRAME, ID, RULE, encode, make_decoder, record, schema

UTC = dt.UTC
DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
SEEDED = settings(
    derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


class Typed(NamedTuple):
    """An Avro type, and how to draw its values."""

    type: object
    values: st.SearchStrategy[object]


def leaf(type_: object, values: st.SearchStrategy[object]) -> Callable[[int], Typed]:
    """Return a type that needs no name."""
    return lambda _: Typed(type_, values)


def logical(base: str, name: str) -> dict[str, str]:
    """Return a logical type."""
    return {"type": base, "logicalType": name}


LEAVES: list[Callable[[int], Typed]] = [
    leaf("boolean", st.booleans()),
    leaf("int", st.integers(-(2**31), 2**31 - 1)),
    leaf("long", st.integers(-(2**63), 2**63 - 1)),
    leaf("double", st.floats(allow_nan=False)),
    leaf("float", st.floats(allow_nan=False, width=32)),
    leaf("string", st.text(max_size=80)),
    leaf("bytes", st.binary(max_size=80)),
    leaf(logical("string", "uuid"), st.uuids()),
    leaf(logical("int", "date"), st.dates()),
    leaf(logical("long", "time-micros"), st.times()),
    leaf(
        logical("long", "timestamp-micros"),
        st.datetimes(timezones=st.just(UTC)),
    ),
    leaf(DECIMAL, st.decimals(-9999999, 9999999, places=2)),
    lambda n: Typed(
        {"type": "fixed", "name": f"F{n}", "size": 3}, st.binary(min_size=3, max_size=3)
    ),
    lambda n: Typed(
        {"type": "enum", "name": f"E{n}", "symbols": ["A", "B", "C"]},
        st.sampled_from(["A", "B", "C"]),
    ),
]


@st.composite
def typed(draw: st.DrawFn, depth: int = 3) -> Typed:
    """Draw a type with the strategy of its values."""
    kinds = ["leaf"] * 2 + (["array", "map", "nullable", "record"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    number = draw(st.integers(0, 10**9))
    if kind == "leaf":
        return draw(st.sampled_from(LEAVES))(number)
    if kind == "record":
        parts = draw(st.lists(typed(depth - 1), max_size=4))
        each: list[dict[str, object]] = [
            {"name": f"f{i}", "type": part.type} for i, part in enumerate(parts)
        ]
        fixed = {f"f{i}": part.values for i, part in enumerate(parts)}
        each.append({"name": "last", "type": "int"})  # an array's item takes bytes
        return Typed(
            {"type": "record", "name": f"R{number}", "fields": each},
            st.fixed_dictionaries({**fixed, "last": st.just(1)}),
        )
    inner = draw(typed(depth - 1).filter(lambda t: not isinstance(t.type, list)))
    if kind == "array":
        return Typed(
            {"type": "array", "items": inner.type}, st.lists(inner.values, max_size=5)
        )
    if kind == "map":
        pairs = st.dictionaries(st.text(max_size=9), inner.values, max_size=5)
        return Typed({"type": "map", "values": inner.type}, pairs)
    return Typed(["null", inner.type], st.none() | inner.values)


def is_unique(text: str) -> bool:
    """Return whether no name is defined twice."""
    names = [part.split('"')[0] for part in text.split('"name": "')[1:]]
    named = [name for name in names if name[0] in "EFR" and name != "Event"]
    return len(set(named)) == len(named)


@SEEDED
@given(st.data())
def test_what_fastavro_writes_is_decoded_to_the_same(data: st.DataObject) -> None:
    """Value for value, and the check ends exactly where the event does."""
    parts = data.draw(
        st.lists(typed(), min_size=1, max_size=4).filter(
            lambda parts: is_unique(json.dumps([part.type for part in parts]))
        )
    )
    written = schema(*(part.type for part in parts))
    value = {f"x{i or ''}": data.draw(part.values) for i, part in enumerate(parts)}
    body = encode(written, value)
    decoder = make_decoder(written)
    decoder.learn(ID, json.dumps(written), {})
    answer = decoder.decode(record(FRAME + body), RULE)
    assert answer == Decoded(normal(value), "crm.Event")  # type: ignore[arg-type]  # a dict stays one


def normal(value: object) -> object:
    """Return `value` as fastavro reads it: a decimal has its schema's scale."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return value.quantize(Decimal("0.01")) if isinstance(value, Decimal) else value


@SEEDED
@given(typed(), st.binary(max_size=200))
def test_no_bytes_raise(one: Typed, body: bytes) -> None:
    """Whatever the bytes, the answer is an event or a code."""
    written = schema(one.type)
    if not is_unique(json.dumps(written)):
        return
    decoder = make_decoder(written)
    decoder.learn(ID, json.dumps(written), {})
    answer = decoder.decode(record(FRAME + body), RULE)
    assert isinstance(answer, Decoded | Undecodable)


@SEEDED
@given(typed(), st.data())
def test_the_check_finds_each_end_that_is_too_early(
    one: Typed, data: st.DataObject
) -> None:
    """An event that was cut anywhere is truncated, or refused for another reason."""
    written = schema(one.type, "boolean")
    if not is_unique(json.dumps(written)):
        return
    body = encode(written, {"x": data.draw(one.values), "x1": True})
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    limits = DecodeLimits()
    check = compile_check(admit(json.dumps(written), {}, limits), limits)
    found = end_of(check, cut)
    if isinstance(found, Reason):
        assert found in {Reason.DECIMAL_TOO_PRECISE, Reason.BAD_BLOCK}
    else:
        assert found > len(cut)


def end_of(check: Check, body: bytes) -> int | Reason:
    """Return where `check` sees the end of `body`, or why it refuses it."""
    try:
        return check(body, 0, 100_000)[0]
    except IndexError:
        return len(body) + 1
    except BytesRefusedError as error:
        return error.reason
