"""A target that costs next to nothing, and costs the process that calls it nothing.

Run: `python -m tests.bench.stub [delay seconds]`. It prints its port, and ends when its
standard input does. Beside Target it plays two others, told apart by their paths: a
schema registry that gives the bench's schema for every id, and an OTLP receiver that
throws away. `GET /calls` tells how many answers Target has given, `GET /answers?N` more of
them from the Nth on: of each its time, and which event it was that the update came from.

Rules:
    - A request is a head with or without `Content-Length`, and a body; clients are
      trusted.
    - It never waits for its sockets: it looks at them every half a millisecond. A server
      that sleeps in `epoll` is woken by each request, and on one machine it is the
      *sender's* processor that wakes it: measured here, 20 us of CPU for each call, all
      on the account of the process under measurement. A real target stands elsewhere.
"""

from __future__ import annotations

import json
import re
import select
import socket
import struct
import sys
import time
from collections import deque
from typing import NamedTuple

from tests.bench.events import SCHEMA

__all__ = ["ANSWERED", "BODY", "MOST_TOLD", "Target", "serve"]

LOOK_SECONDS = 0.0005
READ_BYTES = 65_536
HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
REFERENCE = re.compile(rb"loanReference=([0-9a-f]{8})")  # the number of an event
ANSWERED = struct.Struct("<dq")  # monotonic seconds, and that number; -1 for none
MOST_TOLD = 4096  # answers: what fits into a socket at once
# analytics-1.4-apis, r_profile_update.md: the answer that Target gives
BODY = (
    b"<response><success>true</success><pcId></pcId>"
    b"<message>Request successfully submitted</message></response>"
)


def answer(body: bytes, kind: bytes) -> bytes:
    """Return a whole answer of status 200."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (kind, len(body)) + body


SUBMITTED = answer(BODY, b"application/xml")
REGISTERED = answer(
    json.dumps({"schema": json.dumps(SCHEMA)}).encode(), b"application/json"
)
RECEIVED = answer(b"", b"application/x-protobuf")


class Due(NamedTuple):
    """An answer that is to be given: when, where, and to an update by which event."""

    at: float
    connection: int
    event: int


class Target:
    """All connections, and the answers that are due.

    Attributes:
        port: Where it listens, on 127.0.0.1.
        calls: Answers that Target has given.
    """

    def __init__(self, delay_seconds: float) -> None:
        self._delay_seconds = delay_seconds
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._listener.settimeout(0)
        self._epoll = select.epoll()
        self._epoll.register(self._listener, select.EPOLLIN)
        self._sockets: dict[int, socket.socket] = {}
        self._came: dict[int, bytes] = {}
        self._due: deque[Due] = deque()  # the delay is always the same
        self._answers = bytearray()
        self.port: int = self._listener.getsockname()[1]
        self.calls = 0

    def look(self, now: float) -> None:
        """Read what came, and give the answers that are due."""
        for number, _ in self._epoll.poll(0):
            if number == self._listener.fileno():
                self._accept()
            else:
                self._read(number, now)
        due = self._due
        while due and due[0].at <= now:
            found = due.popleft()
            self.calls += 1
            self._answers += ANSWERED.pack(now, found.event)
            self._send(found.connection, SUBMITTED)

    def _accept(self) -> None:
        accepted, _ = self._listener.accept()
        accepted.settimeout(0)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sockets[accepted.fileno()] = accepted
        self._epoll.register(accepted, select.EPOLLIN)

    def _read(self, number: int, now: float) -> None:
        try:
            data = self._sockets[number].recv(READ_BYTES)
        except ConnectionError:
            data = b""
        if not data:
            self._epoll.unregister(number)
            self._sockets.pop(number).close()
            self._came.pop(number, None)
            return
        came = self._came.pop(number, b"") + data
        while (end := came.find(HEAD_END)) >= 0:
            length = LENGTH.search(came, 0, end)
            end += len(HEAD_END) + (int(length[1]) if length is not None else 0)
            if len(came) < end:
                break
            self._answer(number, came, now)
            came = came[end:]
        if came:
            self._came[number] = came

    def _answer(self, number: int, request: bytes, now: float) -> None:
        path = request.split(b" ", 2)[1]
        if path.startswith(b"/m2/"):
            found = REFERENCE.search(request)
            event = int(found[1], 16) if found is not None else -1
            self._due.append(Due(now + self._delay_seconds, number, event))
        elif path == b"/calls":
            text = json.dumps({"calls": self.calls})
            self._send(number, answer(text.encode(), b"application/json"))
        elif path.startswith(b"/answers?"):
            begin = int(path.removeprefix(b"/answers?")) * ANSWERED.size
            content = bytes(self._answers[begin : begin + MOST_TOLD * ANSWERED.size])
            self._send(number, answer(content, b"application/octet-stream"))
        elif path.startswith(b"/schemas/"):
            self._send(number, REGISTERED)
        else:
            self._send(number, RECEIVED)

    def _send(self, number: int, text: bytes) -> None:
        found = self._sockets.get(number)
        if found is not None:
            try:
                found.sendall(text)
            except OSError:
                self._read(number, 0.0)  # the client has gone


def serve(delay_seconds: float) -> None:
    """Serve until standard input ends."""
    target = Target(delay_seconds)
    sys.stdout.write(f"{target.port}\n")
    sys.stdout.flush()
    ended = select.poll()
    ended.register(sys.stdin, select.POLLIN | select.POLLHUP)
    while not ended.poll(0):
        for _ in range(100):
            target.look(time.monotonic())
            time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0)
