"""What the tests of a mapping touch."""

from __future__ import annotations

import json

import pytest

from consumer.mapping.checking import check_file
from consumer.mapping.coverage import Coverage
from consumer.mapping.examples import run_all
from tests.unit.mapping.kit import READERS
from tests.unit.mapping.test_examples import PLAIN

HEAD = """\
version: 1
name: thing
owner: team
source: {topic: things, schema: t.Thing}
"""
FILE = f"""{HEAD}when: event.ok
profile: {{third_party_id: {{from: type, translate: {{T: C-1}}, otherwise: C-2}}}}
attributes:
  x: {{from: colour, translate: {{RED: red, BLUE: blue}}}}
  y: {{value: "1"}}
cases:
  - when: event.count == 1
    attributes: {{x: {{from: ok, translate: {{"true": "yes", "false": "no"}}}}}}
  - when: event.count == 2
    attributes: {{z: id}}
on_delete: {{profile: {{pc_id: meta.key}}, attributes: {{x: clear}}}}
tests:
"""
ALL = [
    "`when` is true",
    "`when` is false",
    "profile third_party_id: translate T",
    "profile third_party_id: otherwise",
    "attribute x",
    "attribute x: translate RED",
    "attribute x: translate BLUE",
    "attribute y",
    "case 0 holds",
    "attribute x of case 0",
    "attribute x of case 0: translate true",
    "attribute x of case 0: translate false",
    "case 1 holds",
    "no case holds",
    "attribute z of case 1",
    "attribute x of on_delete",
]


def covered(tests: str, text: str = FILE) -> Coverage:
    """Return the coverage of a file with these tests."""
    lines = "".join(
        f"  - {{name: t, base: f.json, {one}}}\n" for one in tests.split("\n")
    )
    source = text + lines
    found = check_file("thing.yaml", source, READERS, None)
    assert found.plan is not None, found.faults
    files = {"thing.yaml": source, "f.json": json.dumps(PLAIN)}
    [coverage] = run_all((found.plan,), files, READERS).coverage
    return coverage


def missed(tests: str) -> list[str]:
    """Return what these tests do not touch."""
    return [one.text for one in covered(tests).missed]


def test_a_test_that_states_nothing_touches_no_attribute() -> None:
    """A value that comes out and is not stated is not tested."""
    found = missed("contains: {}")
    touched = {"`when` is true", "no case holds", "profile third_party_id: translate T"}
    assert set(found) == set(ALL) - touched


@pytest.mark.parametrize(
    ("test", "touched"),
    [
        (
            "contains: {attributes: {x: red}}",
            ["attribute x", "attribute x: translate RED"],
        ),
        (
            "record: {type: U}, contains: {attributes: {y: '1'}}",
            ["attribute y", "profile third_party_id: otherwise"],
        ),
        (
            "record: {count: 1}, contains: {attributes: {x: 'yes'}}",
            [
                "case 0 holds",
                "attribute x of case 0",
                "attribute x of case 0: translate true",
            ],
        ),
        (
            "record: {count: 2}, contains: {attributes: {z: C-1}}",
            ["case 1 holds", "attribute z of case 1"],
        ),
        ("record: {ok: false}, expect: skipped", ["`when` is false"]),
        (
            "record: null, meta: {key: K}, contains: {attributes: {x: none}}",
            ["attribute x of on_delete"],
        ),
    ],
)
def test_what_a_test_touches(test: str, touched: list[str]) -> None:
    """Attributes, entries, conditions and cases are touched where they are evaluated."""
    assert [one for one in touched if one in missed(test)] == []


def test_all_of_a_file_can_be_touched_but_what_is_out_of_reach() -> None:
    """Tests for everything leave only the entry that no record can reach."""
    found = covered(
        "contains: {attributes: {x: red, y: '1'}}\n"
        "record: {colour: BLUE, type: U}, contains: {attributes: {x: blue}}\n"
        "record: {count: 1}, contains: {attributes: {x: 'yes'}}\n"
        "record: {count: 2}, contains: {attributes: {z: C-1}}\n"
        "record: {ok: false}, expect: skipped\n"
        "record: null, meta: {key: K}, contains: {attributes: {x: none}}"
    )
    assert [one.text for one in found.missed] == [
        "attribute x of case 0: translate false"
    ]
    assert (found.points, found.percent, found.missed[0].line) == (16, 93, 12)


def test_a_last_case_without_a_condition_takes_the_rest() -> None:
    """When no condition holds, the last case does, and it is named so."""
    text = FILE.replace("on_delete:", "  - attributes: {w: id}\non_delete:")
    found = covered("record: {count: 2}, contains: {}", text)
    assert "case 2 holds" in [one.text for one in found.missed]
    found = covered("contains: {}", text)
    assert "case 2 holds" not in [one.text for one in found.missed]


def test_a_mapping_without_tests_is_not_covered() -> None:
    """Without tests nothing is touched, and everything is named in order of the file."""
    source = f"{HEAD}profile: {{pc_id: id}}\nattributes:\n  x: id\n  y: type\n"
    found = check_file("thing.yaml", source, READERS, None)
    assert found.plan is not None
    [coverage] = run_all((found.plan,), {"thing.yaml": source}, READERS).coverage
    assert (coverage.percent, coverage.points) == (0, 2)
    assert [(one.line, one.text) for one in coverage.missed] == [
        (7, "attribute x"),
        (8, "attribute y"),
    ]


def test_an_empty_value_looks_nothing_up() -> None:
    """A rule whose value is null reaches no entry of its `translate`."""
    text = FILE.replace(
        "y: {value", "n: {from: nick, missing: skip, translate: {a: b}}\n  y: {value"
    )
    found = covered("contains: {attributes: {n: b}}", text)
    assert "attribute n: translate a" in [one.text for one in found.missed]
    found = covered("record: {nick: a}, contains: {attributes: {n: b}}", text)
    assert "attribute n: translate a" not in [one.text for one in found.missed]
