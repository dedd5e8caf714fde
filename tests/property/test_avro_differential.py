"""Property: Apache's own reader and ours agree, value for value."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, note, settings

from consumer.errors import SchemaUnresolvableError
from consumer.model import Decoded, Undecodable
from tests.property.apache import REFUSED, is_same, read
from tests.property.avro_drawing import Case, cases
from tests.unit.decode.avro import FRAME, RULE, record, taught

pytestmark = pytest.mark.timeout(180)

SEEDED = settings(
    derandomize=True,
    deadline=None,
    max_examples=500,
    suppress_health_check=list(HealthCheck),
)


def ours(case: Case) -> object:
    """Return our value; `REFUSED` when it cannot be resolved."""
    decoder = taught(case.writer, case.reader)
    try:
        answer = decoder.decode(record(FRAME + case.body), RULE)
    except SchemaUnresolvableError:
        return REFUSED
    if isinstance(answer, Undecodable) and answer.code == "unresolved_value":
        return REFUSED
    return answer.event if isinstance(answer, Decoded) else answer


def agree(case: Case) -> None:
    """Compare both; what was drawn is shown when they differ."""
    mine = ours(case)
    theirs = read(case.rewritten, case.reader, case.body)
    note(f"writer {json.dumps(case.writer)}")
    note(f"reader {json.dumps(case.reader)}")
    note(f"bytes {case.body.hex()}\nours {mine!r}\ntheirs {theirs!r}")
    assert is_same(mine, theirs)


@SEEDED
@given(cases(evolving=False))
def test_what_was_written_is_read_alike(case: Case) -> None:
    """With one schema: nesting, unions, blocks, logical types, named types again."""
    agree(case)


@SEEDED
@given(cases())
def test_what_evolved_is_read_alike(case: Case) -> None:
    """With two: fields added, dropped, renamed, promoted; unions and enums changed."""
    agree(case)
