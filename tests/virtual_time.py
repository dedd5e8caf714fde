"""An event loop whose time is a number: whoever sleeps is woken at once, in order.

Theory of operation: the loop asks its selector to wait until the next timer. This one
does not wait: it moves the loop's clock there. So an hour of back-off takes
milliseconds, and what happens first is decided by the timers alone.

Rules:
    - No thread may be waited for: nothing would wake the loop, and it says so.
    - A test that leaves a task behind, or an error in a callback, fails.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

__all__ = ["VirtualLoop", "run_virtually", "virtual"]

P = ParamSpec("P")
T = TypeVar("T")

START_SECONDS = 1000.0  # no test may depend on a clock that begins at nought
RESOLUTION_SECONDS = 1e-6


class NothingLeftError(RuntimeError):
    """Every task waits for something that cannot happen any more."""


class Clock(selectors.DefaultSelector):
    """A selector that moves time instead of waiting.

    Attributes:
        now: The time, in seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = START_SECONDS

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; else move to the time that was to be waited for.

        Raises:
            NothingLeftError: There is no such time.
        """
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise NothingLeftError("no timer is set: the test would wait for ever")
        self.now += max(timeout, RESOLUTION_SECONDS)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on virtual time.

    Attributes:
        errors: What callbacks and forgotten tasks raised.
    """

    def __init__(self) -> None:
        self._virtual = Clock()
        super().__init__(self._virtual)
        self._clock_resolution = RESOLUTION_SECONDS
        self.errors: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _, context: self.errors.append(context))

    def time(self) -> float:
        """Return the virtual time, in seconds."""
        return self._virtual.now


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on virtual time and return what it returns."""

    async def guarded() -> T:
        found = await main
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks were left behind: {left}"
        return found

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        found = runner.run(guarded())
        loop = runner.get_loop()
        assert isinstance(loop, VirtualLoop)
        assert loop.errors == []
        return found


def virtual(
    test: Callable[P, Coroutine[Any, Any, None]],
) -> Callable[P, None]:
    """Make a plain test of a coroutine function: it runs on virtual time."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        run_virtually(test(*args, **kwargs))

    return run
