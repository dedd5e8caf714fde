"""Faults of the Kafka edge: told once when they begin and once when they end."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Collection

from confluent_kafka import Consumer, KafkaError, KafkaException, Message

from consumer.model import TopicPartition
from consumer.source.bridge import Bridge
from consumer.source.diagnosis import cause, diagnosis
from consumer.source.doubts import Doubts
from consumer.source.partitions import Partitions
from consumer.source.starts import RESTART_MEND, reset_offset
from consumer.source.values import (
    Assigned,
    OutOfRange,
    SourceFault,
    SourceFaultKind,
    SourceOptions,
)

__all__ = ["Faults"]

log = logging.getLogger(__name__)

Kind = SourceFaultKind
OFFSET_GONE = frozenset({
    KafkaError._AUTO_OFFSET_RESET,  # noqa: SLF001 - librdkafka's own names
    KafkaError._LOG_TRUNCATION,  # noqa: SLF001
    KafkaError.OFFSET_OUT_OF_RANGE,
})
IGNORED = frozenset({
    KafkaError._PARTITION_EOF,  # noqa: SLF001 - only if the user asked for it
})
RETRY_SECONDS = 1.0


class Faults:
    """Turns librdkafka's errors into faults. Owned by the consumer's thread.

    Attributes:
        newest: The newest connection error, for the message of a failed start; None when
            librdkafka named none.
        is_fatal: True when librdkafka cannot go on.
        lasting: Faults that were told and are not over, with their topic if they have
            one.
    """

    def __init__(
        self,
        settings: SourceOptions,
        bridge: Bridge,
        partitions: Partitions,
        consumer: Consumer,
        policy: str,
    ) -> None:
        self.may_reset = settings.out_of_range is OutOfRange.RESET and policy != "error"
        self.policy = policy
        self.bridge = bridge
        self.partitions = partitions
        self.consumer = consumer
        self.newest: SourceFault | None = None
        self.is_fatal = False
        self.lasting: dict[tuple[SourceFaultKind, TopicPartition | None], str] = {}
        self.doubts = Doubts(consumer, partitions)
        self._gone: dict[TopicPartition, tuple[int | None, str]] = {}
        self._retry_at = 0.0

    def connection(self, error: KafkaError) -> None:
        """Take an error of a connection or of the client (librdkafka's `error_cb`).

        One broker of several that is away is librdkafka's to mend; only all of them
        away is a fault. Its text names no cause, so that of the newest error is told.
        """
        fault = diagnosis(error)
        named = self.newest is not None and self.newest.kind is not Kind.BROKERS_DOWN
        if fault.kind is not Kind.BROKERS_DOWN:
            # A text whose meaning is known says more than the one after it.
            if not named or cause(error.str()) is not None:
                self.newest = fault
        elif named and self.newest is not None:
            text = f"no broker answers: {self.newest.message}"
            fault = dataclasses.replace(fault, message=text)
        else:
            self.newest = fault
        self.begin(fault)

    def begin(self, fault: SourceFault) -> None:
        """Tell `fault`, once until it is over; what librdkafka mends is only logged."""
        if fault.kind is Kind.CLIENT:
            log.debug("%s", fault.message)
            return
        self.is_fatal |= fault.kind is Kind.FATAL
        key = (fault.kind, fault.partition)
        if key not in self.lasting:
            self.lasting[key] = "" if fault.partition is None else fault.partition.topic
            log.warning("%s: %s %s", fault.kind, fault.message, fault.mend)
            self.bridge.tell(self.bridge.listener.on_fault, fault)

    def healthy(self, topics: Collection[str] = ()) -> None:
        """Tell that faults are over: a broker did what we asked.

        Args:
            topics: Those that can be read: faults of other topics stay.
        """
        for key, topic in list(self.lasting.items()):
            if key[0] is Kind.FATAL or (topic and topic not in topics):
                continue
            del self.lasting[key]
            self.bridge.tell(
                self.bridge.listener.on_fault,
                SourceFault(
                    kind=key[0],
                    message="it works again",
                    mend="",
                    partition=key[1],
                    is_over=True,
                ),
            )

    def message(self, message: Message) -> None:
        """Take an error that came in place of a record."""
        error = message.error()
        if error is None or error.code() in IGNORED:
            return
        topic, number = message.topic(), message.partition()
        if (
            error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART
            and topic is not None
            and topic.startswith("^")
        ):
            return  # a pattern that matches nothing yet is no fault
        partition = (
            None if topic is None or number is None else TopicPartition(topic, number)
        )
        if error.code() in OFFSET_GONE and partition is not None:
            self._gone[partition] = message.offset(), error.str()
            self._retry_at = 0.0
            return
        if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 - librdkafka's own name
            self.connection(error)
            return
        self.begin(diagnosis(error, partition))

    def mend(self, now: float) -> None:
        """Look after offsets that the log does not have."""
        self.doubts.serve()
        if not self._gone or now < self._retry_at:
            return
        self._retry_at = now + RETRY_SECONDS
        for partition, (offset, why) in list(self._gone.items()):
            if partition not in self.partitions or self.looked_after(
                partition, offset, why
            ):
                del self._gone[partition]

    def looked_after(
        self, partition: TopicPartition, offset: int | None, why: str
    ) -> bool:
        """Reset or hold `partition`; False when the broker did not answer.

        Args:
            partition: Which.
            offset: What the log does not have; None when librdkafka names none.
            why: What it says.
        """
        try:
            target, low, high = reset_offset(self.consumer, partition, self.policy)
        except KafkaException:
            return False
        if self.doubts.compare(partition, low, high):
            return True
        text = f"{partition}: offset {offset} is not in the log ({low} to {high})"
        if offset is None:
            text = f"{partition}: {why} The log is {low} to {high}"
            offset = high
        if not self.may_reset:
            self.partitions.held.add(partition)
            self.partitions.apply()
            self.out_of_range(partition, offset, low - offset, text, RESTART_MEND)
            return True
        self.reset(partition, offset, target)
        text = f"{text}: reading goes on at {target}"
        self.out_of_range(partition, offset, target - offset, text, "Nothing to do.")
        self.bridge.tell(
            self.bridge.listener.on_fault,
            SourceFault(
                kind=Kind.OUT_OF_RANGE,
                message=text,
                mend="",
                partition=partition,
                is_over=True,
            ),
        )
        return True

    def out_of_range(
        self,
        partition: TopicPartition,
        offset: int,
        expired: int,
        text: str,
        mend: str,
    ) -> None:
        """Tell that `offset` is gone, and with it `expired` records or more."""
        log.error("%s. %s", text, mend)
        self.bridge.tell(
            self.bridge.listener.on_fault,
            SourceFault(
                kind=Kind.OUT_OF_RANGE,
                message=text,
                mend=mend,
                partition=partition,
                offset=offset,
                expired=max(0, expired),
            ),
        )

    def reset(self, partition: TopicPartition, offset: int, target: int) -> None:
        """Go on at `target`.

        Forwards the epoch stays: records that were read before are still held and may
        still be sent, and offsets need not be dense. Backwards (the topic was made
        anew) offsets that were seen come again for other records, so it is a new one.
        """
        if target >= offset:
            self.partitions.move(partition, target)
            return
        epoch = self.partitions.renew(partition, target)
        start = Assigned(
            partition=partition,
            epoch=epoch,
            offset=target,
            metadata="",
            reset_from=offset,
        )
        listener = self.bridge.listener
        self.bridge.tell(listener.on_revoked, frozenset({partition}), lost=True)
        self.bridge.tell(listener.on_assigned, (start,))
