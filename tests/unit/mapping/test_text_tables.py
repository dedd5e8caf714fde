"""The printed rules of texts are what is done."""

from __future__ import annotations

import pytest

from consumer.errors import MappingError
from consumer.mapping.text import text_of
from consumer.mapping.text_tables import LOCAL_TIMES, TEXTS, LocalTime, texts
from tests.unit.mapping.kit import attribute

EXAMPLES = [example for rule in TEXTS for example in rule.examples]
LOCAL = (
    '{from: id, parse: {timestamp: "%Y-%m-%d %H:%M", zone: America/New_York}, '
    'format: {date: "%Y-%m-%dT%H:%MZ", zone: UTC}}'
)


@pytest.mark.parametrize(("value", "said", "text"), EXAMPLES)
def test_an_example_is_what_is_done(value: object, said: str, text: str) -> None:
    """Each value becomes the text that the reference prints, or is rejected so."""
    if text[0] == "(":
        with pytest.raises(MappingError) as raised:
            text_of(value)
        assert f"({raised.value.code})" == text
        assert f"{said} is rejected: `{raised.value.code}`" in texts()
    else:
        assert text_of(value) == text
        assert f"{said} → `{text}`" in texts()


@pytest.mark.parametrize("one", LOCAL_TIMES, ids=lambda one: one.said)
def test_a_local_time_is_read_as_said(one: LocalTime) -> None:
    """In a gap of the clock there is no such time; in a repeat the first is meant."""
    expected = one.result
    if expected[0] == "(":
        expected = f"refused: {expected[1:-1]}"
    assert attribute(LOCAL, id=one.written) == expected
    assert one.written in texts()
