"""What happened when, for a person who reads why a run went wrong."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import TextIO

__all__ = ["TimeLine"]


class TimeLine:
    """Lines with their time, in a file and, when asked, on standard error.

    May be written by any thread. The time is that since the first record.
    """

    def __init__(self, file: Path, *, is_shown: bool) -> None:
        self._file = file
        self._shown: TextIO | None = sys.stderr if is_shown else None
        self._lock = threading.Lock()
        self._began = time.time()

    def begin(self) -> float:
        """Count from now on, and return what that is in Unix seconds."""
        self._began = time.time()
        return self._began

    def say(self, text: str) -> None:
        """Write a line."""
        now = time.time()
        clock = time.strftime("%H:%M:%S", time.gmtime(now))
        line = f"{now - self._began:8.2f}  {clock}Z  {text}\n"
        with self._lock:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(line)
            if self._shown is not None:
                self._shown.write(line)
                self._shown.flush()
