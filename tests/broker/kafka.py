"""A real Apache Kafka broker: KRaft, one process, no container.

    with KafkaBroker(folder) as broker:
        broker.create_topic("events", partitions=12)
        Producer({"bootstrap.servers": broker.bootstrap})

It starts in about 3 s and takes 220 to 300 MB. `stop`, `kill`, `frozen` and `start`
keep its port and its data.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
)
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.admin._scram import (
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from confluent_kafka.cimpl import NewTopic

from tests.broker.downloads import kafka_jars
from tests.broker.process import JVM_OPTIONS, Server, free_ports
from tests.certificates import make_certificates

__all__ = ["Cluster", "KafkaBroker"]

HERE = Path(__file__).parent
CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"
HEAP = "-Xmx512m"
ADMIN_SECONDS = 30.0
REQUEST_SECONDS = 5.0
LOOK_SECONDS = 0.02
ATTEMPTS = 6
QUIET = {"log_level": 0}  # a client that starts before the broker would fill the output


class Cluster:
    """A cluster that somebody else runs, known by its bootstrap servers."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    def create_topic(
        self, name: str, partitions: int = 1, settings: dict[str, str] | None = None
    ) -> None:
        """Create a topic and return once the broker knows it.

        Raises:
            TimeoutError: The broker gave no answer, however often it was asked.
        """
        topic = NewTopic(
            name,
            num_partitions=partitions,
            replication_factor=1,
            config=settings or {},
        )
        for _ in range(ATTEMPTS):
            if self._is_created(topic):
                break
        else:
            raise TimeoutError(f"the broker did not create {name}")
        self._await_topic(name)

    def _await_topic(self, name: str) -> None:
        """Return once the broker tells of a topic what it was told by the controller.

        Raises:
            TimeoutError: It still did not know it.
        """
        admin = AdminClient({"bootstrap.servers": self.bootstrap, **QUIET})
        until = time.monotonic() + ADMIN_SECONDS
        while time.monotonic() < until:
            try:
                found = admin.list_topics(name, REQUEST_SECONDS).topics[name]
            except KafkaException:
                continue
            partitions = found.partitions.values()
            if found.error is None and all(one.leader >= 0 for one in partitions):
                return
            time.sleep(LOOK_SECONDS)
        raise TimeoutError(f"the broker does not know {name}")

    def _is_created(self, topic: NewTopic) -> bool:
        """Ask once; a broker that stood still a moment ago may lose the request.

        Raises:
            KafkaException: It refuses.
        """
        admin = AdminClient({"bootstrap.servers": self.bootstrap, **QUIET})
        made: dict[str, Future[None]] = admin.create_topics(
            [topic], request_timeout=REQUEST_SECONDS
        )
        try:
            made[topic.topic].result(REQUEST_SECONDS + 1)
        except FutureTimeoutError:
            return False
        except KafkaException as error:
            code = error.args[0].code()
            if code in {KafkaError._TIMED_OUT, KafkaError.REQUEST_TIMED_OUT}:
                return False
            if code != KafkaError.TOPIC_ALREADY_EXISTS:  # as after a lost answer
                raise
        return True

    def set_group(self, group: str, name: str, value: str) -> None:
        """Give a consumer group a setting of its own."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap, **QUIET})
        resource = ConfigResource(
            ResourceType.GROUP,
            group,
            incremental_configs=[
                ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            ],
        )
        for answer in admin.incremental_alter_configs([resource]).values():
            answer.result(ADMIN_SECONDS)

    def add_user(self, name: str, password: str) -> None:
        """Let somebody in by SCRAM-SHA-512."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap, **QUIET})
        credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        wanted = UserScramCredentialUpsertion(name, credential, password.encode())
        for answer in admin.alter_user_scram_credentials([wanted]).values():
            answer.result(ADMIN_SECONDS)

    def is_ready(self) -> bool:
        """Whether a client can list the brokers."""
        try:
            found = AdminClient({
                "bootstrap.servers": self.bootstrap,
                **QUIET,
            }).list_topics(timeout=1.0)
        except KafkaException:
            return False
        return bool(found.brokers)

    def warm_up(self) -> None:
        """Do the first transaction: on a fresh broker it takes up to 3 s."""
        producer = Producer({
            "bootstrap.servers": self.bootstrap,
            "transactional.id": "warm-up",
            **QUIET,
        })
        producer.init_transactions(ADMIN_SECONDS)


class KafkaBroker(Cluster):
    """One broker of our own, on free ports, with its data in `folder`.

    Attributes:
        secure: Where it wants TLS and SCRAM-SHA-512.
        ca_file: PEM file of the authority that signed its certificate.
        lossy_port: Where `LossyProxy` connects to.
        proxy_port: Where it must listen: the broker names that port to clients.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """Prepare its folder; `settings` are broker properties beside the usual."""
        ports = free_ports(5)
        super().__init__(f"127.0.0.1:{ports[0]}")
        self.secure = f"127.0.0.1:{ports[2]}"
        self.lossy_port, self.proxy_port = ports[3:]
        folder.mkdir(parents=True, exist_ok=True)
        certificates = make_certificates(folder)
        self.ca_file = certificates.ca_file
        self.folder = folder
        self.properties = folder / "server.properties"
        text = (HERE / "server.properties").read_text()
        names = ("@PORT@", "@CPORT@", "@SPORT@", "@LPORT@", "@PROXY@")
        for name, value in (
            *zip(names, map(str, ports), strict=True),
            ("@DATA@", str(folder / "data")),
            ("@SERVER_PEM@", certificates.server_file),
        ):
            text = text.replace(name, value)
        for name, value in (settings or {}).items():
            text += f"{name}={value}\n"
        self.properties.write_text(text)
        self.server = Server(
            self.java("kafka.Kafka"), folder / "broker.log", self.is_ready
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def java(self, main: str, *arguments: str) -> list[str]:
        """Return what `java` is told in order to run one of Kafka's classes."""
        return [
            HEAP,
            f"-Dlog4j2.configurationFile={HERE / 'log4j2.xml'}",
            *JVM_OPTIONS,
            "-cp",
            f"{kafka_jars()}/*",
            main,
            *arguments,
            str(self.properties),
        ]

    def start(self) -> None:
        """Start it, on its old data if there is any; return once it answers."""
        if not (self.folder / "data" / "meta.properties").exists():
            self.format()
        self.server.start()

    def format(self) -> None:
        """Prepare the data folder, as KRaft wants it."""
        arguments = self.java(
            "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c"
        )
        subprocess.run(  # noqa: S603 - our own arguments
            [self.server.arguments[0], *arguments],
            check=True,
            capture_output=True,
            timeout=60,
        )

    def stop(self) -> None:
        """End it in order."""
        self.server.stop()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.server.kill()
