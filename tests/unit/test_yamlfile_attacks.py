"""Files that would hurt a reader of YAML, or be read as something else than was written.

Each is refused at its place, within the time that it takes to read the file once. What
others make of them was measured with PyYAML 6.0.3.
"""

from __future__ import annotations

import time

import pytest

from consumer.errors import ConfigurationError
from consumer.yamlfile import Value, read_yaml

MIB = 1024 * 1024

MERGES = "a0: &a0 {k: v}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 4)}]}}\n" for n in range(1, 16)
)
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n"
    for n in range(9)
)

ATTACKS = {
    # 665 bytes of merge keys take the safe loader 18.7 s.
    "merge keys": (MERGES, "Y105", 2, 10),
    # Nine levels of nine aliases are 387 million values when they are walked.
    "billion laughs": (LAUGHS, "Y106", 3, 8),
    "aliases beyond the budget": (
        "a: &a [" + "x, " * 9000 + "]\nb: [*a, *a, *a]",
        "Y106",
        2,
        9,
    ),
    "anchors without end": ("- &a x\n" * 30_000, "Y106", 20_000, 3),
    # A thousand levels are a RecursionError of the safe loader.
    "nested lists": ("[" * (MIB - 1), "Y103", 1, 52),
    "nested mappings": ("{a: " * (MIB // 4 - 1), "Y103", 1, 205),
    "nested dashes": ("- " * (MIB // 2 - 1), "Y103", 1, 103),
    "nested blocks": (
        "".join(" " * n + "a:\n" for n in range(1000)),
        "Y103",
        52,
        52,
    ),
    # A megabyte of hexadecimal digits takes 0.29 s to become a number.
    "a number of a megabyte": ("a: 0x" + "f" * (MIB - 6), "Y111", 1, 4),
    "decimal digits of a megabyte": ("a: " + "1" * (MIB - 4), "Y111", 1, 4),
    "a float beyond all floats": ("a: 1e999", "Y111", 1, 4),
    "a key that stands twice": ("a: 1\nb: 2\n'a': 3", "Y104", 3, 1),
    "a key that stands twice, deep": ("a:\n  - {b: 1, b: 2}", "Y104", 2, 12),
    "Norway": ("country: NO", "Y109", 1, 10),
    "an octal number": ("port: 010", "Y109", 1, 7),
    "a base-60 number": ("at: 22:22", "Y109", 1, 5),
    "a base-60 number of a megabyte": ("a: 1" + ":1" * 500_000, "Y109", 1, 4),
    "another version": ("%YAML 1.1\n---\na: 1", "Y109", 1, 1),
    "a tab for a space": ("a:\n  b: 1\n\tc: 2", "Y112", 3, 1),
    "a megabyte of tabs": ("\t" * (MIB - 1), "Y112", 1, 1),
    "a Python object": ("a: !!python/object/apply:os.system [x]", "Y107", 1, 4),
    "a tag by a directive": ("%TAG ! tag:x,2000:\n---\na: !x b", "Y107", 3, 4),
    "a key that is a list": ("? [a, b]\n: c", "Y108", 1, 3),
    "documents without end": ("---\n" * 200_000, "Y110", 2, 1),
    "a text that never ends": ('a: "' + "x" * (MIB - 8), "Y101", 1, MIB - 3),
    "one byte too many": ("#" + " " * MIB, "Y102", 0, 0),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_at_its_place(name: str) -> None:
    """The first fault has code, line and column, and comes soon."""
    text, *expected = ATTACKS[name]
    began = time.process_time()
    with pytest.raises(ConfigurationError) as caught:
        read_yaml(text, "a.yaml")
    spent = time.process_time() - began
    first = caught.value.faults[0]
    assert [first.code, first.line, first.column] == expected
    assert spent < 2.0
    assert len(first.message) < 200


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1e3", 1000.0),  # a text to a reader of YAML 1.1
        ("a: 2026-03-01", "2026-03-01"),  # a date to one
        ("a: 12e03", 12000.0),
        ("a: =", "="),
        ("a: .inf", float("inf")),
        ("\ufeffa: 1", 1),
        ("%YAML 1.2\n---\na: 1", 1),
        ("a:\t1", 1),
        ("a: '\t'", "\t"),
    ],
)
def test_what_others_read_otherwise_is_read_by_the_rules(
    text: str, value: Value
) -> None:
    """What is safe has the value of YAML 1.2, whatever other readers make of it."""
    found = read_yaml(text, "a.yaml").value
    assert isinstance(found, dict)
    assert found["a"] == value


def test_many_faults_end_the_reading() -> None:
    """A file of nothing but faults is not read to its end."""
    began = time.process_time()
    with pytest.raises(ConfigurationError) as caught:
        read_yaml("a: 1\n" * 200_000, "a.yaml")
    assert len(caught.value.faults) == 100
    assert time.process_time() - began < 2.0
