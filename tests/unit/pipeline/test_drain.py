"""The end: what a drain finishes, in which order, and within which time."""

import asyncio

import pytest

from consumer.config.settings import SourceSettings
from consumer.errors import PipelineFailedError
from consumer.model import Answer
from consumer.pipeline.states import State
from consumer.source.values import SourceFault, SourceFaultKind
from tests.unit.pipeline.kit import P0, P1, World, settings_of
from tests.virtual_time import virtual

BAD = b"\x00"
SELDOM = SourceSettings(commit_interval_seconds=9.0)


def now() -> float:
    return asyncio.get_running_loop().time()


async def begun(drain_seconds: float = 25.0) -> World:
    """Return a world that runs, commits seldom, and knows its schema."""
    world = World(settings_of(drain_timeout_seconds=drain_seconds, source=SELDOM))
    world.start()
    world.source.assign(P0, P1)
    await asyncio.sleep(0.1)
    world.publish(P0, "first")
    await world.settle(0.5)
    return world


@virtual
async def test_a_drain_finishes_what_is_on_the_wire_and_commits_it() -> None:
    """Calls under way end, their offsets are committed, waiting items are left."""
    world = await begun()
    world.target.seconds = 3.0
    world.publish(P0, "a", "b", "a")
    await world.settle(0.5)
    started = now()
    await world.end()
    assert 2.0 < now() - started < 3.0
    assert world.source.committed[P0] == 3
    assert world.statistics.delivered == 3
    assert world.statistics.released == 1
    assert world.pipeline.lifecycle.state is State.CLOSED
    assert world.source.room == 0


@virtual
async def test_a_drain_with_a_dead_target_commits_all_that_is_settled() -> None:
    """Bug: the last question waited for the wire again and lost the last commit."""
    world = await begun(5.0)
    world.target.seconds = 100.0
    world.publish(P0, "hangs")
    await world.settle(0.1)
    started = now()
    await world.end()
    assert now() - started <= 5.1
    assert world.source.committed[P0] == 1
    assert world.statistics.released == 1


@virtual
async def test_a_letter_writer_that_waits_holds_no_drain_beyond_its_time() -> None:
    """An unwritten letter leaves its record uncommitted; the drain ends in time."""
    world = await begun(5.0)
    world.letters.is_down = True
    world.source.publish(P0, BAD)
    await world.settle(20)  # the writer is in a long back-off
    started = now()
    await world.end()
    assert now() - started <= 5.1
    assert world.source.committed[P0] == 1
    assert world.statistics.dead_lettered == 0


@virtual
async def test_a_drain_waits_for_the_letters_that_can_be_written() -> None:
    """A letter on its way is confirmed before its record's offset is committed."""
    world = await begun()
    world.letters.seconds = 2.0
    world.source.publish(P0, BAD)
    await world.settle(0.1)
    await world.end()
    assert world.statistics.dead_lettered == 1
    assert world.source.committed[P0] == 2


@virtual
async def test_a_drain_with_a_dead_broker_ends_in_time() -> None:
    """What cannot be committed repeats; the drain does not wait for it."""
    world = await begun(5.0)
    world.source.is_down = True
    world.source.publish(P0, BAD)
    started = now()
    await world.end()
    assert now() - started <= 5.1
    assert world.pipeline.lifecycle.state is State.CLOSED


@virtual
async def test_the_source_is_given_what_is_left_of_the_time() -> None:
    """The wire has its share of the time, the close the rest: a second at least."""
    world = await begun(5.0)
    world.target.seconds = 100.0
    world.publish(P0, "hangs")
    await world.settle(0.1)
    await world.end()
    (seconds,) = world.source.closed_after
    assert 1.9 < seconds <= 2.0

    world = await begun(0.0)
    await world.end()
    assert world.source.closed_after == [1.0]


@virtual
async def test_a_drain_may_be_asked_for_again_and_before_the_start() -> None:
    """Bug: a stop during the start ended as a failure."""
    world = World()
    world.pipeline.drain()
    world.pipeline.drain()
    await world.pipeline.run(world.source)
    assert world.pipeline.lifecycle.state is State.CLOSED


