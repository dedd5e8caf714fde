"""One time for many event loops, some of which may stand still while others go on.

Theory of operation: a process has two loops, one for its event loop's thread and one for
the thread of its Kafka client; what is outside has one more. All of them queue here. What
is ready runs in the order in which it became so, whosever it is; when nothing is ready,
time moves to the next timer. A loop that is frozen keeps what comes for it, in order,
and goes on with that when it thaws: its timers are then late, and its clock has jumped,
which is just what SIGSTOP does. A loop that is dead never runs again: a power cut.

`tests.virtual_time` moves one loop; here several stand still by themselves.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

__all__ = ["Clock", "Loop", "StuckError"]

T = TypeVar("T")

START_SECONDS = 1000.0  # no history may depend on a clock that begins at nought
MOST_TURNS = 100_000  # callbacks in one moment


class StuckError(RuntimeError):
    """Callbacks call callbacks without end, and no time passes."""


class Clock:
    """The time, and what is queued. Owned by one history.

    Attributes:
        now: Seconds.
        errors: What callbacks and forgotten tasks raised, on any loop.
    """

    def __init__(self) -> None:
        self.now = START_SECONDS
        self.errors: list[dict[str, Any]] = []
        self._ready: deque[tuple[Loop, asyncio.Handle]] = deque()
        self._timers: list[tuple[float, int, Loop, asyncio.TimerHandle]] = []
        self._turn = itertools.count()

    def run(self, until: Callable[[], bool]) -> None:
        """Let everybody go on until `until` says so, or nothing is left to happen.

        It is asked only where time moves.
        """
        timers = self._timers
        try:
            while True:
                self._run_ready()
                if not timers or until():
                    return
                self.now = max(self.now, timers[0][0])
                while timers and timers[0][0] <= self.now:
                    _, _, loop, handle = heapq.heappop(timers)
                    self._ready.append((loop, handle))
        finally:
            asyncio._set_running_loop(None)

    def _run_ready(self) -> None:
        """Run all that is ready now, and what becomes so by it.

        Raises:
            StuckError: There is no end to it: somebody goes round in circles.
        """
        ready, running = self._ready, None
        turns = 0
        while ready:
            loop, handle = ready.popleft()
            if loop is not running:
                asyncio._set_running_loop(loop)
                running = loop
            loop.take(handle)
            turns += 1
            if turns > MOST_TURNS:
                raise StuckError(f"time stands still at {self.now}: {handle!r}")

    def soon(self, loop: Loop, handle: asyncio.Handle) -> None:
        """Queue a callback for now."""
        self._ready.append((loop, handle))

    def at(self, loop: Loop, handle: asyncio.TimerHandle) -> None:
        """Queue a callback for later."""
        entry = (handle.when(), next(self._turn), loop, handle)
        heapq.heappush(self._timers, entry)


class Loop(asyncio.AbstractEventLoop):
    """What tasks and futures need of an event loop, and no more.

    Attributes:
        name: Whose it is, for a person.
        is_dead: True after `kill`: nothing of it runs any more.
    """

    def __init__(self, clock: Clock, name: str) -> None:
        self.name = name
        self.is_dead = False
        self._clock = clock
        self._frozen = 0
        self._backlog: deque[asyncio.Handle] = deque()
        self._tasks: dict[asyncio.Task[Any], None] = {}  # a set has no order

    @classmethod
    def made(cls, clock: Clock, name: str) -> Self:
        """Return a loop; by its name mypy would miss all that no task asks for."""
        return cls(clock, name)

    # ------------------------------------------------------- the outside's side

    @property
    def is_frozen(self) -> bool:
        """True while nothing of it runs."""
        return self._frozen > 0

    def freeze(self) -> None:
        """Let it stand still; may be nested."""
        self._frozen += 1

    def thaw(self) -> None:
        """Let it go on with what has come meanwhile, in order."""
        self._frozen -= 1
        if not self._frozen:
            for handle in self._backlog:
                self._clock.soon(self, handle)
            self._backlog.clear()

    def kill(self) -> None:
        """Let it never run again."""
        self.is_dead = True
        self._backlog.clear()

    def revive(self) -> None:
        """Let it run once more, after the history, so that its tasks can be cancelled.

        Else their `finally` would run whenever the garbage is collected.
        """
        self.is_dead = False
        self._frozen = 0
        for task in self._tasks:
            task.cancel()

    def take(self, handle: asyncio.Handle) -> None:
        """Run a callback, or keep it while frozen."""
        if self.is_dead or handle.cancelled():
            return
        if self._frozen:
            self._backlog.append(handle)
            return
        handle._run()

    # ------------------------------------------------------------- asyncio's side

    def time(self) -> float:
        """Return the time, in seconds."""
        return self._clock.now

    def call_soon(  # type: ignore[override] # asyncio's own has type variables
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Queue a callback."""
        handle = asyncio.Handle(callback, args, self, context)
        self._clock.soon(self, handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment] # there are no threads

    def call_at(  # type: ignore[override] # as above
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Queue a callback for a time."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._clock.at(self, handle)
        return handle

    def call_later(  # type: ignore[override] # as above
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Queue a callback for a time from now."""
        return self.call_at(self._clock.now + delay, callback, *args, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override] # as above
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[T]:
        """Return a task of this loop."""
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        self._tasks[task] = None
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        del self._tasks[task]

    def get_debug(self) -> bool:
        """Return that it is not watched closely."""
        return False

    def is_running(self) -> bool:
        """Return that it runs: the clock runs it."""
        return True

    def is_closed(self) -> bool:
        """Tell whether its process is gone."""
        return self.is_dead

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what a callback raised; the history fails by it."""
        self._clock.errors.append({"loop": self.name, **context})

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Leave a cancelled timer where it is: it is passed over."""
