"""`consumer dlq resolve`: close letters without sending their records again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from consumer.cli.exits import Exit
from consumer.cli.files import load_settings
from consumer.cli.letter_options import selection, selection_options
from consumer.cli.letterbox import BATCH, Letterbox
from consumer.cli.marking import chosen, marked, missing_places, refuse_everything
from consumer.cli.outbox import Outbox
from consumer.cli.output import emit, many, output_option, say
from consumer.letters.marker import MarkerKind
from consumer.letters.states import State

__all__ = ["resolve"]


@click.command()
@click.argument("places", metavar="[TOPIC:PARTITION:OFFSET]...", nargs=-1)
@click.option("--config", required=True, metavar="FILE", help="Configuration file.")
@click.option(
    "--reason",
    "note",
    required=True,
    metavar="TEXT",
    help="Why they are closed; it is kept beside them, so no personal data.",
)
@click.option("--all", "every", is_flag=True, help="All open letters of the group.")
@selection_options("--code")
@output_option
def resolve(
    form: str,
    /,
    *,
    places: tuple[str, ...],
    config: str,
    note: str,
    every: bool,
    codes: tuple[str, ...],
    mappings: tuple[str, ...],
    topics: tuple[str, ...],
    since: str | None,
) -> int:
    """Close dead letters that nobody will replay, such as those of a publisher's mistake.

    Nothing is sent to Target or deleted: a marker beside each letter says who closed it and
    why. Letters are named by the place of their record or their own, or chosen by what
    they have in common. One that is not open stays as it is.
    """
    settings = load_settings(config).settings
    wanted = selection(
        settings,
        time.time_ns() // 1_000_000,
        places=places,
        codes=codes,
        mappings=mappings,
        topics=topics,
        since=since,
    )
    refuse_everything(wanted, every=every)
    with Letterbox(settings) as box:
        found = box.entries(wanted)
        missing_places(wanted, found)
        entries, others = chosen(found, frozenset({State.OPEN}))
    at = datetime.now(UTC)
    with Outbox(settings) as outbox:
        for first in range(0, len(entries), BATCH):
            batch = entries[first : first + BATCH]
            marked(outbox, batch, MarkerKind.RESOLVED, box.names.group, at, note=note)
    tell(form, len(entries), [one.state for one in others])
    return Exit.DONE


def tell(form: str, resolved: int, others: Sequence[State]) -> None:
    """Say what was closed."""
    if form == "json":
        emit({"ok": True, "resolved": resolved, "not_open": len(others)})
        return
    verb = "is" if resolved == 1 else "are"
    say(f"{many(resolved, 'letter')} {verb} resolved", "green" if resolved else None)
    if others:
        say(f"{many(len(others), 'letter')} not open: left as they are")
