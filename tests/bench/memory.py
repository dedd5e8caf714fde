"""Peak memory of `consumer run` with a backlog and a target that takes 50 ms.

What is held is bounded, so ten times the backlog must not need more.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench.events import publish
from tests.bench.processes import (
    broker,
    calls_at,
    configuration,
    consumer,
    peak_mb,
    stub,
    until_calls,
)
from tests.bench.workloads import even

__all__ = ["MOST_DIFFERENCE_MB", "MOST_MB", "Peak", "measure"]

MOST_MB = 150
MOST_DIFFERENCE_MB = 10
PARTITIONS = 12
DELAY_SECONDS = 0.05
IN_FLIGHT = 256
PROFILES = 10_000
PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Peak:
    """The largest resident size of one run, in MB (10^6 bytes).

    Attributes:
        records: The backlog.
        at_once_mb: When the first call was answered.
        peak_mb: In all, until the last record.
    """

    records: int
    at_once_mb: float
    peak_mb: float


def measure(backlogs: tuple[int, ...], folder: Path) -> list[Peak]:
    """Run the consumer on a real broker, once for each backlog."""
    topics = {name: PARTITIONS for count in backlogs for name in names_of(count)}
    with ExitStack() as stack:
        target = stack.enter_context(stub(DELAY_SECONDS))
        bootstrap = stack.enter_context(broker(topics, folder / "broker"))
        return [peak(bootstrap, target, count, folder) for count in backlogs]


def names_of(count: int) -> tuple[str, str]:
    """Return the topic of a backlog, and the one of its dead letters."""
    return f"bench.backlog-{count}", f"bench.backlog-{count}.dead-letters"


def peak(bootstrap: str, target: int, count: int, folder: Path) -> Peak:
    """Work one backlog off."""
    topic, _ = names_of(count)
    publish(bootstrap, topic, even(count, PROFILES))
    path = configuration(
        folder / f"of-{count}",
        topic=topic,
        bootstrap=bootstrap,
        target=target,
        in_flight=IN_FLIGHT,
    )
    before = calls_at(target)
    with consumer(path) as process:
        until_calls(process, target, before + 1, PATIENCE_SECONDS)
        at_once = peak_mb(process.pid)
        until_calls(process, target, before + count, PATIENCE_SECONDS)
        return Peak(count, at_once, peak_mb(process.pid))
