"""Defaults of a folder: what mappings take from them, and what is wrong with them."""

from __future__ import annotations

import pytest

from consumer.mapping.loading import CheckedSet, check
from consumer.mapping.version import blob_id
from consumer.model import Decoded, EndpointName, Mapped, Priority
from tests.unit.mapping.kit import BASE, READERS, Found, event, record

FILE = BASE.replace("owner: team\n", "")
X = FILE + "  x: id\n"


def checked(mapping: str, **defaults: str) -> CheckedSet:
    """Check a mapping in folder `a/b` and the defaults of `root`, `a`, `b` and `c`."""
    places = {"root": "", "a": "a/", "b": "a/b/", "c": "a/c/"}
    files = {f"{places[k]}_defaults.yaml": text for k, text in defaults.items()}
    return check({**files, "a/b/thing.yaml": mapping}, READERS, {}, {})


def faults(found: CheckedSet) -> list[tuple[str, Found]]:
    """Return the faults, each with its file."""
    return [
        (f.file, (f.code, f.line, f.column, f.message, f.mend)) for f in found.faults
    ]


def attributes(mapping: str, defaults: str, **changes: object) -> dict[str, str]:
    """Return what a mapping writes of an event under some defaults."""
    found = checked(mapping, a=f"defaults: {defaults}")
    assert found.faults == ()
    assert found.mappings is not None
    mapped = found.mappings.map(record(), Decoded(event(**changes), "t.Thing"))
    assert isinstance(mapped, Mapped)
    return mapped.items[0].attributes


def test_the_nearest_folder_wins_key_by_key() -> None:
    """A key comes from the nearest file that has it, each key for itself."""
    found = checked(
        X,
        root="defaults: {owner: root, priority: low, send_within: 1m}",
        a="defaults: {owner: a, send_within: 30s}",
        b="version: 1\ndefaults: {owner: b, endpoint: single, no_profile: skip}",
    )
    assert found.mappings is not None
    [plan] = found.mappings.plans
    spec, route = plan.spec, plan.route
    assert (spec.owner, spec.no_profile) == ("b", "skip")
    assert (route.priority, route.send_within_seconds) == (Priority.LOW, 30.0)
    assert route.endpoint is EndpointName.SINGLE
    assert found.mappings.owner(["thing"]) == "b"


def test_what_the_mapping_says_stands() -> None:
    """A default never takes the place of what the file says itself."""
    found = checked(BASE + "  x: id\n", a="defaults: {owner: a, priority: high}")
    assert found.mappings is not None
    spec = found.mappings.plans[0].spec
    assert (spec.owner, spec.priority) == ("team", Priority.HIGH)


def test_a_folder_beside_says_nothing() -> None:
    """Defaults hold for the folder and those below, for no other."""
    found = checked(X, c="defaults: {owner: c}")
    assert found.mappings is not None
    assert found.mappings.plans[0].spec.owner == ""


@pytest.mark.parametrize(
    ("rule", "defaults", "text"),
    [
        ("nick", "{missing: {use: nobody}}", "nobody"),
        ("nick", "{missing: clear, cleared: gone}", "gone"),
        ("nick", "{missing: skip}", None),
        ("{from: nick, missing: {use: own}}", "{}", "own"),
        ("{from: id, apply: [trim]}", "{missing: {use: blank}}", "blank"),
        ("clear", "{cleared: gone}", "gone"),
        ("{from: nick, missing: clear}", "{cleared: gone}", "gone"),
        (
            '{from: at, format: {date: "%H:%M"}}',
            "{zone: America/New_York}",
            "10:30",
        ),
    ],
)
def test_rules_take_what_they_do_not_say(
    rule: str, defaults: str, text: str | None
) -> None:
    """`missing`, `cleared` and `zone` stand in where a rule says nothing."""
    found = attributes(f"{FILE}  z: count\n  x: {rule}\n", defaults, id=" ")
    assert found.get("x") == text


def test_a_zone_of_the_rule_and_a_date_without_one_take_none() -> None:
    """A zone stands in for a timestamp only, and only where the format names none."""
    file = (
        FILE
        + '  x: {from: at, format: {date: "%H:%M", zone: UTC}}\n'
        + '  y: {from: day, format: {date: "%d.%m."}}\n'
    )
    found = checked(file, a="defaults: {zone: America/New_York}")
    assert [one[1][0] for one in faults(found)] == ["M423"]


