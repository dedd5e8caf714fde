"""Records that come again: mapped as what they were, closed by nobody but their end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from consumer.decode.readers import load_readers
from consumer.mapping.loading import load
from consumer.model import Answer, Header, PauseReason, TopicPartition
from consumer.pipeline.material import Material
from consumer.settle import DeadLetter
from tests.fake_transport import SUBMITTED
from tests.fakes import header
from tests.unit.pipeline.kit import EVENT, P0, World, event
from tests.unit.pipeline.test_intake import value_of
from tests.virtual_time import virtual

REPLAY = TopicPartition("g.events.replay", 0)
REFUSED = Answer(400, b"no")
BROKEN = b"\x00\x00\x00\x00\x01\xff"

MAPPING = """\
version: 1
name: ev
owner: ev-team
source: {topic: events, schema: t.Event}
profile:
  - third_party_id: id
  - third_party_id: note
profiles: all
attributes:
  evN: n
  evWhere: {cel: "meta.topic + ':' + string(meta.partition) + ':' + string(meta.offset)"}
  evFrom: {from: meta.headers.source, missing: skip}
on_delete:
  profile: {third_party_id: meta.key}
  attributes: {evN: {value: deleted}}
"""


def material(text: str = MAPPING) -> Material:
    """Return one mapping over the one schema."""
    readers = load_readers({"t.Event.avsc": EVENT})
    return Material(
        readers=readers, mappings=load({"ev.yaml": text}, readers, {}, {}), owners={}
    )


@asynccontextmanager
async def running(text: str = MAPPING) -> AsyncIterator[World]:
    """Give a pipeline that reads `events` and what comes again of it."""
    world = World(material=material(text))
    world.start()
    world.source.assign(P0, REPLAY)
    yield world
    await world.end()


def replay(world: World, letter: DeadLetter) -> None:
    """Write a letter to the replay topic, as `consumer dlq replay` does."""
    world.source.publish(REPLAY, letter.value, letter.headers)


def said(letter: DeadLetter, *names: str) -> list[str]:
    """Return headers of a letter."""
    return [header(letter, f"dead-letter-{name}") for name in names]


PLACE = ("topic", "partition", "offset", "timestamp")


@virtual
async def test_it_is_mapped_as_the_record_that_it_was() -> None:
    """Its rule, its `meta` and its own headers are those of its own place."""
    async with running() as world:
        headers: tuple[Header, ...] = (("source", b"crm"),)
        world.target.answer = lambda *_: REFUSED
        world.source.publish(P0, event("x", 1))
        world.source.publish(P0, event("a", 7), headers)
        await world.settle()
        world.target.answer = lambda *_: SUBMITTED
        world.target.calls.clear()
        replay(world, world.letters.written[1])
        await world.settle()
        (call,) = world.target.calls
        fields = {"evN": "7", "evWhere": "events:0:1", "evFrom": "crm"}
        assert call == ("a", {f"profile.{name}": fields[name] for name in fields})
        assert world.source.committed[REPLAY] == 1
        assert world.statistics.delivered == 1


@virtual
async def test_one_that_fails_again_has_a_letter_of_its_own_place() -> None:
    """Same coordinates and topic, one replay more, since the same first failure."""
    async with running() as world:
        world.source.publish(P0, BROKEN)
        await world.settle()
        for _ in range(3):
            await world.settle(60)
            replay(world, world.letters.written[-1])
            await world.settle()
        first, *more = world.letters.written
        assert len(more) == 3
        assert {letter.topic for letter in world.letters.written} == {
            "g.events.dead-letters"
        }
        assert [said(one, *PLACE, "first-failure") for one in more] == [
            said(first, *PLACE, "first-failure")
        ] * 3
        assert len({header(one, "dead-letter-last-failure") for one in more}) == 3
        counts = [said(one, "replays") for one in world.letters.written]
        assert counts == [["0"], ["1"], ["2"], ["3"]]
        sizes = {len(letter.headers) for letter in world.letters.written}
        assert len(sizes) == 1  # no letter carries the headers of the one before


@virtual
async def test_profiles_that_had_their_update_are_left_out() -> None:
    """Only the item that was given up is offered; the next letter knows both."""
    async with running() as world:
        refused = {"b"}
        world.target.answer = lambda name, _: REFUSED if name in refused else SUBMITTED
        world.source.publish(P0, event("a", 7, note="b"))
        await world.settle()
        replay(world, world.letters.written[0])
        await world.settle()
        assert [name for name, _ in world.target.calls] == ["a", "b", "b"]
        first, second = world.letters.written
        assert said(first, "delivered") == said(second, "delivered")
        refused.clear()
        replay(world, second)
        await world.settle()
        assert [name for name, _ in world.target.calls] == ["a", "b", "b", "b"]


@virtual
async def test_what_was_delivered_in_any_replay_is_known() -> None:
    """A letter names the profiles of its own try and of all before."""
    async with running() as world:
        refused = {"a", "b"}
        world.target.answer = lambda name, _: REFUSED if name in refused else SUBMITTED
        world.source.publish(P0, event("a", 7, note="b"))
        await world.settle()
        refused.discard("a")
        replay(world, world.letters.written[0])
        await world.settle()
        refused.clear()
        replay(world, world.letters.written[1])
        await world.settle()
        assert [name for name, _ in world.target.calls] == ["a", "b", "a", "b", "b"]
        replay(world, world.letters.written[1])
        await world.settle()
        assert [name for name, _ in world.target.calls][5:] == ["b"]


@virtual
async def test_nothing_left_to_send_is_skipped_as_delivered() -> None:
    """A mapping that makes no item but delivered ones sends nothing, and says why."""
    async with running() as world:
        refused = {"b"}
        world.target.answer = lambda name, _: REFUSED if name in refused else SUBMITTED
        world.source.publish(P0, event("a", 7, note="b"))
        await world.settle()
        first_only = MAPPING.replace("profiles: all\n", "")
        world.pipeline.swap(material(first_only))
        replay(world, world.letters.written[0])
        await world.settle()
        assert len(world.target.calls) == 2
        line = 'target_consumer_records_skipped_total{reason="delivered"}'
        assert value_of(world, line) == 1


@virtual
async def test_replaying_twice_is_harmless() -> None:
    """A letter that is sent twice writes the same attributes twice."""
    async with running() as world:
        world.target.answer = lambda *_: REFUSED
        world.source.publish(P0, event("a", 7))
        await world.settle()
        world.target.answer = lambda *_: SUBMITTED
        world.target.calls.clear()
        for _ in range(2):
            replay(world, world.letters.written[0])
        await world.settle()
        first, second = world.target.calls
        assert first == second
        assert world.statistics.delivered == 2
        assert len(world.letters.written) == 1


@virtual
async def test_letters_on_other_topics_are_records_like_others() -> None:
    """Headers of ours that a publisher sends have no meaning on its topic."""
    async with running() as world:
        world.target.answer = lambda *_: REFUSED
        world.source.publish(P0, event("a", 7))
        await world.settle()
        world.target.answer = lambda *_: SUBMITTED
        (letter,) = world.letters.written
        forged = (*letter.headers, ("dead-letter-offset", b"99"))
        world.source.publish(P0, event("a", 8), forged)
        await world.settle()
        _, fields = world.target.calls[-1]
        assert fields["profile.evWhere"] == "events:0:1"


@virtual
async def test_a_record_that_is_nobodys_letter_is_refused() -> None:
    """It goes to the source topic's letters, with the place where it was read."""
    async with running() as world:
        world.source.publish(P0, BROKEN)
        await world.settle()
        (letter,) = world.letters.written
        others = [
            (name, {b"g": b"h", b"events": b"visits"}.get(value or b"", value))
            for name, value in letter.headers
        ]
        world.source.publish(REPLAY, event("a", 7))
        world.source.publish(REPLAY, letter.value, tuple(others))
        world.publish(REPLAY, "a")
        await world.settle()
        assert world.target.calls == []
        assert world.letters.reasons[1:] == ["no_letter"] * 3
        found = world.letters.written[2]
        assert found.topic == "g.events.dead-letters"
        assert said(found, "topic", "offset") == ["g.events.replay", "1"]


