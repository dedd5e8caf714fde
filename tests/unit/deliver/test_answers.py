"""The answer table, row by row."""

from __future__ import annotations

import pytest

from consumer.deliver.answers import FAULTS, STATUSES, TOO_LARGE, outcome_of
from consumer.model import (
    DELIVERED,
    UNSENT,
    Answer,
    Fault,
    FaultKind,
    Outcome,
    OutcomeKind,
)
from tests.works import work_of

RETRY = OutcomeKind.RETRY
REJECTED = OutcomeKind.REJECTED
SUSPECT = OutcomeKind.SUSPECT
WORK = work_of({"email": "jane@example.com"})


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
@pytest.mark.parametrize(
    "body",
    [
        b"<response><success>true</success><pcId></pcId></response>",
        b"<response>\n<success>true</success></response>",
        b"trueRequest successfully submitted",
    ],
)
def test_target_says_true(status: int, body: bytes) -> None:
    """A 2xx with Target's own `true` is a delivery, in XML or in the docs' text."""
    assert outcome_of(Answer(status, body)) == DELIVERED


def test_target_says_false() -> None:
    """A 2xx with Target's own `false` is a rejection with its words, masked."""
    body = b"<r><success>false</success><message>bad jane@example.com</message></r>"
    assert outcome_of(Answer(200, body), WORK) == Outcome(
        REJECTED, "refused", "the target refused the update: bad ***", status=200
    )


def test_words_are_left_out_when_they_cannot_be_masked() -> None:
    """Without the work nothing of the target's text is repeated."""
    outcome = outcome_of(Answer(200, b"falsebad jane@example.com"))
    assert outcome.message == "the target refused the update"


@pytest.mark.parametrize(
    "body",
    [b"", b"OK", b"<html>login</html>", b"<success>1</success>", b'{"ok": true}'],
)
def test_a_2xx_of_somebody_else_is_suspect(body: bytes) -> None:
    """A proxy's or gateway's page is no delivery and no rejection."""
    outcome = outcome_of(Answer(200, body), WORK)
    assert (outcome.kind, outcome.reason) == (SUSPECT, "not_target")


@pytest.mark.peer("Aiven HTTP PR 304")
@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (100, SUSPECT, "http_100"),
        (300, SUSPECT, "http_300"),
        (302, SUSPECT, "http_302"),
        (399, SUSPECT, "http_399"),
        (400, REJECTED, "http_400"),
        (401, SUSPECT, "http_401"),
        (402, REJECTED, "http_402"),
        (403, SUSPECT, "http_403"),
        (404, SUSPECT, "http_404"),
        (405, SUSPECT, "http_405"),
        (406, REJECTED, "http_406"),
        (407, SUSPECT, "http_407"),
        (408, RETRY, "http_408"),
        (409, REJECTED, "http_409"),
        (413, REJECTED, TOO_LARGE),
        (414, REJECTED, TOO_LARGE),
        (415, REJECTED, "http_415"),
        (420, RETRY, "http_420"),
        (422, REJECTED, "http_422"),
        (425, RETRY, "http_425"),
        (429, RETRY, "http_429"),
        (431, REJECTED, "http_431"),
        (499, REJECTED, "http_499"),
        (500, RETRY, "http_500"),
        (503, RETRY, "http_503"),
        (599, RETRY, "http_599"),
        (600, SUSPECT, "http_600"),
        (999, SUSPECT, "http_999"),
    ],
)
def test_statuses(status: int, kind: OutcomeKind, reason: str) -> None:
    """Each status means what the table says, and the outcome carries it."""
    outcome = outcome_of(Answer(status))
    assert (outcome.kind, outcome.reason, outcome.status) == (kind, reason, status)
    assert outcome.message


def test_a_503_that_names_a_wait_is_suspect() -> None:
    """It may speak for the whole endpoint: two profiles decide."""
    outcome = outcome_of(Answer(503), wait_seconds=7.0)
    assert (outcome.kind, outcome.wait_seconds) == (SUSPECT, 7.0)


def test_the_wait_goes_with_a_retry_and_not_with_a_rejection() -> None:
    """Only an outcome that is tried again has anything to wait for."""
    waits = [outcome_of(Answer(s), wait_seconds=9.0).wait_seconds for s in (429, 400)]
    assert waits == [9.0, None]


def test_words_of_an_error_page() -> None:
    """Plain words are repeated, masked; a web page is not."""
    messages = [
        outcome_of(Answer(400, body), WORK).message
        for body in (b"Invalid jane@example.com", b"<html>Invalid</html>")
    ]
    assert messages == [
        "the target rejects the request: Invalid ***",
        "the target rejects the request",
    ]


@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind != "lease"])
def test_faults(kind: FaultKind) -> None:
    """A call without a whole answer is tried again; an oversize one is suspect."""
    expected = SUSPECT if kind is FaultKind.OVERSIZE else RETRY
    assert outcome_of(Fault(kind, "why")) == Outcome(expected, kind.value, "why")


def test_a_lapsed_lease_is_no_attempt() -> None:
    """Nothing left, so the work goes back as if it had never been taken."""
    assert outcome_of(Fault(FaultKind.LEASE)) is UNSENT


def test_every_fault_and_every_status_has_a_row() -> None:
    """No answer can fall through the table."""
    assert set(FAULTS) == set(FaultKind)
    assert all(any(r.first <= s <= r.last for r in STATUSES) for s in range(1000))
