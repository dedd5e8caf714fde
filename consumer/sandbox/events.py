"""Sample events of a bank, a retailer and a venue, made from a seed.

Rules:
    1. The same number of records and the same seed give the same events, always.
    2. What becomes of an event is decided by what stands in it, never by chance at the
       target: see `Fate`.
    3. Events of one profile and kind carry a sequence that counts from 1, and one key,
       so that they come from one partition in that order.
"""

import enum
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consumer.sandbox.profiles import PC_ID, THIRD_PARTY_ID, name_of
from consumer.sandbox.samples import (
    KIOSK,
    LOAN,
    LOYALTY,
    Kind,
    Moment,
    kiosk,
    loan,
    swipe,
)

__all__ = ["Fate", "Population", "SampleEvent", "generate", "population_of"]

BAD_RATIO = 0.01
SKIPPED_RATIO = 0.03
FIRST_EVENT = datetime(2026, 3, 1, tzinfo=UTC)
BETWEEN = timedelta(seconds=37, microseconds=1009)


class Fate(enum.StrEnum):
    """What must become of an event."""

    LANDS = "lands"  # its attributes reach the profile
    SKIPPED = "skipped"  # a rule of its mapping says so: a loan that was not funded
    NO_PROFILE = "no_profile"  # skipped by rule: a visitor whom nobody knows
    UNDECODABLE = "undecodable"  # its bytes end too early
    UNKNOWN_SCHEMA = "unknown_schema"  # it names a schema that no registry knows
    REFUSED = "refused"  # it writes an attribute name that the target refuses


SKIPS = frozenset({Fate.SKIPPED, Fate.NO_PROFILE})
BAD = (Fate.UNDECODABLE, Fate.UNKNOWN_SCHEMA, Fate.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleEvent:
    """One event, before it is encoded.

    Attributes:
        kind: Which of the three; it names topic and schema.
        key: The record's key: the profile's id, or the kiosk's number.
        fields: The Avro record.
        headers: W3C trace context.
        fate: What must become of it.
        profile: `kind:id`, None when nobody is known.
    """

    kind: Kind
    key: bytes
    fields: dict[str, object]
    headers: tuple[tuple[str, bytes], ...]
    fate: Fate
    profile: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Whom the events are about.

    Attributes:
        customers: Third-party ids.
        browsers: Target's own ids of visitors who scan a code.
    """

    customers: tuple[str, ...]
    browsers: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All profiles as `kind:id`: what must exist before the first event."""
        return (
            *(name_of(THIRD_PARTY_ID, value) for value in self.customers),
            *(name_of(PC_ID, value) for value in self.browsers),
        )


def population_of(records: int, seed: int, profiles: int | None = None) -> Population:
    """Return whom so many events are about.

    Args:
        records: Number of events.
        seed: Of the ids.
        profiles: How many in all; None for one for every eight events, at least 12.
    """
    count = max(12, records // 8) if profiles is None else profiles
    chooser = random.Random(f"population {seed}")  # noqa: S311 - repeatable, not secret
    browsers = count // 3
    return Population(
        customers=tuple(f"C-{number:06d}" for number in range(1, count - browsers + 1)),
        browsers=tuple(
            f"{chooser.getrandbits(64):016x}.{chooser.randrange(28, 46)}_0"
            for _ in range(browsers)
        ),
    )


def generate(
    records: int, seed: int, population: Population | None = None
) -> Iterator[SampleEvent]:
    """Give so many events, in the order in which they are published."""
    whom = population or population_of(records, seed)
    chooser = random.Random(f"events {seed}")  # noqa: S311 - repeatable, not secret
    sequences: Counter[tuple[str, str | None]] = Counter()
    for number in range(records):
        fate = fate_of(chooser)
        kind = kind_of(fate, chooser)
        profile = None if fate is Fate.NO_PROFILE else profile_of(kind, whom, chooser)
        sequences[kind.topic, profile] += 1
        moment = Moment(
            at=FIRST_EVENT + number * BETWEEN,
            sequence=sequences[kind.topic, profile],
            chooser=chooser,
        )
        fields = fields_of(kind, profile, fate, moment)
        yield SampleEvent(
            kind=kind,
            key=key_of(profile, fields),
            fields=fields,
            headers=(("traceparent", traceparent(chooser)),),
            fate=fate,
            profile=profile,
        )


def fate_of(chooser: random.Random) -> Fate:
    """Choose what must become of an event: about 1 % bad, 3 % skipped."""
    drawn = chooser.random()
    if drawn < BAD_RATIO:
        return BAD[int(drawn / BAD_RATIO * len(BAD))]
    if drawn < BAD_RATIO + SKIPPED_RATIO:
        return (
            Fate.SKIPPED if drawn < BAD_RATIO + SKIPPED_RATIO / 2 else Fate.NO_PROFILE
        )
    return Fate.LANDS


def kind_of(fate: Fate, chooser: random.Random) -> Kind:
    """Choose the kind of an event: some fates belong to one kind only."""
    if fate is Fate.SKIPPED:
        return LOAN
    if fate in {Fate.NO_PROFILE, Fate.REFUSED}:
        return KIOSK
    return chooser.choice((LOAN, LOYALTY, KIOSK))


def profile_of(kind: Kind, whom: Population, chooser: random.Random) -> str:
    """Choose whom an event is about: half of the kiosk's visitors scan a code."""
    if kind is KIOSK and whom.browsers and chooser.random() < 0.5:  # noqa: PLR2004 - half
        return name_of(PC_ID, chooser.choice(whom.browsers))
    return name_of(THIRD_PARTY_ID, chooser.choice(whom.customers))


def fields_of(
    kind: Kind, profile: str | None, fate: Fate, moment: Moment
) -> dict[str, object]:
    """Return the Avro record of an event."""
    if kind is LOAN:
        return loan(profile or "", moment, funded=fate is not Fate.SKIPPED)
    if kind is LOYALTY:
        return swipe(profile or "", moment)
    return kiosk(profile, moment, diagnostic=fate is Fate.REFUSED)


def key_of(profile: str | None, fields: dict[str, object]) -> bytes:
    """Return the record's key: all events of a profile share a partition."""
    if profile is not None:
        return profile.partition(":")[2].encode()
    device = fields["kiosk"]
    return str(device["kiosk_id"] if isinstance(device, dict) else "").encode()


def traceparent(chooser: random.Random) -> bytes:
    """Return a sampled W3C trace context (Trace Context, section 3.2)."""
    trace, span = chooser.getrandbits(128) | 1, chooser.getrandbits(64) | 1
    return f"00-{trace:032x}-{span:016x}-01".encode()
