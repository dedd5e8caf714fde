"""The profile fetch API: requests and what answers say."""

from __future__ import annotations

import json

import pytest

from consumer.deliver.fetch import (
    NO_PROFILE,
    Fetch,
    FetchedAttribute,
    FetchedProfile,
)
from consumer.deliver.single_settings import SingleSettings
from consumer.model import (
    Answer,
    Fault,
    FaultKind,
    IdKind,
    Outcome,
    OutcomeKind,
    ProfileId,
    Request,
)

THIRD = IdKind.THIRD_PARTY_ID
NOW = 1_800_000_000.0
# profiles-api.md, shortened
DOCUMENT = """\
{ "client": "acme", "visitorId": "a1-mbox3rdPartyId",
  "modifiedAt": "2017-08-18T17:53:39.003-04:00",
  "profileAttributes": {
    "country": { "value": "france", "modifiedAt": "2017-07-31T14:26:30.879-04:00" },
    "user.memberlevel": { "value": "0.0", "modifiedAt": "2017-08-09T18:18:04.661-04:00" }
} }"""


def fetch(prefix: str = "") -> Fetch:
    settings = SingleSettings(
        client="acme", authority="acme.tt.omtrdc.net", path_prefix=prefix
    )
    return Fetch(settings, lambda: NOW)


def profile_of(**attributes: object) -> FetchedProfile:
    """Return what is read of a document with these attributes."""
    body = json.dumps({"profileAttributes": attributes}).encode()
    found = fetch().judge(Answer(200, body))
    assert isinstance(found, FetchedProfile)
    return found


@pytest.mark.parametrize(
    ("kind", "value", "path"),
    [
        (THIRD, "your-thirdpartyid", "thirdPartyId/your-thirdpartyid"),
        (THIRD, "a b,ü?&#", "thirdPartyId/a%20b%2C%C3%BC%3F%26%23"),
        (IdKind.PC_ID, "111492025094307-353046.28_20", "111492025094307-353046.28_20"),
        (IdKind.ECID, "10527837", "marketingCloudVisitorId/10527837"),
    ],
)
def test_the_documented_urls(kind: IdKind, value: str, path: str) -> None:
    """Each kind of id is asked for as `profile-fetch.md` has it, percent-encoded."""
    request = fetch().encode(ProfileId(kind, value))
    target = f"/rest/v1/profiles/{path}?client=acme"
    assert isinstance(request, Request)
    assert (request.method, request.target, request.body) == ("GET", target, b"")
    assert request.head.decode() == (
        f"GET {target} HTTP/1.1\r\nHost: acme.tt.omtrdc.net\r\n"
        "User-Agent: target-profile-consumer\r\nAccept: application/json\r\n"
    )


def test_a_gateway_has_its_prefix() -> None:
    """What stands before the API's path is kept."""
    request = fetch("/gate").encode(ProfileId(THIRD, "C-1"))
    assert isinstance(request, Request)
    assert request.target == "/gate/rest/v1/profiles/thirdPartyId/C-1?client=acme"


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (THIRD, "", "has 0 characters, where 1 to 256 are allowed"),
        (THIRD, "x" * 257, "has 257 characters"),
        (IdKind.PC_ID, "x" * 129, "where 1 to 128 are allowed"),
        (IdKind.ECID, "x" * 129, "where 1 to 128 are allowed"),
        (THIRD, "a/b", "contains `\\+` or `/`"),
        (IdKind.PC_ID, "..", "would be another path"),
        (THIRD, ".", "would be another path"),
        (THIRD, "a\ud800", "has half a character"),
    ],
)
def test_ids_that_cannot_be_asked_for(kind: IdKind, value: str, message: str) -> None:
    """They are refused here, without the id in the words."""
    outcome = fetch().encode(ProfileId(kind, value))
    assert isinstance(outcome, Outcome)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, "invalid_id")
    assert message.replace("\\", "") in outcome.message
    assert not value or len(value) < 3 or value not in outcome.message


