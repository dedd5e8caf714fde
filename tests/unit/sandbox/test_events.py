"""The sample events: seeded, ordered, and bad in the ways that they say."""

import io
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from fastavro import schemaless_reader
from fastavro.schema import load_schema

from consumer.sandbox.events import Fate, SampleEvent, generate, population_of
from consumer.sandbox.publisher import UNKNOWN_ID, EventSchema, encode
from consumer.sandbox.samples import KINDS

SCHEMAS = Path(__file__).parents[3] / "schemas" / "avro"
RECORDS = 5000


@pytest.fixture(scope="module")
def events() -> list[SampleEvent]:
    """Return some events."""
    return list(generate(RECORDS, 11))


@pytest.fixture(scope="module")
def schemas() -> dict[str, EventSchema]:
    """Return the three schemas."""
    return {
        kind.schema: EventSchema(7, load_schema(str(SCHEMAS / f"{kind.schema}.avsc")))
        for kind in KINDS
    }


def test_a_seed_gives_the_same_events(events: list[SampleEvent]) -> None:
    """The same seed repeats, another does not."""
    assert list(generate(RECORDS, 11)) == events
    assert list(generate(RECORDS, 12)) != events


def test_one_in_a_hundred_is_bad_and_three_are_skipped(
    events: list[SampleEvent],
) -> None:
    """Every fate occurs, about as often as it should."""
    fates = Counter(event.fate for event in events)
    bad = sum(
        fates[fate] for fate in (Fate.UNDECODABLE, Fate.UNKNOWN_SCHEMA, Fate.REFUSED)
    )
    skipped = fates[Fate.SKIPPED] + fates[Fate.NO_PROFILE]
    assert set(fates) == set(Fate)
    assert 0.005 < bad / RECORDS < 0.015
    assert 0.02 < skipped / RECORDS < 0.04


def test_sequences_count_from_one(events: list[SampleEvent]) -> None:
    """Per profile and kind the sequence is 1, 2, 3, under one key."""
    series = defaultdict(list)
    for event in events:
        if event.profile is not None:
            series[event.kind.topic, event.profile].append(event)
    for held in series.values():
        assert [event.fields["sequence"] for event in held] == list(
            range(1, len(held) + 1)
        )
        assert len({event.key for event in held}) == 1


def test_the_fate_stands_in_the_event(
    events: list[SampleEvent], schemas: dict[str, EventSchema]
) -> None:
    """Bytes are good unless the fate says otherwise; the rest is in the fields."""
    for event in events:
        schema = schemas[event.kind.schema]
        value = encode(event, schema)
        number = int.from_bytes(value[1:5], "big")
        assert number == (UNKNOWN_ID if event.fate is Fate.UNKNOWN_SCHEMA else 7)
        body = io.BytesIO(value[5:])
        if event.fate is Fate.UNDECODABLE:
            with pytest.raises((EOFError, IndexError)):
                schemaless_reader(body, schema.parsed, None)
        else:
            schemaless_reader(body, schema.parsed, None)
            assert body.read() == b""
        assert (event.fields.get("status") in {"DECLINED", "WITHDRAWN"}) == (
            event.fate is Fate.SKIPPED
        )
        assert (event.profile is None) == (event.fate is Fate.NO_PROFILE)


def test_every_event_has_a_trace(events: list[SampleEvent]) -> None:
    """Each has a W3C trace context of its own."""
    traces = [dict(event.headers)["traceparent"].decode() for event in events]
    assert len(set(traces)) == RECORDS
    assert {tuple(map(len, text.split("-"))) for text in traces} == {(2, 32, 16, 2)}


def test_events_are_in_the_order_of_time(events: list[SampleEvent]) -> None:
    """Within a profile and kind, time goes with the sequence."""
    times = [event.fields.get("accessed_at") for event in events]
    kiosk = [time for time in times if time is not None]
    assert all(str(first) < str(second) for first, second in pairwise(kiosk))


def test_a_population_is_enough_for_few_events() -> None:
    """Even for one event there is somebody, of both kinds."""
    population = population_of(1, 1)
    assert (len(population.customers), len(population.browsers)) == (8, 4)
    assert len(set(population.names)) == 12
