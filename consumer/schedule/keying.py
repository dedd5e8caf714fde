"""Whether records are keyed by the profile, seen in a sample.

Rules:
    - Order is kept for a profile within one partition. So all records of a profile
      should come from one partition number, in whichever topic: then they also stay in
      one process, when topics are partitioned alike and the assignor is a range one.
    - A profile that is seen from a second number is counted once, for the topic that
      brought it there.

Theory of operation:
    Each item may cost no more than a look-up. So not each profile is watched: every
    64th item that is about none of the watched ones has its profile watched from then
    on, and of 4,096 the one that was taken first goes. Profiles with many records,
    whose order is at stake, are found first.
"""

from __future__ import annotations

from consumer.model import ProfileId, TopicPartition

__all__ = ["SAMPLED_EVERY", "WATCHED_PROFILES", "Keying"]

SAMPLED_EVERY = 64
WATCHED_PROFILES = 4096
COUNTED = -1  # where the profile came from does not matter any more


class Keying:
    """The watched profiles. Owned by the scheduler.

    Attributes:
        scattered: Topic to the number of watched profiles that it brought from another
            partition than the one before.
    """

    __slots__ = ("_numbers", "_unwatched", "scattered")

    def __init__(self) -> None:
        self.scattered: dict[str, int] = {}
        self._numbers: dict[ProfileId, int] = {}
        self._unwatched = 0

    def note(self, profile: ProfileId, source: TopicPartition) -> None:
        """Note where an item of a profile came from."""
        known = self._numbers.get(profile)
        if known is None:
            self._unwatched += 1
            if self._unwatched >= SAMPLED_EVERY:
                self._watch(profile, source.partition)
        elif known not in (source.partition, COUNTED):
            self._numbers[profile] = COUNTED
            self.scattered[source.topic] = self.scattered.get(source.topic, 0) + 1

    def _watch(self, profile: ProfileId, number: int) -> None:
        self._unwatched = 0
        if len(self._numbers) >= WATCHED_PROFILES:
            del self._numbers[next(iter(self._numbers))]
        self._numbers[profile] = number
