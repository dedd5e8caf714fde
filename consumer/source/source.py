"""The source, as the event loop sees it.

source = Source(settings, asyncio.get_running_loop(), listener)
await source.start(Subscription(topics=("events",)))
source.grant(1000)
...
await source.aclose(deadline_seconds=10)
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping

from consumer.model import Commit, Record, TopicPartition
from consumer.source.bridge import Bridge
from consumer.source.reader import CLOSE_SECONDS, Reader
from consumer.source.room import Room
from consumer.source.values import SourceListener, SourceOptions, Subscription

__all__ = ["Source"]

log = logging.getLogger(__name__)

LATEST_SECONDS = CLOSE_SECONDS + 1.0  # after a close's deadline


class Source:
    """Reads from Kafka. Owned by the event loop; every method is called on it.

    No method but `start` and `aclose` waits, and none raises for what happens outside
    after the start: that is told to the listener as a fault.
    """

    def __init__(
        self,
        settings: SourceOptions,
        loop: asyncio.AbstractEventLoop,
        listener: SourceListener,
    ) -> None:
        """Make the client; nothing is connected yet.

        Raises ConfigurationError when librdkafka, or we, refuse a property.
        """
        self._listener = listener
        self._room = Room()
        self._bridge = Bridge(loop, listener)
        self._is_committing = False
        self._is_started = False
        self._is_abandoned = False
        self._reader = Reader(
            settings, self._bridge, self._room, self._receive, self._committed
        )

    async def start(self, subscription: Subscription) -> None:
        """Return once a broker has answered and all topics were found.

        Raises DependencyError when no broker answered within `startup_timeout_seconds`
        and UnknownTopicError (a ConfigurationError) when a topic does not exist.
        """
        self._is_started = True
        self._reader.start(subscription)
        await asyncio.wrap_future(self._reader.started)

    def subscribe(self, subscription: Subscription) -> None:
        """Read exactly `subscription` from now on; a topic that is missing is a fault."""
        self._reader.command(lambda: self._reader.change(subscription))

    def grant(self, room: int) -> None:
        """Let at most `room` more records be handed over from now on.

        It replaces what was granted before; records that are on their way to the loop
        count against it.
        """
        self._room.grant(room)

    def pause(self, partitions: frozenset[TopicPartition]) -> None:
        """Hand over nothing of exactly `partitions` from soon on, until told otherwise.

        A batch that is on its way still comes. Partitions that are not assigned are
        remembered: they begin paused.
        """
        self._reader.command(lambda: self._reader.pause(partitions))

    def commit(self, commits: Mapping[TopicPartition, Commit]) -> bool:
        """Send `commits`; the listener's `on_committed` tells the result.

        Returns:
            False when one is outstanding: nothing was sent.
        """
        if self._is_committing or not commits:
            return False
        self._is_committing = True
        self._reader.command(lambda: self._reader.commit(commits))
        return True

    def heartbeat(self) -> float:
        """Return when the thread last showed life, monotonic seconds; any thread."""
        return self._bridge.beat

    async def aclose(self, deadline_seconds: float) -> None:
        """Ask for all positions, commit them, leave the group.

        Returns within about `deadline_seconds`, plus a second for the close itself; what
        takes longer than that and another second is left behind, in threads that do not
        hold the process. May be called twice. Raises what the thread died of, if it did.
        """
        if not self._is_started or self._is_abandoned:
            return
        self._reader.ask_to_stop(time.monotonic() + deadline_seconds)
        ended = asyncio.wrap_future(self._reader.ended)
        await asyncio.wait({ended}, timeout=deadline_seconds + LATEST_SECONDS)
        if ended.done():
            await ended
            return
        # In a call of librdkafka's that a broker does not answer, such as that for the
        # committed offsets in the middle of an assignment.
        self._is_abandoned = True
        self._reader.abandon()
        log.warning("the consumer's thread was left behind: a broker does not answer")

    def _receive(self, batch: list[Record]) -> None:
        """Take a batch from the thread."""
        self._room.receive(len(batch))
        self._listener.on_records(batch)

    def _committed(
        self,
        commits: Mapping[TopicPartition, Commit],
        failed: Mapping[TopicPartition, int],
        sent_at: float,
    ) -> None:
        """Take a commit's result from the thread."""
        self._is_committing = False
        self._listener.on_committed(commits, failed, sent_at)
