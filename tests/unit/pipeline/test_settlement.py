"""Records out: letters are tried until they are confirmed, or nobody's any more."""

import asyncio

import pytest

from consumer.model import PauseReason
from consumer.pipeline.settlement import WRITERS
from tests.unit.pipeline.kit import P0, P1, Q0, World
from tests.virtual_time import virtual

BAD = b"\x00"


@pytest.mark.peer("Vector #1772", "Lenses #1819")
@virtual
async def test_a_record_is_committed_only_when_its_letter_is_confirmed() -> None:
    """Until the broker confirms the letter, the record is incomplete and held."""
    async with World.begun() as world:
        world.letters.seconds = 5.0
        world.source.publish(P0, BAD)
        await world.settle(4)
        assert world.statistics.held == 1
        assert world.source.committed[P0] == 0
        await world.settle(2)
        assert world.statistics.dead_lettered == 1
        assert world.source.committed[P0] == 1


@pytest.mark.peer("Arroyo processor.py:431")
@virtual
async def test_letters_that_fail_pause_the_fetching_and_are_tried_again() -> None:
    """While a letter cannot be written nothing more is read; then it goes on."""
    async with World.begun() as world:
        world.letters.is_down = True
        world.source.publish(P0, BAD)
        await world.settle(1)
        assert world.reasons == {PauseReason.DEAD_LETTERS}
        assert world.pipeline.lifecycle.state.value == "paused"
        assert world.source.room == 0
        world.publish(P1, "b")
        await world.settle(10)
        assert world.target.calls == []
        assert 4 <= world.letters.tries <= 6  # half a second, doubled each time
        world.letters.is_down = False
        await world.settle(10)
        assert world.order("b") == ["100"]
        assert len(world.letters.written) == 1
        assert world.reasons == set()


@virtual
async def test_a_letter_that_fails_is_not_hidden_by_one_of_another_topic() -> None:
    """Bug: any confirmed letter ended the pause for one that still failed."""
    async with World.begun(None, P0, Q0) as world:
        world.letters.refused_topics = {"g.events.dead-letters"}
        world.letters.seconds = 0.2
        world.source.publish(P0, BAD)
        world.source.publish(Q0, BAD)
        await world.settle(0.19)
        await world.settle(0.2)
        assert len(world.letters.written) == 1
        assert world.reasons == {PauseReason.DEAD_LETTERS}


@virtual
async def test_a_letter_of_a_lost_partition_pauses_nothing() -> None:
    """Bug: a letter that failed as its partition went away paused for ever."""
    async with World.begun() as world:
        world.letters.is_down = True
        world.source.publish(P0, BAD)
        await world.settle(2)
        world.source.lose(P0)
        assert world.reasons == set()
        world.publish(P1, "b")
        await world.settle(1)
        assert world.order("b") == ["100"]
        world.letters.is_down = False
        await world.settle(40)
        assert world.letters.written == []


@virtual
async def test_a_letter_that_fails_after_its_partition_went_pauses_nothing() -> None:
    """A write that was under way when its partition was lost may fail unheard."""
    async with World.begun() as world:
        world.letters.is_down = True
        world.letters.seconds = 2.0
        world.source.publish(P0, BAD)
        await world.settle(1)
        world.source.lose(P0)
        await world.settle(2)
        assert world.letters.tries == 1
        assert world.reasons == set()


@virtual
async def test_letters_that_wait_are_forgotten_with_their_partition() -> None:
    """More letters than writers: those in the queue go with their partition."""
    async with World.begun() as world:
        world.letters.is_down = True
        for _ in range(WRITERS + 4):
            world.source.publish(P0, BAD)
        world.source.publish(P1, BAD)
        await world.settle(1)
        world.source.lose(P0)
        world.letters.is_down = False
        await world.settle(40)
        assert [letter.partition for letter in world.letters.written] == [0]
        assert world.statistics.released == WRITERS + 4
        assert world.statistics.dead_lettered == 1


@virtual
async def test_a_letter_that_is_too_large_is_written_without_its_value() -> None:
    """A letter beyond its topic's size keeps everything but the payload, and says so."""
    async with World.begun() as world:
        world.letters.largest = 10
        world.source.publish(P0, b"\x01" * 100)
        await world.settle(1)
        (letter,) = world.letters.written
        assert letter.value is None
        assert dict(letter.headers)["dead-letter-payload-omitted"] == b"true"
        assert world.statistics.dead_lettered == 1


@virtual
async def test_a_letter_too_large_without_its_value_pauses_and_says_so() -> None:
    """Bug: a letter whose key or headers are too large held its record in silence."""
    async with World.begun() as world:
        world.letters.too_large_headers = True
        world.source.publish(P0, b"\x01" * 100)
        await world.settle(1)
        assert world.reasons == {PauseReason.DEAD_LETTERS}
        world.letters.too_large_headers = False  # the topic's bound was raised
        await world.settle(40)
        assert world.statistics.dead_lettered == 1
        assert world.reasons == set()
        (letter,) = world.letters.written
        assert letter.value == b"\x01" * 100, "bug: it was written without its value"


@virtual
async def test_a_letter_confirmed_after_the_epoch_ended_settles_nothing() -> None:
    """The record is released once; a late confirmation is not counted beside it."""
    async with World.begun() as world:
        world.letters.seconds = 3.0
        world.source.publish(P0, BAD)
        await world.settle(1)
        world.source.lose(P0)
        await world.settle(5)
        assert len(world.letters.written) == 1
        assert world.statistics.dead_lettered == 0
        assert world.statistics.released == 1


@virtual
async def test_writers_write_side_by_side() -> None:
    """Letters do not wait for each other's confirmation, up to the writers' number."""
    async with World.begun() as world:
        world.letters.seconds = 1.0
        for _ in range(WRITERS + 1):
            world.source.publish(P0, BAD)
        await asyncio.sleep(1.5)
        assert len(world.letters.written) == WRITERS
        await asyncio.sleep(1)
        assert len(world.letters.written) == WRITERS + 1
