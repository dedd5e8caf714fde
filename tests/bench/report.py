"""What was measured, as text for a terminal and as a table for the README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.bench.memory import MOST_DIFFERENCE_MB, MOST_MB, Peak
from tests.bench.paced import Paced
from tests.bench.pipeline import SUMMED, Parts, Run
from tests.bench.skewed import Backlog, Kind

__all__ = [
    "AIM",
    "AIM_TRACED",
    "backlog_rows",
    "markdown",
    "memory_rows",
    "paced_rows",
    "parts_rows",
    "run_rows",
    "stage_rows",
]

AIM = 2.0
AIM_TRACED = 2.2  # at 1 %
Row = tuple[str, ...]
# Measured once, on the same work and one core, and not by this command: it queues by key,
# as we do, and does not merge. The CPU is that of distinct keys. Its own bench says the
# same of such keys: 371 records/s with order by key and 1,230 without, at 10 ms and 24
# calls in flight (github.com/astubbs/parallel-consumer, pull request 362).
KNOWN = ("(zipf, Parallel Consumer)", "5 ms", "none", "", "880", "1.00", "130", "")


def aim_of(run: Run) -> float | None:
    """Return the aim for a run; None where there is none."""
    return {0.0: AIM, 0.01: AIM_TRACED}.get(run.sample_ratio)


def run_rows(runs: Sequence[Run]) -> list[Row]:
    """Return a heading and a row for each run."""
    rows: list[Row] = [
        (
            "broker",
            "profiles",
            "traced",
            "records/s",
            "CPU us/record",
            "loop",
            "other threads",
            "over raw",
            "aim",
        )
    ]
    for run in runs:
        aim = aim_of(run)
        rows.append((
            run.broker,
            f"{run.profiles:,}",
            f"{run.sample_ratio:.0%}" if run.sample_ratio else "off",
            f"{run.records_per_second:,.0f}",
            f"{run.total_us:.1f}",
            f"{run.loop_us:.1f}",
            f"{run.others_us:.1f}",
            f"{run.ratio:.2f}",
            ""
            if aim is None
            else f"{aim:.1f} {'met' if run.ratio <= aim else 'missed'}",
        ))
    return rows


def parts_rows(parts: Mapping[str, Parts]) -> list[Row]:
    """Return a heading and a row for each raw part and each stage."""
    kinds = list(parts)
    rows: list[Row] = [("CPU us/record", *kinds)]
    first = parts[kinds[0]]
    for name in first.raw:
        label = f"raw: {name}" if name in SUMMED else f"({name}, not in the sum)"
        rows.append((label, *(f"{parts[kind].raw[name]:.1f}" for kind in kinds)))
    rows.append(("raw: sum", *(f"{parts[kind].raw_sum:.1f}" for kind in kinds)))
    rows += [
        (f"stage: {name}", *(f"{parts[kind].stages[name]:.1f}" for kind in kinds))
        for name in first.stages
    ]
    return rows


def kind_cells(kind: Kind) -> Row:
    """Return the first cells of a run's row."""
    merging = "on" if kind.merges else "off"
    return kind.workload, f"{kind.delay_seconds * 1000:.0f} ms", merging


def backlog_rows(backlogs: Sequence[Backlog]) -> list[Row]:
    """Return a heading and a row for each backlog, and one for what is known."""
    rows: list[Row] = [
        (
            "backlog",
            "target",
            "merging",
            "records",
            "records/s",
            "calls/record",
            "CPU us/record",
            "peak",
        )
    ]
    rows += [
        (
            *kind_cells(one.kind),
            f"{one.records:,}",
            f"{one.per_second:,.0f}",
            f"{one.calls:.2f}",
            f"{one.cpu_us:.1f}",
            f"{one.rss_mb:.0f} MB",
        )
        for one in backlogs
    ]
    return [*rows, KNOWN]


def paced_rows(paced: Sequence[Paced]) -> list[Row]:
    """Return a heading and a row for each paced run."""
    rows: list[Row] = [
        (
            "paced",
            "target",
            "merging",
            "records/s",
            "calls/record",
            "p50",
            "p99",
            "p99 of the busiest",
            "left behind",
            "CPU us/record",
            "peak",
        )
    ]
    rows += [
        (
            *kind_cells(one.kind),
            f"{one.per_second:,.0f}",
            f"{one.calls:.2f}",
            f"{one.p50_ms:.1f} ms",
            f"{one.p99_ms:.1f} ms",
            "" if one.busiest_p99_ms is None else f"{one.busiest_p99_ms:,.1f} ms",
            f"{one.left:,}",
            f"{one.cpu_us:.1f}",
            f"{one.rss_mb:.0f} MB",
        )
        for one in paced
    ]
    return rows


def stage_rows(stages: Mapping[str, Mapping[str, float]]) -> list[Row]:
    """Return a heading and a row for each stage, and their sum, by workload."""
    rows: list[Row] = [("CPU us/record", *stages)]
    rows += [
        (f"stage: {name}", *(f"{found[name]:.1f}" for found in stages.values()))
        for name in next(iter(stages.values()))
    ]
    sums = (f"{sum(found.values()):.1f}" for found in stages.values())
    return [*rows, ("stages: sum", *sums)]


def memory_rows(peaks: Sequence[Peak]) -> list[Row]:
    """Return a heading and a row for each backlog."""
    rows: list[Row] = [("backlog", "at the first call", "peak", "aim")]
    rows += [
        (
            f"{one.records:,}",
            f"{one.at_once_mb:.0f} MB",
            f"{one.peak_mb:.0f} MB",
            f"{MOST_MB} MB {'met' if one.peak_mb <= MOST_MB else 'missed'}",
        )
        for one in peaks
    ]
    if len(peaks) > 1:
        difference = abs(peaks[0].peak_mb - peaks[-1].peak_mb)
        verdict = "met" if difference <= MOST_DIFFERENCE_MB else "missed"
        aim = f"{MOST_DIFFERENCE_MB} MB {verdict}"
        rows.append(("difference", "", f"{difference:.0f} MB", aim))
    return rows


def markdown(rows: Sequence[Row]) -> str:
    """Return rows as a table that also reads well as it stands."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        f"| {' | '.join(c.ljust(w) for c, w in zip(row, widths, strict=True))} |"
        for row in rows
    ]
    lines.insert(1, f"| {' | '.join('-' * width for width in widths)} |")
    return "\n".join(lines)
