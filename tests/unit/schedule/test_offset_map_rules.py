"""What the offset map does for the scheduler, and what it costs."""

from __future__ import annotations

import pytest

from consumer.model import (
    DELIVERED,
    UNSENT,
    Commit,
    Failure,
    PauseReason,
    Record,
    Stage,
)
from consumer.schedule import offsets
from consumer.schedule.commits import METADATA_TOO_LARGE
from consumer.schedule.offset_map import MOST_OFFSETS, read_map
from consumer.schedule.policy import SchedulePolicy
from consumer.schedule.scheduler import Scheduler
from tests.unit.schedule.desk import (
    LOANS,
    REJECTED,
    SWIPES,
    Desk,
    mapped,
    record,
)


def done_in(commit: Commit) -> list[int]:
    """Return the offsets that a commit's map calls done."""
    bitmap = read_map(commit.metadata, commit.offset)
    places = range(len(bitmap) * 8)
    return [commit.offset + n for n in places if bitmap[n >> 3] >> (n & 7) & 1]


def position(desk: Desk) -> Commit:
    """Return what would be committed now."""
    return desk.scheduler.positions([LOANS])[LOANS]


def deliver(desk: Desk, *names: str) -> None:
    """Have the works of these profiles delivered, all others put back unsent."""
    for work in desk.scheduler.take(100, 0.0):
        if work.profile.value in names:
            desk.answer(work)
        else:
            desk.answer(work, UNSENT)


def crashed(desk: Desk) -> Desk:
    """Return another process that begins at what the broker has."""
    commit = position(desk)
    after = Desk()
    after.scheduler.revoke([LOANS])
    after.scheduler.assign(LOANS, 2, commit.offset, commit.metadata, 0.0)
    after.renew(0.0)
    return after


def ragged(count: int) -> Desk:
    """Return a desk with so many records, half of them done, in no order."""
    desk = Desk(SchedulePolicy(held_records=4 * count, held_bytes=2**40))
    done, state = set(), 1
    for offset in range(count):
        state = state * 1_103_515_245 + 12_345 & 0x7FFFFFFF
        desk.put(offset, f"P{offset}")
        if offset and state >> 16 & 1:
            done.add(f"P{offset}")
    for work in desk.scheduler.take(count, 0.0):
        desk.answer(work, DELIVERED if work.profile.value in done else UNSENT)
    return desk


@pytest.mark.peer("Parallel Consumer #777")
def test_what_is_done_beyond_the_committable_offset_is_not_sent_again() -> None:
    """After a crash a record that is marked is not even consumed."""
    desk = Desk()
    for offset, name in enumerate(("slow", "a", "b", "c")):
        desk.put(offset, name)
    deliver(desk, "a", "c")
    assert (position(desk).offset, done_in(position(desk))) == (0, [1, 3])
    after = crashed(desk)
    kept = [
        offset
        for offset in range(4)
        if after.scheduler.admit(record(offset, epoch=2), 0.0)
    ]
    assert kept == [0, 2]
    assert after.scheduler.statistics().consumed == 2


def test_a_record_that_wrote_over_one_that_waits_is_not_marked() -> None:
    """5 waits for P1 and has delivered P2; 7 delivered P2 and P3; 9 P3; then a crash."""
    desk = Desk()
    for offset in range(5):
        desk.scheduler.offer(admitted(desk, offset), mapped(), 0.0)
    desk.put(5, "p1", "p2")
    desk.put(7, "p2", "p3")
    desk.put(9, "p3")
    desk.put(11, "p4")
    for _ in range(3):
        deliver(desk, "p2", "p3", "p4")
    assert (position(desk).offset, done_in(position(desk))) == (5, [6, 8, 10, 11])
    after = crashed(desk)
    assert [
        offset
        for offset in (5, 7, 9, 11)
        if after.scheduler.admit(record(offset, epoch=2), 0.0)
    ] == [5, 7, 9]


