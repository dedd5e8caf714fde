"""Mappings that are begun from a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumer.decode.readers import ReaderSchema, load_readers
from consumer.mapping.examples import run_tests
from consumer.mapping.loading import check, load
from consumer.mapping.starter import begin, topic_of, with_test
from tests.unit.mapping.kit import SCHEMA

ROOT = Path(__file__).resolve().parents[3] / "schemas"
SHIPPED = load_readers({
    str(path): path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "avro").glob("*.avsc"))
})


def begun(readers: Mapping[str, ReaderSchema], schema: str, name: str = "x") -> str:
    """Return a mapping of one schema, after its test has passed."""
    draft = begin(name, schema, readers, topic=topic_of(schema))
    file, fixture = f"m/{name}.yaml", {"m/fixtures/x.json": draft.fixture}
    [plan] = load({file: draft.text}, readers, {}, {}).plans
    text = with_test(draft, plan, readers, "fixtures/x.json")
    files = {file: text, **fixture}
    found = check(files, readers, {}, {})
    assert found.mappings is not None
    assert found.faults == ()
    [result] = run_tests(found.mappings.plans, files, readers)
    assert result.difference == ()
    return text


def of(*fields: object, name: str = "t.E") -> Mapping[str, ReaderSchema]:
    """Return the readers of one schema with these fields."""
    schema = {"type": "record", "name": name, "fields": list(fields)}
    return load_readers({"e.avsc": json.dumps(schema)})


def rule(type_: object, name: str = "f") -> str:
    """Return what stands below `attributes` for one field of this type."""
    text = begun(of({"name": name, "type": type_}), "t.E")
    return text.partition("attributes:\n")[2].partition("\ntests:")[0]


@pytest.mark.parametrize("schema", sorted(SHIPPED))
def test_shipped_schemas(schema: str) -> None:
    """A mapping begun from a shipped schema passes the check, and its test passes."""
    text = begun(SHIPPED, schema)
    assert f"  schema: {schema}\n" in text
    assert f"  topic: {topic_of(schema)}  #" in text


def test_every_kind_of_field() -> None:
    """So does one of a schema with every type that there is."""
    readers = load_readers({"t.avsc": json.dumps(SCHEMA)})
    begun(readers, "t.Thing")


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("long", "  xF: f"),
        (["null", "int"], "  xF: {from: f, missing: skip}"),
        ("string", "  xF: {from: f, missing: skip, apply: [trim], max_length: 256}"),
        ("boolean", "  xF: f"),
        ("double", "  xF: {from: f, format: {decimal: 2, rounding: half_even}}"),
        (
            "bytes",
            '  # f is left out: bytes: it has no text of its own\n  # no field has a text, so this says only that it happened\n  xSeen: {value: "true"}',
        ),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3},
            "  xF: {from: f, format: {decimal: 3}}",
        ),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 40, "scale": 31},
            "  xF: {from: f, format: {decimal: 30, rounding: half_even}}",
        ),
        (
            {"type": "enum", "name": "C", "symbols": ["RED_HOT", "NO"]},
            '  xF: {from: f, translate: {RED_HOT: red-hot, "NO": "no"}}',
        ),
        (
            ["null", {"type": "int", "logicalType": "date"}],
            '  xF: {from: f, missing: skip, format: {date: "%Y-%m-%d"}}',
        ),
        (
            {"type": "long", "logicalType": "timestamp-millis"},
            '  xF: {from: f, format: {date: "%Y-%m-%dT%H:%M:%SZ", zone: UTC}}  # name the zone of your readers',
        ),
        ({"type": "map", "values": "long"}, "  xF: {from: f, apply: [count]}"),
        (
            {"type": "array", "items": "string"},
            '  xF: {from: f, missing: skip, apply: [{join: {separator: ",", max_length: 256}}]}',
        ),
        (["string", "int"], "  xF: {from: f, missing: skip, max_length: 256}"),
    ],
)
def test_a_rule_suits_its_type(type_: object, expected: str) -> None:
    """Each type gets the rule that an author would begin with."""
    assert rule(type_) == expected


@pytest.mark.parametrize(
    ("name", "type_", "expected"),
    [
        (
            "email",
            "string",
            "apply: [trim, lowercase, sha256]}  # personal: leaves as a hash only",
        ),
        (
            "phone",
            "long",
            "# phone is left out: looks personal (its name): decide before you write it",
        ),
        (
            "lastName",
            "string",
            "# lastName is left out: looks personal (its name): decide before you write it",
        ),
        ("clear", "long", "xClear: event.clear"),
        ("meta", "long", "xMeta: event.meta"),
        ("no", "long", "xNo: event.no"),
    ],
)
def test_names_that_say_something(name: str, type_: str, expected: str) -> None:
    """Personal data is hashed or left out, and names that YAML or paths know are safe."""
    assert expected in rule(type_, name)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            ("crm_id", "pcId"),
            "third_party_id: {from: crm_id, apply: [trim]}\n  - pc_id: {from: pcId, apply: [trim]}\n",
        ),
        (
            ("order_id", "member_number"),
            "third_party_id: {from: member_number, apply: [trim]}\n",
        ),
        (("order_id",), "third_party_id: meta.key\n"),
    ],
)
def test_who_the_event_is_about(fields: tuple[str, ...], expected: str) -> None:
    """The profile is guessed from the names; without any it is the record's key."""
    readers = of(*({"name": name, "type": "string"} for name in fields))
    assert f"  - {expected}# no_profile:" in begun(readers, "t.E")


