"""Health over HTTP, answered from threads of its own, so also while the loop is blocked.

Rules:
- `/livez` asks whether our own loop and threads turn, and nothing of the outside: a
  liveness that looks at the target restarts every pod in a target outage.
- `/readyz` says that the process joined its group once and is not draining; it stays up
  in a target outage.
- `/status` and `/readyz` read one frozen `Snapshot`, which the loop swaps whole; no
  lock is shared with the loop.
- The server holds at most sixteen requests, each for at most five seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6, socket
from typing import Any, ClassVar

import msgspec

from consumer.errors import DependencyError

__all__ = ["HealthServer", "Heart", "Snapshot"]

REQUEST_SECONDS = 5
MOST_REQUESTS = 16
TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
METRICS = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heart:
    """Something that must go on beating.

    Attributes:
        name: For a person: `loop`, `poll thread`.
        beat: Returns when it last beat, on the server's clock; None before it began.
            Called from the server's threads.
        limit_seconds: A beat older than this is a stop.
    """

    name: str
    beat: Callable[[], float | None]
    limit_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the process says of itself; the loop makes a new one, often.

    Attributes:
        is_started: The configuration is right and the group was joined once.
        is_ready: Started, and not draining or failed.
        state: Of the pipeline: new, running, paused, draining, closed or failed.
        status: What `/status` shows beside `state`; JSON values, and nobody changes
            them afterwards. No id, value or secret is among them.
    """

    is_started: bool = False
    is_ready: bool = False
    state: str = "new"
    status: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: HTTPStatus
    kind: str
    body: bytes


class HealthServer:
    """Answers probes, scrapes and `/status`.

    `publish` is the loop's; everything else here is read by the server's threads.
    """

    def __init__(
        self,
        listen: tuple[str, int],
        hearts: Sequence[Heart],
        exposition: Callable[[], bytes],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listen = listen
        self._hearts = tuple(hearts)
        self._exposition = exposition
        self._clock = clock
        self._snapshot = Snapshot()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> int:
        """Listen, and return the port.

        Raises:
            DependencyError: The address cannot be had.
        """
        host, port = self._listen
        try:
            self._server = Server(host, port, self.reply)
        except OSError as error:
            reason = error.strerror or "the address cannot be had"
            message = f"http.listen {host}:{port}: {reason.lower()}"
            raise DependencyError(message) from None
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="health", daemon=True
        )
        self._thread.start()
        return int(self._server.server_address[1])

    def publish(self, snapshot: Snapshot) -> None:
        """Show `snapshot` from now on; one reference is swapped."""
        self._snapshot = snapshot

    def close(self) -> None:
        """Stop listening; may be called twice."""
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        if self._thread is not None:
            self._thread.join()

    def reply(self, path: str) -> Reply | None:
        """Return the answer to a GET of `path`; None when there is nothing there."""
        snapshot = self._snapshot
        match path.partition("?")[0]:
            case "/livez":
                return self._live()
            case "/readyz":
                return verdict(snapshot.is_ready, snapshot.state)
            case "/startupz":
                return verdict(snapshot.is_started, snapshot.state)
            case "/metrics":
                return Reply(HTTPStatus.OK, METRICS, self._exposition())
            case "/status":
                body = {"state": snapshot.state, **snapshot.status}
                return Reply(HTTPStatus.OK, JSON, msgspec.json.encode(body) + b"\n")
        return None

    def _live(self) -> Reply:
        now = self._clock()
        stopped = []
        for heart in self._hearts:
            beat = heart.beat()
            if beat is not None and now - beat > heart.limit_seconds:
                stopped.append(f"{heart.name}: no beat for {now - beat:.1f} s")
        return verdict(not stopped, "; ".join(stopped) or "alive")


def verdict(is_good: bool, text: str) -> Reply:  # noqa: FBT001 - it is the whole point
    """Return 200 or 503 with one line."""
    status = HTTPStatus.OK if is_good else HTTPStatus.SERVICE_UNAVAILABLE
    return Reply(status, TEXT, f"{text}\n".encode())


class Server(ThreadingHTTPServer):
    """A server with a bound on what it holds."""

    daemon_threads = True
    request_queue_size = 64
    # A thread that is still writing to a slow reader must not hold the end up.
    block_on_close = False

    def __init__(
        self, host: str, port: int, reply: Callable[[str], Reply | None]
    ) -> None:
        if ":" in host:
            self.address_family = AF_INET6
        self.reply = reply
        self._room = threading.BoundedSemaphore(MOST_REQUESTS)
        super().__init__((host, port), Handler)

    def process_request(self, request: socket | Any, client_address: Any) -> None:
        """Answer in a thread, or hang up when there is no room."""
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(
        self, request: socket | Any, client_address: Any
    ) -> None:
        """Answer, then make room."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: socket | Any, client_address: Any) -> None:
        """Write nothing: a probe that hung up is no event."""


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD."""

    timeout: ClassVar[float | None] = REQUEST_SECONDS
    server_version = "consumer"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with a body."""
        self._answer(has_body=True)

    def do_HEAD(self) -> None:
        """Answer with the head alone."""
        self._answer(has_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Write nothing: probes come every few seconds."""

    def _answer(self, *, has_body: bool) -> None:
        server = self.server
        reply = server.reply(self.path) if isinstance(server, Server) else None
        if reply is None:
            reply = Reply(HTTPStatus.NOT_FOUND, TEXT, b"not found\n")
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if has_body:
            self.wfile.write(reply.body)
