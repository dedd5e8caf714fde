"""Partitions come and go: two steps, nothing of an ended epoch, nothing forgotten."""

import asyncio

import pytest

from consumer.config.settings import RetrySettings, TargetSettings
from consumer.model import Answer
from tests.fake_transport import SUBMITTED
from tests.unit.pipeline.kit import P0, P1, World, settings_of
from tests.virtual_time import virtual


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.peer("Vector #12084", "Faust #502")
@virtual
async def test_a_revocation_waits_for_the_wire_and_commits_what_came_back() -> None:
    """A call in flight ends and is committed; what waits behind it is released."""
    async with World.begun() as world:
        world.target.seconds = 2.0
        world.publish(P0, "a", "a", "a")
        await world.settle(0.5)
        started = now()
        await world.source.revoke(P0)
        assert 1.0 < now() - started < 2.0
        assert world.source.committed[P0] == 1
        assert world.statistics.delivered == 1
        assert world.statistics.released == 2
        await world.settle(5)
        assert world.order("a") == ["100"]


@virtual
async def test_nothing_of_a_fenced_partition_is_taken_while_others_go_on() -> None:
    """During the revocation only other partitions are served."""
    async with World.begun() as world:
        world.target.seconds = 2.0
        world.publish(P0, "a", "a")
        await world.settle(0.5)
        revoking = asyncio.create_task(world.source.revoke(P0))
        await asyncio.sleep(0.1)
        world.publish(P1, "b")
        await revoking
        await world.settle(3)
        assert world.order("a") == ["100"]
        assert world.order("b") == ["100"]


@virtual
async def test_a_revocation_waits_no_longer_than_the_targets_time_out() -> None:
    """A call that never ends holds the group for the target's time-out at most."""
    settings = settings_of(target=TargetSettings(client="acme", timeout_seconds=3.0))
    async with World.begun(settings) as world:
        world.publish(P0, "a")
        await world.settle(0.5)
        world.target.timeout_seconds = world.target.seconds = 100.0
        world.publish(P0, "b")
        await world.settle(0.5)
        started = now()
        await world.source.revoke(P0)
        assert 2.9 < now() - started < 3.2
        assert world.source.committed[P0] == 1
        world.pipeline.drain()


@pytest.mark.peer("Parallel Consumer fork #345")
@virtual
async def test_an_answer_that_comes_after_the_revocation_counts_nothing() -> None:
    """A late delivery of a lost partition is ignored, and its slot is free again."""
    async with World.begun() as world:
        world.target.seconds = 2.0
        world.publish(P0, "a")
        await world.settle(0.5)
        world.source.lose(P0)
        assert world.statistics.released == 1
        world.publish(P1, "a")
        await world.settle(1)
        assert world.order("a") == ["100"]  # the slot of the profile is still taken
        await world.settle(4)
        assert world.order("a") == ["100", "100"]
        assert world.statistics.delivered == 1
        assert world.source.committed[P0] == 0


@virtual
async def test_a_partition_that_comes_back_is_read_from_its_committed_offset() -> None:
    """What was released is read again, in order, in a new epoch."""
    async with World.begun() as world:
        world.target.answer = lambda *_: Answer(500)
        world.publish(P0, "a", "a")
        await world.settle(2)
        await world.source.revoke(P0)
        world.target.answer = lambda *_: SUBMITTED
        world.source.assign(P0)
        await world.settle(2)
        assert world.order("a")[-2:] == ["100", "101"]
        assert world.statistics.delivered == 2
        assert world.source.committed[P0] == 2


@virtual
async def test_a_profile_that_failed_in_a_lost_partition_is_free_at_once() -> None:
    """A retry that waited goes with its partition; others of the profile go on."""
    retry = RetrySettings(base_seconds=600, cap_seconds=600)
    async with World.begun(settings_of(retry=retry)) as world:
        world.target.answer = lambda *_: Answer(500)
        world.publish(P0, "a")
        await world.settle(1)
        world.publish(P1, "a")
        await world.settle(1)
        assert len(world.target.calls) == 1
        world.target.answer = lambda *_: SUBMITTED
        world.source.lose(P0)
        await world.settle(1)
        assert world.statistics.delivered == 1


@pytest.mark.peer("Faust #523", "aiokafka #847")
@virtual
async def test_a_late_fence_is_not_that_of_the_next_epoch() -> None:
    """A partition that comes back after its revocation is served and committed."""
    async with World.begun() as world:
        for _ in range(3):
            await world.source.revoke(P0)
            world.source.assign(P0)
            world.publish(P0, "a")
            await world.settle(1)
        assert world.order("a") == ["100", "101", "102"]
        assert world.source.committed[P0] == 3


@virtual
async def test_a_lost_partition_commits_nothing() -> None:
    """What was delivered and not yet committed when a partition is lost repeats."""
    async with World.begun() as world:
        world.publish(P0, "a")
        await asyncio.sleep(0.05)
        world.source.lose(P0)
        before = len(world.source.commits)
        await world.settle(3)
        assert all(P0 not in one for one in world.source.commits[before:])
        assert world.source.committed[P0] == 0


@virtual
async def test_a_drain_that_begins_during_a_revocation_ends_it_in_time() -> None:
    """Bug: a revocation waited for the wire beyond the drain, and its commit was lost."""
    settings = settings_of(
        target=TargetSettings(client="acme", timeout_seconds=60.0),
        drain_timeout_seconds=5.0,
    )
    world = World(settings)
    world.source.revoke_seconds = 62.0
    world.start()
    world.source.assign(P0, P1)
    await asyncio.sleep(0.1)
    world.source.answer_seconds = 99.0  # no commit but the last ones is answered
    world.publish(P0, "a")
    world.publish(P1, "x")
    await world.settle(0.5)
    world.target.seconds = 50.0
    world.publish(P0, "b", "c")
    world.publish(P1, "d")
    await world.settle(0.5)
    started = now()
    revoking = asyncio.create_task(world.source.revoke(P0))
    await asyncio.sleep(1)
    commits = len(world.source.commits)
    await world.end()
    await revoking
    assert now() - started <= 1.0 + 5.0 + 0.1
    # After the rebalance a commit of the partition that stays might be refused.
    first = {each: made.offset for each, made in world.source.commits[commits].items()}
    assert first == {P0: 1, P1: 1}
