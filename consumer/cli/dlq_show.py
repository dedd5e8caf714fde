"""`consumer dlq show`: one letter, why it was given up, and what to do about it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import click

from consumer.cli.columns import printable
from consumer.cli.dlq_list import entry_value
from consumer.cli.exits import Exit
from consumer.cli.files import load_settings
from consumer.cli.hidden import hidden, hidden_fields
from consumer.cli.letter_options import moment_text, selection
from consumer.cli.letterbox import Letterbox, Mail
from consumer.cli.output import emit, output_option
from consumer.cli.today import Seen, Today
from consumer.config.settings import Settings
from consumer.errors import ConfigurationError, DependencyError, UsageError
from consumer.letters.mends import mend_of
from consumer.letters.states import Entry
from consumer.model import Decoded, Header

__all__ = ["one_mail", "show"]

OWN = ("mappings", "owner", "attempts", "first-failure", "last-failure", "mapping-set")
WIDTH = 16


@click.command()
@click.argument("place", metavar="TOPIC:PARTITION:OFFSET")
@click.option("--config", required=True, metavar="FILE", help="Configuration file.")
@click.option("--show-values", is_flag=True, help="Show the record's values.")
@output_option
def show(form: str, /, *, place: str, config: str, show_values: bool) -> int:
    """Show one dead letter: why, what to do about it, and the record that it was.

    The place is the record's own, or that of the letter in its topic. The record is
    decoded with the schemas that are there today, and mapped to say what would become of
    it; what cannot be read says why. Values are masked unless --show-values.
    """
    settings = load_settings(config).settings
    with Letterbox(settings) as box:
        mail = one_mail(box, settings, place)
    seen = seen_today(settings, mail)
    if form == "json":
        emit(value_of(mail, seen, shown=show_values))
    else:
        for line in lines(mail, seen, shown=show_values):
            click.echo(line)
    return Exit.DONE


def one_mail(box: Letterbox, settings: Settings, place: str) -> Mail:
    """Return the letter of a place, the newest if there are several.

    Raises:
        UsageError: There is none.
    """
    wanted = selection(settings, time.time_ns() // 1_000_000, places=(place,))
    entries = sorted(box.entries(wanted), key=written)
    for _, mails in box.mail(entries[-1:]):
        for mail in mails:
            return mail
    raise UsageError(
        f"there is no dead letter of {place}: see `consumer dlq list --each`"
    )


def written(entry: Entry) -> int:
    """Return when a letter was written."""
    return entry.written_ms


def seen_today(settings: Settings, mail: Mail) -> Seen | str:
    """Return what becomes of a letter today, or why that cannot be said."""
    if not mail.letter.has_payload:
        place = mail.letter.coordinates
        return f"the letter has no payload: the record may still be at {place}"
    try:
        with Today(settings) as today:
            if not today.is_read(mail.letter.origin.source.topic):
                return f"no mapping reads {mail.letter.origin.source.topic}"
            return today.seen(mail.letter)
    except ConfigurationError as error:
        count = len(error.faults)
        return f"schemas or mappings are at fault ({count}): see `consumer check`"
    except DependencyError as error:
        return str(error)


def value_of(mail: Mail, seen: Seen | str, *, shown: bool) -> dict[str, object]:
    """Return what a program reads."""
    entry, letter = mail.entry, mail.letter
    marker = entry.marker
    event = event_of(seen)
    return {
        "ok": True,
        **entry_value(entry),
        "marker": None
        if marker is None
        else {"at": marker.at, "sent_to": marker.sent_to, "note": marker.note},
        "said": dict(letter.said),
        "mend": mend_of(entry.stage, entry.reason),
        "delivered_profiles": len(letter.delivered),
        "timestamp_ms": letter.origin.timestamp_ms,
        "key": shown_bytes(letter.origin.key, shown=shown),
        "headers": [
            [name, shown_bytes(value, shown=shown)]
            for name, value in letter.origin.headers
        ],
        "bytes": len(letter.origin.value or b""),
        "writer": seen.writer if isinstance(seen, Seen) else None,
        "event": event if shown or event is None else hidden_fields(event),
        "today": seen.end.name if isinstance(seen, Seen) else None,
        "today_message": seen.end.message if isinstance(seen, Seen) else seen,
    }


def event_of(seen: Seen | str) -> dict[str, object] | None:
    """Return the event of a record that could be read."""
    if isinstance(seen, Seen) and isinstance(seen.answer, Decoded):
        return seen.answer.event
    return None


def shown_bytes(value: bytes | None, *, shown: bool) -> object:
    """Return bytes as text, or what they are."""
    text = None if value is None else value.decode(errors="replace")
    return text if shown else hidden(text)


def lines(mail: Mail, seen: Seen | str, *, shown: bool) -> Iterator[str]:
    """Give the lines that a person reads."""
    entry, letter = mail.entry, mail.letter
    yield f"{entry.coordinates}: {entry.stage}, {entry.reason}"
    yield f"    {printable(letter.said.get('message', ''))}"
    yield f"    {mend_of(entry.stage, entry.reason)}"
    yield ""
    yield pair("state", state_text(entry))
    yield pair("letter", f"{entry.letter}, written {moment_text(entry.written_ms)}")
    for name in OWN:
        if letter.said.get(name):
            yield pair(name, letter.said[name])
    if entry.replays or entry.letters > 1:
        yield pair("replays", f"{entry.replays}, {entry.letters} letters in all")
    if letter.delivered:
        yield pair(
            "delivered", f"to {len(letter.delivered)} profiles, which are left out"
        )
    yield ""
    yield from record_lines(mail, seen, shown=shown)


def state_text(entry: Entry) -> str:
    """Return the state, since when and why."""
    marker = entry.marker
    if marker is None:
        return entry.state.value
    to = f", to {marker.sent_to}" if marker.sent_to else ""
    note = f": {marker.note}" if marker.note else ""
    return f"{entry.state.value} {marker.at}{to}{note}"


def record_lines(mail: Mail, seen: Seen | str, *, shown: bool) -> Iterator[str]:
    """Give the lines about the record itself."""
    record = mail.letter.origin
    yield pair("record of", moment_text(record.timestamp_ms))
    yield pair("key", text_of(shown_bytes(record.key, shown=shown)))
    for name, value in record.headers:
        yield pair("header", header_text((name, value), shown=shown))
    if not isinstance(seen, Seen):
        yield pair("not read", seen)
        return
    yield pair(
        "written by", f"{seen.writer or 'nobody'}, {len(record.value or b'')} bytes"
    )
    if isinstance(seen.answer, Decoded):
        yield pair("read as", seen.answer.schema)
        for field, content in seen.answer.event.items():
            held = content if shown else hidden(content)
            yield f"    {printable(field):<28} {text_of(held)}"
    message = f": {seen.end.message}" if seen.end.message else ""
    yield pair("today it is", f"{seen.end.name}{message}")


def header_text(header: Header, *, shown: bool) -> str:
    """Return a header's name and what may be shown of it."""
    name, value = header
    return f"{name}: {text_of(shown_bytes(value, shown=shown))}"


def pair(name: str, text: str) -> str:
    """Return a line of a name and a text, in which nothing moves the cursor."""
    return f"{name:<{WIDTH}} {printable(text)}"


def text_of(value: object) -> str:
    """Return a value as JSON where it is JSON's, else as text."""
    return printable(json.dumps(value, ensure_ascii=False, default=str))
