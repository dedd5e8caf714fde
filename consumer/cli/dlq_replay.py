"""`consumer dlq replay`: send the records of letters again."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import click

from consumer.cli.columns import printable
from consumer.cli.exits import Exit
from consumer.cli.files import load_settings
from consumer.cli.letter_options import selection, selection_options
from consumer.cli.letterbox import Letterbox
from consumer.cli.marking import chosen, missing_places, refuse_everything
from consumer.cli.others import groups_reading
from consumer.cli.outbox import Outbox
from consumer.cli.output import emit, many, output_option, say
from consumer.cli.replaying import Refused, Replaying, Report, Wanted
from consumer.cli.today import Today
from consumer.config.settings import Settings
from consumer.errors import DependencyError, UsageError
from consumer.letters.selection import Selection
from consumer.letters.states import Entry, State

__all__ = ["replay"]

MOST_NAMED = 20  # letters that are not sent, in text


@click.command()
@click.argument("places", metavar="[TOPIC:PARTITION:OFFSET]...", nargs=-1)
@click.option("--config", required=True, metavar="FILE", help="Configuration file.")
@click.option("--all", "every", is_flag=True, help="All open letters of the group.")
@selection_options("--reason", "--code")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="So many at most, by the places of their records.",
)
@click.option("--dry-run", is_flag=True, help="Send nothing, and say what would be.")
@click.option("--again", is_flag=True, help="Also those that were replayed before.")
@click.option(
    "--allow-stale",
    is_flag=True,
    help="Do not ask Target whether an attribute was written since the record failed.",
)
@click.option(
    "--to-source",
    is_flag=True,
    help="Send to the source topic, which others may read, too.",
)
@click.option("--yes", is_flag=True, help="Do not ask before --to-source sends.")
@output_option
def replay(
    form: str,
    /,
    *,
    places: tuple[str, ...],
    config: str,
    every: bool,
    codes: tuple[str, ...],
    mappings: tuple[str, ...],
    topics: tuple[str, ...],
    since: str | None,
    limit: int | None,
    dry_run: bool,
    again: bool,
    allow_stale: bool,
    to_source: bool,
    yes: bool,
) -> int:
    """Send the records of dead letters again, to the topic {group}.{topic}.replay.

    The group reads that topic beside the source, and maps each record as what it was,
    by the mappings that run then; profiles that had their update before are left out. The
    topic is created when it is missing, and read within seconds. A letter is not sent when
    it would be refused again by the mappings here, or would write over an attribute that
    Target says is newer than its first failure. Between a topic and its replays no order
    is kept.

    Exit code 1 when a letter that was asked for was not sent.
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
    what = Wanted(is_dry=dry_run, allow_stale=allow_stale, to_source=to_source)
    with Letterbox(settings) as box, Today(settings) as today:
        found = box.entries(wanted)
        missing_places(wanted, found)
        entries, closed = chosen(found, states(wanted, again=again))
        entries, left = entries[:limit], entries[limit:] if limit else []
        if to_source and entries and not dry_run:
            ask(settings, entries, may_send=yes, form=form)
        replaying = Replaying(settings, box, today, what)
        go(settings, replaying, entries, is_dry=dry_run)
    again_named = closed if wanted.places else []
    if form == "json":
        emit(value_of(replaying.report, what, again_named, len(left)))
    else:
        tell(settings, replaying.report, what, len(left))
        tell_closed(closed, is_named=bool(wanted.places))
    is_whole = not replaying.report.refused and not again_named
    return Exit.DONE if is_whole else Exit.NO


def states(wanted: Selection, *, again: bool) -> frozenset[State]:
    """Return which letters are sent.

    One that was resolved is sent again only when it is named.
    """
    if not again:
        return frozenset({State.OPEN})
    if wanted.places:
        return frozenset(State)
    return frozenset({State.OPEN, State.REPLAYED})


