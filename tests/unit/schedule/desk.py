"""A scheduler with assigned partitions and short ways to feed it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from consumer.model import (
    DELIVERED,
    IdKind,
    Item,
    Mapped,
    Outcome,
    OutcomeKind,
    Priority,
    ProfileId,
    Record,
    Route,
    Settlement,
    TopicPartition,
    Work,
)
from consumer.schedule.policy import MergePolicy, SchedulePolicy
from consumer.schedule.scheduler import Scheduler

LOANS = TopicPartition("loans", 0)
SWIPES = TopicPartition("swipes", 1)
RETRY = Outcome(OutcomeKind.RETRY, "http_500", "try later", status=500)
REJECTED = Outcome(OutcomeKind.REJECTED, "http_400", "bad name", status=400)
ONE_BY_ONE = SchedulePolicy(merge=MergePolicy(items=1))
REFUSED = Outcome(OutcomeKind.SUSPECT, "http_401", "who are you", status=401)


def profile(name: str) -> ProfileId:
    """Return a profile id."""
    return ProfileId(IdKind.THIRD_PARTY_ID, name)


def record(
    offset: int,
    source: TopicPartition = LOANS,
    *,
    epoch: int = 1,
    size_bytes: int = 100,
) -> Record:
    """Return a record."""
    return Record(source, offset, 0, b"key", b"value", (), epoch, size_bytes)


def mapped(
    *names: str,
    priority: Priority = Priority.NORMAL,
    values: Mapping[str, str] = MappingProxyType({"a": "1"}),
    send_within: float = 0.0,
    window: bool = False,
) -> Mapped:
    """Return one item for each named profile."""
    route = Route(
        mappings=("m",),
        priority=priority,
        send_within_seconds=send_within,
        window=window,
    )
    items = tuple(Item(profile(name), dict(values), route) for name in names)
    return Mapped(items, None, ("m",))


class Desk:
    """A scheduler whose two partitions are assigned and confirmed at 0.0.

    The jitter is fixed: `random` answers 0.5, so a first retry waits 0.1 s. Each item is
    a call of its own, unless a policy says otherwise: `test_merging` has the others.
    """

    def __init__(self, policy: SchedulePolicy | None = None) -> None:
        self.scheduler = Scheduler(policy or ONE_BY_ONE, lambda: 0.5)
        for source in (LOANS, SWIPES):
            self.scheduler.assign(source, 1, 0, "", 0.0)
        self.renew(0.0)

    def renew(self, now: float) -> None:
        """Have a commit acknowledged at once."""
        self.scheduler.committed(self.scheduler.committable(now), {}, now)

    def put(
        self,
        offset: int,
        *names: str,
        source: TopicPartition = LOANS,
        priority: Priority = Priority.NORMAL,
        now: float = 0.0,
    ) -> Record:
        """Admit a record and offer one item for each named profile."""
        made = record(offset, source)
        assert self.scheduler.admit(made, now)
        self.scheduler.offer(made, mapped(*names, priority=priority), now)
        return made

    def take(self, now: float, room: int = 100) -> list[str]:
        """Take works and return the names of their profiles, in order."""
        return [work.profile.value for work in self.scheduler.take(room, now)]

    def take_one(self, now: float) -> Work:
        """Take exactly one work."""
        (work,) = self.scheduler.take(1, now)
        return work

    def answer(
        self, work: Work, outcome: Outcome = DELIVERED, now: float = 0.0
    ) -> list[Settlement]:
        """Answer a work."""
        return self.scheduler.complete(work, outcome, now)

    def committable(self, source: TopicPartition = LOANS) -> int:
        """Return a partition's committable offset."""
        return self.scheduler.positions([source])[source].offset

    def deliver(self, name: str, offset: int, now: float) -> None:
        """Have another profile's item delivered: the target is well."""
        self.put(offset, name, source=SWIPES, now=now)
        works = self.scheduler.take(100, now)
        for work in works:
            assert name == work.profile.value
            self.answer(work, now=now)
