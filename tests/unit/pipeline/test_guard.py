"""A mapping or a topic that is broken: what it costs, what goes on, how it ends."""

from __future__ import annotations

import logging

import pytest

from consumer.config.settings import GuardSettings, LimitSettings
from consumer.decode.readers import load_readers
from consumer.mapping.loading import load
from consumer.mapping.overrides import NO_OVERRIDES, load_overrides
from consumer.model import Answer, Fault, PauseReason
from consumer.pipeline.material import Material
from consumer.schedule.guard import PASSES, GuardKind, GuardName
from tests.fake_transport import SUBMITTED
from tests.unit.pipeline.kit import EVENT, P0, P1, Q0, World, event, settings_of
from tests.unit.pipeline.test_replay import REFUSED, replay, running
from tests.virtual_time import virtual

RECORDS = 10_000
SERIES = GuardSettings().max_consecutive
PROBE_SECONDS = GuardSettings().probe_seconds
GARBAGE = b"\x00\x00\x00\x00\x01\xff"
EV = GuardName(GuardKind.MAPPING, "ev")
EVENTS = GuardName(GuardKind.TOPIC, "events")

MAPPING = """\
version: 1
name: {name}
source: {{topic: {topic}, schema: t.Event}}
when: event.n != -1
profile: {{third_party_id: id}}
attributes:
  {name}N: n
{more}"""
REJECTS = "  evNote: {from: note, missing: reject}\n"
BAD_NAME = '  evBad: {value: "1"}\n'


def material_of(more: str = "", *, name: str = "ev") -> Material:
    """Return two mappings of two topics; the first has some attributes more."""
    readers = load_readers({"t.Event.avsc": EVENT})
    texts = {
        f"{name}.yaml": MAPPING.format(name=name, topic="events", more=more),
        "vi.yaml": MAPPING.format(name="vi", topic="visits", more=""),
    }
    return Material(readers=readers, mappings=load(texts, readers, {}, {}), owners={})


def world_of(more: str = "", *, max_in_flight: int = 8) -> World:
    """Return a pipeline that has begun, with one partition more than usual."""
    limits = LimitSettings(max_in_flight=max_in_flight, adaptive=False, breaker=False)
    world = World(settings_of(limits=limits), material=material_of(more))
    world.start()
    world.source.assign(P0, P1, Q0)
    return world


def refuse_bad_names(world: World) -> None:
    """Let the target refuse whatever carries the attribute of `BAD_NAME`."""

    def answer(_profile: str, _now: float) -> Answer | Fault:
        is_bad = "profile.evBad" in world.target.calls[-1][1]
        return Answer(400) if is_bad else SUBMITTED

    world.target.answer = answer


def override_held(world: World) -> None:
    """Hold the mapping of the events."""
    mappings = world.pipeline.in_force.material.mappings
    text = "mappings: {ev: {mode: hold}}"
    world.pipeline.override(load_overrides(text, "overrides.yaml", mappings))


def delivered_of(world: World) -> dict[str, list[int]]:
    """Return the numbers that were delivered, by profile, in order."""
    found: dict[str, list[int]] = {}
    for profile, fields in world.target.calls:
        if "profile.evBad" not in fields:
            found.setdefault(profile, []).append(int(fields["profile.evN"]))
    return found


def publish(world: World, count: int, *, profiles: int = 50) -> None:
    """Publish events over two partitions, each profile in one of them."""
    for number in range(count):
        profile = number % profiles
        world.source.publish((P0, P1)[profile % 2], event(f"C-{profile}", number))


@virtual
async def test_a_broken_mapping_costs_a_handful_of_letters() -> None:
    """10,000 records, a mapping that refuses all, and then one that is mended."""
    world = world_of(REJECTS)
    publish(world, RECORDS)
    await world.settle(1)
    assert len(world.letters.written) == SERIES
    await world.settle(3 * PROBE_SECONDS)
    assert len(world.letters.written) <= SERIES + 3
    assert world.reasons >= {PauseReason.GUARD}
    assert world.statistics.guards == {EV}
    letters = len(world.letters.written)
    world.pipeline.swap(material_of())
    await world.settle(60)
    assert len(world.letters.written) == letters
    assert world.statistics.held == 0
    assert world.reasons == set()
    ended = world.statistics
    assert ended.delivered + ended.merged == RECORDS - letters
    for numbers in delivered_of(world).values():
        assert numbers == sorted(numbers)
    last = {profile: numbers[-1] for profile, numbers in delivered_of(world).items()}
    assert last == {f"C-{n}": RECORDS - 50 + n for n in range(50)}
    await world.end()


