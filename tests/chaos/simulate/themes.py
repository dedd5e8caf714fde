"""What histories are about: each theme turns a plan to a few faults of one kind.

Theory of operation: each history has a little of everything and a few themes. So each
corner is reached by some dozen of 150 seeds, and no history is so full of faults that
nothing happens in it any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.chaos.simulate.drawing import PROFILES, Drawing, drafts_of, partitions_of
from tests.chaos.simulate.plan import WHILE, Deed, Plan, Spell
from tests.chaos.simulate.records import Fate

__all__ = ["THEMES", "plan_of"]

CALM_EVERY = 20  # one history in so many is calm but for a few profiles


def outage(draw: Drawing) -> None:
    """The target fails every call, in all the ways of a broken server."""
    draw.spell("outage", 1.0, 12.0)


def flapping(draw: Drawing) -> None:
    """The target fails half of the calls."""
    draw.spell("outage", 4.0, 15.0, share=0.5)


def denied(draw: Drawing) -> None:
    """The target refuses our token."""
    draw.spell("denied", 1.0, 10.0, value=draw.rng.choice(("401", "403")))


def astray(draw: Drawing) -> None:
    """Somebody else answers in the target's place."""
    draw.spell("astray", 1.0, 8.0, value=draw.rng.choice(("404", "302", "200")))


def throttled(draw: Drawing) -> None:
    """The target wants fewer calls, and says how long to wait."""
    for _ in draw.times(1, 3):
        draw.spell("throttled", 0.5, 6.0, share=draw.rng.choice((0.2, 1.0)))


def busy(draw: Drawing) -> None:
    """The target is away for so many seconds, it says."""
    for _ in draw.times(1, 2):
        draw.spell("busy", 0.5, 5.0)


def slow(draw: Drawing) -> None:
    """Answers come late, some too late."""
    draw.spell("slow", 3.0, 12.0)


def unreachable(draw: Drawing) -> None:
    """Nobody listens where the target should be."""
    draw.spell("unreachable", 1.0, 8.0)


def refusing(draw: Drawing) -> None:
    """Some profiles are refused, one of them for ever, among others that are served."""
    for lasting in ("", WHILE):
        how = draw.rng.choice(("401", "404", "busy"))
        draw.bad_profiles[f"p{draw.rng.randrange(PROFILES)}"] = how + lasting


def failing(draw: Drawing) -> None:
    """Some profiles fail, one of them for ever, among others that are served.

    Or all that may be held is about one, from the beginning: nobody else is accepted.
    """
    for lasting in ("", WHILE):
        draw.bad_profiles[f"p{draw.rng.randrange(PROFILES)}"] = "500" + lasting
    if draw.rng.random() < 0.5:
        draw.bad_profiles["p0"] = draw.rng.choice(("500", "401"))
        draw.alone = 37  # 35 may be held, beside five witnesses
        draw.knobs.members = 1
        draw.knobs.partitions = partitions_of(1, 1)


def hot(draw: Drawing) -> None:
    """A third of the records are about one profile."""
    draw.hot = 0.35


def poisoned(draw: Drawing) -> None:
    """Many records are refused by the target; most are about a few profiles.

    Many calls fail besides, some after they were applied: newer records join what may
    have been applied, and are refused with it.
    """
    draw.fates[Fate.POISONED] = 0.12
    draw.fates[Fate.BAD_ID] = 0.02
    draw.hot = 0.25
    draw.knobs.noise = 0.2


def hostile(draw: Drawing) -> None:
    """Many records cannot be decoded or mapped."""
    draw.fates |= {Fate.GARBAGE: 0.08, Fate.UNMAPPABLE: 0.05}


def bad_series(draw: Drawing) -> None:
    """Records in a row are bad, as after a release that went wrong."""
    for _ in draw.times(1, 2):
        fate = draw.rng.choice((Fate.GARBAGE, Fate.UNMAPPABLE, Fate.POISONED))
        first = draw.rng.randint(1, draw.records - 60)
        draw.series[first] = (fate,) * draw.rng.randint(25, 50)
    draw.deed("reload")


def held_by_hand(draw: Drawing) -> None:
    """Somebody holds a mapping for a while."""
    for _ in draw.times(1, 2):
        draw.deed("hold", 0.5, 5.0)


def unknown(draw: Drawing) -> None:
    """Records name schemas that the registry never has, or has late."""
    draw.fates |= {Fate.UNKNOWN: 0.01, Fate.LATE: 0.02}
    draw.deeds.append(Deed(kind="register", at=draw.rng.uniform(1.0, 12.0)))


