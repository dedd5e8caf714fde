"""Records in: what is admitted, what waits, what is skipped."""

import logging

import pytest

from consumer.model import PauseReason
from tests.unit.pipeline.kit import P0, P1, Q0, World, event
from tests.virtual_time import virtual


def value_of(world: World, line: str) -> float:
    """Return one sample of the exposition; 0 when there is none."""
    for text in world.metrics.exposition().decode().splitlines():
        if text.startswith(line):
            return float(text.rpartition(" ")[2])
    return 0.0


@virtual
async def test_a_tombstone_and_an_event_that_no_mapping_wants_are_skipped() -> None:
    """A record without items is settled as skipped, with its reason."""
    async with World.begun() as world:
        world.source.publish(P0, None)
        world.source.publish(P0, event("a", 13))
        world.publish(P0, "a", schema_id=7)
        await world.settle()
        assert world.statistics.skipped == 3
        for reason in ("tombstone", "when", "unmapped"):
            line = f'target_consumer_records_skipped_total{{reason="{reason}"}}'
            assert value_of(world, line) == 1
        assert world.target.calls == []


@virtual
async def test_an_event_that_nobody_claims_is_named_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log names an unclaimed schema of a topic once, not for each record."""
    caplog.set_level(logging.INFO, "consumer.pipeline.intake")
    async with World.begun() as world:
        world.publish(P0, "a", "b", "c", schema_id=7)
        await world.settle()
    lines = [one for one in caplog.messages if "no mapping claims" in one]
    assert len(lines) == 1


@pytest.mark.peer("Aiven HTTP #204")
@virtual
async def test_bytes_that_are_no_event_become_a_dead_letter() -> None:
    """An undecodable record is a dead letter at once, and the next one goes on."""
    async with World.begun() as world:
        world.source.publish(P0, b"\x00\x00\x00\x00\x01\xff")
        world.publish(P0, "a")
        await world.settle()
        assert world.statistics.dead_lettered == 1
        assert world.order("a") == ["101"]


@virtual
async def test_an_event_without_a_profile_is_rejected_by_its_mapping() -> None:
    """A mapping's refusal is a dead letter that names the mapping and its owner."""
    async with World.begun() as world:
        world.source.publish(P0, event("", 1))
        await world.settle()
        (letter,) = world.letters.written
        headers = dict(letter.headers)
        assert headers["dead-letter-stage"] in {b"mapping", b"deliver"}
        assert headers["dead-letter-mappings"] == b"ev"
        assert headers["dead-letter-owner"] == b"ev-team"


@virtual
async def test_a_schema_that_does_not_resolve_holds_all_partitions_of_its_topic() -> (
    None
):
    """Bug: only the partition of the first such record was held."""
    async with World.begun(None, P0, P1, Q0) as world:
        world.publish(P0, "a", schema_id=8)
        await world.settle()
        world.publish(P1, "b")
        world.publish(Q0, "c")
        await world.settle()
        assert world.order("b") == []
        assert world.order("c") == ["100"]
        assert world.letters.written == []
        (pause,) = world.pipeline.pauses()
        assert (pause.reason, pause.scope) == (PauseReason.UNRESOLVABLE, "events")


@virtual
async def test_a_held_topic_is_free_when_its_partitions_have_gone() -> None:
    """Who reads a topic anew finds out anew whether its schemas resolve."""
    async with World.begun(None, P0, P1) as world:
        world.publish(P0, "a", schema_id=8)
        await world.settle()
        await world.source.revoke(P0)
        assert world.reasons == set()
        world.publish(P1, "b")
        await world.settle()
        assert world.order("b") == ["100"]


@virtual
async def test_a_partition_that_waits_for_an_id_is_held_with_its_topic() -> None:
    """The answer to another id does not let a record pass a held topic."""
    async with World.begun(None, P0, P1) as world:
        world.registry.seconds = 5.0
        world.publish(P1, "b")
        await world.settle(4)
        world.registry.seconds = 0.01
        world.publish(P0, "a", schema_id=8)
        await world.settle(5)
        assert world.order("b") == []


@virtual
async def test_records_of_an_ended_epoch_are_not_already_done() -> None:
    """Bug: records in transit when their epoch ended were counted as done before."""
    async with World.begun() as world:
        world.publish(P0, "a")
        await world.settle()
        old = world.source.record(P0, 0)
        world.pipeline.on_records([old])
        assert value_of(world, "target_consumer_records_already_done_total") == 1
        world.source.lose(P0)
        world.pipeline.on_records([old])
        world.source.assign(P0)
        world.pipeline.on_records([old])
        assert value_of(world, "target_consumer_records_already_done_total") == 1
        assert world.statistics.consumed == 1