def test_the_id_of_a_person_may_be_a_number() -> None:
    """A number below `customer` is the id, too, and is no attribute then."""
    customer = {
        "type": "record",
        "name": "Customer",
        "fields": [{"name": "id", "type": "long", "doc": "As the CRM\nhas it."}],
    }
    text = begun(of({"name": "customer", "type": customer}), "t.E")
    assert "  - third_party_id: customer.id\n" in text
    assert "xCustomerId" not in text


def test_names_that_others_have() -> None:
    """An attribute that another mapping writes, or that Target keeps, gets a new name."""
    readers = of({"name": "id", "type": "long"}, {"name": "total", "type": "long"})
    draft = begin("order", "t.E", readers, topic="t", taken={"eventOrderId"})
    assert "  eventOrderId2: id\n  eventOrderTotal: total\n" in draft.text


def test_a_topic_is_guessed_from_the_name() -> None:
    """As the shipped ones are called."""
    assert topic_of("crm.LoanFunded") == "crm.loan-funded.v1"
    assert topic_of("HTTPEvent2") == "http-event-2.v1"


# ------------------------------------------------------------------------- property

NAMES = st.sampled_from([
    *("id", "customer_id", "email", "clear", "meta", "event", "no", "null", "true"),
    *("type", "birthday", "pc_id", "at", "total", "aLongName", "_x9", "Y", "string"),
    *("iban", "ipAddress", "phone_type", "mobile", "customer_number"),
])
SYMBOLS = ["A", "B_1", "NO", "null", "True", "e1", "_", "On", "Y"]


def logical(base: str, name: str) -> dict[str, object]:
    """Return a logical type."""
    return {"type": base, "logicalType": name}


PLAIN: list[object] = [
    *("boolean", "int", "long", "float", "double", "bytes", "string"),
    logical("string", "uuid"),
    logical("int", "date"),
    logical("int", "time-millis"),
    logical("long", "time-micros"),
    logical("long", "timestamp-millis"),
    logical("long", "local-timestamp-micros"),
    logical("long", "timestamp-nanos"),
    logical("long", "unheard-of"),
    {**logical("bytes", "decimal"), "precision": 5, "scale": 5},
    {**logical("bytes", "decimal"), "precision": 40, "scale": 35},
]


def enum(symbols: list[str]) -> object:
    """Return an enum; names are made unique later."""
    return {"type": "enum", "name": "N", "symbols": symbols}


def fixed(size: int) -> object:
    """Return a fixed type."""
    return {"type": "fixed", "name": "N", "size": size}


def optional(inner: object) -> object:
    """Return a type that may be null."""
    return ["null", inner] if not isinstance(inner, list) else inner


def containers(depth: int) -> st.SearchStrategy[object]:
    """Draw a type that holds others."""
    inner, record = types(depth - 1), records(depth - 1)
    branches = st.tuples(record, st.just({"type": "map", "values": "int"}), PLAINS)
    return st.one_of(
        record,
        inner.map(lambda one: {"type": "array", "items": one}),
        inner.map(lambda one: {"type": "map", "values": one}),
        branches.flatmap(st.permutations),
        record.map(optional),
    )


PLAINS = st.sampled_from(PLAIN)
LEAVES: st.SearchStrategy[object] = st.one_of(
    PLAINS,
    PLAINS.map(optional),
    st.lists(st.sampled_from(SYMBOLS), min_size=1, unique=True).map(enum),
    st.integers(1, 20).map(fixed),
    st.just({"type": "fixed", "name": "N", "size": 12, "logicalType": "duration"}),
    st.just({"type": "fixed", "name": "N", "size": 16, "logicalType": "uuid"}),
)


def types(depth: int) -> st.SearchStrategy[object]:
    """Draw an Avro type."""
    return st.one_of(LEAVES, containers(depth)) if depth else LEAVES


@st.composite
def records(draw: st.DrawFn, depth: int = 2) -> dict[str, object]:
    """Draw a record."""
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    fields = [
        {"name": name, "type": draw(types(depth)), "doc": draw(st.text(max_size=20))}
        for name in names
    ]
    return {"type": "record", "name": "N", "fields": fields}


def named(schema: object, count: list[int]) -> object:
    """Return a schema whose named types have a name each."""
    if isinstance(schema, list):
        return [named(one, count) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: named(value, count) for key, value in schema.items() if key != "doc"}
    found |= {"doc": schema["doc"]} if "doc" in schema else {}
    if "name" in schema and schema["type"] in ("record", "enum", "fixed"):
        count[0] += 1
        found["name"] = f"N{count[0]}"
    return found


@given(records())
@settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_any_schema_makes_a_mapping_that_passes(schema: dict[str, object]) -> None:
    """Whatever the schema, the result passes the check, and its test passes."""
    whole = {**named(schema, [0]), "name": "p.Event"}  # type: ignore[dict-item]  # a record
    begun(load_readers({"e.avsc": json.dumps(whole)}), "p.Event")
