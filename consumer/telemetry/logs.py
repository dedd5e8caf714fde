"""Log lines: one line each, structured, to standard error.

Rules:
- A line is JSON, or logfmt by setting; a line break in a field is escaped, so a field
  cannot forge a line. A field is cut at 2 KB.
- The message of a foreign exception is not written: it may quote a value or a URL with
  a token. Its type and the places it passed are; our own exceptions hold no value.
- A warning or error that repeats within ten seconds is held back; the next one after
  that says how many were.
"""

from __future__ import annotations

import json
import logging
import re
import time
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TextIO

from consumer.errors import ConsumerError
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.names import LOG_LINES

__all__ = ["REPEAT_SECONDS", "JsonLines", "Logfmt", "Repeats", "configure"]

FIELD_CHARS = 2048
FRAMES = 12
REPEAT_SECONDS = 10.0
MOST_KEYS = 1024
BARE = re.compile(r"[A-Za-z0-9_.,:;/@+*-]+")
# What `logging` itself puts on every record; the rest came by `extra`.
OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    """Return the fields of a line, in order."""
    moment = datetime.fromtimestamp(record.created, UTC)
    fields: dict[str, object] = {
        "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }
    fields |= {name: value for name, value in vars(record).items() if name not in OWN}
    if record.exc_info is not None and record.exc_info[1] is not None:
        fields |= error_of(record.exc_info[1])
    return {name: cut(value) for name, value in fields.items()}


def error_of(error: BaseException) -> dict[str, object]:
    """Return an exception's type and way, and its message if it is one of ours."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    fields: dict[str, object] = {
        "error": type(error).__name__,
        "at": " < ".join(f"{f.filename}:{f.lineno}" for f in reversed(frames)),
    }
    if isinstance(error, ConsumerError):
        fields["detail"] = str(error)
    return fields


def cut(value: object) -> object:
    """Return a value that a line can hold."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if len(text) <= FIELD_CHARS else f"{text[:FIELD_CHARS]}..."


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; all that is not ASCII is escaped."""
        return json.dumps(fields_of(record))


class Logfmt(logging.Formatter):
    """Writes a record as `key=value` pairs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        pairs = fields_of(record).items()
        return " ".join(f"{name}={logfmt_value(value)}" for name, value in pairs)


def logfmt_value(value: object) -> str:
    """Return one value, quoted where it must be."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if BARE.fullmatch(text) else json.dumps(text)


class Repeats(logging.Filter):
    """Holds identical warnings and errors back. Called under the handler's lock.

    Two are identical when logger, level and message template are: the fields differ.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        count: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__()
        self._clock = clock
        self._count = count
        self._seen: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the line is written; note how many were not."""
        self._count(record.levelname.lower())
        if record.levelno < logging.WARNING:
            return True
        now = self._clock()
        key = (record.name, record.levelno, str(record.msg))
        written_at, held_back = self._seen.get(key, (-REPEAT_SECONDS, 0))
        if now - written_at < REPEAT_SECONDS:
            self._seen[key] = (written_at, held_back + 1)
            return False
        if len(self._seen) >= MOST_KEYS:
            self._seen.clear()
        self._seen[key] = (now, 0)
        if held_back:
            record.repeated = held_back
        return True


# They tell each request, or each try to connect, at `info`: what matters of it is told
# by those who use them.
CHATTY = ("httpx2", "httpcore2", "consumer.deadletter.librdkafka")

FORMATS: Mapping[str, type[logging.Formatter]] = {"json": JsonLines, "logfmt": Logfmt}


def configure(
    level: str, form: str, stream: TextIO, metrics: Metrics | None = None
) -> logging.Handler:
    """Write the lines of every logger to `stream`; returns the handler.

    Args:
        level: Least level written: debug, info, warning or error.
        form: json or logfmt.
        stream: Where lines go; standard error, for a command.
        metrics: Counts the lines, those that are held back too.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(FORMATS[form]())
    if metrics is None:
        handler.addFilter(Repeats())
    else:
        lines = metrics.counter(LOG_LINES)
        handler.addFilter(Repeats(count=lambda name: lines(name).inc()))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in CHATTY:
        logging.getLogger(name).setLevel("DEBUG" if level == "debug" else "WARNING")
    return handler
