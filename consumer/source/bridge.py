"""From the consumer's thread to the event loop, and bounded waits of that thread."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import ParamSpec, TypeVar

from confluent_kafka import cimpl

from consumer.model import Commit, TopicPartition
from consumer.source.values import SourceListener

__all__ = ["Bridge"]

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

SLICE_SECONDS = 0.2

# Since 2.16 confluent-kafka lets one caller at a time into a consumer: others wait, so a
# commit made beside a rebalance callback waited for the callback that waited for it, and
# one that a stopped broker holds would keep `poll` out. Its own AIOConsumer, whose calls
# also change threads, says by this variable that two calls are one caller's
# (confluent-kafka-python #2322); by default a caller is its thread's number.
REENTRY = cimpl._reentry_identity_var  # noqa: SLF001 - there is no public name


class Bridge:
    """What the consumer's thread uses to reach the loop.

    Calls made by `tell` arrive in the order in which they were made.

    Attributes:
        listener: The pipeline; its methods may be given to `tell` only.
        beat: Monotonic seconds of the thread's last sign of life; long waits that are
            bounded keep it fresh.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, listener: SourceListener
    ) -> None:
        self.loop = loop
        self.listener = listener
        self.beat = time.monotonic()

    def tell(
        self, callback: Callable[P, object], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Have `callback` called on the loop; a loop that is gone is told nothing."""
        try:
            self.loop.call_soon_threadsafe(lambda: callback(*args, **kwargs))
        except RuntimeError:
            log.warning("the event loop is closed: %s is not told", callback)

    def ask(
        self, partitions: frozenset[TopicPartition], seconds: float
    ) -> Mapping[TopicPartition, Commit]:
        """Return what the pipeline wants committed; nothing when it takes too long."""
        if self.loop.is_closed():
            return {}
        given_up = threading.Event()
        answer = asyncio.run_coroutine_threadsafe(
            self.revoking(partitions, given_up), self.loop
        )
        found = self.wait(answer, seconds)
        if found is None:
            given_up.set()
            log.warning("no positions within %.1f s: nothing is committed", seconds)
        return found or {}

    async def revoking(
        self, partitions: frozenset[TopicPartition], given_up: threading.Event
    ) -> Mapping[TopicPartition, Commit]:
        """Pass the question on, unless the thread has gone on without an answer.

        A task begins one turn of the loop after the calls that `tell` queued with it. So
        after a loop that was blocked for longer than the question's time it would begin
        behind `on_revoked` and the next `on_assigned`, and fence the new epoch for ever.
        """
        if given_up.is_set():
            return {}
        return await self.listener.on_revoking(partitions)

    def aside(self, call: Callable[[], T], seconds: float) -> T | None:
        """Return what `call` gives, made in a thread that is left behind when late.

        For librdkafka's calls that have no bound of their own: a synchronous commit
        blocked for as long as the broker was stopped, whatever `socket.timeout.ms`.

        Returns:
            Its result; None when it took longer. What it raises is raised here.
        """
        answer: Future[T] = Future()
        caller = threading.get_ident()

        def run() -> None:
            answer.set_running_or_notify_cancel()  # from here on nobody can cancel it
            REENTRY.set(caller)
            try:
                answer.set_result(call())
            except BaseException as error:  # noqa: BLE001 - raised again by the waiting thread
                answer.set_exception(error)

        threading.Thread(target=run, name="kafka-aside", daemon=True).start()
        return self.wait(answer, seconds)

    def wait(self, answer: Future[T], seconds: float) -> T | None:
        """Return `answer`'s result; None when it takes longer. The heart beats on."""
        deadline = time.monotonic() + seconds
        while True:
            self.beat = time.monotonic()
            left = deadline - self.beat
            try:
                return answer.result(max(0.0, min(left, SLICE_SECONDS)))
            except FutureTimeoutError:
                if left <= 0:
                    answer.cancel()
                    return None
            except CancelledError:
                return None
