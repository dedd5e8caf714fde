"""What the pipeline does with time, room, commits and faults."""

import asyncio

from consumer.config.settings import LimitSettings, SourceSettings
from consumer.model import Answer, PauseReason
from consumer.pipeline.states import State
from consumer.source.values import SourceFault, SourceFaultKind
from tests.fake_transport import SUBMITTED
from tests.unit.pipeline.kit import P0, P1, World, settings_of
from tests.virtual_time import virtual

BAD = b"\x00"


def state_of(world: World) -> State:
    return world.pipeline.lifecycle.state


@virtual
async def test_commits_are_due_each_interval_and_one_is_outstanding_at_most() -> None:
    """While the broker has not answered no second commit is sent."""
    settings = settings_of(source=SourceSettings(commit_interval_seconds=1.0))
    async with World.begun(settings) as world:
        before = len(world.source.commits)
        for _ in range(40):
            world.publish(P0, "a")
            await asyncio.sleep(0.1)
        assert 3 <= len(world.source.commits) - before <= 5
        world.source.is_down = True
        world.publish(P0, "a")
        await world.settle(5)
        after = len(world.source.commits)
        await world.settle(5)
        assert len(world.source.commits) == after


@virtual
async def test_the_start_offsets_are_committed_at_once() -> None:
    """An assignment is followed by a commit of its offsets, without waiting."""
    world = World()
    world.start()
    await asyncio.sleep(0.03)
    world.source.assign(P0)
    assert [commit.offset for commit in world.source.commits[0].values()] == [0]
    await world.end()


@virtual
async def test_an_idle_member_renews_its_lease_by_committing_again() -> None:
    """At half the lease unchanged offsets are committed, so that work may go on."""
    async with World.begun() as world:
        before = len(world.source.commits)
        await world.settle(60)
        assert 5 <= len(world.source.commits) - before <= 7
        assert world.reasons == set()


@virtual
async def test_a_refused_commit_stops_its_partition_until_one_is_acknowledged() -> None:
    """Error 25 drops nothing: the commit is repeated, and then sending goes on."""
    async with World.begun() as world:
        world.source.failing = 25
        world.publish(P0, "a")
        await world.settle(1)
        world.publish(P0, "b")
        await world.settle(2)
        assert world.order("b") == []
        assert PauseReason.COMMIT in world.reasons
        world.source.failing = None
        await world.settle(2)
        assert world.order("b") == ["101"]
        assert world.reasons == set()


@virtual
async def test_held_records_never_exceed_their_bound() -> None:
    """However much there is, no more is read than may be held, and it goes on."""
    limits = LimitSettings(max_in_flight=4, held_records=40)
    async with World.begun(settings_of(limits=limits)) as world:
        world.target.answer = lambda *_: Answer(500)
        for number in range(300):
            world.publish(P0, f"p{number}")
        most = 0
        for _ in range(200):
            await asyncio.sleep(0.01)
            most = max(most, world.statistics.held)
        assert 20 <= most <= 40
        assert PauseReason.HELD in world.reasons
        world.target.answer = lambda *_: SUBMITTED
        await world.settle(60)
        assert world.statistics.delivered == 300


@virtual
async def test_a_fault_is_a_pause_with_its_mend_until_it_is_over() -> None:
    """Bug: a fault that was told again seemed to have begun again."""
    async with World.begun() as world:
        fault = SourceFault(
            kind=SourceFaultKind.BROKERS_DOWN, message="no broker", mend="start one"
        )
        world.pipeline.on_fault(fault)
        (pause,) = world.pipeline.pauses()
        assert (pause.reason, pause.scope) == (PauseReason.BROKER, "source")
        assert pause.ends_when == "start one"
        assert state_of(world) is State.PAUSED
        await asyncio.sleep(5)
        world.pipeline.on_fault(fault)
        assert world.pipeline.pauses() == [pause]
        world.pipeline.on_fault(
            SourceFault(
                kind=SourceFaultKind.BROKERS_DOWN, message="", mend="", is_over=True
            )
        )
        assert world.pipeline.pauses() == []
        assert state_of(world) is State.RUNNING


@virtual
async def test_a_fault_of_one_partition_goes_with_it() -> None:
    """An offset out of range is told and counted, and leaves with its partition."""
    async with World.begun() as world:
        world.pipeline.on_fault(
            SourceFault(
                kind=SourceFaultKind.OUT_OF_RANGE,
                message="gone",
                mend="reset",
                partition=P1,
                expired=7,
            )
        )
        assert world.reasons == {PauseReason.OUT_OF_RANGE}
        assert state_of(world) is State.RUNNING
        assert b'expired_in_kafka_total{topic="events"} 7.0' in (
            world.metrics.exposition()
        )
        world.source.lose(P1)
        assert world.reasons == set()


@virtual
async def test_a_new_partition_that_waits_for_its_lease_stops_not_the_whole() -> None:
    """Bug: any partition's wait for its first commit said that all was paused."""
    async with World.begun(None, P0) as world:
        world.source.answer_seconds = 2.0
        world.source.assign(P1)
        await asyncio.sleep(0.5)
        assert world.reasons == {PauseReason.LEASE}
        assert state_of(world) is State.RUNNING


@virtual
async def test_the_pipeline_is_new_until_it_runs() -> None:
    """Asking for pauses before the run moves nothing."""
    world = World()
    assert world.pipeline.pauses() == []
    assert state_of(world) is State.NEW
    assert not world.pipeline.has_joined


@virtual
async def test_partitions_that_come_before_the_run_are_served_by_it() -> None:
    """An assignment that overtakes the start is committed and read all the same."""
    world = World()
    world.source.assign(P0)
    world.publish(P0, "a")
    assert world.pipeline.has_joined
    await asyncio.sleep(1)
    assert world.source.commits == []
    world.start()
    await world.settle(1)
    assert world.order("a") == ["100"]
    await world.end()
    assert world.source.committed[P0] == 1
