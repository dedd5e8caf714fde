"""A target that bears less than is configured: found out, and shown."""

from __future__ import annotations

from consumer.config.settings import LimitSettings
from consumer.model import Answer, Fault, PauseReason
from tests.fake_transport import SUBMITTED
from tests.unit.pipeline.kit import P0, P1, World, settings_of
from tests.virtual_time import virtual

ADAPTIVE = settings_of(
    limits=LimitSettings(max_in_flight=64, merged_items=1, adaptive=True)
)
BORNE = 5
CALL_SECONDS = 0.05


def bears(world: World, most: int) -> list[float]:
    """Let the target refuse calls beyond so many at once; return when it refused."""
    refused: list[float] = []

    def answer(_profile: str, now: float) -> Answer | Fault:
        out = sum(now - CALL_SECONDS < at <= now for at in world.target.times[-100:])
        if out <= most:
            return SUBMITTED
        refused.append(now)
        return Answer(429)

    world.target.answer = answer
    world.target.seconds = CALL_SECONDS
    return refused


@virtual
async def test_a_target_that_bears_five_calls_gets_about_five() -> None:
    """64 are configured; what it refuses is few, and nothing is given up."""
    async with World.begun(ADAPTIVE) as world:
        refused = bears(world, BORNE)
        for number in range(1_500):
            world.publish((P0, P1)[number % 2], f"p{number}")
        await world.settle(40)
        assert world.statistics.held == 0
        assert world.statistics.dead_lettered == 0
        assert 2 <= world.statistics.limit <= 2 * BORNE
        assert len(refused) < 0.1 * len(world.target.calls)


@virtual
async def test_a_target_that_bears_all_gets_all_that_is_configured() -> None:
    """It starts at ten, and is at its bound soon."""
    async with World.begun(ADAPTIVE) as world:
        world.target.seconds = CALL_SECONDS
        for number in range(3_000):
            world.publish((P0, P1)[number % 2], f"p{number}")
        await world.settle(1)
        assert world.statistics.limit == 64
        await world.settle(10)
        assert world.statistics.held == 0


@virtual
async def test_most_answers_are_failures_and_only_probes_go() -> None:
    """The breaker opens; when the target is back, everything is delivered."""
    async with World.begun(ADAPTIVE) as world:
        world.target.answer = lambda *_: Answer(500)
        for number in range(200):
            world.publish((P0, P1)[number % 2], f"p{number}")
        await world.settle(5)
        assert PauseReason.BREAKER in world.reasons
        asked = len(world.target.calls)
        await world.settle(300)
        assert len(world.target.calls) - asked < 60
        world.target.answer = lambda *_: SUBMITTED
        await world.settle(60)
        assert world.reasons == set()
        assert world.statistics.delivered == 200
