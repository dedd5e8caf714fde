"""What is so, as seen from outside: each record, and what has become of it so far.

Theory of operation: an item is *covered* once the target has kept a call that shows its
record's number for its profile. Where calls merge, a record may be hidden behind a
later one of its slot; it is covered with it. A record is *finished* when each of its items is covered, or its dead letter is written; what is
finished stays so. That is all that a commit may pass.
"""

from __future__ import annotations

from collections.abc import Iterator

from consumer.model import TopicPartition
from tests.chaos.simulate.calls import Call
from tests.chaos.simulate.records import BORN_BAD, Draft, digest

__all__ = ["Books", "Entry"]


class Entry:
    """One published record. Owned by the books.

    Attributes:
        draft: What it is.
        offset: Where it stands in its partition.
        at: When it was published.
        covered: When each of its profiles was covered first.
        letters: How many letters of it the broker has.
        spared: Profiles that no letter of it calls undelivered.
        sent_by: The process that sent it last.
    """

    __slots__ = ("at", "covered", "draft", "letters", "offset", "sent_by", "spared")

    def __init__(self, draft: Draft, offset: int, at: float) -> None:
        self.draft = draft
        self.offset = offset
        self.at = at
        self.covered: dict[str, float] = {}
        self.letters = 0
        self.spared = set(draft.items)
        self.sent_by = ""

    def __str__(self) -> str:
        return f"{self.draft.partition}@{self.offset} (#{self.draft.number})"

    @property
    def is_finished(self) -> bool:
        """True when a commit may pass it."""
        if self.letters:
            return True
        if self.draft.fate in BORN_BAD:
            return False
        return all(profile in self.covered for profile in self.draft.items)


class Books:
    """All records. Owned by the judge.

    Attributes:
        entries: By number.
        logs: By partition, in order.
    """

    def __init__(
        self, partitions: tuple[TopicPartition, ...], *, may_hide: bool
    ) -> None:
        """Begin without records.

        Args:
            partitions: All that are read.
            may_hide: Whether calls may merge, and so hide records.
        """
        self._may_hide = may_hide
        self.entries: dict[int, Entry] = {}
        self.logs: dict[TopicPartition, list[Entry]] = {p: [] for p in partitions}
        self._floors: dict[TopicPartition, int] = dict.fromkeys(partitions, 0)
        self._places: dict[tuple[TopicPartition, int], Entry] = {}
        self._streams: dict[tuple[TopicPartition, str], list[Entry]] = {}

    def add(self, draft: Draft, offset: int, at: float) -> Entry:
        """Note a record that was published."""
        entry = Entry(draft, offset, at)
        self.entries[draft.number] = entry
        self.logs[draft.partition].append(entry)
        self._places[draft.partition, offset] = entry
        for profile in draft.items:
            self._streams.setdefault((draft.partition, profile), []).append(entry)
        return entry

    def at(self, partition: TopicPartition, offset: int) -> Entry | None:
        """Return the record at an offset; None in a gap."""
        return self._places.get((partition, offset))

    def end(self, partition: TopicPartition) -> int:
        """Return one past the last offset."""
        log = self.logs[partition]
        return log[-1].offset + 1 if log else 0

    def unfinished_below(self, partition: TopicPartition, offset: int) -> Entry | None:
        """Return the first record below an offset that is not finished."""
        log, place = self.logs[partition], self._floors[partition]
        while place < len(log) and log[place].is_finished:
            place += 1
        self._floors[partition] = place
        if place < len(log) and log[place].offset < offset:
            return log[place]
        return None

    def streams(self) -> Iterator[tuple[TopicPartition, str, list[Entry]]]:
        """Yield partition, profile, and the records that have an item for it."""
        for (partition, profile), entries in self._streams.items():
            yield partition, profile, entries

    def cover(self, call: Call, now: float) -> None:
        """Note a call that the target keeps."""
        for number in call.numbers:
            entry = self.entries[number]
            entry.covered.setdefault(call.profile, now)
            for hidden in self._hidden_behind(entry, call):
                hidden.covered.setdefault(call.profile, now)

    def _hidden_behind(self, entry: Entry, call: Call) -> Iterator[Entry]:
        """Yield earlier records of the profile that a call with `entry` cannot show."""
        if not self._may_hide:
            return
        draft = entry.draft
        for earlier in self._streams.get((draft.partition, call.profile), ()):
            if earlier.offset >= entry.offset:
                return
            if earlier.draft.slot == draft.slot:
                yield earlier

    def letter(self, entry: Entry, delivered: str) -> set[str]:
        """Note a letter; return the profiles that it calls delivered."""
        entry.letters += 1
        digests = set(filter(None, delivered.split(",")))
        found = {p for p in entry.draft.items if digest(p) in digests}
        entry.spared &= found
        return found

    def may_carry(self, call: Call, entry: Entry) -> bool:
        """Tell whether a call shows a record, or may hide it."""
        if entry.draft.number in call.numbers:
            return True
        if not self._may_hide or call.profile not in entry.draft.items:
            return False
        return any(
            number > entry.draft.number
            and self.entries[number].draft.slot == entry.draft.slot
            and self.entries[number].draft.partition == entry.draft.partition
            for number in call.numbers
        )
