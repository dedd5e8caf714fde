"""librdkafka's in-process mock cluster, as a broker for the demo and for tests.

Rules:
    1. Close every client of the cluster before the cluster: a client that is left holds
       connections to brokers that are gone.
    2. It listens on 127.0.0.1 and lives in this process; other processes may use it.
    3. Each partition keeps 5 MiB or 100,000 messages and then drops the oldest in
       silence, so a publisher stays near the committed offsets (see `Publisher`).

Theory of operation:
    The functions of `rdkafka_mock.h` are not wrapped by confluent-kafka, but the library
    is loaded: its symbols are looked up through the extension module, whichever way the
    wheel carries it. The cluster hangs on a producer handle of its own, made without
    Python's callbacks, so no thread of librdkafka ever calls into the interpreter.
"""

import ctypes
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from confluent_kafka import cimpl

from consumer.sandbox.errors import SandboxError

__all__ = ["ALL_BROKERS", "MockCluster"]

ALL_BROKERS = -1
RD_KAFKA_PRODUCER = 0
ERROR_BYTES = 512


def load() -> ctypes.CDLL:
    """Return librdkafka with the signatures that are used here.

    Raises:
        SandboxError: The installed library has no mock cluster.
    """
    library = ctypes.CDLL(cimpl.__file__)
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    broker, api_key, size = ctypes.c_int32, ctypes.c_int16, ctypes.c_size_t
    errors = ctypes.POINTER(ctypes.c_int)
    signatures: dict[str, tuple[object, tuple[object, ...]]] = {
        "conf_new": (pointer, ()),
        "conf_set": (number, (pointer, text, text, text, size)),
        "new": (pointer, (number, pointer, text, size)),
        "destroy": (None, (pointer,)),
        "err2str": (text, (number,)),
        "mock_cluster_new": (pointer, (pointer, number)),
        "mock_cluster_destroy": (None, (pointer,)),
        "mock_cluster_bootstraps": (text, (pointer,)),
        "mock_topic_create": (number, (pointer, text, number, number)),
        "mock_push_request_errors_array": (None, (pointer, api_key, size, errors)),
        "mock_clear_request_errors": (None, (pointer, api_key)),
        "mock_broker_set_down": (number, (pointer, broker)),
        "mock_broker_set_up": (number, (pointer, broker)),
        "mock_broker_set_rtt": (number, (pointer, broker, number)),
        "mock_coordinator_set": (number, (pointer, text, text, broker)),
    }
    try:
        for name, (result, arguments) in signatures.items():
            function = getattr(library, f"rd_kafka_{name}")
            function.restype, function.argtypes = result, arguments
    except AttributeError as error:
        raise SandboxError("this librdkafka has no mock cluster") from error
    return library


class MockCluster:
    """A Kafka cluster in this process. May be used from any thread, one at a time.

    with MockCluster() as cluster:
        cluster.create_topic("orders", partitions=12)
        Producer({"bootstrap.servers": cluster.bootstrap_servers})
    """

    def __init__(self, brokers: int = 1) -> None:
        self._brokers = brokers
        self._library = load()
        self._client: int | None = None
        self._cluster: int | None = None

    def start(self) -> None:
        """Start the brokers; returns once they listen.

        Raises:
            SandboxError: librdkafka refuses.
        """
        message = ctypes.create_string_buffer(ERROR_BYTES)
        settings = self._library.rd_kafka_conf_new()
        # The cluster's own handle never connects: what it logs would only confuse.
        for name, value in ((b"log_level", b"0"), (b"client.id", b"mock-cluster")):
            self._library.rd_kafka_conf_set(settings, name, value, message, ERROR_BYTES)
        self._client = self._library.rd_kafka_new(
            RD_KAFKA_PRODUCER, settings, message, ERROR_BYTES
        )
        if not self._client:
            raise SandboxError(f"librdkafka: {message.value.decode()}")
        self._cluster = self._library.rd_kafka_mock_cluster_new(
            self._client, self._brokers
        )
        if not self._cluster:
            self.close()
            raise SandboxError("librdkafka cannot start a mock cluster")

    def close(self) -> None:
        """Stop the brokers; may be called twice. Clients are closed before."""
        cluster, self._cluster = self._cluster, None
        client, self._client = self._client, None
        if cluster:
            self._library.rd_kafka_mock_cluster_destroy(cluster)
        if client:
            self._library.rd_kafka_destroy(client)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def bootstrap_servers(self) -> str:
        """Where clients connect: `127.0.0.1:port`, by comma."""
        found: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._running())
        return found.decode()

    def create_topic(
        self, topic: str, *, partitions: int, replication: int = 1
    ) -> None:
        """Create a topic; clients need not have heard of it."""
        self._checked(
            self._library.rd_kafka_mock_topic_create(
                self._running(), topic.encode(), partitions, replication
            )
        )

    def push_errors(self, api_key: int, codes: Sequence[int]) -> None:
        """Let the next requests of a kind fail, one for each code.

        Args:
            api_key: Which kind, as in the Kafka protocol: 0 Produce, 1 Fetch,
                3 Metadata, 8 OffsetCommit, 9 OffsetFetch, 12 Heartbeat.
            codes: Kafka error codes; -195 (librdkafka's transport error) ends the
                connection instead.
        """
        array = (ctypes.c_int * len(codes))(*codes)
        self._library.rd_kafka_mock_push_request_errors_array(
            self._running(), api_key, len(codes), array
        )

    def clear_errors(self, api_key: int) -> None:
        """Forget the errors of a kind that were not used."""
        self._library.rd_kafka_mock_clear_request_errors(self._running(), api_key)

    def set_down(self, broker: int = ALL_BROKERS) -> None:
        """End a broker's connections and accept no new ones; ids begin at 1."""
        self._checked(
            self._library.rd_kafka_mock_broker_set_down(self._running(), broker)
        )

    def set_up(self, broker: int = ALL_BROKERS) -> None:
        """Let a broker accept connections again."""
        self._checked(
            self._library.rd_kafka_mock_broker_set_up(self._running(), broker)
        )

    def set_round_trip_ms(self, milliseconds: int, broker: int = ALL_BROKERS) -> None:
        """Delay a broker's answers."""
        self._checked(
            self._library.rd_kafka_mock_broker_set_rtt(
                self._running(), broker, milliseconds
            )
        )

    def set_coordinator(self, group: str, broker: int) -> None:
        """Say which broker coordinates a group."""
        self._checked(
            self._library.rd_kafka_mock_coordinator_set(
                self._running(), b"group", group.encode(), broker
            )
        )

    def _running(self) -> int:
        if self._cluster is None:
            raise SandboxError("the mock cluster is not running")
        return self._cluster

    def _checked(self, code: int) -> None:
        if code:
            text: bytes = self._library.rd_kafka_err2str(code)
            raise SandboxError(f"mock cluster: {text.decode()}")
