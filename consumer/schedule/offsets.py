"""Which offsets of one assignment are incomplete, and what may be committed.

Rules:
    - Offsets are not dense: transaction markers and compaction leave gaps. Only offsets
      that were seen are known, and "next is last + 1" is never assumed. (A tracker that
      waits for the missing numbers stays behind for ever: Pyrallel 1.0.0's
      `OffsetTracker` stands at 0 after 0, 2, 4, 6 are done.)
    - Committable is the lowest incomplete offset, or one past the highest seen when
      none is incomplete. It never moves back within an epoch.
    - Beyond the committable offset, the commit's metadata says what is done all the same
      (`marks`, `offset_map`). A record that is marked there is not admitted again.
    - At three quarters of a map's space, or of its span, the map is full: what comes then
      might be done and could not be written down. It is not full while nothing is
      incomplete: whatever was carried into it shrinks only as records are read. A single
      record is read all the same, now and then, if nothing else could show whose fault
      a failure is (`witness`): what does not fit into the map only repeats.
    - A record that was rejected before its profile was known, and waits for its dead
      letter, may be about anybody: were it sent again, it could write over any later
      one. So the map ends before it; and before one that was taken back to be mapped
      anew, until it is.
    - A partition's state belongs to one epoch. Another assignment makes another one,
      so nothing late can reach into it: what arrives for the old one finds `alive`
      false. (Redpanda Connect PR 4009: a late acknowledgement put a revoked offset
      back, and 10,433 records were lost.)

Theory of operation:
    Records are admitted in offset order, so the first key of an ordered dict is the
    lowest incomplete offset. It is an `OrderedDict` because the first key of a plain
    `dict` is found by walking over every deleted one.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from consumer.model import (
    Commit,
    Failure,
    Item,
    Mapped,
    ProfileId,
    Record,
    TopicPartition,
)
from consumer.schedule.guard import Guard
from consumer.schedule.marks import Marks
from consumer.schedule.offset_map import (
    METADATA_CHARACTERS,
    MOST_OFFSETS,
    NO_MAP,
    Written,
    read_map,
    written_map,
)

__all__ = ["GivenUp", "Partition", "Ticket"]

FULL_RATIO = 0.75
MOST_KEPT = 50_000  # complete records that are kept unmarked: no bound holds them


class GivenUp(msgspec.Struct, frozen=True):
    """Why an item was given up.

    Attributes:
        failure: The reason.
        attempts: Calls made for it.
        first_failure: When it failed first, on the clock of `now`.
        last_failure: When it failed last.
    """

    failure: Failure
    attempts: int
    first_failure: float
    last_failure: float


class Ticket(msgspec.Struct, eq=False):
    """What is known of one admitted record.

    Attributes:
        record: The record itself: another object with the same offset is a repeat.
        partition: The assignment under which it was read.
        mapped: What the mappings made of it; None until it was offered.
        open_items: Items of it without a final outcome.
        last_of_work: True when an item of it was the last of a delivered work.
        stale: Profiles whose item was dropped, as something later was delivered.
        given_up: The first item that was given up, if any, and why.
        undelivered: Profiles whose item was given up.
        letter_owed: True when only the confirmation of its dead letter is missing.
        done: Items of it that were delivered before it was taken back to be mapped anew.
        is_again: True when it was taken back: its items go to their place by offset.
        is_trial: True when it is tried though its mapping or topic is held.
        tried_at: When its trial began, on the clock of `now`, also if another is tried
            by now; None when it was not tried.
    """

    record: Record
    partition: Partition
    mapped: Mapped | None = None
    open_items: int = 0
    last_of_work: bool = False
    stale: tuple[ProfileId, ...] = ()
    given_up: GivenUp | None = None
    undelivered: tuple[ProfileId, ...] = ()
    letter_owed: bool = False
    done: tuple[Item, ...] = ()
    is_again: bool = False
    is_trial: bool = False
    tried_at: float | None = None

    @property
    def is_stale(self) -> bool:
        """True when each of its items was dropped as something later was delivered."""
        mapped = self.mapped
        return mapped is not None and 0 < len(mapped.items) == len(self.stale)

    @property
    def profiles(self) -> tuple[ProfileId, ...]:
        """Whom its items are about, as far as that is known."""
        mapped = self.mapped
        items = self.done if mapped is None else mapped.items
        return tuple([item.profile for item in items])

    @property
    def may_send(self) -> bool:
        """True while its items may go out: its partition is open, or it is tried."""
        partition = self.partition
        return partition.open or (self.is_trial and partition.can_send)


class Partition:
    """One assignment of one partition. Owned by the scheduler.

    Attributes:
        name: Which partition.
        epoch: Which assignment of it.
        assigned_at: When, on the clock of `now`.
        incomplete: Admitted and not settled, by offset, in order.
        next_offset: One past the highest offset seen; at first where reading starts.
        held_bytes: Size of the incomplete records.
        marks: What is done beyond the committable offset.
        unknown: Offsets that were rejected before their profile was known, or whose
            profile is to be found anew.
        acknowledged: What the broker last confirmed; None when nothing yet.
        stop_code: The broker's error for which nothing is taken; None when none.
        stopped_at: When it came.
        alive: False from the moment of its revocation.
        claims: The mappings that claim its topic and may send.
        topic_guard: The guard of its topic; None where records count in no guard.
        held: True while one of these is held: items stay where they are.
        guarded: True while a guard of these, or of its topic, is open.
        open: True when its items may be taken. Kept beside its five causes because it
            is read for every record.
    """

    __slots__ = (
        "_has_no_map",
        "_map_characters",
        "_written",
        "_written_for",
        "acknowledged",
        "alive",
        "assigned_at",
        "claims",
        "confirmed",
        "epoch",
        "fenced",
        "guarded",
        "held",
        "held_bytes",
        "incomplete",
        "marks",
        "name",
        "next_offset",
        "open",
        "stop_code",
        "stopped_at",
        "topic_guard",
        "unknown",
    )

    def __init__(
        self,
        name: TopicPartition,
        epoch: int,
        offset: int,
        now: float,
        metadata: str = "",
    ) -> None:
        self.name = name
        self.epoch = epoch
        self.assigned_at = now
        self.incomplete: OrderedDict[int, Ticket] = OrderedDict()
        self.next_offset = offset
        self.held_bytes = 0
        self.marks = Marks(offset, read_map(metadata, offset))
        self._map_characters = METADATA_CHARACTERS
        self._has_no_map = False
        self._written = NO_MAP
        self._written_for: tuple[int, int, int, int] | None = None
        self.unknown: set[int] = set()
        self.acknowledged: Commit | None = None
        self.stop_code: int | None = None
        self.stopped_at = now
        self.confirmed = False
        self.fenced = False
        self.claims: tuple[str, ...] = ()
        self.topic_guard: Guard | None = None
        self.held = False
        self.guarded = False
        self.alive = True
        self.open = False

    @property
    def committable(self) -> int:
        """The lowest incomplete offset, or one past the highest seen."""
        if self.incomplete:
            return next(iter(self.incomplete))
        return self.next_offset

    @property
    def commit(self) -> Commit:
        """What is to be committed now; `metadata` is the offset map."""
        return Commit(self.committable, self._map().text, self.epoch)

    @property
    def is_map_full(self) -> bool:
        """True when what is read from now on might not fit into the offset map."""
        if not self.incomplete:
            return False
        if self.marks.kept >= MOST_KEPT:
            return True
        if self.next_offset - self.committable >= FULL_RATIO * MOST_OFFSETS:
            return True
        written = self._map()
        return written.is_cut or len(written.text) > FULL_RATIO * self._map_characters

    @property
    def has_room_for_witness(self) -> bool:
        """True when one more record may be read though the map is full."""
        return (
            self.can_send
            and self.marks.kept < MOST_KEPT / FULL_RATIO
            and self.next_offset - self.committable < MOST_OFFSETS
        )

    @property
    def is_commit_due(self) -> bool:
        """True when the broker has not confirmed what is committable.

        While a broker's error stops the partition, or forbids a map, the commit is
        repeated even if it is unchanged: its acknowledgement is the way out. A fenced one is committed by
        the callback that fenced it, so that no older commit lands after that.
        """
        known = self.acknowledged
        return not self.fenced and (
            known is None
            or self.stop_code is not None
            or self._has_no_map
            or known.offset != self.committable
            or known.metadata != self._map().text
        )

    def admit(self, record: Record) -> Ticket | None:
        """Note a record as incomplete; None when it was seen before, or is done."""
        offset = record.offset
        if offset < self.next_offset:
            return None
        marks = self.marks
        if offset > self.next_offset:
            marks.skip(self.next_offset, offset)
        self.next_offset = offset + 1
        if offset < marks.end and offset in marks:
            return None
        ticket = Ticket(record, self)
        self.incomplete[offset] = ticket
        return ticket

    def linger(self, ticket: Ticket) -> None:
        """Let an incomplete record keep later ones of its profiles unmarked."""
        self.marks.linger(ticket.record.offset, ticket.profiles)

    def remove(self, ticket: Ticket) -> None:
        """Note that a record is complete."""
        offset, incomplete = ticket.record.offset, self.incomplete
        is_first = next(iter(incomplete)) == offset
        del incomplete[offset]
        self.unknown.discard(offset)
        if not is_first or self.marks.has_lingering:
            profiles = ticket.profiles
            if ticket.stale:
                profiles = tuple([p for p in profiles if p not in ticket.stale])
            self.marks.complete(offset, profiles, self.committable)

    def confirm(self) -> None:
        """Note that the broker answered a commit sent after the assignment."""
        self.confirmed = True
        self._judge()

    def acknowledge(self, commit: Commit) -> None:
        """Note what the broker has; this ends a stop.

        An older commit that lands after a newer one is noted as it is: the newer one
        is then due again.
        """
        self.acknowledged = commit
        self.stop_code = None
        self._has_no_map = False
        self._judge()

    def refuse_map(self) -> None:
        """Commit without a map until that is acknowledged, then with half the space."""
        self._has_no_map = True
        self._map_characters //= 2

    def stop(self, code: int, now: float) -> None:
        """Take nothing until a commit is acknowledged; a repeated stop is the same."""
        if self.stop_code is None:
            self.stopped_at = now
        self.stop_code = code
        self._judge()

    def hold(self, *, held: bool) -> bool:
        """Let its items stay where they are, or go on; return whether that opened it."""
        was_open, self.held = self.open, held
        self._judge()
        return self.open and not was_open

    def fence(self) -> None:
        """Take nothing any more; outcomes still count. There is no way back."""
        self.fenced = True
        self._judge()

    def end(self) -> int:
        """End the epoch: give up its records and return how many they were."""
        released = len(self.incomplete)
        self.alive = False
        self.incomplete.clear()
        self._judge()
        return released

    @property
    def can_send(self) -> bool:
        """True when nothing but a hold keeps its items."""
        return (
            self.alive and self.confirmed and not self.fenced and self.stop_code is None
        )

    @property
    def is_trying(self) -> bool:
        """True when only a hold keeps its items, so that trials go another way."""
        return self.held and self.can_send

    def _judge(self) -> None:
        self.open = self.can_send and not self.held

    def _map(self) -> Written:
        """Return the offset map of now, as text; made anew when anything changed."""
        base = self.committable
        if self.marks.end <= base:
            return NO_MAP
        allowed = 0 if self._has_no_map else self._map_characters
        end = min(self.unknown, default=self.next_offset + MOST_OFFSETS)
        wanted = (base, self.marks.version, allowed, end)
        if wanted != self._written_for:
            bitmap = self.marks.bitmap(base) if allowed else b""
            if self.unknown:
                bitmap = beginning(bitmap, end - base)
            self._written = written_map(base, bitmap, allowed)
            self._written_for = wanted
        return self._written


def beginning(bitmap: bytes, bits: int) -> bytes:
    """Return a bitmap with only so many of its bits."""
    number = int.from_bytes(bitmap, "little") & ((1 << bits) - 1)
    return number.to_bytes(len(bitmap), "little")
