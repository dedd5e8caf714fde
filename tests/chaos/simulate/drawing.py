"""Drawing a plan from its seed: what themes may turn, and what is published.

Theory of operation: there is one stream of chance for all of a plan. Records are keyed by
their profile, as a publisher should: those of one profile and topic come from one
partition, also where a record is about two.
"""

from __future__ import annotations

import random
from collections import deque

from consumer.model import TopicPartition
from tests.chaos.simulate.plan import CALM_AT, Deed, Knobs, Plan, Spell
from tests.chaos.simulate.records import SLOTS, TOPICS, Draft, Fate

__all__ = ["PROFILES", "Drawing", "drafts_of", "partitions_of", "witness"]

PUBLISHED_BY = 20.0
PROFILES = 40


class Drawing:
    """A plan being drawn. Owned by `themes.plan_of`.

    Attributes:
        rng: Where all of it comes from.
        knobs: The sizes.
        fates: How likely each fate is, beside `LANDS`.
        hot: The share of records that are about one profile.
        alone: So many good records come first, which are all about that one.
        shared: The share of records that are about two profiles.
        gaps: The share of records before which offsets are left out.
        series: Fates of records in a row, by the number of the first.
    """

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(f"plan {seed}")  # noqa: S311 - a plan, not a secret
        rng = self.rng
        self.knobs = Knobs(
            members=rng.choice((1, 2, 2, 3)),
            protocol=rng.choice(("cooperative", "eager", "consumer")),
            partitions=partitions_of(*rng.choice(((2, 1), (3, 2), (2, 0), (1, 1)))),
            session_seconds=rng.choice((6.0, 6.0, 12.0)),
            held_records=rng.choice((40, 120, 400)),
            held_bytes=1 << 20,
            max_in_flight=rng.choice((1, 2, 4, 8)),
            adaptive=rng.choice((True, True, False)),
            merged_items=rng.choice((1, 3, 1000, 1000, 1000)),
            batch=rng.choice((5, 20, 60)),
            noise=rng.choice((0.0, 0.01, 0.05)),
        )
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
        self.alone = 0
        self.shared = rng.choice((0.05, 0.2))
        self.gaps = 0.03
        self.series: dict[int, tuple[Fate, ...]] = {}
        self.spells: list[Spell] = []
        self.deeds: list[Deed] = []
        self.bad_profiles: dict[str, str] = {}

    # ------------------------------------------------------------ what themes use

    def member(self) -> int:
        """Choose one of them."""
        return self.rng.randrange(self.knobs.members)

    def at_least(self, members: int) -> None:
        """Have so many processes."""
        self.knobs.members = max(self.knobs.members, members)

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


def partitions_of(events: int, visits: int) -> tuple[TopicPartition, ...]:
    """Return so many partitions of each topic."""
    counts = zip(TOPICS, (events, visits), strict=True)
    return tuple(
        TopicPartition(topic, number)
        for topic, count in counts
        for number in range(count)
    )


def drafts_of(draw: Drawing) -> list[Draft]:
    """Return what is published: a backlog, a stream, and bursts in it."""
    rng = draw.rng
    backlog = 0.0 if draw.knobs.is_calm else rng.choice((0.1, 0.4))
    times = sorted(
        0.0 if rng.random() < backlog else rng.uniform(0.5, PUBLISHED_BY)
        for _ in range(draw.records)
    )
    slots = Slots()
    fates, weights = zip(*draw.fates.items(), strict=True)
    weights = (*weights, max(0.0, 1.0 - sum(weights)))
    drafts = []
    series: deque[Fate] = deque()
    for number, at in enumerate(times, 1):
        series.extend(draw.series.get(number, ()))
        (drawn,) = rng.choices((*fates, Fate.LANDS), weights)
        fate = series.popleft() if series else drawn
        is_alone = number <= draw.alone
        fate = Fate.LANDS if is_alone else fate
        profiles, partition = about_whom(draw, fate, is_alone=is_alone)
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


def about_whom(
    draw: Drawing, fate: Fate, *, is_alone: bool
) -> tuple[tuple[str, ...], TopicPartition]:
    """Return a record's profiles and its partition: records are keyed by the profile.

    A second profile is one of the same partition, for whom order holds as well. Behind
    those of one alone none is about it: they are to be its witnesses.
    """
    rng = draw.rng
    least = 1 if draw.alone else 0
    is_hot = is_alone or (rng.random() < draw.hot and not least)
    who = 0 if is_hot else rng.randrange(least, PROFILES)
    topics = sorted({partition.topic for partition in draw.knobs.partitions})
    topic = rng.choice(topics)
    count = sum(partition.topic == topic for partition in draw.knobs.partitions)
    partition = TopicPartition(topic, who % count)
    if fate is Fate.BAD_ID:
        return (f"bad/{who}",), partition
    if fate is Fate.UNMAPPABLE:
        return (f"p{who}", ""), partition
    if rng.random() >= draw.shared or is_alone:
        return (f"p{who}",), partition
    other = (who + count * rng.randint(1, 4)) % (PROFILES // count * count)
    other = max(other, least)
    return tuple(dict.fromkeys((f"p{who}", f"p{other}"))), partition


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
