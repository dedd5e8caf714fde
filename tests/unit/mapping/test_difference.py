"""What differs, as a person reads it."""

from __future__ import annotations

from consumer.mapping.difference import differences


def test_a_short_difference_is_one_line() -> None:
    """What fits on a line stands on one."""
    found = list(differences({"a": {"b": "1"}}, {"a": {"b": "2"}}, exact=True))
    assert found == ['a.b: expected "1", found "2"']


def test_long_texts_have_a_mark_where_they_part() -> None:
    """Two long texts stand one below the other, with a mark at the first difference."""
    left, right = "x" * 50 + "a", "x" * 50 + "b"
    assert list(differences({"a": left}, {"a": right}, exact=True)) == [
        "a",
        f'  expected "{left}"',
        f'  found    "{right}"',
        " " * (11 + 1 + 50) + "^",
    ]


def test_a_text_that_goes_on_is_marked_at_its_end() -> None:
    """A text that is the beginning of the other one is marked behind its last."""
    left, right = "x" * 50, "x" * 60
    assert list(differences(left, right, exact=True))[-1] == " " * (11 + 1 + 50) + "^"


def test_a_part_is_enough_where_a_part_is_stated() -> None:
    """More than is stated differs only where everything is stated."""
    assert list(differences({}, {"a": 1}, exact=False)) == []
    assert list(differences({}, {"a": 1}, exact=True)) == [
        "a: expected nothing, found 1"
    ]
