"""What the scheduler's histories are made of, and a Kafka that remembers."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, TypeAlias

from consumer.model import (
    DELIVERED,
    UNSENT,
    Commit,
    Failure,
    IdKind,
    Item,
    Mapped,
    Outcome,
    OutcomeKind,
    Priority,
    ProfileId,
    Record,
    Route,
    SkipReason,
    Stage,
    TopicPartition,
    Work,
)
from consumer.schedule.guard import GuardPolicy
from consumer.schedule.offset_map import read_map
from consumer.schedule.policy import MergePolicy, RetryPolicy, SchedulePolicy
from consumer.settle import LetterContext

Draft: TypeAlias = list[tuple[ProfileId, str]]  # the items of a record: whose, class

PARTITIONS = tuple(TopicPartition("t", number) for number in range(3))
PROFILES = tuple(ProfileId(IdKind.PC_ID, name) for name in "abcd")
ROUTES = {p: Route(mappings=("m",), priority=p) for p in Priority}
TIMED = Route(mappings=("m",), by_event_time=True)
HELD = Route(mappings=("m",), send_within_seconds=8.0, window=True)
POLICY = SchedulePolicy(
    held_records=12,
    held_bytes=2_000,
    membership_lease_seconds=20.0,
    guard=GuardPolicy(enabled=False),
    retry=RetryPolicy(max_attempts=2, give_up_after_seconds=1.0),
    merge=MergePolicy(items=3, characters=9),
)
COORDINATOR_LOADING = 14  # a broker error that stops nothing
SKIPPED = Mapped((), SkipReason.WHEN, ("m",))
BAD = Failure(Stage.DECODE, "truncated", "it ends too early")
OUTCOMES = {
    "delivered": DELIVERED,
    "unsent": UNSENT,
    "rejected": Outcome(OutcomeKind.REJECTED, "http_400", status=400),
    "retry": Outcome(OutcomeKind.RETRY, "http_500", status=500),
    "throttled": Outcome(OutcomeKind.RETRY, "http_429", "", 2.0, 429),
    "busy": Outcome(OutcomeKind.RETRY, "http_503", "", 5.0, 500),
    "refused": Outcome(OutcomeKind.SUSPECT, "http_401", status=401),
    "unavailable": Outcome(OutcomeKind.SUSPECT, "http_503", "", 3.0, 503),
}
WORK: Draft = [(PROFILES[3], Priority.NORMAL)]


class Fetch(NamedTuple):
    """How the source reads: gap before a new record, how many, what is decoded."""

    gap: int = 0
    several: int = 1
    decoded: int = 1
    bad: int = -1


class Revocation(NamedTuple):
    """How a partition goes: what is out when it does, and what arrives late."""

    lost: bool
    again: bool
    commit_is_out: bool
    codes: list[int]
    late_answers: list[str]


def done_in(commit: Commit) -> set[int]:
    """Return the offsets that a commit's map calls done, gaps included."""
    bitmap = read_map(commit.metadata, commit.offset)
    places = range(len(bitmap) * 8)
    return {commit.offset + n for n in places if bitmap[n >> 3] >> (n & 7) & 1}


class Kafka:
    """What was published and committed, and which offsets have had their end."""

    def __init__(self) -> None:
        self.logs: dict[TopicPartition, list[tuple[int, Mapped]]]
        self.logs = {name: [] for name in PARTITIONS}
        self.stored = dict.fromkeys(PARTITIONS, (0, ""))
        self.written: dict[tuple[ProfileId, TopicPartition], int] = {}
        self.fates: dict[tuple[tuple[ProfileId, TopicPartition], int], OutcomeKind]
        self.fates = {}
        self.given_up: set[tuple[tuple[ProfileId, TopicPartition], int]] = set()
        self.latest: dict[ProfileId, int] = {}  # by what was accepted
        self.moments: dict[ProfileId, int] = {}  # as the target has it
        self.ended: dict[TopicPartition, set[int]] = {n: set() for n in PARTITIONS}

    def note_call(self, work: Work, outcome: Outcome) -> None:
        """Remember what a call did: what it wrote, and what became of its items.

        A work of several that was rejected is no item's fate yet: it is halved. Of items
        ordered in time the moments count, of the others the offsets.
        """
        profile, delivered = work.profile, outcome is DELIVERED
        final = len(work.parts) == 1 and outcome.kind is OutcomeKind.REJECTED
        if delivered and "t" in work.attributes:
            self.moments[profile] = int(work.attributes["t"])
        for part in work.parts:
            place, offset = (profile, part.record.source), part.record.offset
            if part.item.route is TIMED:
                moment = part.item.occurred_at_ms or 0
                if delivered:
                    self.latest[profile] = max(moment, self.latest.get(profile, -1))
            elif delivered or final:
                if (place, offset) not in self.given_up:
                    self.fates[place, offset] = outcome.kind
                if delivered:
                    self.written[place] = offset

    def note_given_up(self, record: Record, delivered: Collection[str] = ()) -> None:
        """Remember that a record was given up, though it may have been delivered before.

        Sent again after a crash and given up this time, what stands before it in the log
        may be the last that was written. So it stays, even if it is read again, by
        somebody who does not know of its letter, and delivered then. `delivered` are
        digests of profiles for whom it was not given up.
        """
        for item in dict(self.logs[record.source])[record.offset].items:
            if item.profile.digest not in delivered:
                place = item.profile, record.source
                self.fates[place, record.offset] = OutcomeKind.REJECTED
                self.given_up.add((place, record.offset))

    def wrong(self) -> dict[object, tuple[int, int]]:
        """Return what each profile has from a partition, if that is older than it should.

        A newer one is no fault: it was delivered, sent again after a crash and refused
        then; an item that is given up may have been applied.
        """
        expected: dict[tuple[ProfileId, TopicPartition], int] = {}
        for (place, offset), fate in self.fates.items():
            if fate is OutcomeKind.DELIVERED:
                expected[place] = max(offset, expected.get(place, 0))
        return {
            place: (self.written[place], offset)
            for place, offset in expected.items()
            if self.written[place] < offset
        }

    def next_offset(
        self, name: TopicPartition, after: int, gap: int, items: Draft
    ) -> int:
        """Return the next offset of a log; publish a record when it is at its end."""
        log = self.logs[name]
        for offset, _ in log:
            if offset >= after:
                return offset
        offset = (log[-1][0] + 1 if log else 0) + gap
        values = {"x": str(offset), f"n{offset % 3}": "1"}
        made = tuple(item_of(p, c, values, offset) for p, c in items)
        log.append((offset, Mapped(made, None, ("m",)) if made else SKIPPED))
        return offset


def item_of(
    profile: ProfileId, drawn: str, values: dict[str, str], offset: int
) -> Item:
    """Return an item; those ordered in time have moments that go back and forth."""
    if drawn == "timed":
        moment = offset * 7 % 10
        return Item(profile, {"t": str(moment), f"t{offset % 2}": "1"}, TIMED, moment)
    return Item(profile, values, HELD if drawn == "held" else ROUTES[Priority(drawn)])


def record_of(name: TopicPartition, offset: int, epoch: int) -> Record:
    """Return a record; its size depends on its offset."""
    return Record(name, offset, 0, b"k", b"v", (), epoch, 50 + 50 * (offset % 4))


def context(now: float) -> LetterContext:
    """Return what a letter says besides."""
    return LetterContext(
        group="g",
        template="{group}.{topic}.dead-letters",
        partitions=2,
        max_bytes=1_000,
        mapping_set="1",
        now=now,
        wall_ms=1_700_000_000_000,
    )
