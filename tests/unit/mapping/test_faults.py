"""Every fault that a file or a set can have: code, place, message and mend."""

from __future__ import annotations

import pytest

from consumer.mapping.faults import FaultCode, did_you_mean
from consumer.mapping.loading import check
from tests.unit.mapping.kit import BASE, READERS, Found, faults
from tests.unit.mapping.test_rule_faults import RULES


def changed(old: str, new: str) -> str:
    """Return a file that is right but for one thing."""
    text = BASE + "  x: id\n"
    assert old in text
    return text.replace(old, new, 1)


FILES: list[tuple[str, Found]] = [
    (
        changed("owner: team", "order: event_time"),
        (
            "M425",
            3,
            8,
            (
                "With `order: event_time` the later action wins, and the file does not say "
                "when one happened."
            ),
            "Add `occurred_at`.",
        ),
    ),
    (
        changed("owner: team", "merge: window"),
        (
            "M424",
            3,
            8,
            "`merge: window` holds every update for `send_within`, and there is none.",
            "Add one, such as `send_within: 30s`.",
        ),
    ),
    (
        "- 1\n",
        (
            "M104",
            1,
            1,
            "The file is not a mapping of keys to values.",
            "Begin with `version: 1` and `name:`.",
        ),
    ),
    (
        changed("name: thing\n", ""),
        ("M102", 1, 1, "The key `name` is missing.", "Add `name:`."),
    ),
    (
        changed("version: 1", "version: 2"),
        ("M103", 1, 10, "`version` is none of the choices.", "It is one of: 1."),
    ),
    (
        changed("owner: team", "ownr: team"),
        ("M101", 3, 1, "There is no key `ownr` here.", "Did you mean `owner`?"),
    ),
    (
        changed("{topic: things,", "{topik: things,"),
        ("M101", 4, 10, "There is no key `topik` here.", "Did you mean `topic`?"),
    ),
    (
        changed("{topic: things,", "{topic: things, topics: [a],"),
        (
            "M106",
            4,
            9,
            "A source has exactly one of `topic`, `topics` and `pattern`.",
            "Keep one of them.",
        ),
    ),
    (
        changed("topic: things", "topics: []"),
        ("M409", 4, 18, "The list of topics is empty.", "Name a topic."),
    ),
    (
        changed("topic: things", "topic: a/b"),
        (
            "M401",
            4,
            17,
            "`a/b` cannot name a topic.",
            "Use letters, digits, `.`, `_` and `-`, at most 249.",
        ),
    ),
    (
        changed("topic: things", "pattern: '('"),
        (
            "M108",
            4,
            19,
            "The pattern is no regular expression: missing ), unterminated subpattern.",
            "Write one such as `crm\\..*`.",
        ),
    ),
    (
        changed("t.Thing", "t.Thnig"),
        (
            "M201",
            4,
            33,
            "No file defines the schema `t.Thnig`.",
            "Did you mean `t.Thing`?",
        ),
    ),
    (
        changed("name: thing", "name: a thing"),
        (
            "M401",
            2,
            7,
            "`a thing` cannot name a mapping.",
            "Use letters, digits, `-`, `_` and `.`, at most 100.",
        ),
    ),
    (
        changed("  x: id", "  a b: id"),
        (
            "M401",
            7,
            3,
            "`a b` cannot name an attribute.",
            "Begin with a letter; use letters, digits, `-`, `_` and `.`, at most 128.",
        ),
    ),
    (
        changed("  x: id", "  profile.x: id"),
        (
            "M402",
            7,
            3,
            "`profile.x` is reserved: the prefix is added when the attribute is sent.",
            "Choose another name.",
        ),
    ),
    (
        changed("  x: id", "  sessionCount: id"),
        (
            "M402",
            7,
            3,
            "`sessionCount` is reserved: Target keeps it for itself.",
            "Choose another name.",
        ),
    ),
    (
        changed("attributes:\n  x: id\n", ""),
        ("M409", 1, 1, "No attribute is written.", "Add one."),
    ),
    (
        changed("profile: {third_party_id: id}", "profile: []"),
        ("M409", 5, 10, "No profile is named.", "Name one."),
    ),
    (
        changed("{third_party_id: id}", "{ecid: id}"),
        (
            "M105",
            5,
            17,
            "`ecid` needs the delivery endpoint, which is not built yet.",
            "Use `third_party_id` or `pc_id`.",
        ),
    ),
    (
        changed("owner: team", "when: event.count"),
        (
            "M302",
            3,
            7,
            "The condition gives int, not a truth value.",
            'Compare with something: `event.status == "FUNDED"`.',
        ),
    ),
    (
        changed("owner: team", "occurred_at: day"),
        (
            "M204",
            3,
            14,
            "`occurred_at` is a date, not a timestamp.",
            "Name a timestamp, or `parse` one.",
        ),
    ),
    (
        changed("owner: team", "occurred_at: dya"),
        ("M202", 3, 14, "`t.Thing` has no field `dya`.", "Did you mean `day`?"),
    ),
    (
        changed("owner: team", "send_within: 30"),
        (
            "M104",
            3,
            14,
            (
                "`send_within` has the wrong shape: write a text with a unit, such as "
                '"30s", "5m" or "2h".'
            ),
            "Compare it with the reference of mapping files.",
        ),
    ),
    (
        changed(
            "owner: team",
            "cases: [{attributes: {y: id}}, {when: event.ok, attributes: {y: id}}]",
        ),
        (
            "M408",
            3,
            32,
            "This case is never reached: the one before has no `when`.",
            "Give that one a `when`, or move it to the end.",
        ),
    ),
    (
        changed(
            "owner: team",
            "on_delete: {profile: {pc_id: meta.key}, attributes: {y: id}}",
        ),
        (
            "M202",
            3,
            57,
            "There is no event where `id` is read: the record has no value.",
            "Use `meta`, such as `meta.key`.",
        ),
    ),
]