def test_the_documented_profile() -> None:
    """Values and times as profiles-api.md shows them; the offset from UTC is heeded."""
    assert fetch().judge(Answer(200, DOCUMENT.encode())) == FetchedProfile(
        {
            "country": FetchedAttribute("france", 1_501_525_590_879),
            "user.memberlevel": FetchedAttribute("0.0", 1_502_317_084_661),
        },
        1_503_093_219_003,
    )


@pytest.mark.parametrize(
    "when", ["2013-12-01T16:35:45", "yesterday", "", 7, None, "9999-99-99T00:00:00Z"]
)
def test_times_that_cannot_be_compared(when: object) -> None:
    """A time without an offset (the form of 2018), or no time, is no time."""
    assert profile_of(a={"value": "1", "modifiedAt": when}).attributes == {
        "a": FetchedAttribute("1", None)
    }


def test_odd_values() -> None:
    """What is no text is kept as its JSON text; a bare value has no time."""
    assert profile_of(a={"value": 10**30}, b="x", c=None, d=[1]).attributes == {
        "a": FetchedAttribute("1" + "0" * 30, None),
        "b": FetchedAttribute("x", None),
        "c": FetchedAttribute("null", None),
        "d": FetchedAttribute("[1]", None),
    }


@pytest.mark.parametrize(
    "kind", ["third party id=C-1", "mboxPC=1", "marketingCloudVisitorId=1"]
)
def test_the_documented_404(kind: str) -> None:
    """Target's own words mean that there is no such profile."""
    body = {"status": 404, "message": f"No profile found for client acme with {kind}"}
    assert fetch().judge(Answer(404, json.dumps(body).encode())) is NO_PROFILE


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Not Found",
        b'{"status": 404}',
        b'{"message": "no route"}',
        b'{"message": 7}',
        b'{"message": "\xff"}',
        b"[" * 100_000,
    ],
)
def test_any_other_404(body: bytes) -> None:
    """It is a wrong path or host: nobody may take it for a profile that is gone."""
    outcome = fetch().judge(Answer(404, body))
    assert isinstance(outcome, Outcome)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.SUSPECT, "http_404")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>login</html>",
        b'{"ok": true}',
        b'{"profileAttributes": []}',
        b'{"profileAttributes": {"a": {"value": ',
        b'{"profileAttributes": {"a": {"modifiedAt": "x"}}}',
        b'{"profileAttributes": {"a": "\xff"}}',
        b'{"profileAttributes": {"a": "\\ud800"}}',
        b'{"profileAttributes": {"a": ' + b"[" * 100_000,
    ],
)
def test_a_2xx_of_somebody_else_is_suspect(body: bytes) -> None:
    """What is not Target's JSON is a proxy's or a gateway's page."""
    outcome = fetch().judge(Answer(200, body))
    assert isinstance(outcome, Outcome)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.SUSPECT, "not_target")


@pytest.mark.parametrize(
    ("answer", "kind", "reason", "wait_seconds"),
    [
        (Answer(403, b"Forbidden C-1"), "suspect", "http_403", None),
        (Answer(429, b"", "7"), "retry", "http_429", 7.0),
        (Answer(429, b"", "99999"), "retry", "http_429", 300.0),
        (Answer(503), "retry", "http_503", None),
        (Answer(400, b"C-1"), "rejected", "http_400", None),
        (Fault(FaultKind.TIMEOUT, "late"), "retry", "timeout", None),
        (Fault(FaultKind.OVERSIZE), "suspect", "oversize", None),
    ],
)
def test_other_answers(
    answer: Answer | Fault, kind: str, reason: str, wait_seconds: float | None
) -> None:
    """They mean what they mean for an update; no words of theirs are repeated."""
    outcome = fetch().judge(answer)
    assert isinstance(outcome, Outcome)
    assert (outcome.kind, outcome.reason) == (kind, reason)
    assert outcome.wait_seconds == wait_seconds
    assert "C-1" not in outcome.message


def test_no_repr_shows_a_value() -> None:
    """Such text ends in tracebacks."""
    found = profile_of(a={"value": "jane@example.com"})
    assert "jane" not in repr(found) + repr(found.attributes)
