"""Where a group stands, judged."""

from __future__ import annotations

import pytest

from consumer.cli.standing import (
    NONE,
    Amount,
    PartitionStanding,
    TopicStanding,
    between,
    judged,
)
from consumer.model import TopicPartition
from consumer.schedule.committed import Committed, committed_of
from consumer.schedule.offset_map import written_map
from consumer.source.admin import Bounds

PLACE = TopicPartition("t", 3)


def commit(offset: int, *done: int, metadata: str | None = None) -> Committed:
    """Return a commit whose map marks `done`."""
    bits = sum(1 << (one - offset) for one in done)
    bitmap = bits.to_bytes(-(-bits.bit_length() // 8), "little")
    text = written_map(offset, bitmap, 4096).text if metadata is None else metadata
    return committed_of(offset, text)


def standing(
    committed: Committed | None, bounds: Bounds | str, policy: str = "earliest"
) -> PartitionStanding:
    """Return a partition, judged."""
    return judged(PartitionStanding(place=PLACE, committed=committed), bounds, policy)


@pytest.mark.parametrize(
    ("committed", "bounds", "begins", "lag", "problem"),
    [
        (commit(5), Bounds(0, 5, 5), 5, Amount(0, is_exact=True), ""),
        (commit(5), Bounds(0, 9, 9), 5, Amount(4), ""),
        (commit(5, 7, 8), Bounds(0, 9, 9), 5, Amount(2), ""),
        (commit(5, 6, 7, 8), Bounds(2, 9, 9), 5, Amount(1), ""),
        (
            commit(5),
            Bounds(0, 9, 7),
            5,
            Amount(2),
            "an open transaction holds back offsets: 2",
        ),
        (
            commit(5, 7),
            Bounds(8, 9, 9),
            8,
            Amount(1),
            "Kafka has deleted records that were not done: 2 at most",
        ),
        (commit(5, 5, 6, 7), Bounds(8, 9, 9), 8, Amount(1), ""),
        (
            commit(50),
            Bounds(0, 9, 9),
            50,
            Amount(0, is_exact=True),
            "the commit is beyond the log: was the topic made anew?",
        ),
        (commit(5, metadata="x"), Bounds(0, 9, 9), 5, Amount(4), "somebody else's"),
        (commit(5, metadata="M1x"), Bounds(0, 9, 9), 5, Amount(4), "is damaged"),
        (
            commit(5, metadata=written_map(4, b"\4", 99).text),
            Bounds(0, 9, 9),
            5,
            Amount(4),
            "of another offset",
        ),
    ],
)
def test_a_commit_and_a_log(
    committed: Committed, bounds: Bounds, begins: int, lag: Amount, problem: str
) -> None:
    """Lag counts what is neither committed nor marked and can be read; odd is said."""
    found = standing(committed, bounds)
    assert (found.begins, found.lag) == (begins, lag)
    assert problem in found.problem
    assert bool(problem) is bool(found.problem)


@pytest.mark.parametrize(
    ("policy", "begins", "lag"),
    [("earliest", 2, Amount(5)), ("latest", 7, NONE), ("error", None, None)],
)
def test_without_a_commit(policy: str, begins: int | None, lag: Amount | None) -> None:
    """A partition begins where `auto.offset.reset` says; for `error`, nobody knows."""
    found = standing(None, Bounds(2, 9, 7), policy)
    assert (found.begins, found.lag, found.done_beyond) == (begins, lag, 0)
    assert (found.is_done(1), found.not_done(9)) == (False, ([], False))
    assert ("auto.offset.reset is error" in found.problem) is (policy == "error")


def test_a_log_that_is_not_told() -> None:
    """What the broker does not say is not guessed."""
    found = standing(commit(5), "no leader")
    assert (found.begins, found.lag, found.bounds) == (None, None, None)
    assert found.problem == "the log is not told: no leader"
    assert TopicStanding(name="t", kind="source", partitions=(found,)).lag is None


def test_ranges_are_bounded() -> None:
    """No more ranges than asked for are named; that there are more is said."""
    found = standing(commit(0, *range(1, 20, 2)), Bounds(0, 30, 30))
    assert found.not_done(2) == ([(0, 0), (2, 2)], True)
    assert found.not_done(10) == ([(n, n) for n in range(0, 20, 2)], False)


def test_numbers_together() -> None:
    """A sum is exact only if all of it is; a bound is marked."""
    bound, exact = Amount(2), Amount(3, is_exact=True)
    assert [str(one) for one in (bound, exact, bound + exact, exact + exact)] == [
        *("<=2", "3", "<=5", "6")
    ]
    assert [between(Bounds(3, 3, 3)), between(Bounds(3, 9, 3))] == [NONE, Amount(6)]
    parts = tuple(standing(commit(5), Bounds(0, end, end)) for end in (5, 9))
    topic = TopicStanding(name="t", kind="source", partitions=parts)
    assert topic.lag == Amount(4)
