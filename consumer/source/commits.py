"""Commits: asynchronous and acknowledged while reading, bounded at the end.

Rules
- At most one asynchronous commit is outstanding, so an older one never lands after a
  newer one.
- Nothing of an epoch that is gone is sent: it is reported as failed with Kafka's own
  ILLEGAL_GENERATION (22).
- Every commit that was taken is answered, once: by the broker, by librdkafka's refusal,
  or, if librdkafka ever forgot one, as timed out; else no other could ever be sent.
- `sent_at` is read before the call: the membership lease counts from there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka import TopicPartition as Place

from consumer.model import Commit, TopicPartition
from consumer.source.bridge import Bridge
from consumer.source.partitions import Partitions

__all__ = ["Commits", "Report"]

log = logging.getLogger(__name__)

Batch: TypeAlias = Mapping[TopicPartition, Commit]
Report: TypeAlias = Callable[[Batch, Mapping[TopicPartition, int], float], object]

FORGOTTEN_SECONDS = 150.0  # librdkafka's own bound is socket.timeout.ms (60 s), twice
STALE = KafkaError.ILLEGAL_GENERATION
TIMED_OUT = KafkaError._TIMED_OUT  # noqa: SLF001 - librdkafka's own name


class Commits:
    """Sends commits and tells their results. Owned by the consumer's thread.

    Attributes:
        acknowledged: Newest acknowledged offset of each partition.
    """

    def __init__(
        self,
        partitions: Partitions,
        report: Report,
        acknowledged: dict[TopicPartition, int],
    ) -> None:
        self.partitions = partitions
        self.report = report
        self.acknowledged = acknowledged
        self._outstanding: tuple[Batch, dict[TopicPartition, int], float] | None = None

    def send(self, consumer: Consumer, commits: Batch) -> None:
        """Send what of `commits` still belongs to a live epoch."""
        sent_at = time.monotonic()
        live, stale = self.sorted_out(commits)
        self._outstanding = (commits, stale, sent_at)
        if not live:
            self.end({})
            return
        try:
            consumer.commit(offsets=places(live), asynchronous=True)
        except KafkaException as error:
            self.end(dict.fromkeys(live, code_of(error)))

    def answered(self, error: KafkaError | None, found: Sequence[Place]) -> None:
        """Take librdkafka's answer (its `on_commit` callback).

        A final commit may be answered here too, beside its own return value; that
        answer names other offsets and is left alone. If it names the very same ones, it
        is as true for the outstanding commit, which was sent earlier.
        """
        if self._outstanding is None:
            return
        commits, stale, _ = self._outstanding
        expected = {
            each: commit.offset for each, commit in commits.items() if each not in stale
        }
        if expected == {of(place): place.offset for place in found}:
            self.end(failures(found, error))

    def check(self, now: float) -> None:
        """Give up a commit that librdkafka has forgotten."""
        if self._outstanding is None or now < self._outstanding[2] + FORGOTTEN_SECONDS:
            return
        log.warning("a commit was never answered")
        self.end(dict.fromkeys(self._outstanding[0], TIMED_OUT))

    def end(self, failed: Mapping[TopicPartition, int]) -> None:
        """Report the outstanding commit."""
        if self._outstanding is None:
            return
        commits, stale, sent_at = self._outstanding
        self._outstanding = None
        self.remember(commits, {**stale, **failed})
        self.report(commits, {**stale, **failed}, sent_at)

    def final(
        self, consumer: Consumer, commits: Batch, bridge: Bridge, seconds: float
    ) -> None:
        """Commit `commits` and wait for the answer, `seconds` at most.

        One that outlives its time can only repeat records: what it would have committed
        is settled, and read again by the next owner at worst.
        """
        live, stale = self.sorted_out(commits)
        if not live:
            return
        sent_at = time.monotonic()
        failed: dict[TopicPartition, int]
        try:
            found = bridge.aside(
                lambda: consumer.commit(offsets=places(live), asynchronous=False),
                seconds,
            )
        except KafkaException as error:
            failed = dict.fromkeys(live, code_of(error))
        else:
            failed = (
                dict.fromkeys(live, TIMED_OUT)
                if found is None
                else failures(found, None)
            )
        log.info(
            "last commit of %d partitions: %d failed, %.3f s",
            len(live),
            len(failed),
            time.monotonic() - sent_at,
        )
        self.remember(commits, {**stale, **failed})
        bridge.tell(bridge.listener.on_committed, commits, {**stale, **failed}, sent_at)

    def sorted_out(self, commits: Batch) -> tuple[Batch, dict[TopicPartition, int]]:
        """Return what may be sent, and the rest with its error code."""
        epoch = self.partitions.epoch
        live = {
            each: commit
            for each, commit in commits.items()
            if commit.epoch == epoch(each)
        }
        return live, {each: STALE for each in commits if each not in live}

    def remember(self, commits: Batch, failed: Mapping[TopicPartition, int]) -> None:
        """Keep what the broker has acknowledged."""
        self.acknowledged.update({
            each: commit.offset
            for each, commit in commits.items()
            if each not in failed
        })


def places(commits: Batch) -> list[Place]:
    """Return `commits` as confluent-kafka wants them."""
    return [
        Place(*each, commit.offset, commit.metadata) for each, commit in commits.items()
    ]


def of(place: Place) -> TopicPartition:
    """Return the partition that `place` names."""
    return TopicPartition(place.topic, place.partition)


def failures(
    found: Sequence[Place], error: KafkaError | None
) -> dict[TopicPartition, int]:
    """Return the error code of each place that was not committed."""
    return {
        of(place): (place.error or error).code()  # type: ignore[union-attr] # one of them is there
        for place in found
        if place.error is not None or error is not None
    }


def code_of(error: KafkaException) -> int:
    """Return the code in librdkafka's exception."""
    inner = error.args[0] if error.args else None
    return inner.code() if isinstance(inner, KafkaError) else KafkaError.UNKNOWN
