"""librdkafka's in-process mock cluster, with the faults that it can be told to make.

    with MockCluster() as cluster:
        cluster.create_topic("events", partitions=4)
        cluster.fail_commits(22, 22)

It needs nothing but the wheel: the functions are librdkafka's own `rd_kafka_mock_*`, in
the library that confluent-kafka ships. Its clients are to be closed before it is.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import TracebackType
from typing import Self

import confluent_kafka

from tests.broker.kafka import Cluster

__all__ = ["MockCluster"]

PRODUCER = 0
OFFSET_FETCH = 9
OFFSET_COMMIT = 8
ERROR_TEXT_BYTES = 512


def library() -> ctypes.CDLL:
    """Return librdkafka, the very one that confluent-kafka has loaded."""
    package = Path(confluent_kafka.__file__).parent
    (path,) = package.with_name("confluent_kafka.libs").glob("librdkafka-*")
    loaded = ctypes.CDLL(str(path))
    for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
        getattr(loaded, name).restype = ctypes.c_void_p
    loaded.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    return loaded


class MockCluster(Cluster):
    """A cluster of one broker in this process. Owned by the test that made it."""

    def __init__(self) -> None:
        self.library = library()
        text = ctypes.create_string_buffer(ERROR_TEXT_BYTES)
        configuration = ctypes.c_void_p(self.library.rd_kafka_conf_new())
        self.library.rd_kafka_conf_set(
            configuration, b"log_level", b"0", text, ERROR_TEXT_BYTES
        )
        self.client = ctypes.c_void_p(
            self.library.rd_kafka_new(PRODUCER, configuration, text, ERROR_TEXT_BYTES)
        )
        self.cluster = ctypes.c_void_p(
            self.library.rd_kafka_mock_cluster_new(self.client, 1)
        )
        # Else the first member of a group waits 3 s for others.
        self.library.rd_kafka_mock_group_initial_rebalance_delay_ms(
            self.cluster, ctypes.c_int32(0)
        )
        found = self.library.rd_kafka_mock_cluster_bootstraps(self.cluster)
        super().__init__(found.decode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it; nothing may use it any more."""
        self.library.rd_kafka_mock_cluster_destroy(self.cluster)
        self.library.rd_kafka_destroy(self.client)

    def create_topic(
        self, name: str, partitions: int = 1, settings: dict[str, str] | None = None
    ) -> None:
        """Create a topic; `settings` mean nothing here."""
        del settings
        self.library.rd_kafka_mock_topic_create(
            self.cluster, name.encode(), partitions, 1
        )

    def fail_commits(self, *codes: int) -> None:
        """Have the next commits answered with these Kafka error codes."""
        self.fail(OFFSET_COMMIT, *codes)

    def fail_offset_fetches(self, *codes: int) -> None:
        """Have the next reads of committed offsets answered with these codes."""
        self.fail(OFFSET_FETCH, *codes)

    def fail(self, api: int, *codes: int) -> None:
        """Have the next requests of one kind answered with these codes."""
        errors = (ctypes.c_int * len(codes))(*codes)
        self.library.rd_kafka_mock_push_request_errors_array(
            self.cluster, ctypes.c_int16(api), ctypes.c_size_t(len(codes)), errors
        )

    def set_down(self, *, is_down: bool) -> None:
        """Cut every connection and refuse new ones, or take them again."""
        name = "rd_kafka_mock_broker_set_" + ("down" if is_down else "up")
        getattr(self.library, name)(self.cluster, ctypes.c_int32(1))
