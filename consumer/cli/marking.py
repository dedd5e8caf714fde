"""What the commands that close letters have in common."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from consumer.cli.outbox import Outbox
from consumer.errors import UsageError
from consumer.letters.marker import Marker, MarkerKind, marker_record
from consumer.letters.selection import Selection, places_of
from consumer.letters.states import Entry, State

__all__ = ["chosen", "marked", "missing_places", "refuse_everything"]


def refuse_everything(selection: Selection, *, every: bool) -> None:
    """Refuse a command line that says nothing of which letters are meant.

    Raises:
        UsageError: It does not.
    """
    if selection == Selection() and not every:
        raise UsageError(
            "name letters by topic:partition:offset, or by --code, --mapping, --topic or "
            "--since, or write --all"
        )


def missing_places(selection: Selection, found: Sequence[Entry]) -> None:
    """Refuse places that are named and have no letter.

    Raises:
        UsageError: There are some.
    """
    missing = selection.places - {place for one in found for place in places_of(one)}
    if missing:
        names = ", ".join(str(one) for one in sorted(missing)[:10])
        raise UsageError(f"there is no dead letter of {names}, as far as is asked for")


def chosen(
    found: Sequence[Entry], states: frozenset[State]
) -> tuple[list[Entry], list[Entry]]:
    """Return the entries in some states, and the others."""
    return (
        [one for one in found if one.state in states],
        [one for one in found if one.state not in states],
    )


def marked(
    outbox: Outbox,
    entries: Sequence[Entry],
    kind: MarkerKind,
    group: str,
    at: datetime,
    *,
    sent_to: str = "",
    note: str = "",
) -> None:
    """Write the markers that close letters, each beside its letter.

    One that is not confirmed ends in a DependencyError, and its letter stays open.
    """
    written = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    markers = [
        marker_record(
            Marker(
                coordinates=one.coordinates,
                kind=kind,
                replays=one.replays,
                group=group,
                at=written,
                sent_to=sent_to,
                note=note,
            ),
            one.place.topic,
            one.place.partition,
        )
        for one in entries
    ]
    for error in outbox.send(markers):
        if error is not None:
            raise error