def known_too_late(draw: Drawing) -> None:
    """A schema comes when its records were given up and their letters not written yet.

    The next owner can read them: they are older than what was delivered behind them.
    """
    draw.fates |= {Fate.LATE: 0.04}
    draw.hot = 0.3
    draw.spells.append(Spell(kind="letters down", since=0.0, until=9.0))
    draw.deeds += [
        Deed(kind="register", at=7.0),
        Deed(kind="crash", at=8.0, member=draw.member(), seconds=0.1),
    ]


def registry_down(draw: Drawing) -> None:
    """The registry gives no answer for a while, and schemas are not known yet."""
    since = draw.rng.choice((0.0, 5.0))
    draw.spells.append(
        Spell(kind="registry down", since=since, until=since + draw.rng.uniform(2, 12))
    )
    draw.fates |= {Fate.LATE: 0.02}
    draw.deeds.append(Deed(kind="register", at=draw.rng.uniform(1.0, 6.0)))


def letters_refused(draw: Drawing) -> None:
    """Dead letters are not confirmed for a while, or confirmed and the answer lost."""
    draw.fates |= {Fate.GARBAGE: 0.03, Fate.POISONED: 0.04}
    draw.spell("letters down", 2.0, 12.0, share=draw.rng.choice((0.4, 1.0)))
    draw.spell("letters lost", 2.0, 8.0, share=0.5)


def gaps(draw: Drawing) -> None:
    """Offsets are not dense."""
    draw.gaps = 0.4


def commit_errors(draw: Drawing) -> None:
    """The broker refuses commits, with each of its codes.

    A few times with one that stops a partition and then with one that does not, while
    mappings are held and let go: what ends a hold must open nothing that is stopped.
    """
    for code in draw.rng.sample(("22", "25", "27", "113", "14", "15", "16", "7"), 4):
        draw.spell("commit", 0.5, 5.0, share=draw.rng.choice((0.5, 1.0)), value=code)
    since = draw.rng.uniform(2.0, 15.0)
    for _ in range(3):
        for codes in (("22", "25", "27", "113"), ("14", "15", "16", "7")):
            until, code = since + 0.8, draw.rng.choice(codes)
            draw.spells.append(
                Spell(kind="commit", since=since, until=until, value=code)
            )
            since = until
        for member in range(draw.knobs.members):
            at, seconds = (
                since + draw.rng.uniform(-1.0, 0.0),
                draw.rng.uniform(0.1, 0.5),
            )
            draw.deeds.append(Deed(kind="hold", at=at, member=member, seconds=seconds))
        since += 0.4


def commits_lost(draw: Drawing) -> None:
    """Answers to commits, or the commits, are lost or late."""
    draw.spell("commit lost", 2.0, 8.0, share=0.6)
    draw.spell("answer lost", 2.0, 8.0, share=0.6)
    draw.spell("commit late", 2.0, 8.0, share=0.5)


def small_maps(draw: Drawing) -> None:
    """The broker takes little metadata, and one profile keeps records incomplete."""
    draw.knobs.metadata_bytes = draw.rng.choice((24, 32, 40))
    draw.knobs.held_records = 400
    draw.knobs.members = 1
    draw.records = 300
    draw.bad_profiles["p1"] = "500" + WHILE


def small_bounds(draw: Drawing) -> None:
    """Little may be held, in records or in bytes."""
    draw.knobs.held_records = draw.rng.choice((8, 16, 24))
    draw.knobs.held_bytes = draw.rng.choice((1200, 1 << 20))
    draw.spell("slow", 2.0, 6.0)


def broker_down(draw: Drawing) -> None:
    """The broker answers nobody for a while, shorter or longer than the lease."""
    draw.spell("broker down", 0.5, 8.0)


def crashes(draw: Drawing) -> None:
    """Processes end as by a power cut, and others, or they, begin again."""
    for _ in draw.times(1, 4):
        draw.deed("crash", 0.1, 5.0)


def crash_with_map(draw: Drawing) -> None:
    """A crash while one profile keeps a record incomplete and later ones are done."""
    draw.bad_profiles["p1"] = "500" + WHILE
    draw.knobs.members = 1
    draw.shared = 0.4
    for _ in draw.times(1, 3):
        draw.deed("crash", 0.1, 2.0)


def freezes(draw: Drawing) -> None:
    """Processes stand still, some for longer than the group waits for them."""
    draw.at_least(2)
    for _ in draw.times(1, 3):
        draw.deed("freeze", 0.1, 3.0)
    for _ in draw.times(1, 2):
        draw.deed("freeze", 6.0, 14.0)


