"""`consumer dlq list`: how many letters there are, and why."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from consumer.cli.columns import columns
from consumer.cli.exits import Exit
from consumer.cli.files import load_settings
from consumer.cli.letter_options import moment_text, selection, selection_options
from consumer.cli.letterbox import Letterbox
from consumer.cli.output import emit, many, output_option, say
from consumer.letters.selection import Group, grouped
from consumer.letters.states import Entry, State

__all__ = ["entry_value", "list_"]

NOTHING = "-"


@click.command("list")
@click.option("--config", required=True, metavar="FILE", help="Configuration file.")
@click.option(
    "--open/--all",
    "only_open",
    default=True,
    help="Groups with open letters (the default), or those without, too.",
)
@click.option("--each", is_flag=True, help="List each letter, not groups of them.")
@selection_options("--reason", "--code")
@output_option
def list_(
    form: str,
    /,
    *,
    config: str,
    only_open: bool,
    each: bool,
    codes: tuple[str, ...],
    mappings: tuple[str, ...],
    topics: tuple[str, ...],
    since: str | None,
) -> int:
    """List dead letters by reason, mapping and the schema that wrote them.

    Reads all letter topics of the group that the configuration names. Records are counted,
    not letters: one that failed again after a replay is one. The last column names the
    newest record of each group, which `show` and `replay` take.
    """
    settings = load_settings(config).settings
    wanted = selection(
        settings,
        time.time_ns() // 1_000_000,
        codes=codes,
        mappings=mappings,
        topics=topics,
        since=since,
    )
    with Letterbox(settings) as box:
        found = box.entries(wanted)
    groups = [
        one for one in grouped(found) if State.OPEN in one.states or not only_open
    ]
    shown = [one for one in found if one.state is State.OPEN or not only_open]
    if form == "json":
        emit(value_of(box, found, groups, shown if each else None))
        return Exit.DONE
    for line in each_lines(shown) if each else group_lines(groups):
        click.echo(line)
    tell(box, found, groups)
    return Exit.DONE


def counted(entries: Sequence[Entry]) -> dict[State, int]:
    """Return how many entries are in which state."""
    return {state: sum(one.state is state for one in entries) for state in State}


def value_of(
    box: Letterbox,
    found: Sequence[Entry],
    groups: Sequence[Group],
    each: Sequence[Entry] | None,
) -> dict[str, object]:
    """Return what a program reads."""
    value: dict[str, object] = {
        "ok": True,
        "topics": list(box.topics),
        "letters": len(found),
        **{state.value: count for state, count in counted(found).items()},
        "other_groups": box.register.others,
        "groups": [
            {
                "reason": one.reason,
                "mappings": list(one.mappings),
                "schema": one.schema,
                "letters": one.letters,
                **{state.value: one.states.get(state, 0) for state in State},
                "oldest": moment_text(one.oldest_ms),
                "newest": moment_text(one.newest_ms),
                "example": str(one.example.coordinates),
            }
            for one in groups
        ],
    }
    if each is not None:
        value["entries"] = [entry_value(one) for one in each]
    return value


def entry_value(entry: Entry) -> dict[str, object]:
    """Return one letter as a program reads it."""
    return {
        "record": str(entry.coordinates),
        "letter": entry.letter,
        "state": entry.state.value,
        "stage": entry.stage,
        "reason": entry.reason,
        "mappings": list(entry.mappings),
        "schema": entry.schema,
        "written": moment_text(entry.written_ms),
        "replays": entry.replays,
        "letters": entry.letters,
        "has_payload": entry.has_payload,
    }


def group_lines(groups: Sequence[Group]) -> Sequence[str]:
    """Return the table of groups."""
    head = ["reason", "mapping", "schema", *State, "oldest", "newest", "newest record"]
    rows = [
        [
            one.reason,
            ",".join(one.mappings) or NOTHING,
            one.schema or NOTHING,
            *(str(one.states.get(state, 0)) for state in State),
            moment_text(one.oldest_ms),
            moment_text(one.newest_ms),
            str(one.example.coordinates),
        ]
        for one in groups
    ]
    return list(columns(head, rows, frozenset({3, 4, 5}))) if rows else []


def each_lines(entries: Sequence[Entry]) -> Sequence[str]:
    """Return the table of letters."""
    head = ["record", "state", "replays", "reason", "mapping", "schema", "written"]
    rows = [
        [
            str(one.coordinates),
            one.state.value,
            str(one.replays),
            one.reason,
            ",".join(one.mappings) or NOTHING,
            one.schema or NOTHING,
            moment_text(one.written_ms),
        ]
        for one in entries
    ]
    return list(columns(head, rows, frozenset({2}))) if rows else []


def tell(box: Letterbox, found: Sequence[Entry], groups: Sequence[Group]) -> None:
    """Say how many there are, and what may be done about them."""
    counts = counted(found)
    said = ", ".join(f"{counts[state]} {state}" for state in State)
    say(f"{said}, in {many(len(box.topics), 'letter topic')}")
    if not box.topics:
        say(f"no topic of the cluster is named {box.names.letters('TOPIC')}")
    if box.register.others:
        others = many(box.register.others, "letter")
        say(f"{others} of other groups in these topics: left out")
    if counts[State.OPEN] and groups:
        place = groups[0].example.coordinates
        say(f"`consumer dlq show {place}` shows one, with its mend")
