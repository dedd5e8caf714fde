"""Which offsets beyond the committable one are marked as done: the offset map's bits.

Rules:
    - A record is marked only when it is complete and no earlier record of its partition
      that is not itself marked shares a profile with it. Else, after a crash, a repeat of
      the earlier one would overwrite what the later one wrote: record 5 waits for P1 and
      has delivered P2, record 7 has delivered P2; were 7 marked, 5 would be sent again,
      P2 last of all. So a complete record that is not marked keeps later ones of its
      profiles unmarked too.
    - What was read at the assignment stays marked until the committable offset passes it.
    - A gap below an offset that was seen counts as done: nothing stands there.

Theory of operation:
    Items of one profile leave a partition in offset order. So an earlier record that
    shares a profile with a complete one and is not marked either has several profiles,
    of which another waits; or had its item given up and waits for its dead letter; or is
    complete and kept unmarked by such a one. Only these *linger*, and only they are
    remembered, by profile: a record of one profile that is simply delivered costs one
    look-up while none lingers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from consumer.model import ProfileId
from consumer.schedule.offset_map import MOST_BYTES

__all__ = ["Marks"]

SLACK_BYTES = 4096  # of bits below the committable offset, before they are thrown away
MOST_OF_A_GAP = 64
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
        self._profiles: dict[ProfileId, set[int]] = {}  # of those that linger
        self._lingering: dict[int, tuple[ProfileId, ...]] = {}
        self._done: set[int] = set()  # complete, and lingering

    def __contains__(self, offset: int) -> bool:
        place = offset - self._base
        byte = place >> 3
        return 0 <= byte < len(self._bits) and self._bits[byte] >> (place & 7) & 1 == 1

    @property
    def has_lingering(self) -> bool:
        """Whether any record is remembered."""
        return bool(self._lingering)

    def linger(self, offset: int, profiles: Iterable[ProfileId]) -> None:
        """Remember an incomplete record one of whose profiles may go on before it."""
        if offset in self._lingering:
            return
        self._lingering[offset] = named = tuple(profiles)
        for profile in named:
            self._profiles.setdefault(profile, set()).add(offset)

    def complete(self, offset: int, profiles: Iterable[ProfileId]) -> None:
        """Mark a record, and those that it kept unmarked; or have it linger."""
        known = self._profiles
        if not known:
            self._mark(offset)
            return
        if self._is_kept(offset, profiles):
            self.linger(offset, profiles)
            self._done.add(offset)
            return
        freed = [offset]
        while freed:
            found = freed.pop()
            self._mark(found)
            for profile in self._lingering.pop(found, ()):
                waiting = known[profile]
                waiting.discard(found)
                freed += self._free(waiting)
                if not waiting:
                    del known[profile]
            self._done.discard(found)

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
        passed = (base - self._base) >> 3
        if passed > SLACK_BYTES:
            del self._bits[:passed]
            self._base += passed * 8
        bits = self._bits[(base - self._base) >> 3 :]
        shift = base - self._base & 7
        if not shift:
            return bytes(bits)
        number = int.from_bytes(bits, "little") >> shift
        return number.to_bytes(len(bits), "little")

    def _is_kept(self, offset: int, profiles: Iterable[ProfileId]) -> bool:
        known = self._profiles
        return any(
            earlier < offset
            for profile in profiles
            for earlier in known.get(profile, ())
        )

    def _free(self, waiting: set[int]) -> Iterator[int]:
        """Give those of `waiting` that nothing keeps unmarked any more."""
        for offset in waiting & self._done:
            if not self._is_kept(offset, self._lingering[offset]):
                self._done.discard(offset)  # given once
                yield offset

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
