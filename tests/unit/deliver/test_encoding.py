"""Percent-encoding, against the library's."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.deliver.encoding import is_plain, percent_encoded


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("", ""),
        ("abc-._~XYZ019", "abc-._~XYZ019"),
        ("a b", "a%20b"),
        ("a+b&c=d#e%f/g", "a%2Bb%26c%3Dd%23e%25f%2Fg"),
        ("\r\n\x00", "%0D%0A%00"),
        ("Zürich", "Z%C3%BCrich"),
        ("\U0001f600", "%F0%9F%98%80"),
    ],
)
def test_known_encodings(text: str, encoded: str) -> None:
    """Spaces are `%20`, text is UTF-8, reserved characters never stay."""
    assert encoded == percent_encoded(text)


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_encoded_reversibly(text: str) -> None:
    """A server that decodes has exactly what we were given, and plain means plain."""
    encoded = percent_encoded(text)
    assert unquote_to_bytes(encoded) == text.encode()
    assert is_plain(text) == (encoded == text)


def test_half_a_character_cannot_be_encoded() -> None:
    """A lone surrogate is refused, never replaced in silence."""
    with pytest.raises(UnicodeEncodeError):
        percent_encoded("\ud800")
    with pytest.raises(UnicodeEncodeError):
        is_plain("\ud800")
