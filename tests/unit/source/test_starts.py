"""Where reading begins."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import TopicPartition as Place

from consumer.model import TopicPartition
from consumer.source import starts as module
from consumer.source.starts import Start, Starts
from consumer.source.values import OutOfRange, SourceFaultKind

FIRST, SECOND = TopicPartition("t", 0), TopicPartition("t", 1)
NONE = -1001


@dataclass
class Broker:
    """What the group and the log say; stands in for the client."""

    committed_offsets: dict[int, tuple[int, str]] = field(default_factory=dict)
    log: tuple[int, int] = (10, 90)
    is_down: bool = False
    refused: tuple[int, ...] = ()
    has_leader: bool = True
    asked: list[int] = field(default_factory=list)

    def committed(self, places: Sequence[Place], timeout: float) -> list[Place]:
        """Return what the group has.

        Raises:
            KafkaException: It is down.
        """
        assert timeout > 0
        if self.is_down:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return [self.answer(place) for place in places]

    def answer(self, place: Place) -> Place:
        """Return one partition's answer."""
        offset, metadata = self.committed_offsets.get(place.partition, (NONE, ""))
        found = Place(place.topic, place.partition, offset, metadata)
        return Refused(found) if place.partition in self.refused else found  # type: ignore[return-value] # an error cannot be set from outside

    def get_watermark_offsets(self, place: Place, timeout: float) -> tuple[int, int]:
        """Return the ends of the log.

        Raises:
            KafkaException: It is down.
        """
        assert timeout > 0
        self.asked.append(place.partition)
        if not self.has_leader:
            time.sleep(timeout)  # librdkafka waits for the whole time
        if self.is_down or not self.has_leader:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return self.log


class Refused:
    """A place with an error."""

    def __init__(self, place: Place) -> None:
        self.topic = place.topic
        self.partition = place.partition
        self.offset = place.offset
        self.metadata = place.metadata
        self.error = KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED)


def starts(
    broker: Broker,
    policy: str = "earliest",
    out_of_range: OutOfRange = OutOfRange.PAUSE,
) -> Starts:
    """Return starts that ask `broker`."""
    return Starts(broker, policy, out_of_range, "later".__eq__)  # type: ignore[arg-type] # only what is used of a consumer


@pytest.mark.peer("librdkafka #2782")
def test_the_committed_offset_and_its_metadata_are_the_start() -> None:
    """Reading goes on exactly where it was committed."""
    found = starts(Broker({0: (42, "M1x")})).resolved([FIRST])
    assert found == [Start(partition=FIRST, offset=42, metadata="M1x")]


@pytest.mark.parametrize(("policy", "offset"), [("earliest", 10), ("latest", 90)])
def test_a_group_without_offsets_begins_at_a_number(policy: str, offset: int) -> None:
    """`auto.offset.reset` is resolved to the log's first or next offset."""
    found = starts(Broker(), policy).resolved([FIRST])
    assert found == [Start(partition=FIRST, offset=offset)]


def test_a_group_without_offsets_may_be_held() -> None:
    """With `auto.offset.reset: error` the partition waits, and says for what."""
    (found,) = starts(Broker(), "error").resolved([FIRST])
    assert found.is_held
    assert found.fault is not None
    assert found.fault.kind is SourceFaultKind.NO_OFFSET


def test_an_unread_partition_is_left_out() -> None:
    """One that the broker refuses is asked for again; the others begin."""
    broker = Broker({0: (1, ""), 1: (2, "")}, refused=(0,))
    assert [each.partition for each in starts(broker).resolved([FIRST, SECOND])] == [
        SECOND
    ]


def test_no_answer_leaves_all_out() -> None:
    """A coordinator that is away begins nothing, and raises nothing."""
    assert starts(Broker(is_down=True)).resolved([FIRST, SECOND]) == []


def test_many_partitions_without_a_leader_take_the_time_of_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bug: each of them waited for itself, beyond max.poll.interval.ms in sum."""
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.01)
    broker = Broker({9: (7, "")}, has_leader=False)
    wanted = [TopicPartition("t", number) for number in range(10)]
    (found,) = starts(broker).resolved(wanted)
    assert (found.partition.partition, found.offset) == (9, 7)
    assert broker.asked == [0]


def test_what_is_not_wanted_any_more_is_not_asked_for() -> None:
    """A process that is told to stop in the middle of an assignment asks no further."""
    broker = Broker()
    assert starts(broker).resolved([FIRST, SECOND], lambda: False) == []
    assert broker.asked == []


@pytest.mark.peer("Jepsen Bufstream 0.1.0")
@pytest.mark.parametrize("way", list(OutOfRange))
def test_an_offset_that_jumped_back_is_a_fault(way: OutOfRange) -> None:
    """What was acknowledged cannot be undone in silence: held, or told and followed."""
    asked = starts(Broker({0: (30, "m")}), out_of_range=way)
    asked.acknowledged[FIRST] = 50
    (found,) = asked.resolved([FIRST])
    assert (found.offset, found.metadata, found.reset_from) == (30, "m", 50)
    assert found.is_held is (way is OutOfRange.PAUSE)
    assert found.fault is not None
    assert found.fault.kind is SourceFaultKind.JUMPED_BACK
    assert "committed was 50, now it is 30" in found.fault.message


def test_an_offset_that_vanished_jumped_back_too() -> None:
    """A group that forgot an acknowledged offset is not started anew in silence."""
    asked = starts(Broker(), "latest")
    asked.acknowledged[FIRST] = 50
    (found,) = asked.resolved([FIRST])
    assert found.is_held
    assert found.offset == 90


def test_what_others_committed_beyond_ours_is_fine() -> None:
    """Another member may have gone on."""
    asked = starts(Broker({0: (70, "")}))
    asked.acknowledged[FIRST] = 50
    assert asked.resolved([FIRST]) == [Start(partition=FIRST, offset=70)]


@pytest.mark.parametrize("policy", ["earliest", "latest", "error"])
def test_an_optional_topic_begins_at_its_beginning(policy: str) -> None:
    """What was written before it was found counts, whatever the policy is for others."""
    partition = TopicPartition("later", 0)
    (start,) = starts(Broker(), policy).resolved([partition])
    assert start == Start(partition=partition, offset=10)
