"""The options that say which dead letters are meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

import click

from consumer.config.settings import Settings
from consumer.errors import UsageError
from consumer.letters.selection import Place, Selection

__all__ = ["moment", "moment_text", "place_option", "selection", "selection_options"]

P = ParamSpec("P")
R = TypeVar("R")

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
PLACE = re.compile(r"(.+):([0-9]{1,10}):([0-9]{1,18})", re.ASCII)
AGO = re.compile(r"([0-9]{1,6})([smhd])")
HELP = {
    "codes": "Given up for this reason; may be repeated.",
    "mappings": "A rule of this mapping was concerned; may be repeated.",
    "topics": "Records of this source topic; may be repeated.",
    "since": "Written since then: 30m, 2h, 7d ago, or a time such as "
    "2026-03-01T12:00:00Z.",
}


def selection_options(
    *code_names: str,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give a command the options that select letters.

    Args:
        code_names: What the option for the reason is called, such as `--reason`.
    """
    options = (
        click.option(
            *code_names, "codes", multiple=True, metavar="CODE", help=HELP["codes"]
        ),
        click.option(
            "--mapping",
            "mappings",
            multiple=True,
            metavar="NAME",
            help=HELP["mappings"],
        ),
        click.option(
            "--topic", "topics", multiple=True, metavar="TOPIC", help=HELP["topics"]
        ),
        click.option("--since", metavar="WHEN", help=HELP["since"]),
    )

    def decorate(command: Callable[P, R]) -> Callable[P, R]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def selection(
    settings: Settings,
    now_ms: int,
    *,
    places: tuple[str, ...] = (),
    codes: tuple[str, ...] = (),
    mappings: tuple[str, ...] = (),
    topics: tuple[str, ...] = (),
    since: str | None = None,
) -> Selection:
    """Return what the options of a command ask for.

    Raises UsageError when a place or a time has another shape.
    """
    return Selection(
        places=frozenset(place_option(text, settings) for text in places),
        reasons=frozenset(codes),
        mappings=frozenset(mappings),
        topics=frozenset(settings.topics.get(topic, topic) for topic in topics),
        since_ms=None if since is None else moment(since, now_ms),
    )


def place_option(text: str, settings: Settings) -> Place:
    """Return the place that `topic:partition:offset` names, by the topic's real name.

    Raises:
        UsageError: It has another shape.
    """
    found = PLACE.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{text} is no topic:partition:offset, of a record or of its letter, such as "
            "crm.loan-funded.v1:3:41"
        )
    topic = settings.topics.get(found[1], found[1])
    return Place(topic, int(found[2]), int(found[3]))


def moment(text: str, now_ms: int) -> int:
    """Return the time that a person wrote, Unix milliseconds.

    Args:
        text: How long ago (`30m`, `2h`, `7d`), or a time with its zone (RFC 3339).
        now_ms: The time now.

    Raises:
        UsageError: It is neither.
    """
    ago = AGO.fullmatch(text)
    if ago is not None:
        return now_ms - int(ago[1]) * UNITS[ago[2]] * 1000
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError(
            f"--since {text}: write how long ago (30m, 2h, 7d), or a time with its zone, "
            "such as 2026-03-01T12:00:00Z"
        )
    return round(found.timestamp() * 1000)


def moment_text(unix_ms: int) -> str:
    """Return Unix milliseconds as RFC 3339 in UTC, to the second; empty for none.

    A publisher may write any number as a record's time: one that is in no calendar is
    shown as it is.
    """
    if unix_ms < 0:
        return ""
    try:
        moment = datetime.fromtimestamp(unix_ms / 1000, UTC)
    except (ValueError, OverflowError):
        return f"{unix_ms} ms"
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
