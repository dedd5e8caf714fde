"""Merging in the whole pipeline: calls, counts, spans, and what is held back for it."""

from __future__ import annotations

import asyncio

from consumer.config.settings import LimitSettings
from consumer.model import Answer
from consumer.pipeline.material import Material
from tests.fake_transport import SUBMITTED
from tests.unit.pipeline.kit import (
    MAPPING,
    P0,
    P1,
    World,
    event,
    material_from,
    settings_of,
)
from tests.unit.pipeline.test_observe import SAMPLED, TRACE, traced
from tests.virtual_time import virtual

MERGING = settings_of(limits=LimitSettings(max_in_flight=8))
WINDOW = MAPPING.format(name="ev", topic="events") + "merge: window\nsend_within: 20m\n"


def held_for_20_minutes() -> Material:
    """Return the mapping with a window."""
    return material_from({"ev.yaml": WINDOW})


@virtual
async def test_what_comes_while_a_call_is_out_goes_in_the_next_one() -> None:
    """A hot profile costs two calls, and all its records have their end."""
    async with World.begun(MERGING) as world:
        world.target.seconds = 1.0
        world.publish(P0, "hot")
        await world.settle(0.5)
        world.publish(P0, *["hot"] * 49)
        world.publish(P1, *["hot"] * 50)
        await world.settle(2.5)
        assert len(world.target.calls) == 2
        assert (world.statistics.delivered, world.statistics.merged) == (2, 98)
        assert world.source.committed == {P0: 50, P1: 50}


@virtual
async def test_a_poisoned_record_among_many_is_the_only_dead_letter() -> None:
    """The target rejects every call that carries it; the others are delivered."""
    async with World.begun(MERGING) as world:
        world.target.answer = lambda *_: (
            Answer(400) if "profile.evNote" in world.target.calls[-1][1] else SUBMITTED
        )
        world.target.seconds = 1.0
        world.publish(P0, "hot")
        await world.settle(0.5)
        world.publish(P0, *["hot"] * 20)
        world.source.publish(P0, event("hot", 999, note="poison"))
        world.publish(P0, *["hot"] * 11)
        await world.settle(20)
        assert len(world.target.calls) <= 1 + 1 + 2 * 5
        (letter,) = world.letters.written
        headers = dict(letter.headers)
        assert headers["dead-letter-offset"] == b"21"
        assert headers["dead-letter-attempts"] == b"6"
        assert world.statistics.dead_lettered == 1
        assert world.statistics.delivered + world.statistics.merged == 32
        assert world.source.committed[P0] == 33


@virtual
async def test_the_call_of_a_merged_work_is_linked_to_each_of_its_records() -> None:
    """The span of the call says how many of the sampled it carries, and which."""
    tracing, exporter = traced()
    world = World(MERGING, tracing=tracing)
    world.start()
    world.source.assign(P0, P1)
    world.target.seconds = 1.0
    world.publish(P0, "hot")
    await world.settle(0.5)
    for _ in range(3):
        world.publish(P0, "hot", headers=SAMPLED)
    await world.settle(3)
    spans = exporter.get_finished_spans()
    records = [span for span in spans if span.name == "process events"]
    (call,) = [span for span in spans if span.name == "POST"]
    assert (call.attributes or {})["target_consumer.items"] == 3
    known = {record.context.span_id for record in records}
    linked = {link.context.span_id for link in call.links}
    assert call.parent is not None
    assert linked | {call.parent.span_id} == known
    assert len(known) == 3
    assert format(call.context.trace_id, "032x") == TRACE
    await world.end()


@virtual
async def test_a_window_holds_updates_back_and_a_drain_does_not_send_them() -> None:
    """What is held at the end is read again by the next owner, from its offset."""
    world = World(MERGING, material=held_for_20_minutes())
    world.start()
    world.source.assign(P0, P1)
    await asyncio.sleep(0.1)
    world.publish(P0, "a", "b", "a")
    await world.settle(60)
    assert (world.target.calls, world.statistics.held) == ([], 3)
    await world.settle(150)
    # Since the time of the broker's timestamp (0) twenty minutes have passed.
    assert [profile for profile, _ in world.target.calls] == ["a", "b"]
    assert world.source.committed[P0] == 3
    await world.end()


@virtual
async def test_a_drain_leaves_what_is_held_to_the_next_owner() -> None:
    """Nothing is sent early, and nothing is committed that was not sent."""
    world = World(MERGING, material=held_for_20_minutes())
    world.start()
    world.source.assign(P0, P1)
    world.publish(P0, "a", "b")
    await world.settle(10)
    await world.end()
    assert (world.target.calls, world.source.committed[P0]) == ([], 0)


@virtual
async def test_updates_are_held_while_the_quota_would_not_last() -> None:
    """`merge: eager` sends at once, until the calls of the day run short."""
    limits = LimitSettings(max_in_flight=8, calls_per_day=300)
    eager = WINDOW.replace("merge: window", "merge: eager")
    world = World(
        settings_of(limits=limits), material=material_from({"ev.yaml": eager})
    )
    world.start()
    world.source.assign(P0, P1)
    await asyncio.sleep(0.1)
    world.publish(P0, *(f"p{number}" for number in range(20)))
    await world.settle(11)  # 20 calls an hour would be 480 a day
    assert len(world.target.calls) == 20
    world.publish(P0, "hot", "hot")
    await world.settle(30)
    assert len(world.target.calls) == 20
    world.publish(P0, "hot")
    await world.settle(300)
    assert len(world.target.calls) == 21
    await world.end()


@virtual
async def test_the_later_action_wins_and_what_comes_late_is_skipped_as_stale() -> None:
    """`order: event_time`, from the file to the counters."""
    timed = MAPPING.format(name="ev", topic="events") + "order: event_time\n"
    timed += "occurred_at: {from: n, parse: {epoch: milliseconds}}\n"
    world = World(MERGING, material=material_from({"ev.yaml": timed}))
    world.start()
    world.source.assign(P0, P1)
    await asyncio.sleep(0.1)
    for moment in (500, 400, 600):
        world.source.publish(P0, event("a", moment))
        await world.settle(1)
    world.source.publish(P0, event("a", 450))
    world.source.publish(P0, event("b", 10_000_000_000))
    await world.settle(1)
    assert world.order("a") == ["500", "600"]
    assert (world.statistics.delivered, world.statistics.skipped) == (3, 2)
    exposed = world.metrics.exposition().decode()
    assert 'target_consumer_records_skipped_total{reason="stale"} 2.0' in exposed
    assert 'target_consumer_clock_skew_total{mapping="ev"} 1.0' in exposed
    assert world.source.committed[P0] == 5
    await world.end()
