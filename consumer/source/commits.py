"""Commits: asynchronous and acknowledged while reading, bounded at the end.

Rules
- At most one asynchronous commit is outstanding, so an older one never lands after a
  newer one.
- Nothing of an epoch that is gone is sent: it is reported as failed with Kafka's own
  ILLEGAL_GENERATION (22).
- Every commit that was taken is answered, once: by the broker, by librdkafka's refusal,
  or, if librdkafka ever forgot one, as timed out; else no other could ever be sent.
- `sent_at` is read before the call: the membership lease counts from there.
- What the broker refuses for single partitions costs no other (`refusals`): it is sent
  again in smaller parts, and those make one commit with one answer.
- The last commit of a partition has no next one: what is refused for its offset map
  (error 12, OFFSET_METADATA_TOO_LARGE) is sent once more without it, in what is left of
  the time. Without that commit everything since the one before would repeat.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka import TopicPartition as Place

from consumer.model import Commit, TopicPartition
from consumer.source.bridge import Bridge
from consumer.source.partitions import Partitions
from consumer.source.refusals import Batch, divided, without_map

__all__ = ["Commits", "Report"]

log = logging.getLogger(__name__)

Codes: TypeAlias = Mapping[TopicPartition, int]
Report: TypeAlias = Callable[[Batch, Codes, float], object]

FORGOTTEN_SECONDS = 150.0  # librdkafka's own bound is socket.timeout.ms (60 s), twice
STALE = KafkaError.ILLEGAL_GENERATION
TIMED_OUT = KafkaError._TIMED_OUT  # noqa: SLF001 - librdkafka's own name


@dataclass(slots=True, kw_only=True)
class Outstanding:
    """A commit that is not answered yet. Owned by `Commits`.

    Attributes:
        commits: All that was to be committed.
        sent_at: When its first part was sent.
        asked_at: When its newest part was sent.
        parts: What is still to be sent.
        flying: The part that was sent; empty between two.
        failed: The error code of each that failed.
    """

    commits: Batch
    sent_at: float
    asked_at: float
    parts: deque[Batch]
    flying: Batch = field(default_factory=dict)
    failed: dict[TopicPartition, int] = field(default_factory=dict)


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
        self._newest: dict[TopicPartition, Commit] = {}
        self._outstanding: Outstanding | None = None

    def send(self, consumer: Consumer, commits: Batch) -> None:
        """Send what of `commits` still belongs to a live epoch."""
        now = time.monotonic()
        self._outstanding = Outstanding(
            commits=commits, sent_at=now, asked_at=now, parts=deque([commits])
        )
        self._go_on(consumer, self._outstanding)

    def answered(self, error: KafkaError | None, found: Sequence[Place]) -> None:
        """Take librdkafka's answer (its `on_commit` callback).

        A final commit may be answered here too, beside its own return value; that
        answer names other offsets and is left alone. If it names the very same ones, it
        is as true for the outstanding commit, which was sent earlier.
        """
        outstanding = self._outstanding
        if outstanding is None or not outstanding.flying:
            return
        expected = {each: made.offset for each, made in outstanding.flying.items()}
        if expected != {of(place): place.offset for place in found}:
            return
        flying, outstanding.flying = outstanding.flying, {}
        codes = failures(found, error)
        smaller = divided_by(flying, codes)
        outstanding.parts.extendleft(reversed(smaller))
        if not smaller:
            outstanding.failed |= codes
        if not outstanding.parts:
            self.end()

    def check(self, consumer: Consumer, now: float) -> None:
        """Send the next part, if there is one; give up one that was forgotten."""
        outstanding = self._outstanding
        if outstanding is None:
            return
        if not outstanding.flying:
            self._go_on(consumer, outstanding)
        elif now >= outstanding.asked_at + FORGOTTEN_SECONDS:
            log.warning("a commit was never answered")
            left = [outstanding.flying, *outstanding.parts]
            outstanding.failed |= {each: TIMED_OUT for part in left for each in part}
            self.end()

    def end(self) -> None:
        """Report the outstanding commit."""
        outstanding, self._outstanding = self._outstanding, None
        if outstanding is not None:
            self.remember(outstanding.commits, outstanding.failed)
            self.report(outstanding.commits, outstanding.failed, outstanding.sent_at)

    def final(
        self, consumer: Consumer, commits: Batch, bridge: Bridge, seconds: float
    ) -> None:
        """Commit what is new in `commits`, wait for the answer, `seconds` at most.

        One that outlives its time can only repeat records: what it would have committed
        is settled, and read again by the next owner at worst.
        """
        live, stale = self.sorted_out(commits)
        live = {
            each: live[each] for each in live if self._newest.get(each) != live[each]
        }
        if not live:
            return
        sent_at = time.monotonic()
        made, failed = committed_by(consumer, live, bridge, sent_at + seconds)
        took = time.monotonic() - sent_at
        if failed:
            log.warning(
                "last commit of %d partitions: %d failed (%s), %.3f s; what was settled "
                "since the one before repeats",
                len(live),
                len(failed),
                ", ".join(
                    sorted({KafkaError(code).name() for code in failed.values()})
                ),
                took,
            )
        else:
            log.info("last commit of %d partitions, %.3f s", len(live), took)
        made, failed = {**commits, **made}, {**stale, **failed}
        self.remember(made, failed)
        bridge.tell(bridge.listener.on_committed, made, failed, sent_at)

    def _go_on(self, consumer: Consumer, outstanding: Outstanding) -> None:
        """Send the next part that is still of a live epoch; report when none is left."""
        while outstanding.parts:
            live, stale = self.sorted_out(outstanding.parts.popleft())
            outstanding.failed |= stale
            if not live:
                continue
            outstanding.flying, outstanding.asked_at = live, time.monotonic()
            try:
                consumer.commit(offsets=places(live), asynchronous=True)
            except KafkaException as error:
                outstanding.flying = {}
                outstanding.failed |= dict.fromkeys(live, code_of(error))
            else:
                return
        self.end()

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
        for each, commit in commits.items():
            if each not in failed:
                self.acknowledged[each] = commit.offset
                self._newest[each] = commit


def committed_by(
    consumer: Consumer, commits: Batch, bridge: Bridge, deadline: float
) -> tuple[Batch, dict[TopicPartition, int]]:
    """Commit `commits`, beside this thread, by `deadline`.

    Returns:
        What was committed, which may lack maps, and the error code of what was not.
    """
    made, failed = dict(commits), dict[TopicPartition, int]()
    parts = deque([commits])
    left = deadline - time.monotonic()
    while parts:
        part = parts.popleft()
        codes = refused_of(consumer, part, bridge, max(left, 0.0))
        left = deadline - time.monotonic()
        refused = {each: part[each] for each in codes}
        code = next(iter(codes.values()), 0)
        bare = without_map(refused, code)
        again = [bare] if bare else divided(refused, code)
        if again and left > 0:
            parts.extendleft(reversed(again))
            made |= {each: one[each] for one in again for each in one}
        else:
            failed |= codes
    return made, failed


def refused_of(
    consumer: Consumer, commits: Batch, bridge: Bridge, seconds: float
) -> dict[TopicPartition, int]:
    """Commit `commits` beside this thread; return the error code of each that failed."""
    try:
        found = bridge.aside(
            lambda: consumer.commit(offsets=places(commits), asynchronous=False),
            seconds,
        )
    except KafkaException as error:
        return dict.fromkeys(commits, code_of(error))
    if found is None:
        return dict.fromkeys(commits, TIMED_OUT)
    return failures(found, None)


def divided_by(commits: Batch, codes: Codes) -> list[Batch]:
    """Return the parts in which to send again those of `commits` that have a code."""
    refused = {each: commits[each] for each in codes}
    return divided(refused, next(iter(codes.values()))) if refused else []


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