@virtual
async def test_a_mapping_that_the_target_refuses_costs_a_handful_of_letters() -> None:
    """What was queued and refused is mapped anew by the mended set, and delivered."""
    world = world_of(BAD_NAME)
    refuse_bad_names(world)
    publish(world, RECORDS)
    await world.settle(2)
    assert world.statistics.guards == {EV}
    assert len(world.letters.written) == SERIES
    await world.settle(3 * PROBE_SECONDS)
    assert len(world.letters.written) <= SERIES + 3
    letters = len(world.letters.written)
    world.pipeline.swap(material_of())
    await world.settle(60)
    assert len(world.letters.written) == letters
    assert world.statistics.held == 0
    ended = world.statistics
    assert ended.delivered + ended.merged == RECORDS - letters
    for numbers in delivered_of(world).values():
        assert numbers == sorted(numbers)
    await world.end()


@virtual
async def test_a_broken_topic_does_not_stop_another() -> None:
    """Its partitions are not fetched; what is wrong, since when, and the way out show."""
    world = world_of(REJECTS)
    publish(world, 200)
    await world.settle(1)
    for number in range(100):
        world.source.publish(Q0, event("V", number))
    await world.settle(5)
    assert [fields["profile.viN"] for _, fields in world.target.calls][-1] == "99"
    assert world.source.paused == {P0, P1}
    (pause,) = world.pipeline.pauses()
    assert (pause.reason, pause.scope) == (PauseReason.GUARD, "mapping ev")
    assert "mapping or schema is broken: missing" in pause.ends_when
    assert world.pipeline.lifecycle.state == "running"
    assert world.statistics.kept == {"events": 200 - SERIES}
    await world.end()
    assert world.source.committed[P0] + world.source.committed[P1] == SERIES


@virtual
async def test_an_undecodable_series_is_kept() -> None:
    """A topic whose records are no events costs a handful; the mend is a new epoch."""
    world = world_of()
    for _ in range(1_000):
        world.source.publish(P0, GARBAGE)
    await world.settle(1)
    assert len(world.letters.written) == SERIES
    assert world.statistics.guards == {EVENTS}
    await world.settle(2 * PROBE_SECONDS)
    assert len(world.letters.written) <= SERIES + 3
    # Records kept are released with their partition, and read again by whoever is next.
    await world.source.revoke(P0)
    assert world.statistics.released == 1_000 - len(world.letters.written)
    assert world.source.committed[P0] == len(world.letters.written)
    await world.end()


@virtual
async def test_good_records_behind_a_bad_series_come_through() -> None:
    """Three in a row that pass close the guard; nothing is lost, and order is kept."""
    world = world_of()
    for _ in range(SERIES + 2):
        world.source.publish(P0, GARBAGE)
    for number in range(20):
        world.source.publish(P0, event("C-1", number))
    await world.settle(1)
    assert world.statistics.held == 22
    assert world.target.calls == []
    await world.settle(2 * PROBE_SECONDS)
    assert delivered_of(world) == {}  # two more bad ones, a letter for each
    await world.settle(PROBE_SECONDS)
    assert len(world.letters.written) == SERIES + 2
    assert world.statistics.held == 0
    assert world.statistics.guards == set()
    (numbers,) = delivered_of(world).values()
    assert (numbers, numbers[-1]) == (sorted(numbers), 19)
    await world.end()


@virtual
async def test_a_target_that_takes_it_again_ends_it() -> None:
    """Probes of a refused mapping are sent in order, at once after one that passed."""
    world = world_of(BAD_NAME, max_in_flight=1)
    is_bad = True
    world.target.answer = lambda *_: Answer(400) if is_bad else SUBMITTED
    for number in range(40):
        world.source.publish(P0, event(f"C-{number}", number))
    await world.settle(1)
    assert len(world.letters.written) == SERIES
    assert world.statistics.guards == {EV}
    is_bad = False
    tried = len(world.target.calls)
    await world.settle(PROBE_SECONDS)
    assert world.statistics.guards == set()
    assert len(world.target.calls) - tried == 40 - SERIES
    sent = [profile for profile, _ in world.target.calls[tried:]]
    assert sent[:PASSES] == [f"C-{SERIES + n}" for n in range(PASSES)]
    await world.settle(1)
    assert world.statistics.held == 0
    await world.end()


