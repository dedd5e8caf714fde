"""What real topics carry: several types, several topics, patterns, tombstones, old bytes.

Each sample goes through the whole pipeline; only the outside is fake.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from consumer.decode.framing import fingerprint_key
from consumer.decode.readers import load_readers
from consumer.mapping.loading import load
from consumer.model import SchemaId, TopicPartition
from consumer.pipeline.material import Material
from tests.fakes import FakeText
from tests.unit.decode.avro import encode
from tests.unit.pipeline.kit import World, framed
from tests.virtual_time import virtual

STORE = {
    "type": "record",
    "name": "pos.Store",
    "fields": [{"name": "city", "type": "string"}],
}
ID = {"name": "id", "type": "string"}


def record(name: str, *fields: object) -> dict[str, object]:
    """Return the schema of a record that begins with the profile's id."""
    return {"type": "record", "name": name, "fields": [ID, *fields]}


SALE = record("pos.Sale", {"name": "store", "type": STORE})
# As it is registered: the store is a schema of its own, under another subject.
SALE_REFERRING = record("pos.Sale", {"name": "store", "type": "pos.Store"})
REFUND = record("pos.Refund", {"name": "cents", "type": "long"})
AUDIT = record("pos.Audit")
CONSENT = record("crm.Consent", {"name": "given", "type": "boolean"})
READERS = load_readers({
    f"{schema['name']}.avsc": json.dumps(schema) for schema in (SALE, REFUND, CONSENT)
})


def mapping(name: str, source: str, attribute: str, more: str = "") -> str:
    """Return a mapping's text."""
    return (
        f"version: 1\nname: {name}\nowner: {name}-team\nsource: {source}\n"
        f"profile: {{third_party_id: id}}\nattributes: {{{attribute}}}\n{more}"
    )


DELETE = "on_delete: {profile: {third_party_id: meta.headers.profile}, attributes: "
MAPPINGS = {
    "sale.yaml": mapping(
        "sale", "{topics: [pos.eu, pos.us], schema: pos.Sale}", "city: store.city"
    ),
    "refund.yaml": mapping(
        "refund", "{topics: [pos.eu, pos.us], schema: pos.Refund}", "cents: cents"
    ),
    "consent.yaml": mapping(
        "consent",
        r"{pattern: 'consent\..*', schema: crm.Consent}",
        "consent: given",
        DELETE + "{consent: clear}}\n",
    ),
    "old.yaml": mapping(
        "old", "{topic: old, schema: pos.Refund, framing: bare}", "oldCents: cents"
    ),
    "single.yaml": mapping(
        "single",
        "{topic: single, schema: pos.Refund, framing: single_object}",
        "singleCents: cents",
    ),
    "framed.yaml": mapping(
        "framed",
        "{topic: framed, schema: pos.Refund, framing: confluent}",
        "framedCents: cents",
    ),
}
SINGLE = fingerprint_key(READERS["pos.Refund"].fingerprint)
EU, US = TopicPartition("pos.eu", 0), TopicPartition("pos.us", 0)
CONSENTS = TopicPartition("consent.shops", 0)
OLD, ALONE = TopicPartition("old", 0), TopicPartition("single", 0)
FRAMED = TopicPartition("framed", 0)


class Registry:
    """A registry in which one schema refers to another."""

    def __init__(self) -> None:
        store: Mapping[str, str] = {"pos.Store": json.dumps(STORE)}
        self.schemas = {
            1: FakeText(text=json.dumps(SALE_REFERRING), references=store),
            2: FakeText(text=json.dumps(REFUND)),
            3: FakeText(text=json.dumps(AUDIT)),
            4: FakeText(text=json.dumps(CONSENT)),
        }

    async def schema(self, schema_id: SchemaId) -> FakeText | None:
        """Return a schema."""
        return self.schemas.get(schema_id.number or 0)


@asynccontextmanager
async def running() -> AsyncIterator[World]:
    """Give a pipeline with all mappings and topics."""
    owners = {text.split("\n")[1][6:]: "team" for text in MAPPINGS.values()}
    material = Material(
        readers=READERS, mappings=load(MAPPINGS, READERS, {}, {}), owners=owners
    )
    world = World(registry=Registry(), material=material)
    world.start()
    world.source.assign(EU, US, CONSENTS, OLD, ALONE, FRAMED)
    yield world
    await world.end()


