"""Values become others that look alike."""

from __future__ import annotations

import uuid

from consumer.decode.masking import Masking

ONE, OTHER = Masking(b"one"), Masking(b"other")


def test_equal_values_stay_equal_under_one_key() -> None:
    """One key makes the same of the same text; another key makes something else."""
    assert ONE.text("Ann Example") == Masking(b"one").text("Ann Example")
    assert ONE.text("Ann Example") != OTHER.text("Ann Example")
    assert ONE.raw(b"12345678") != OTHER.raw(b"12345678")


def test_a_text_longer_than_one_digest() -> None:
    """Every character of a long text becomes another one's, not the same run again."""
    found = ONE.text("a" * 100)
    assert len(found) == 100
    assert found[:32] != found[32:64]


def test_a_uuid_stays_one() -> None:
    """Digits become digits, and capitals mean the same."""
    text = str(uuid.UUID(int=2**127 + 12345))
    assert uuid.UUID(ONE.uuid(text)) != uuid.UUID(text)
    assert ONE.uuid(text.upper()) == ONE.uuid(text)


def test_a_key_is_not_shown() -> None:
    """A masking in a traceback does not tell its key."""
    assert "one" not in repr(ONE)


def test_paths_that_are_kept() -> None:
    """A path keeps what is below it, and no name that only begins like it."""
    masking = Masking(b"k", frozenset({"store.zone"}))
    assert masking.keeps("store.zone")
    assert masking.keeps("store.zone.name")
    assert not masking.keeps("store.zones")
    assert not masking.keeps("store")


def test_a_zero_that_leads_is_the_only_one() -> None:
    """No number gets shorter: its first digit never becomes zero."""
    masking = Masking(b"k")
    found = {masking.digits(str(number))[0] for number in range(10, 1000)}
    assert "0" not in found
    assert masking.digits("0.05")[:2] == "0."
