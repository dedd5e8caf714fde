"""The adaptive limit against hidden limits, in virtual time.

Run: `python -m tests.bench.limit [--seeds N] [--first SEED] [--only TEXT]`. For each
scenario it says goodput, 99th percentile of latency and share of refusals of the adaptive
limit (the worst of the seeds), of a fixed limit of 64, of the best fixed one, and of
Vector's law.

Aims, for each seed: 90 % of the goodput of the best fixed limit, at most 2 % refused
once it settled, and 90 % of the goodput of before within 10 s of an outage's end. Where
a share is refused however few calls there are, which has to be found out first: 90 % of
that goodput once it settled, and at most 2 % beside twice that share. It ends with 1 if
one is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from consumer.schedule.limit import AdaptiveLimit
from tests.bench.limit_rivals import Fixed, Vector
from tests.bench.limit_scenarios import SCENARIOS
from tests.bench.limit_world import NEVER, Run, Scenario, simulate
from tests.bench.report import markdown

__all__ = ["Figures", "best_fixed", "main", "measure"]

MOST = 1000
USUAL = 64
LADDER = (1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 135, 200, 300, 450, 675, 1000)
LEAST_GOODPUT = 0.9
MOST_REFUSED = 0.02
MOST_RECOVERY_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What came of one scenario.

    Attributes:
        scenario: Which.
        fixed: With a limit of 64.
        best: With the best fixed limit.
        best_limit: Which that is.
        vector: With Vector's law.
        ours: With the adaptive limit, for each seed.
    """

    scenario: Scenario
    fixed: Run
    best: Run
    best_limit: int
    vector: Run
    ours: tuple[Run, ...]

    @property
    def goodput_share(self) -> float:
        """The least goodput of ours, as a share of that of the best fixed limit."""
        at = self.scenario.settled_at if self.scenario.fault_share else 0.0
        best = self.best.goodput_since(at)
        return min(run.goodput_since(at) for run in self.ours) / best

    @property
    def refused_share(self) -> float:
        """The highest share of refusals of ours."""
        return max(run.refused_share for run in self.ours)

    @property
    def recovery_seconds(self) -> float | None:
        """The longest time from an outage's end; None where there was none."""
        start, end = self.scenario.outage
        if start == NEVER:
            return None
        return max(
            run.recovery_seconds(end, sum(at < start for at in run.delivered) / start)
            for run in self.ours
        )

    @property
    def missed(self) -> tuple[str, ...]:
        """The aims that are missed."""
        late = self.recovery_seconds
        aims = {
            "goodput": self.goodput_share >= LEAST_GOODPUT,
            "refused": self.refused_share
            <= MOST_REFUSED + 2.0 * self.scenario.fault_share,
            "recovery": late is None or late <= MOST_RECOVERY_SECONDS,
        }
        return tuple(name for name, is_met in aims.items() if not is_met)


def best_fixed(scenario: Scenario, ladder: Sequence[int] = LADDER) -> tuple[int, Run]:
    """Return the smallest fixed limit with the most goodput, to one per cent.

    Goodput over the limit has one top, so the search ends three steps beyond it.
    """
    best_limit, best = ladder[0], simulate(scenario, Fixed(ladder[0]), 1)
    behind = 0
    for limit in ladder[1:]:
        run = simulate(scenario, Fixed(limit), 1)
        if run.goodput > 1.01 * best.goodput:
            best_limit, best, behind = limit, run, 0
        else:
            behind += 1
        if behind == 3:
            break
    return best_limit, best


def measure(
    scenario: Scenario, seeds: Sequence[int], ladder: Sequence[int] = LADDER
) -> Figures:
    """Run one scenario with every limit."""
    best_limit, best = best_fixed(scenario, ladder)
    return Figures(
        scenario=scenario,
        fixed=simulate(scenario, Fixed(USUAL), 1),
        best=best,
        best_limit=best_limit,
        vector=simulate(scenario, Vector(MOST), 1),
        ours=tuple(simulate(scenario, AdaptiveLimit(MOST), seed) for seed in seeds),
    )


def words(run: Run) -> str:
    """Return goodput, 99th percentile and refusals of a run."""
    return f"{run.goodput:,.0f}/s {run.p99_seconds:.2f} s {run.refused_share:.1%}"


def row(found: Figures) -> tuple[str, ...]:
    """Return a scenario's row of the table."""
    late = found.recovery_seconds
    return (
        found.scenario.name,
        words(found.fixed),
        f"{found.best_limit}: {words(found.best)}",
        words(found.vector),
        words(min(found.ours, key=lambda run: run.goodput)),
        f"{found.goodput_share:.0%}",
        f"{found.refused_share:.1%}",
        "" if late is None else f"{late:.1f} s",
        f"missed: {', '.join(found.missed)}" if found.missed else "met",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the scenarios and print what came of them."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.limit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--only", default="", help="scenarios with this in their name")
    options = parser.parse_args(arguments)
    scenarios = [one for one in SCENARIOS if options.only in one.name]
    if not scenarios:
        parser.error(f"--only: no scenario has {options.only!r} in its name")
    if options.seeds < 1:
        parser.error(f"--seeds: at least 1, not {options.seeds}")
    seeds = range(options.first, options.first + options.seeds)
    rows: list[tuple[str, ...]] = [
        (
            "scenario: goodput, p99, refused",
            "fixed 64",
            "best fixed",
            "Vector",
            "adaptive, worst",
            "of the best",
            "refused",
            "back after",
            "aims",
        )
    ]
    is_met = True
    for scenario in scenarios:
        found = measure(scenario, seeds)
        is_met = is_met and not found.missed
        rows.append(row(found))
        sys.stderr.write(f"{scenario.name}: {rows[-1][-1]}\n")
    sys.stdout.write(markdown(rows) + "\n")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
