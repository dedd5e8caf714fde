"""The target's words, without what was sent."""

from __future__ import annotations

import pytest

from consumer.deliver.masking import MESSAGE_CHARS, masked
from consumer.model import IdKind, ProfileId
from tests.works import work_of

WORK = work_of(
    {
        "email": "jane.doe@example.com",
        "street": "Main St. 5 & 6",
        "flag": "x",
        "no": "",
    },
    ProfileId(IdKind.THIRD_PARTY_ID, "CUST-00042"),
)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("no such profile CUST-00042!", "no such profile ***!"),
        ("no such profile cust-00042", "no such profile ***"),
        ("bad value 'jane.doe@example.com'", "bad value '***'"),
        ("bad value jane.doe%40example.com", "bad value ***"),
        ("bad value Main%20St.%205%20%26%206", "bad value ***"),
        ("bad value Main+St.+5+%26+6", "bad value ***"),
        ("bad value Main St. 5 &amp; 6", "bad value ***"),
        ("bad value jane.doe@exam", "bad value ***"),
        ("bad value x: exit", "bad value ***: exit"),
        ("over quota", "over quota"),
    ],
)
def test_what_was_sent_is_masked(said: str, shown: str) -> None:
    """Whole, encoded, escaped, in another case or cut short: it is never shown."""
    assert shown == masked(said, WORK)


def test_one_printable_line() -> None:
    """Line breaks and control characters cannot forge a line of a log."""
    assert masked("one\r\ntwo\x00\x1b[31m\u2028three", WORK) == "one two [31m three"


def test_the_bound_falls_after_the_masking() -> None:
    """A value at the bound is masked as a whole, not cut and shown."""
    said = "w " * (MESSAGE_CHARS // 2 - 4) + "jane.doe@example.com" + " w" * 4000
    shown = masked(said, WORK)
    assert (len(shown), "jane" in shown) == (MESSAGE_CHARS, False)


def test_text_that_is_not_unicode_is_masked_too() -> None:
    """Half a character in a value does not make the masking fail."""
    assert masked("bad value", work_of({"a": "\ud800"})) == "bad value"
