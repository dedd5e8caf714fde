"""What happens when the group gives partitions and takes them away.

Theory of operation: librdkafka calls back inside `poll`, on the consumer's thread, and
the group waits until the callback returns. Giving: committed offsets and metadata are
read, every partition is assigned at exactly its offset, pauses are put back. Taking: the
pipeline fences, waits for the wire and names positions; these are committed; only then
is unassigned. Both are bounded. Lost (the group has gone on without us): nothing is
committed, since another owner may have read on already.

A start that could not be read, because the coordinator did not answer, is asked for
again by `retry` between polls: the partition would stand still in silence otherwise.
A stop that is asked for meanwhile cuts the asking short: nothing will be read.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Sequence

from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as Place

from consumer.model import TopicPartition
from consumer.source.bridge import Bridge
from consumer.source.commits import Commits, of
from consumer.source.partitions import Partitions
from consumer.source.starts import Start, Starts
from consumer.source.values import (
    Assigned,
    SourceFault,
    SourceFaultKind,
    SourceOptions,
)

__all__ = ["Rebalance"]

log = logging.getLogger(__name__)

ATTEMPTS = 3
RETRY_SECONDS = 1.0


class Rebalance:
    """librdkafka's three callbacks. Owned by the consumer's thread.

    Attributes:
        is_stopping: True when a stop was asked for; set by the loop.
        is_closing: True from when the client is closed.
        is_abandoned: True when nobody waits any more; set by the loop or the thread.
    """

    def __init__(
        self,
        settings: SourceOptions,
        bridge: Bridge,
        partitions: Partitions,
        starts: Starts,
        commits: Commits,
    ) -> None:
        self.settings = settings
        self.bridge = bridge
        self.partitions = partitions
        self.starts = starts
        self.commits = commits
        self.is_stopping = False
        self.is_closing = False
        self.is_abandoned = False
        self._unread: list[TopicPartition] = []
        self._retry_at = 0.0
        self._is_told = False

    def on_assign(self, consumer: Consumer, places: list[Place]) -> None:  # noqa: ARG002 - librdkafka's signature
        """Take what the group gives."""
        began = time.monotonic()
        wanted = [of(place) for place in places]
        self.take(wanted, ATTEMPTS)
        log.info(
            "assigned %d of %d partitions, %.3f s",
            len(wanted) - len(self._unread),
            len(wanted),
            time.monotonic() - began,
        )

    def on_revoke(self, consumer: Consumer, places: list[Place]) -> None:
        """Give back what the group takes."""
        self.park_when_abandoned()
        began = time.monotonic()
        going = self.going(places)
        if self.is_closing:
            self.partitions.remove(going)  # told already, and on another thread
            return
        if going:
            log.info("giving back %d partitions", len(going))
            settings = self.settings
            self.give_back(
                consumer,
                going,
                settings.revoke_timeout_seconds,
                settings.commit_timeout_seconds,
            )
        self.partitions.remove(going)
        if going:
            self.bridge.tell(self.bridge.listener.on_revoked, going, lost=False)
        log.info("revoked %d partitions, %.3f s", len(going), time.monotonic() - began)

    def on_lost(self, consumer: Consumer, places: list[Place]) -> None:  # noqa: ARG002 - librdkafka's signature
        """Drop what the group has given to others without asking."""
        self.park_when_abandoned()
        going = self.going(places)
        self.partitions.remove(going)
        if going:
            self.bridge.tell(self.bridge.listener.on_revoked, going, lost=True)
        log.warning("lost %d partitions", len(going))

    def park_when_abandoned(self) -> None:
        """Stay here for ever, when nobody waits for the end any more.

        confluent-kafka 2.16 holds the interpreter's lock while `incremental_unassign`
        waits for librdkafka, which may never answer in a close that took too long (its
        broker was gone): the whole process stood still, its own end included. Neither
        may the callback return, or the binding would unassign by itself. The thread is a
        daemon, left behind for this.
        """
        if self.is_abandoned:
            threading.Event().wait()

    def going(self, places: Sequence[Place]) -> frozenset[TopicPartition]:
        """Return those of `places` that are ours; forget those not yet begun."""
        gone = {of(place) for place in places}
        self.keep_unread([each for each in self._unread if each not in gone])
        return self.partitions.sources() & gone

    def given(self) -> frozenset[TopicPartition]:
        """Return all that the group gave us, begun or not."""
        return self.partitions.sources().union(self._unread)

    def tell_astray(self, astray: frozenset[TopicPartition]) -> None:
        """Tell that we join anew, because of partitions that nobody reads."""
        names = ", ".join(str(each) for each in sorted(astray)[:5])
        fault = SourceFault(
            kind=SourceFaultKind.ASTRAY,
            message=f"the group and this member disagree on {len(astray)} partitions "
            f"({names}): an answer of the coordinator was lost",
            mend="It mends itself: the member leaves the group and joins again.",
        )
        self.bridge.tell(self.bridge.listener.on_fault, fault)
        self.bridge.tell(self.bridge.listener.on_fault, over(fault))

    def give_back(
        self,
        consumer: Consumer,
        going: frozenset[TopicPartition],
        ask_seconds: float,
        commit_seconds: float,
        deadline: float = float("inf"),
    ) -> None:
        """Ask for the positions of `going` and commit them, both by `deadline`."""
        commits = self.bridge.ask(going, min(ask_seconds, left_until(deadline)))
        seconds = min(commit_seconds, left_until(deadline))
        self.commits.final(consumer, commits, self.bridge, seconds)

    def take(self, wanted: Sequence[TopicPartition], attempts: int) -> None:
        """Assign those of `wanted` whose start can be read; keep the rest for later."""
        left = list(wanted)
        found: list[Start] = []
        for _ in range(attempts):
            if not left or self.is_stopping:
                break
            self.bridge.beat = time.monotonic()
            new = self.starts.resolved(left, lambda: not self.is_stopping)
            found += new
            read = {start.partition for start in new}
            left = [each for each in left if each not in read]
        self.park_when_abandoned()
        self.partitions.add(found)
        self.announce(found)
        self.keep_unread([] if self.is_stopping else left)

    def announce(self, found: Sequence[Start]) -> None:
        """Tell the pipeline what begins where, and what is odd about it."""
        if not found:
            return
        listener = self.bridge.listener
        self.bridge.tell(
            listener.on_assigned,
            tuple(
                Assigned(
                    partition=start.partition,
                    epoch=self.partitions.owned[start.partition].epoch,
                    offset=start.offset,
                    metadata=start.metadata,
                    reset_from=start.reset_from,
                )
                for start in found
            ),
        )
        for start in found:
            if start.fault is not None:
                self.bridge.tell(listener.on_fault, start.fault)
                if not start.is_held:
                    self.bridge.tell(listener.on_fault, over(start.fault))

    def keep_unread(self, left: list[TopicPartition]) -> None:
        """Remember starts that could not be read, and tell when that begins and ends."""
        self._unread = left
        self._retry_at = time.monotonic() + RETRY_SECONDS
        if bool(left) == self._is_told:
            return
        self._is_told = bool(left)
        fault = unread(left)
        self.bridge.tell(self.bridge.listener.on_fault, fault if left else over(fault))

    def retry(self, now: float) -> None:
        """Ask again for starts that could not be read."""
        if self._unread and now >= self._retry_at:
            self.take(self._unread, 1)


def left_until(deadline: float) -> float:
    """Return the seconds until `deadline` on the monotonic clock, none of them below 0."""
    return max(0.0, deadline - time.monotonic())


def over(fault: SourceFault) -> SourceFault:
    """Return the end of `fault`."""
    return dataclasses.replace(fault, is_over=True)


def unread(partitions: Sequence[TopicPartition]) -> SourceFault:
    """Return the fault of starts that could not be read."""
    names = ", ".join(str(each) for each in partitions[:5])
    return SourceFault(
        kind=SourceFaultKind.OFFSETS_UNREAD,
        message=f"committed offsets of {len(partitions)} partitions unread: {names}",
        mend="The group's coordinator does not answer; asked again every second.",
    )
