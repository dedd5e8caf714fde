"""The token's header line."""

from __future__ import annotations

import pytest

from consumer.transport.authorization import Authorization


def test_the_line() -> None:
    """A token makes one line; none makes no line."""
    assert Authorization(lambda: "abc").line() == b"Authorization: Bearer abc\r\n"
    assert Authorization(lambda: None).line() == b""


def test_rotation() -> None:
    """Each call uses the token of its moment, also when one disappears."""
    tokens = iter(["a", "a", "b", None, "a"])
    authorization = Authorization(lambda: next(tokens))
    assert [authorization.line() for _ in range(5)] == [
        b"Authorization: Bearer a\r\n",
        b"Authorization: Bearer a\r\n",
        b"Authorization: Bearer b\r\n",
        b"",
        b"Authorization: Bearer a\r\n",
    ]


@pytest.mark.parametrize(
    "token", ["", "a b", "a\n", "a\r\nX: y", "\x00", "ü", "x" * 4097]
)
def test_what_no_header_may_carry(token: str) -> None:
    """Such a token makes no line at all."""
    assert Authorization(lambda: token).line() is None
