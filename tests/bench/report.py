"""What was measured, as text for a terminal and as a table for the README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.bench.memory import MOST_DIFFERENCE_MB, MOST_MB, Peak
from tests.bench.pipeline import SUMMED, Parts, Run

__all__ = ["AIM", "AIM_TRACED", "markdown", "memory_rows", "parts_rows", "run_rows"]

AIM = 2.0
AIM_TRACED = 2.2  # at 1 %
Row = tuple[str, ...]


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
