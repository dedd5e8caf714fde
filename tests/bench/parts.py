"""The raw parts and the stages, in one process of their own, on one topic's records.

Run: `python -m tests.bench.parts CONFIGURATION TOPIC PARTITIONS RECORDS [stages]`. It
prints one JSON object with the CPU microseconds per record of each, or of the stages.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from consumer.cli.run import tune_garbage_collector
from consumer.config.load import load
from tests.bench import raw
from tests.bench.events import SCHEMA
from tests.bench.stages import Stages

__all__ = ["measure"]


def measure(
    configuration: Path, topic: str, partitions: int, count: int, *, has_raw: bool
) -> dict[str, dict[str, float]]:
    """Measure everything on the first `count` records of a topic."""
    settings = load(configuration, {}).settings
    stages = Stages(settings, json.dumps(SCHEMA), count)
    in_flight = settings.limits.max_in_flight
    url = settings.target.base_url or ""
    bootstrap = str(settings.kafka.properties["bootstrap.servers"])
    tune_garbage_collector()
    found: dict[str, float] = {}
    found["consume"], messages = raw.consume(bootstrap, topic, partitions, count)
    records = stages.read(messages)
    contents = [record.value or b"" for record in records]
    found["fastavro"] = raw.by_fastavro(contents)
    mapped = stages.map(records, stages.decode(records))
    works = stages.schedule(records, mapped, in_flight)
    requests = stages.encode(works)
    stages.judge(works)
    stages.observe(records, works)
    if has_raw:
        found["connector"] = raw.by_connector(url, requests, in_flight)
    stages.transport(requests, in_flight)
    if has_raw:
        found["session"] = raw.by_session(url, requests, in_flight)
    return {"raw": found, "stages": stages.spent}


if __name__ == "__main__":
    path, name, width, number, *only = sys.argv[1:]
    measured = measure(Path(path), name, int(width), int(number), has_raw=not only)
    sys.stdout.write(json.dumps(measured))
