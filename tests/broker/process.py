"""A server of its own process that a test may stop, kill, freeze and start again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["JVM_OPTIONS", "Server", "free_ports"]

JVM_OPTIONS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djava.awt.headless=true",
)
STOP_SECONDS = 20.0


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody listens on, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Server:
    """One Java process. Owned by the test, or fixture, that made it.

    It may be started again after `stop` or `kill`; the ports and data stay.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        log: Path,
        is_ready: Callable[[], bool],
        ready_seconds: float = 60.0,
    ) -> None:
        java = shutil.which("java")
        if java is None:
            raise FileNotFoundError("java")
        self.arguments = (java, *arguments)
        self.log = log
        self.is_ready = is_ready
        self.ready_seconds = ready_seconds
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and return once it answers.

        Raises:
            RuntimeError: It ended, or did not answer in time; with the log's end.
        """
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own arguments
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in pytest must not reach it first
            )
        deadline = time.monotonic() + self.ready_seconds
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"it did not start:\n{self.last_lines()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it in order; kill it when that takes too long."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None

    def kill(self) -> None:
        """End it at once, as a power cut would; returns when it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()  # unreaped, it would look alive
            self.process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Freeze it for as long as the block lasts; its connections stay open."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing when it does not run."""
        if self.process is not None:
            os.kill(self.process.pid, number)

    def last_lines(self, count: int = 40) -> str:
        """Return the end of its log."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-count:])
