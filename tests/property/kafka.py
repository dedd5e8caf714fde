"""What Hypothesis draws for the scheduler's histories, and a Kafka that remembers."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from hypothesis import strategies as st

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
# Deliveries are likely, so that endpoints are well and items come to be blamed.
KINDS = st.sampled_from([*OUTCOMES, *["delivered"] * 4, *["retry", "refused"] * 2])
WORK: Draft = [(PROFILES[3], Priority.NORMAL)]
SELDOM = st.sampled_from([False] * 3 + [True])
CLASSES = st.sampled_from([*Priority, "normal", "held", "timed"])
ITEM = st.tuples(st.sampled_from(PROFILES), CLASSES)
ITEMS = st.lists(ITEM, max_size=3, unique_by=lambda pair: pair[0])


class Fetch(NamedTuple):
    """How the source reads: gap before a new record, how many, what is decoded."""

    gap: int = 0
    several: int = 1
    decoded: int = 1
    bad: int = -1


FETCHES = st.builds(
    Fetch,
    st.sampled_from([0, 0, 0, 1, 3]),
    st.integers(1, 6),
    st.integers(0, 12),
    st.integers(0, 6),
)


class Revocation(NamedTuple):
    """How a partition goes: what is out when it does, and what arrives late."""

    lost: bool
    again: bool
    commit_is_out: bool
    codes: list[int]
    late_answers: list[str]


REVOCATIONS = st.builds(
    Revocation,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.lists(st.sampled_from([COORDINATOR_LOADING, 22]), max_size=1),
    st.lists(KINDS, max_size=3),
)
BACKLOG = st.lists(ITEMS.filter(bool), min_size=3, max_size=6)


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
        self.latest: dict[ProfileId, int] = {}  # by what was accepted
        self.moments: dict[ProfileId, int] = {}  # as the target has it
        self.ended: dict[TopicPartition, set[int]] = {n: set() for n in PARTITIONS}

    def note_call(self, work: Work, records: list[Record], outcome: Outcome) -> None:
        """Remember what a call did: what it wrote, and what became of its items.

        A work of several that was rejected is no item's fate yet: it is halved.
        """
        profile, delivered = work.profile, outcome is DELIVERED
        if delivered:
            for part in work.parts:
                if part.item.route is TIMED:
                    seen = self.latest.get(profile, -1)
                    self.latest[profile] = max(seen, part.item.occurred_at_ms or 0)
            if "t" in work.attributes:
                self.moments[profile] = int(work.attributes["t"])
        final = len(records) == 1 and outcome.kind is OutcomeKind.REJECTED
        for record in records:
            place = profile, record.source
            if delivered:
                self.written[place] = record.offset
            if delivered or final:
                self.fates[place, record.offset] = outcome.kind

    def note_rejection(self, record: Record) -> None:
        """Remember that a record was refused, though it may have been delivered before.

        Sent again after a crash and refused this time, it is given up: what stands
        before it in the log may be the last that was written.
        """
        for item in dict(self.logs[record.source])[record.offset].items:
            place = item.profile, record.source
            self.fates[place, record.offset] = OutcomeKind.REJECTED

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