def admitted(desk: Desk, offset: int) -> Record:
    """Admit a record."""
    made = record(offset)
    assert desk.scheduler.admit(made, 0.0)
    return made


def test_a_record_that_waits_for_its_letter_keeps_later_ones_unmarked() -> None:
    """It would be sent again, behind what its profile got since."""
    desk = Desk()
    given_up = desk.put(0, "a")
    desk.put(1, "a")
    desk.put(2, "b")
    (first, _) = desk.scheduler.take(2, 0.0)
    desk.answer(first, REJECTED)
    deliver(desk, "a")
    assert (position(desk).offset, done_in(position(desk))) == (0, [])
    assert desk.scheduler.settle(given_up)
    assert position(desk).offset == 2


def test_the_end_of_a_multiple_record_frees_what_it_kept() -> None:
    """What is done behind it is then behind the committable offset, too."""
    desk = Desk()
    desk.put(0, "a", "b")
    desk.put(1, "b")
    for _ in range(2):
        deliver(desk, "b")
    assert done_in(position(desk)) == []
    deliver(desk, "a")
    assert position(desk) == Commit(2, "", 1)


def test_a_change_of_the_map_alone_is_committed() -> None:
    """The committable offset stands still, and what is done behind it is news."""
    desk = Desk()
    desk.put(0, "slow")
    desk.put(1, "a")
    desk.renew(0.0)
    assert desk.scheduler.committable(0.0) == {}
    deliver(desk, "a")
    commits = desk.scheduler.committable(0.0)
    assert done_in(commits[LOANS]) == [1]
    desk.scheduler.committed(commits, {}, 0.0)
    assert desk.scheduler.committable(0.0) == {}


def test_a_map_that_the_broker_refuses_is_left_out_once_and_halved() -> None:
    """Error 12: the next commit has none, the one after it at most half the space."""
    desk = ragged(20_000)
    commits = desk.scheduler.committable(0.0)
    assert 2048 < len(commits[LOANS].metadata) <= 4096
    desk.scheduler.committed(commits, {LOANS: METADATA_TOO_LARGE}, 0.0)
    commits = desk.scheduler.committable(0.0)
    assert commits[LOANS] == Commit(0, "", 1)
    desk.scheduler.committed(commits, {}, 0.0)
    assert 1536 < len(desk.scheduler.committable(0.0)[LOANS].metadata) <= 2048


