"""An operator's overrides over a running pipeline: shadow, hold, priority, a share."""

from __future__ import annotations

import asyncio

from consumer.mapping.overrides import load_overrides
from consumer.model import Decoded, PauseReason
from consumer.pipeline.shadow import MOST_REMEMBERED, Shadows
from consumer.schedule.guard import GuardKind, GuardName
from tests.unit.pipeline.kit import P0, P1, Q0, World, event, settings_of
from tests.unit.pipeline.test_guard import (
    BAD_NAME,
    REJECTS,
    SERIES,
    delivered_of,
    material_of,
    publish,
    world_of,
)
from tests.virtual_time import VirtualLoop, virtual

DAY = 86_400.0
EV = GuardName(GuardKind.MAPPING, "ev")


def override(world: World, text: str) -> None:
    """Put an overrides file in force."""
    mappings = world.pipeline.in_force.material.mappings
    world.pipeline.override(load_overrides(text, "overrides.yaml", mappings))


def value_of(world: World, line: str) -> float:
    """Return one sample of the exposition; 0 when there is none."""
    for text in world.metrics.exposition().decode().splitlines():
        if text.startswith(line):
            return float(text.rpartition(" ")[2])
    return 0.0


# ------------------------------------------------------------------------- shadow


@virtual
async def test_a_mapping_in_shadow_sends_nothing() -> None:
    """It maps, builds requests and counts; its records are skipped as what they are."""
    world = world_of()
    override(world, "mappings: {ev: {mode: shadow}}")
    for number in (1, 1, 2):
        world.source.publish(P0, event("C-1", number))
    world.source.publish(Q0, event("V-1", 7))
    await world.settle(1)
    assert [profile for profile, _ in world.target.calls] == ["V-1"]
    said = world.statistics
    assert (said.skipped, said.delivered, said.held) == (3, 1, 0)
    for line, expected in (
        ('target_consumer_records_skipped_total{reason="shadow"}', 3),
        ('target_consumer_records_total{mapping="ev",outcome="skipped"}', 3),
        ('target_consumer_shadow_values_total{mapping="ev"}', 3),
        ('target_consumer_shadow_changes_total{mapping="ev"}', 2),
        ('target_consumer_shadow_calls_total{mapping="ev"}', 3),
    ):
        assert value_of(world, line) == expected, line
    override(world, "")
    world.source.publish(P0, event("C-1", 3))
    await world.settle(1)
    assert world.target.calls[-1][0] == "C-1"
    await world.end()


@virtual
async def test_errors_in_shadow_are_counted_and_reject_nothing() -> None:
    """A refused rule, and what the encoder would refuse."""
    world = world_of(REJECTS)
    override(world, "mappings: {ev: {mode: shadow}}")
    for _ in range(SERIES + 1):
        world.source.publish(P0, event("C-1", 1))
    world.source.publish(P0, event("C+1", 1, note="x"))
    await world.settle(1)
    assert (world.letters.written, world.target.calls) == ([], [])
    assert world.statistics.skipped == SERIES + 2
    assert world.statistics.guards == set()
    line = 'target_consumer_shadow_errors_total{mapping="ev",reason="missing"}'
    assert value_of(world, line) == SERIES + 1
    refused = 'target_consumer_shadow_errors_total{mapping="ev",reason="'
    lines = world.metrics.exposition().decode().splitlines()
    assert sum(one.startswith(refused) for one in lines) == 2
    await world.end()


@virtual
async def test_what_was_queued_is_not_sent_by_a_mapping_in_shadow() -> None:
    """An override takes effect on what waits, not only on what comes."""
    world = world_of(max_in_flight=1)
    world.target.seconds = 1.0
    for number in range(5):
        world.source.publish(P0, event(f"C-{number}", number))
    await world.settle(0.5)
    assert len(world.target.calls) == 1
    override(world, "mappings: {ev: {mode: shadow}}")
    await world.settle(5)
    assert len(world.target.calls) == 1
    said = world.statistics
    assert (said.delivered, said.skipped, said.held) == (1, 4, 0)
    await world.end()


