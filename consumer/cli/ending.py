"""How a process that serves is told to end, and how it ends.

Rules
- The first SIGTERM or SIGINT asks for a drain, a second one ends the process at once.
- They are caught before anything else of the command is loaded. The first process of a
  container has no default action ("The only signals that can be sent to process ID 1,
  the init process, are those for which init has explicitly installed signal handlers",
  kill(2)): one that came while modules load would be lost, and the container killed at
  the end of its grace.
- The handlers are Python's own and not the event loop's: a loop that stands still would
  serve no second signal.
- When all is done the process ends, whatever its libraries still wait for. The
  interpreter joins every thread of a pool first: a name server that does not answer held
  a drained process for 10 s with one address to look up, and libuv's pool does the same.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from consumer.cli.exits import Exit

__all__ = ["Signals", "leave"]

CUT = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED}


class Signals:
    """SIGTERM and SIGINT of one command. Lives in the main thread."""

    def __init__(self, end: Callable[[int], object] = os._exit) -> None:
        """Catch nothing yet; `end` ends the process with an exit code, at once."""
        self._end = end
        self._is_asked = False
        self._drain: Callable[[], object] | None = None
        self._before = {number: signal.getsignal(number) for number in CUT}

    def catch(self) -> None:
        """Catch both from now on."""
        for number in CUT:
            signal.signal(number, self._caught)

    def release(self) -> None:
        """Let them do again what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def on_first(self, drain: Callable[[], object]) -> None:
        """Call `drain` at the first signal; now, if it has come already."""
        self._drain = drain
        if self._is_asked:
            drain()

    def _caught(self, number: int, _: FrameType | None) -> None:
        if self._is_asked:
            # Nothing is flushed: what a signal has interrupted may be a write.
            self._end(CUT[signal.Signals(number)])
            return
        self._is_asked = True
        if self._drain is not None:
            self._drain()


def leave(code: int) -> NoReturn:
    """End the process with `code`, now."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # whoever read it may be gone
            stream.flush()
    os._exit(code)
