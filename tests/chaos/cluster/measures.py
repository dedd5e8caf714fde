"""Figures of a run: how long nothing moved, and how soon the lag was gone."""

from __future__ import annotations

import heapq

from tests.chaos.cluster.evidence import Evidence
from tests.chaos.cluster.records import Fate

__all__ = ["longest_stall", "merged_ratio"]


def longest_stall(evidence: Evidence) -> float:
    """Return the longest time after the last fault in which nothing was accepted.

    Only time in which a record waited counts: one that was published and not yet
    accepted. In seconds.
    """
    first: dict[tuple[str, int], float] = {}
    for call in evidence.calls:
        if call.is_accepted:
            for sequence in call.sequences:
                first.setdefault((call.profile, sequence), call.read_at)
    waits = sorted(
        (stored.at, first[known])
        for stored in evidence.records
        if stored.record.fate is Fate.LANDS
        and (known := (stored.record.profile, stored.record.sequence)) in first
    )
    moments = sorted({end for _, end in waits if end > evidence.faults_over_at})
    stall, since, place = 0.0, evidence.faults_over_at, 0
    waiting: list[tuple[float, float]] = []  # published and accepted when
    for moment in moments:
        while place < len(waits) and waits[place][0] < moment:
            heapq.heappush(waiting, waits[place])
            place += 1
        while waiting and waiting[0][1] < moment:
            heapq.heappop(waiting)
        if waiting:
            stall = max(stall, moment - max(since, waiting[0][0]))
        since = moment
    return stall


def merged_ratio(evidence: Evidence) -> float:
    """Return how many records an accepted call carried on average."""
    sizes = [len(call.sequences) for call in evidence.calls if call.is_accepted]
    return sum(sizes) / len(sizes) if sizes else 0.0
