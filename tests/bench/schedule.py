"""CPU per record of the scheduler core, by number of waiting profiles.

Run: `python -m tests.bench.schedule [records]`. For each backlog it keeps that many
profiles waiting and, per record, admits, offers, takes, completes and asks for what is
committable. The last column is the growth against the smallest backlog.
"""

from __future__ import annotations

import gc
import random
import sys
import time

from consumer.model import (
    DELIVERED,
    IdKind,
    Item,
    Mapped,
    ProfileId,
    Record,
    Route,
    TopicPartition,
)
from consumer.schedule.policy import SchedulePolicy
from consumer.schedule.scheduler import Scheduler

PARTITIONS = 12
BACKLOGS = (1_000, 10_000, 100_000)
ROUTE = Route(mappings=("bench",))


def inputs(count: int, profiles: int) -> list[tuple[Record, Mapped]]:
    """Return `count` records over the partitions, one item each, profiles in turn."""
    sources = [TopicPartition("bench", number) for number in range(PARTITIONS)]
    return [
        (
            Record(sources[n % PARTITIONS], n // PARTITIONS, 0, b"k", b"v", (), 1, 200),
            Mapped(
                (
                    Item(
                        ProfileId(IdKind.THIRD_PARTY_ID, f"P{n % profiles}"),
                        {"a": "1"},
                        ROUTE,
                    ),
                ),
                None,
                ROUTE.mappings,
            ),
        )
        for n in range(count)
    ]


def measure(profiles: int, records: int) -> tuple[float, float]:
    """Return CPU microseconds per record, and per call of `flow`."""
    policy = SchedulePolicy(held_records=4 * profiles, held_bytes=2**40)
    scheduler = Scheduler(policy, random.Random(1).random)  # noqa: S311 - jitter
    for number in range(PARTITIONS):
        scheduler.assign(TopicPartition("bench", number), 1, 0, "", 0.0)
    scheduler.committed(scheduler.committable(0.0), {}, 0.0)
    given = inputs(profiles + records, profiles)
    for record, mapped in given[:profiles]:
        scheduler.admit(record, 0.0)
        scheduler.offer(record, mapped, 0.0)
    gc.collect()
    gc.freeze()
    started = time.process_time()
    for record, mapped in given[profiles:]:
        scheduler.admit(record, 1.0)
        scheduler.offer(record, mapped, 1.0)
        (work,) = scheduler.take(1, 1.0)
        scheduler.complete(work, DELIVERED, 1.0)
        scheduler.committable(1.0)
    spent = time.process_time() - started
    calls = 2000
    started = time.process_time()
    for _ in range(calls):
        scheduler.flow(1.0)
    flow = time.process_time() - started
    gc.unfreeze()
    return spent / records * 1e6, flow / calls * 1e6


def main() -> None:
    """Print one line per backlog."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    first = 0.0
    for profiles in BACKLOGS:
        per_record, per_flow = measure(profiles, records)
        first = first or per_record
        sys.stdout.write(
            f"{profiles:>7} waiting profiles: {per_record:5.2f} us a record, "
            f"{per_flow:5.2f} us a flow, growth {per_record / first:4.2f}\n"
        )


if __name__ == "__main__":
    main()
