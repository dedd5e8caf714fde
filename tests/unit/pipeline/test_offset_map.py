"""What was done beyond the committed offset is not done again."""

from __future__ import annotations

from consumer.model import Answer
from consumer.schedule.commits import METADATA_TOO_LARGE
from tests.fake_transport import SUBMITTED
from tests.unit.pipeline.kit import P0, World
from tests.virtual_time import virtual


def slow_for(name: str, world: World) -> None:
    """Have the target fail for one profile."""
    world.target.answer = lambda profile, _: (
        Answer(500) if profile == name else SUBMITTED
    )


@virtual
async def test_a_partition_that_comes_back_repeats_only_what_was_not_done() -> None:
    """Lost without a last commit: what the map says is done is not sent again."""
    async with World.begun() as world:
        slow_for("slow", world)
        world.publish(P0, "slow", *"abcd", "slow", "e")
        await world.settle(5)
        assert (world.source.committed[P0], world.statistics.delivered) == (0, 5)
        calls = len(world.target.calls)
        world.source.lose(P0)
        world.source.assign(P0)
        await world.settle(5)
        repeated = {profile for profile, _ in world.target.calls[calls:]}
        assert repeated == {"slow"}
        slow_for("nobody", world)
        await world.settle(60)
        assert (world.source.committed[P0], world.source.metadata[P0]) == (7, "")
        assert world.order("slow")[-2:] == ["100", "105"]


@virtual
async def test_a_map_that_is_too_large_for_the_broker_stops_no_commit() -> None:
    """The commit is repeated at once without it."""
    async with World.begun() as world:
        slow_for("slow", world)
        await world.settle(1)
        world.source.failing = METADATA_TOO_LARGE
        world.publish(P0, "slow", "a")
        before = len(world.source.commits)
        await world.settle(0.6)
        sent = [commits[P0].metadata for commits in world.source.commits[before:]]
        assert [bool(text) for text in sent[:2]] == [True, False]
        world.source.failing = None
        await world.settle(2)
        assert world.source.metadata[P0]
