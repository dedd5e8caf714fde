"""A plan that tells what it evaluated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from consumer.decode.readers import load_readers
from consumer.mapping.compiling import compile_write
from consumer.mapping.loading import load
from consumer.mapping.noting import Notes, instrumented
from consumer.mapping.record_json import event_of
from tests.unit.mapping.kit import record
from tests.unit.mapping.nested import change, house, mappings, member
from tests.unit.mapping.nested import text as nested

ROOT = Path(__file__).resolve().parents[3] / "schemas"


def texts(folder: str, suffix: str) -> dict[str, str]:
    """Return path and text of the shipped files of a kind."""
    return {str(path): path.read_text() for path in (ROOT / folder).glob(f"*{suffix}")}


READERS = load_readers(texts("avro", ".avsc"))
PLANS = {
    plan.spec.name: plan
    for plan in load(texts("mappings", ".yaml"), READERS, {}, {}).plans
}


@pytest.mark.parametrize(
    ("name", "fixture", "paths"),
    [
        ("loan-funded", "loan", {("when",), ("cases", 0)}),
        ("loyalty-card-swiped", "loyalty", set()),
        ("kiosk-accessed", "kiosk", {("cases", 0)}),
    ],
)
def test_it_does_the_same_and_tells(
    name: str, fixture: str, paths: set[tuple[str | int, ...]]
) -> None:
    """What comes out is what the plan itself gives; what was evaluated is noted."""
    plan, notes = PLANS[name], Notes()
    schema = READERS[plan.spec.source.schema_].schema
    value = json.loads((ROOT / "mappings" / "fixtures" / f"{fixture}.json").read_text())
    event = event_of(value, schema, {})
    told = compile_write(instrumented(plan, notes).event, plan.route)
    assert told(event, record()).items[0].attributes == (
        compile_write(plan.event, plan.route)(event, record()).items[0].attributes
    )
    assert {path for path, _ in notes.decisions} == paths
    assert {path[-1] for path in notes.reached if path[0] == "attributes"} == set(
        plan.spec.attributes
    )


def test_a_plan_without_a_tombstone_has_none() -> None:
    """Nothing is added: a record without a value is skipped as before."""
    assert instrumented(PLANS["loan-funded"], Notes()).delete is None


@pytest.mark.parametrize(
    ("op", "scores", "told"),
    [
        ("u", [1, 5], {False, True}),
        ("u", [5], {True}),
        ("d", [5], {False}),
        ("u", [], set()),
    ],
)
def test_a_condition_in_two_parts_is_one(
    op: str, scores: list[int], told: set[bool]
) -> None:
    """Where a part is judged for each element, true means that all of it was true."""
    head = (
        'when: event.op == "u" && item.score > 3\n'
        "for_each: {item: solid.members}\nprofile: {third_party_id: item.id}"
    )
    plan = mappings(nested(head, "{x: op}")).plans[0]
    notes = Notes()
    run = compile_write(instrumented(plan, notes).event, plan.route)
    run(change(op=op, solid=house(*(member("a", one) for one in scores))), record())
    assert {gave for _, gave in notes.decisions} == told
