"""Works out: one coroutine for each call that may be on the wire at once.

A coroutine takes a work, encodes it, sends it and hands the outcome back; only when
nothing is ready does it wait, on a future that `wake` fulfils with a work. So there is
no task per record, no queue beside the scheduler's, and a freed connection takes the
work that is due now, not one that was due when the last batch came.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial

from consumer.deliver.endpoint import Endpoint
from consumer.model import (
    UNSENT,
    Outcome,
    OutcomeKind,
    Pause,
    Request,
    Settlement,
    Work,
)
from consumer.pipeline.observe import Observer
from consumer.pipeline.ports import Transport
from consumer.pipeline.trouble import TargetTrouble
from consumer.schedule.quota import Quota
from consumer.schedule.scheduler import Scheduler

__all__ = ["Dispatch"]

REFUSED = frozenset({401, 403})
SOON_SECONDS = 0.02
TOO_LARGE = frozenset({413, 414})


class Dispatch:
    """Runs the calls. Owned by the pipeline; lives on its loop."""

    def __init__(
        self,
        *,
        scheduler: Scheduler,
        endpoint: Endpoint,
        transport: Transport,
        observer: Observer,
        quota: Quota,
        may_charge: Callable[[Work, float], bool],
        clock: Callable[[], float],
        on_settled: Callable[[Settlement], None],
        on_refused: Callable[[], None],
    ) -> None:
        self._scheduler = scheduler
        self._endpoint = endpoint
        self._transport = transport
        self._observer = observer
        self._quota = quota
        self._may_charge = may_charge
        self._clock = clock
        self._on_settled = on_settled
        self._on_refused = on_refused
        self._idle: deque[asyncio.Future[Work | None]] = deque()
        self._trouble = TargetTrouble()
        self._timer: asyncio.TimerHandle | None = None
        self._is_open = True

    async def call(self) -> None:
        """Carry works, one at a time, until `close`."""
        while self._is_open:
            work = self._taken() or await self._given()
            if work is not None:
                await self._carry(work)

    def wake(self) -> None:
        """Give what is ready to the calls that wait."""
        idle = self._idle
        while idle and idle[0].done():
            _ = idle.popleft()
        if not idle or not self._is_open:
            return
        now = self._clock()
        room = min(len(idle), self._quota.left(now))
        for work in self._scheduler.take(room, now):
            idle.popleft().set_result(work)
        self._look_again(now)

    def pauses(self, now: float) -> list[Pause]:
        """Name why no call is delivered, while any record waits for one."""
        pauses = self._trouble.pauses(now)
        return pauses if pauses and self._scheduler.statistics().held else []

    def close(self) -> None:
        """Take nothing more; calls on the wire end as they will."""
        self._is_open = False
        for waiting in self._idle:
            if not waiting.done():
                waiting.set_result(None)
        self._idle.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _taken(self) -> Work | None:
        """Take what is ready, if anything is; then others may find more."""
        now = self._clock()
        taken = self._scheduler.take(min(1, self._quota.left(now)), now)
        if not taken:
            self._look_again(now)
            return None
        if self._idle:
            self.wake()
        return taken[0]

    def _look_again(self, now: float) -> None:
        """Wake in time for what is due before the pipeline's next tick."""
        if self._timer is not None:
            return
        due = self._scheduler.next_due(now)
        if due is not None and due < now + SOON_SECONDS:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(due - now, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self.wake()

    async def _given(self) -> Work | None:
        """Wait for what `wake` gives."""
        waiting: asyncio.Future[Work | None]
        waiting = asyncio.get_running_loop().create_future()
        self._idle.append(waiting)
        return await waiting

    async def _carry(self, work: Work) -> None:
        outcome = UNSENT  # what it stays if the call raises: it is in flight no more
        try:
            outcome = await self._send(work)
        finally:
            now = self._clock()
            for settlement in self._scheduler.complete(work, outcome, now):
                self._on_settled(settlement)

    async def _send(self, work: Work) -> Outcome:
        """Send all of `work`; the first outcome that is not a delivery is its own."""
        requests = self._endpoint.encode(work)
        if isinstance(requests, Outcome):
            return requests
        outcome = UNSENT
        for request in requests:
            outcome = await self._attempt(work, request)
            if outcome.status in TOO_LARGE and len(work.attributes) > 1:
                return await self._send_halves(work)
            if outcome.kind is not OutcomeKind.DELIVERED:
                return outcome
        return outcome

    async def _send_halves(self, work: Work) -> Outcome:
        """Send `work` again in two parts, in order: the target found it too large."""
        outcome = UNSENT
        for half in self._endpoint.halve(work):
            outcome = await self._send(half)
            if outcome.kind is not OutcomeKind.DELIVERED:
                return outcome
        return outcome

    async def _attempt(self, work: Work, request: Request) -> Outcome:
        started_at = self._clock()
        span = self._observer.started(work, started_at)
        try:
            answer = await self._transport.send(request, partial(self._may_send, work))
        except asyncio.CancelledError:
            self._observer.abandoned(span)
            raise
        outcome = self._endpoint.judge(answer, work)
        ended_at = self._clock()
        self._observer.ended(span, answer, outcome, ended_at - started_at)
        self._trouble.note(outcome, ended_at)
        if outcome.status in REFUSED:
            self._on_refused()
        return outcome

    def _may_send(self, work: Work) -> bool:
        """Ask the lease, with a clock read now, and count the call that goes out.

        The quota is asked again, too: works that were taken at the same time, and the
        requests of one that is split, share what is left of it. So are the shares of
        the mappings that made it.
        """
        now = self._clock()
        if self._quota.left(now) < 1 or not self._scheduler.may_send(work, now):
            return False
        if not self._may_charge(work, now):
            return False
        self._quota.spend(now)
        return True
