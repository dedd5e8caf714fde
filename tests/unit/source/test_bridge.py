"""From the consumer's thread to the loop."""

import asyncio
import threading
from collections.abc import Mapping

import pytest

from consumer.model import Commit, Record, TopicPartition
from consumer.source.bridge import Bridge
from consumer.source.values import Assigned, SourceFault

PARTITION = TopicPartition("t", 0)
PATIENCE_SECONDS = 10.0


class Listener:
    """Remembers what it was told, in order."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def on_records(self, batch: list[Record]) -> None:
        """Not asked here."""

    def on_assigned(self, assigned: tuple[Assigned, ...]) -> None:
        """Remember it."""
        del assigned
        self.told.append("assigned")

    async def on_revoking(
        self, partitions: frozenset[TopicPartition]
    ) -> Mapping[TopicPartition, Commit]:
        """Remember it."""
        del partitions
        self.told.append("fenced")
        return {}

    def on_revoked(self, partitions: frozenset[TopicPartition], *, lost: bool) -> None:
        """Remember it."""
        del partitions, lost
        self.told.append("revoked")

    def on_committed(
        self,
        commits: Mapping[TopicPartition, Commit],
        failed: Mapping[TopicPartition, int],
        sent_at: float,
    ) -> None:
        """Not asked here."""

    def on_fault(self, fault: SourceFault) -> None:
        """Not asked here."""


@pytest.mark.peer("confluent-kafka-python #2211", "confluent-kafka-python #2212")
async def test_a_question_that_was_given_up_does_not_fence_the_next_epoch() -> None:
    """Bug: behind a loop that was blocked, a late fence hit the new assignment."""
    listener = Listener()
    bridge = Bridge(asyncio.get_running_loop(), listener)
    partitions = frozenset({PARTITION})

    def rebalanced() -> None:
        bridge.ask(partitions, 0.01)
        bridge.tell(listener.on_revoked, partitions, lost=False)
        bridge.tell(listener.on_assigned, ())

    thread = threading.Thread(target=rebalanced)
    thread.start()
    thread.join(PATIENCE_SECONDS)  # the loop is blocked meanwhile
    for _ in range(5):
        await asyncio.sleep(0)
    assert listener.told == ["revoked", "assigned"]
