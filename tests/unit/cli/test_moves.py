"""What a reset would do."""

from __future__ import annotations

import pytest

from consumer.cli.moves import AtTime, Move, milliseconds, moves_to
from consumer.cli.standing import NONE, Amount
from consumer.errors import DependencyError, UsageError
from consumer.model import TopicPartition
from consumer.schedule.committed import Committed, committed_of
from consumer.source.admin import END, Bounds
from tests.unit.cli.test_standing import PLACE, commit, standing

BOUNDS = Bounds(10, 60, 50)


def at_time(answer: int | str) -> AtTime:
    """Return what gives the same answer for each partition."""
    return lambda places, _: dict.fromkeys(places, answer)


def move(
    text: str,
    committed: Committed | None,
    *,
    time: AtTime | None = None,
    policy: str = "earliest",
) -> Move:
    """Return what a reset does to one partition."""
    one = standing(committed, BOUNDS, policy)
    (found,) = moves_to(text, [one], time or at_time(END))
    return found


def test_a_step_back_sends_again() -> None:
    """All from there to the commit and what is marked beyond it; the map goes."""
    found = move("25", commit(30, 35, 36))
    assert (found.to, found.metadata) == (25, "")
    assert (found.again, found.skipped) == (Amount(7), NONE)
    assert found.stored == (25, "")


def test_a_step_forward_skips_what_is_not_done_and_keeps_what_is() -> None:
    """What is marked beyond stays marked, so that it is not sent again."""
    found = move("34", commit(30, 31, 35, 36))
    assert (found.again, found.skipped) == (NONE, Amount(3))
    after = committed_of(*found.stored)
    assert [n for n in range(34, 50) if after.is_done(n)] == [35, 36]


def test_a_step_over_what_is_done_skips_nothing() -> None:
    """Done records below the new offset are neither sent again nor lost."""
    found = move("33", commit(30, 30, 31, 32, 40))
    assert (found.again, found.skipped) == (NONE, NONE)


@pytest.mark.parametrize(
    ("text", "to", "again", "skipped"),
    [
        ("earliest", 10, Amount(21), NONE),
        ("latest", 50, NONE, Amount(19)),
        ("30", 30, NONE, NONE),
        ("60", 60, NONE, Amount(29)),
    ],
)
def test_places(text: str, to: int, again: Amount, skipped: Amount) -> None:
    """`latest` does not skip what an open transaction may still bring."""
    found = move(text, commit(30, 35))
    assert (found.to, found.again, found.skipped) == (to, again, skipped)
    assert found.is_change is (to != 30)


def test_a_time() -> None:
    """The first record as young; where all are older, the end."""
    asked: list[int] = []

    def noted(
        places: list[TopicPartition], at_ms: int
    ) -> dict[TopicPartition, int | str]:
        asked.append(at_ms)
        return dict.fromkeys(places, 42)

    assert move("2026-11-20T08:00:00Z", commit(30), time=noted).to == 42
    assert asked == [1_795_161_600_000]
    assert move("2026-11-20T08:00:00+01:00", commit(30)).to == 50
    with pytest.raises(DependencyError, match=r"t\[3\]: no offset for that time: why"):
        move("2026-11-20T08:00:00Z", commit(30), time=at_time("why"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9", r"t\[3\] has offsets from 10, and ends at 60: 9 is not among them"),
        ("61", "61 is not among them"),
        ("newest", "neither earliest, latest, an offset, nor a time such as 2026"),
        ("-1", "neither earliest"),
        ("2026-11-20T08:00:00", "say where: 2026-11-20T08:00:00Z, or an offset like"),
    ],
)
def test_what_is_no_place(text: str, said: str) -> None:
    """It is refused with what there is."""
    with pytest.raises(UsageError, match=said):
        move(text, commit(30))


@pytest.mark.parametrize(
    ("policy", "text", "skipped"),
    [
        ("earliest", "15", Amount(5)),
        ("earliest", "10", NONE),
        ("latest", "15", NONE),
        ("error", "15", Amount(5)),
    ],
)
def test_a_partition_without_a_commit(policy: str, text: str, skipped: Amount) -> None:
    """Nothing is known to be done; what would have been read and is not, is skipped."""
    found = move(text, None, policy=policy)
    assert (found.is_change, found.again, found.skipped) == (True, NONE, skipped)


def test_a_commit_that_the_log_does_not_have() -> None:
    """Deleted records and those of another topic of this name are not counted."""
    gone = move("earliest", commit(5))
    assert (gone.to, gone.again, gone.skipped) == (10, NONE, NONE)
    beyond = move("earliest", commit(1000))
    assert (beyond.again, beyond.skipped) == (Amount(50), NONE)


def test_a_log_that_is_not_told() -> None:
    """Nothing is moved blindly."""
    with pytest.raises(DependencyError, match="the log is not told: no leader"):
        moves_to("latest", [standing(commit(30), "no leader")], at_time(0))


def test_records_are_counted_in_the_log() -> None:
    """Of the offsets of a log with gaps only its records count."""
    back = move("25", commit(30, 31, 32, 35))
    assert back.counts([25, 27, 30, 31, 35, 40]) == (4, 0)
    forward = move("34", commit(30, 31, 35))
    assert forward.counts([30, 31, 33, 34, 35]) == (0, 2)
    assert forward.place == PLACE


def test_milliseconds_of_a_time() -> None:
    """Parts of a second count."""
    assert milliseconds("1970-01-01T00:00:01.5Z") == 1500