def test_the_version_names_what_was_taken() -> None:
    """A file of defaults is in the version of a mapping that takes something from it."""
    near, far = "defaults: {owner: b}", "defaults: {owner: a, priority: low}"
    found = checked(X, a=far, b=near, root="defaults: {owner: r}")
    assert found.mappings is not None
    [plan] = found.mappings.plans
    assert plan.version == f"{blob_id(X)}+{blob_id(near)}+{blob_id(far)}"
    assert plan.route.versions == (plan.version,)
    alone = checked(X)
    assert alone.mappings is not None
    assert alone.mappings.plans[0].version == blob_id(X)
    assert alone.mappings.version != found.mappings.version


def test_unused_defaults_are_warnings() -> None:
    """A default that every mapping or a nearer folder says is named at its key."""
    found = checked(
        X, a="defaults:\n  owner: a\n  zone: UTC\n", b="defaults: {owner: b}"
    )
    mend = "Remove it: no mapping below needs it, or each has its own."
    assert faults(found) == [
        (
            "a/_defaults.yaml",
            ("M423", 2, 3, "No mapping takes the default `owner`.", mend),
        ),
        (
            "a/_defaults.yaml",
            ("M423", 3, 3, "No mapping takes the default `zone`.", mend),
        ),
    ]
    assert {fault.severity for fault in found.faults} == {"warning"}
    assert found.mappings is not None


def test_while_a_mapping_is_wrong_nothing_is_called_unused() -> None:
    """What a broken file would take is not known."""
    found = checked(X.replace("x: id", "x: nope"), a="defaults: {owner: a, zone: UTC}")
    assert [fault.code for fault in found.faults] == ["M202"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "- 1",
            (
                "M104",
                1,
                1,
                "The file is not a mapping of keys to values.",
                "Begin with `version: 1` and `defaults:`.",
            ),
        ),
        (
            "defaults:\n  ownr: a\n",
            ("M101", 2, 3, "There is no key `ownr` here.", "Did you mean `owner`?"),
        ),
        (
            "default: {owner: a}\ndefaults: {owner: a}",
            (
                "M101",
                1,
                1,
                "There is no key `default` here.",
                "Did you mean `defaults`?",
            ),
        ),
        (
            "version: 1\n",
            ("M102", 1, 1, "The key `defaults` is missing.", "Add `defaults:`."),
        ),
        (
            "defaults: {zone: Moon/Sea}",
            (
                "M104",
                1,
                18,
                "`zone` has the wrong shape: there is no time zone of that name.",
                "Compare it with the reference of mapping files.",
            ),
        ),
        (
            'defaults: {cleared: ""}',
            (
                "M104",
                1,
                21,
                (
                    "`cleared` has the wrong shape: write 1 to 256 characters: target "
                    "stores no others."
                ),
                "Compare it with the reference of mapping files.",
            ),
        ),
        (
            'defaults: {missing: {use: ""}}',
            (
                "M104",
                1,
                21,
                (
                    "`missing` has the wrong shape: write 1 to 256 characters: target "
                    "stores no others."
                ),
                "Compare it with the reference of mapping files.",
            ),
        ),
        (
            "defaults: {priority: urgent}",
            (
                "M103",
                1,
                22,
                "`priority` is none of the choices.",
                "It is one of: high, normal or low.",
            ),
        ),
        (
            "defaults: {owner: a",
            (
                "Y101",
                2,
                1,
                "This is not YAML: did not find expected ',' or '}'.",
                "Look at this line and the one before it: indentation, quotes, colons.",
            ),
        ),
    ],
)
def test_faults_of_defaults_have_a_place(text: str, fault: Found) -> None:
    """What is wrong in a file of defaults is named there."""
    assert faults(checked(X, a=text)) == [("a/_defaults.yaml", fault)]


def test_a_name_that_would_be_passed_over_is_refused() -> None:
    """`_defaults.yml` is a fault, not silence."""
    found = check({"a/_defaults.yml": "", "a/thing.yaml": X}, READERS, {}, {})
    assert faults(found) == [
        (
            "a/_defaults.yml",
            (
                "M401",
                0,
                0,
                "Defaults of this name are not read.",
                "Name the file `_defaults.yaml`.",
            ),
        )
    ]
