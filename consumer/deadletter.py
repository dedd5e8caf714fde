"""Writes dead letters: a letter is written when the broker has confirmed it.

Rules
- The producer is idempotent and waits for all replicas in sync.
- librdkafka's callbacks run on a thread of their own, so a letter is confirmed however
  busy the event loop is.
- A letter that timed out may be in the log all the same; it is written again, and its
  reader tells letters apart by the record's coordinates.
- A producer that met a fatal error (an idempotent one may) is replaced by the next write.
- Each letter is a batch of its own, and its topic alone says what is too large: letters of
  one batch were refused together by a broker that would have taken each of them.
- A topic that is created takes what its source takes, and our headers besides.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Protocol, TypeAlias

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from consumer.errors import ConfigurationError, DependencyError, FileFault

__all__ = ["DeadLetters", "Letter", "LetterTooLargeError", "NoAnswerError"]

Property: TypeAlias = str | int | float | bool

log = logging.getLogger(__name__)

DEFAULTS: Mapping[str, Property] = {
    "message.timeout.ms": 30_000,
    "batch.num.messages": 1,
    "message.max.bytes": 1_000_000_000,  # librdkafka's highest; its default is 1 MB
}
FORCED: Mapping[str, Property] = {
    "enable.idempotence": "true",
    "acks": "all",
}
LEFT_OUT = frozenset({"transactional.id", "request.required.acks"})
TOO_LARGE = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE})
SIZE = "max.message.bytes"
HEADROOM_BYTES = 1 << 16  # for a letter's headers, at their longest about 20 KB
POLL_SECONDS = 0.2
ADMIN_SECONDS = 10.0
AGAIN_SECONDS = 0.5
NO_ANSWER = "no answer"
ANY_PARTITION = -1


class Letter(Protocol):
    """A letter, whole: its maker has chosen topic and partition."""

    @property
    def topic(self) -> str:
        """Where it goes."""

    @property
    def partition(self) -> int | None:
        """Which partition; None lets the key decide."""

    @property
    def key(self) -> bytes | None:
        """The record's key."""

    @property
    def value(self) -> bytes | None:
        """The record's value."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """The record's headers and the letter's own."""


class LetterTooLargeError(DependencyError):
    """The letter does not fit into its topic; without its value it may."""


class NoAnswerError(DependencyError):
    """No broker answered in time; asking again may help."""


class Line:
    """One producer, and the thread that serves its callbacks until it is closed."""

    def __init__(self, properties: Mapping[str, Property]) -> None:
        """Make the producer.

        Raises:
            ConfigurationError: librdkafka refuses a property.
        """
        try:
            self.producer = Producer({
                **properties,
                "logger": logging.getLogger("consumer.deadletter.librdkafka"),
                "error_cb": lambda error: log.debug("%s", error.str()),
            })
        except KafkaException as error:
            raise ConfigurationError((refused(error),)) from error
        self._is_open = True
        threading.Thread(target=self._serve, name="dead-letters", daemon=True).start()

    def _serve(self) -> None:
        """Be the thread."""
        while self._is_open:
            self.producer.poll(POLL_SECONDS)

    def close(self, seconds: float) -> int:
        """Wait for letters on their way, give up the rest; return how many those were.

        Blocks, for about `seconds` at most.
        """
        left = self.producer.flush(seconds)
        if left:
            # Their writers are told: each gets its delivery report, as purged.
            self.producer.purge(blocking=False)
            self.producer.flush(POLL_SECONDS)
        self._is_open = False
        return left


class DeadLetters:
    """The producer. Owned by the event loop it is used on."""

    def __init__(self, properties: Mapping[str, Property]) -> None:
        """Keep `properties`, those of a producer; nothing is connected yet.

        Raises ConfigurationError when librdkafka refuses one.
        """
        given = {name: properties[name] for name in properties if name not in LEFT_OUT}
        self._properties = {**DEFAULTS, **given, **FORCED}
        self._line: Line | None = Line(self._properties)

    async def write(self, letter: Letter) -> None:
        """Return once the broker has confirmed `letter`.

        May be called many times at once. A caller that is cancelled does not know
        whether the letter was written.

        Raises:
            DependencyError: It was not confirmed in `message.timeout.ms` (30 s), or was
                refused; trying again later may help. A LetterTooLargeError when it is
                too large for the broker or the client.
        """
        confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            self._current().produce(
                letter.topic,
                letter.value,
                key=letter.key,
                partition=ANY_PARTITION
                if letter.partition is None
                else letter.partition,
                headers=list(letter.headers),
                on_delivery=reporter(confirmed),
            )
        except BufferError as error:
            raise DependencyError("the queue of dead letters is full") from error
        except KafkaException as error:
            raise self._failure(error.args[0], letter.topic) from error
        try:
            await confirmed
        except KafkaException as error:
            raise self._failure(error.args[0], letter.topic) from error

    async def ensure_topics(
        self,
        wanted: Mapping[str, str],
        *,
        may_create: bool,
        patience_seconds: float = 0.0,
    ) -> dict[str, int]:
        """Check that the letter topics exist, and create those that are missing.

        Args:
            wanted: Letter topic to source topic, whose partition count a new one gets.
            may_create: Whether a missing one may be created.
            patience_seconds: How long to ask again while no broker answers.

        Returns:
            Each letter topic's partition count.

        Raises:
            NoAnswerError: No broker answered, for so long. Any other DependencyError
                says that one is missing and could not be created, and what to do.
        """
        give_up_at = time.monotonic() + patience_seconds
        while True:
            try:
                return await asyncio.to_thread(
                    self._ensured, wanted, may_create=may_create
                )
            except NoAnswerError:
                if time.monotonic() >= give_up_at:
                    raise
            await asyncio.sleep(AGAIN_SECONDS)

    async def aclose(self, deadline_seconds: float) -> None:
        """Wait for letters on their way, then give up those that are left.

        Returns within about `deadline_seconds`. May be called twice.
        """
        line, self._line = self._line, None
        if line is None:
            return
        left = await asyncio.to_thread(line.close, deadline_seconds)
        if left:
            log.warning("%d dead letters were not confirmed", left)

    def _current(self) -> Producer:
        """Return the producer, made anew when the last one could not go on."""
        if self._line is None:
            self._line = Line(self._properties)
        return self._line.producer

    def _failure(self, error: KafkaError, topic: str) -> DependencyError:
        """Return what `error` means for a letter; a fatal one ends the producer."""
        if error.fatal() and self._line is not None:
            threading.Thread(target=self._line.close, args=(0.0,), daemon=True).start()
            self._line = None
        kind = LetterTooLargeError if error.code() in TOO_LARGE else DependencyError
        return kind(f"the record for {topic} was not written: {error.str()}")

    def _ensured(
        self, wanted: Mapping[str, str], *, may_create: bool
    ) -> dict[str, int]:
        """Do what `ensure_topics` says; blocks.

        Raises:
            DependencyError: As there.
        """
        admin = AdminClient({**self._properties, "log_level": 0})
        counts = partition_counts(admin)
        missing = {name: wanted[name] for name in wanted if name not in counts}
        if missing and not may_create:
            raise DependencyError(
                f"topics are missing: {', '.join(sorted(missing))}. "
                "Create them, or let the consumer create them."
            )
        if missing:
            create(
                admin, {name: counts.get(missing[name], 1) for name in missing}, missing
            )
            counts.update({name: counts.get(missing[name], 1) for name in missing})
        return {name: counts[name] for name in wanted}


def reporter(
    confirmed: asyncio.Future[None],
) -> Callable[[KafkaError | None, Message], None]:
    """Return a delivery callback that settles `confirmed` on its own loop."""
    loop = confirmed.get_loop()

    def settle(error: KafkaError | None) -> None:
        if confirmed.done():
            return  # its writer was cancelled
        if error is None:
            confirmed.set_result(None)
        else:
            confirmed.set_exception(KafkaException(error))

    def report(error: KafkaError | None, _: Message) -> None:
        try:
            loop.call_soon_threadsafe(settle, error)
        except RuntimeError:
            log.warning("the event loop is closed: a letter's end is not told")

    return report


def refused(error: KafkaException) -> FileFault:
    """Return the fault of a property that librdkafka refuses."""
    return FileFault(
        code="K103",
        file="kafka",
        line=0,
        column=0,
        message=f"librdkafka refuses the dead letters' producer: {error.args[0].str()}",
        mend="See librdkafka's CONFIGURATION.md for the property.",
    )


def partition_counts(admin: AdminClient) -> dict[str, int]:
    """Return the partition count of each topic that we may see.

    Raises:
        NoAnswerError: No broker answered.
    """
    try:
        found = admin.list_topics(timeout=ADMIN_SECONDS).topics
    except KafkaException as error:
        raise NoAnswerError(
            f"the topics cannot be listed: {error.args[0].str()}"
        ) from error
    return {name: len(topic.partitions) for name, topic in found.items()}


def create(
    admin: AdminClient, counts: Mapping[str, int], sources: Mapping[str, str]
) -> None:
    """Create topics with the broker's own replication; one that is there now is fine.

    Args:
        admin: Asks the cluster.
        counts: Topic to its partition count.
        sources: Topic to the source topic, whose bound of a message it gets.

    Raises DependencyError when one could not be created, and NoAnswerError when nobody
    answered; the message says what to do.
    """
    sizes = message_sizes(admin, frozenset(sources.values()))
    for name in counts:
        size = sizes.get(sources[name])
        why = created(admin, name, counts[name], size)
        if why and size is not None:  # a cluster may allow for no such bound
            why = created(admin, name, counts[name], None)
        if why:
            kind = NoAnswerError if why == NO_ANSWER else DependencyError
            raise kind(
                f"the topic {name} cannot be created: {why}. Create it with "
                f"{counts[name]} partitions, or grant Create on it."
            )
        log.info("created the topic %s, %d partitions", name, counts[name])


def created(admin: AdminClient, name: str, count: int, size: int | None) -> str:
    """Create one topic; return why it could not be, empty when it is there."""
    config = {} if size is None else {SIZE: str(size + HEADROOM_BYTES)}
    asked: dict[str, Future[None]] = admin.create_topics(
        [NewTopic(name, num_partitions=count, config=config)],
        operation_timeout=ADMIN_SECONDS,
        request_timeout=ADMIN_SECONDS,
    )
    try:
        asked[name].result(ADMIN_SECONDS + 1)
    except (KafkaException, FutureTimeoutError) as error:
        inner = error.args[0] if error.args else None
        if not isinstance(inner, KafkaError):
            return NO_ANSWER
        is_there = inner.code() == KafkaError.TOPIC_ALREADY_EXISTS
        return "" if is_there else inner.str()
    return ""


def message_sizes(admin: AdminClient, topics: frozenset[str]) -> dict[str, int]:
    """Return the largest message that each topic takes, where we may see it.

    That needs DescribeConfigs; without it a new topic has the broker's default.
    """
    found: dict[str, int] = {}
    asked: dict[ConfigResource, Future[dict[str, object]]] = admin.describe_configs(
        [ConfigResource(ResourceType.TOPIC, topic) for topic in topics],
        request_timeout=ADMIN_SECONDS,
    )
    for resource, answer in asked.items():
        try:
            value = getattr(answer.result(ADMIN_SECONDS + 1).get(SIZE), "value", None)
            if value is not None:
                found[str(resource.name)] = int(value)
        except (KafkaException, FutureTimeoutError, ValueError) as error:
            log.info("what %s takes is not readable: %s", resource.name, error)
    return found
