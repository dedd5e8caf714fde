"""Health: probes, scrapes and status, from threads of their own."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest

from consumer.errors import DependencyError
from consumer.health import HealthServer, Heart, Snapshot


class Process:
    """A process to be asked about: its clock and beats are set by the test."""

    def __init__(self) -> None:
        self.now = 100.0
        self.loop_beat: float | None = None
        self.thread_beat: float | None = None
        self.server = HealthServer(
            ("127.0.0.1", 0),
            [
                Heart(name="loop", beat=lambda: self.loop_beat, limit_seconds=10),
                Heart(name="thread", beat=lambda: self.thread_beat, limit_seconds=150),
            ],
            lambda: b"metric 1\n",
            clock=lambda: self.now,
        )
        self.port = self.server.start()

    def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        """Ask it over HTTP; returns status and body."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


@pytest.fixture
def process() -> Iterator[Process]:
    """Return a process that is asked over HTTP."""
    found = Process()
    yield found
    found.server.close()


def test_alive_before_anything_began(process: Process) -> None:
    """A process that is still starting is alive, and not ready."""
    assert process.get("/livez") == (200, "alive\n")
    assert process.get("/startupz") == (503, "new\n")
    assert process.get("/readyz") == (503, "new\n")


def test_ready_when_the_loop_says_so(process: Process) -> None:
    """The newest snapshot is what counts."""
    process.server.publish(Snapshot(is_started=True, is_ready=True, state="running"))
    assert process.get("/startupz") == (200, "running\n")
    assert process.get("/readyz") == (200, "running\n")
    process.server.publish(Snapshot(is_started=True, state="draining"))
    assert process.get("/startupz") == (200, "draining\n")
    assert process.get("/readyz") == (503, "draining\n")


def test_a_stopped_heart_is_named(process: Process) -> None:
    """Each heart has its own limit, and the answer says which stopped."""
    process.loop_beat, process.thread_beat = 100.0, 100.0
    process.now = 110.0
    assert process.get("/livez") == (200, "alive\n")
    process.now = 112.5
    assert process.get("/livez") == (503, "loop: no beat for 12.5 s\n")
    process.loop_beat, process.now = 300.0, 300.0
    assert process.get("/livez") == (503, "thread: no beat for 200.0 s\n")


def test_a_target_outage_is_no_liveness(process: Process) -> None:
    """While paused for the target, the process is alive and ready."""
    process.loop_beat = process.thread_beat = process.now
    process.server.publish(
        Snapshot(
            is_started=True,
            is_ready=True,
            state="paused",
            status={"pauses": [{"reason": "halted"}]},
        )
    )
    assert process.get("/livez")[0] == 200
    assert process.get("/readyz") == (200, "paused\n")


def test_the_status_is_json(process: Process) -> None:
    """`/status` is the snapshot's, whole."""
    process.server.publish(Snapshot(state="running", status={"since": "x", "n": [1]}))
    status, body = process.get("/status?pretty")
    assert status == 200
    assert json.loads(body) == {"state": "running", "since": "x", "n": [1]}


def test_the_metrics_are_exposed(process: Process) -> None:
    """`/metrics` is the exposition."""
    assert process.get("/metrics") == (200, "metric 1\n")


def test_other_paths_and_methods(process: Process) -> None:
    """Nothing else is answered, and nothing can be changed."""
    assert process.get("/") == (404, "not found\n")
    assert process.get("/livez", "HEAD") == (200, "")
    assert process.get("/livez", "POST")[0] == 501


@pytest.mark.peer("Faust #532")
async def test_a_blocked_loop_is_seen(process: Process) -> None:
    """While the event loop is blocked, the probe is answered, and says so.

    The loop beats once and then blocks on a probe made from another thread: an answer
    that needed the loop would never come.
    """
    loop = asyncio.get_running_loop()
    process.loop_beat = loop.time()
    process.server._clock = lambda: loop.time() + 11
    found: list[tuple[int, str]] = []
    thread = threading.Thread(target=lambda: found.append(process.get("/livez")))
    thread.start()
    thread.join()  # the loop is blocked here
    assert found[0][0] == 503
    assert found[0][1].startswith("loop: no beat for 1")


def test_an_address_in_use_is_said(process: Process) -> None:
    """Two processes on one address: the second one says which and why."""
    second = HealthServer(("127.0.0.1", process.port), [], lambda: b"")
    with pytest.raises(DependencyError) as caught:
        second.start()
    expected = f"http.listen 127.0.0.1:{process.port}: address already in use"
    assert str(caught.value) == expected


def test_many_silent_connections_do_no_harm(process: Process) -> None:
    """Connections that say nothing use up their room, and no more; then it is back."""
    with ExitStack() as stack:
        silent = [
            stack.enter_context(
                socket.create_connection(("127.0.0.1", process.port), timeout=5)
            )
            for _ in range(40)
        ]
        assert [is_closed(one) for one in silent[16:]] == [True] * 24
    assert eventually(lambda: process.get("/livez")[0] == 200)


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def eventually(is_so: Callable[[], bool]) -> bool:
    for _ in range(1000):
        try:
            if is_so():
                return True
        except OSError:
            continue
    return False


def test_close_twice() -> None:
    """Closing is idempotent, also before it began."""
    server = HealthServer(("127.0.0.1", 0), [], lambda: b"")
    server.close()
    server.start()
    server.close()
    server.close()


def test_an_address_of_version_six() -> None:
    """An IPv6 address is listened on, where the machine has one."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    server = HealthServer(("::1", 0), [], lambda: b"")
    assert server.start() > 0
    server.close()
