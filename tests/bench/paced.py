"""How old a record is when the target has answered it, at a pace that can be kept up.

The hot profile's records come at a tenth of that pace. The same run without them says how
old the others would be if it were not there. Without merging a busy profile falls behind,
call after call; what is left behind is counted, and is as old as the run's end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.bench.answers import Answers, quantile, until_answered
from tests.bench.events import publish
from tests.bench.processes import cpu_of, peak_mb
from tests.bench.skewed import DELAYS, Kind, Place, Skewed, started
from tests.bench.workloads import HOT, hot, without_hot, zipf

__all__ = ["PACED", "WITHOUT_HOT", "Paced", "measured_paced", "paced_topics"]

WITHOUT_HOT = "without hot"
WORKLOADS: Mapping[str, Callable[[int], list[int]]] = {
    WITHOUT_HOT: without_hot,
    "hot": hot,
    "zipf": zipf,
}
WARM = 200  # records before the others, so that the consumer has joined
FIRST_WARM = 10**5  # their profiles are nobody else's
JOIN_SECONDS = 60.0
# What a run may take beyond its last record, with merging and without: a busy profile that
# has fallen behind is not waited for.
BEYOND_SECONDS = {True: 30.0, False: 2.0}
MICROSECONDS, MILLISECONDS = 1e6, 1e3
PACED = tuple(
    Kind(workload=workload, delay_seconds=delay, merges=merges)
    for delay in DELAYS
    for merges in (True, False)
    for workload in WORKLOADS
    if merges or workload != WITHOUT_HOT
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """A paced run.

    Attributes:
        kind: What ran.
        per_second: Records a second that were published.
        calls: Calls per record that was answered.
        p50_ms: From a record's timestamp to the target's answer, of all profiles but
            the busiest.
        p99_ms: Likewise.
        busiest_p99_ms: Of the busiest profile; None where there is none.
        left: Records that were not answered at the end.
        cpu_us: CPU of the process per record, in microseconds.
        rss_mb: Its largest resident size, in MB (10^6 bytes).
    """

    kind: Kind
    per_second: float
    calls: float
    p50_ms: float
    p99_ms: float
    busiest_p99_ms: float | None
    left: int
    cpu_us: float
    rss_mb: float


def topic_of(kind: Kind, turn: int) -> str:
    """Return the topic of one run: each has its own, since it is filled as it runs."""
    return f"{kind.topic}-paced-{turn}"


def paced_topics(plan: Skewed) -> list[str]:
    """Return all of these."""
    return [topic_of(kind, turn) for kind in PACED for turn in range(plan.repeats)]


def measured_paced(plan: Skewed, place: Place) -> list[Paced]:
    """Make each run so many times; that with the least p99 counts."""
    turns = [
        [paced(plan, place, kind, turn) for kind in PACED]
        for turn in range(plan.repeats)
    ]
    return [
        min(found, key=lambda one: one.p99_ms) for found in zip(*turns, strict=True)
    ]


def paced(plan: Skewed, place: Place, kind: Kind, turn: int) -> Paced:
    """Publish at a pace, and see how old each record is when it is answered.

    Raises:
        RuntimeError: The consumer did not take the records before that.
    """
    given = WORKLOADS[kind.workload](int(plan.per_second * plan.seconds))
    per_second = len(given) / plan.seconds
    warm = list(range(FIRST_WARM, FIRST_WARM + WARM))
    answers = Answers(place.targets[kind.delay_seconds], [*warm, *given])
    topic = topic_of(kind, turn)
    with started(plan, place, kind, topic, turn) as process:
        publish(place.bootstrap, topic, warm)
        if not until_answered(answers, process, WARM, JOIN_SECONDS):
            raise RuntimeError("the consumer does not take what is published")
        calls, spent = answers.calls, cpu_of(process.pid)
        times = publish(
            place.bootstrap, topic, given, first=WARM, per_second=per_second
        )
        beyond = BEYOND_SECONDS[kind.merges]
        until_answered(answers, process, WARM + len(given), beyond)
        now, spent = time.monotonic(), cpu_of(process.pid) - spent
        rss_mb = peak_mb(process.pid)
    ages = answers.ages([0.0] * WARM + times, now)[WARM:]
    others = [age for age, one in zip(ages, given, strict=True) if one != HOT]
    busiest = [age for age, one in zip(ages, given, strict=True) if one == HOT]
    done = max(answers.records - WARM, 1)
    return Paced(
        kind=kind,
        per_second=per_second,
        calls=(answers.calls - calls) / done,
        p50_ms=quantile(others, 0.5) * MILLISECONDS,
        p99_ms=quantile(others, 0.99) * MILLISECONDS,
        busiest_p99_ms=quantile(busiest, 0.99) * MILLISECONDS if busiest else None,
        left=WARM + len(given) - answers.records,
        cpu_us=spent.total / done * MICROSECONDS,
        rss_mb=rss_mb,
    )
