"""The whole pipeline through a bad day, on virtual time; the books at every step."""

from __future__ import annotations

import asyncio
import random

import pytest

from consumer.config.settings import RetrySettings
from consumer.model import Answer, Fault, FaultKind, PauseReason
from consumer.pipeline import pipeline
from tests.fake_transport import SUBMITTED
from tests.unit.pipeline.kit import P0, P1, Q0, World, settings_of
from tests.virtual_time import virtual

UNAVAILABLE = Answer(503, retry_after="5")
REFUSED = Answer(403)
HOUR_SECONDS = 3600.0
BAD = b"\x00"
ANSWERS = (SUBMITTED, SUBMITTED, SUBMITTED, Answer(500), UNAVAILABLE)


@pytest.fixture
def slow_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an hour be 7,200 ticks: what is looked for does not depend on them."""
    monkeypatch.setattr(pipeline, "TICK_SECONDS", 0.5)


@pytest.mark.peer("Vector #10870", "Adobe AEP sink #19")
@pytest.mark.usefixtures("slow_ticks")
@pytest.mark.parametrize(
    "answer",
    [
        Answer(500),
        Answer(401),
        Answer(404),
        UNAVAILABLE,
        Answer(429, retry_after="60"),
        Answer(200, b"<html>a proxy</html>"),
        Fault(FaultKind.CONNECT),
        Fault(FaultKind.TIMEOUT),
    ],
    ids=["500", "401", "404", "503", "429", "proxy", "connect", "timeout"],
)
def test_an_outage_of_two_hours_gives_up_nothing(answer: Answer | Fault) -> None:
    """Promise 9: whatever a target's outage looks like, every record is delivered."""

    @virtual
    async def scenario() -> None:
        async with World.begun() as world:
            world.publish(P0, "a", "b", "c")
            await world.settle(2)
            world.target.answer = lambda *_: answer
            for number in range(20):
                world.publish(P0, f"p{number % 7}")
                world.publish(P1, f"q{number % 5}")
            await world.settle(2 * HOUR_SECONDS)
            assert world.statistics.dead_lettered == 0
            assert world.statistics.held == 40
            world.target.answer = lambda *_: SUBMITTED
            await world.settle(HOUR_SECONDS)
            assert world.statistics.delivered == 43
            assert world.letters.written == []
            accepted = [world.order(f"p{number}") for number in range(7)]
            assert all(sorted(one) == one for one in accepted)
            assert world.reasons == set()

    scenario()


@virtual
async def test_one_refused_profile_is_given_up_while_others_pass() -> None:
    """Three counted refusals make it the record's fault, and only that record's."""
    retry = RetrySettings(base_seconds=0.2, cap_seconds=1)
    async with World.begun(settings_of(retry=retry)) as world:
        world.target.answer = lambda profile, _: (
            REFUSED if profile == "bad" else SUBMITTED
        )
        world.publish(P0, *(f"p{number}" for number in range(20)))
        await world.settle(1)
        world.publish(P0, "bad")
        for number in range(40):
            world.publish(P1, f"p{number % 20}")
            await world.settle(0.2)
        assert world.letters.reasons == ["http_403"]
        assert len(world.order("bad")) == 3
        assert world.statistics.dead_lettered == 1
        assert world.statistics.delivered == 60
        assert world.source.committed[P0] == 21


@virtual
async def test_a_bad_token_gives_up_nothing_and_goes_on_when_it_is_mended() -> None:
    """All calls refused is the endpoint's fault: it halts, and a probe ends it."""
    async with World.begun() as world:
        world.target.answer = lambda *_: REFUSED
        world.publish(P0, *(f"p{number}" for number in range(20)))
        await world.settle(60)
        assert PauseReason.HALTED in world.reasons
        assert world.pipeline.lifecycle.state.value == "paused"
        assert world.refused > 2
        calls = len(world.target.calls)
        assert calls < 40  # probes only
        world.target.answer = lambda *_: SUBMITTED
        await world.settle(40)
        assert world.statistics.delivered == 20
        assert world.letters.written == []
        assert world.reasons == set()


