"""What may be read, from where, and why not: bounds, maps, guards and witnesses.

Rules:
    - A partition is not fetched while it has used up its part of the held bounds, while
      its offset map is full, and while a guard keeps what is incomplete of it.
    - Of one that is not fetched a single record may be read as a witness; nothing else is
      read of any partition meanwhile, so that one record it stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from consumer.model import Pause, TopicPartition
from consumer.schedule.commits import Commits
from consumer.schedule.guarding import Guarding
from consumer.schedule.held import Flow, Held
from consumer.schedule.offsets import Partition
from consumer.schedule.pauses import commit_pauses, held_pauses
from consumer.schedule.witness import Witnesses

__all__ = ["Reading"]


class Reading:
    """Who may still be read. Owned by the scheduler."""

    def __init__(
        self,
        held: Held,
        commits: Commits,
        guarding: Guarding,
        witnesses: Witnesses,
        partitions: Mapping[TopicPartition, Partition],
    ) -> None:
        """Join what has a say in it.

        Args:
            held: The bounds.
            commits: Whose offset map is full.
            guarding: What a guard keeps.
            witnesses: Whose turn it is to be read all the same.
            partitions: Those that are assigned, as the scheduler knows them.
        """
        self._held = held
        self._commits = commits
        self._guarding = guarding
        self._witnesses = witnesses
        self._partitions = partitions

    def flow(self, consumed: int, now: float) -> Flow:
        """Return what may be read; the paused set is judged anew.

        Args:
            consumed: How many records were read in all.
            now: The time.
        """
        flow = self._held.flow(self._all(), now)
        full, guarding = self._commits.full_maps, self._guarding
        if not (flow.paused or full or guarding.topics):
            self._witnesses.rest(now)
            return flow
        kept = guarding.not_fetched()
        paused = flow.paused.union(kept, (p.name for p in full))

        def stands(partition: Partition) -> bool:
            is_read = partition.name not in paused
            return not is_read and self._has_room_for_witness(partition)

        witness = self._witnesses.called(stands, consumed, now)
        if witness is None:
            return Flow(flow.room, paused)
        return Flow(1, paused - {witness.name})

    def pauses(self, now: float) -> Iterator[Pause]:
        """Yield what is not read, or not taken, because of bounds and commits."""
        yield from held_pauses(self._held, self._until_witness)
        yield from commit_pauses(self._commits, self._all(), self._until_witness, now)

    def _all(self) -> Collection[Partition]:
        return self._partitions.values()

    def _has_room_for_witness(self, partition: Partition) -> bool:
        held = self._held
        return partition.has_room_for_witness and held.has_room_for_witness(partition)

    def _until_witness(self, partition: Partition) -> str:
        """Say when a record is read of a partition that is not fetched."""
        if not partition.can_send:
            return ""
        if not self._has_room_for_witness(partition):
            return "; there is no room to read one more"
        return (
            "; should all that is left of it fail, and the target accept nobody else, "
            "one more record is read now and then"
        )
