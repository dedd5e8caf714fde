"""Letters to records that come again: what each would become, and what is sent.

Rules:
    - A letter whose record would be refused again today is not sent: it would only come
      back. Nor is one of a topic that no mapping reads, one whose payload was left out and
      is in Kafka no more, or one that would write over something newer.
    - Records are sent in the order of their own places, so those of a partition keep it.
    - A letter is marked once the broker has confirmed its record, never before: who dies
      in between leaves it open, and sends it again, which writes the same again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from consumer.cli.comparison import End
from consumer.cli.fetching import fetch_profile
from consumer.cli.letter_options import moment_text
from consumer.cli.letterbox import Letterbox, Mail
from consumer.cli.marking import marked
from consumer.cli.outbox import Outbox
from consumer.cli.today import Today
from consumer.config.settings import Settings
from consumer.deadletter import LetterTooLargeError
from consumer.deliver.fetch import Fetched
from consumer.errors import DependencyError
from consumer.letters.letter import opened
from consumer.letters.marker import MarkerKind
from consumer.letters.staleness import Stale, Why, failed_ms, stale
from consumer.letters.states import Entry
from consumer.model import Header, ProfileId
from consumer.settle import PREFIX, DeadLetter

__all__ = ["Refused", "Replaying", "Report", "Wanted"]

DEAD = "dead letter: "
OMITTED = (f"{PREFIX}payload-omitted", b"true")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person wants of a replay.

    Attributes:
        is_dry: Send nothing.
        allow_stale: Do not ask Target what is newer.
        to_source: Send to the source topics themselves.
    """

    is_dry: bool = False
    allow_stale: bool = False
    to_source: bool = False


class Refused(NamedTuple):
    """A letter that is not sent.

    Attributes:
        entry: Which.
        code: `gone`, `unmapped`, `refused_again`, `stale`, `unreadable` or `too_large`.
        detail: Why, for a person; no value.
    """

    entry: Entry
    code: str
    detail: str


class Ready(NamedTuple):
    """A letter that may be sent, and how its record would end."""

    mail: Mail
    end: End


@dataclass(slots=True)
class Report:
    """What became of the letters. Owned by the replay.

    Attributes:
        ends: How many would end how, by today's mappings.
        sent: How many were sent, or would be.
        topics: Where to, and how many.
        created: Topics that were made for it.
        refused: Those that are not sent.
        unseen: Why a dry run did not see whether anything newer is there; empty when it
            did, or was not to.
    """

    ends: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    topics: Counter[str] = field(default_factory=Counter)
    created: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unseen: str = ""