@virtual
async def test_a_letter_without_its_value_is_no_tombstone() -> None:
    """A payload that was left out refuses the record: `on_delete` must not see it."""
    async with running() as world:
        world.letters.largest = 1
        world.source.publish(P0, BROKEN)
        await world.settle()
        (letter,) = world.letters.written
        assert letter.value is None
        replay(world, letter)
        await world.settle()
        assert world.target.calls == []
        again = world.letters.written[1]
        assert said(again, "reason", "topic", "offset", "replays") == [
            *("payload_omitted", "events"),
            *("0", "1"),
        ]


@virtual
async def test_a_tombstone_comes_again_as_one() -> None:
    """A record that had no value is mapped by `on_delete`, as it was."""
    async with running(MAPPING.replace("meta.key", "meta.headers.who")) as world:
        world.target.answer = lambda *_: REFUSED
        world.source.publish(P0, None, (("who", b"a"),))
        await world.settle()
        world.target.answer = lambda *_: SUBMITTED
        replay(world, world.letters.written[0])
        await world.settle()
        assert world.target.calls[-1] == ("a", {"profile.evN": "deleted"})


@virtual
async def test_a_topic_that_a_mapping_names_is_no_replay_topic() -> None:
    """Whatever its name is like: its records are its own."""
    text = MAPPING.replace("topic: events,", "topics: [events, g.events.replay],")
    async with running(text) as world:
        world.source.publish(REPLAY, event("a", 7))
        await world.settle()
        (call,) = world.target.calls
        assert call[1]["profile.evWhere"] == "g.events.replay:0:0"