@virtual
async def test_a_revocation_while_everything_is_in_flight() -> None:
    """Half the partitions go while calls, letters and schemas are under way."""
    async with World.begun(None, P0, P1, Q0) as world:
        world.target.seconds = 1.0
        world.letters.seconds = 1.0
        world.publish(P0, "a", "b", "a")
        world.publish(P1, "a", "c")
        world.source.publish(P0, BAD)
        world.publish(P0, "d", schema_id=99)
        await world.settle(0.5)
        await world.source.revoke(P0)
        world.conserved()
        await world.settle(3)
        assert world.order("c") == ["101"]
        assert world.statistics.held == 0
        world.source.assign(P0)
        world.registry.texts[99] = (
            SUBMITTED.body.decode()
        )  # not a schema: admitted by none
        await world.settle(20)
        assert world.statistics.held == 0
        assert world.source.committed[P0] == 5
    assert world.source.committed[P1] == 2


@virtual
async def test_letters_fail_registry_is_away_and_the_target_errs_at_once() -> None:
    """Each trouble pauses its own part; when all end, every record has its end."""
    async with World.begun(None, P0, P1, Q0) as world:
        world.publish(P1, "a")
        await world.settle(0.5)
        world.registry.is_down = True
        world.letters.is_down = True
        world.target.answer = lambda *_: Answer(500)
        world.publish(P0, "a", schema_id=2)
        world.publish(P1, "b", "c")
        world.source.publish(Q0, BAD)
        await world.settle(30)
        assert {
            PauseReason.REGISTRY,
            PauseReason.SCHEMA,
            PauseReason.DEAD_LETTERS,
        } <= world.reasons
        world.registry.texts[2] = world.registry.texts[1]
        world.registry.is_down = False
        await world.settle(20)
        world.target.answer = lambda *_: SUBMITTED
        world.letters.is_down = False
        await world.settle(120)
        found = world.statistics
        assert (found.delivered, found.dead_lettered, found.held) == (4, 1, 0)
        assert world.reasons == set()


@pytest.mark.parametrize("seed", range(8))
def test_any_history_loses_nothing_and_keeps_the_order(seed: int) -> None:
    """Whatever comes and goes, each event reaches its profile, in order of offset."""

    @virtual
    async def scenario() -> None:
        chance = random.Random(seed)  # noqa: S311 - a test's history
        async with World.begun() as world:
            world.target.answer = lambda *_: chance.choice(ANSWERS)
            expected = 0
            for _ in range(40):
                expected += await happening(world, chance)
            await mended(world)
            assert world.statistics.held == 0
            assert sum(world.source.committed.values()) == expected
            assert world.letters.written == []
            assert last_sent(world) == last_published(world)

    scenario()


async def happening(world: World, chance: random.Random) -> int:
    """Let something happen; return how many events were published by it."""
    partition = chance.choice((P0, P1))
    event = chance.randrange(6)
    published = 0
    if partition not in world.source.epochs:
        world.source.assign(partition)
    elif event == 0:
        await world.source.revoke(partition)
    elif event == 1:
        world.source.lose(partition)
    else:
        names = [f"{partition.partition}-{number}" for number in range(4)]
        world.publish(partition, *chance.choices(names, k=5))
        published = 5
    world.target.seconds = chance.choice([0.001, 0.1, 2.0])
    await asyncio.sleep(chance.choice([0.0, 0.01, 0.3, 3.0]))
    world.conserved()
    return published


async def mended(world: World) -> None:
    """End every trouble, and give it time."""
    world.target.answer = lambda *_: SUBMITTED
    for partition in (P0, P1):
        if partition not in world.source.epochs:
            world.source.assign(partition)
    await world.settle(400)


def last_sent(world: World) -> dict[str, str]:
    """Return the newest number that the target got for each profile."""
    return {profile: world.order(profile)[-1] for profile, _ in world.target.calls}


def last_published(world: World) -> dict[str, str]:
    """Return the newest number that was published for each profile."""
    return {
        (value or b"")[6:9].decode(): str(number + 100)
        for partition in (P0, P1)
        for number, (value, _) in enumerate(world.source.log(partition))
    }
