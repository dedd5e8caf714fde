"""What refusing hostile bytes costs: `python -m tests.unit.decode.hostile_cost`.

Each is decoded in this process, which may have little memory, and the costs are printed
as one JSON list.

Rules:
    - CPU is that of the cheapest of three goes after a first one: what else the machine
      does must not count.
    - Memory is the peak of the first go over what was there before it (Linux: the peak is set
      back by writing 5 to `clear_refs`, proc(5)).
    - After each, the next record is decoded by the same decoder.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from consumer.decode.admission import admit
from consumer.decode.decoder import Decoder, Framing, TopicRule
from consumer.decode.limits import DecodeLimits
from consumer.errors import SchemaError
from consumer.model import Decoded, SchemaId
from tests.unit.decode.avro import FRAME, ID, NAME, encode, make_decoder, record, schema
from tests.unit.decode.hostile import ROWS, Row
from tests.unit.decode.hostile_schemas import SCHEMAS, BadSchema

__all__ = ["BOMB_BYTES", "Cost", "costs", "main", "measured"]

MEMORY_BYTES = 1 << 30
BOMB_BYTES = 9 << 20
GOES = 3
ROOT = Path(__file__).parents[3]
LIMITS = DecodeLimits()
NEXT = schema("long", name="Next")
NEXT_FRAME = b"\x00\x00\x00\x00\x08"
BOTH = TopicRule(framing=Framing.AUTO, readers=(NAME, "crm.Next"))
STATUS, CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one hostile input cost.

    Attributes:
        name: Which it was.
        code: What it was refused with.
        seconds: CPU.
        valid_seconds: CPU of a valid record that is no larger.
        grown_bytes: Memory beyond what was there before.
        lives: Whether the next record was decoded.
    """

    name: str
    code: str
    seconds: float
    valid_seconds: float
    grown_bytes: int
    lives: bool


def costs() -> list[Cost]:
    """Return what each row and each schema cost."""
    return [*map(of_row, ROWS), *map(of_schema, SCHEMAS)]


def of_row(row: Row) -> Cost:
    """Return what a payload cost."""
    decoder = make_decoder(schema(row.type), NEXT)
    decoder.learn(ID, json.dumps(schema(row.type)), {})
    grown_bytes = grown(lambda: code_of(decoder, row.body))
    valid = twin(row)
    return Cost(
        name=row.name,
        code=code_of(decoder, row.body),
        seconds=least(lambda: code_of(decoder, row.body)),
        valid_seconds=least(lambda: code_of(*valid)),
        grown_bytes=grown_bytes,
        lives=lives(decoder),
    )


def twin(row: Row) -> tuple[Decoder, bytes]:
    """Return a valid record that is no larger: the row's own, else one long text.

    Raises:
        ValueError: It is none.
    """
    type_, body = row.type, row.twin
    if not body:
        size = min(len(row.body), 1_000_000)
        type_, body = "string", encode(schema("string"), {"x": "a" * max(size - 4, 0)})
    decoder = make_decoder(schema(type_), NEXT)
    decoder.learn(ID, json.dumps(schema(type_)), {})
    if code_of(decoder, body) != "decoded" or len(body) > max(len(row.body), 8):
        raise ValueError(row.name)
    return decoder, body


def of_schema(bad: BadSchema) -> Cost:
    """Return what a schema cost, and an event of it."""
    decoder = make_decoder(schema("long"), NEXT)

    def go() -> str:
        try:
            decoder.learn(ID, bad.text, {})
        except SchemaError:
            return code_of(decoder, bad.body)
        return "admitted"

    grown_bytes = grown(go)
    return Cost(
        name=f"schema: {bad.name}",
        code=go(),
        seconds=least(go),
        valid_seconds=least(lambda: admit(bad.twin, {}, LIMITS)) if bad.twin else 0.0,
        grown_bytes=grown_bytes,
        lives=lives(decoder),
    )


def code_of(decoder: Decoder, body: bytes) -> str:
    """Return the code with which a body is refused; `decoded` when it is not."""
    return getattr(decoder.decode(record(FRAME + body), BOTH), "code", "decoded")


def least(go: Callable[[], object]) -> float:
    """Return the CPU seconds of the cheapest go, after one that does not count."""
    go()
    found = []
    for _ in range(GOES):
        began = time.process_time()
        go()
        found.append(time.process_time() - began)
    return min(found)


def grown(go: Callable[[], object]) -> int:
    """Return the peak of memory in a go, beyond what was there before."""
    CLEAR_REFS.write_text("5")
    before = status_bytes("VmRSS")
    go()
    return max(status_bytes("VmHWM") - before, 0)


def status_bytes(name: str) -> int:
    """Return a figure of this process."""
    line = next(x for x in STATUS.read_text().splitlines() if x.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


def lives(decoder: Decoder) -> bool:
    """Return whether the next record is decoded."""
    decoder.learn(SchemaId(number=8), json.dumps(NEXT), {})
    found = decoder.decode(record(NEXT_FRAME + b"\x02"), BOTH)
    return found == Decoded({"x": 1}, "crm.Next")


def measured() -> tuple[list[Cost], int]:
    """Return the costs in a process of little memory, and what a bomb would show.

    The C library then gives back at once what it frees: else memory that one go left
    behind would hide the growth of the next (mallopt(3), M_MMAP_THRESHOLD).
    """
    run = subprocess.run(
        [sys.executable, "-m", "tests.unit.decode.hostile_cost"],
        capture_output=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "MALLOC_MMAP_THRESHOLD_": str(128 * 1024)},
        text=True,
    )
    found = json.loads(run.stdout)
    return [Cost(**cost) for cost in found["costs"]], found["bomb"]


def main() -> None:
    """Print the costs, and then what is seen of a bomb of 9 MiB."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    found = [asdict(cost) for cost in costs()]
    bomb = grown(lambda: len(b"x" * BOMB_BYTES))
    sys.stdout.write(json.dumps({"costs": found, "bomb": bomb}))


if __name__ == "__main__":
    main()
