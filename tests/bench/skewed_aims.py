"""What merging has to bring, as ratios within one run of the bench."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.bench.aims import Aim
from tests.bench.paced import WITHOUT_HOT, Paced
from tests.bench.skewed import Backlog

__all__ = ["skewed_aims"]

LEAST_TIMES = 30.0  # records a second, over the same with merging off
MOST_CALLS = 0.3  # per record
MOST_AGE = 1.2  # p99 of the others, over a run without the hot profile


def skewed_aims(backlogs: Sequence[Backlog], paced: Sequence[Paced]) -> list[Aim]:
    """Return the aims of Zipf's backlogs and of the hot profile's neighbours."""
    worked_off = {one.kind: one for one in backlogs}
    ran = {one.kind: one for one in paced}
    aims = []
    for kind, one in worked_off.items():
        if kind.workload == "zipf" and kind.merges:
            alone = worked_off[replace(kind, merges=False)]
            what = f"zipf, {kind.delay_seconds * 1000:.0f} ms"
            aims += [
                Aim(
                    what=f"{what}: records/s over those with merging off",
                    found=one.per_second / alone.per_second,
                    bound=LEAST_TIMES,
                    is_least=True,
                ),
                Aim(
                    what=f"{what}: calls per record", found=one.calls, bound=MOST_CALLS
                ),
            ]
    for kind, run in ran.items():
        if kind.workload == "hot" and kind.merges:
            without = ran[replace(kind, workload=WITHOUT_HOT)]
            what = f"hot, {kind.delay_seconds * 1000:.0f} ms: p99 of the others"
            aims.append(
                Aim(
                    what=f"{what} over a run without the hot profile",
                    found=run.p99_ms / without.p99_ms,
                    bound=MOST_AGE,
                )
            )
    return aims