def go(
    settings: Settings, replaying: Replaying, entries: Sequence[Entry], *, is_dry: bool
) -> None:
    """Run the replay, with a producer if it is to send anything.

    Raises:
        DependencyError: The cluster, the registry or Target did not answer.
    """
    if is_dry or not entries:
        replaying.run(entries, None)
        return
    try:
        with Outbox(settings) as outbox:
            replaying.run(entries, outbox)
    except DependencyError:
        if replaying.report.sent:
            say(f"{many(replaying.report.sent, 'letter')} sent before this happened")
        raise


def ask(
    settings: Settings, entries: Sequence[Entry], *, may_send: bool, form: str
) -> None:
    """Say who else reads the source topics, and ask whether to send.

    Raises:
        UsageError: The answer is no, or nobody can be asked.
    """
    topics = sorted({entry.coordinates.topic for entry in entries})
    try:
        readers = groups_reading(settings, topics)
        lines = [
            f"{topic} is also read by: {', '.join(readers[topic]) or 'no other group'}"
            for topic in topics
        ]
    except DependencyError as error:
        lines = [str(error)]
    for line in lines:
        say(printable(line))
    say("profiles that had their update before get it again: the source knows of none")
    if may_send:
        return
    if form == "text" and sys.stdin.isatty():
        if click.confirm(f"Send {many(len(entries), 'record')} there?", err=True):
            return
        raise UsageError("nothing was sent")
    raise UsageError("--to-source sends only with --yes, when nobody can be asked")


# ------------------------------------------------------------------- what is printed


def value_of(
    report: Report, what: Wanted, again: Sequence[Entry], left: int
) -> dict[str, object]:
    """Return what a program reads."""
    refused = [
        *report.refused,
        *(Refused(one, one.state.value, before(one)) for one in again),
    ]
    return {
        "ok": not refused,
        "dry_run": what.is_dry,
        "sent": 0 if what.is_dry else report.sent,
        "would_send": report.sent if what.is_dry else 0,
        "topics": dict(report.topics),
        "created": report.created,
        "ends": dict(report.ends),
        "refused": [
            {
                "record": str(one.entry.coordinates),
                "letter": one.entry.letter,
                "code": one.code,
                "detail": one.detail,
            }
            for one in refused
        ],
        "left": left,
        "unseen": report.unseen,
    }


def before(entry: Entry) -> str:
    """Return why a letter that was named is not sent without `--again`."""
    at = "" if entry.marker is None else f" at {entry.marker.at}"
    return f"it was {entry.state.value}{at}: --again sends it once more"


def tell(
    settings: Settings,
    report: Report,
    what: Wanted,
    left: int,
) -> None:
    """Say what was sent, what was not, and what comes next."""
    for name, count in sorted(report.ends.items()):
        click.echo(f"{name}: {count}")
    for one in report.refused[:MOST_NAMED]:
        text = f"{one.entry.coordinates}: not sent, {one.code}: {one.detail}"
        click.echo(printable(text))
    more = len(report.refused) - MOST_NAMED
    if more > 0:
        click.echo(f"and {more} more")
    for topic in report.created:
        say(f"{topic} was created")
    for topic, count in sorted(report.topics.items()):
        verb = "would go" if what.is_dry else "sent"
        say(f"{many(count, 'record')} {verb} to {topic}")
    total = f"{report.sent} of {many(report.sent + len(report.refused), 'letter')}"
    verb = "would be sent" if what.is_dry else "sent"
    say(f"{total} {verb}", "red" if report.refused else "green")
    if report.unseen:
        say(f"not looked whether anything newer is there: {report.unseen}", "yellow")
    if left:
        say(f"{many(left, 'letter')} left over by --limit")
    is_unread = not settings.dead_letters.read_replays and not what.to_source
    if report.sent and is_unread:
        say("dead_letters.read_replays is false here: nobody may read them", "yellow")


def tell_closed(closed: Sequence[Entry], *, is_named: bool) -> None:
    """Say which letters had been sent or closed before."""
    if not is_named and closed:
        say(f"{many(len(closed), 'letter')} replayed or resolved before: see --again")
        return
    for one in closed[:MOST_NAMED]:
        say(f"{one.coordinates}: {before(one)}", "red")
    if len(closed) > MOST_NAMED:
        say(f"and {len(closed) - MOST_NAMED} more")