def sale(profile: str) -> bytes:
    """Return a sale."""
    return framed(1, encode(SALE, {"id": profile, "store": {"city": "Bonn"}}))


def refund(profile: str) -> bytes:
    """Return a refund without its framing."""
    return encode(REFUND, {"id": profile, "cents": 5})


def consent(profile: str) -> bytes:
    """Return a consent."""
    return framed(4, encode(CONSENT, {"id": profile, "given": True}))


def sent(world: World) -> list[tuple[str, list[str]]]:
    """Return each call: its profile and its values, in the order of profiles."""
    return sorted(
        (called, list(fields.values())) for called, fields in world.target.calls
    )


@virtual
async def test_several_types_share_a_topic_and_one_mapping_reads_several_topics() -> (
    None
):
    """Each record goes to the mapping of its type; one that nobody wants is skipped."""
    async with running() as world:
        world.source.publish(EU, sale("a"))
        world.source.publish(EU, framed(2, refund("b")))
        world.source.publish(EU, framed(3, encode(AUDIT, {"id": "c"})))
        world.source.publish(US, sale("d"))
        await world.settle()
        assert sent(world) == [("a", ["Bonn"]), ("b", ["5"]), ("d", ["Bonn"])]
        assert world.statistics.skipped == 1
        assert world.letters.reasons == []


@virtual
async def test_a_schema_that_refers_to_another_subject_is_read() -> None:
    """The registry gives both, and the decoder takes them in together."""
    async with running() as world:
        world.source.publish(EU, sale("a"))
        await world.settle()
        assert sent(world) == [("a", ["Bonn"])]


@virtual
async def test_a_pattern_names_topics_and_a_tombstone_does_what_on_delete_says() -> (
    None
):
    """A null value clears what the mapping wrote."""
    async with running() as world:
        world.source.publish(CONSENTS, consent("a"))
        await world.settle()
        world.source.publish(CONSENTS, None, (("profile", b"a"),))
        await world.settle()
        assert world.target.calls == [
            ("a", {"profile.consent": "true"}),
            ("a", {"profile.consent": "none"}),
        ]


@virtual
async def test_a_tombstone_without_on_delete_is_skipped() -> None:
    """It is no event, and nothing is said about it."""
    async with running() as world:
        world.source.publish(EU, None, (("profile", b"a"),))
        await world.settle()
        assert world.target.calls == []
        assert world.statistics.skipped == 1


@virtual
async def test_the_mappings_source_fixes_the_framing() -> None:
    """Bare bytes, single-object encoding and Confluent's, where the mapping says so."""
    async with running() as world:
        world.source.publish(OLD, refund("a"))
        world.source.publish(ALONE, SINGLE + refund("b"))
        world.source.publish(FRAMED, framed(2, refund("c")))
        await world.settle()
        assert sent(world) == [("a", ["5"]), ("b", ["5"]), ("c", ["5"])]


@virtual
async def test_a_record_that_is_framed_otherwise_says_so() -> None:
    """The letter says what the mapping wants and what the value begins like."""
    async with running() as world:
        world.source.publish(FRAMED, SINGLE + refund("a"))
        world.source.publish(ALONE, b'{"id": "a"}')
        world.source.publish(EU, b'{"id": "a"}')
        await world.settle()
        found = [dict(letter.headers) for letter in world.letters.written]
        assert sorted(world.letters.reasons) == [
            "no_framing",
            "wrong_framing",
            "wrong_framing",
        ]
        messages = sorted(
            (headers["dead-letter-message"] or b"").decode() for headers in found
        )
        begin = "the mapping's source wants "
        assert messages == [
            (
                "no header `__value_schema_id`, no 00 and an id of four bytes "
                "(Confluent), no C3 01 and a fingerprint of eight (single object); "
                "the value begins like JSON."
            ),
            (
                f"{begin}00 and an id of four bytes (Confluent); the value begins like "
                "single-object encoding."
            ),
            (
                f"{begin}C3 01 and a fingerprint of eight (single object); the value "
                "begins like JSON."
            ),
        ]
