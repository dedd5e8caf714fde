"""The benchmarks: `python -m tests.bench pipeline | memory | readme`.

pipeline   records a second and CPU per record, by stage, against the raw limits
memory     peak memory with a small and with a large backlog, on a real broker
readme     both, and the table of the README rewritten from them
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.bench.memory import Peak
from tests.bench.memory import measure as measure_memory
from tests.bench.pipeline import Parts, Plan, Run, run_all
from tests.bench.report import markdown, memory_rows, parts_rows, run_rows

__all__ = ["main"]

README = Path(__file__).resolve().parents[2] / "README.md"
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for and say what came of it."""
    options = parser().parse_args(arguments)
    parts: dict[str, Parts] = {}
    runs: list[Run] = []
    peaks: list[Peak] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        if options.what != "memory":
            parts, runs = run_all(plan_of(options), Path(folder))
        if options.what != "pipeline":
            backlogs = (options.backlog // 10, options.backlog)
            peaks = measure_memory(backlogs, Path(folder))
    if options.output == "json":
        sys.stdout.write(json.dumps(as_json(parts, runs, peaks), indent=2) + "\n")
    else:
        sys.stdout.write(tables(parts, runs, peaks) + "\n")
    if options.what == "readme":
        rewrite(README, tables(parts, runs, peaks))
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("what", choices=("pipeline", "memory", "readme"))
    made.add_argument("--records", type=int, default=80_000, help="of one run")
    made.add_argument("--backlog", type=int, default=200_000, help="of `memory`")
    made.add_argument("--in-flight", type=int, default=256)
    made.add_argument("--profiles", type=int, nargs="+", default=[1_000, 10_000])
    made.add_argument("--ratios", type=float, nargs="+", default=[0.0, 0.01, 1.0])
    made.add_argument("--repeats", type=int, default=2, help="the least counts")
    made.add_argument("--real-kafka", action="store_true", help="as well as the mock")
    made.add_argument("--output", choices=("text", "json"), default="text")
    return made


def plan_of(options: argparse.Namespace) -> Plan:
    """Return what `pipeline` measures."""
    real = options.real_kafka or options.what == "readme"
    return Plan(
        records=options.records,
        in_flight=options.in_flight,
        profiles=tuple(options.profiles),
        ratios=tuple(options.ratios),
        brokers=("mock", "kafka") if real else ("mock",),
        repeats=options.repeats,
    )


def tables(parts: dict[str, Parts], runs: list[Run], peaks: list[Peak]) -> str:
    """Return all tables, one after the other."""
    found = []
    if runs:
        found += [markdown(run_rows(runs)), markdown(parts_rows(parts))]
    if peaks:
        found.append(markdown(memory_rows(peaks)))
    return "\n\n".join(found)


def as_json(
    parts: dict[str, Parts], runs: list[Run], peaks: list[Peak]
) -> dict[str, object]:
    """Return everything as one JSON value."""
    return {
        "parts": {
            kind: {**asdict(one), "raw_sum": one.raw_sum} for kind, one in parts.items()
        },
        "runs": [{**asdict(run), "total_us": run.total_us} for run in runs],
        "memory": [asdict(peak) for peak in peaks],
    }


def rewrite(path: Path, text: str) -> None:
    """Put `text` between the markers of a file, if it has them."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
