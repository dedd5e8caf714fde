"""The pipeline: records in, works out, settlements back, offsets committed.

Theory of operation: everything here runs on one event loop. The source's thread hands
batches over; `Intake` brings each record to the scheduler; `Dispatch` carries works to
the target; `SettlementDesk` ends records; a tick keeps time: it wakes what is due,
tells the source how much room there is, and commits. The scheduler is the only place
that knows what is held; nothing here keeps a count of its own.

A revocation has two steps. `on_revoking` fences the partitions (nothing of them is
taken any more), waits for the calls on the wire and names the offsets to commit;
`on_revoked` drops what is left. In between the source commits.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Concatenate, ParamSpec

from consumer.errors import DependencyError, PipelineFailedError
from consumer.mapping.overrides import Overrides
from consumer.model import (
    Commit,
    Pause,
    Record,
    TopicPartition,
)
from consumer.pipeline.dispatch import Dispatch
from consumer.pipeline.in_force import InForce
from consumer.pipeline.intake import Intake
from consumer.pipeline.material import Material
from consumer.pipeline.observe import Observer
from consumer.pipeline.overriding import OverrideDesk
from consumer.pipeline.ports import Source
from consumer.pipeline.schemas import SchemaDesk
from consumer.pipeline.settlement import WRITERS, SettlementDesk
from consumer.pipeline.source_faults import SourceFaults
from consumer.pipeline.states import Lifecycle, State
from consumer.pipeline.stops import stops_all
from consumer.schedule.commits import METADATA_TOO_LARGE
from consumer.schedule.quota import Quota
from consumer.schedule.scheduler import Scheduler
from consumer.schedule.statistics import Statistics
from consumer.source.values import Assigned, SourceFault, SourceFaultKind

__all__ = ["Pipeline", "PipelinePolicy", "Rooms"]

TICK_SECONDS = 0.02
FORECAST_SECONDS = 10.0  # between two looks at how long the quota will last
WIRE_SHARE = 0.6  # of a drain's time, for the calls on the wire; the rest commits

P = ParamSpec("P")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelinePolicy:
    """How the pipeline behaves.

    Attributes:
        connections: Calls on the wire at once.
        commit_interval_seconds: How often what is committable is committed.
        wire_seconds: How long a revocation waits for the calls on the wire.
        drain_timeout_seconds: How long a drain may take in all.
    """

    connections: int
    commit_interval_seconds: float
    wire_seconds: float
    drain_timeout_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """The parts that the pipeline joins, each already made."""

    scheduler: Scheduler
    in_force: InForce
    intake: Intake
    schemas: SchemaDesk
    dispatch: Dispatch
    settlement: SettlementDesk
    overriding: OverrideDesk
    quota: Quota


def fatal(
    method: Callable[Concatenate[Pipeline, P], None],
) -> Callable[Concatenate[Pipeline, P], None]:
    """Let what a callback of the source raises end the pipeline.

    The loop would only log it: records of a batch that was taken in by half would be
    held for ever, and nobody would see why.
    """

    @functools.wraps(method)
    def guarded(self: Pipeline, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - it becomes the state
            self.fail(error)

    return guarded


class Pipeline:
    """Joins the stages; the source's listener. Lives on one loop.

    Attributes:
        has_joined: Whether the group ever gave this process its share.
        lifecycle: Its state and since when.
        quota: Calls of the last 24 hours.
        charges: Likewise, by mapping.
        in_force: The mappings and schemas that are in force.
    """

    def __init__(
        self,
        rooms: Rooms,
        policy: PipelinePolicy,
        observer: Observer,
        clock: Callable[[], float],
    ) -> None:
        self._rooms = rooms
        self._policy = policy
        self._observer = observer
        self._clock = clock
        self._source: Source | None = None
        self._commit_at = self._forecast_at = 0.0
        self._paused: frozenset[TopicPartition] = frozenset()
        self._faults = SourceFaults()
        self._stopping = asyncio.Event()
        self._quiet_by = float("inf")
        self._failure: Exception | None = None
        self.has_joined = False
        self.quota = rooms.quota
        self.charges = rooms.overriding.charges
        self.in_force = rooms.in_force
        self.lifecycle = Lifecycle(clock())

    # ------------------------------------------------------------ life

    async def run(self, source: Source) -> None:
        """Run on `source`, already started, until `drain` or a failure.

        Ends with PipelineFailedError when something happened that should not; the
        cause is set.
        """
        self._source = source
        if self.lifecycle.is_live:  # else it was stopped while it started
            self.lifecycle.move(State.RUNNING, self._clock())
        rooms = self._rooms
        coroutines = [
            *(rooms.dispatch.call() for _ in range(self._policy.connections)),
            *(rooms.settlement.write_letters() for _ in range(WRITERS)),
            rooms.schemas.watch(),
            self._keep_time(),
        ]
        tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
        for task in tasks:
            task.add_done_callback(self._ended)
        try:
            await self._stopping.wait()
            await self._finish(source)
        except Exception as error:  # noqa: BLE001 - it becomes the state, and is raised below
            self.fail(error)
        finally:
            for task in tasks:
                task.remove_done_callback(self._ended)
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await rooms.schemas.aclose()
        self._close()

    def set_lease(self, seconds: float) -> None:
        """Take the lease that the group allows; before `run`, so before any commit."""
        self._rooms.scheduler.set_lease(seconds)

    def swap(self, material: Material) -> None:
        """Read and map by `material` from the next record on.

        What was queued stays as it was made; what was held is mapped anew. The caller
        sees to the subscription.
        """
        self.in_force.swap(material)
        self._rooms.intake.renew(material.readers)
        self._rooms.overriding.renew()
        self._rooms.dispatch.wake()

    def override(self, overrides: Overrides) -> None:
        """Let overrides stand over the mappings from now on."""
        self._rooms.overriding.override(overrides)
        self._rooms.dispatch.wake()

    def drain(self) -> None:
        """Stop fetching, finish what is in flight, commit, close; may be repeated."""
        if self.lifecycle.is_live:
            self.lifecycle.move(State.DRAINING, self._clock())
        self._stopping.set()

    def fail(self, error: Exception) -> None:
        """End with `error`, after what can be saved was saved."""
        self._failure = self._failure or error
        self.drain()

    def pauses(self) -> list[Pause]:
        """Name everything that is paused, why, since when, and what would end it.

        The state follows from it: paused while one of them stops the whole.
        """
        rooms, now = self._rooms, self._clock()
        pauses = [
            *rooms.scheduler.pauses(now),
            *rooms.intake.pauses(),
            *rooms.schemas.pauses(),
            *rooms.settlement.pauses(),
            *rooms.dispatch.pauses(now),
            *rooms.quota.pauses(now),
            *self._faults.pauses(),
        ]
        if self.lifecycle.is_live and self.lifecycle.state is not State.NEW:
            assigned = [one.partition for one in self.statistics().partitions]
            is_paused = stops_all(pauses, assigned)
            self.lifecycle.move(State.PAUSED if is_paused else State.RUNNING, now)
        return pauses

    def statistics(self) -> Statistics:
        """Return what is held and what was counted."""
        return self._rooms.scheduler.statistics()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Note that a part of us ended by itself; before a drain none may.

        One that a foreign library cancelled would be missed by nobody else: each would
        take a call's slot with it, until none is left and nothing moves.
        """
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self.fail(error)
        elif self.lifecycle.is_live:
            self.fail(PipelineFailedError("a part of the pipeline was cancelled"))

    async def _finish(self, source: Source) -> None:
        """Drain within the time that the policy gives."""
        deadline = self._clock() + self._policy.drain_timeout_seconds
        rooms = self._rooms
        source.grant(0)
        rooms.dispatch.close()
        await self._until_quiet(self._policy.drain_timeout_seconds * WIRE_SHARE)
        rooms.settlement.close()
        await source.aclose(max(deadline - self._clock(), 1.0))

    def _close(self) -> None:
        """Go to the last state.

        Raises:
            PipelineFailedError: `fail` was called.
        """
        if self._failure is None:
            self.lifecycle.move(State.CLOSED, self._clock())
            return
        self.lifecycle.move(State.FAILED, self._clock())
        raise PipelineFailedError(
            f"the pipeline failed: {type(self._failure).__name__}"
        ) from self._failure

    async def _until_quiet(self, seconds: float) -> None:
        """Wait until nothing is on the wire and no letter is owed, or `seconds`."""
        end = self._quiet_by = self._clock() + seconds
        while self._clock() < end and (  # noqa: ASYNC110 - the tick, or what would set an event, may be what failed
            self._rooms.scheduler.statistics().in_flight or self._rooms.settlement.owed
        ):
            await asyncio.sleep(TICK_SECONDS)
        if calls := self._rooms.scheduler.statistics().in_flight:
            log.warning(
                "drain: calls on the wire were abandoned; their records repeat",
                extra={"calls": calls},
            )
        if letters := self._rooms.settlement.owed:
            log.warning(
                "drain: dead letters were not confirmed; their records repeat",
                extra={"letters": letters},
            )

    async def _keep_time(self) -> None:
        while True:
            self._tick()
            await asyncio.sleep(TICK_SECONDS)

    def _tick(self) -> None:
        now = self._clock()
        if now >= self._forecast_at:
            self._forecast_at = now + FORECAST_SECONDS
            is_short = self.quota.runs_out_at(now) is not None
            self._rooms.scheduler.spare_calls(is_short=is_short)
        if self.lifecycle.is_live:
            self._rooms.intake.follow(now)
            self._rooms.overriding.follow(now)
            self._rooms.dispatch.wake()
            self._make_room(now)
        if now >= self._commit_at:
            self._commit(now)

    # ------------------------------------------------------------ source

    @fatal
    def on_records(self, batch: list[Record]) -> None:
        """Take a batch in; called by the source."""
        now = self._clock()
        self._rooms.intake.take_in(batch, now)
        self._rooms.dispatch.wake()
        self._make_room(now)

    @fatal
    def on_assigned(self, assigned: tuple[Assigned, ...]) -> None:
        """Begin with partitions; their start offsets are committed at once."""
        now = self._clock()
        for start in assigned:
            self._rooms.scheduler.assign(
                start.partition, start.epoch, start.offset, start.metadata, now
            )
        self.has_joined = True
        self._observer.rebalanced("assigned")
        self._commit(now)
        self._make_room(now)

    async def on_revoking(
        self, partitions: frozenset[TopicPartition]
    ) -> Mapping[TopicPartition, Commit]:
        """Take nothing more of `partitions`, wait for the wire, name what to commit.

        In a drain the wire has had its time already: what the drain has left is for the
        commit, and waiting on would be cut off together with it. The drain may begin in
        the middle of this, so its end is looked at again and again. It names all
        partitions: after this rebalance the group may refuse the last commit of the
        others (ILLEGAL_GENERATION, seen with cooperative-sticky).
        """
        scheduler = self._rooms.scheduler
        scheduler.fence(partitions)
        end = self._clock() + self._policy.wire_seconds
        while scheduler.in_flight(partitions):  # as in a drain
            if self._clock() >= min(end, self._quiet_by):
                break
            await asyncio.sleep(TICK_SECONDS)
        if not self.lifecycle.is_live:
            known = self.statistics().partitions
            partitions = frozenset(one.partition for one in known)
        return scheduler.positions(partitions)

    @fatal
    def on_revoked(self, partitions: frozenset[TopicPartition], *, lost: bool) -> None:
        """Drop what is left of `partitions`: they are not ours any more."""
        self._rooms.intake.drop(partitions)
        self._rooms.settlement.drop(partitions)
        released = self._rooms.scheduler.revoke(partitions)
        self._observer.rebalanced("lost" if lost else "revoked")
        self._observer.released(partitions, released)
        self._faults.drop(partitions)
        self._make_room(self._clock())

    @fatal
    def on_committed(
        self,
        commits: Mapping[TopicPartition, Commit],
        failed: Mapping[TopicPartition, int],
        sent_at: float,
    ) -> None:
        """Note a commit's result."""
        self._rooms.scheduler.committed(commits, failed, sent_at)
        self._observer.committed(is_ok=not failed, seconds=self._clock() - sent_at)
        self._rooms.dispatch.wake()
        if any(
            code == METADATA_TOO_LARGE and commits[name].metadata
            for name, code in failed.items()
        ):
            self._commit(self._clock())  # at once, without the map

    @fatal
    def on_fault(self, fault: SourceFault) -> None:
        """Note what the source says of itself; a fatal fault ends the pipeline."""
        self._faults.note(fault, self._clock())
        if fault.is_over:
            return
        self._observer.faulted(fault)
        log.warning(fault.message, extra={"fault": str(fault.kind), "mend": fault.mend})
        if fault.kind is SourceFaultKind.FATAL:
            self.fail(DependencyError(fault.message))

    def _make_room(self, now: float) -> None:
        source = self._source
        if source is None or not self.lifecycle.is_live:
            return
        flow = self._rooms.scheduler.flow(now)
        if flow.paused != self._paused:
            self._paused = flow.paused
            source.pause(flow.paused)
        failing = self._rooms.settlement.failing_since is not None
        source.grant(0 if failing else flow.room)

    def _commit(self, now: float) -> None:
        if self._source is None:
            return
        self._commit_at = now + self._policy.commit_interval_seconds
        commits = self._rooms.scheduler.committable(now)
        if commits:
            self._source.commit(commits)
