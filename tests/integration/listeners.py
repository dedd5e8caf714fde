"""Small servers on threads, for commands that run in processes of their own."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from tests.proxy import Proxy, running_proxy
from tests.threads import on_a_thread

__all__ = ["answering", "forwarding", "proxy_on_a_thread", "silence", "tls_port"]

TURN_SECONDS = 0.1


@contextmanager
def serving(port: int, serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on `port`, 0 for any, and have a thread `serve` each connection."""
    with socket.create_server(("127.0.0.1", port)) as server:
        server.settimeout(TURN_SECONDS)
        ends = threading.Event()

        def accept() -> None:
            while not ends.is_set():
                with suppress(TimeoutError):
                    connection, _ = server.accept()
                    threading.Thread(
                        target=serve, args=(connection,), daemon=True
                    ).start()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            ends.set()
            thread.join()


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """Give a port where `answer` is said to whoever speaks, and nothing more."""

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(answer)

    with serving(0, serve) as port:
        yield port


@contextmanager
def silence() -> Iterator[int]:
    """Give a port that takes every connection, and what is said, and answers nothing."""

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while connection.recv(65_536):
                pass

    with serving(0, serve) as port:
        yield port


@contextmanager
def tls_port(context: ssl.SSLContext) -> Iterator[int]:
    """Give a port that shakes hands, and says nothing."""

    def serve(connection: socket.socket) -> None:
        with (
            connection,
            suppress(OSError),
            context.wrap_socket(connection, server_side=True) as shaken,
        ):
            shaken.recv(65_536)

    with serving(0, serve) as port:
        yield port


@contextmanager
def forwarding(port: int, to: int) -> Iterator[None]:
    """Forward every connection to `port` to the port `to`."""

    def copy(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def serve(connection: socket.socket) -> None:
        with connection, socket.create_connection(("127.0.0.1", to)) as far:
            back = threading.Thread(target=copy, args=(far, connection), daemon=True)
            back.start()
            copy(connection, far)
            back.join()

    with serving(port, serve):
        yield


def proxy_on_a_thread(credentials: str | None) -> AbstractContextManager[Proxy]:
    """Run the tests' proxy on a loop of its own."""
    return on_a_thread(lambda: running_proxy(credentials))
