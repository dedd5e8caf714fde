"""Log lines: structured, bounded, and silent on values."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from consumer.errors import DependencyError
from consumer.telemetry.logs import REPEAT_SECONDS, Repeats, configure
from consumer.telemetry.metrics import Metrics

log = logging.getLogger("consumer.test")


@pytest.fixture(autouse=True)
def root() -> Iterator[None]:
    """Put the root logger back as it was."""
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json() -> None:
    """Time, level, logger and message, then what `extra` added."""
    stream = io.StringIO()
    configure("info", "json", stream)
    log.info("joined %s", "g", extra={"partitions": 3, "topic": "crm\nloan"})
    log.debug("not written")
    (line,) = lines(stream)
    assert str(line.pop("time")).endswith("Z")
    assert line == {
        "level": "info",
        "logger": "consumer.test",
        "message": "joined g",
        "partitions": 3,
        "topic": "crm\nloan",
    }
    assert stream.getvalue().count("\n") == 1


def test_a_line_is_logfmt() -> None:
    """Pairs, quoted where they must be."""
    stream = io.StringIO()
    configure("debug", "logfmt", stream)
    log.warning("two words", extra={"ok": True, "at": "a=b\nc"})
    text = stream.getvalue()
    expected = 'level=warning logger=consumer.test message="two words" ok=true'
    assert f'{expected} at="a=b\\nc"\n' in text


def test_a_field_is_cut() -> None:
    """A field cannot flood the log."""
    stream = io.StringIO()
    configure("info", "json", stream)
    log.info("x", extra={"detail": "y" * 5000})
    assert len(str(lines(stream)[0]["detail"])) == 2051


def test_a_foreign_exception_is_named_without_its_message() -> None:
    """An exception of a library may quote a URL with a token; ours may not."""
    stream = io.StringIO()
    configure("info", "json", stream)
    try:
        int("token=s3cr3t")
    except ValueError:
        log.exception("one")
    log.error("two", exc_info=DependencyError("no broker"))
    first, second = lines(stream)
    assert first["error"] == "ValueError"
    assert "test_logs.py:" in str(first["at"])
    assert "s3cr3t" not in stream.getvalue()
    assert second["detail"] == "no broker"


@pytest.mark.peer("Parallel Consumer #402")
def test_repeats_are_held_back() -> None:
    """Identical warnings are written once in ten seconds, and then say how many."""
    now = [100.0]
    stream = io.StringIO()
    handler = configure("info", "json", stream)
    handler.filters[:] = [Repeats(clock=lambda: now[0])]
    for number in range(4):
        log.warning("refused %d", number)
        log.info("fine")
    now[0] += REPEAT_SECONDS
    log.warning("refused %d", 9)
    warnings = [line for line in lines(stream) if line["level"] == "warning"]
    assert [line["message"] for line in warnings] == ["refused 0", "refused 9"]
    assert warnings[1]["repeated"] == 3
    assert len(lines(stream)) == 6


def test_held_back_lines_are_counted() -> None:
    """The metric counts every line."""
    metrics = Metrics()
    configure("info", "json", io.StringIO(), metrics)
    for _ in range(3):
        log.error("x")
    expected = b'target_consumer_log_lines_total{level="error"} 3.0'
    assert expected in metrics.exposition()


def test_the_memory_of_repeats_is_bounded() -> None:
    """Templates made at run time cannot fill the memory."""
    repeats = Repeats(clock=lambda: 0.0)
    for number in range(3000):
        repeats.filter(
            logging.makeLogRecord({"levelno": 40, "msg": str(number), "name": "x"})
        )
    assert len(repeats._seen) <= 1024
