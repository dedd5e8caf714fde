"""`consumer profile`: what Target holds of one profile, and since when."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import click

from consumer.cli.columns import columns
from consumer.cli.exits import Exit
from consumer.cli.fetching import fetch_profile
from consumer.cli.files import load_settings
from consumer.cli.hidden import hidden
from consumer.cli.output import emit, output_option, say
from consumer.config.settings import Settings
from consumer.deliver.fetch import FetchedAttribute, FetchedProfile
from consumer.errors import UsageError
from consumer.model import IdKind, Outcome, ProfileId

__all__ = ["profile"]

MISSING = (
    "Target holds no such profile. A new one may take up to an hour; the single API "
    "updates existing profiles only."
)
UNSAID = "(not said)"


@click.command()
@click.argument("value", metavar="ID")
@click.option("--config", required=True, metavar="FILE", help="Configuration file.")
@click.option(
    "--kind",
    type=click.Choice([str(kind) for kind in IdKind]),
    default=str(IdKind.THIRD_PARTY_ID),
    show_default=True,
    help="What the id is: mbox3rdPartyId, mboxPC (tntId), or an ECID.",
)
@click.option("--show-values", is_flag=True, help="Show values, not what they are.")
@output_option
def profile(
    form: str, /, *, value: str, config: str, kind: str, show_values: bool
) -> int:
    """Show what Target holds of one profile: each attribute and when it was written.

    Asks Target's profile fetch API, through the proxy and with the token of the
    configuration; it is not metered and changes nothing. An update shows here usually
    within an hour, a day at most. The profile is printed as its digest, as dead letters
    name it, and values are masked unless --show-values.

    Exit code 1 when Target holds no such profile, 4 when it cannot be asked.
    """
    wanted = ProfileId(IdKind(kind), value)
    settings = load_settings(config).settings
    found = asked(settings, wanted)
    if found is None:
        if form == "json":
            emit({"ok": False, "found": False, "profile": named(wanted)})
        else:
            say(MISSING, "yellow")
        return Exit.NO
    if form == "json":
        emit(value_of(wanted, found, show_values=show_values))
    else:
        show(wanted, found, show_values=show_values)
    return Exit.DONE


def asked(settings: Settings, wanted: ProfileId) -> FetchedProfile | None:
    """Return what Target holds; None when it holds no such profile.

    Raises:
        UsageError: There can be no such id.
    """
    found = asyncio.run(fetch_profile(settings, [wanted]))[wanted]
    if isinstance(found, Outcome):
        raise UsageError(f"Target cannot be asked for it: {found.message}")
    return found if isinstance(found, FetchedProfile) else None


def named(wanted: ProfileId) -> dict[str, str]:
    """Return a profile's name as it may be passed on."""
    return {"kind": str(wanted.kind), "digest": wanted.digest}


def value_of(
    wanted: ProfileId, found: FetchedProfile, *, show_values: bool
) -> dict[str, object]:
    """Return what a program reads."""
    return {
        "ok": True,
        "found": True,
        "profile": named(wanted),
        "modified_at": written(found.modified_at_ms),
        "attributes": {
            name: {
                "value": shown(held, show_values=show_values),
                "modified_at": written(held.modified_at_ms),
            }
            for name, held in found.attributes.items()
        },
    }


def show(wanted: ProfileId, found: FetchedProfile, *, show_values: bool) -> None:
    """Print what a person reads, the newest attribute first."""
    count = len(found.attributes)
    when = written(found.modified_at_ms) or UNSAID
    click.echo(f"{wanted.kind} {wanted.digest}: {count} attributes, modified {when}")
    newest = sorted(found.attributes.items(), key=age)
    rows = [
        [
            name,
            written(held.modified_at_ms) or UNSAID,
            str(shown(held, show_values=show_values)),
        ]
        for name, held in newest
    ]
    for line in columns(["attribute", "modified", "value"], rows) if rows else ():
        click.echo(f"  {line}")


def age(entry: tuple[str, FetchedAttribute]) -> tuple[float, str]:
    """Return what puts the newest first; where no time is said, last, by name."""
    name, held = entry
    at = held.modified_at_ms
    return (float("inf") if at is None else -at, name)


def shown(held: FetchedAttribute, *, show_values: bool) -> object:
    """Return a value, or what it is."""
    return held.value if show_values else hidden(held.value)


def written(at_ms: int | None) -> str | None:
    """Return Unix milliseconds as RFC 3339 in UTC."""
    if at_ms is None:
        return None
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
