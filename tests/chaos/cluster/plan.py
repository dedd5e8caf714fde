"""Which faults happen and when, drawn from a seed.

Rules:
    - The same seed, number and time give the same plan, always. Whether a fault begins
      exactly when it is planned is up to the machine.
    - Kinds come from a shuffled deck, so that each is there before any comes again.
    - Faults of one scope never overlap: a process, the broker, the target, the registry,
      the letters. Those of different scopes do.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

__all__ = [
    "BROKER_KINDS",
    "MAX_POLL_SECONDS",
    "PROCESS_KINDS",
    "SESSION_SECONDS",
    "TARGET_KINDS",
    "TARGET_TIMEOUT_SECONDS",
    "Fault",
    "Kind",
    "members_of",
    "planned",
]

SESSION_SECONDS = 6.0
MAX_POLL_SECONDS = 8.0
TARGET_TIMEOUT_SECONDS = 2.0


class Kind(enum.StrEnum):
    """What fails."""

    KILL = "process killed"
    STOP_SHORT = "process stopped within its session"
    STOP_SESSION = "process stopped beyond its session"
    STOP_POLL = "process stopped beyond max.poll.interval"
    TERMINATE = "process terminated"
    BROKER_STOP = "broker stopped"
    BROKER_KILL = "broker killed"
    TARGET_503 = "target 503"
    TARGET_429 = "target 429"
    TARGET_TIMEOUT = "target time-outs"
    TARGET_RESET = "target resets"
    TARGET_DRIP = "target drips"
    TARGET_TRUNCATED = "target truncates"
    REGISTRY = "registry stopped"
    LETTERS = "letters refused"


PROCESS_KINDS = frozenset({
    Kind.KILL,
    Kind.STOP_SHORT,
    Kind.STOP_SESSION,
    Kind.STOP_POLL,
    Kind.TERMINATE,
})
BROKER_KINDS = frozenset({Kind.BROKER_STOP, Kind.BROKER_KILL})
TARGET_KINDS = frozenset({
    Kind.TARGET_503,
    Kind.TARGET_429,
    Kind.TARGET_TIMEOUT,
    Kind.TARGET_RESET,
    Kind.TARGET_DRIP,
    Kind.TARGET_TRUNCATED,
})

# From and to, in seconds: how long a fault lasts. For a process that ended and for a
# broker that was killed it is the time until a new one is started.
LASTS: Mapping[Kind, tuple[float, float]] = MappingProxyType({
    Kind.KILL: (0.0, 2.0),
    Kind.STOP_SHORT: (1.0, SESSION_SECONDS - 1.5),
    Kind.STOP_SESSION: (SESSION_SECONDS + 0.5, MAX_POLL_SECONDS - 0.5),
    Kind.STOP_POLL: (MAX_POLL_SECONDS + 0.5, MAX_POLL_SECONDS + 3.0),
    Kind.TERMINATE: (0.0, 2.0),
    Kind.BROKER_STOP: (1.0, 10.0),
    Kind.BROKER_KILL: (0.0, 3.0),
    Kind.TARGET_503: (2.0, 8.0),
    Kind.TARGET_429: (2.0, 8.0),
    Kind.TARGET_TIMEOUT: (2.0, 6.0),
    Kind.TARGET_RESET: (2.0, 6.0),
    Kind.TARGET_DRIP: (2.0, 6.0),
    Kind.TARGET_TRUNCATED: (2.0, 6.0),
    Kind.REGISTRY: (2.0, 8.0),
    Kind.LETTERS: (2.0, 8.0),
})
# What is left between two faults of one scope, for it to come to itself.
PROCESS_REST_SECONDS, BROKER_REST_SECONDS, REST_SECONDS = 5.0, 6.0, 1.0
ANSWER_BYTE_SECONDS = 0.05  # a dripping answer of 200 bytes takes ten seconds
FIRST_SHARE = 0.03  # of the time: so long nothing fails


class Fault(NamedTuple):
    """One fault of a plan.

    Attributes:
        number: Counts them from 1, in the order in which they begin.
        kind: What fails.
        at_seconds: When, after the first record.
        lasts_seconds: How long.
        slot: Whose process; -1 when it is no process's.
        rule: For the target: the sandbox's fault rule.
    """

    number: int
    kind: Kind
    at_seconds: float
    lasts_seconds: float
    slot: int
    rule: Mapping[str, object]

    @property
    def scope(self) -> str:
        """What must not fail twice at once."""
        if self.kind in PROCESS_KINDS:
            return f"process {self.slot}"
        if self.kind in BROKER_KINDS:
            return "broker"
        return "target" if self.kind in TARGET_KINDS else str(self.kind)

    @property
    def rest_seconds(self) -> float:
        """How long after its end nothing of its scope may fail."""
        if self.kind in PROCESS_KINDS:
            return PROCESS_REST_SECONDS
        return BROKER_REST_SECONDS if self.kind in BROKER_KINDS else REST_SECONDS


def members_of(seed: int) -> int:
    """Return how many processes consume: three to five."""
    return random.Random(f"members {seed}").randint(3, 5)  # noqa: S311 - repeatable


def planned(
    seed: int, count: int, seconds: float, kinds: Sequence[Kind] = ()
) -> tuple[Fault, ...]:
    """Return so many faults, spread over so much time, in the order of their begin.

    Those that would overlap with one of their scope begin later, after `seconds` too.
    `kinds` are those to draw from; none for all.
    """
    chooser = random.Random(f"faults {seed}")  # noqa: S311 - repeatable, not secret
    slots = members_of(seed)
    free: dict[str, float] = {}
    drawn = []
    for number, kind in enumerate(deck(chooser, count, kinds or list(Kind))):
        share = FIRST_SHARE + (1 - FIRST_SHARE) * (number + chooser.random()) / count
        fault = Fault(
            number=0,
            kind=kind,
            at_seconds=share * seconds,
            lasts_seconds=chooser.uniform(*LASTS[kind]),
            slot=chooser.randrange(slots) if kind in PROCESS_KINDS else -1,
            rule=rule_of(kind, chooser),
        )
        begin = max(fault.at_seconds, free.get(fault.scope, 0.0))
        free[fault.scope] = begin + fault.lasts_seconds + fault.rest_seconds
        drawn.append(fault._replace(at_seconds=begin))
    drawn.sort(key=lambda fault: fault.at_seconds)
    return tuple(fault._replace(number=number) for number, fault in enumerate(drawn, 1))


def deck(chooser: random.Random, count: int, kinds: Sequence[Kind]) -> Sequence[Kind]:
    """Draw so many kinds; each comes once before any comes again."""
    drawn: list[Kind] = []
    while len(drawn) < count:
        drawn += chooser.sample(kinds, len(kinds))
    return drawn[:count]


def rule_of(kind: Kind, chooser: random.Random) -> Mapping[str, object]:
    """Return the fault rule of a target's kind; an empty one for the others.

    What is delayed is the answer. A request is applied at once or never, since one that
    was applied after its caller gave up would break the order by itself.
    """
    if kind not in TARGET_KINDS:
        return {}
    beyond = TARGET_TIMEOUT_SECONDS + 0.5
    common: dict[str, object] = {
        "ratio": round(chooser.uniform(0.3, 1.0), 2),
        "seed": chooser.getrandbits(31),
    }
    after = chooser.choice([{}, {"retry_after": "1"}, {"retry_after": "2"}])
    # With Retry-After it is the whole target's: a record that gets it three times while
    # others are delivered is at fault itself.
    everybody = {"ratio": 1.0} if after else {}
    applied = chooser.choice([True, False])
    forms: Mapping[Kind, Mapping[str, object]] = {
        Kind.TARGET_503: {"kind": "status", "status": 503, **after, **everybody},
        Kind.TARGET_429: {"kind": "status", "status": 429, **after},
        Kind.TARGET_TIMEOUT: {"kind": "latency", "seconds": beyond}
        if applied
        else {"kind": "lost_unapplied", "seconds": beyond},
        Kind.TARGET_RESET: {"kind": "reset", "applied": applied},
        Kind.TARGET_DRIP: {"kind": "drip", "seconds": ANSWER_BYTE_SECONDS},
        Kind.TARGET_TRUNCATED: {"kind": "truncated"},
    }
    return {**common, **forms[kind]}
