"""From a seed to a history's plan: sizes, what is published, what goes wrong when.

Theory of operation: each history has a little of everything and a few *themes*, each of
which adds its faults. So each corner is reached by some dozen of 150 seeds, and no
history is so full of faults that nothing happens in it any more.

A spell is a fault that lasts; a deed happens once. All of them end by `CALM_AT`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from consumer.model import TopicPartition
from tests.chaos.simulate.records import SLOTS, TOPICS, Draft, Fate

__all__ = [
    "CALM_AT",
    "THEMES",
    "WHILE",
    "Deed",
    "Knobs",
    "Plan",
    "Spell",
    "plan_of",
    "witness",
]

CALM_AT = 24.0  # seconds from the beginning: from here on nothing goes wrong any more
PUBLISHED_BY = 20.0
PROFILES = 40
WHILE = " for a while"  # until half of the faults' time is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """The sizes of a history.

    Attributes:
        members: Processes that should run.
        protocol: How the group shares: cooperative, eager, or the new protocol.
        partitions: All that are read.
        session_seconds: How long the group waits for a silent member.
        timeout_seconds: Longest time of a call.
        held_records: The held bound.
        held_bytes: Likewise in bytes.
        max_in_flight: Calls at once, of one process.
        calls_per_day: The quota of one process.
        metadata_bytes: The broker's bound on a commit's metadata.
        merged_items: The most items of one call.
        hold: How the second topic's items are held back: lines of its mapping.
        batch: The most records of one fetch.
        noise: The share of calls that go wrong by themselves.
        is_calm: True when only profiles make trouble, so that others must go on.
    """

    members: int
    protocol: str
    partitions: tuple[TopicPartition, ...]
    session_seconds: float = 6.0
    timeout_seconds: float = 1.0
    held_records: int
    held_bytes: int
    max_in_flight: int
    calls_per_day: int = 1_000_000
    metadata_bytes: int = 4096
    merged_items: int = 1000
    hold: str = ""
    batch: int
    noise: float = 0.0
    is_calm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A fault that lasts.

    Attributes:
        kind: What.
        since: When it begins, in seconds from the beginning.
        until: When it ends.
        share: How likely it hits one request.
        value: What more there is to say: a code, a profile.
    """

    kind: str
    since: float
    until: float
    share: float = 1.0
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A fault that happens once.

    Attributes:
        kind: What.
        at: When, in seconds from the beginning.
        member: To whom, by number.
        seconds: How long what it begins lasts.
    """

    kind: str
    at: float
    member: int = 0
    seconds: float = 0.0


@dataclass(slots=True, kw_only=True)
class Plan:
    """A history before it happens. Owned by whoever makes it.

    Attributes:
        seed: What it was drawn from.
        themes: What it is mostly about.
        knobs: Its sizes.
        drafts: What is published.
        spells: What goes wrong for a while.
        deeds: What happens once.
        bad_profiles: Whom the target treats otherwise, always or for a time, and how.
    """

    seed: int
    themes: tuple[str, ...]
    knobs: Knobs
    drafts: list[Draft] = field(default_factory=list)
    spells: list[Spell] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    bad_profiles: dict[str, str] = field(default_factory=dict)


class Drawing:
    """A plan being drawn. Owned by `plan_of`.

    Attributes:
        rng: Where all of it comes from.
        sizes: The knobs, by name.
        fates: How likely each fate is, beside `LANDS`.
        hot: The share of records that are about one profile.
        shared: The share of records that are about two profiles.
        gaps: The share of records before which offsets are left out.
    """

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(f"plan {seed}")  # noqa: S311 - a plan, not a secret
        rng = self.rng
        self.sizes: dict[str, object] = {
            "members": rng.choice((1, 2, 2, 3)),
            "protocol": rng.choice(("cooperative", "eager", "consumer")),
            "held_records": rng.choice((40, 120, 400)),
            "held_bytes": 1 << 20,
            "max_in_flight": rng.choice((1, 2, 4, 8)),
            "merged_items": rng.choice((1, 3, 1000, 1000, 1000)),
            "batch": rng.choice((5, 20, 60)),
            "noise": rng.choice((0.0, 0.01, 0.05)),
        }
        self.fates: dict[Fate, float] = {
            Fate.SKIPPED: 0.02,
            Fate.TOMBSTONE: 0.01,
            Fate.NOBODY: 0.01,
            Fate.UNCLAIMED: 0.01,
            Fate.POISONED: 0.01,
            Fate.GARBAGE: 0.005,
        }
        self.records = rng.choice((120, 200, 300))
        self.hot = rng.choice((0.02, 0.1))
        self.shared = rng.choice((0.05, 0.2))
        self.gaps = 0.03
        self.spells: list[Spell] = []
        self.deeds: list[Deed] = []
        self.bad_profiles: dict[str, str] = {}

    # ------------------------------------------------------------ what themes use

    @property
    def members(self) -> int:
        """How many processes there are."""
        found = self.sizes["members"]
        assert isinstance(found, int)
        return found

    def member(self) -> int:
        """Choose one of them."""
        return self.rng.randrange(self.members)

    def at_least(self, members: int) -> None:
        """Have so many processes."""
        self.sizes["members"] = max(self.members, members)

    def spell(
        self, kind: str, low: float, high: float, share: float = 1.0, value: str = ""
    ) -> None:
        """Add a spell of `low` to `high` seconds."""
        seconds = self.rng.uniform(low, high)
        since = self.rng.uniform(0.5, CALM_AT - seconds)
        self.spells.append(
            Spell(
                kind=kind, since=since, until=since + seconds, share=share, value=value
            )
        )

    def deed(self, kind: str, low: float = 0.0, high: float = 0.0) -> None:
        """Add a deed whose effect lasts `low` to `high` seconds."""
        seconds = self.rng.uniform(low, high)
        at = self.rng.uniform(1.5, CALM_AT - min(seconds, 20.0))
        self.deeds.append(Deed(kind=kind, at=at, member=self.member(), seconds=seconds))

    def times(self, low: int, high: int) -> range:
        """Return how often something is done."""
        return range(self.rng.randint(low, high))


# ------------------------------------------------------------------------- themes


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
    """Some profiles fail, one of them for ever, among others that are served."""
    for lasting in ("", WHILE):
        draw.bad_profiles[f"p{draw.rng.randrange(PROFILES)}"] = "500" + lasting


def hot(draw: Drawing) -> None:
    """A third of the records are about one profile."""
    draw.hot = 0.35


def poisoned(draw: Drawing) -> None:
    """Many records are refused by the target; most are about a few profiles."""
    draw.fates[Fate.POISONED] = 0.12
    draw.fates[Fate.BAD_ID] = 0.02
    draw.hot = 0.25


def hostile(draw: Drawing) -> None:
    """Many records cannot be decoded or mapped."""
    draw.fates |= {Fate.GARBAGE: 0.08, Fate.UNMAPPABLE: 0.05}


def unknown(draw: Drawing) -> None:
    """Records name schemas that the registry never has, or has late."""
    draw.fates |= {Fate.UNKNOWN: 0.01, Fate.LATE: 0.02}
    draw.deeds.append(Deed(kind="register", at=draw.rng.uniform(1.0, 12.0)))


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
    """The broker refuses commits, with each of its codes."""
    for code in draw.rng.sample(("22", "25", "27", "113", "14", "15", "16", "7"), 4):
        draw.spell("commit", 0.5, 5.0, share=draw.rng.choice((0.5, 1.0)), value=code)


def commits_lost(draw: Drawing) -> None:
    """Answers to commits, or the commits, are lost or late."""
    draw.spell("commit lost", 2.0, 8.0, share=0.6)
    draw.spell("answer lost", 2.0, 8.0, share=0.6)
    draw.spell("commit late", 2.0, 8.0, share=0.5)


def small_maps(draw: Drawing) -> None:
    """The broker takes little metadata, and one profile keeps records incomplete."""
    draw.sizes["metadata_bytes"] = draw.rng.choice((24, 32, 40))
    draw.sizes["held_records"] = 400
    draw.sizes["members"] = 1
    draw.records = 300
    draw.bad_profiles["p1"] = "500" + WHILE


def small_bounds(draw: Drawing) -> None:
    """Little may be held, in records or in bytes."""
    draw.sizes["held_records"] = draw.rng.choice((8, 16, 24))
    draw.sizes["held_bytes"] = draw.rng.choice((1200, 1 << 20))
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
    draw.sizes["members"] = 1
    draw.shared = 0.4
    for _ in draw.times(1, 3):
        draw.deed("crash", 0.1, 2.0)


def freezes(draw: Drawing) -> None:
    """Processes stand still, some for longer than the group waits for them."""
    draw.at_least(2)
    for _ in draw.times(1, 3):
        draw.deed("freeze", 0.1, 3.0)
    for _ in draw.times(1, 2):
        draw.deed("freeze", 6.0, 10.0)


def blocks(draw: Drawing) -> None:
    """Event loops stand still while the group is spoken to on."""
    draw.at_least(2)
    for _ in draw.times(1, 3):
        draw.deed("block", 0.05, 5.0)
    draw.deed("bounce")


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
    draw.sizes["hold"] = draw.rng.choice((
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
    draw.sizes |= {"calls_per_day": draw.rng.choice((60, 100)), "members": 1}
    draw.records = 200


def calm(draw: Drawing) -> None:
    """Nothing goes wrong but for a few profiles: all others must go on at once."""
    draw.sizes |= {
        "is_calm": True,
        "members": 1,
        "held_records": 400,
        "max_in_flight": 8,
        "noise": 0.0,
    }
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
        unknown,
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
CALM_EVERY = 12  # one history in so many is calm but for a few profiles


def plan_of(seed: int) -> Plan:
    """Draw the plan of `seed`."""
    draw = Drawing(seed)
    names = draw.rng.sample(sorted(THEMES), draw.rng.randint(2, 5))
    if draw.rng.randrange(CALM_EVERY) == 0:
        names = ["calm"]
        calm(draw)
    else:
        for name in names:
            THEMES[name](draw)
        if "quota" in names:
            draw.bad_profiles.clear()  # they would use it up, day after day
    plan = Plan(
        seed=seed,
        themes=tuple(sorted(names)),
        knobs=knobs_of(draw),
        spells=sorted(draw.spells, key=lambda spell: spell.since),
        deeds=sorted(draw.deeds, key=lambda deed: deed.at),
        bad_profiles=draw.bad_profiles,
    )
    plan.drafts = drafts_of(draw, plan.knobs)
    return plan


def knobs_of(draw: Drawing) -> Knobs:
    """Return the sizes, with their partitions."""
    events, visits = draw.rng.choice(((2, 1), (3, 2), (2, 0), (1, 1)))
    counts = dict(zip(TOPICS, (events, visits), strict=True))
    partitions = tuple(
        TopicPartition(topic, number)
        for topic in TOPICS
        for number in range(counts[topic])
    )
    return Knobs(partitions=partitions, **draw.sizes)  # type: ignore[arg-type] # by name


def drafts_of(draw: Drawing, knobs: Knobs) -> list[Draft]:
    """Return what is published: a backlog, a stream, and bursts in it."""
    rng = draw.rng
    backlog = 0.0 if knobs.is_calm else rng.choice((0.1, 0.4))
    times = sorted(
        0.0 if rng.random() < backlog else rng.uniform(0.5, PUBLISHED_BY)
        for _ in range(draw.records)
    )
    slots = Slots()
    fates, weights = zip(*draw.fates.items(), strict=True)
    weights = (*weights, max(0.0, 1.0 - sum(weights)))
    drafts = []
    for number, at in enumerate(times, 1):
        (fate,) = rng.choices((*fates, Fate.LANDS), weights)
        profiles, partition = about_whom(draw, knobs, fate)
        gap = rng.randint(1, 5) if rng.random() < draw.gaps else 0
        drafts.append(
            Draft(
                number=number,
                partition=partition,
                at=at,
                gap=gap,
                fate=fate,
                profiles=profiles,
                slot=slots.chosen(profiles),
            )
        )
    return drafts


class Slots:
    """Which attribute each profile's records were written to. Owned by `drafts_of`."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, int], int] = {}
        self._turn = 0

    def chosen(self, profiles: tuple[str, ...]) -> int:
        """Return the slot that none of the profiles has used for longest."""
        self._turn += 1
        used = self._used
        slot = min(
            range(SLOTS),
            key=lambda slot: (max(used.get((p, slot), 0) for p in profiles), slot),
        )
        used.update(dict.fromkeys(((p, slot) for p in profiles), self._turn))
        return slot


