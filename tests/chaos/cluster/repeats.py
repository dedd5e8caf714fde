"""Why records were sent again: each repeat, by the fault that it goes back to.

Rules:
    - A repeat is an acceptance of a record after its first one.
    - When the target spoilt the answer, that is why, whoever repeats the call: nobody
      could know that it had been accepted.
    - Else a fault of the process that had it accepted, between the two acceptances, is
      why; else one of the broker; else a fault of any process, which set partitions
      moving.
    - A process that repeats its own call after the target's time-out, with none of these,
      had its answer too late, as on a busy machine. What is left is `unexplained`.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tests.chaos.cluster.evidence import Call, Evidence
from tests.chaos.cluster.faults import Happened
from tests.chaos.cluster.plan import (
    BROKER_KINDS,
    PROCESS_KINDS,
    TARGET_TIMEOUT_SECONDS,
)

__all__ = [
    "UNEXPLAINED",
    "Repeat",
    "by_cause",
    "clock",
    "details",
    "of_processes",
    "repeats_of",
]

UNEXPLAINED = "unexplained"
MOVED = "partitions moved: "
ANSWER = "answer spoilt: "
LATE = "answer late, by no fault"
# So long after its end a fault may still have upset what was accepted meanwhile: a
# process that goes on finds out in its next poll that it has lost its partitions.
AFTER_SECONDS = 10.0


class Repeat(NamedTuple):
    """A record that was accepted again.

    Attributes:
        profile: Whose.
        sequence: Which.
        before: The call that had it accepted before.
        again: The call that had it accepted again.
        cause: What it goes back to.
    """

    profile: str
    sequence: int
    before: Call
    again: Call
    cause: str


def repeats_of(evidence: Evidence) -> Iterator[Repeat]:
    """Yield every repeat."""
    accepted: dict[tuple[str, int], list[Call]] = defaultdict(list)
    for call in evidence.calls:
        if call.is_accepted:
            for sequence in call.sequences:
                accepted[call.profile, sequence].append(call)
    for (profile, sequence), calls in accepted.items():
        for before, again in itertools.pairwise(calls):
            cause = cause_of(before, again, evidence.happened)
            yield Repeat(profile, sequence, before, again, cause)


def cause_of(before: Call, again: Call, happened: Sequence[Happened]) -> str:
    """Return what a repeat goes back to."""
    since, until = before.first_byte_at, again.first_byte_at
    near = [
        each
        for each in happened
        if each.begun <= until and each.ended + AFTER_SECONDS >= since
    ]
    if before.fault:
        return f"{ANSWER}{before.fault}"
    own = [each for each in near if each.victim == before.process]
    if own:
        return str(own[-1].fault.kind)
    brokers = [each for each in near if each.fault.kind in BROKER_KINDS]
    if brokers:
        return str(brokers[-1].fault.kind)
    is_own = before.process == again.process
    others = [each for each in near if each.fault.kind in PROCESS_KINDS]
    if is_own and until - since >= TARGET_TIMEOUT_SECONDS:
        return LATE
    return f"{MOVED}{others[-1].fault.kind}" if others else UNEXPLAINED


def details(repeats: Sequence[Repeat], evidence: Evidence) -> Iterator[str]:
    """Yield, for a person, which process repeated what of whose, where and when."""
    partitions = {each.record.profile: each.partition for each in evidence.records}
    groups: dict[tuple[str, str, str, int], list[Repeat]] = defaultdict(list)
    for repeat in repeats:
        partition = partitions[repeat.profile]
        names = repeat.before.process, repeat.again.process
        groups[repeat.cause, *names, partition].append(repeat)
    for (cause, before, again, partition), group in groups.items():
        firsts = [clock(repeat.before.first_byte_at) for repeat in group]
        seconds = [clock(repeat.again.first_byte_at) for repeat in group]
        yield (
            f"{cause}: {len(group)} records of partition {partition}, accepted of "
            f"{before} {min(firsts)} to {max(firsts)}, again of {again} "
            f"{min(seconds)} to {max(seconds)}"
        )


def clock(at: float) -> str:
    """Return the time of day, with hundredths."""
    return f"{time.strftime('%H:%M:%S', time.gmtime(at))}.{int(at % 1 * 100):02d}"


def by_cause(repeats: Sequence[Repeat]) -> Mapping[str, int]:
    """Return how many records were repeated by each cause, the most first."""
    return dict(Counter(repeat.cause for repeat in repeats).most_common())


def of_processes(counts: Mapping[str, int]) -> int:
    """Return how many of the repeats go back to faults of processes."""
    return sum(
        count
        for cause, count in counts.items()
        if cause.removeprefix(MOVED) in set(PROCESS_KINDS)
    )
