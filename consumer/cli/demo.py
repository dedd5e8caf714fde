"""`consumer demo`: see it work, and see it judged."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import click
import msgspec
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from consumer.cli.embedded import Outcome, run_embedded
from consumer.cli.embedded import Progress as Run
from consumer.cli.exits import Exit
from consumer.cli.options import sample_options
from consumer.cli.output import emit, output_option, say
from consumer.sandbox.check import Comparison, compare, order_violations
from consumer.telemetry.logs import configure

__all__ = ["Verdict", "demo", "judge"]

COUNTS = (
    *("published", "consumed", "delivered", "merged", "skipped"),
    *("dead_lettered", "released", "held"),
)
PLAIN_LINE_EVERY = 20  # times that progress is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The demo's numbers, in records, and whether all is well."""

    published: int
    consumed: int
    delivered: int
    merged: int
    skipped: int
    dead_lettered: int
    released: int
    held: int
    calls: int
    order_violations: int
    conserved: bool
    profiles: dict[str, int]
    elapsed_seconds: float

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, nothing is wrong, and order was kept."""
        wrong = self.profiles["different"] or self.order_violations
        return self.conserved and not wrong


@click.command()
@sample_options(5000)
@output_option
def demo(form: str, records: int, seed: int) -> int:
    """See loan, loyalty and kiosk events become profiles, and be judged.

    Starts a Kafka broker, a Target, a schema registry and three publishers in this
    process, and the consumer that `consumer run` runs. About 1 in 100 events is bad on
    purpose and about 3 in 100 are skipped by a rule; the target answers some calls with
    an error, asks for a pause, or not at all. In the end every profile is compared with
    what the events say.
    """
    configure("error", "logfmt", sys.stderr)
    # The broker in this process goes down after its clients do, or before: both are ours.
    logging.getLogger("consumer.deadletter").setLevel(logging.CRITICAL)
    shown = Shown(records)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, shown:
        outcome = runner.run(run_embedded(records, seed, shown))
    compared = compare(outcome.progress.fold.profiles, outcome.profiles)
    verdict = judge(outcome, compared)
    if form == "json":
        emit(verdict)
    else:
        print_story(outcome)
        print_verdict(verdict, compared)
    return Exit.DONE if verdict.is_good else Exit.NO


def judge(outcome: Outcome, compared: Comparison) -> Verdict:
    """Compare what came of the events with what they say."""
    counts, published = outcome.statistics, outcome.progress.fold.published
    ends = counts.delivered + counts.merged + counts.skipped + counts.dead_lettered
    letters = {(one.topic, one.partition, one.offset) for one in outcome.letters}
    return Verdict(
        published=published,
        consumed=counts.consumed,
        delivered=counts.delivered,
        merged=counts.merged,
        skipped=counts.skipped,
        dead_lettered=counts.dead_lettered,
        released=counts.released,
        held=counts.held,
        calls=outcome.call_count,
        order_violations=order_violations(outcome.calls),
        conserved=(
            counts.consumed == ends + counts.released + counts.held
            and counts.consumed == published
            and counts.dead_lettered == len(letters)
        ),
        profiles={
            "expected": compared.expected,
            "equal": compared.equal,
            "different": compared.different,
        },
        elapsed_seconds=round(outcome.elapsed_seconds, 3),
    )


class Shown:
    """Shows progress: a bar on a terminal, a plain line now and then elsewhere."""

    def __init__(self, records: int) -> None:
        self._records = records
        self._told = 0
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed}/{task.total}"),
                TextColumn("{task.fields[note]}"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
            )
            self._task = self._bar.add_task("settled", total=records, note="")

    def __enter__(self) -> Callable[[Run], None]:
        say(f"publishing {self._records} events, consuming and judging them")
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, run: Run) -> None:
        """Show how far `run` is."""
        counts = run.statistics
        if counts is None:
            return
        settled = counts.consumed - counts.held
        note = f"{counts.in_flight} calls, {counts.dead_lettered} dead letters"
        if self._bar is not None:
            self._bar.update(self._task, completed=settled, note=note)
        elif self._told % PLAIN_LINE_EVERY == 0:
            say(f"settled {settled} of {self._records}: {note}")
        self._told += 1


def print_story(outcome: Outcome) -> None:
    """Print one event from its publisher to its profile, and the dead letters."""
    console = Console()
    example = outcome.progress.example
    if example is not None and example.event.profile is not None:
        event = example.event
        table = Table(title=f"One event: {event.kind.schema} of {event.profile}")
        for heading in ("attribute", "before", "after"):
            table.add_column(heading, overflow="fold")
        after = outcome.profiles.get(event.profile or "", {})
        for name, value in after.items():
            before = example.before.get(name, "")
            table.add_row(name, before, value if value != before else "=")
        console.print_json(msgspec.json.encode(event.fields, enc_hook=str).decode())
        console.print(table)
    reasons = Counter((one.stage, one.reason) for one in outcome.letters)
    table = Table(title="Dead letters", show_footer=True)
    table.add_column("stage")
    table.add_column("reason")
    table.add_column("letters", justify="right", footer=str(len(outcome.letters)))
    for (stage, reason), count in sorted(reasons.items()):
        table.add_row(stage, reason, str(count))
    console.print(table)


def print_verdict(verdict: Verdict, compared: Comparison) -> None:
    """Print the counts and the judgement."""
    console = Console()
    table = Table(title="Records")
    table.add_column("what became of them")
    table.add_column("records", justify="right")
    for name in COUNTS:
        table.add_row(name.replace("_", " "), str(getattr(verdict, name)))
    console.print(table)
    console.print(
        f"{verdict.calls} calls; {verdict.profiles['equal']} of "
        f"{verdict.profiles['expected']} profiles equal what the events say; "
        f"{verdict.order_violations} order violations; "
        f"{verdict.elapsed_seconds:.1f} s"
    )
    if not verdict.conserved:
        console.print("NOT conserved: the counts do not add up", style="bold red")
    for profile, names in compared.samples:
        console.print(f"different: {profile}: {', '.join(names)}", style="red")
    if verdict.is_good:
        console.print("All is well.", style="green")
