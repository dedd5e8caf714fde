"""The processes around a measurement, and what one of them has cost so far.

Broker, target and publisher are never in the process that is measured: its CPU time is
that of the consumer alone, whatever else the machine does meanwhile.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from tests.bench.events import write_files
from tests.broker.kafka import KafkaBroker
from tests.processes import Process, consumer_command

__all__ = [
    "Cpu",
    "broker",
    "calls_at",
    "configuration",
    "consumer",
    "cpu_of",
    "mock_broker",
    "parts_of",
    "peak_mb",
    "stub",
    "until_calls",
]

CONFIGURATION = """\
kafka:
  bootstrap.servers: {bootstrap}
  group.id: {group}
  auto.offset.reset: earliest
  fetch.wait.max.ms: {fetch_wait_ms}
registry: {{url: "http://127.0.0.1:{target}"}}
schemas: {folder}/avro
mappings: {folder}/mappings
target:
  client: acme
  base_url: http://127.0.0.1:{target}
limits: {{max_in_flight: {in_flight}, merged_items: {merged_items}, held_records: {held_records}}}
tracing: {{sample_ratio: {sample_ratio}}}
dead_letters: {{topic: "{{topic}}.dead-letters"}}
logging: {{level: warning}}
http: {{listen: "127.0.0.1:0"}}
"""
HELD_RECORDS = 10_000  # the default
FETCH_WAIT_MS = 500  # librdkafka's default
NANOSECONDS = 1e-9
PARTS_SECONDS = 120.0  # the longest that all parts take


@contextmanager
def listening(module: str, *arguments: str) -> Iterator[str]:
    """Run a module of ours that prints where it listens; it ends with its input."""
    with subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        # Leaving the block closes its input, and waits for its end.


@contextmanager
def stub(delay_seconds: float) -> Iterator[int]:
    """Run a target that answers after a delay; give its port."""
    with listening("tests.bench.stub", str(delay_seconds)) as port:
        yield int(port)


@contextmanager
def mock_broker(topics: Mapping[str, int]) -> Iterator[str]:
    """Run librdkafka's mock cluster with these topics; give its address."""
    names = [f"{name}={partitions}" for name, partitions in topics.items()]
    with listening("tests.bench.mockbroker", *names) as bootstrap:
        yield bootstrap


@contextmanager
def broker(topics: Mapping[str, int], folder: Path) -> Iterator[str]:
    """Run a real Kafka with these topics; give its address."""
    with KafkaBroker(folder) as kafka:
        for name, partitions in topics.items():
            kafka.create_topic(name, partitions)
        yield kafka.bootstrap


def configuration(
    folder: Path,
    *,
    topic: str,
    bootstrap: str,
    target: int,
    in_flight: int,
    sample_ratio: float = 0.0,
    merged_items: int = 1,
    held_records: int = HELD_RECORDS,
    fetch_wait_ms: int = FETCH_WAIT_MS,
) -> Path:
    """Write schema, mapping and configuration for one run; return the last.

    Merging is off unless it is asked for: one call per record. librdkafka's mock
    cluster lets a fetch wait its whole time whatever comes meanwhile, so a run that is
    to show how old records are has to make that time short; a real broker answers at
    once.
    """
    folder.mkdir(parents=True)
    write_files(folder, topic)
    path = folder / "consumer.yaml"
    path.write_text(
        CONFIGURATION.format(
            bootstrap=bootstrap,
            group=f"bench-{folder.name}",
            target=target,
            folder=folder,
            in_flight=in_flight,
            sample_ratio=sample_ratio,
            merged_items=merged_items,
            held_records=held_records,
            fetch_wait_ms=fetch_wait_ms,
        )
    )
    return path


@contextmanager
def consumer(path: Path, collector: int | None = None) -> Iterator[Process]:
    """Run `consumer run`, with its traces going to `collector`; drain it in the end.

    Raises:
        RuntimeError: It ended badly.
    """
    environment = {"OTEL_SDK_DISABLED": "true"}
    if collector is not None:
        endpoint = f"http://127.0.0.1:{collector}"
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    command = consumer_command("run", "--config", str(path))
    with Process("consumer", command, path.parent, environment) as process:
        yield process
        if process.terminate():
            raise RuntimeError(f"the consumer failed:\n{process.text()[-2000:]}")


def parts_of(
    path: Path, topic: str, partitions: int, count: int, *, has_raw: bool = True
) -> dict[str, dict[str, float]]:
    """Measure stages and raw parts on a topic's records, in a process of their own."""
    given = (path, topic, partitions, count, *([] if has_raw else ["stages"]))
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "tests.bench.parts", *map(str, given)],
        check=True,
        stdout=subprocess.PIPE,
        timeout=PARTS_SECONDS,
    )
    found: dict[str, dict[str, float]] = json.loads(done.stdout)
    return found


class Cpu:
    """What a process has used, in seconds.

    Attributes:
        loop: By its first thread, which is the event loop's.
        others: By all others: the source's, librdkafka's, the exporter's.
    """

    def __init__(self, loop: float, others: float) -> None:
        self.loop = loop
        self.others = others

    def __sub__(self, earlier: Cpu) -> Cpu:
        return Cpu(self.loop - earlier.loop, self.others - earlier.others)

    @property
    def total(self) -> float:
        """All threads together."""
        return self.loop + self.others


def cpu_of(pid: int) -> Cpu:
    """Return the CPU time of a process, of threads that live."""
    spent = {
        int(task.name): int((task / "schedstat").read_text().split()[0]) * NANOSECONDS
        for task in Path(f"/proc/{pid}/task").iterdir()
    }
    return Cpu(spent[pid], sum(spent.values()) - spent[pid])


def peak_mb(pid: int) -> float:
    """Return the largest resident size of a process so far, in MB (10^6 bytes).

    Raises:
        RuntimeError: It has ended.
    """
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("the process has ended")


def calls_at(port: int) -> int:
    """Return how many calls the target at `port` has answered."""
    with urlopen(f"http://127.0.0.1:{port}/calls", timeout=10) as found:
        calls = json.load(found)["calls"]
    assert isinstance(calls, int)
    return calls


def until_calls(process: Process, port: int, count: int, seconds: float) -> int:
    """Wait until the target has answered `count` calls; return how many it has.

    Raises:
        RuntimeError: The consumer ended, or it took too long.
    """
    end = time.monotonic() + seconds
    while (calls := calls_at(port)) < count:
        if not process.is_alive or time.monotonic() > end:
            raise RuntimeError(f"{calls} of {count} calls:\n{process.text()[-2000:]}")
        time.sleep(0.02)
    return calls
