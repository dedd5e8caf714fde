"""The strict YAML reader."""

from __future__ import annotations

import pytest

from consumer.errors import ConfigurationError
from consumer.yamlfile import Document, Place, Value, read_yaml


def faults(text: str) -> list[tuple[str, int, int, str]]:
    """Return code, line, column and message of what is wrong with a text."""
    with pytest.raises(ConfigurationError) as caught:
        read_yaml(text, "a.yaml")
    return [(f.code, f.line, f.column, f.message) for f in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("a:", None),
        ("a: ~", None),
        ("a: null", None),
        ("a: ''", ""),
        ("a: true", True),
        ("a: FALSE", False),
        ("a: -12", -12),
        ("a: 0o10", 8),
        ("a: 0x1F", 31),
        ("a: 1e3", 1000.0),
        ("a: .5", 0.5),
        ("a: -.inf", float("-inf")),
        ("a: y", "y"),
        ("a: NO1", "NO1"),
        ("a: 2026-03-01", "2026-03-01"),
        ("a: 127.0.0.1:9092", "127.0.0.1:9092"),
        ("a: 'yes'", "yes"),
        ("a: |\n  010\n", "010\n"),
        ("a: [1, {b: 2}]", [1, {"b": 2}]),
    ],
)
def test_values_are_those_of_yaml_1_2(text: str, value: Value) -> None:
    """A plain text has the value of the core schema of YAML 1.2."""
    found = read_yaml(text, "a.yaml").value
    assert (found["a"] if isinstance(found, dict) else found) == value


def test_not_a_number_is_read() -> None:
    """`.nan` is the float that equals nothing."""
    found = read_yaml("a: .nan", "a.yaml").value
    assert isinstance(found, dict)
    assert str(found["a"]) == "nan"


def test_keys_are_texts_as_they_stand() -> None:
    """A key is its own text, whatever it would be as a value."""
    found = read_yaml("NO: 1\n1: 2\ntrue: 3\n", "a.yaml").value
    assert found == {"NO": 1, "1": 2, "true": 3}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: yes", ("Y109", 1, 4, "`yes` is a truth value to some readers of YAML.")),
        ("a: Off", ("Y109", 1, 4, "`Off` is a truth value to some readers of YAML.")),
        ("a: 010", ("Y109", 1, 4, "`010` is an octal number to some readers of YAML.")),
        (
            "a:\n - 22:22",
            ("Y109", 2, 4, "`22:22` is a base-60 number to some readers of YAML."),
        ),
        (
            "a: 0b11",
            ("Y109", 1, 4, "`0b11` is a binary number to some readers of YAML."),
        ),
        ("a: 1_000", ("Y109", 1, 4, "`1_000` is a number to some readers of YAML.")),
        ("b: 1\na: 1\nb: 2", ("Y104", 3, 1, "`b` stands twice, first in line 1.")),
        ("<<: {a: 1}", ("Y105", 1, 1, "Merge keys are not used here.")),
        ("a: !!python/name:os.system x", ("Y107", 1, 4, "Tags are not used here.")),
        ("? [a]\n: b", ("Y108", 1, 3, "A key must be a text.")),
        ("a: 1\n---\nb: 2", ("Y110", 2, 1, "A second document begins here.")),
        ("a: " + "1" * 41, ("Y111", 1, 4, "A number of more than 40 characters.")),
        ("a:\n\t- b", ("Y112", 2, 1, "A tab stands here.")),
        (
            "a: *b",
            ("Y106", 1, 4, "`*b` names no finished `&b` above that holds no alias."),
        ),
        (
            "a: &b [*b]",
            ("Y106", 1, 8, "`*b` names no finished `&b` above that holds no alias."),
        ),
        ("[" * 60 + "]" * 60, ("Y103", 1, 52, "More than 50 levels.")),
        (
            "a: [1",
            ("Y101", 2, 1, "This is not YAML: did not find expected ',' or ']'."),
        ),
        (
            "a: \x00",
            ("Y101", 0, 0, "The file holds a character that YAML does not allow."),
        ),
        (
            "a: \ud800",
            ("Y101", 0, 0, "The file holds a character that YAML does not allow."),
        ),
        (
            "a: " + "x" * 1024 * 1024,
            ("Y102", 0, 0, "The file is larger than 1024 KiB."),
        ),
    ],
)
def test_what_is_refused_is_named_with_its_place(
    text: str, fault: tuple[str, int, int, str]
) -> None:
    """A trap or an attack is a fault with code, line, column and message."""
    assert faults(text) == [fault]


def test_all_faults_are_named_at_once() -> None:
    """Reading goes on after a fault that leaves the structure whole."""
    assert [fault[0] for fault in faults("a: yes\na: 010\n")] == [
        "Y109",
        "Y104",
        "Y109",
    ]


def test_faults_are_bounded() -> None:
    """A file of nothing but faults names a hundred of them."""
    assert len(faults("- yes\n" * 500)) == 100


def test_an_alias_stands_for_its_value() -> None:
    """An anchored value may be used again."""
    assert read_yaml("a: &x [1]\nb: *x", "a.yaml").value == {"a": [1], "b": [1]}


def test_aliases_have_a_budget() -> None:
    """Aliases that would write out too much are refused before they do."""
    text = "a: &x [" + "1," * 9_000 + "]\nb: [*x, *x, *x]"
    assert faults(text)[0][3] == "More than 20000 values, aliases written out."


def test_a_merge_key_bomb_is_refused_at_once() -> None:
    """Layers of merge keys, which take other readers seconds, are named and left."""
    layers = [f"l{i}: &l{i} {{<<: [*l{i - 1}, *l{i - 1}]}}\n" for i in range(1, 30)]
    assert {fault[0] for fault in faults("l0: &l0 {a: 1}\n" + "".join(layers))} == {
        "Y105",
        "Y106",
    }


class TestPlaces:
    """Where things stand."""

    document = read_yaml("a:\n  b: 1\n  c: [x,  y]\n", "a.yaml")

    @pytest.mark.parametrize(
        ("path", "place"),
        [
            ((), Place(1, 1)),
            (("a", "b"), Place(2, 6)),
            (("a", "c", 1), Place(3, 11)),
            (("a", "c", 1, "z"), Place(3, 11)),
            (("a", "nothing"), Place(2, 3)),
        ],
    )
    def test_a_value_has_its_place_or_its_parents(
        self, path: tuple[str | int, ...], place: Place
    ) -> None:
        """A value has its place; what is not there has its nearest parent's."""
        assert self.document.place(path) == place

    def test_a_key_has_its_place(self) -> None:
        """A key has its own place; what is no key has its value's."""
        assert self.document.key_place(("a", "c")) == Place(3, 3)
        assert self.document.key_place(("a", "c", 0)) == Place(3, 7)

    def test_an_empty_document_has_a_place(self) -> None:
        """Faults of an empty file stand at its beginning."""
        assert Document("a", None, {}, {}).place(("a",)) == Place(1, 1)
