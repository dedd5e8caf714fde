"""A real schema registry: Apicurio Registry, by its Confluent-compatible API.

    with ApicurioRegistry(folder) as registry:
        SchemaRegistryClient({"url": registry.url})

It starts in about 4 s and takes 260 to 285 MB. What differs from Confluent's own: the
compatibility level is NONE until somebody sets one, and `/mode` is 404.
"""

from __future__ import annotations

import http.client
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.broker.downloads import registry_jar
from tests.broker.process import JVM_OPTIONS, Server, free_ports

__all__ = ["ApicurioRegistry"]

PATH = "/apis/ccompat/v7"


class ApicurioRegistry:
    """One registry of our own on a free port; its data in `folder` outlives a kill."""

    def __init__(self, folder: Path) -> None:
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}{PATH}"
        folder.mkdir(parents=True, exist_ok=True)
        self.server = Server(
            [
                "-Xmx512m",
                *JVM_OPTIONS,
                "-Dquarkus.http.host=127.0.0.1",
                f"-Dquarkus.http.port={self.port}",
                "-Dquarkus.management.enabled=false",
                "-Dapicurio.ccompat.use-canonical-hash=true",
                f"-Dapicurio.datasource.url=jdbc:h2:file:{folder.resolve() / 'db'}",
                "-jar",
                str(registry_jar()),
            ],
            folder / "registry.log",
            self.is_ready,
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

    def is_ready(self) -> bool:
        """Whether it lists its subjects."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", f"{PATH}/subjects")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()

    def start(self) -> None:
        """Start it and return once it answers."""
        self.server.start()

    def stop(self) -> None:
        """End it in order."""
        self.server.stop()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.server.kill()
