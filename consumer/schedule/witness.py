"""Witnesses: a record now and then from a partition that stands still.

Rules:
    - That a failure is a record's fault is known only while the target accepts others
      (`answers`). What is left of a partition that is not fetched may be nothing but
      profiles that fail; it brings no others then, and if nobody else does either, no
      failure counts, nothing is given up, and it would stand still for ever.
    - So one record of such a partition is read, as a *witness*, when each of its items
      that could be sent has failed and the target was not seen to accept others: after
      `wait_seconds`, and then as often, of each partition in its turn. Once something
      was accepted the next one follows at once, until so much is accepted that failures
      count.
    - A witness of another profile that fails as well is asked on like all others, and
      may still be accepted: the next one waits for `give_up_after_seconds`, and then
      twice as long each time. Else an outage would use up their room.
    - A witness keeps within the held bounds: `held` leaves a little room that nothing
      else takes. Where that is used up, there is no witness.
    - This gives nothing up: in an outage a witness fails like all others.

Theory of operation:
    What it costs to find out whether one is wanted, a look at all shards, is paid once
    for each witness. A partition is open for its witness until anything was read,
    `OPEN_SECONDS` at most: as only one record may be read meanwhile, others read slowly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from consumer.schedule.endpoint import Endpoint
from consumer.schedule.offsets import Partition
from consumer.schedule.policy import RetryPolicy
from consumer.schedule.shards import Shards

__all__ = ["Witnesses"]

OPEN_SECONDS = 2.0
MOST_DOUBLINGS = 20  # a million hours
NEVER = float("-inf")


class Witnesses:
    """Whose record is read as a witness. Owned by the scheduler.

    Attributes:
        wait_seconds: The wait before the first one, and between two.
    """

    def __init__(self, endpoint: Endpoint, shards: Shards, policy: RetryPolicy) -> None:
        """Begin with none.

        Args:
            endpoint: What accepts or does not.
            shards: What is queued for it.
            policy: The longest wait of a retry is the one between two witnesses; one
                that fails is waited for as long as a record is before it is given up.
        """
        self._endpoint = endpoint
        self._shards = shards
        self.wait_seconds = policy.cap_seconds
        self._patience_seconds = policy.give_up_after_seconds
        self._open: Partition | None = None
        self._opened_at = NEVER
        self._consumed = 0
        self._is_hopeful = False  # the last one may be accepted yet
        self._due_at = NEVER
        self._known: int | None = None  # profiles that failed when it was looked last
        self._failed = 0  # witnesses in a row that did
        self._asked: dict[Partition, float] = {}

    def rest(self, now: float) -> None:
        """Note that every partition is fetched."""
        self._open = None
        self._begin_anew()
        self._due_at = now + self.wait_seconds

    def called(
        self, stands: Callable[[Partition], bool], consumed: int, now: float
    ) -> Partition | None:
        """Return the partition of which one record may be read now; None for none.

        Args:
            stands: Tells whether one is not fetched and has room for one record.
            consumed: How many records were read in all.
            now: The time.
        """
        is_over = consumed != self._consumed or now >= self._opened_at + OPEN_SECONDS
        if self._open is not None and not is_over and stands(self._open):
            return self._open
        self._open = None
        if self._is_hopeful and self._endpoint.accepted_at >= self._opened_at:
            self._begin_anew()
        elif now < self._due_at:
            return None
        self._due_at = now + self.wait_seconds
        found = self._in_turn(filter(stands, self._failing(now)))
        if found is not None:
            self._open, self._opened_at, self._consumed = found, now, consumed
            self._is_hopeful = True
        return found

    def _begin_anew(self) -> None:
        self._is_hopeful = False
        self._known, self._failed = None, 0

    def _failing(self, now: float) -> Collection[Partition]:
        """Return the partitions of what fails; none while no witness is wanted."""
        if self._endpoint.tells_faults_apart(now):
            self._begin_anew()
            return ()
        count, failing = self._shards.failing()
        if not count or now < self._endpoint.held_until:
            return ()
        known, self._known = self._known, count
        if known is not None and count > known:
            doublings = min(self._failed, MOST_DOUBLINGS)
            self._due_at = now + self._patience_seconds * 2.0**doublings
            self._failed += 1
            return ()
        return failing

    def _in_turn(self, partitions: Iterable[Partition]) -> Partition | None:
        """Return the one whose turn was longest ago, and note its turn."""
        asked = self._asked
        found = min(
            partitions, key=lambda one: (asked.get(one, NEVER), one.name), default=None
        )
        self._asked = {one: at for one, at in asked.items() if one.alive}
        if found is not None:
            self._asked[found] = self._due_at
        return found
