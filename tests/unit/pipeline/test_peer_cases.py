"""Histories that broke other consumers, through the whole pipeline."""

import asyncio
import random
from collections.abc import Mapping

import pytest

from consumer.config.settings import RetrySettings
from consumer.model import Answer, Commit, PauseReason, TopicPartition
from tests.fake_transport import SUBMITTED
from tests.property.kafka import done_in
from tests.unit.pipeline.kit import P0, P1, World, settings_of
from tests.virtual_time import virtual

REFUSED = Answer(403)
NEVER = RetrySettings(base_seconds=600, cap_seconds=600)


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.peer("spring-kafka #4505")
@virtual
async def test_two_failing_records_of_one_partition_both_find_their_end() -> None:
    """The later one's retry took the place of the earlier one's, which was lost."""
    retry = RetrySettings(base_seconds=0.2, cap_seconds=1)
    async with World.begun(settings_of(retry=retry)) as world:
        world.target.answer = lambda profile, _: (
            REFUSED if profile.startswith("bad") else SUBMITTED
        )
        world.publish(P1, *(f"p{number}" for number in range(20)))
        await world.settle(1)
        world.publish(P0, "bad-1", "bad-2", "good")
        for number in range(40):
            world.publish(P1, f"p{number % 20}")
            await world.settle(0.2)
        assert world.letters.reasons == ["http_403", "http_403"]
        assert len(world.order("bad-1")) == len(world.order("bad-2")) == 3
        assert world.source.committed[P0] == 3


@pytest.mark.peer("Parallel Consumer fork #437", "Parallel Consumer fork #346")
@virtual
async def test_a_retry_of_a_lost_partition_holds_no_drain() -> None:
    """A retry that nobody owned any more kept a draining close until its time-out."""
    world = World(settings_of(retry=NEVER))
    world.start()
    world.source.assign(P0, P1)
    await asyncio.sleep(0.1)
    world.target.answer = lambda *_: Answer(500)
    world.publish(P0, "a", "b")
    await world.settle(1)
    world.source.lose(P0)
    started = now()
    await world.end()
    assert now() - started < 0.2


@pytest.mark.peer("Parallel Consumer fork #336", "Parallel Consumer #606")
@virtual
async def test_partitions_that_come_and_go_leave_nothing_counted() -> None:
    """Counters drifted with each revocation, until they said that all room was used."""
    async with World.begun(settings_of(retry=NEVER)) as world:
        room = world.source.room
        for number in range(20):
            world.target.answer = lambda *_: Answer(500)
            world.publish(P0, *(f"p{number}-{n}" for n in range(30)))
            await world.settle(0.2)
            if number % 2:
                world.source.lose(P0)
            else:
                await world.source.revoke(P0)
            found = world.statistics
            assert (found.held, found.held_bytes, found.in_flight) == (0, 0, 0)
            assert found.shards == 0
            await world.settle(0.2)
            assert world.source.room == room
            world.source.committed[P0] = len(world.source.log(P0))
            world.source.assign(P0)
            await world.settle(0.2)
        world.target.answer = lambda *_: SUBMITTED
        world.publish(P0, "at last")
        await world.settle(1)
        assert len(world.order("at last")) == 1
        assert world.reasons == set()


@pytest.mark.peer(
    "reactor-kafka #304", "FastStream #1414", "librdkafka #1142", "Faust robinhood #458"
)
@pytest.mark.parametrize("code", [14, 16, 22, 25, 27, 113, -195])
def test_commits_that_fail_for_a_minute_are_followed_by_one_that_does_not(
    code: int,
) -> None:
    """After a failed commit no other was ever made, and all stood still for ever."""

    @virtual
    async def scenario() -> None:
        async with World.begun() as world:
            world.publish(P0, "a")
            await world.settle(1)
            world.source.failing = code
            world.publish(P0, "b")
            await world.settle(60)
            assert world.source.committed[P0] == 1
            assert world.reasons & {PauseReason.COMMIT, PauseReason.LEASE}
            world.source.failing = None
            world.publish(P0, "c")
            await world.settle(5)
            assert world.source.committed[P0] == 3
            assert world.reasons == set()

    scenario()


@pytest.mark.peer("spring-kafka #4708", "Faust #175")
@virtual
async def test_what_stays_goes_on_while_the_rest_is_taken_away() -> None:
    """Records in flight at a rebalance left the partitions that stayed unread for ever."""
    others = tuple(TopicPartition("events", number) for number in range(2, 8))
    async with World.begun(None, P0, P1, *others) as world:
        world.target.seconds = 1.0
        for each in (P0, P1, *others):
            world.publish(each, f"p{each.partition}", f"q{each.partition}")
        await world.settle(0.5)
        await world.source.revoke(P1, *others[::2])
        for each in (P0, *others[1::2]):
            world.publish(each, f"r{each.partition}")
        await world.settle(10)
        for each in (P0, *others[1::2]):
            assert len(world.order(f"r{each.partition}")) == 1
            assert world.source.committed[each] == 3


@pytest.mark.peer("Parallel Consumer #894", "Parallel Consumer fork #344")
@pytest.mark.parametrize("seed", range(4))
def test_a_commit_calls_no_record_done_that_is_open(seed: int) -> None:
    """Offset and map were of two moments: open records were done, and never read again."""

    @virtual
    async def scenario() -> None:
        chance = random.Random(seed)  # noqa: S311 - a test's history
        async with World.begun() as world:
            world.target.answer = lambda *_: chance.choice([SUBMITTED, Answer(500)])
            send, maps = world.source.commit, 0

            def checked(commits: Mapping[TopicPartition, Commit]) -> bool:
                nonlocal maps
                for each, commit in commits.items():
                    partition = world.pipeline._rooms.scheduler._partitions[each]
                    still = set(partition.incomplete)
                    assert min(still, default=commit.offset) >= commit.offset
                    assert not still & done_in(commit)
                    maps += bool(commit.metadata)
                return send(commits)

            world.source.commit = checked  # type: ignore[method-assign] # to look at it
            for _ in range(40):
                for each in (P0, P1):
                    world.publish(each, *(f"p{chance.randrange(60)}" for _ in range(8)))
                await world.settle(chance.choice([0.01, 0.3, 1.0]))
            assert maps > 10
            world.target.answer = lambda *_: SUBMITTED
            await world.settle(120)
            assert world.source.committed == {P0: 320, P1: 320}

    scenario()
