"""Incomplete offsets of one assignment."""

from collections.abc import Callable

import pytest

from consumer.model import Commit
from consumer.schedule.offset_map import read_map
from consumer.schedule.offsets import Partition
from tests.unit.schedule.desk import LOANS, record


def partition(offset: int = 0) -> Partition:
    """Return a partition that may be served."""
    made = Partition(LOANS, 1, offset, 0.0)
    made.confirm()
    return made


def is_open(state: Partition) -> bool:
    """Tell whether it is open now, whatever mypy remembers of it."""
    return state.open


def finish(state: Partition, offset: int) -> None:
    """Settle a record."""
    state.remove(state.incomplete[offset])


@pytest.mark.peer("Pyrallel 1.0.0", "spring-kafka #4258", "Faust robinhood #625")
def test_gaps_in_offsets_do_not_stop_the_committable_offset() -> None:
    """Pyrallel 1.0.0's OffsetTracker stays at 0 after 0, 2, 4, 6: ours goes to 7."""
    state = partition()
    for offset in (0, 2, 4, 6):
        assert state.admit(record(offset)) is not None
    for offset, expected in ((2, 0), (0, 4), (6, 4), (4, 7)):
        finish(state, offset)
        assert expected == state.committable


@pytest.mark.peer(
    "Vector #24215", "Vector #19711", "Faust robinhood #682", "spring-kafka #4342"
)
def test_committable_is_the_lowest_incomplete_whatever_the_order() -> None:
    """A later record that is done moves nothing."""
    state = partition(5)
    assert state.committable == 5
    for offset in (5, 6, 9):
        state.admit(record(offset))
    finish(state, 9)
    assert state.committable == 5
    finish(state, 5)
    assert (state.commit.offset, state.commit.epoch) == (6, 1)
    assert read_map(state.commit.metadata, 6) == b"\x0e"  # 9, and the gap before it
    finish(state, 6)
    assert Commit(10, "", 1) == state.commit


def test_an_offset_that_was_seen_is_not_admitted_again() -> None:
    """A repeat inside one epoch is known, whether done or not."""
    state = partition(3)
    assert state.admit(record(2)) is None
    assert state.admit(record(3)) is not None
    assert state.admit(record(3)) is None
    finish(state, 3)
    assert state.admit(record(3)) is None


@pytest.mark.parametrize(
    "close",
    [Partition.fence, Partition.end, lambda state: state.stop(22, 1.0)],
    ids=["fenced", "ended", "stopped"],
)
def test_each_cause_closes_it(close: Callable[[Partition], object]) -> None:
    """Nothing is taken from a partition that is not surely ours."""
    assert not is_open(Partition(LOANS, 1, 0, 0.0))  # not confirmed yet
    state = partition()
    assert is_open(state)
    close(state)
    assert not is_open(state)


def test_an_acknowledged_commit_ends_a_stop() -> None:
    """The stop remembers when it began, and is due to be committed until then."""
    state = partition()
    state.acknowledge(Commit(0, "", 1))
    state.stop(22, 1.0)
    state.stop(27, 2.0)
    assert (state.stop_code, state.stopped_at) == (27, 1.0)
    assert (is_open(state), state.is_commit_due) == (False, True)
    state.acknowledge(Commit(0, "", 1))
    assert (is_open(state), state.is_commit_due) == (True, False)


def test_an_older_commit_that_lands_later_makes_the_newer_due_again() -> None:
    """What the broker has is what counts, not what we sent last."""
    state = partition(7)
    state.acknowledge(Commit(7, "", 1))
    state.acknowledge(Commit(5, "", 1))
    assert state.is_commit_due


def test_a_fenced_partition_is_not_due() -> None:
    """The callback that fenced it commits it, and nothing may land after that."""
    state = partition()
    assert state.is_commit_due
    state.fence()
    assert not state.is_commit_due


def test_the_end_releases_what_is_incomplete() -> None:
    """A revoked partition keeps nothing."""
    state = partition()
    state.admit(record(0))
    state.admit(record(1))
    assert state.end() == 2
    assert not state.incomplete
