"""What a run is told as: to a person, in a terminal or a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tests.chaos.cluster.evidence import Evidence
from tests.chaos.cluster.judge import LAG_SECONDS
from tests.chaos.cluster.measures import longest_stall, merged_ratio
from tests.chaos.cluster.options import Options
from tests.chaos.cluster.plan import members_of
from tests.chaos.cluster.repeats import by_cause, of_processes, repeats_of

__all__ = ["Result", "beside", "command_of", "lines"]

# What faults of processes may repeat, of all records, when these come no faster than
# this and faults no closer. More of either in the same time repeats more, and is no bar.
REPEATS_RATIO = 0.02
REPEATS_RATE = 200.0
REPEATS_FAULT_SECONDS = 10.0
SHOWN = 10  # of what breaks one rule


class Result(NamedTuple):
    """A run that is over, and judged.

    Attributes:
        options: What was asked.
        evidence: What it left behind.
        broken: Rule to what broke it; empty when all is well.
        seconds: How long it took.
    """

    options: Options
    evidence: Evidence
    broken: Mapping[str, Sequence[str]]
    seconds: float

    @property
    def repeats(self) -> Mapping[str, int]:
        """How many records were repeated by each cause."""
        return by_cause(list(repeats_of(self.evidence)))

    @property
    def has_repeats_bar(self) -> bool:
        """Whether the bar on repeats holds for such a run."""
        options = self.options
        is_slow = options.faults * REPEATS_FAULT_SECONDS <= options.seconds
        return options.has_map and is_slow and options.rate <= REPEATS_RATE

    @property
    def is_well(self) -> bool:
        """Whether every promise and every bar was kept."""
        repeated = of_processes(self.repeats)
        most = REPEATS_RATIO * len(self.evidence.records)
        return not self.broken and not (self.has_repeats_bar and repeated > most)


def command_of(options: Options) -> str:
    """Return the command that runs the same again."""
    parts = [
        "python -m tests.chaos.cluster",
        f"--records {options.records}",
        f"--faults {options.faults}",
        f"--seed {options.seed}",
        f"--rate {options.rate:g}",
        f"--protocol {options.protocol}",
        f"--registry {'real' if options.has_real_registry else 'sandbox'}",
    ]
    parts += [f"--kind {name}" for name in options.kinds]
    parts += [f"--kafka {name}={value}" for name, value in options.kafka.items()]
    return " ".join(parts if options.has_map else [*parts, "--map off"])


def lines(result: Result) -> Iterator[str]:
    """Yield the report, line by line."""
    options, evidence = result.options, result.evidence
    records = len(evidence.records)
    repeats = result.repeats
    process = of_processes(repeats)
    bar = f" (at most {REPEATS_RATIO:.0%})" if result.has_repeats_bar else ""
    kinds = Counter(str(each.fault.kind) for each in evidence.happened)
    yield (
        f"{records:,} records at {options.rate:g} a second, "
        f"{members_of(options.seed)} processes ({options.protocol}), "
        f"{len(evidence.happened)} faults, offset map "
        f"{'on' if options.has_map else 'off'}, {result.seconds:.0f} s"
    )
    yield from table("faults", kinds)
    yield from table("repeated records by cause", repeats)
    yield (
        f"repeats of process faults: {process:,}, {share(process, records)} of the "
        f"records{bar}; of all: {sum(repeats.values()):,}"
    )
    yield (
        f"calls accepted: {sum(call.is_accepted for call in evidence.calls):,}, "
        f"{merged_ratio(evidence):.2f} records each; dead letters: "
        f"{len(evidence.letters):,}"
    )
    yield f"longest stall after the last fault: {longest_stall(evidence):.1f} s"
    if evidence.done_at is not None:
        seconds = evidence.done_at - evidence.faults_over_at
        yield f"all lag gone {seconds:.1f} s after it (at most {LAG_SECONDS:g} s)"
    for rule, texts in result.broken.items():
        yield f"BROKEN: {rule}: {len(texts)}"
        yield from (f"    {text}" for text in texts[:SHOWN])
    if not result.broken:
        yield "lost 0, wrong profiles 0, order violations 0, sent after done 0: all kept"


def beside(mapped: Result, unmapped: Result) -> Iterator[str]:
    """Yield what was repeated with the offset map beside what was without."""
    yield "repeated records by cause: with the offset map, without"
    for name in dict.fromkeys([*mapped.repeats, *unmapped.repeats]):
        yield f"  {mapped.repeats.get(name, 0):>7,} {unmapped.repeats.get(name, 0):>7,}  {name}"
    sums = [sum(each.repeats.values()) for each in (mapped, unmapped)]
    yield f"  {sums[0]:>7,} {sums[1]:>7,}  in all"


def table(title: str, counts: Mapping[str, int]) -> Iterator[str]:
    """Yield a title and a line for each count."""
    yield f"{title}:"
    for name, count in counts.items():
        yield f"  {count:>7,}  {name}"
    if not counts:
        yield "        0"


def share(part: int, whole: int) -> str:
    """Return a part in per cent."""
    return f"{100 * part / whole:.2f} %" if whole else "0 %"