@virtual
async def test_shadows_remember_so_many_profiles() -> None:
    """The oldest is forgotten, and its values are changes again."""
    world = world_of()
    shadows = Shadows(world.pipeline._rooms.dispatch._endpoint, world.observer)
    override(world, "mappings: {ev: {mode: shadow}}")
    mappings = world.pipeline.in_force.mappings

    def note(number: int) -> None:
        world.source.publish(P0, None)
        record = world.source.record(P0, 0)
        decoded = {"id": f"C-{number}", "n": 1, "note": None}
        shadows.note(mappings, record, Decoded(decoded, "t.Event"))

    for number in range(MOST_REMEMBERED + 1):
        note(number)
    note(MOST_REMEMBERED)
    line = 'target_consumer_shadow_changes_total{mapping="ev"}'
    assert value_of(world, line) == MOST_REMEMBERED + 1
    note(0)
    assert value_of(world, line) == MOST_REMEMBERED + 2
    await world.end()


# --------------------------------------------------------------------------- hold


@virtual
async def test_a_hold_loses_nothing_and_keeps_order() -> None:
    """Other topics go on; the rest goes in order when it is released."""
    world = world_of()
    override(world, "mappings: {ev: {mode: hold}}")
    publish(world, 2_000)
    for number in range(10):
        world.source.publish(Q0, event("V", number))
    await world.settle(2)
    assert {profile for profile, _ in world.target.calls} == {"V"}
    assert world.statistics.held == 2_000
    (pause,) = world.pipeline.pauses()
    assert (pause.reason, pause.scope) == (PauseReason.OVERRIDE, "mapping ev")
    assert pause.ends_when == "the overrides file says otherwise"
    assert world.pipeline.lifecycle.state == "running"
    override(world, "")
    await world.settle(10)
    world.target.calls[:] = [one for one in world.target.calls if one[0] != "V"]
    assert world.statistics.held == 0
    assert world.reasons == set()
    found = delivered_of(world)
    for numbers in found.values():
        assert numbers == sorted(numbers)
    assert {p: n[-1] for p, n in found.items()} == {
        f"C-{n}": 1_950 + n for n in range(50)
    }
    await world.end()


@virtual
async def test_a_held_mapping_uses_its_part_of_the_bounds_only() -> None:
    """Its partitions pause; another topic has room, whatever is held."""
    world = World(settings_of(), material=material_of())
    world.start()
    world.source.assign(P0, P1, Q0)
    override(world, "mappings: {ev: {mode: hold}}")
    publish(world, 20_000)
    await world.settle(2)
    assert world.source.paused == {P0, P1}
    assert world.statistics.held <= world.settings.limits.held_records
    for number in range(100):
        world.source.publish(Q0, event("V", number))
    await world.settle(2)
    assert world.target.calls[-1][1]["profile.viN"] == "99"
    await world.end()
    assert world.source.committed[P0] == world.source.committed[P1] == 0


@virtual
async def test_what_is_held_is_mapped_by_a_set_that_comes() -> None:
    """A mapping that was held because it is broken is mended before it is released."""
    world = world_of(BAD_NAME)
    override(world, "mappings: {ev: {mode: hold}}")
    publish(world, 100)
    await world.settle(1)
    world.pipeline.swap(material_of())
    await world.settle(1)
    assert world.target.calls == []
    assert world.reasons == {PauseReason.OVERRIDE}
    override(world, "")
    await world.settle(2)
    assert world.statistics.held == 0
    assert all("profile.evBad" not in fields for _, fields in world.target.calls)
    await world.end()


@virtual
async def test_a_hold_of_a_mapping_that_goes_is_over() -> None:
    """A set without it holds nothing for its sake."""
    world = world_of()
    override(world, "mappings: {ev: {mode: hold}}")
    world.source.publish(P0, event("C-1", 1))
    await world.settle(1)
    world.pipeline.swap(material_of(name="ev2"))
    await world.settle(1)
    assert world.reasons == set()
    assert world.target.calls[-1][1] == {"profile.ev2N": "1"}
    assert world.pipeline.in_force.overrides.of == {}
    await world.end()


