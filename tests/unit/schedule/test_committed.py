"""What a commit says, read from outside."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.schedule.committed import Committed, MapState, committed_of
from consumer.schedule.offset_map import written_map
from consumer.schedule.offsets import Partition
from tests.unit.schedule.desk import LOANS

BASE = 100


def with_done(*offsets: int, base: int = BASE) -> Committed:
    """Return a commit whose map marks these offsets."""
    bits = sum(1 << (offset - base) for offset in offsets)
    bitmap = bits.to_bytes(-(-bits.bit_length() // 8), "little")
    return committed_of(base, written_map(base, bitmap, 4096).text)


def test_a_map_is_read() -> None:
    """Done offsets are counted, what is between them is named, nothing beyond them."""
    found = with_done(102, 103, 107, 120)
    assert (found.state, found.offset, found.done) == (MapState.MAP, BASE, 4)
    assert found.end == 121
    assert list(found.not_done()) == [(100, 101), (104, 106), (108, 119)]
    asked = [offset for offset in range(95, 130) if found.is_done(offset)]
    assert asked == [*range(95, 100), 102, 103, 107, 120]


@settings(max_examples=300, derandomize=True, deadline=None)
@given(done=st.sets(st.integers(BASE, BASE + 90), min_size=1), to=st.integers(0, 300))
def test_ranges_and_moves_say_the_same_as_the_bits(done: set[int], to: int) -> None:
    """Ranges are the complement; moved forward, what is done beyond it stays done."""
    found = with_done(*done)
    ranges = {n for first, last in found.not_done() for n in range(first, last + 1)}
    assert ranges == set(range(BASE, max(done) + 1)) - done
    assert found.end == max(done) + 1
    assert found.done == len(done)
    inside = {n for n in done if BASE - 50 + to // 3 <= n < to}
    assert found.done_in(BASE - 50 + to // 3, to) == len(inside)
    after = committed_of(to, found.moved(to))
    kept = {offset for offset in done if offset >= to} if to >= BASE else set()
    assert {n for n in range(to, to + 400) if after.is_done(n)} == kept
    assert after.state is (MapState.MAP if kept else MapState.NONE)


def test_a_long_map_is_read_quickly() -> None:
    """Whole bytes, done or not, are passed over."""
    found = committed_of(
        0, written_map(0, b"\0" * 60_000 + b"\xff" * 60_000 + b"\1", 4096).text
    )
    assert list(found.not_done()) == [(0, 479_999)]
    assert found.done == 480_001


@pytest.mark.parametrize(
    ("metadata", "state"),
    [
        ("", MapState.NONE),
        ("a tool was here", MapState.FOREIGN),
        ("M1", MapState.DAMAGED),
        ("M1!", MapState.DAMAGED),
        (written_map(BASE, b"\4", 4096).text[:-1], MapState.DAMAGED),
        (written_map(BASE + 1, b"\4", 4096).text, MapState.MOVED),
    ],
)
def test_what_is_no_map_says_nothing(metadata: str, state: MapState) -> None:
    """Nothing is done beyond the commit then, and the reason is told."""
    found = committed_of(BASE, metadata)
    assert (found.state, found.done, found.end) == (state, 0, BASE)
    assert list(found.not_done()) == []
    assert [found.moved(BASE), found.moved(BASE + 5)] == ["", ""]
    assert (found.is_done(BASE - 1), found.is_done(BASE)) == (True, False)


def test_a_moved_map_is_one_that_the_service_reads() -> None:
    """A partition that begins at the new offset takes what is done for done."""
    text = with_done(102, 103, 107).moved(103)
    partition = Partition(LOANS, 1, 103, 0.0, text)
    assert [offset for offset in range(103, 110) if offset in partition.marks] == [
        103,
        107,
    ]
