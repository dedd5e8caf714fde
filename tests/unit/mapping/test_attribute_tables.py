"""The catalogue of what mappings write."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consumer.mapping.attribute_tables import attributes
from consumer.mapping.loading import check
from tests.unit.mapping.kit import BASE, READERS, SCHEMA, FakeReader

FIELDS = [
    *SCHEMA["fields"],  # type: ignore[misc]  # a list, by its literal
    {"name": "email", "doc": "Where to write to.", "type": "string"},
]
DOCUMENTED = {"t.Thing": FakeReader({**SCHEMA, "fields": FIELDS})}


def rows(text: str) -> list[list[str]]:
    """Return the cells of each attribute."""
    found = check({"thing.yaml": text}, DOCUMENTED, {}, None)
    assert found.mappings is not None, found.faults
    lines = attributes(found.mappings.plans, DOCUMENTED).splitlines()[2:]
    return [[cell.strip() for cell in line.split(" | ")] for line in lines]


def row(rule: str) -> list[str]:
    """Return the cells of one attribute `x`, without its name, mapping and owner."""
    [[_, meaning, values, mapping, fields, owner, personal]] = rows(
        f"{BASE}  x: {rule}\n"
    )
    assert (mapping, owner) == ("thing", "team")
    return [meaning, values, fields, personal.removesuffix("|").strip()]


@pytest.mark.parametrize(
    ("rule", "values", "fields"),
    [
        ("id", "text", "`id`"),
        ("count", "integer", "`count`"),
        ("colour", "`RED`, `BLUE`", "`colour`"),
        ("ok", "`true`, `false`", "`ok`"),
        ("clear", "`none`", ""),
        ('{value: "1"}', "`1`", ""),
        ("{from: nick, missing: clear}", "text, `none`", "`nick`"),
        ("{from: nick, missing: {use: x}}", "text, `x`", "`nick`"),
        ("{from: nick, missing: skip}", "text", "`nick`"),
        (
            "{from: colour, translate: {RED: r}, otherwise: o}",
            "`r`, `o`",
            "`colour`",
        ),
        ("{from: colour, translate: {RED: r, BLUE: b}}", "`r`, `b`", "`colour`"),
        ("{from: ok, format: {boolean: {true: Y, false: N}}}", "`Y`, `N`", "`ok`"),
        ("{from: day, format: {date: '%d.%m.'}}", "as `%d.%m.`", "`day`"),
        (
            "{from: price, format: {decimal: 2}}",
            "number with 2 digits after the point",
            "`price`",
        ),
        ("{from: count, format: {number: plain}}", "integer", "`count`"),
        ("{from: id, apply: [trim, sha256]}", "64 hex digits", "`id`"),
        ("{from: tags, apply: [count]}", "integer", "`tags`"),
        (
            "{from: count, apply: [{band: {edges: [1], names: [low, high]}}]}",
            "`low`, `high`",
            "`count`",
        ),
        (
            "{from: lines, apply: [{pluck: sku}, join]}",
            "text",
            "`lines`, `lines.sku`",
        ),
        ('{cel: \'event.ok ? "yes" : "no"\'}', "`yes`, `no`", "`ok`"),
        ("{cel: event.count + 1}", "integer", "`count`"),
    ],
)
def test_what_a_rule_writes(rule: str, values: str, fields: str) -> None:
    """Words are listed where they are known, else what they look like."""
    assert row(rule) == ["", values, fields, ""]


@pytest.mark.parametrize(
    ("rule", "meaning", "personal"),
    [
        ("email", "Where to write to.", "likely"),
        ("{from: email, apply: [sha256]}", "Where to write to.", "hidden"),
        ("{from: email, personal: true}", "Where to write to.", "yes"),
        ("{from: email, personal: false}", "Where to write to.", "no"),
        ("{from: email, description: An address.}", "An address.", "likely"),
        ("{cel: event.email, description: Some | any}", "Some \\| any", "likely"),
        ("{cel: 'size(event.email)'}", "", "likely"),
    ],
)
def test_what_an_attribute_means(rule: str, meaning: str, personal: str) -> None:
    """The rule's description comes before the field's `doc`; an expression has none."""
    found = row(rule)
    assert [found[0], found[3]] == [meaning, personal]


def test_rules_of_all_parts_are_one_row() -> None:
    """Common rules, those of cases and of `on_delete` are joined under one name."""
    found = rows(
        BASE
        + "  x: id\n  y: count\n"
        + "cases:\n"
        + "  - {when: event.ok, attributes: {x: {value: a}}}\n"
        + "  - {attributes: {x: {value: b}}}\n"
        + "on_delete: {profile: {pc_id: meta.key}, attributes: {x: clear}}\n"
    )
    assert [one[:3] for one in found] == [
        ["| `x`", "", "`a`, `b`, `none`"],
        ["| `y`", "", "integer"],
    ]
    found = rows(
        BASE + "  x: id\ncases: [{when: event.ok, attributes: {z: {value: a}}}]\n"
    )
    assert [one[0] for one in found] == ["| `x`", "| `z`"]


def test_an_attribute_of_two_mappings_has_two_rows() -> None:
    """Each mapping says what it writes, in order of names."""
    texts = {
        "a.yaml": BASE + "  x: id\n",
        "b.yaml": BASE.replace("name: thing", "name: again") + "  x: count\n",
    }
    mappings = check(texts, READERS, {}, None).mappings
    assert mappings is not None
    found = attributes(mappings.plans, READERS).splitlines()[2:]
    assert [line.split(" | ")[3] for line in found] == ["again", "thing"]


def test_a_stamp_is_an_attribute() -> None:
    """What a mapping writes beside its rules is in the catalogue, too."""
    mappings = check({"a.yaml": BASE + "  x: id\n"}, READERS, {}, None).mappings
    assert mappings is not None
    [plan] = mappings.plans
    spec = plan.spec.model_copy(update={"stamp": "changedAt"})
    found = attributes([replace(plan, spec=spec)], READERS).splitlines()
    assert found[2].startswith(
        "| `changedAt` | When the newest of the values was true."
    )
