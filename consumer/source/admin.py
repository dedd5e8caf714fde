"""What a cluster says of topics, groups and rights: asked without joining a group.

Rules:
    - A cluster that does not answer is a DependencyError with the cause and the mend.
    - What one topic, partition or group alone lacks (no leader, no right, not there) is a
      value: the others are told all the same.
    - A broker may be too old, or too small, to know a question (librdkafka's in-process
      mock knows few): then the answer is None, "not told", and never a guess.

Every call blocks, for `seconds` at most; the caller chooses the thread.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicCollection,
)
from confluent_kafka import TopicPartition as Place
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigEntry, ConfigResource
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.admin._metadata import ClusterMetadata
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.admin._topic import TopicDescription
from confluent_kafka.cimpl import NewTopic

from consumer.errors import ConfigurationError
from consumer.model import TopicPartition
from consumer.source.asking import UNANSWERED, Asking, code_of, refused, text_of
from consumer.source.group import Group, group_of, operations
from consumer.source.properties import client_properties, consumer_properties
from consumer.source.values import Property

__all__ = ["END", "Admin", "Bounds", "Described", "Stored"]

T = TypeVar("T")
ANSWER_SECONDS = 10.0
TRY_SECONDS = 1.0
AGAIN_SECONDS = 0.1
MOST_ASKED = 10_000  # partitions in one question
# A coordinator that was just elected, or is about to be.
MOVING = frozenset({
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
})
FORBIDDEN = KafkaError.GROUP_AUTHORIZATION_FAILED
HIDDEN = Group("hidden", "unknown", (), frozenset())
END = -1  # what a search by time answers when no record is as young


class Bounds(NamedTuple):
    """What the log of a partition holds.

    Attributes:
        start: Its first offset.
        end: One past its last.
        readable: One past the last that a reader of committed transactions gets.
    """

    start: int
    end: int
    readable: int


class Stored(NamedTuple):
    """What a group has committed for a partition."""

    offset: int
    metadata: str


class Described(NamedTuple):
    """What a broker tells of a topic.

    Attributes:
        rights: What we may do with it, upper case; None when not told.
        settings: Its settings; None when not told.
    """

    rights: frozenset[str] | None
    settings: dict[str, str] | None


class Admin:
    """One administrative client. Owned by whoever made it."""

    def __init__(
        self, kafka: Mapping[str, Property], seconds: float | None = None
    ) -> None:
        """Make the client; nothing is asked yet.

        Args:
            kafka: The section `kafka` of the configuration.
            seconds: The longest wait for one answer; None for ten seconds.

        Raises:
            ConfigurationError: librdkafka refuses a property.
        """
        self._asking = Asking(kafka)
        self._kafka = kafka
        self._reads_committed = (
            str(kafka.get("isolation.level", "read_committed")) == "read_committed"
        )
        self._seconds = ANSWER_SECONDS if seconds is None else seconds
        properties: dict[str, Any] = {  # its stub knows no callbacks
            **client_properties(kafka),
            "error_cb": self._asking.note,
            "log_level": 0,
        }
        try:
            self._client = AdminClient(properties)
        except KafkaException as error:
            raise ConfigurationError((refused(error),)) from error

    # ------------------------------------------------------------------------ topics

    def topics(self) -> dict[str, int]:
        """Return the partition count of every topic that we may see.

        A cluster that does not answer ends in a DependencyError; one that does not know
        us, or that we do not trust, at once.
        """
        found = self._metadata().topics
        return {name: len(one.partitions) for name, one in found.items()}

    def brokers(self) -> int:
        """Return how many brokers there are; errors as in `topics`."""
        return len(self._metadata().brokers)

    def _metadata(self) -> ClusterMetadata:
        deadline = time.monotonic() + self._seconds
        with self._asking.asked(self._client.poll):
            while True:
                left = max(0.0, deadline - time.monotonic())
                try:
                    return self._client.list_topics(timeout=min(left, TRY_SECONDS))
                except KafkaException:
                    self._client.poll(0)
                    if left <= TRY_SECONDS or self._asking.is_hopeless:
                        raise

    def described(self, topics: Iterable[str]) -> dict[str, Described]:
        """Return what the broker tells of some topics."""
        names = sorted(topics)
        if not names:
            return {}
        # Both questions at once: a broker that knows neither is waited for once.
        told = self._client.describe_topics(
            TopicCollection(names),
            include_authorized_operations=True,
            request_timeout=self._seconds,
        )
        resources = {one: ConfigResource(ResourceType.TOPIC, one) for one in names}
        settings = self._client.describe_configs(
            list(resources.values()), request_timeout=self._seconds
        )
        return {
            one: Described(
                rights_of(self._told(told[one])),
                texts_of(self._told(settings[resources[one]])),
            )
            for one in names
        }

    def refusal_of(self, topic: str, partitions: int) -> str | None:
        """Return why a topic could not be created; None when it could be.

        Nothing is created: the broker only judges the request. What it does not answer
        is a refusal too.
        """
        asked = self._client.create_topics(
            [NewTopic(topic, num_partitions=partitions)],
            validate_only=True,
            operation_timeout=self._seconds,
            request_timeout=self._seconds,
        )
        try:
            asked[topic].result(self._seconds + 1)
        except UNANSWERED as error:
            return text_of(error)
        return None

    # ----------------------------------------------------------------------- offsets

    def bounds(
        self, partitions: Iterable[TopicPartition]
    ) -> dict[TopicPartition, Bounds | str]:
        """Return what each partition's log holds, or why that is not known."""
        wanted = list(partitions)
        earliest: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call] # theirs
        latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call] # theirs
        starts = self._offsets(wanted, earliest)
        ends = stable = self._offsets(wanted, latest)
        if self._reads_committed:
            stable = self._offsets(wanted, latest, IsolationLevel.READ_COMMITTED)
        found: dict[TopicPartition, Bounds | str] = {}
        for one in wanted:
            three = (starts[one], ends[one], stable[one])
            missing = [each for each in three if isinstance(each, str)]
            numbers = [each for each in three if isinstance(each, int)]
            found[one] = missing[0] if missing else Bounds(*numbers)
        return found

    def at_time(
        self, partitions: Iterable[TopicPartition], at_ms: int
    ) -> dict[TopicPartition, int | str]:
        """Return the first offset whose timestamp is `at_ms` or later.

        Returns:
            Unix milliseconds to offset; `END` (-1) where every record is older; else
            why it is not known.
        """
        spec: OffsetSpec = OffsetSpec.for_timestamp(at_ms)
        return self._offsets(list(partitions), spec)

    def _offsets(
        self,
        partitions: list[TopicPartition],
        spec: OffsetSpec,
        isolation: IsolationLevel = IsolationLevel.READ_UNCOMMITTED,
    ) -> dict[TopicPartition, int | str]:
        if not partitions:
            return {}
        asked = self._client.list_offsets(
            {Place(*one): spec for one in partitions},
            isolation_level=isolation,
            request_timeout=self._seconds,
        )
        found: dict[TopicPartition, int | str] = {}
        for place, answer in asked.items():
            one = TopicPartition(place.topic, place.partition)
            try:
                found[one] = int(answer.result(self._seconds + 1).offset)
            except UNANSWERED as error:
                found[one] = text_of(error)
        return found

    # ------------------------------------------------------------------------ groups

    def committed(
        self, group: str, partitions: Iterable[TopicPartition]
    ) -> dict[TopicPartition, Stored]:
        """Return what a group has committed; a partition without a commit is left out.

        A consumer asks, which joins nothing: an administrative client ends the whole
        process (SIGSEGV, librdkafka #5040, seen with 2.16.1) when a broker answers this
        question with NOT_COORDINATOR, as it does while the coordinator moves.

        Raises:
            KafkaException: Never: it becomes a DependencyError, as when there is no
                answer, or no right to read the group.
        """
        places = [Place(*one) for one in partitions]
        if not places:
            return {}
        properties = {**consumer_properties(self._kafka), "group.id": group}
        properties.pop("group.instance.id", None)  # nobody's membership is at stake
        client = Consumer({
            **properties,
            "error_cb": self._asking.note,
            "log_level": 0,
        })
        try:
            with self._asking.asked(client.poll):
                found = [
                    place
                    for some in batched(places, MOST_ASKED)
                    for place in self._stored(client, some)
                ]
                for place in found:
                    if place.error is not None:  # it would look like no commit
                        raise KafkaException(place.error)
        finally:
            client.close()
        return {
            TopicPartition(place.topic, place.partition): Stored(
                place.offset, place.metadata or ""
            )
            for place in found
            if place.offset >= 0
        }

    def _stored(self, client: Consumer, places: list[Place]) -> list[Place]:
        """Return what is committed, asked again while the coordinator moves.

        Raises:
            KafkaException: There was no answer, or another error.
        """
        deadline = time.monotonic() + self._seconds
        while True:
            try:
                return client.committed(places, timeout=self._seconds)
            except KafkaException as error:
                if code_of(error) not in MOVING or time.monotonic() > deadline:
                    raise
            time.sleep(AGAIN_SECONDS)

    def group(self, group: str) -> Group | None:
        """Return a group as its coordinator describes it; None when it does not.

        One that we may not see has no members that we know, and no operation of ours.
        """
        deadline = time.monotonic() + self._seconds
        while True:
            asked = self._client.describe_consumer_groups(
                [group],
                include_authorized_operations=True,
                request_timeout=self._seconds,
            )
            try:
                return group_of(asked[group].result(self._seconds + 1))
            except UNANSWERED as error:
                code = code_of(error)
                if code not in MOVING or time.monotonic() > deadline:
                    return HIDDEN if code == FORBIDDEN else None
            time.sleep(AGAIN_SECONDS)

    def commit(
        self, group: str, commits: Mapping[TopicPartition, Stored]
    ) -> dict[TopicPartition, str]:
        """Commit for a group that has no members; the broker refuses it otherwise.

        Returns:
            Why a partition was refused, for each that was.

        A cluster that does not answer ends in a DependencyError: what it did is unknown.
        """
        deadline = time.monotonic() + self._seconds
        while True:
            failed = self._refused(group, commits)
            is_moving = any(error.code() in MOVING for error in failed.values())
            if not is_moving or time.monotonic() > deadline:
                return {place: refusal(error) for place, error in failed.items()}
            time.sleep(AGAIN_SECONDS)

    def _refused(
        self, group: str, commits: Mapping[TopicPartition, Stored]
    ) -> dict[TopicPartition, KafkaError]:
        """Commit once, and return the errors."""
        places = [
            Place(topic, number, stored.offset, stored.metadata)
            for (topic, number), stored in commits.items()
        ]
        asked = self._client.alter_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(group, places)],
            request_timeout=self._seconds,
        )
        with self._asking.asked(self._client.poll):
            found = asked[group].result(self._seconds + 1)
        return {
            TopicPartition(place.topic, place.partition): place.error
            for place in found.topic_partitions or []
            if place.error is not None
        }

    def _told(self, answer: Future[T]) -> T | None:
        """Return an answer; None when the broker did not give it."""
        try:
            return answer.result(self._seconds + 1)
        except UNANSWERED:
            return None


def rights_of(found: TopicDescription | None) -> frozenset[str] | None:
    """Return what we may do with a topic; None when it is not told."""
    return None if found is None else operations(found.authorized_operations)


def texts_of(found: Mapping[str, ConfigEntry] | None) -> dict[str, str] | None:
    """Return settings as texts."""
    if found is None:
        return None
    return {name: one.value or "" for name, one in found.items()}


def refusal(error: KafkaError) -> str:
    """Return why a broker does not commit, in words that fit the question."""
    if error.code() == KafkaError.UNKNOWN_MEMBER_ID:
        return "the group has members"
    return str(error.str())


def batched(places: list[Place], most: int) -> Iterator[list[Place]]:
    """Give a list in pieces."""
    for start in range(0, len(places), most):
        yield places[start : start + most]
