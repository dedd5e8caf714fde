"""What a commit says of a partition: for those who look at it from outside.

Rules:
    - A bit that is not set is a record that is not done, or one that is done and kept
      unmarked because an earlier record of its profile is not (see `marks`). Either is
      sent again after a crash, so both are called not done.
    - A bit that is set is a record that is done, or a gap. So numbers of offsets are
      bounds of numbers of records; only a look at the log makes them exact.
    - Moved forward, a map stays true: whoever skips records takes away earlier records of
      the marked ones and adds none. Moved back it would not: an earlier record sent again
      would write over a later one that is not.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from consumer.schedule.offset_map import (
    MARK,
    METADATA_CHARACTERS,
    base_of,
    read_map,
    written_map,
)

__all__ = ["Committed", "MapState", "Range", "committed_of"]

Range: TypeAlias = tuple[int, int]  # first and last offset, both included

_WHOLE = 0xFF


class MapState(enum.StrEnum):
    """What a commit's metadata is."""

    NONE = "none"  # there is none: nothing beyond the committed offset is done
    MAP = "map"
    FOREIGN = "foreign"  # somebody else's text
    DAMAGED = "damaged"
    MOVED = "moved"  # whole, and of another offset: a tool moved the commit


@dataclass(frozen=True, slots=True)
class Committed:
    """One partition's commit, read.

    Attributes:
        offset: The committed offset: every record below it is done.
        metadata: As it was committed.
        state: What the metadata is.
        bitmap: Offsets that are done, bit i of byte 0 on for `offset` + i; empty unless
            `state` is MAP.
    """

    offset: int
    metadata: str
    state: MapState
    bitmap: bytes = b""

    @property
    def done(self) -> int:
        """How many offsets beyond the committed one are done, gaps included."""
        return self.done_in(self.offset, self.end)

    @property
    def end(self) -> int:
        """One past the last offset that is marked; the committed one without a map."""
        return self.offset + int.from_bytes(self.bitmap, "little").bit_length()

    def done_in(self, first: int, end: int) -> int:
        """Return how many offsets from `first` to `end` (left out) are marked."""
        low, high = max(0, first - self.offset), max(0, end - self.offset)
        bits = int.from_bytes(self.bitmap, "little") >> low
        return (bits & ((1 << max(0, high - low)) - 1)).bit_count()

    def is_done(self, offset: int) -> bool:
        """Whether `offset` is below the committed one, or marked."""
        place = offset - self.offset
        if place < 0:
            return True
        byte = place >> 3
        return byte < len(self.bitmap) and self.bitmap[byte] >> (place & 7) & 1 == 1

    def not_done(self) -> Iterator[Range]:
        """Give the ranges below `end` that are not marked, in order."""
        offset, first = self.offset, None
        for byte in self.bitmap:
            if byte == (_WHOLE if first is None else 0):  # the same eight times
                offset += 8
                continue
            for bit in range(8):
                if byte >> bit & 1:
                    if first is not None:
                        yield first, offset - 1
                        first = None
                elif first is None:
                    first = offset
                offset += 1

    def moved(self, offset: int) -> str:
        """Return the metadata of a commit at `offset` that keeps what is done beyond it.

        Empty when it goes back, or when there is nothing to keep.
        """
        if offset < self.offset or not self.bitmap:
            return ""
        bits = int.from_bytes(self.bitmap, "little") >> (offset - self.offset)
        bitmap = bits.to_bytes(-(-bits.bit_length() // 8), "little")
        return written_map(offset, bitmap, METADATA_CHARACTERS).text


def committed_of(offset: int, metadata: str) -> Committed:
    """Return what a commit says; never raises.

    Args:
        offset: The committed offset; at least 0.
        metadata: The text beside it.
    """
    bitmap = read_map(metadata, offset)
    if bitmap:
        return Committed(offset, metadata, MapState.MAP, bitmap)
    return Committed(offset, metadata, _why_not(metadata, offset))


def _why_not(metadata: str, offset: int) -> MapState:
    if not metadata:
        return MapState.NONE
    if not metadata.startswith(MARK):
        return MapState.FOREIGN
    base = base_of(metadata)
    if base is None or base == offset:
        return MapState.DAMAGED
    return MapState.MOVED
