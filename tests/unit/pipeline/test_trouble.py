"""Why no call is delivered, in words that a person can act on."""

from __future__ import annotations

import pytest

from consumer.deliver.answers import FAULTS, STATUSES, outcome_of
from consumer.model import (
    DELIVERED,
    UNSENT,
    Answer,
    Fault,
    FaultKind,
    Outcome,
    OutcomeKind,
    PauseReason,
)
from consumer.pipeline.trouble import LEAST_ANSWERS, TargetTrouble, mend_of

REFUSED = Outcome(OutcomeKind.SUSPECT, "http_403", "the target refuses the token")
REJECTED = Outcome(OutcomeKind.REJECTED, "refused")
RESET = Outcome(OutcomeKind.RETRY, "reset", "it was reset")


def troubled(*outcomes: Outcome, seconds: float = 1.0) -> TargetTrouble:
    """Return what is known after `outcomes`, `seconds` apart from 10.0 on."""
    trouble = TargetTrouble()
    for number, outcome in enumerate(outcomes):
        trouble.note(outcome, 10.0 + number * seconds)
    return trouble


def test_call_after_call_refused_is_trouble() -> None:
    """Three refusals over a second are shown with the cause and the mend."""
    (pause,) = troubled(*[REFUSED] * LEAST_ANSWERS).pauses(12.0)
    assert (pause.reason, pause.scope, pause.since) == (
        PauseReason.TARGET,
        "single",
        10.0,
    )
    assert pause.ends_when == (
        "a call is delivered; now http_403: the target refuses the token. "
        "Set target.token to a valid token; a new one in its file needs no restart."
    )


@pytest.mark.parametrize(
    "outcomes",
    [
        pytest.param([REFUSED] * (LEAST_ANSWERS - 1), id="too few"),
        pytest.param([REFUSED, REFUSED, DELIVERED, REFUSED, REFUSED], id="delivered"),
        pytest.param([REFUSED, REFUSED, REJECTED, REFUSED, REFUSED], id="rejected"),
        pytest.param([UNSENT] * 9, id="nothing was sent"),
    ],
)
def test_what_is_no_trouble(outcomes: list[Outcome]) -> None:
    """A few failures among calls that are served are no pause."""
    assert troubled(*outcomes).pauses(100.0) == []


def test_a_burst_is_no_trouble_before_a_second() -> None:
    """Many failures at once may be a hiccup: they are shown once it lasts."""
    trouble = troubled(*[RESET] * 50, seconds=0.0)
    assert trouble.pauses(10.9) == []
    assert len(trouble.pauses(11.0)) == 1


def test_each_cause_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """An outage of an hour is a line when it begins, and one when it ends."""
    with caplog.at_level("INFO", "consumer.pipeline.trouble"):
        trouble = troubled(*[REFUSED] * 60, *[RESET] * 60)
        trouble.note(DELIVERED, 200.0)
        trouble.note(DELIVERED, 201.0)
    assert [record.message for record in caplog.records] == [
        "no call is delivered",
        "no call is delivered",
        "calls are delivered again",
    ]
    assert trouble.pauses(300.0) == []


@pytest.mark.parametrize("kind", [k for k in FaultKind if k is not FaultKind.LEASE])
def test_every_fault_has_a_mend(kind: FaultKind) -> None:
    """Whatever keeps an answer away, the text names a key of ours."""
    assert kind in FAULTS
    truncated = kind is FaultKind.TRUNCATED  # nothing of ours mends half an answer
    assert ("target." in mend_of(outcome_of(Fault(kind, "x")))) != truncated


@pytest.mark.parametrize(
    "rule", [rule for rule in STATUSES if rule.kind is OutcomeKind.SUSPECT], ids=str
)
def test_every_suspect_answer_has_a_mend(rule: tuple[int, ...]) -> None:
    """An answer that may be our configuration's fault names the key to look at."""
    status = rule[0]
    mend = mend_of(outcome_of(Answer(status)))
    assert ("target." in mend) == (status > 0)


def test_a_certificate_and_a_plain_port_are_told_apart() -> None:
    """The two ways in which TLS is set wrongly have each their own mend."""
    certificate = Fault(FaultKind.TLS, "the certificate is not trusted: self-signed")
    plain = Fault(FaultKind.TLS, "no TLS: wrong version number")
    assert "target.ca_file" in mend_of(outcome_of(certificate))
    assert "target.base_url" in mend_of(outcome_of(plain))
