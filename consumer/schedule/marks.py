"""Which offsets beyond the committable one are marked as done: the offset map's bits.

Rules:
    - A record is marked only when it is complete and no earlier record of its partition
      that is not itself marked shares a profile with it. Else, after a crash, a repeat of
      the earlier one would overwrite what the later one wrote: record 5 waits for P1 and
      has delivered P2, record 7 has delivered P2; were 7 marked, 5 would be sent again,
      P2 last of all. So a complete record that is not marked keeps later ones of its
      profiles unmarked too.
    - Where an item was dropped because something later in time was delivered, the record
      wrote nothing, and no earlier one keeps it unmarked. After a restart, when that is
      forgotten, a repeat would write over it, so it is best marked soon.
    - What was read at the assignment stays marked until the committable offset passes it.
    - A gap below an offset that was seen counts as done: nothing stands there.

Theory of operation:
    Items of one profile leave a partition in offset order. So an earlier record that
    shares a profile with a complete one and is not marked either has several profiles,
    of which another waits; or had its item given up and waits for its dead letter; or is
    complete and kept unmarked by such a one. Only these *linger*, and only they are
    remembered, by profile: a record of one profile that is simply delivered costs one
    look-up while none lingers.

    For each profile the lingering offsets are a heap: a record is kept if one of its
    profiles has a smaller one on top, and when a record is marked only the new tops can
    have become free. So ten thousand records behind one that waits cost a heap's steps
    each, and not a look at all the others.

    A record that was rejected before its profile was known has its own rule, in
    `offsets`. What this cannot know is another mapping set: one that finds a further
    profile in a record that is sent again may write over a later one that is marked.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from consumer.model import ProfileId
from consumer.schedule.offset_map import MOST_BYTES

__all__ = ["Marks"]

SLACK_BYTES = 4096  # of bits below the committable offset, before they are thrown away
MOST_OF_A_GAP = 64
NOWHERE = 1 << 63  # beyond any offset
# One record may stand a billion offsets behind the one before it.
MOST_HELD_BYTES = 2 * MOST_BYTES


class Marks:
    """The bits of one partition's epoch. Owned by its `Partition`.

    Attributes:
        end: One past the highest offset that is marked.
        version: Changes with every bit.
    """

    __slots__ = ("_base", "_bits", "_done", "_lingering", "_profiles", "end", "version")

    def __init__(self, base: int, bitmap: bytes) -> None:
        """Begin with what was read at the assignment.

        Args:
            base: The offset of the first bit: where reading begins.
            bitmap: Offsets that are done.
        """
        self.version = 0
        self.end = base + 8 * len(bitmap) if bitmap else 0
        self._base = base
        self._bits = bytearray(bitmap)
        self._profiles: dict[ProfileId, list[int]] = {}  # heaps of those that linger
        self._lingering: dict[int, tuple[ProfileId, ...]] = {}
        # Complete and lingering, and of whom something was written.
        self._done: dict[int, tuple[ProfileId, ...]] = {}

    def __contains__(self, offset: int) -> bool:
        place = offset - self._base
        byte = place >> 3
        return 0 <= byte < len(self._bits) and self._bits[byte] >> (place & 7) & 1 == 1

    @property
    def has_lingering(self) -> bool:
        """Whether any record is remembered."""
        return bool(self._lingering)

    @property
    def kept(self) -> int:
        """How many complete records are kept unmarked."""
        return len(self._done)

    def linger(self, offset: int, profiles: Iterable[ProfileId]) -> None:
        """Remember an incomplete record one of whose profiles may go on before it."""
        if offset in self._lingering:
            return
        self._lingering[offset] = named = tuple(profiles)
        for profile in named:
            heapq.heappush(self._profiles.setdefault(profile, []), offset)

    def complete(
        self, offset: int, profiles: Iterable[ProfileId], committable: int
    ) -> None:
        """Mark a record, and those that it kept unmarked; or have it linger.

        Args:
            offset: Which.
            profiles: Whom something was written of.
            committable: The committable offset of now.
        """
        if (offset - self._base) >> 3 >= MOST_HELD_BYTES:
            self._trim(committable)
        if self._is_kept(offset, profiles):
            self.linger(offset, profiles)
            self._done[offset] = tuple(profiles)
            return
        freed = [offset]
        while freed:
            found = freed.pop()
            self._mark(found)
            self._done.pop(found, None)
            for profile in self._lingering.pop(found, ()):
                top = self._top(profile)
                if top in self._done and not self._is_kept(top, self._done[top]):
                    del self._done[top]  # freed once
                    freed.append(top)

    def skip(self, first: int, end: int) -> None:
        """Mark a gap: the offsets from `first` to below `end`.

        Of a long one only the beginning: nothing stands there either way, and the bits
        are ones only so that they pack well.
        """
        for offset in range(first, min(end, first + MOST_OF_A_GAP)):
            self._mark(offset)

    def bitmap(self, base: int) -> bytes:
        """Return the bits from `base` on, the first bit being `base`'s.

        What is below is thrown away, now and then.

        Args:
            base: The committable offset; it never moves back.
        """
        if self.end <= base:
            return b""
        if (base - self._base) >> 3 > SLACK_BYTES:
            self._trim(base)
        bits = self._bits[(base - self._base) >> 3 :]
        shift = base - self._base & 7
        if not shift:
            return bytes(bits)
        number = int.from_bytes(bits, "little") >> shift
        return number.to_bytes(len(bits), "little")

    def _is_kept(self, offset: int, profiles: Iterable[ProfileId]) -> bool:
        if not self._profiles:
            return False
        return any(self._top(profile) < offset for profile in profiles)

    def _top(self, profile: ProfileId) -> int:
        """Return the lowest lingering offset of a profile; beyond all when none is."""
        heap = self._profiles.get(profile)
        if heap is None:
            return NOWHERE
        while heap and heap[0] not in self._lingering:
            heapq.heappop(heap)
        if not heap:
            del self._profiles[profile]
            return NOWHERE
        return heap[0]

    def _trim(self, committable: int) -> None:
        """Throw away what is below the committable offset."""
        passed = (committable - self._base) >> 3
        del self._bits[:passed]
        self._base += passed * 8

    def _mark(self, offset: int) -> None:
        place = offset - self._base
        byte, bits = place >> 3, self._bits
        if byte >= len(bits):
            if byte >= MOST_HELD_BYTES:  # it cannot be written, and only repeats
                return
            bits.extend(bytes(byte + 1 - len(bits)))
        bits[byte] |= 1 << (place & 7)
        self.end = max(self.end, offset + 1)
        self.version += 1
