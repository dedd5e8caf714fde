"""Our own commands as processes: started, signalled and judged from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

__all__ = [
    "Process",
    "consumer_command",
    "get_json",
    "get_text",
    "http_status",
    "post_json",
    "until",
]


def consumer_command(*arguments: str) -> list[str]:
    """Return the command line of `consumer ARGUMENTS` in this environment."""
    return [sys.executable, "-P", "-m", "consumer", *arguments]


def until(
    check: Callable[[], bool], what: str, seconds: float = 60.0, step: float = 0.1
) -> None:
    """Wait until `check` is true.

    Raises:
        AssertionError: It took too long; the message names `what`.
    """
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(step)


def get_json(url: str, timeout: float = 10.0) -> object:
    """Return the JSON at `url`, whatever its status."""
    with urlopen(url, timeout=timeout) as answer:  # noqa: S310 - our own servers
        return json.load(answer)


def get_text(url: str, status: int = 200) -> str:
    """Return the text at `url`, which must answer with `status`."""
    try:
        with urlopen(url, timeout=10) as answer:  # noqa: S310 - our own servers
            found, text = answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            found, text = error.code, error.read().decode()
    assert found == status
    return str(text)


def post_json(
    url: str, body: object, timeout: float = 30.0, method: str = "POST"
) -> object:
    """Send `body` to `url` and return the JSON that comes back."""
    request = Request(  # noqa: S310 - our own servers
        url,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method=method,
    )
    with urlopen(request, timeout=timeout) as answer:  # noqa: S310 - as above
        text = answer.read()
    return json.loads(text) if text else None


def http_status(url: str) -> int:
    """Return the HTTP status that `url` answers with."""
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - our own servers
            return int(answer.status)
    except HTTPError as error:
        with error:
            return int(error.code)


class Process:
    """One process of ours; its standard error goes to a file."""

    def __init__(
        self,
        name: str,
        command: list[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.out = folder / f"{name}.out"
        with self.log.open("ab") as log, self.out.open("wb") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                command,
                stdout=out,
                stderr=log,
                env={**os.environ, **(environment or {})},
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_alive:
            self.resume()
            self._process.kill()
        self._process.wait(30)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def text(self) -> str:
        """Return what it wrote to standard error so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def terminate(self, seconds: float = 40.0) -> int:
        """Send SIGTERM and return the exit code."""
        self._process.terminate()
        return self._process.wait(seconds)

    def kill(self) -> None:
        """Send SIGKILL and wait for the end."""
        self._process.kill()
        self._process.wait(30)

    def until_catches(self, number: signal.Signals) -> None:
        """Wait until it has a handler for a signal; what it does then may be anything."""

        def catches() -> bool:
            text = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
            (caught,) = [line for line in text.splitlines() if "SigCgt" in line]
            return bool(int(caught.split()[1], 16) >> (number - 1) & 1)

        until(catches, f"{self.name} catches {number.name}", step=0.001)

    def signal(self, number: signal.Signals) -> None:
        """Send any signal."""
        self._process.send_signal(number)

    def stop(self) -> None:
        """Send SIGSTOP: it stands still."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Send SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    def until_says(self, text: str, seconds: float = 40.0) -> None:
        """Wait until it has written `text` to standard error."""
        until(lambda: text in self.text(), f"{self.name} says {text!r}", seconds)

    def wait(self, seconds: float) -> int:
        """Wait for its own end and return the exit code."""
        return self._process.wait(seconds)

    def until_answers(self, url: str, seconds: float = 40.0) -> None:
        """Wait until `url` answers 200; fail with its log when it ends before."""

        def answers() -> bool:
            assert self.is_alive, f"{self.name} ended:\n{self.text()[-3000:]}"
            try:
                with urlopen(url, timeout=2) as answer:  # noqa: S310 - our own
                    return bool(answer.status == 200)
            except (URLError, OSError):
                return False

        until(answers, f"{self.name} answers at {url}", seconds)
