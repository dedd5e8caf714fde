"""What a person does about each reason."""

from __future__ import annotations

import pytest

from consumer.decode.reasons import Reason
from consumer.deliver.answers import FAULTS, STATUSES
from consumer.letters.mends import REASONS, STAGES, UNKNOWN, mend_of
from consumer.model import OutcomeKind, Stage


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_decode_has_a_mend(reason: Reason) -> None:
    """It says who can mend it, and whether to replay or to resolve the letter."""
    mend = mend_of(Stage.DECODE, reason)
    assert mend != UNKNOWN
    assert "replay" in mend or "resolve" in mend


def test_an_outage_was_not_the_records_fault() -> None:
    """What the target answers worth another try is to be replayed as it is."""
    retried = {kind for kind, meant in FAULTS.items() if meant is OutcomeKind.RETRY}
    again = {mend_of(Stage.DELIVER, kind.value) for kind in retried}
    again |= {
        mend_of(Stage.DELIVER, f"http_{rule.first}")
        for rule in STATUSES
        if rule.kind is OutcomeKind.RETRY
    }
    assert len(again) == 1
    assert "not the record's fault" in again.pop()


def test_the_same_word_may_mean_two_things() -> None:
    """An answer that was cut off is the target's, an event that was is the publisher's."""
    assert mend_of(Stage.DELIVER, "truncated") != mend_of(Stage.DECODE, "truncated")


@pytest.mark.parametrize("stage", Stage)
def test_what_is_not_named_has_the_mend_of_its_stage(stage: Stage) -> None:
    """Reasons of rules are as many as functions and formats."""
    assert mend_of(stage, "somewhere_else") == STAGES[stage]


def test_a_stage_that_is_not_known() -> None:
    """A letter of a later version is not without a word."""
    assert mend_of("launch", "somewhere_else") == UNKNOWN


def test_every_mend_is_a_sentence() -> None:
    """It is printed as it stands."""
    texts = {*REASONS.values(), *STAGES.values(), UNKNOWN}
    assert [text for text in texts if not text.endswith(".") or "  " in text] == []
