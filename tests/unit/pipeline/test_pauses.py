"""Promise 6: every pause has a reason and a way out, and `/status` says both."""

import asyncio
import dataclasses
import json
from datetime import datetime

import msgspec
import pytest

from consumer.errors import PipelineFailedError
from consumer.model import PauseReason
from consumer.pipeline import pipeline
from consumer.pipeline.overriding import OverrideFile
from consumer.pipeline.states import State
from consumer.pipeline.status import Reporter
from consumer.source.values import SourceFault, SourceFaultKind
from tests.unit.pipeline.kit import P0, World
from tests.unit.pipeline.provoking import PROVOKED, Provoked
from tests.virtual_time import virtual

WALL = 1_700_000_000.0  # of the day, when virtual time was nought
LOOK_SECONDS = 0.1
OF_AN_OFFSET = {
    SourceFaultKind.OUT_OF_RANGE,
    SourceFaultKind.NO_OFFSET,
    SourceFaultKind.JUMPED_BACK,
}


def now() -> float:
    return asyncio.get_running_loop().time()


def reporter_of(world: World) -> Reporter:
    overrides = OverrideFile(
        None, world.pipeline.in_force, world.pipeline.override, world.metrics
    )
    return Reporter(world.pipeline, dict, now, lambda: WALL + now(), overrides)


def shown(reporter: Reporter, reason: PauseReason) -> dict[str, str] | None:
    """Return the pause of `reason` as `/status` has it; None when there is none."""
    status = json.loads(msgspec.json.encode(reporter.take().status))
    found = [pause for pause in status["pauses"] if pause["reason"] == reason]
    assert len(found) <= 1, f"{reason} stands there more than once"
    return found[0] if found else None


async def until_shown(
    reporter: Reporter, reason: PauseReason, seconds: float
) -> dict[str, str]:
    """Wait for the pause of `reason`, for so long."""
    end = now() + seconds
    while (found := shown(reporter, reason)) is None:
        assert now() < end, f"{reason} does not show within {seconds} s"
        await asyncio.sleep(LOOK_SECONDS)
    return found


async def until_gone(reporter: Reporter, reason: PauseReason, seconds: float) -> None:
    """Wait until there is no pause of `reason`, for so long."""
    end = now() + seconds
    look_seconds = max(LOOK_SECONDS, seconds / 1000)
    while shown(reporter, reason) is not None:
        assert now() < end, f"{reason} is still there after {seconds} s"
        await asyncio.sleep(look_seconds)


def gauge(world: World, reason: PauseReason) -> str:
    """Return what a scrape says of pauses of `reason`."""
    line = f'target_consumer_pauses{{reason="{reason}"}} '
    (found,) = [
        one
        for one in world.metrics.exposition().decode().splitlines()
        if one.startswith(line)
    ]
    return found.removeprefix(line)


def provoked(reason: PauseReason) -> Provoked:
    """Return how `reason` comes about."""
    assert reason in PROVOKED, f"nobody provokes {reason}: add it to PROVOKED"
    return PROVOKED[reason]


@pytest.mark.peer("Parallel Consumer fork #469", "Parallel Consumer #857")
@pytest.mark.parametrize("reason", list(PauseReason))
def test_a_pause_says_why_since_when_and_what_ends_it_and_ends(
    reason: PauseReason, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows with all four, its beginning stands, and it goes with its cause."""
    way = provoked(reason)
    monkeypatch.setattr(pipeline, "TICK_SECONDS", way.tick_seconds)

    @virtual
    async def scenario() -> None:
        async with World.begun(way.settings()) as world:
            reporter = reporter_of(world)
            world.metrics.collect_from(reporter.samples)
            assert reporter.take().status["pauses"] == []
            began = now()
            await way.begin(world)
            pause = await until_shown(reporter, reason, way.within_seconds)
            assert set(pause) == {"reason", "scope", "since", "ends_when"}
            assert pause["scope"] == way.scope
            assert way.says in pause["ends_when"]
            since = datetime.fromisoformat(pause["since"]).timestamp() - WALL
            assert began - way.since_seconds - 1 <= since
            assert since <= began + way.since_seconds
            assert gauge(world, reason) == "1.0"
            await asyncio.sleep(2.5)
            later = shown(reporter, reason)
            assert later is not None
            assert later["since"] == pause["since"]
            state = world.pipeline.lifecycle.state
            assert state is (State.PAUSED if way.is_whole else State.RUNNING)
            await way.end(world)
            await until_gone(reporter, reason, way.over_seconds)
            await asyncio.sleep(min(way.over_seconds, 60.0))  # it does not come back
            assert reporter.take().status["pauses"] == []
            assert gauge(world, reason) == "0.0"
            assert world.pipeline.lifecycle.state is State.RUNNING
            world.conserved()

    scenario()


@pytest.mark.parametrize("kind", list(SourceFaultKind))
def test_a_fault_of_the_source_is_a_pause_until_it_is_over(
    kind: SourceFaultKind,
) -> None:
    """Whatever the source tells stands in `/status` with its mend; fatal ends it all."""

    @virtual
    async def scenario() -> None:
        world = World()
        world.start()
        world.source.assign(P0)
        await asyncio.sleep(1)
        fault = SourceFault(kind=kind, message="told", mend="mend it")
        world.pipeline.on_fault(fault)
        (pause,) = world.pipeline.pauses()
        assert (pause.since, pause.ends_when) == (now(), "mend it")
        assert pause.reason in PROVOKED
        assert (pause.reason is PauseReason.OUT_OF_RANGE) == (kind in OF_AN_OFFSET)
        if kind is SourceFaultKind.FATAL:
            assert world.running is not None
            with pytest.raises(PipelineFailedError):
                await world.running
            return
        await asyncio.sleep(1)
        world.pipeline.on_fault(dataclasses.replace(fault, is_over=True))
        assert world.pipeline.pauses() == []
        await world.end()

    scenario()
