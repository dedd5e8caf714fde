"""Unit tests of `consumer/decode/reasons.py`."""

from __future__ import annotations

from consumer.decode.reasons import DOCS, Reason


def test_each_code_is_explained_by_one_sentence() -> None:
    """The guide is made of these texts."""
    assert set(DOCS) == set(Reason)
    assert all(text.endswith(".") and text[0].isupper() for text in DOCS.values())
    assert len(set(DOCS.values())) == len(DOCS)
