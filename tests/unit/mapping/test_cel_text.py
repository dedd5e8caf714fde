"""What is read from the text of an expression without compiling it."""

from __future__ import annotations

import pytest

from consumer.mapping.cel_text import blanked, conjuncts, never_null


@pytest.mark.parametrize(
    "text",
    [
        'a == "x && y"',
        r'a == "\"&&" // && b',
        "a == r'\\' && b",
        "a == '''x\n' && y'''",
    ],
)
def test_what_is_blank_keeps_its_place(text: str) -> None:
    """Literals and comments become blanks, and nothing moves."""
    found = blanked(text)
    assert len(found) == len(text)
    assert [(at, sign) for at, sign in enumerate(found) if sign != " "] == [
        (at, sign) for at, sign in enumerate(text) if found[at] != " "
    ]
    assert "x" not in found
    assert '"' not in found


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", ["a"]),
        ("a && b&&c", ["a ", " b", "c"]),
        ("(a && b) && [c && d][0]", ["(a && b) ", " [c && d][0]"]),
        ("a && b || c", ["a && b || c"]),
        ("a ? b : c && d", ["a ? b : c && d"]),
        ('a == "&&" && b', ['a == "&&" ', " b"]),
    ],
)
def test_an_expression_is_taken_apart_at_and(text: str, parts: list[str]) -> None:
    """Only what stands outside all brackets, and beside no other operator, is a part."""
    assert conjuncts(text) == parts


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("", []),
        ("a.b != null", ["a.b"]),
        ("null != a . b", ["a.b"]),
        ("(a != null) && ((b != null && c))", ["a", "b"]),
        ("a != null || b != null", []),
        ("(a != null && b) == (c)", []),
        ("(a) && (b != null)", ["b"]),
        ("!(a != null)", []),
        ("a != nullable", []),
        ("[a != null][0]", []),
        ("(a != null", []),
        ("(" * 10 + "a != null" + ")" * 10, ["a"]),
        ("(" * 30 + "a != null" + ")" * 30, []),
    ],
)
def test_what_a_condition_proves(text: str, paths: list[str]) -> None:
    """A path is proved where the whole is false without it; brackets have a limit."""
    assert never_null(text) == paths