@virtual
async def test_what_is_refused_while_it_is_open_is_kept() -> None:
    """Calls on the wire when the guard trips make no letters of their records."""
    world = world_of(BAD_NAME, max_in_flight=64)
    refuse_bad_names(world)
    world.target.seconds = 0.5
    for number in range(64):
        world.source.publish(P0, event(f"C-{number}", number))
    await world.settle(2)
    assert len(world.target.calls) == 64
    assert len(world.letters.written) == SERIES
    assert world.statistics.held == 64 - SERIES
    world.pipeline.swap(material_of())
    await world.settle(5)
    assert world.statistics.held == 0
    assert sum(map(len, delivered_of(world).values())) == 64 - SERIES
    await world.end()


@virtual
async def test_an_outage_in_the_middle_of_a_probe_gives_up_nothing() -> None:
    """A probe waits for the target; the guard waits for the probe."""
    world = world_of(BAD_NAME, max_in_flight=1)
    answers = {"now": Answer(400)}
    world.target.answer = lambda *_: answers["now"]
    for number in range(30):
        world.source.publish(P0, event(f"C-{number}", number))
    await world.settle(1)
    answers["now"] = Answer(500)
    await world.settle(600)
    assert len(world.letters.written) == SERIES
    assert world.statistics.guards == {EV}
    answers["now"] = SUBMITTED
    await world.settle(120)
    assert (world.statistics.held, world.statistics.guards) == (0, frozenset())
    assert len(world.letters.written) == SERIES
    await world.end()


@virtual
async def test_a_token_that_ends_while_all_is_kept_halts_and_goes_on() -> None:
    """Bug: a halted endpoint asks by what is ready, and nothing is: a trial asks then."""
    world = world_of(BAD_NAME, max_in_flight=8)
    answers = {"now": Answer(400)}
    world.target.answer = lambda *_: answers["now"]
    for number in range(30):
        world.source.publish(P0, event(f"C-{number}", number))
    await world.settle(1)
    assert world.statistics.guards == {EV}
    answers["now"] = Answer(401)
    for number in range(3):
        world.source.publish(Q0, event(f"V-{number}", number))
    await world.settle(10)
    assert PauseReason.HALTED in world.reasons
    await world.source.revoke(Q0)
    await world.settle(PROBE_SECONDS)
    answers["now"] = SUBMITTED
    await world.settle(120)
    assert (world.statistics.held, world.reasons) == (0, set())
    await world.end()


@virtual
async def test_a_kept_record_that_needs_a_schema_lets_others_be_tried() -> None:
    """Its partition waits for the registry; the topic's guard asks another one."""
    world = world_of()
    for _ in range(SERIES):
        world.source.publish(P0, GARBAGE)
    await world.settle(1)
    assert world.statistics.guards == {EVENTS}
    world.registry.texts[2] = EVENT
    world.registry.seconds = 100.0
    world.source.publish(P0, event("C-1", 1, schema_id=2))
    await world.settle(PROBE_SECONDS)
    assert world.reasons == {PauseReason.GUARD, PauseReason.SCHEMA}
    for number in range(4):
        world.source.publish(P1, event("C-2", number))
    await world.settle(1)
    assert world.statistics.guards == set()
    assert delivered_of(world)["C-2"][-1] == 3
    await world.settle(100)
    assert (world.statistics.held, delivered_of(world)["C-1"]) == (0, [1])
    await world.end()


@virtual
async def test_a_topic_that_does_not_resolve_is_not_tried_for_ever() -> None:
    """It is held for its schema, too; both reasons show, and a set ends both."""
    world = world_of()
    for _ in range(SERIES):
        world.source.publish(P0, GARBAGE)
    world.source.publish(P0, event("C-1", 1, schema_id=8))
    world.source.publish(P1, event("C-2", 2))  # tried while the registry is asked
    await world.settle(PROBE_SECONDS + 5)
    assert world.reasons == {PauseReason.GUARD, PauseReason.UNRESOLVABLE}
    world.source.publish(P1, event("C-2", 3))
    await world.settle(5)
    assert world.pipeline._rooms.intake._try_next(2_000.0) is False
    assert delivered_of(world) == {"C-2": [2]}
    await world.end()


