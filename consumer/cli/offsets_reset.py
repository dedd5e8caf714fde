"""`consumer offsets reset`: other offsets for a group that has no members."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import click

from consumer.cli.cluster import Cluster
from consumer.cli.columns import many
from consumer.cli.exits import Exit
from consumer.cli.files import load_settings
from consumer.cli.looking import look
from consumer.cli.moves import Move, counted_moves, moves_to
from consumer.cli.offsets_show import EXACT, near, numbered
from consumer.cli.output import emit, output_option, say
from consumer.cli.standing import NONE, Amount, PartitionStanding, Standing
from consumer.cli.status import amount_value, mappings_of, who
from consumer.config.settings import Settings
from consumer.errors import DependencyError, UsageError
from consumer.model import TopicPartition
from consumer.source.admin import Admin
from consumer.source.group import Group

__all__ = ["reset"]

AT_REST = frozenset({"empty", "dead"})


@click.command()
@click.option("--config", required=True, metavar="FILE", help="Configuration file.")
@click.option(
    "--topic", metavar="TOPIC", help="The topic, by its mapping's name or its own."
)
@click.option(
    "--partition",
    "numbers",
    type=click.IntRange(min=0),
    multiple=True,
    metavar="N",
    help="Only this partition; may be repeated.",
)
@click.option("--all-topics", is_flag=True, help="Every topic that the group reads.")
@click.option(
    "--to",
    "target",
    required=True,
    metavar="earliest|latest|OFFSET|TIME",
    help="An offset is of one partition; a time is RFC 3339, 2026-11-20T08:00:00Z.",
)
@click.option("--allow-skip", is_flag=True, help="Skip records that are not done.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and end.")
@click.option("--yes", is_flag=True, help="Commit without asking.")
@click.option("--exact", is_flag=True, help=EXACT)
@output_option
def reset(
    form: str,
    /,
    *,
    config: str,
    topic: str | None,
    numbers: tuple[int, ...],
    all_topics: bool,
    target: str,
    allow_skip: bool,
    dry_run: bool,
    yes: bool,
    exact: bool,
) -> int:
    """Commit other offsets for a group that has no members.

    Says first what would be sent again and what would be skipped, and asks; --yes
    answers. Records that are done are sent again after a step back: their profiles get
    the same values again, in order, over what was written since. Records that are not
    done and would be skipped need --allow-skip. After a step forward what is done beyond
    stays done.

    Exit code 1 when it is refused or not confirmed, 4 when the cluster does not answer.
    """
    settings = load_settings(config).settings
    admin = Admin(settings.kafka.properties)
    mappings, _ = mappings_of(settings)
    found = look(settings, admin, mappings)
    chosen = chosen_of(found, settings, topic, numbers, all_topics=all_topics)
    refuse_offset(target, chosen)
    moves = moves_to(target, chosen, admin.at_time)
    if exact:
        with Cluster(settings.kafka.properties) as cluster:
            moves = list(counted_moves(cluster, moves))
    changes = [move for move in moves if move.is_change]
    refusals = list(refused(found.group, changes, allow_skip=allow_skip))
    if form == "text":
        for line in plan(moves, found.group_id):
            click.echo(line)
        for text in refusals:
            say(text, "red")
    is_wanted = bool(changes) and not refusals and not dry_run
    is_done = is_wanted and (yes or confirmed(form, len(changes)))
    if is_done:
        stored = {move.place: move.stored for move in changes}
        tell_refusals(admin.commit(found.group_id, stored), len(changes))
    is_no = bool(refusals) or (is_wanted and not is_done)
    if form == "json":
        emit(reset_value(moves, refusals, is_ok=not is_no, is_done=is_done))
    else:
        say(ending(changes, refusals, dry_run=dry_run, is_done=is_done))
    return Exit.NO if is_no else Exit.DONE


def chosen_of(
    found: Standing,
    settings: Settings,
    topic: str | None,
    numbers: Collection[int],
    *,
    all_topics: bool,
) -> list[PartitionStanding]:
    """Return the partitions that the command line names.

    Raises:
        UsageError: It names none, or one that the group does not read.
    """
    if all_topics == (topic is not None):
        raise UsageError("name --topic TOPIC, or --all-topics")
    if topic is None:
        if numbers:
            raise UsageError("--partition is of one topic: name it with --topic")
        return [one for each in found.topics for one in each.partitions]
    real = settings.topics.get(topic, topic)
    by_name = {each.name: each.partitions for each in found.topics}
    if real not in by_name:
        hint = near(real, by_name) or f": it reads {', '.join(by_name) or 'none'}"
        raise UsageError(f"the group {found.group_id} does not read {real}{hint}")
    partitions = by_name[real]
    wanted = {numbered(real, number, len(partitions)) for number in numbers}
    return [one for one in partitions if not wanted or one.place.partition in wanted]


def refuse_offset(target: str, chosen: Collection[PartitionStanding]) -> None:
    """Refuse one offset for several partitions: it would mean something else in each.

    Raises:
        UsageError: It is that.
    """
    if target.isdecimal() and len(chosen) > 1:
        raise UsageError(f"--to {target}: an offset is of one --partition")


def refused(
    group: Group | None, changes: Collection[Move], *, allow_skip: bool
) -> Iterator[str]:
    """Give why nothing can be committed."""
    if group is not None and (group.members or group.state not in AT_REST):
        members = ", ".join(f"{who(one)} ({one.id})" for one in group.members)
        who_is = members or f"it is {group.state}"
        yield f"The group has members: {who_is}. Stop them first."
    skipped = total(move.skipped for move in changes)
    if skipped.records and not allow_skip:
        yield (
            f"{skipped.words} without an outcome would never be sent. "
            "If that is meant, say --allow-skip."
        )


def total(amounts: Iterable[Amount]) -> Amount:
    """Return all together."""
    return sum(amounts, start=NONE)


def confirmed(form: str, count: int) -> bool:
    """Ask the person at the terminal; nobody is there when a program reads."""
    if form == "json" or not is_at_terminal():
        return False
    return click.confirm(f"Commit {many(count, 'offset')}?", default=False, err=True)


def is_at_terminal() -> bool:
    """Whether somebody can answer."""
    return sys.stdin.isatty()


def tell_refusals(failed: Mapping[TopicPartition, str], count: int) -> None:
    """Say what the broker did not commit of `count` partitions.

    Raises:
        DependencyError: There is such a partition; the others are committed.
    """
    if failed:
        each = "; ".join(f"{place}: {why}" for place, why in sorted(failed.items()))
        done = count - len(failed)
        raise DependencyError(f"committed: {many(done, 'offset')}; refused: {each}")


def plan(moves: Sequence[Move], group_id: str) -> Iterator[str]:
    """Give what would happen, in words."""
    yield f"group {group_id}"
    for move in moves:
        committed = move.before.committed
        was = "nothing" if committed is None else str(committed.offset)
        if not move.is_change:
            yield f"  {move.place}: {was} stays"
            continue
        yield f"  {move.place}: {was} -> {move.to}"
        if move.again.records:
            yield f"    sent again: {move.again.words} with an outcome"
        if move.skipped.records:
            yield f"    SKIPPED: {move.skipped.words} without an outcome, {span(move)}"


def span(move: Move) -> str:
    """Return the offsets that a step forward passes over."""
    first, last = move.begins, move.to - 1
    return f"offset {first}" if first == last else f"offsets {first} to {last}"


def ending(
    changes: Collection[Move],
    refusals: Collection[str],
    *,
    dry_run: bool,
    is_done: bool,
) -> str:
    """Return the last line."""
    if is_done:
        return f"committed: {many(len(changes), 'offset')}"
    if not changes:
        return "there is nothing to change"
    if dry_run or refusals:
        return "nothing was committed"
    return "nothing was committed: say --yes"


def reset_value(
    moves: Sequence[Move], refusals: Sequence[str], *, is_ok: bool, is_done: bool
) -> dict[str, object]:
    """Return what a program reads."""
    return {
        "ok": is_ok,
        "committed": is_done,
        "refused": refusals,
        "sent_again": amount_value(total(move.again for move in moves)),
        "skipped": amount_value(total(move.skipped for move in moves)),
        "partitions": [move_value(move) for move in moves],
    }


def move_value(move: Move) -> dict[str, object]:
    """Return a partition as a program reads it."""
    committed = move.before.committed
    return {
        "topic": move.place.topic,
        "partition": move.place.partition,
        "from": None if committed is None else committed.offset,
        "to": move.to,
        "is_change": move.is_change,
        "sent_again": amount_value(move.again),
        "skipped": amount_value(move.skipped),
    }
