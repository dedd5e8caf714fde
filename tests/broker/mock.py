"""librdkafka's in-process mock cluster, as the tests use it beside the real broker."""

from __future__ import annotations

import ctypes
from types import TracebackType
from typing import Self

from consumer.sandbox import mockcluster
from tests.broker.kafka import Cluster

__all__ = ["MockCluster"]

OFFSET_COMMIT = 8
OFFSET_FETCH = 9
CONSUMER_GROUP_HEARTBEAT, FENCED_MEMBER_EPOCH = 68, 110


class MockCluster(Cluster):
    """A cluster of one broker in this process. Owned by the test that made it.

    Its clients are to be closed before it is.
    """

    def __init__(self) -> None:
        self.cluster = mockcluster.MockCluster()
        self.cluster.start()
        # Else the first member of a classic group waits 3 s for others.
        self.cluster._library.rd_kafka_mock_group_initial_rebalance_delay_ms(
            ctypes.c_void_p(self.cluster._running()), ctypes.c_int32(0)
        )
        super().__init__(self.cluster.bootstrap_servers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cluster.close()

    def create_topic(
        self, name: str, partitions: int = 1, settings: dict[str, str] | None = None
    ) -> None:
        """Create a topic; `settings` mean nothing here."""
        del settings
        self.cluster.create_topic(name, partitions=partitions)

    def fail_commits(self, *codes: int) -> None:
        """Have the next commits answered with these Kafka error codes."""
        self.cluster.push_errors(OFFSET_COMMIT, codes)

    def fail_offset_fetches(self, *codes: int) -> None:
        """Have the next reads of committed offsets answered with these codes."""
        self.cluster.push_errors(OFFSET_FETCH, codes)

    def fence_members(self) -> None:
        """Have the next heartbeat answered as to one whose epoch is over."""
        self.cluster.push_errors(CONSUMER_GROUP_HEARTBEAT, [FENCED_MEMBER_EPOCH])

    def set_down(self, *, is_down: bool) -> None:
        """Cut every connection and refuse new ones, or take them again."""
        if is_down:
            self.cluster.set_down()
        else:
            self.cluster.set_up()
