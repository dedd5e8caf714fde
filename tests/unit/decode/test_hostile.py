"""What a publisher may send to hurt us ends as a dead letter, cheaply."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from consumer.errors import SchemaError
from consumer.model import Undecodable
from tests.unit.decode.avro import (
    FRAME,
    ID,
    RULE,
    code,
    make_decoder,
    record,
    schema,
    taught,
)
from tests.unit.decode.hostile import ROWS, SCHEMAS, Row

ROOT = Path(__file__).parents[3]
MAX_SECONDS = 0.005
MAX_GROWN_BYTES = 8 << 20
# what a valid record of that many elements may cost too: three times 5 ms at most
MANY_ELEMENTS = {"100,000 blocks too many", "array in array"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_hostile_bytes_have_their_own_code(row: Row) -> None:
    """Each hostile payload is undecodable for the reason that it is."""
    assert code(taught(schema(row.type)), row.body) == row.code


@pytest.mark.parametrize(("name", "text", "reason"), SCHEMAS, ids=lambda x: str(x)[:30])
def test_hostile_schemas_are_not_admitted(name: str, text: str, reason: str) -> None:
    """A schema that would hurt is refused, and so are the records that name it."""
    assert name
    decoder = make_decoder(schema("long"))
    with pytest.raises(SchemaError) as caught:
        decoder.learn(ID, text, {})
    assert caught.value.code == reason
    answer = decoder.decode(record(FRAME + b"\x02"), RULE)
    assert isinstance(answer, Undecodable)
    assert answer.code == reason


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_hostile_bytes_cost_milliseconds_and_no_memory() -> None:
    """In a process of 1 GiB, each is refused in 5 ms of CPU and 8 MiB, and it lives."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.unit.decode.hostile"],
        capture_output=True,
        check=False,
        cwd=ROOT,
        text=True,
    )
    assert (run.returncode, run.stderr) == (0, "")
    costs = json.loads(run.stdout)
    assert costs.pop("alive") == {"code": "True"}
    assert len(costs) == len(ROWS) + len(SCHEMAS)
    slow = {
        name: cost["seconds"]
        for name, cost in costs.items()
        if cost["seconds"] > MAX_SECONDS * (10 if name in MANY_ELEMENTS else 1)
    }
    large = {
        name: cost["grown_bytes"]
        for name, cost in costs.items()
        if cost["grown_bytes"] > MAX_GROWN_BYTES
    }
    assert (slow, large) == ({}, {})
