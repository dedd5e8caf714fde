"""The first signal asks, the second ends; and the end waits for nobody."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from consumer.cli.ending import Signals
from consumer.cli.exits import Exit
from consumer.cli.program import COMMANDS
from consumer.cli.run import until_signal
from consumer.errors import ConfigurationError, DependencyError
from tests.unit.cli.command import run

BOTH = [signal.SIGTERM, signal.SIGINT]
# A thread of a pool that never comes back, as one that looks a name up may not.
HELD = """\
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from consumer.cli.ending import leave
ThreadPoolExecutor().submit(threading.Event().wait)
print("said", end="")
leave(4)
"""


class Ended:
    """Signals that note how the process would have ended."""

    def __init__(self) -> None:
        self.codes: list[int] = []
        self.signals = Signals(self.codes.append)


@pytest.fixture
def ended() -> Iterator[Ended]:
    """Give caught signals; let them do again what they did."""
    found = Ended()
    found.signals.catch()
    yield found
    found.signals.release()


def send(number: signal.Signals) -> None:
    """Send this process a signal; its handler has run when this returns."""
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", BOTH)
def test_the_first_asks_and_any_second_ends(
    ended: Ended, number: signal.Signals
) -> None:
    """Whatever came first, the second says with which code it ends."""
    asked: list[str] = []
    ended.signals.on_first(lambda: asked.append("drain"))
    send(signal.SIGTERM)
    assert (asked, ended.codes) == (["drain"], [])
    send(number)
    assert asked == ["drain"]
    assert ended.codes == [128 + number]


def test_one_that_came_early_asks_as_soon_as_there_is_somebody(ended: Ended) -> None:
    """Modules load for a second; what comes meanwhile is not lost."""
    asked: list[str] = []
    send(signal.SIGTERM)
    ended.signals.on_first(lambda: asked.append("drain"))
    assert (asked, ended.codes) == (["drain"], [])


def test_a_second_one_ends_while_nobody_listens_yet(ended: Ended) -> None:
    """A start that hangs before it serves can be left, too."""
    send(signal.SIGINT)
    send(signal.SIGINT)
    assert ended.codes == [Exit.INTERRUPTED]


def test_they_do_again_what_they_did() -> None:
    """A program that calls ours finds its own handlers afterwards."""
    before = [signal.getsignal(number) for number in BOTH]
    signals = Signals()
    signals.catch()
    assert [signal.getsignal(number) for number in BOTH] != before
    signals.release()
    assert [signal.getsignal(number) for number in BOTH] == before


def test_only_what_drains_catches_them(capsys: pytest.CaptureFixture[str]) -> None:
    """`run` alone drains; its handlers go with it, whatever ended it."""
    assert [name for name, lazy in COMMANDS.items() if lazy.drains] == ["run"]
    before = [signal.getsignal(number) for number in BOTH]
    assert run(capsys, "run", "--config", "none.yaml").code == Exit.CONFIGURATION
    assert [signal.getsignal(number) for number in BOTH] == before


async def test_a_signal_stops_what_serves(ended: Ended) -> None:
    """The service is asked to stop, and ends with 0."""

    async def serving(stop: asyncio.Event) -> None:
        asyncio.get_running_loop().call_soon(send, signal.SIGTERM)
        await stop.wait()

    assert await until_signal(serving, ended.signals) == Exit.DONE
    assert ended.codes == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DependencyError("no broker"), Exit.DEPENDENCY),
        (ConfigurationError(()), Exit.CONFIGURATION),
        (RuntimeError("ours"), Exit.FAILED),
    ],
)
async def test_what_ends_the_service_is_said(
    capsys: pytest.CaptureFixture[str], ended: Ended, error: Exception, code: Exit
) -> None:
    """An error has its exit code, and stands on standard error."""

    async def serving(_: asyncio.Event) -> None:
        raise error

    assert await until_signal(serving, ended.signals) == code
    assert capsys.readouterr().err.startswith("error: ")


def test_the_end_waits_for_no_thread() -> None:
    """Bug: a name server that did not answer held a drained process for 10 s."""
    process = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", HELD], check=False, capture_output=True, timeout=15
    )
    assert (process.returncode, process.stdout) == (4, b"said")