def witness(plan: Plan, number: int) -> Draft:
    """Return one more record, of a profile that is well and that no other record is of.

    While nobody but refused profiles is waited for, nothing can tell whether the target
    is at fault or they are. Publishers do not stop when the faults do.
    """
    partitions = plan.knobs.partitions
    return Draft(
        number=len(plan.drafts) + number,
        partition=partitions[number % len(partitions)],
        at=0.0,
        gap=0,
        fate=Fate.LANDS,
        profiles=(f"w{number}",),
        slot=number % SLOTS,
    )


def about_whom(
    draw: Drawing, knobs: Knobs, fate: Fate
) -> tuple[tuple[str, ...], TopicPartition]:
    """Return a record's profiles and its partition: records are keyed by the profile.

    A second profile is one of the same partition, for whom order holds as well.
    """
    rng = draw.rng
    who = 0 if rng.random() < draw.hot else rng.randrange(PROFILES)
    topics = sorted({partition.topic for partition in knobs.partitions})
    topic = rng.choice(topics)
    count = sum(partition.topic == topic for partition in knobs.partitions)
    partition = TopicPartition(topic, who % count)
    if fate is Fate.BAD_ID:
        return (f"bad/{who}",), partition
    if fate is Fate.UNMAPPABLE:
        return (f"p{who}", ""), partition
    if rng.random() >= draw.shared:
        return (f"p{who}",), partition
    other = (who + count * rng.randint(1, 4)) % (PROFILES // count * count)
    return tuple(dict.fromkeys((f"p{who}", f"p{other}"))), partition
