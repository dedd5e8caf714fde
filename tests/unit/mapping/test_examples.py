"""The tests inside mapping files."""

from __future__ import annotations

import json

import pytest

from consumer.mapping.checking import check_file
from consumer.mapping.examples import TestResult, run_tests
from tests.unit.mapping.kit import BASE, READERS

PLAIN = {
    "id": "C-1",
    "count": 7,
    "ratio": 0.5,
    "ok": True,
    "raw": "",
    "price": "19.90",
    "day": "2026-03-01",
    "hour": "15:30:00",
    "at": "2026-03-01T15:30:00Z",
    "clock": "2026-03-01T15:30:00",
    "uid": "00000000-0000-0000-0000-000000000001",
    "colour": "RED",
    "either": "S-1",
    "tags": [],
    "marks": {},
    "lines": [],
    "type": "T",
    "meta": "M",
    "clear": "C",
}
ATTRIBUTES = """\
  x: id
  k: {from: meta.key, missing: skip}
on_delete: {profile: {pc_id: meta.key}, attributes: {x: clear}}
"""


def results(test: str, attributes: str = ATTRIBUTES) -> tuple[TestResult, ...]:
    """Return the results of a file with one test."""
    text = f"{BASE}{attributes}tests:\n  - {{name: t, base: f/thing.json, {test}}}\n"
    found = check_file("m/thing.yaml", text, READERS, None)
    assert found.plan is not None
    files = {
        "m/thing.yaml": text,
        "m/f/thing.json": json.dumps(PLAIN),
        "m/f/bad.json": "{\n,",
        "m/f/bad.yaml": "a: [",
    }
    return run_tests((found.plan,), files, READERS)


@pytest.mark.parametrize(
    "test",
    [
        "expect: {profile: {third_party_id: C-1}, attributes: {x: C-1}}",
        "contains: {attributes: {x: C-1}}",
        "contains: {profile: {third_party_id: C-1}}",
        "record: {id: ''}, expect: {rejected: no_profile}",
        "meta: {key: K}, contains: {attributes: {k: K}}",
        (
            "record: null, meta: {key: K}, "
            "expect: {profile: {pc_id: K}, attributes: {x: none}}"
        ),
    ],
)
def test_what_is_as_expected_passes(test: str) -> None:
    """A test passes when exactly, or at least, what it says comes out."""
    [result] = results(test)
    assert result == TestResult(
        file="m/thing.yaml", line=11, mapping="thing", name="t", difference=()
    )
    assert result.passed


@pytest.mark.parametrize(
    ("test", "difference"),
    [
        (
            "expect: skipped",
            [
                "the record",
                '  expected "skipped"',
                '  found    {"profile": {"third_party_id": "C-1"}, "attributes": {"x": "C-1"}}',
            ],
        ),
        ("contains: {attributes: {x: D}}", ['attributes.x: expected "D", found "C-1"']),
        (
            "contains: {attributes: {y: D}}",
            ['attributes.y: expected "D", found nothing'],
        ),
        (
            "expect: {profile: {third_party_id: C-1}, attributes: {}}",
            ['attributes.x: expected nothing, found "C-1"'],
        ),
        (
            "expect: {attributes: {x: C-1}}",
            ['profile: expected nothing, found {"third_party_id": "C-1"}'],
        ),
        (
            "expect: [skipped]",
            [
                "the record",
                '  expected ["skipped"]',
                '  found    {"profile": {"third_party_id": "C-1"}, "attributes": {"x": "C-1"}}',
            ],
        ),
        (
            "record: {id: null}, expect: skipped",
            ["id: the field is missing and has no default."],
        ),
        (
            "record: {idd: x}, expect: skipped",
            ["idd: no such field. Did you mean `id`?"],
        ),
        (
            "record: {id: ''}, expect: {rejected: cel}",
            [
                'rejected: expected "cel", found "no_profile"',
                "rejected by profile: no_profile: none is present",
            ],
        ),
        ("record: {}", ["a test has exactly one of `expect` and `contains`."]),
    ],
)
def test_what_differs_is_said(test: str, difference: list[str]) -> None:
    """A test that fails says what it expected and what it found, a line each."""
    [result] = results(test)
    assert list(result.difference) == difference
    assert not result.passed


@pytest.mark.parametrize(
    ("base", "difference"),
    [
        ("f/none.json", "there is no fixture m/f/none.json."),
        (
            "f/bad.json",
            "m/f/bad.json:2: this is not JSON: Expecting property name enclosed in double quotes.",
        ),
        (
            "f/bad.yaml",
            "m/f/bad.yaml:2:1: error Y101: This is not YAML: did not find expected node content.\n    Look at this line and the one before it: indentation, quotes, colons.",
        ),
    ],
)
def test_a_bad_fixture_fails_its_test(base: str, difference: str) -> None:
    """A fixture that is missing or broken is named; other tests still run."""
    text = f"expect: skipped}}\n  - {{name: u, base: {base}, expect: skipped"
    assert [r.difference for r in results(text)][1] == (difference,)


def test_several_items_are_a_list() -> None:
    """A record that becomes several items is compared with a list."""
    text = BASE.replace(
        "profile: {third_party_id: id}",
        "profiles: all\nprofile: [{third_party_id: id}, {pc_id: type}]",
    )
    test = "tests:\n  - {name: t, base: f.json, contains: [{profile: {third_party_id: C-1}}, {profile: {pc_id: X}}]}\n"
    short = "  - {name: u, base: f.json, contains: [{}]}\n"
    source = f"{text}  x: id\n{test}{short}"
    found = check_file("thing.yaml", source, READERS, None)
    assert found.plan is not None
    files = {"thing.yaml": source, "f.json": json.dumps(PLAIN)}
    assert [r.difference for r in run_tests((found.plan,), files, READERS)] == [
        ('[1].profile.pc_id: expected "X", found "T"',),
        ("items: expected 1, found 2",),
    ]


def test_a_tombstone_without_on_delete_is_skipped() -> None:
    """A record without a value is skipped when the file says nothing of it."""
    assert results("record: null, expect: skipped", "  x: id\n")[0].passed


def test_a_record_without_a_base_is_whole() -> None:
    """A test may write its record out."""
    text = f"{BASE}  x: id\ntests:\n  - {{name: t, record: {json.dumps(PLAIN)}, contains: {{}}}}\n"
    found = check_file("a.yaml", text, READERS, None)
    assert found.plan is not None
    assert [r.passed for r in run_tests((found.plan,), {"a.yaml": text}, READERS)] == [
        True
    ]
