"""What the scheduler tells others about itself, as frozen values.

The health thread reads only these; it never looks into the scheduler.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from consumer.model import TopicPartition
from consumer.schedule.guard import GuardName

__all__ = ["PartitionStatistics", "Statistics"]


class PartitionStatistics(msgspec.Struct, frozen=True):
    """One assigned partition.

    Attributes:
        partition: Which.
        epoch: Which assignment of it.
        committable: What may be committed.
        acknowledged: What the broker confirmed; None when nothing yet.
        next_offset: One past the highest offset seen.
        held: Records admitted and not settled.
        held_bytes: Their size.
        is_open: True when its items may be taken.
        is_paused: True when it is not fetched, its part of the bounds being used up.
    """

    partition: TopicPartition
    epoch: int
    committable: int
    acknowledged: int | None
    next_offset: int
    held: int
    held_bytes: int
    is_open: bool
    is_paused: bool


class Statistics(msgspec.Struct, frozen=True):
    """The scheduler as a whole.

    At any moment consumed = delivered + merged + skipped + dead_lettered + released
    + held.

    Attributes:
        consumed: Records admitted since the start.
        delivered: Records settled so.
        merged: Records settled so.
        skipped: Records settled so.
        dead_lettered: Records settled so.
        released: Records dropped when their partition was revoked or lost.
        held: Records admitted and not settled.
        held_bytes: Their size.
        in_flight: Works taken and not answered.
        limit: How many there may be at once.
        shards: Profiles that have waiting items or a work in flight.
        own_records: Records that each partition may hold whatever the others do.
        scattered: Topic to the watched profiles that it brought from a second partition.
        partitions: The assigned partitions.
        kept: Topic to its records that a guard keeps, here.
        guards: The guards that are open.
    """

    consumed: int
    delivered: int
    merged: int
    skipped: int
    dead_lettered: int
    released: int
    held: int
    held_bytes: int
    in_flight: int
    limit: float
    shards: int
    own_records: int
    scattered: Mapping[str, int]
    partitions: tuple[PartitionStatistics, ...]
    kept: Mapping[str, int]
    guards: frozenset[GuardName]
