"""What a file may say and certainly does not mean."""

from __future__ import annotations

import pytest

from consumer.mapping.advice import element_of
from consumer.mapping.loading import check
from consumer.mapping.value_type import from_avro
from tests.unit.mapping.kit import BASE, READERS, SCHEMA, checked, each, faults, mapping

RIGHT = BASE + "  x: id\n"


def with_line(line: str) -> str:
    """Return a file that is right, with one more line in it."""
    return RIGHT.replace("owner: team", line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            'when: event.colour == "GREEN"',
            ("M501", 3, 7, "The enum `event.colour` has no `GREEN`."),
        ),
        (
            "when: event.ok || event.colour in ['RED', 'BLU']",
            ("M501", 3, 7, "The enum `event.colour` has no `BLU`."),
        ),
        (
            "cases: [{when: 'event.colour != \"GREY\"', attributes: {y: id}}]",
            ("M501", 3, 16, "The enum `event.colour` has no `GREY`."),
        ),
        (
            "cases: [{attributes: {y: {cel: 'event.colour == \"GREY\" ? 1 : 2'}}}]",
            ("M501", 3, 32, "The enum `event.colour` has no `GREY`."),
        ),
        (
            'when: "false"',
            (
                "M502",
                3,
                7,
                "No record meets this condition: `false` is always false.",
            ),
        ),
        (
            "when: size('abc') > 3 && event.ok",
            (
                "M502",
                3,
                7,
                "No record meets this condition: `size('abc') > 3` is always false.",
            ),
        ),
        (
            "cases: [{when: event.ok && !event.ok, attributes: {y: id}}]",
            (
                "M502",
                3,
                16,
                (
                    "No record meets this condition: `event.ok` would need a value that "
                    "it cannot have."
                ),
            ),
        ),
        (
            "tests: [{name: a, expect: [{attributes: {z: a}}]}]",
            ("M503", 3, 42, "The test expects `z`, and no rule makes it."),
        ),
        (
            "tests: [{name: a, record: null, contains: {attributes: {x: a}}}]",
            ("M503", 3, 57, "The test expects `x`, and no rule makes it."),
        ),
    ],
)
def test_what_cannot_be_meant_is_named(
    line: str, expected: tuple[str, int, int, str]
) -> None:
    """An expression or a test that comes to nothing is a fault at its place."""
    assert [one[:4] for one in faults(with_line(line))] == [expected]


@pytest.mark.parametrize(
    "line",
    [
        'when: event.colour == "RED"',
        "when: event.ok || 1 > 2",
        "when: size(event.id) > 3",
        "when: 1 / 0 == 1",
        "tests: [{name: a, expect: skipped}, {name: b, expect: {rejected: missing}}]",
        "tests: [{name: a, expect: {attributes: {x: a}}}]",
        "tests: [{name: a, expect: {profile: {pc_id: b}, attributes: wrong}}]",
    ],
)
def test_what_may_be_meant_is_left_alone(line: str) -> None:
    """A condition that may hold and a test that may pass are right."""
    assert faults(with_line(line)) == []


def test_an_expression_at_fault_is_named_once() -> None:
    """A condition that does not compile is not judged as well."""
    assert [one[0] for one in faults(with_line("when: nobody + 1 > 0"))] == ["M301"]
    assert [one[0] for one in faults(with_line("when: event.colour == 1"))] == ["M301"]


def test_without_its_schema_a_file_is_judged_by_its_tests_only() -> None:
    """Nothing is said of conditions on an event that nobody describes."""
    text = with_line('when: "false"').replace("t.Thing", "u.Thing")
    assert [one[0] for one in faults(text)] == ["M201"]


@pytest.mark.parametrize(
    ("path", "root", "known"),
    [
        ("lines", None, ["sku", "price", "note"]),
        ("event.lines", "home", ["sku", "price", "note"]),
        ("lines", "home", None),
        ("id", None, None),
    ],
)
def test_an_element_of_a_list_has_its_own_type(
    path: str, root: str | None, known: list[str] | None
) -> None:
    """What `for_each` calls an element has the type of one, from the root on."""
    spec = mapping(RIGHT).plans[0].spec
    source = spec.source.model_copy(update={"root": root})
    changes = {"source": source, "for_each": each("item", path)}
    found = element_of(spec.model_copy(update=changes), from_avro(SCHEMA, {}))
    assert [list(one.fields) for one in found.values()] == ([known] if known else [])


def test_a_warning_leaves_the_set_usable() -> None:
    """What is only likely wrong stops nothing."""
    found = check({"thing.yaml": RIGHT, "fixtures/old.json": "{}"}, READERS, {}, None)
    assert [(one.code, one.file, one.severity) for one in found.faults] == [
        ("M505", "fixtures/old.json", "warning")
    ]
    assert found.mappings is not None


def test_fixtures_are_found_from_the_folder_of_the_file() -> None:
    """`base` is relative to the mapping; a file in a folder has its own fixtures."""
    text = RIGHT + "tests: [{name: a, base: ../shared/a.json, expect: skipped}]\n"
    files = {"crm/thing.yaml": text, "shared/a.json": "{}"}
    assert check(files, READERS, {}, None).faults == ()
    found = check({**files, "crm/b.json": "{}"}, READERS, {}, None).faults
    assert [(one.code, one.file) for one in found] == [("M505", "crm/b.json")]


def test_without_a_whole_set_no_fixture_is_called_unused() -> None:
    """A file that cannot be read may name any fixture."""
    files = {"a.yaml": "a: [", "fixtures/a.json": "{}"}
    assert [one.code for one in check(files, READERS, {}, None).faults] == ["Y101"]
    text = RIGHT + "tests: [{name: a, base: gone.json, expect: skipped}]\n"
    assert checked(text).faults == ()
