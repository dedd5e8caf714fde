"""The thread that owns the consumer.

Theory of operation: one turn serves commands of the loop, then polls. `poll` waits for
the first record, `consume(n, 0)` takes what is there beside it: `consume` with a time
would wait until n records have come. So a batch is what has arrived, 500 at most, and it
crosses to the loop by one call.

Without room the thread waits on a condition, and when that lasts it pauses everything, so
that `poll` can serve callbacks (rebalances, commits, max.poll.interval.ms) and give no
record.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka import TopicPartition as Place

from consumer.errors import ConsumerError
from consumer.model import Commit, Record, TopicPartition
from consumer.source.arrivals import Arrivals
from consumer.source.audit import Audit
from consumer.source.bridge import Bridge
from consumer.source.commits import Commits
from consumer.source.faults import Faults
from consumer.source.partitions import Partitions
from consumer.source.properties import (
    consumer_properties,
    is_consumer_protocol,
    is_incremental,
    masked,
    start_policy,
)
from consumer.source.rebalance import Rebalance
from consumer.source.records import records
from consumer.source.room import Room
from consumer.source.starts import Starts
from consumer.source.startup import connected, made
from consumer.source.values import (
    SourceFault,
    SourceFaultKind,
    SourceOptions,
    Subscription,
)

__all__ = ["CLOSE_SECONDS", "Reader"]

log = logging.getLogger(__name__)
librdkafka_log = logging.getLogger("consumer.source.librdkafka")

BATCH = 500
POLL_SECONDS = 0.05
PATIENCE_SECONDS = 0.5  # without room, before all is paused
TOLD_BY_CALLBACK = ("FAIL [", "ERROR [")
CLOSE_SECONDS = 1.0  # the least that closing gets, whatever was left of the deadline


def is_news(record: logging.LogRecord) -> bool:
    """Whether a line of librdkafka's says what its error callback does not.

    Without a broker it writes ten lines of connection errors a second.
    """
    return not record.getMessage().startswith(TOLD_BY_CALLBACK)


librdkafka_log.addFilter(is_news)


class Reader:
    """Everything that happens on the consumer's thread. Owned by that thread.

    The loop calls `command` only.

    Attributes:
        started: Done when reading has begun, or with the reason why it has not.
        ended: Done when the thread is through.
    """

    def __init__(
        self,
        settings: SourceOptions,
        bridge: Bridge,
        room: Room,
        receive: Callable[[list[Record]], None],
        report: Callable[
            [Mapping[TopicPartition, Commit], Mapping[TopicPartition, int], float], None
        ],
    ) -> None:
        properties = consumer_properties(settings.kafka)
        log.info("kafka properties: %s", masked(properties))
        self.settings = settings
        self.bridge = bridge
        self.room = room
        self.receive = receive
        self.started: Future[None] = Future()
        self.ended: Future[None] = Future()
        # Who waits for one of them may be cancelled; the future must not be.
        self.started.set_running_or_notify_cancel()
        self.ended.set_running_or_notify_cancel()
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._subscription: Subscription | None = None
        self._close_by: float | None = None
        self._no_room_since: float | None = None
        self.consumer = made(
            properties,
            {
                "error_cb": self.on_error,
                "on_commit": self.on_commit,
                "logger": librdkafka_log,
            },
        )
        policy = start_policy(settings.kafka)
        self.partitions = Partitions(
            self.consumer, incremental=is_incremental(settings.kafka)
        )
        self.arrivals = Arrivals(self.consumer, settings.arrival_seconds)
        starts = Starts(self.consumer, policy, settings.out_of_range, self.is_optional)
        self.commits = Commits(
            self.partitions,
            lambda *found: bridge.tell(report, *found),
            starts.acknowledged,
        )
        self.rebalance = Rebalance(
            settings, bridge, self.partitions, starts, self.commits
        )
        self.audit = (
            Audit(settings.kafka, settings.assignment_grace_seconds)
            if is_consumer_protocol(settings.kafka)
            else None
        )
        self.faults = Faults(settings, bridge, self.partitions, self.consumer, policy)

    def command(self, call: Callable[[], None]) -> None:
        """Have `call` run on the thread, soon (loop)."""
        self._commands.put(call)
        self.room.wake()

    def start(self, subscription: Subscription) -> None:
        """Begin; `started` and `ended` say what became of it (loop)."""
        thread = threading.Thread(
            target=self.run, args=(subscription,), name="kafka-source", daemon=True
        )
        thread.start()

    def stop(self, close_by: float) -> None:
        """End after this turn, by `close_by` on the monotonic clock (a command)."""
        self._close_by = close_by

    def ask_to_stop(self, close_by: float) -> None:
        """Have the thread `stop`, and what it waits for on the way cut short (loop)."""
        self.rebalance.is_stopping = True
        self.command(lambda: self.stop(close_by))

    def abandon(self) -> None:
        """Let the thread do nothing more, when it comes back from where it is (loop)."""
        self.rebalance.is_abandoned = True

    def run(self, subscription: Subscription) -> None:
        """Be the thread."""
        try:
            if self.begun(subscription):
                while self._close_by is None:
                    self.turn()
            self.finish()
        except Exception as error:
            # A thread has no caller: without this it would end in silence, and only the
            # heartbeat would show it. Loop and pipeline learn of it by the future.
            log.exception("the consumer's thread failed")
            self.bridge.tell(
                self.bridge.listener.on_fault,
                SourceFault(
                    kind=SourceFaultKind.FATAL,
                    message=f"the consumer's thread failed: {type(error).__name__}",
                    mend="Restart the process; the log has the traceback.",
                ),
            )
            self.close(time.monotonic())  # an open client can keep the process alive
            self.ended.set_exception(error)
        else:
            self.ended.set_result(None)

    def begun(self, subscription: Subscription) -> bool:
        """Whether reading has begun; `started` has the reason if not."""
        try:
            known = connected(
                self.consumer,
                subscription,
                self.settings,
                lambda: self.faults.newest,
                self.is_wanted,
            )
        except ConsumerError as error:
            self.started.set_exception(error)
            return False
        if self._close_by is None:
            self.read(subscription, known)
        self.started.set_result(None)
        return True

    def is_wanted(self) -> bool:
        """Whether a start that waits for a broker should wait on."""
        self.serve()
        return self._close_by is None

    def is_optional(self, topic: str) -> bool:
        """Whether a topic that is read need not have been there."""
        return self._subscription is not None and self._subscription.is_optional(topic)

    def read(self, subscription: Subscription, known: frozenset[str]) -> None:
        """Read exactly what is named; of its optional topics `known` are there."""
        self.arrivals.want(subscription.optional, known)
        self.subscribe(subscription)

    def change(self, subscription: Subscription) -> None:
        """Read exactly what is named from now on (a command)."""
        self.read(subscription, frozenset())

    def subscribe(self, subscription: Subscription) -> None:
        """Join the group with what is named and, where it is optional, there."""
        self._subscription = subscription
        self.consumer.subscribe(
            [
                *subscription.topics,
                *self.arrivals.found,
                *subscription.patterns,
                *subscription.optional_patterns,
            ],
            on_assign=self.rebalance.on_assign,
            on_revoke=self.rebalance.on_revoke,
            on_lost=self.rebalance.on_lost,
        )

    def pause(self, partitions: frozenset[TopicPartition]) -> None:
        """Want exactly `partitions` paused (a command)."""
        self.partitions.wanted = partitions
        self.partitions.apply()

    def commit(self, commits: Mapping[TopicPartition, Commit]) -> None:
        """Send `commits` (a command)."""
        self.commits.send(self.consumer, commits)

    def turn(self) -> None:
        """Serve commands, poll once, hand over what came."""
        now = self.bridge.beat = time.monotonic()
        self.serve()
        self.rebalance.retry(now)
        self.faults.mend(now)
        self.commits.check(self.consumer, now)
        self.check_assignment(now)
        self.check_arrivals(now)
        room = self.room.left()
        if self.faults.is_fatal:
            self.room.wait(POLL_SECONDS)  # `poll` would give the error without end
        elif room > 0:
            self.open()
            self.hand_over(self.fetched(room))
        else:
            self.without_room(now)

    def check_assignment(self, now: float) -> None:
        """Join anew when the group and we disagree for too long on what is ours."""
        if self.audit is None or self._subscription is None:
            return
        astray = self.audit.check(self.consumer.memberid, self.rebalance.given, now)
        if astray:
            self.rebalance.tell_astray(astray)
            self.consumer.unsubscribe()
            self.subscribe(self._subscription)

    def check_arrivals(self, now: float) -> None:
        """Read optional topics that are there now, and leave those that are gone."""
        if self._subscription is not None and self.arrivals.check(now):
            log.info("optional topics: %s", ", ".join(self.arrivals.found) or "none")
            self.subscribe(self._subscription)

    def serve(self) -> None:
        """Run the commands that have come."""
        while not self._commands.empty():
            self._commands.get_nowait()()

    def fetched(self, room: int) -> list[Message]:
        """Return what has arrived, at most `room`; wait a moment for the first."""
        first = self.consumer.poll(POLL_SECONDS)
        if first is None:
            return []
        more = min(room, BATCH) - 1
        return [first, *self.consumer.consume(more, 0)] if more else [first]

    def hand_over(self, messages: list[Message]) -> None:
        """Give the loop the records in `messages`."""
        if not messages:
            return
        batch, errors = records(messages, self.partitions.owned)
        if batch:
            if self.faults.lasting:
                self.faults.healthy({record.source.topic for record in batch})
            self.room.hand_over(len(batch))
            self.bridge.tell(self.receive, batch)
        for error in errors:
            self.faults.message(error)

    def open(self) -> None:
        """There is room: what was paused for want of it goes on."""
        self._no_room_since = None
        if self.partitions.is_closed:
            self.partitions.is_closed = False
            self.partitions.apply()

    def without_room(self, now: float) -> None:
        """Wait for room; when that lasts, pause all and poll."""
        if self._no_room_since is None:
            self._no_room_since = now
        left = self._no_room_since + PATIENCE_SECONDS - now
        if left > 0:
            self.room.wait(min(left, POLL_SECONDS))
            return
        if not self.partitions.is_closed:
            self.partitions.is_closed = True
            self.partitions.apply()
        message = self.consumer.poll(POLL_SECONDS)
        # All is paused, so this is an error; a record would be handed over all the
        # same, since the client's position is past it already.
        if message is not None:
            self.hand_over([message])

    def on_error(self, error: KafkaError) -> None:
        """Take librdkafka's error callback."""
        self.faults.connection(error)

    def on_commit(self, error: KafkaError | None, places: list[Place]) -> None:
        """Take librdkafka's commit callback."""
        if error is None:
            self.faults.healthy()
        self.commits.answered(error, places)

    def finish(self) -> None:
        """Give everything back and close, within the deadline."""
        deadline = self._close_by or time.monotonic()
        going = self.partitions.sources()
        if going:
            self.rebalance.give_back(
                self.consumer,
                going,
                self.settings.revoke_timeout_seconds,
                float("inf"),
                deadline,
            )
            self.bridge.tell(self.bridge.listener.on_revoked, going, lost=False)
        self.close(deadline)

    def close(self, deadline: float) -> None:
        """Leave the group and close the client, by `deadline` or a moment later."""
        self.rebalance.is_closing = True
        left = max(CLOSE_SECONDS, deadline - time.monotonic())
        began = time.monotonic()
        try:
            is_closed = self.bridge.aside(self.closed, left)
        except (KafkaException, RuntimeError) as error:
            log.warning("closing the consumer: %s", error)
            return
        if is_closed is None:
            self.rebalance.is_abandoned = True
            log.warning("the close was left behind after %.1f s", left)
        log.info("closed in %.3f s", time.monotonic() - began)

    def closed(self) -> bool:
        """Close the client; True, however long it took."""
        self.consumer.close()
        return True