@pytest.mark.parametrize(("text", "fault"), FILES)
def test_a_file_that_is_wrong_is_named(text: str, fault: Found) -> None:
    """A fault of a file has its code, its place, what is wrong and the mend."""
    assert faults(text) == [fault]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("send: changed", "`send: changed`"),
        ("endpoint: bulk", "`endpoint: bulk`"),
    ],
)
def test_what_is_not_built_is_refused(line: str, what: str) -> None:
    """A key of the language whose stage is not there is refused, never ignored."""
    assert faults(changed("owner: team", line)) == [
        ("M105", 3, 1, f"{what} is not built yet.", "Leave it out for now.")
    ]


OTHER = BASE + "  y: id\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            OTHER,
            (
                "M403",
                2,
                7,
                "a.yaml is named `thing`, too.",
                "Give each mapping a name of its own.",
            ),
        ),
        (
            OTHER.replace("name: thing", "name: z\norder: event_time\noccurred_at: at"),
            (
                "M426",
                3,
                8,
                "`thing` orders records of things by `offset`, this by `event_time`.",
                "Name the same order in all mappings of a topic.",
            ),
        ),
        (
            OTHER.replace("name: thing", "name: z\nendpoint: single"),
            (
                "M404",
                3,
                11,
                "`thing` sends records of things by `auto`, this by `single`.",
                "Name the same endpoint in all mappings of a topic.",
            ),
        ),
        (
            OTHER.replace("name: thing", "name: z").replace(
                "schema:", "framing: bare, schema:"
            ),
            (
                "M405",
                4,
                34,
                "`thing` reads things as `auto`, this as `bare`.",
                "Name the same framing in all mappings of a topic.",
            ),
        ),
        (
            OTHER
            .replace("name: thing", "name: z")
            .replace("topic: things", "topic: others")
            .replace("  y: id", "  x: id"),
            (
                "M406",
                7,
                3,
                "`thing` writes `x`, too, from another topic.",
                (
                    "Choose another name, or give both mappings a `stamp`: between "
                    "topics there is no order, so the older value could win."
                ),
            ),
        ),
    ],
)
def test_files_that_contradict_each_other_are_named(text: str, fault: Found) -> None:
    """What only two files together have wrong is named in the second."""
    files = {"a.yaml": BASE + "  x: id\n", "b.yaml": text}
    found = check(files, READERS, {}, {}).faults
    assert [(f.file, (f.code, f.line, f.column, f.message, f.mend)) for f in found] == [
        ("b.yaml", fault)
    ]


def test_yaml_faults_are_passed_on() -> None:
    """A file that is no YAML is named with the reader's code, the others are checked."""
    files = {"a.yaml": "a: [", "b.yaml": "- 1"}
    assert [f.code for f in check(files, READERS, {}, {}).faults] == ["Y101", "M104"]


def test_every_code_has_a_test() -> None:
    """The tests of this file raise every fault of the catalogue but advice (M5xx)."""
    tested = {fault[0] for _, fault in [*RULES, *FILES]}
    tested |= {"M105", "M213", "M407", "M403", "M404", "M405", "M406"}
    tested |= {"M426"}
    tested |= {"M421", "M422", "M423"}  # in the tests of stamps, shares and defaults
    tested |= {"M601", "M602"}  # in the tests of overrides
    proved = {str(code) for code in FaultCode if not code.startswith("M5")}
    assert proved - tested == set()
    assert all(code.meaning.endswith(".") for code in FaultCode)


@pytest.mark.parametrize(
    ("word", "known", "mend"),
    [
        ("ab", ["abc", "x"], "Did you mean `abc`?"),
        ("q", ["b", "a"], "It is one of: a, b."),
        ("q", [], "There is nothing to choose from here."),
    ],
)
def test_a_mend_names_the_nearest(word: str, known: list[str], mend: str) -> None:
    """An unknown word is answered with the nearest one, or with all."""
    assert did_you_mean(word, known) == mend
