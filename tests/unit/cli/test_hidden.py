"""Values that are not shown."""

import pytest

from consumer.cli.hidden import hidden, hidden_fields


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("Ann", "<text, 3>"),
        (b"Ann", "<bytes, 3>"),
        (7, "<int>"),
        (True, "<bool>"),
        (["Ann", "Bob"], "<list, 2>"),
        ({"Ann": 1}, "<keys and values, 1>"),
    ],
)
def test_type_and_length_are_shown(value: object, expected: object) -> None:
    """What a value is, and how long; keys of a map may be values, too."""
    assert hidden(value) == expected


def test_names_of_fields_are_shown() -> None:
    """A schema gives them, so they are nobody's."""
    assert hidden_fields({"name": "Ann", "age": None}) == {
        "name": "<text, 3>",
        "age": None,
    }
