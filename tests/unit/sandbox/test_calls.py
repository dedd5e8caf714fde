"""The log of calls."""

from urllib.parse import parse_qsl, quote

from hypothesis import given
from hypothesis import strategies as st

from consumer.sandbox.calls import CallLog, attributes_of, pairs_of


@given(st.lists(st.tuples(st.text(), st.text())))
def test_parameters_are_taken_apart(pairs: list[tuple[str, str]]) -> None:
    """What was percent-encoded comes back, for any text."""
    text = "&".join(f"{quote(name, '')}={quote(value, '')}" for name, value in pairs)
    assert pairs_of(text) == (pairs or [("", "")])


@given(st.text(alphabet="ab=&+%25C3"))
def test_odd_parameters_are_read_as_others_read_them(text: str) -> None:
    """Whatever is sent is read as Python's own parser reads it, empty parts aside."""
    mine = [pair for pair in pairs_of(text) if pair != ("", "")]
    theirs = parse_qsl(text, keep_blank_values=True)
    assert mine == [pair for pair in theirs if pair != ("", "")]


def test_attributes_are_what_has_the_prefix() -> None:
    """Only `profile.` parameters are attributes; the last of a name wins."""
    pairs = [("profile.a", "1"), ("b", "2"), ("profile.a", "3"), ("profile.", "4")]
    assert attributes_of(pairs) == {"a": "3", "": "4"}


def test_the_log_is_read_in_pages() -> None:
    """Pages join without a gap, and the oldest kept number is told."""
    log = CallLog(5)
    for number in range(8):
        log.add("p", f"profile.n={number}", (1.0, 2.0), accepted=True)
    assert (log.oldest, log.last) == (4, 8)
    assert [call.sequence for call in log.after(0, 3)] == [4, 5, 6]
    assert [call.sequence for call in log.after(6, 3)] == [7, 8]
    assert [call.attributes for call in log.after(7, 3)] == [{"n": "7"}]
    assert list(log.after(8, 3)) == []
    log.clear()
    assert (log.oldest, log.last) == (9, 8)
    log.add("p", "", (1.0, 2.0), accepted=False)
    assert [call.sequence for call in log.after(0, 3)] == [9]