@virtual
async def test_a_new_set_says_anew_which_topics_are_its_own() -> None:
    """A mapping that comes to name the topic has its records from then on."""
    async with running() as world:
        world.source.publish(REPLAY, event("a", 7))
        await world.settle()
        assert world.letters.reasons == ["no_letter"]
        text = MAPPING.replace("topic: events,", "topics: [events, g.events.replay],")
        world.pipeline.swap(material(text))
        world.source.publish(REPLAY, event("a", 8))
        await world.settle()
        (call,) = world.target.calls
        assert call[1]["profile.evWhere"] == "g.events.replay:0:1"


@virtual
async def test_a_schema_that_is_not_known_holds_the_replay_alone() -> None:
    """The partition that waits is the one that was read; the source goes on."""
    async with running() as world:
        world.source.publish(P0, BROKEN)
        await world.settle()
        (letter,) = world.letters.written
        world.source.publish(REPLAY, event("a", 7, schema_id=99), letter.headers)
        await world.settle()
        assert world.reasons == {PauseReason.SCHEMA}
        world.source.publish(P0, event("b", 8))
        await world.settle()
        assert [name for name, _ in world.target.calls] == ["b"]
        world.registry.texts[99] = EVENT
        await world.settle(10)
        assert [name for name, _ in world.target.calls] == ["b", "a"]
        assert world.reasons == set()


@virtual
async def test_a_replay_of_a_dropped_topic_waits() -> None:
    """When no mapping names its source any more it is held until it is given back."""
    async with running() as world:
        world.source.publish(P0, BROKEN)
        await world.settle()
        world.pipeline.swap(material(MAPPING.replace("topic: events", "topic: others")))
        world.source.publish(REPLAY, event("a", 7))  # nobody's letter waits with others
        replay(world, world.letters.written[0])
        await world.settle()
        assert world.reasons == {PauseReason.UNMAPPED}
        assert len(world.letters.written) == 1
        world.pipeline.swap(material())
        await world.settle()
        assert world.letters.reasons[1:] == ["no_letter", "truncated"]
