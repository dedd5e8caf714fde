"""The sandbox as one thing to start: Target, its admin port and a schema registry."""

import asyncio
import ssl
import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

from consumer.sandbox.admin import Admin
from consumer.sandbox.errors import SandboxError
from consumer.sandbox.http import HttpServer
from consumer.sandbox.options import SandboxOptions
from consumer.sandbox.registry import SchemaRegistry
from consumer.sandbox.target import Target

__all__ = ["Addresses", "Sandbox", "serve"]


class Addresses(NamedTuple):
    """Where the three servers listen, as URLs without a slash at the end."""

    target: str
    admin: str
    registry: str


class Sandbox:
    """Three servers on the running loop. Owned by whoever enters it.

        async with Sandbox(SandboxOptions(port=0, admin_port=0, registry_port=0)) as box:
            ... box.addresses.target ...

    Attributes:
        target: The emulated account, for those in the same process.
        registry: The schema registry.
    """

    def __init__(
        self, options: SandboxOptions, clock: Callable[[], float] = time.time
    ) -> None:
        self._options = options
        self.target = Target(options, clock)
        self.registry = SchemaRegistry(self.target.faults, self.target.clock)
        self._servers = {
            "target": HttpServer(self.target.handle),
            "admin": HttpServer(Admin(self.target).router.handle),
            "registry": HttpServer(self.registry.handle),
        }

    async def start(self) -> Addresses:
        """Listen on all three ports.

        Raises:
            SandboxError: A port is taken, or a certificate cannot be read.
        """
        options = self._options
        ports = {
            "target": options.port,
            "admin": options.admin_port,
            "registry": options.registry_port,
        }
        try:
            tls = tls_of(options)
            for name, server in self._servers.items():
                context = tls if name == "target" else None
                await server.start(options.host, ports[name], context)
        except OSError as error:
            await self.aclose()
            raise SandboxError(f"cannot listen: {error}") from error
        return self.addresses

    @property
    def addresses(self) -> Addresses:
        """Where it listens, once started."""
        host = self._options.host
        scheme = "https" if self._options.certificate else "http"
        return Addresses(
            f"{scheme}://{host}:{self._servers['target'].port}",
            f"http://{host}:{self._servers['admin'].port}",
            f"http://{host}:{self._servers['registry'].port}",
        )

    async def aclose(self) -> None:
        """Stop listening and end every connection; may be called twice."""
        for server in self._servers.values():
            await server.aclose()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


async def serve(
    options: SandboxOptions, started: Callable[[Addresses], None] | None = None
) -> None:
    """Run a sandbox until cancelled.

    Args:
        options: How.
        started: Told the addresses once all ports listen.
    """
    async with Sandbox(options) as sandbox:
        if started is not None:
            started(sandbox.addresses)
        await asyncio.get_running_loop().create_future()


def tls_of(options: SandboxOptions) -> ssl.SSLContext | None:
    """Return the TLS context of Target's port; None for plain HTTP.

    "TLS 1.2 or later is required, also for APIs" (tls-transport-layer-security-
    encryption.md).
    """
    if not options.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(options.certificate, options.private_key or None)
    return context