class Replaying:
    """One replay. Owned by the command."""

    def __init__(
        self, settings: Settings, box: Letterbox, today: Today, wanted: Wanted
    ) -> None:
        self.report = Report()
        self._settings = settings
        self._box = box
        self._today = today
        self._wanted = wanted
        self._counts: dict[str, int] = {}

    def run(self, entries: Sequence[Entry], outbox: Outbox | None) -> None:
        """Send what may be sent; without an outbox only say what would be.

        A cluster, a registry or a Target that does not answer ends in a DependencyError;
        what was sent until then is in the report, and marked.
        """
        for batch, mails in self._box.mail(entries):
            read = {mail.entry.letter for mail in mails}
            for entry in batch:
                if entry.letter not in read:
                    self._refuse(
                        entry, "gone", "Kafka has deleted the letter meanwhile"
                    )
            ready = self._fresh(list(self._ready(mails)))
            if outbox is None:
                self.report.sent += len(ready)
                self.report.topics.update(self._topic(one) for one in ready)
            else:
                self._send(ready, outbox)

    def _ready(self, mails: Iterable[Mail]) -> Iterable[Ready]:
        """Yield the letters whose record has a value and would not be refused again."""
        for given in mails:
            mail = given if given.letter.has_payload else self._restored(given)
            place = given.letter.coordinates
            if mail is None:
                detail = f"it has no payload, and {place} is in Kafka no more"
                self._refuse(given.entry, "gone", detail)
                continue
            if not self._today.is_read(place.topic):
                detail = f"no mapping reads {place.topic}"
                self._refuse(given.entry, "unmapped", detail)
                continue
            end = self._today.seen(mail.letter).end
            self.report.ends[end.name] += 1
            if end.name.startswith(DEAD):
                detail = f"{end.name.removeprefix(DEAD)}: {end.message}"
                self._refuse(given.entry, "refused_again", detail)
                continue
            yield Ready(mail, end)

    def _restored(self, mail: Mail) -> Mail | None:
        """Return a letter with the value that its record has where it was first."""
        record = self._box.source_record(mail.letter.coordinates)
        if record is None:
            return None
        headers = tuple(one for one in mail.record.headers if one != OMITTED)
        whole = msgspec.structs.replace(
            mail.record, value=record.value, key=record.key, headers=headers
        )
        letter = opened(whole)
        return None if letter is None else Mail(mail.entry, whole, letter)

    def _fresh(self, ready: list[Ready]) -> list[Ready]:
        """Return those that write over nothing newer.

        Raises:
            DependencyError: Target cannot be asked; a dry run goes on without.
        """
        if self._wanted.allow_stale:
            return ready
        try:
            profiles = self._fetched({p for one in ready for p in one.end.items})
        except DependencyError as error:
            if not self._wanted.is_dry:
                raise
            self.report.unseen = str(error)
            return ready
        fresh = []
        for one in ready:
            since_ms = failed_ms(one.mail.letter)
            found = stale(one.end.items, profiles, since_ms)
            if found:
                code = Why.UNREADABLE.value if all_unreadable(found) else "stale"
                self._refuse(one.mail.entry, code, stale_text(found, since_ms))
            else:
                fresh.append(one)
        return fresh

    def _fetched(self, profiles: set[ProfileId]) -> dict[ProfileId, Fetched]:
        """Return what Target holds.

        Raises:
            DependencyError: It cannot be asked.
        """
        if not profiles:
            return {}
        try:
            return asyncio.run(fetch_profile(self._settings, profiles))
        except DependencyError as error:
            raise DependencyError(f"{error} With --allow-stale nobody asks.") from error

    def _topic(self, one: Ready) -> str:
        topic = one.mail.letter.origin.source.topic
        return topic if self._wanted.to_source else self._box.names.replay(topic)

    def _send(self, ready: Sequence[Ready], outbox: Outbox) -> None:
        """Send, and mark what was confirmed.

        A record or a marker that was not ends in a DependencyError.
        """
        self._see_to_topics(ready, outbox)
        results = outbox.send([self._record(one) for one in ready])
        confirmed: dict[str, list[Entry]] = {}
        failures: list[DependencyError] = []
        for one, error in zip(ready, results, strict=True):
            topic = self._topic(one)
            if error is None:
                confirmed.setdefault(topic, []).append(one.mail.entry)
            elif isinstance(error, LetterTooLargeError):
                detail = f"{error}. Raise max.message.bytes of {topic}."
                self._refuse(one.mail.entry, "too_large", detail)
            else:
                failures.append(error)
        for topic, entries in confirmed.items():
            self.report.sent += len(entries)
            self.report.topics[topic] += len(entries)
            group = self._box.names.group
            at = datetime.now(UTC)
            marked(outbox, entries, MarkerKind.REPLAYED, group, at, sent_to=topic)
        if failures:
            raise failures[0]

    def _see_to_topics(self, ready: Sequence[Ready], outbox: Outbox) -> None:
        wanted = {
            self._topic(one): one.mail.letter.origin.source.topic
            for one in ready
            if self._topic(one) not in self._counts
        }
        if not wanted:
            return
        may_create = not self._wanted.to_source
        self._counts.update(outbox.ready(wanted, may_create=may_create))
        self.report.created += sorted(wanted.keys() - self._box.known)

    def _record(self, one: Ready) -> DeadLetter:
        """Return the record that is sent."""
        topic, origin = self._topic(one), one.mail.letter.origin
        headers: tuple[Header, ...] = one.mail.record.headers
        return DeadLetter(
            topic=topic,
            partition=origin.source.partition % self._counts[topic],
            key=origin.key,
            value=origin.value,
            headers=origin.headers if self._wanted.to_source else headers,
        )

    def _refuse(self, entry: Entry, code: str, detail: str) -> None:
        self.report.refused.append(Refused(entry, code, detail))


def all_unreadable(found: Sequence[Stale]) -> bool:
    """Return whether of no attribute it is known that it is newer."""
    return all(one.why is Why.UNREADABLE for one in found)


def stale_text(found: Sequence[Stale], since_ms: int | None) -> str:
    """Return which attributes are newer, or may be, and since when."""
    failed = (
        "at a time that nobody knows" if since_ms is None else moment_text(since_ms)
    )
    attributes = ", ".join(
        f"{one.attribute} (written {moment_text(one.modified_at_ms)})"
        if one.why is Why.LATER and one.modified_at_ms is not None
        else f"{one.attribute} (written at a time that cannot be read)"
        for one in found
    )
    return f"first failed {failed}; since then, or perhaps: {attributes}"
