"""Every pause with its reason and its way out (promise 6)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from consumer.model import Pause, PauseReason
from consumer.schedule.commits import Commits
from consumer.schedule.endpoint import Endpoint
from consumer.schedule.held import Held
from consumer.schedule.offsets import Partition

__all__ = ["commit_pauses", "endpoint_pauses", "held_pauses"]


def held_pauses(held: Held, besides: Callable[[Partition], str]) -> Iterator[Pause]:
    """Yield what is not fetched because the held bounds are used up.

    Args:
        held: The bounds.
        besides: Says what else there is to wait for.
    """
    if held.full_since is not None:
        yield Pause(
            PauseReason.HELD,
            "all partitions",
            held.full_since,
            "held records are settled: all of a bound is used",
        )
    for partition, since in held.paused.items():
        yield Pause(
            PauseReason.HELD,
            str(partition.name),
            since,
            "its held records are settled, down to the resume ratio of its part"
            + besides(partition),
        )


def commit_pauses(
    commits: Commits,
    partitions: Collection[Partition],
    besides: Callable[[Partition], str],
    now: float,
) -> Iterator[Pause]:
    """Yield what is not taken or fetched because of what is committed.

    Args:
        commits: What is known of them.
        partitions: Those that are assigned.
        besides: Says what else there is to wait for.
        now: The time.
    """
    if partitions and now >= commits.lease_until:
        since = max(commits.lease_until, min(p.assigned_at for p in partitions))
        yield Pause(
            PauseReason.LEASE,
            "all partitions",
            since,
            "the broker acknowledges a commit",
        )
    for partition, since in commits.full_maps.items():
        yield Pause(
            PauseReason.OFFSET_MAP,
            str(partition.name),
            since,
            f"the record at offset {partition.committable} ends: what is done behind it "
            f"fills the offset map{besides(partition)}",
        )
    for partition in partitions:
        scope = str(partition.name)
        if partition.stop_code is not None:
            yield Pause(
                PauseReason.COMMIT,
                scope,
                partition.stopped_at,
                f"a commit is acknowledged (now broker error {partition.stop_code}), "
                "or the partition is revoked",
            )
        if not partition.confirmed:
            yield Pause(
                PauseReason.LEASE,
                scope,
                partition.assigned_at,
                "the broker acknowledges a commit sent after the assignment",
            )


def endpoint_pauses(endpoint: Endpoint, scope: str, now: float) -> Iterator[Pause]:
    """Yield why nothing but probes is sent to an endpoint."""
    if endpoint.halt is not None:
        opened = endpoint.halt.is_breaker
        yield Pause(
            PauseReason.BREAKER if opened else PauseReason.HALTED,
            scope,
            endpoint.halt.since,
            "a probe is delivered: most of the last answers were failures"
            if opened
            else "a probe is delivered: the target refused different profiles in a row",
        )
    if now < endpoint.held_until:
        yield Pause(
            PauseReason.THROTTLED,
            scope,
            endpoint.held_since,
            f"the target's Retry-After ends in {endpoint.held_until - now:.0f} s",
        )
