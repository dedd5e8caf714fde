"""Whether the group and this member agree on who owns what (`group.protocol: consumer`).

The broker sends a member its assignment once, and again only after a full heartbeat:
"The assignment is only provided in the following cases: 1. The member sent a full
request. It does so when joining or rejoining the group with zero as the member epoch; or
on any errors (e.g. timeout)" (Apache Kafka 4, GroupMetadataManager). librdkafka 2.16.0
repeats a heartbeat that timed out as it was, not as a full one. So an answer that was
lost, or came too late, leaves partitions that nobody reads: seen for as long as it was
watched, with the broker stopped for 8 s and with a proxy that loses two answers.

Theory of operation: the group is asked now and then. Partitions of which the group
thinks that we have them and we do not, or which it wants back and we hold, are *astray*:
in a rebalance that goes well only until the next heartbeat. Those that stay astray for a
grace time make the member leave and join again, and that begins with a full request.

A question that stays open is ended by closing its client, never by librdkafka's own time-out:
one that timed out while the coordinator was away aborts the whole process as soon as it
is back ("rd_kafka_enq_once_del_source_return: Assertion `eonce->refcnt > 0' failed",
librdkafka #4605 and #5397; seen with 2.16 at every return of a killed broker).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._group import ConsumerGroupDescription, MemberAssignment

from consumer.model import TopicPartition
from consumer.source.commits import of
from consumer.source.properties import client_properties
from consumer.source.values import Property

__all__ = ["Audit", "Watched"]

log = logging.getLogger(__name__)

ASKED_PER_GRACE = 4
PATIENCE_SECONDS = 5.0
TIMEOUT_SECONDS = 3600.0  # the most that librdkafka takes: it must never come to it
NONE: frozenset[TopicPartition] = frozenset()


class Watched:
    """What is astray, and since when. Pure; owned by its `Audit`."""

    def __init__(self, grace_seconds: float) -> None:
        self._grace_seconds = grace_seconds
        self._astray = NONE
        self._since = 0.0
        self._noted_at = 0.0

    def note(
        self,
        mine: frozenset[TopicPartition],
        assigned: frozenset[TopicPartition],
        target: frozenset[TopicPartition],
        now: float,
    ) -> frozenset[TopicPartition]:
        """Return what has been astray for the grace time; each time is told once.

        Args:
            mine: What we have.
            assigned: What the group thinks that we have.
            target: What the group wants us to have in the end. What is in it and not
                yet assigned waits for its owner, which is no fault.
            now: Monotonic seconds.
        """
        astray = (assigned - mine) | (mine - target)
        was_silent = now > self._noted_at + self._grace_seconds
        self._noted_at = now
        # Between two answers far apart anything may have been right for a while.
        lasting = NONE if was_silent else self._astray & astray
        if not lasting:
            self._astray, self._since = astray, now
            return NONE
        self._astray = lasting
        if now < self._since + self._grace_seconds:
            return NONE
        self._astray = NONE
        return lasting


class Audit:
    """Asks the group what it gave us. Owned by the consumer's thread; never blocks."""

    def __init__(self, kafka: Mapping[str, Property], grace_seconds: float) -> None:
        self._kafka = kafka
        self._group = str(kafka.get("group.id", ""))
        self._every_seconds = grace_seconds / ASKED_PER_GRACE
        self._watched = Watched(grace_seconds)
        self._admin: AdminClient | None = None
        self._asked: Future[ConsumerGroupDescription] | None = None
        self._asked_at = 0.0
        self._ask_at: float | None = None
        self._is_refused = False

    def check(
        self,
        member: Callable[[], str | None],
        mine: Callable[[], frozenset[TopicPartition]],
        now: float,
    ) -> frozenset[TopicPartition]:
        """Return what is astray for too long, when an answer has come; else nothing.

        Args:
            member: Gives our member id; asked only then.
            mine: Gives what we have; likewise.
            now: Monotonic seconds.
        """
        if self._asked is not None:
            if self._asked.done():
                answer, self._asked = self._asked, None
                return self._judged(answer, member() or "", mine(), now)
            if now >= self._asked_at + PATIENCE_SECONDS:
                self._asked = self._admin = None  # closes it, in a few milliseconds
            return NONE
        if self._ask_at is None:  # at once would meet a group that is not joined yet
            self._ask_at = now + self._every_seconds
        elif now >= self._ask_at:
            self._ask_at = now + self._every_seconds
            self._ask(now)
        return NONE

    def _ask(self, now: float) -> None:
        if self._admin is None:
            self._admin = AdminClient({
                **client_properties(self._kafka),
                "log_level": 0,
            })
        asked: dict[str, Future[ConsumerGroupDescription]] = (
            self._admin.describe_consumer_groups(
                [self._group], request_timeout=TIMEOUT_SECONDS
            )
        )
        self._asked, self._asked_at = asked[self._group], now

    def _judged(
        self,
        answer: Future[ConsumerGroupDescription],
        member: str,
        mine: frozenset[TopicPartition],
        now: float,
    ) -> frozenset[TopicPartition]:
        try:
            members = answer.result().members
        except KafkaException as error:
            if not self._is_refused:  # Describe on the group, which Read implies
                self._is_refused = True
                log.info("the group cannot be asked for our assignment: %s", error)
            return NONE
        self._is_refused = False
        for each in members:
            if each.member_id == member and each.target_assignment is not None:
                return self._watched.note(
                    mine, places(each.assignment), places(each.target_assignment), now
                )
        return NONE  # it knows no such member: the next heartbeat will say so


def places(assignment: MemberAssignment) -> frozenset[TopicPartition]:
    """Return the partitions of a member's assignment."""
    return frozenset(of(place) for place in assignment.topic_partitions)