@virtual
async def test_what_is_mapped_anew_goes_before_what_waits() -> None:
    """Records that were queued go before those that wait for their schema."""
    world = world_of()
    override_held(world)
    for number in range(5):
        world.source.publish(P0, event("C-1", number))
    await world.settle(1)
    world.registry.texts[2] = EVENT
    world.registry.seconds = 50.0
    world.source.publish(P0, event("C-1", 5, schema_id=2))
    world.source.publish(P0, event("C-1", 6))
    await world.settle(1)
    world.pipeline.swap(material_of())
    world.pipeline.override(NO_OVERRIDES)
    await world.settle(1)
    assert delivered_of(world)["C-1"][-1] == 4
    await world.settle(100)
    numbers = delivered_of(world)["C-1"]
    assert (numbers, numbers[-1]) == (sorted(numbers), 6)
    assert world.statistics.held == 0
    await world.end()


@virtual
async def test_replays_that_fail_again_hold_nothing() -> None:
    """Whoever replays has looked: what fails again is no evidence against a mapping."""
    async with running() as world:
        world.target.answer = lambda *_: REFUSED
        for number in range(SERIES - 1):
            world.source.publish(P0, event(f"C-{number}", number))
        await world.settle(1)
        letters = list(world.letters.written)
        for letter in letters * 2:
            replay(world, letter)
        await world.settle(1)
        assert len(world.letters.written) == 3 * (SERIES - 1)
        assert world.statistics.guards == set()
        world.target.answer = lambda *_: SUBMITTED
        world.source.publish(P0, event("C-1", 100))
        await world.settle(1)
        assert world.target.calls[-1][1]["profile.evN"] == "100"


@virtual
async def test_skipped_records_say_nothing() -> None:
    """A mapping that skips most and refuses the rest is broken all the same."""
    world = world_of(REJECTS)
    for number in range(40):
        world.source.publish(P0, event("C-1", -1))
        world.source.publish(P0, event("C-1", 100 + number))
    await world.settle(1)
    assert world.statistics.guards == {EV}
    assert len(world.letters.written) == SERIES
    assert world.statistics.skipped == SERIES
    # A trial that is skipped is followed by the next at once.
    await world.settle(PROBE_SECONDS)
    assert len(world.letters.written) == SERIES + 1
    assert world.statistics.skipped > SERIES
    await world.end()


@virtual
async def test_the_guard_may_be_switched_off() -> None:
    """Then each bad record is a dead letter, as it was told to be."""
    settings = settings_of(guard=GuardSettings(enabled=False))
    world = World(settings, material=material_of(REJECTS))
    world.start()
    world.source.assign(P0)
    publish(world, 100, profiles=1)
    await world.settle(2)
    assert len(world.letters.written) == 100
    assert world.statistics.guards == set()
    await world.end()


@virtual
async def test_guards_are_told(caplog: pytest.LogCaptureFixture) -> None:
    """Trips, probes and what is kept are in the log and in metrics, without a value."""
    caplog.set_level(logging.INFO, "consumer.pipeline.intake")
    world = world_of(REJECTS)
    publish(world, 50)
    await world.settle(PROBE_SECONDS + 2)
    world.pipeline.swap(material_of())
    await world.settle(1)
    said = [
        (one.levelname, one.__dict__["guard"], one.__dict__.get("result"))
        for one in caplog.records
        if "guard" in one.__dict__
    ]
    assert said == [
        ("ERROR", "mapping ev", None),
        ("INFO", "mapping ev", "failed"),
        ("WARNING", "mapping ev", None),
    ]
    lines = world.metrics.exposition().decode().splitlines()
    for line in (
        'target_consumer_guard_trips_total{kind="mapping",name="ev"} 1.0',
        (
            'target_consumer_guard_probes_total{kind="mapping",name="ev",'
            'result="failed"} 1.0'
        ),
    ):
        assert line in lines, line
    await world.end()
