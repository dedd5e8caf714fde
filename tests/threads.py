"""What lives on a loop, for clients that have none: processes, and tests without one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TypeVar

__all__ = ["on_a_thread"]

T = TypeVar("T")
START_SECONDS = 10


@contextmanager
def on_a_thread(opened: Callable[[], AbstractAsyncContextManager[T]]) -> Iterator[T]:
    """Give what `opened` gives, on a loop and a thread of its own while the block lasts."""
    started = threading.Event()
    found: list[T] = []
    loop = asyncio.new_event_loop()
    ends = asyncio.Event()

    async def run() -> None:
        async with opened() as given:
            found.append(given)
            started.set()
            await ends.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    assert started.wait(START_SECONDS)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(ends.set)
        thread.join()
        loop.close()
