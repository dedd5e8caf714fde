"""What the process says of itself."""

import json

import msgspec

from consumer.model import Answer
from consumer.pipeline.overriding import OverrideFile
from consumer.pipeline.states import State
from consumer.pipeline.status import Picture, Reporter, moment
from consumer.schedule.keying import SAMPLED_EVERY
from tests.fake_transport import SUBMITTED
from tests.unit.pipeline.kit import P0, P1, World
from tests.virtual_time import virtual

WALL = 1_700_000_000.0
CIRCUIT_HALTED = 'target_consumer_circuit_state{endpoint="single"} 1.0'
MAPPINGS = {"set": "set-1", "files": {"ev.yaml": "blob-1"}}


def reporter_of(world: World) -> Reporter:
    clock = world.pipeline._clock
    overrides = OverrideFile(
        None, world.pipeline.in_force, world.pipeline.override, world.metrics
    )
    return Reporter(
        world.pipeline,
        lambda: MAPPINGS,
        clock,
        lambda: WALL + clock() - 1000.0,
        overrides,
    )


@virtual
async def test_the_status_has_the_promised_shape() -> None:
    """`/status` is {state, since, pauses, partitions, endpoints, mappings, ...}."""
    async with World.begun() as world:
        world.target.seconds = 1.0
        world.publish(P0, "a", "b", "a")
        world.source.publish(P1, None)
        await world.settle(0.5)
        found = reporter_of(world).take()
        assert (found.state, found.is_started, found.is_ready) == (
            "running",
            True,
            True,
        )
        status = json.loads(msgspec.json.encode(found.status))
        assert status == {
            "since": "2023-11-14T22:13:20Z",
            "pauses": [],
            "partitions": [
                {
                    "topic": "events",
                    "partition": 0,
                    "epoch": 1,
                    "committable": 0,
                    "committed": 0,
                    "next_offset": 3,
                    "held": 3,
                    "paused": False,
                },
                {
                    "topic": "events",
                    "partition": 1,
                    "epoch": 2,
                    "committable": 1,
                    "committed": 1,
                    "next_offset": 1,
                    "held": 0,
                    "paused": False,
                },
            ],
            "endpoints": {
                "single": {
                    "in_flight": 2,
                    "limit": 8.0,
                    "calls_last_24_hours": 2,
                    "calls_per_day": 1_000_000,
                    "calls_run_out_in_seconds": None,
                }
            },
            "mappings": MAPPINGS,
            "overrides": [],
            "overrides_refused": [],
            "counters": {
                "consumed": 4,
                "delivered": 0,
                "merged": 0,
                "skipped": 1,
                "dead_lettered": 0,
                "released": 0,
                "held": 3,
            },
        }


@virtual
async def test_a_pause_says_since_when_and_what_ends_it() -> None:
    """Each pause is {reason, scope, since, ends_when}, its time that of the day."""
    async with World.begun() as world:
        world.letters.is_down = True
        world.source.publish(P0, b"\x00")
        await world.settle(60)
        found = reporter_of(world).take()
        assert found.state == State.PAUSED
        assert found.is_ready  # a pause is no reason to restart
        (pause,) = json.loads(msgspec.json.encode(found.status))["pauses"]
        assert pause["reason"] == "dead_letters"
        assert pause["scope"] == "pipeline"
        assert pause["since"] == "2023-11-14T22:13:20Z"
        assert "dead letter" in pause["ends_when"]


@virtual
async def test_the_gauges_are_those_of_the_newest_picture() -> None:
    """A scrape reads what was last taken, of partitions that are ours."""
    async with World.begun() as world:
        reporter = reporter_of(world)
        world.metrics.collect_from(reporter.samples)
        assert b"queue_records" not in world.metrics.exposition()
        world.target.answer = lambda *_: Answer(401)
        world.publish(P0, "a", "b", "c")
        await world.settle(5)
        reporter.take()
        lines = world.metrics.exposition().decode().splitlines()
        for line in (
            'target_consumer_state{state="paused"} 1.0',
            'target_consumer_state{state="running"} 0.0',
            "target_consumer_queue_records 3.0",
            "target_consumer_assigned_partitions 2.0",
        ):
            assert line in lines, line
        assert CIRCUIT_HALTED in lines
        world.source.lose(P1)
        reporter.take()
        text = world.metrics.exposition().decode()
        assert 'partition="0"' in text
        assert 'partition="1"' not in text


@virtual
async def test_a_topic_that_scatters_profiles_is_counted() -> None:
    """Profiles that come from two partitions are counted by topic, without their id."""
    async with World.begun() as world:
        reporter = reporter_of(world)
        world.metrics.collect_from(reporter.samples)
        world.publish(P0, *["a"] * SAMPLED_EVERY)
        world.publish(P1, "a")
        await world.settle(10)
        reporter.take()
        line = 'target_consumer_scattered_profiles_total{topic="events"} 1.0'
        assert line in world.metrics.exposition().decode().splitlines()


@virtual
async def test_an_endpoint_that_is_held_shows_in_its_gauge() -> None:
    """Bug: the gauge said that all is well while a Retry-After held the endpoint."""
    async with World.begun() as world:
        reporter = reporter_of(world)
        world.metrics.collect_from(reporter.samples)
        answers = [Answer(429, retry_after="30")]
        world.target.answer = lambda *_: answers.pop() if answers else SUBMITTED
        world.publish(P0, "a")
        await world.settle(5)
        reporter.take()
        assert CIRCUIT_HALTED in world.metrics.exposition().decode().splitlines()
        await world.settle(30)


@virtual
async def test_a_drained_process_is_not_ready_but_was_started() -> None:
    """Readiness goes with the drain, start-up does not."""
    world = World()
    reporter = reporter_of(world)
    before = reporter.take()
    assert (before.is_started, before.is_ready, before.state) == (False, False, "new")
    world.start()
    world.source.assign(P0)
    await world.settle(0.2)
    await world.end()
    after = reporter.take()
    assert (after.is_started, after.is_ready, after.state) == (True, False, "closed")


def test_before_the_first_picture_nothing_is_held() -> None:
    """A picture of a process that has not begun is new and empty."""
    picture = Picture()
    assert (picture.state, picture.pauses, picture.statistics) == (State.NEW, (), None)


def test_a_moment_is_written_in_utc() -> None:
    """Times are RFC 3339 in UTC, to the second."""
    assert moment(WALL) == "2023-11-14T22:13:20Z"
