"""What commands find outside, for tests that run them in this process."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager

from consumer.sandbox.options import SandboxOptions
from consumer.sandbox.server import Sandbox

__all__ = ["registry"]


@contextmanager
def registry() -> Iterator[str]:
    """Run the sandbox's registry on a loop of its own; gives its address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait_for(work: Coroutine[None, None, object]) -> object:
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    box = Sandbox(SandboxOptions(port=0, admin_port=0, registry_port=0))
    try:
        wait_for(box.start())
        yield box.addresses.registry
    finally:
        wait_for(box.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