@virtual
async def test_records_that_arrive_during_a_drain_are_released() -> None:
    """What was in transit when the drain began is held, then the next owner's."""
    world = await begun()
    world.target.seconds = 2.0
    world.publish(P0, "a")
    await world.settle(0.1)
    world.pipeline.drain()
    world.source.publish(P1, b"late")
    world.pipeline.on_records([world.source.record(P1, 0)])
    await world.end()
    assert world.source.committed[P0] == 2
    assert world.statistics.held == 0


@virtual
async def test_a_part_that_raises_fails_the_pipeline_and_saves_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bug: with its clock dead a drain waited for ever."""
    world = await begun()

    def broken(_: int) -> None:
        monkeypatch.undo()  # it is broken once
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(world.source, "grant", broken)
    assert world.running is not None
    with pytest.raises(PipelineFailedError, match="RuntimeError"):
        await world.running
    assert world.pipeline.lifecycle.state is State.FAILED
    assert world.source.committed[P0] == 1


@virtual
async def test_a_call_that_raises_is_not_in_flight_any_more() -> None:
    """Bug: a drain waited its whole time for a call whose task was gone."""
    world = await begun()

    def broken(*_: object) -> Answer:
        raise RuntimeError("a fault of ours")

    world.target.answer = broken
    world.publish(P0, "a")
    started = now()
    assert world.running is not None
    with pytest.raises(PipelineFailedError):
        await world.running
    assert now() - started < 1.0
    assert world.source.committed[P0] == 1


@virtual
async def test_a_part_that_raises_while_draining_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bug: what failed during a drain was a clean end."""
    world = await begun()
    world.letters.seconds = 1.0
    world.source.publish(P0, BAD)
    await world.settle(0.1)

    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(world.observer, "letter_written", broken)
    world.pipeline.drain()
    assert world.running is not None
    with pytest.raises(PipelineFailedError):
        await world.running


@virtual
async def test_a_source_that_cannot_be_closed_fails_the_pipeline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bug: what the source's thread had died of left every task behind."""
    world = await begun()

    async def broken(_: float) -> None:
        raise RuntimeError("the thread is dead")

    monkeypatch.setattr(world.source, "aclose", broken)
    world.pipeline.drain()
    assert world.running is not None
    with pytest.raises(PipelineFailedError):
        await world.running
    assert world.pipeline.lifecycle.state is State.FAILED


@virtual
async def test_a_part_that_was_cancelled_by_itself_fails_the_pipeline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bug: a cancelled call took its slot with it in silence, until none was left."""
    world = await begun()

    async def cancelled(*_: object) -> Answer:
        raise asyncio.CancelledError

    monkeypatch.setattr(world.target, "send", cancelled)
    world.publish(P0, "a")
    assert world.running is not None
    with pytest.raises(PipelineFailedError):
        await world.running


@virtual
async def test_cancelling_the_run_cancels_all_of_it() -> None:
    """Bug: a cancelled run left its calls and writers behind."""
    world = await begun()
    assert world.running is not None
    world.running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await world.running


@virtual
async def test_records_that_cannot_be_taken_in_fail_the_pipeline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bug: what a batch raised was logged, and its records were held for ever."""
    world = await begun()

    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(world.observer, "admitted", broken)
    world.publish(P0, "a")
    assert world.running is not None
    with pytest.raises(PipelineFailedError):
        await world.running


@virtual
async def test_a_fatal_fault_of_the_source_ends_the_pipeline() -> None:
    """A client that cannot go on ends the pipeline, with its message as the cause."""
    world = await begun()
    world.pipeline.on_fault(
        SourceFault(kind=SourceFaultKind.FATAL, message="fenced", mend="restart")
    )
    assert world.running is not None
    with pytest.raises(PipelineFailedError) as caught:
        await world.running
    assert str(caught.value.__cause__) == "fenced"
    assert world.pipeline.lifecycle.state is State.FAILED
