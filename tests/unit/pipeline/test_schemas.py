"""Schemas that records wait for, on virtual time."""

import itertools

import pytest

from consumer.config.settings import DecodeSettings
from consumer.errors import PipelineFailedError
from consumer.model import PauseReason, SchemaId
from consumer.pipeline import schemas
from tests.unit.pipeline.kit import EVENT, P0, P1, World, settings_of
from tests.virtual_time import virtual

UNKNOWN = 99


@virtual
async def test_a_record_holds_those_behind_it_until_its_schema_is_known() -> None:
    """A record that needs a schema holds its own partition, in order, and no other."""
    async with World.begun() as world:
        world.registry.seconds = 5.0
        world.publish(P0, "a", "a", "b")
        await world.settle(1)
        held = [pause.scope for pause in world.pipeline.pauses()]
        assert held == ["events[0]"]
        assert world.target.calls == []
        await world.settle(5)
        assert world.order("a") == ["100", "101"]
        assert len(world.registry.asked) == 1
        assert world.reasons == set()


@virtual
async def test_an_unknown_id_is_asked_for_every_tenth_of_the_grace() -> None:
    """An id that the registry does not have becomes a dead letter after the grace."""
    async with World.begun() as world:
        world.publish(P0, "a", schema_id=UNKNOWN)
        world.publish(P0, "b")
        await world.settle(59)
        assert world.letters.reasons == []
        assert world.order("b") == []
        await world.settle(2)
        assert world.letters.reasons == ["unknown_schema"]
        assert world.order("b") == ["101"]
        times = [at for number, at in world.registry.asked if number == UNKNOWN]
        gaps = {round(after - before) for before, after in itertools.pairwise(times)}
        assert gaps == {6}


@virtual
async def test_the_grace_is_the_configured_one() -> None:
    """The grace follows the setting."""
    settings = settings_of(decode=DecodeSettings(schema_grace_seconds=0.5))
    async with World.begun(settings) as world:
        world.publish(P0, "a", schema_id=UNKNOWN)
        await world.settle(1)
        assert world.letters.reasons == ["unknown_schema"]


@virtual
async def test_a_second_partition_that_names_the_same_id_goes_on_as_well() -> None:
    """Whoever joins a question that is under way is resumed with the first."""
    async with World.begun() as world:
        world.publish(P0, "a", schema_id=UNKNOWN)
        await world.settle(20)
        world.publish(P1, "b", schema_id=UNKNOWN)
        await world.settle(20)
        world.registry.texts[UNKNOWN] = EVENT
        await world.settle(10)
        assert world.order("a") == ["100"]
        assert world.order("b") == ["100"]


@virtual
async def test_the_recheck_of_an_unknown_id_holds_nothing() -> None:
    """Bug: a minute after it was given up, an id held its partition for a new grace."""
    async with World.begun() as world:
        world.publish(P0, "a", schema_id=UNKNOWN)
        await world.settle(130)
        world.publish(P0, "b", schema_id=UNKNOWN)
        world.publish(P0, "c")
        await world.settle(1)
        assert world.letters.reasons == ["unknown_schema"] * 2
        assert world.order("c") == ["102"]


@virtual
async def test_an_id_that_is_registered_late_is_found_within_a_minute() -> None:
    """What was unknown is asked for once a minute, and then decoded."""
    async with World.begun() as world:
        world.publish(P0, "a", schema_id=UNKNOWN)
        await world.settle(62)
        asked = len(world.registry.asked)
        await world.settle(120)
        assert len(world.registry.asked) == asked + 2
        world.registry.texts[UNKNOWN] = EVENT
        await world.settle(60)
        world.publish(P0, "d", schema_id=UNKNOWN)
        await world.settle(1)
        assert world.order("d") == ["101"]
        asked = len(world.registry.asked)
        await world.settle(120)
        assert len(world.registry.asked) == asked


@virtual
async def test_made_up_ids_do_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only the newest unknown ids are asked for again; others begin anew."""
    monkeypatch.setattr(schemas, "MOST_RECHECKED", 2)
    settings = settings_of(decode=DecodeSettings(schema_grace_seconds=0))
    async with World.begun(settings) as world:
        for number in (51, 52, 53):
            world.publish(P0, "a", schema_id=number)
        await world.settle(1)
        assert [number for number, _ in world.registry.asked] == [51, 52, 53]
        world.publish(P0, "a", schema_id=52)
        await world.settle(1)
        assert [number for number, _ in world.registry.asked] == [51, 52, 53]
        world.publish(P0, "a", schema_id=51)
        await world.settle(1)
        assert [number for number, _ in world.registry.asked] == [51, 52, 53, 51]


@virtual
async def test_a_registry_that_is_away_holds_its_partitions_and_says_so() -> None:
    """An outage of the registry dead-letters nothing, however long, and ends itself."""
    async with World.begun() as world:
        world.registry.is_down = True
        world.publish(P0, "a")
        await world.settle(300)
        assert world.reasons == {PauseReason.SCHEMA, PauseReason.REGISTRY}
        assert world.letters.reasons == []
        world.registry.is_down = False
        await world.settle(12)
        assert world.order("a") == ["100"]
        assert world.reasons == set()


@virtual
async def test_a_schema_that_is_not_admitted_rejects_its_records() -> None:
    """A schema that we do not take makes dead letters of the records that name it."""
    async with World.begun() as world:
        world.registry.texts[UNKNOWN] = '{"type": "recor'
        world.publish(P0, "a", schema_id=UNKNOWN)
        await world.settle(1)
        assert len(world.letters.written) == 1
        assert world.reasons == set()


@virtual
async def test_records_of_a_schema_that_encrypts_are_rejected() -> None:
    """Ciphertext must not end up in a profile."""
    async with World.begun() as world:
        world.registry.encrypted.add(7)
        world.publish(P0, "a", schema_id=7)
        await world.settle(1)
        assert world.letters.reasons == ["schema_encrypted"]
        assert world.target.calls == []


@virtual
async def test_records_of_a_partition_that_went_away_are_not_resumed() -> None:
    """What waited for a schema is released with its partition."""
    async with World.begun() as world:
        world.registry.is_down = True
        world.publish(P0, "a")
        await world.settle(1)
        world.source.lose(P0)
        world.registry.is_down = False
        await world.settle(20)
        assert world.target.calls == []
        assert world.statistics.released == 1


@virtual
async def test_the_same_id_may_be_wanted_by_whoever_is_told_of_it() -> None:
    """Bug: an id wanted again from within the answer was never asked for again."""
    async with World.begun() as world:
        desk = world.pipeline._rooms.schemas
        world.registry.texts[5] = EVENT
        told: list[SchemaId] = []

        def then(schema_id: SchemaId) -> None:
            told.append(schema_id)
            if len(told) < 3:
                desk.want(schema_id, then)

        desk.want(SchemaId(number=5), then)
        await world.settle(1)
        assert told == [SchemaId(number=5)] * 3


@virtual
async def test_a_question_that_breaks_ends_the_pipeline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bug: what a question raised was lost, and its partition was held for ever."""
    world = World()
    world.start()
    world.source.assign(P0)

    async def broken(_: SchemaId) -> None:
        raise RuntimeError("no answer of ours")

    monkeypatch.setattr(world.registry, "schema", broken)
    world.publish(P0, "a")
    assert world.running is not None
    with pytest.raises(PipelineFailedError, match="RuntimeError"):
        await world.running
