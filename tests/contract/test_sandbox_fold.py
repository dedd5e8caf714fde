"""The hand-written fold against the shipped mapping files: two ways, one answer."""

from pathlib import Path

import pytest
from fastavro.schema import load_schema

from consumer.decode.decoder import Decoder, Framing, TopicRule
from consumer.decode.limits import DecodeLimits
from consumer.decode.readers import load_readers
from consumer.mapping.loading import load
from consumer.mapping.mapping_set import MappingSet
from consumer.model import (
    Decoded,
    Failure,
    Mapped,
    NeedsSchema,
    Record,
    SchemaId,
    SkipReason,
    TopicPartition,
    Undecodable,
)
from consumer.sandbox.events import Fate, SampleEvent, generate
from consumer.sandbox.fold import attributes_of
from consumer.sandbox.publisher import UNKNOWN_ID, EventSchema, encode
from consumer.sandbox.samples import KINDS

SCHEMAS = Path(__file__).parents[2] / "schemas"
RECORDS = 3000
SKIPS = {Fate.SKIPPED: SkipReason.WHEN, Fate.NO_PROFILE: SkipReason.NO_PROFILE}
IDS = {kind.schema: number for number, kind in enumerate(KINDS, 1)}


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Return the schema files."""
    return {str(path): path.read_text() for path in (SCHEMAS / "avro").glob("*.avsc")}


@pytest.fixture(scope="module")
def mappings(texts: dict[str, str]) -> MappingSet:
    """Return the shipped mappings."""
    files = {
        str(path): path.read_text()
        for path in (SCHEMAS / "mappings").rglob("*")
        if path.is_file()
    }
    return load(files, load_readers(texts), {}, {})


@pytest.fixture(scope="module")
def decoder(texts: dict[str, str]) -> Decoder:
    """Return a decoder that has learnt the three schemas as a registry's."""
    decoder = Decoder(load_readers(texts), DecodeLimits(), has_registry=True)
    for path, text in texts.items():
        decoder.learn(SchemaId(number=IDS[Path(path).stem]), text, {})
    return decoder


def as_record(event: SampleEvent, offset: int) -> Record:
    """Return an event as Kafka would give it."""
    schema = load_schema(str(SCHEMAS / "avro" / f"{event.kind.schema}.avsc"))
    value = encode(event, EventSchema(IDS[event.kind.schema], schema))
    return Record(
        source=TopicPartition(event.kind.topic, 0),
        offset=offset,
        timestamp_ms=0,
        key=event.key,
        value=value,
        headers=event.headers,
        epoch=1,
        size_bytes=len(value),
    )


def test_the_mappings_do_what_the_events_say(
    mappings: MappingSet, decoder: Decoder
) -> None:
    """Each event's item, skip or rejection is what its publisher expects of it."""
    events = list(generate(RECORDS, 17))
    assert {event.fate for event in events} == set(Fate)
    for offset, event in enumerate(events):
        record = as_record(event, offset)
        claim = mappings.rule(event.kind.topic)
        rule = TopicRule(framing=Framing(claim.framing), readers=claim.readers)
        decoded = decoder.decode(record, rule)
        if event.fate is Fate.UNDECODABLE:
            assert isinstance(decoded, Undecodable)
        elif event.fate is Fate.UNKNOWN_SCHEMA:
            assert decoded == NeedsSchema(SchemaId(number=UNKNOWN_ID))
        else:
            assert isinstance(decoded, Decoded)
            check(event, mappings.map(record, decoded))


def check(event: SampleEvent, mapped: Mapped | Failure) -> None:
    """Compare what the mappings made of an event with what the fold says."""
    assert isinstance(mapped, Mapped)
    if event.fate in SKIPS:
        assert (mapped.items, mapped.skipped) == ((), SKIPS[event.fate])
        return
    (item,) = mapped.items
    assert f"{item.profile.kind}:{item.profile.value}" == event.profile
    if event.fate is Fate.REFUSED:
        assert any(name.startswith("refused.") for name in item.attributes)
    else:
        assert item.attributes == attributes_of(event)
