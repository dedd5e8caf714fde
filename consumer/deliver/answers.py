"""What an answer means: the whole table, as data, and one pure function.

The statuses of the single API's errors are documented nowhere, so the table follows
HTTP's own meaning of each status, and Target's own word, `<success>`, where there is
one. An answer that may be the endpoint's fault and not the profile's is *suspect*:
whose fault it is, the scheduler judges.

Rules:
    - Only Target's own word, in a 2xx answer, delivers or refuses.
    - No message carries an id or a value (see `masking`).
"""

from __future__ import annotations

from typing import NamedTuple

from consumer.deliver.masking import masked
from consumer.deliver.reading import read
from consumer.model import (
    DELIVERED,
    UNSENT,
    Answer,
    Fault,
    FaultKind,
    Outcome,
    OutcomeKind,
    Work,
)

__all__ = ["FAULTS", "STATUSES", "TOO_LARGE", "StatusRule", "outcome_of"]

TOO_LARGE = "too_large"

# "<response><success>true</success><pcId></pcId><message>Request successfully
# submitted</message></response>" (analytics-1.4-apis, r_profile_update.md, 2018)
_USUAL = b"<response><success>true</success>"

_OK = range(200, 300)
_UNAVAILABLE = 503


class StatusRule(NamedTuple):
    """What a range of statuses means.

    Attributes:
        first: The lowest status that it covers.
        last: The highest.
        kind: What such an answer means.
        message: What a person should know or do.
        reason: The outcome's code; empty for `http_` and the status.
    """

    first: int
    last: int
    kind: OutcomeKind
    message: str
    reason: str = ""


_RETRY = OutcomeKind.RETRY
_REJECTED = OutcomeKind.REJECTED
_SUSPECT = OutcomeKind.SUSPECT

# The first rule that covers a status is its own; 2xx is judged by its body.
STATUSES: tuple[StatusRule, ...] = (
    StatusRule(300, 399, _SUSPECT, "redirected: wrong client code, path or host"),
    StatusRule(401, 401, _SUSPECT, "the target asks for a valid token"),
    StatusRule(403, 403, _SUSPECT, "the target refuses the token"),
    StatusRule(404, 404, _SUSPECT, "not found: wrong client code, path or host"),
    StatusRule(405, 405, _SUSPECT, "method refused: wrong path, host or request shape"),
    StatusRule(407, 407, _SUSPECT, "the proxy asks for authentication"),
    StatusRule(408, 408, _RETRY, "the target waited too long for the request"),
    StatusRule(413, 414, _REJECTED, "too large for the target", TOO_LARGE),
    StatusRule(420, 420, _RETRY, "too many requests at once"),
    StatusRule(425, 425, _RETRY, "too early"),
    StatusRule(429, 429, _RETRY, "too many requests"),
    StatusRule(400, 499, _REJECTED, "the target rejects the request"),
    StatusRule(500, 599, _RETRY, "the target failed"),
    StatusRule(0, 999, _SUSPECT, "no status of an answer: wrong host or proxy"),
)

FAULTS: dict[FaultKind, OutcomeKind] = {
    FaultKind.TIMEOUT: OutcomeKind.RETRY,
    FaultKind.CONNECT: OutcomeKind.RETRY,
    FaultKind.TLS: OutcomeKind.RETRY,
    FaultKind.RESET: OutcomeKind.RETRY,
    FaultKind.TRUNCATED: OutcomeKind.RETRY,
    FaultKind.PROTOCOL: OutcomeKind.RETRY,
    # Target's answers have 100 bytes: one beyond our bound is another's page.
    FaultKind.OVERSIZE: OutcomeKind.SUSPECT,
    FaultKind.LEASE: OutcomeKind.UNSENT,
}


def outcome_of(
    answer: Answer | Fault, work: Work | None = None, wait_seconds: float | None = None
) -> Outcome:
    """Return what `answer` means.

    Args:
        answer: What came back, or why nothing whole did.
        work: What was sent, so that it can be masked in the target's own words; when
            None, its words are left out.
        wait_seconds: The answer's `Retry-After`, read and clamped, if any.

    Returns:
        One outcome for the work.
    """
    if isinstance(answer, Fault):
        return _of_fault(answer)
    if answer.status in _OK:
        if answer.body.startswith(_USUAL):
            return DELIVERED
        return _of_body(answer, work)
    return _of_status(answer, work, wait_seconds)


def _of_fault(fault: Fault) -> Outcome:
    if fault.kind is FaultKind.LEASE:
        return UNSENT
    return Outcome(FAULTS[fault.kind], fault.kind.value, fault.detail)


def _of_body(answer: Answer, work: Work | None) -> Outcome:
    success, said = read(answer.body)
    if success:
        return DELIVERED
    if success is None:
        message = "not the target's answer: a proxy, a gateway or the wrong host"
        return Outcome(_SUSPECT, "not_target", message, status=answer.status)
    message = _with_words("the target refused the update", said, work)
    return Outcome(_REJECTED, "refused", message, status=answer.status)


def _of_status(
    answer: Answer, work: Work | None, wait_seconds: float | None
) -> Outcome:
    status = answer.status
    rule = next(rule for rule in STATUSES if rule.first <= status <= rule.last)
    kind = rule.kind
    if status == _UNAVAILABLE and wait_seconds is not None:
        kind = _SUSPECT  # it may speak for the whole endpoint, not for one profile
    said = read(answer.body).message if answer.body else ""
    return Outcome(
        kind,
        rule.reason or f"http_{status}",
        _with_words(rule.message, said, work),
        wait_seconds if kind is not _REJECTED else None,
        status,
    )


def _with_words(message: str, said: str, work: Work | None) -> str:
    words = masked(said, work) if said and work is not None else ""
    return f"{message}: {words}" if words else message
