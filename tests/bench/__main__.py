"""The benchmarks: `python -m tests.bench pipeline | memory | readme`.

pipeline   records a second and CPU per record: one call each, by stage, against the raw
           limits; profiles of unequal weight, with merging and without; the scheduler
           alone, by what waits
memory     peak memory with a small and with a large backlog, on a real broker
readme     both, and the table of the README rewritten from them

It ends with 1 when an aim of the unequal profiles or of the scheduler is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.bench import schedule
from tests.bench.aims import Aim, aim_rows, exit_code
from tests.bench.load import Case
from tests.bench.memory import Peak
from tests.bench.memory import measure as measure_memory
from tests.bench.paced import Paced, measured_paced, paced_topics
from tests.bench.pipeline import Parts, Plan, Run, run_all
from tests.bench.report import (
    backlog_rows,
    markdown,
    memory_rows,
    paced_rows,
    parts_rows,
    run_rows,
    stage_rows,
)
from tests.bench.skewed import (
    BACKLOGS,
    Backlog,
    Skewed,
    measured_backlogs,
    opened,
    stages_of,
)
from tests.bench.skewed_aims import skewed_aims

__all__ = ["Figures", "main"]

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
PARTS = ("alone", "skewed", "schedule")


@dataclass(slots=True, kw_only=True)
class Figures:
    """All that was measured; what was not asked for is empty."""

    parts: dict[str, Parts] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    backlogs: list[Backlog] = field(default_factory=list)
    paced: list[Paced] = field(default_factory=list)
    costs: dict[Case, schedule.Cost] = field(default_factory=dict)
    aims: list[Aim] = field(default_factory=list)
    peaks: list[Peak] = field(default_factory=list)

    def tables(self) -> str:
        """Return all tables, one after the other."""
        found = []
        if self.runs:
            found += [run_rows(self.runs), parts_rows(self.parts)]
        if self.backlogs:
            found += [backlog_rows(self.backlogs), paced_rows(self.paced)]
            found.append(stage_rows(self.stages))
        if self.costs:
            found.append(schedule.cost_rows(self.costs))
        if self.aims:
            found.append(aim_rows(self.aims))
        if self.peaks:
            found.append(memory_rows(self.peaks))
        return "\n\n".join(map(markdown, found))

    def as_json(self) -> dict[str, object]:
        """Return everything as one JSON value."""
        return {
            "parts": {
                kind: {**asdict(one), "raw_sum": one.raw_sum}
                for kind, one in self.parts.items()
            },
            "runs": [{**asdict(run), "total_us": run.total_us} for run in self.runs],
            "stages": self.stages,
            "backlogs": [asdict(one) for one in self.backlogs],
            "paced": [asdict(one) for one in self.paced],
            "schedule": [
                {**asdict(case), **asdict(cost), "total": cost.total}
                for case, cost in self.costs.items()
            ],
            "aims": [{**asdict(aim), "is_met": aim.is_met()} for aim in self.aims],
            "memory": [asdict(peak) for peak in self.peaks],
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for and say what came of it; 1 when an aim is missed."""
    options = parser().parse_args(arguments)
    figures = Figures()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        if options.what != "memory":
            measure(figures, options, Path(folder))
        if options.what != "pipeline":
            backlogs = (options.backlog // 10, options.backlog)
            figures.peaks = measure_memory(backlogs, Path(folder))
    if options.output == "json":
        sys.stdout.write(json.dumps(figures.as_json(), indent=2) + "\n")
    else:
        sys.stdout.write(figures.tables() + "\n")
    if options.what == "readme":
        rewrite(README, figures.tables())
    return exit_code(figures.aims, options.slack)


def measure(figures: Figures, options: argparse.Namespace, folder: Path) -> None:
    """Measure the parts of `pipeline` that are asked for."""
    if "alone" in options.only:
        figures.parts, figures.runs = run_all(plan_of(options), folder)
    if "skewed" in options.only:
        plan = skewed_of(options)
        topics = [*(kind.topic for kind in BACKLOGS), *paced_topics(plan)]
        with opened(topics, folder / "skewed") as place:
            figures.backlogs = measured_backlogs(plan, place)
            figures.stages = stages_of(plan, place)
            figures.paced = measured_paced(plan, place)
        figures.aims += skewed_aims(figures.backlogs, figures.paced)
    if "schedule" in options.only:
        figures.costs, aims = schedule.measure_all(options.rounds, options.repeats)
        figures.aims += aims


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("what", choices=("pipeline", "memory", "readme"))
    made.add_argument(
        "--only", choices=PARTS, nargs="+", default=PARTS, help="parts of `pipeline`"
    )
    made.add_argument("--records", type=positive, default=80_000, help="of one run")
    made.add_argument("--backlog", type=positive, default=200_000, help="of `memory`")
    made.add_argument("--in-flight", type=positive, default=256)
    made.add_argument("--profiles", type=positive, nargs="+", default=[1_000, 10_000])
    made.add_argument("--ratios", type=float, nargs="+", default=[0.0, 0.01, 1.0])
    made.add_argument(
        "--skewed", type=positive, default=120_000, help="records of a backlog"
    )
    made.add_argument(
        "--held", type=positive, default=10_000, help="limits.held_records"
    )
    made.add_argument("--pace", type=float, default=2_000.0, help="records a second")
    made.add_argument("--seconds", type=float, default=10.0, help="of a paced run")
    made.add_argument("--rounds", type=positive, default=300, help="of `schedule`")
    made.add_argument("--repeats", type=positive, default=2, help="the best counts")
    made.add_argument("--real-kafka", action="store_true", help="as well as the mock")
    made.add_argument(
        "--slack",
        type=float,
        default=1.0,
        help="how much of an aim is enough: more than 1 where others use the machine",
    )
    made.add_argument("--output", choices=("text", "json"), default="text")
    return made


def positive(text: str) -> int:
    """Return a whole number that is at least 1.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def plan_of(options: argparse.Namespace) -> Plan:
    """Return what is measured with one call per record."""
    real = options.real_kafka or options.what == "readme"
    return Plan(
        records=options.records,
        in_flight=options.in_flight,
        profiles=tuple(options.profiles),
        ratios=tuple(options.ratios),
        brokers=("mock", "kafka") if real else ("mock",),
        repeats=options.repeats,
    )


def skewed_of(options: argparse.Namespace) -> Skewed:
    """Return what is measured with profiles of unequal weight."""
    return Skewed(
        records=options.skewed,
        per_second=options.pace,
        seconds=options.seconds,
        in_flight=options.in_flight,
        held_records=options.held,
        repeats=options.repeats,
    )


def rewrite(path: Path, text: str) -> None:
    """Put `text` between the markers of a file, if it has them."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
