"""The installation under test: broker, registry, target, and what a process is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
)
from confluent_kafka.admin._resource import ResourceType

from tests.broker.kafka import KafkaBroker
from tests.broker.registry import ApicurioRegistry
from tests.chaos.cluster.contract import TOPIC, write_files
from tests.chaos.cluster.options import Options
from tests.chaos.cluster.plan import (
    MAX_POLL_SECONDS,
    SESSION_SECONDS,
    TARGET_TIMEOUT_SECONDS,
)
from tests.chaos.cluster.records import MERGED_ITEMS, profiles_of
from tests.integration.scene import SandboxProcess
from tests.integration.settings import configuration, sections

__all__ = ["GROUP", "LETTER_TOPIC", "PARTITIONS", "REAL_TOPIC", "Site", "persistently"]

# At 0 nothing could be committed at all: librdkafka sends a closing zero.
LESS_THAN_A_MAP = "16"

GROUP = "chaos"
PARTITIONS = 12
REAL_TOPIC = "chaos.written"
LETTER_TOPIC = f"{GROUP}.{REAL_TOPIC}.dead-letters"
ANSWER_SECONDS = 0.05  # of a target that is well
ASK_SECONDS = 5.0
STUBBORN_SECONDS = 240.0
BROKER_SECONDS = 180.0

CLASSIC: Mapping[str, object] = {
    "group.protocol": "classic",
    "partition.assignment.strategy": "cooperative-sticky",
    "session.timeout.ms": int(SESSION_SECONDS * 1000),
    "heartbeat.interval.ms": 500,
}
# The group's session time-out is the broker's here: 6 s (tests/broker/server.properties).
KIP_848: Mapping[str, object] = {"group.protocol": "consumer"}


class Site:
    """One broker, one registry and one target, all our own. Owned by the run.

    Attributes:
        broker: A real one.
        sandbox: The target.
        registry: The registry's process; it can be stopped and go on.
        registry_url: Where it is.
        folder: Where everything that is written goes.
    """

    def __init__(self, options: Options, folder: Path) -> None:
        self.folder = folder
        self.options = options
        more = {} if options.has_map else {"offset.metadata.max.bytes": LESS_THAN_A_MAP}
        self.broker = KafkaBroker(folder / "broker", more)
        self.broker.server.ready_seconds = BROKER_SECONDS
        self.sandbox = SandboxProcess(folder)
        self.registry: SandboxProcess | ApicurioRegistry
        if options.has_real_registry:
            self.registry = ApicurioRegistry(folder / "registry")
            self.registry_url = self.registry.url
        else:
            self.registry = SandboxProcess(folder, name="registry")
            self.registry_url = self.registry.registry
        self._files = write_files(folder)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.sandbox)
            stack.enter_context(self.registry)
            stack.enter_context(self.broker)
            self.sandbox.start_up()
            if isinstance(self.registry, SandboxProcess):
                self.registry.start_up()
            self.broker.create_topic(REAL_TOPIC, PARTITIONS)
            self.sandbox.set_switches(answer_delay_seconds=ANSWER_SECONDS)
            self.sandbox.create(
                f"third_party_id:{name}" for name in profiles_of(self.options.records)
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def configuration(self, name: str, http: int) -> str:
        """Write the configuration file of the process `name`; return its path."""
        base = sections(
            self.broker.bootstrap, self.sandbox.target, f"127.0.0.1:{http}", GROUP
        )
        protocol = CLASSIC if self.options.protocol == "classic" else KIP_848
        own = {
            **self._files,
            "kafka": {
                **protocol,
                "client.id": name,
                "max.poll.interval.ms": int(MAX_POLL_SECONDS * 1000),
                **self.options.kafka,
            },
            "registry": {"url": self.registry_url},
            "topics": {TOPIC: REAL_TOPIC},
            "target": {"client": name, "timeout_seconds": TARGET_TIMEOUT_SECONDS},
            "limits": {"merged_items": MERGED_ITEMS},
            # Not a bar: a busy machine restarts a broker in as long as it likes.
            "source": {"startup_timeout_seconds": 120},
        }
        return configuration(self.folder / f"{name}.yaml", base, own)

    @contextmanager
    def registry_stopped(self) -> Iterator[None]:
        """Have no registry while the block lasts.

        The sandbox's keeps its schemas in memory: it stands still, and says nothing. The
        real one is killed, and refuses connections.
        """
        if isinstance(self.registry, SandboxProcess):
            self.registry.stop()
            try:
                yield
            finally:
                self.registry.resume()
        else:
            self.registry.kill()
            yield
            self.registry.start()

    def refuse_letters(self, *, is_refused: bool) -> None:
        """Let no letter into its topic, or any again; asked until the broker says so."""
        operation = AlterConfigOpType.SET if is_refused else AlterConfigOpType.DELETE
        entry = ConfigEntry("max.message.bytes", "1", incremental_operation=operation)

        def ask() -> None:
            resource = ConfigResource(
                ResourceType.TOPIC, LETTER_TOPIC, incremental_configs=[entry]
            )
            admin = AdminClient({
                "bootstrap.servers": self.broker.bootstrap,
                "log_level": 0,
            })
            asked = admin.incremental_alter_configs(
                [resource], request_timeout=ASK_SECONDS
            )
            for answer in asked.values():
                answer.result(ASK_SECONDS + 1)

        persistently(ask)


def persistently(ask: Callable[[], None]) -> None:
    """Ask a broker that may be away just now, until it has answered.

    Raises:
        KafkaException: It has not, for minutes.
        TimeoutError: Likewise.
    """
    end = time.monotonic() + STUBBORN_SECONDS
    while True:
        try:
            ask()
        except (KafkaException, TimeoutError):
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
        else:
            return