def blocks(draw: Drawing) -> None:
    """Event loops stand still while the group is spoken to on."""
    draw.at_least(3)  # others stay to stand in, also while one drains
    draw.knobs.session_seconds = 12.0
    draw.knobs.max_in_flight, draw.knobs.batch = 8, 5
    draw.records = 300
    for _ in draw.times(1, 2):
        draw.deed("block", 0.05, 2.0)
    for _ in draw.times(4, 5):  # beyond the wire, and within the lease
        draw.deed("stand in", 3.6, 5.0)


def drains(draw: Drawing) -> None:
    """Processes are asked to end, and begin again."""
    for _ in draw.times(1, 3):
        draw.deed("drain", 0.5, 4.0)


def bounces(draw: Drawing) -> None:
    """The group shares its partitions anew; some come back at once."""
    for wholly in draw.times(2, 6):
        draw.deed("bounce", wholly % 2, wholly % 2)


def losses(draw: Drawing) -> None:
    """A client finds that it was silent for too long: its partitions are lost."""
    for _ in draw.times(1, 3):
        draw.deed("lose")


def offsets_unread(draw: Drawing) -> None:
    """Committed offsets cannot be read for a while when partitions are given."""
    draw.spell("offsets unread", 3.0, 8.0, share=0.7)
    draw.deed("bounce")
    draw.deed("bounce")


def held_back(draw: Drawing) -> None:
    """Updates of one topic are held back for a while, in order to merge."""
    draw.knobs.hold = draw.rng.choice((
        "merge: window\nsend_within: 2s",
        "send_within: 3s",
    ))
    draw.hot = 0.25
    draw.deed("drain", 0.5, 2.0)
    draw.deed("bounce")


def reloads(draw: Drawing) -> None:
    """Another set of mappings of the same meaning is put in force."""
    for _ in draw.times(1, 3):
        draw.deed("reload")


def quota(draw: Drawing) -> None:
    """The calls of a day run out; after a long sleep there are new ones."""
    draw.knobs.calls_per_day = draw.rng.choice((60, 100))
    draw.records = 200


def calm(draw: Drawing) -> None:
    """Nothing goes wrong but for a few profiles: all others must go on at once."""
    knobs = draw.knobs
    knobs.is_calm, knobs.noise, knobs.members = True, 0.0, 1
    knobs.held_records, knobs.max_in_flight = 400, 8
    draw.hot = 0.02
    draw.spells.clear()
    draw.deeds.clear()
    draw.bad_profiles = {
        "p0": "500" + WHILE,
        "p2": draw.rng.choice(("401", "500", "busy")),
    }


Theme = Callable[[Drawing], None]
THEMES: Mapping[str, Theme] = {
    theme.__name__: theme
    for theme in (
        outage,
        flapping,
        denied,
        astray,
        throttled,
        busy,
        slow,
        unreachable,
        refusing,
        failing,
        hot,
        poisoned,
        hostile,
        bad_series,
        held_by_hand,
        unknown,
        known_too_late,
        registry_down,
        letters_refused,
        gaps,
        commit_errors,
        commits_lost,
        small_maps,
        small_bounds,
        broker_down,
        crashes,
        crash_with_map,
        freezes,
        blocks,
        drains,
        bounces,
        losses,
        offsets_unread,
        held_back,
        reloads,
        quota,
    )
}


def plan_of(seed: int) -> Plan:
    """Draw the plan of `seed`."""
    draw = Drawing(seed)
    names = draw.rng.sample(sorted(THEMES), draw.rng.randint(3, 7))
    if draw.rng.randrange(CALM_EVERY) == 0:
        names = ["calm"]
        calm(draw)
    else:
        for name in names:
            THEMES[name](draw)
        if "quota" in names:
            draw.bad_profiles.clear()  # they would use it up, day after day
            draw.knobs.members = 1
        elif draw.alone:
            # Where others fail for ever, too, the few records for witnesses may be used
            # up before one is accepted: then it stands still, and says so.
            draw.bad_profiles = {"p0": draw.bad_profiles["p0"]}
            draw.knobs.held_records, draw.knobs.held_bytes = 40, 1 << 20
            draw.hot = 0.02
    plan = Plan(
        seed=seed,
        themes=tuple(sorted(names)),
        knobs=draw.knobs,
        spells=sorted(draw.spells, key=lambda spell: spell.since),
        deeds=sorted(draw.deeds, key=lambda deed: deed.at),
        bad_profiles=draw.bad_profiles,
    )
    plan.drafts = drafts_of(draw)
    return plan
