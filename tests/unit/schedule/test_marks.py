"""Which offsets are marked as done."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import FrameType

import pytest

from consumer.model import ProfileId
from consumer.schedule.marks import MOST_HELD_BYTES, SLACK_BYTES, Marks
from tests.unit.schedule.desk import profile

P1, P2, P3 = (profile(name) for name in ("p1", "p2", "p3"))


def marked(marks: Marks, base: int = 0) -> list[int]:
    """Return the marked offsets from `base` on."""
    bitmap = marks.bitmap(base)
    return [
        base + place
        for place in range(len(bitmap) * 8)
        if bitmap[place >> 3] >> (place & 7) & 1
    ]


def complete(marks: Marks, offset: int, profiles: Iterable[ProfileId]) -> None:
    """Complete a record while the committable offset stands at the beginning."""
    marks.complete(offset, profiles, 0)


def test_what_is_complete_is_marked() -> None:
    """Whatever the order; what is not, is not."""
    marks = Marks(0, b"")
    for offset in (5, 3, 9):
        complete(marks, offset, (P1,))
    assert marked(marks) == [3, 5, 9]
    assert (5 in marks, 4 in marks, 100 in marks) == (True, False, False)
    assert marks.end == 10


def test_a_later_record_of_a_profile_that_lingers_is_not_marked() -> None:
    """Record 5 waits for P1 and has delivered P2; 7 wrote P2; 9 wrote what 7 wrote."""
    marks = Marks(5, b"")
    marks.linger(5, (P1, P2))
    marks.linger(7, (P2, P3))
    complete(marks, 7, (P2, P3))
    complete(marks, 9, (P3,))
    complete(marks, 11, (profile("p4"),))
    assert marked(marks, 5) == [11]
    complete(marks, 5, (P1, P2))
    assert marked(marks, 5) == [5, 7, 9, 11]
    assert not marks.has_lingering


def test_an_earlier_record_is_kept_by_none_that_comes_later() -> None:
    """Only what stands before it can be sent again and overwrite it."""
    marks = Marks(0, b"")
    marks.linger(8, (P1, P2))
    complete(marks, 3, (P1,))
    assert marked(marks) == [3]


def test_one_that_is_kept_by_two_waits_for_both() -> None:
    """The first that ends frees nothing that the second keeps."""
    marks = Marks(0, b"")
    marks.linger(1, (P1, P3))
    marks.linger(2, (P2, P3))
    marks.linger(3, (P1, P2))
    complete(marks, 3, (P1, P2))
    complete(marks, 1, (P1, P3))
    assert marked(marks) == [1]
    complete(marks, 2, (P2, P3))
    assert marked(marks) == [1, 2, 3]


def test_a_record_without_a_profile_is_always_marked() -> None:
    """Skipped by a rule: a repeat of it writes nothing, and nothing overwrites it."""
    marks = Marks(0, b"")
    marks.linger(1, (P1, P2))
    complete(marks, 4, ())
    assert marked(marks) == [4]


def test_what_lingers_twice_lingers_once() -> None:
    """Two of its items may be given up."""
    marks = Marks(0, b"")
    marks.linger(1, (P1, P2))
    marks.linger(1, (P1, P2))
    complete(marks, 1, (P1, P2))
    assert (marked(marks), marks.has_lingering) == ([1], False)


def test_what_was_read_at_the_assignment_stays() -> None:
    """Bits not yet reached are in every map until the committable offset is past."""
    marks = Marks(16, b"\x81\x01")
    assert marked(marks, 16) == [16, 23, 24]
    assert marked(marks, 20) == [23, 24]
    assert marked(marks, 25) == []
    assert marks.end == 32


@pytest.mark.peer("Parallel Consumer #329", "Parallel Consumer #409")
def test_a_gap_counts_as_done() -> None:
    """Of a long one only the beginning is written."""
    marks = Marks(0, b"")
    marks.skip(2, 4)
    marks.skip(1000, 10**12)
    assert marked(marks) == [2, 3, *range(1000, 1064)]


def test_bits_below_the_committable_offset_are_thrown_away() -> None:
    """What is held does not grow with what was ever done."""
    marks = Marks(0, b"")
    last = SLACK_BYTES * 16
    for offset in range(0, last, 8):
        complete(marks, offset, (P1,))
    assert marked(marks, last - 9) == [last - 8]
    assert len(marks._bits) == 2
    complete(marks, last + 3, (P1,))
    assert marked(marks, last - 8) == [last - 8, last + 3]


def test_a_record_far_behind_the_others_costs_nothing() -> None:
    """A billion offsets further it is not marked, and repeats at worst."""
    marks = Marks(0, b"")
    complete(marks, 10**9, (P1,))
    assert marked(marks) == []
    complete(marks, MOST_HELD_BYTES * 8 - 1, (P1,))
    assert marks.end == MOST_HELD_BYTES * 8


def test_a_partition_that_went_far_without_a_mark_marks_again() -> None:
    """Bug: after two million offsets in order nothing was marked any more."""
    marks = Marks(0, b"")
    far = MOST_HELD_BYTES * 8 + 100
    marks.complete(far + 5, (P1,), far)
    assert marked(marks, far) == [far + 5]


def test_many_that_one_keeps_are_freed_one_by_one() -> None:
    """Bug: freeing 8,000 records looked at all of them for each, and took 36 s."""
    marks = Marks(0, b"")
    marks.linger(0, (P1, P2))
    count = 20_000
    for offset in range(1, count):
        complete(marks, offset, (P2,))
    assert marks.kept == count - 1
    looks = 0

    def count_looks(frame: FrameType, event: str, _: object) -> None:
        nonlocal looks
        looks += event == "call" and frame.f_code.co_name == "_top"

    sys.setprofile(count_looks)
    complete(marks, 0, (P1, P2))
    sys.setprofile(None)
    assert marked(marks) == list(range(count))
    assert looks <= 4 * count


def test_a_version_is_another_with_every_mark() -> None:
    """Whoever wrote the map can tell whether it is still the same."""
    marks = Marks(0, b"")
    before = marks.version
    complete(marks, 3, (P1,))
    assert marks.version != before