def test_a_full_span_stops_the_fetch_until_it_shrinks() -> None:
    """At three quarters of a million offsets; the pause says which record it waits for."""
    desk = Desk()
    desk.put(0, "slow")
    desk.put(3 * MOST_OFFSETS // 4 - 1, "a")
    deliver(desk, "a")
    desk.renew(0.0)
    assert LOANS in desk.scheduler.flow(0.0).paused
    assert SWIPES not in desk.scheduler.flow(0.0).paused
    (pause,) = desk.scheduler.pauses(0.0)
    assert (pause.reason, pause.scope) == (PauseReason.OFFSET_MAP, "loans[0]")
    assert "offset 0 ends" in pause.ends_when
    deliver(desk, "slow")
    desk.renew(0.0)
    assert desk.scheduler.flow(0.0).paused == frozenset()
    assert desk.scheduler.pauses(0.0) == ()


def test_a_full_text_stops_the_fetch_of_its_partition() -> None:
    """Done and waiting in no order packs badly: the space is used up before the span."""
    desk = ragged(32_000)
    desk.renew(0.0)
    assert LOANS in desk.scheduler.flow(0.0).paused
    desk.scheduler.revoke([LOANS])
    assert desk.scheduler.pauses(0.0) == ()


@pytest.mark.peer("Parallel Consumer #326")
@pytest.mark.parametrize("metadata", ["", "M1", "M1A", "consumer-1", "M1" + "A" * 40])
def test_foreign_metadata_is_no_map(metadata: str) -> None:
    """Another tool's text, or a damaged one, repeats records and harms nothing."""
    scheduler = Scheduler(SchedulePolicy(), lambda: 0.5)
    scheduler.assign(LOANS, 1, 7, metadata, 0.0)
    assert scheduler.committable(0.0) == {LOANS: Commit(7, "", 1)}
    assert scheduler.admit(record(7), 0.0)


def test_a_map_of_another_offset_is_ignored() -> None:
    """Somebody moved the offset with a tool, and the text stayed."""
    desk = Desk()
    desk.put(0, "slow")
    desk.put(1, "a")
    deliver(desk, "a")
    scheduler = Scheduler(SchedulePolicy(), lambda: 0.5)
    scheduler.assign(LOANS, 2, 1, position(desk).metadata, 0.0)
    assert scheduler.admit(record(1, epoch=2), 0.0)


def test_bits_that_are_not_reached_yet_are_in_every_commit() -> None:
    """Also in the lease's, and when the last record before them is done."""
    desk = Desk()
    for offset, name in enumerate(("slow", "a", "b")):
        desk.put(offset, name)
    deliver(desk, "b")
    after = crashed(desk)
    assert done_in(after.scheduler.committable(15.0)[LOANS]) == [2]
    made = record(0, epoch=2)
    after.scheduler.admit(made, 0.0)
    after.scheduler.offer(made, mapped(), 0.0)
    assert (position(after).offset, done_in(position(after))) == (1, [2])
    made = record(1, epoch=2)
    after.scheduler.admit(made, 0.0)
    after.scheduler.offer(made, mapped(), 0.0)
    assert not after.scheduler.admit(record(2, epoch=2), 0.0)
    assert position(after) == Commit(3, "", 2)


def test_a_full_map_that_was_carried_over_stops_nothing() -> None:
    """Bug: a partition taken over with a full map was never read again."""
    after = crashed(ragged(32_000))
    assert len(position(after).metadata) > 3072
    after.renew(1.0)
    assert LOANS not in after.scheduler.flow(1.0).paused
    made = record(0, epoch=2)
    after.scheduler.admit(made, 1.0)
    after.scheduler.offer(made, mapped(), 1.0)
    after.renew(2.0)
    assert LOANS not in after.scheduler.flow(2.0).paused


def test_a_record_rejected_before_its_profile_was_known_ends_the_map() -> None:
    """Bug: its letter unconfirmed, it was sent again over what came after it."""
    desk = Desk()
    desk.put(0, "slow")
    desk.put(1, "a")
    rejected = admitted(desk, 2)
    desk.put(3, "a")
    deliver(desk, "a")
    deliver(desk, "a")
    assert done_in(position(desk)) == [1, 3]
    failure = Failure(Stage.DECODE, "unknown_schema", "nobody knows it")
    assert desk.scheduler.reject(rejected, failure, 0.0).failure == failure
    assert done_in(position(desk)) == [1]
    assert desk.scheduler.settle(rejected)
    assert done_in(position(desk)) == [1, 2, 3]


def test_the_map_ends_before_a_rejected_record_wherever_it_begins() -> None:
    """Its place is an offset, and the bits count from the committable one."""
    desk = Desk()
    desk.put(0, "early")
    deliver(desk, "early")
    desk.put(1, "slow")
    desk.put(2, "a")
    rejected = admitted(desk, 3)
    desk.put(4, "b")
    deliver(desk, "a", "b")
    desk.scheduler.reject(rejected, Failure(Stage.DECODE, "truncated", "short"), 0.0)
    assert (position(desk).offset, done_in(position(desk))) == (1, [2])


def test_too_many_kept_records_stop_the_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done and may not be marked is held by no other bound."""
    monkeypatch.setattr(offsets, "MOST_KEPT", 3)
    desk = Desk()
    desk.put(0, "a", "b")
    for offset in range(1, 5):
        desk.put(offset, "b")
    for _ in range(5):
        deliver(desk, "b")
    desk.renew(0.0)
    assert LOANS in desk.scheduler.flow(0.0).paused
    deliver(desk, "a")
    desk.renew(0.0)
    assert LOANS not in desk.scheduler.flow(0.0).paused