@virtual
async def test_held_records_are_given_back_with_their_partition() -> None:
    """Who reads them next begins at the first of them."""
    world = world_of()
    world.source.publish(P0, event("C-0", 0))
    await world.settle(1)
    override(world, "mappings: {ev: {mode: hold}}")
    for number in range(1, 5):
        world.source.publish(P0, event(f"C-{number}", number))
    await world.settle(1)
    await world.source.revoke(P0)
    assert (world.source.committed[P0], world.statistics.released) == (1, 4)
    await world.end()


# -------------------------------------------------------------------------- guard


@virtual
async def test_an_override_closes_a_guard() -> None:
    """A person has looked at it; if it is broken still, it trips again."""
    world = world_of(REJECTS)
    publish(world, 200)
    await world.settle(1)
    assert world.statistics.guards == {EV}
    override(world, "mappings: {ev: {priority: low}}")
    await world.settle(1)
    assert len(world.letters.written) == 2 * SERIES
    assert world.statistics.guards == {EV}
    override(world, "mappings: {ev: {mode: shadow}}")
    await world.settle(1)
    assert len(world.letters.written) == 2 * SERIES
    assert (world.statistics.held, world.statistics.guards) == (0, frozenset())
    await world.end()


@virtual
async def test_expressly_live_is_not_guarded() -> None:
    """The way out of a series that a person wants as dead letters."""
    world = world_of(REJECTS)
    publish(world, 200)
    await world.settle(1)
    override(world, "mappings: {ev: {mode: live}}")
    await world.settle(1)
    assert (len(world.letters.written), world.statistics.held) == (200, 0)
    await world.end()


@virtual
async def test_overrides_hold_from_the_first_record() -> None:
    """What stands in the file when the process begins is in force then."""
    material = material_of()
    text = "mappings: {ev: {mode: hold}, vi: {mode: live, calls_per_day: 2}}"
    overrides = load_overrides(text, "overrides.yaml", material.mappings)
    world = World(settings_of(), material=material, overrides=overrides)
    world.start()
    world.source.assign(P0, Q0)
    publish(world, 10, profiles=1)
    for number in range(5):
        world.source.publish(Q0, event(f"V-{number}", number))
    await world.settle(1)
    assert len(world.target.calls) == 2
    assert world.reasons == {PauseReason.OVERRIDE, PauseReason.QUOTA}
    await world.end()


# ------------------------------------------------------------------- a share of calls


@virtual
async def test_a_share_that_is_used_up_holds_its_mapping_alone() -> None:
    """Not one call more; others go on; it goes on when calls leave the window."""
    world = world_of(max_in_flight=8)
    override(world, "mappings: {ev: {calls_per_day: 5}}")
    for number in range(12):
        world.source.publish(P0, event(f"C-{number}", number))
        world.source.publish(Q0, event(f"V-{number}", number))
    await world.settle(2)
    called = [profile[0] for profile, _ in world.target.calls]
    assert (called.count("C"), called.count("V")) == (5, 12)
    (pause,) = world.pipeline.pauses()
    assert (pause.reason, pause.scope) == (PauseReason.QUOTA, "mapping ev")
    assert "calls of it leave the rolling window in 86" in pause.ends_when
    assert world.pipeline.lifecycle.state == "running"
    assert world.statistics.held == 7
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop._virtual.now += DAY + 60
    await world.settle(2)
    called = [profile[0] for profile, _ in world.target.calls]
    assert called.count("C") == 10
    override(world, "mappings: {ev: {calls_per_day: 100}}")
    await world.settle(2)
    assert (world.statistics.held, world.reasons) == (0, set())
    await world.end()


@virtual
async def test_a_share_knows_what_was_called_before_it_was_set() -> None:
    """And a merged call is charged in parts, to those that made it."""
    world = world_of()
    publish(world, 10, profiles=10)
    await world.settle(1)
    assert world.pipeline.charges.used(0.0) == {"ev": 10.0}
    override(world, "mappings: {ev: {calls_per_day: 10}}")
    publish(world, 1)
    await world.settle(1)
    assert len(world.target.calls) == 10
    assert world.reasons == {PauseReason.QUOTA}
    await world.end()
