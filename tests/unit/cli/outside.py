"""What commands find outside, for tests that run them in this process."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager

from consumer.sandbox.options import options_from
from consumer.sandbox.server import Sandbox

__all__ = ["NOW", "outside", "registry"]

NOW = 1_800_000_000.0  # the sandbox's time of day


@contextmanager
def registry() -> Iterator[str]:
    """Run the sandbox's registry on a loop of its own; gives its address."""
    with outside() as box:
        yield box.addresses.registry


@contextmanager
def outside(**options: object) -> Iterator[Sandbox]:
    """Run a sandbox on a loop of its own, with some of its options; its time stands."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait_for(work: Coroutine[None, None, object]) -> object:
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    ports = {"port": 0, "admin_port": 0, "registry_port": 0}
    box = Sandbox(options_from(ports | options), lambda: NOW)
    try:
        wait_for(box.start())
        yield box
    finally:
        wait_for(box.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
