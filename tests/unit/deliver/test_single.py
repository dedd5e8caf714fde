"""Single updates: exact bytes, limits, splits."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from consumer.deliver.endpoint import Endpoint
from consumer.deliver.single import Single
from consumer.deliver.single_settings import OverValue, Shape, SingleSettings
from consumer.model import (
    Answer,
    IdKind,
    Outcome,
    OutcomeKind,
    ProfileId,
    Request,
)
from tests.works import work_of

NOW = 784111717.0  # a minute before the example date of RFC 9110


def single(
    shape: Shape = Shape.FORM,
    *,
    over_value: OverValue = OverValue.REJECT,
    form_bytes: int = 60_000,
    query_bytes: int = 8_000,
) -> Single:
    settings = SingleSettings(
        client="acme",
        authority="acme.tt.omtrdc.net",
        shape=shape,
        over_value=over_value,
        form_bytes=form_bytes,
        query_bytes=query_bytes,
    )
    return Single(settings, lambda: NOW)


def requests_of(made: tuple[Request, ...] | Outcome) -> tuple[Request, ...]:
    assert isinstance(made, tuple)
    return made


def refusal_of(made: tuple[Request, ...] | Outcome) -> tuple[OutcomeKind, str]:
    assert isinstance(made, Outcome)
    return made.kind, made.reason


def parameters(request: Request) -> list[tuple[str, str]]:
    text = request.body.decode() or request.target.partition("?")[2]
    return parse_qsl(text, keep_blank_values=True, strict_parsing=True)


LOAN = work_of({"loanProduct": "mortgage", "branch": "Main & 5th"})
CONTENT = "mbox3rdPartyId=C-1234567&profile.loanProduct=mortgage&profile.branch=Main%20%26%205th"


def test_form() -> None:
    """A form: everything in the body, counted to the byte."""
    (request,) = requests_of(single().encode(LOAN))
    assert request.method == "POST"
    assert request.target == "/m2/acme/profile/update"
    assert request.head == (
        b"POST /m2/acme/profile/update HTTP/1.1\r\n"
        b"Host: acme.tt.omtrdc.net\r\n"
        b"User-Agent: target-profile-consumer\r\n"
        b"Accept: application/xml, text/xml, text/plain, */*\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n" % len(CONTENT)
    )
    assert request.body == CONTENT.encode()


def test_query() -> None:
    """A query: everything in the target, and a body of no bytes."""
    (request,) = requests_of(single(Shape.QUERY).encode(LOAN))
    assert request.target == f"/m2/acme/profile/update?{CONTENT}"
    assert request.head == (
        b"POST /m2/acme/profile/update?" + CONTENT.encode() + b" HTTP/1.1\r\n"
        b"Host: acme.tt.omtrdc.net\r\n"
        b"User-Agent: target-profile-consumer\r\n"
        b"Accept: application/xml, text/xml, text/plain, */*\r\n"
        b"Content-Length: 0\r\n"
    )
    assert request.body == b""


def test_get() -> None:
    """A GET: as the documents print it."""
    (request,) = requests_of(single(Shape.GET).encode(LOAN))
    assert request.method == "GET"
    assert request.head == (
        b"GET /m2/acme/profile/update?" + CONTENT.encode() + b" HTTP/1.1\r\n"
        b"Host: acme.tt.omtrdc.net\r\n"
        b"User-Agent: target-profile-consumer\r\n"
        b"Accept: application/xml, text/xml, text/plain, */*\r\n"
    )


@pytest.mark.parametrize("shape", list(Shape))
def test_no_trace_context_leaves_the_house(shape: Shape) -> None:
    """Target is a third party: it is told nothing of our traces."""
    (request,) = requests_of(single(shape).encode(LOAN))
    assert b"trace" not in request.head.lower()


@pytest.mark.parametrize("shape", list(Shape))
def test_any_text_arrives_as_it_was(shape: Shape) -> None:
    """Names and values of any characters are decoded to themselves, in order."""
    attributes = {"a b": "x=y&z", "ü": "\r\n\U0001f600", "plain": "", "p+": "50%"}
    profile = ProfileId(IdKind.PC_ID, "1368007744041-575948.01_00")
    (request,) = requests_of(single(shape).encode(work_of(attributes, profile)))
    named = [(f"profile.{name}", value) for name, value in attributes.items()]
    assert parameters(request) == [("mboxPC", profile.value), *named]


def test_names_are_forgotten_and_learnt_again() -> None:
    """What is remembered of names is bounded, and no request notices."""
    endpoint = single()
    for start in range(0, 9000, 1000):
        names = {f"n{number}": "v" for number in range(start, start + 1000)}
        assert requests_of(endpoint.encode(work_of(names)))
    assert len(endpoint._names) < 6000
    assert requests_of(endpoint.encode(LOAN))[0].body == CONTENT.encode()


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (IdKind.THIRD_PARTY_ID, "", "invalid_id"),
        (IdKind.THIRD_PARTY_ID, "a+b", "invalid_id"),
        (IdKind.THIRD_PARTY_ID, "a/b", "invalid_id"),
        (IdKind.THIRD_PARTY_ID, "x" * 257, "invalid_id"),
        (IdKind.THIRD_PARTY_ID, "\ud800", "invalid_text"),
        (IdKind.PC_ID, "x" * 129, "invalid_id"),
        (IdKind.PC_ID, "a+b", "invalid_id"),
        (IdKind.ECID, "123", "unsupported_id"),
    ],
)
def test_ids_that_the_target_cannot_take(kind: IdKind, value: str, reason: str) -> None:
    """They are rejected before a call is spent, and never shown."""
    made = single().encode(work_of({"a": "1"}, ProfileId(kind, value)))
    assert refusal_of(made) == (OutcomeKind.REJECTED, reason)
    assert isinstance(made, Outcome)
    assert not value or value not in made.message


def test_ids_at_their_longest() -> None:
    """256 and 128 characters are allowed."""
    for kind, chars in ((IdKind.THIRD_PARTY_ID, 256), (IdKind.PC_ID, 128)):
        work = work_of({"a": "1"}, ProfileId(kind, "x" * chars))
        assert len(requests_of(single().encode(work))) == 1


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({}, "empty"),
        ({"": "v"}, "invalid_name"),
        ({"n" * 129: "v"}, "invalid_name"),
        ({"a": "v" * 257}, "value_too_long"),
        ({"a": "v", "b": "v" * 257}, "value_too_long"),
        ({"a": "\udfff"}, "invalid_text"),
        ({"\ud800": "v"}, "invalid_text"),
    ],
)
def test_attributes_that_cannot_be_sent(
    attributes: dict[str, str], reason: str
) -> None:
    """Each has its own reason, and the whole work is rejected."""
    made = single().encode(work_of(attributes))
    assert refusal_of(made) == (OutcomeKind.REJECTED, reason)


def test_many_values_that_are_long_only_together() -> None:
    """The limit is each value's own."""
    attributes = {"a": "v" * 256, "b": "w" * 256}
    (request,) = requests_of(single().encode(work_of(attributes)))
    assert dict(parameters(request))["profile.b"] == "w" * 256


@pytest.mark.parametrize(
    ("policy", "chars"), [(OverValue.TRUNCATE, 256), (OverValue.IGNORE, 300)]
)
def test_over_value(policy: OverValue, chars: int) -> None:
    """A long value is cut, or sent as it is, when the settings say so."""
    work = work_of({"a": "ü" * 300, "b": "short"})
    (request,) = requests_of(single(over_value=policy).encode(work))
    assert dict(parameters(request)) == {
        "mbox3rdPartyId": "C-1234567",
        "profile.a": "ü" * chars,
        "profile.b": "short",
    }


@pytest.mark.parametrize("shape", list(Shape))
def test_split_by_attributes(shape: Shape) -> None:
    """Too large for one call: several, in order, none too large, nothing lost."""
    attributes = {f"a{number}": "v" * 200 for number in range(900)}
    endpoint = single(shape)
    requests = requests_of(endpoint.encode(work_of(attributes)))
    limit = endpoint._settings.size_limit
    sizes = [len(r.body) or len(r.target) for r in requests]
    assert len(requests) > 1
    assert max(sizes) <= limit
    assert min(sizes[:-1]) > limit - 250
    assert all(parameters(r)[0] == ("mbox3rdPartyId", "C-1234567") for r in requests)
    sent = [pair for request in requests for pair in parameters(request)[1:]]
    assert sent == [(f"profile.{name}", value) for name, value in attributes.items()]


def test_exactly_at_the_limit_is_one_call() -> None:
    """The limit itself is allowed; one byte more makes two calls."""
    size = len(CONTENT)
    assert len(requests_of(single(form_bytes=size).encode(LOAN))) == 1
    assert len(requests_of(single(form_bytes=size - 1).encode(LOAN))) == 2


def test_one_attribute_alone_is_too_large() -> None:
    """Nothing is left to split: rejected, naming the attribute."""
    work = work_of({"small": "v", "large": "v" * 200})
    made = single(form_bytes=150).encode(work)
    assert refusal_of(made) == (OutcomeKind.REJECTED, "too_large")
    assert isinstance(made, Outcome)
    assert "'large'" in made.message


def test_halve() -> None:
    """A work is cut in two in order, each for the same profile and records."""
    work = work_of({"a": "1", "b": "2", "c": "3"})
    first, second = single().halve(work)
    assert (first.attributes, second.attributes) == ({"a": "1"}, {"b": "2", "c": "3"})
    assert first.parts == second.parts == work.parts
    assert first.profile == second.profile == work.profile


def test_halving_ends() -> None:
    """A work of one attribute cannot be cut."""
    work = work_of({"a": "1"})
    assert single().halve(work) == (work,)


def test_judge_reads_the_wait_against_the_wall_clock() -> None:
    """A date in `Retry-After` is seconds from now, and a long one is clamped."""
    endpoint: Endpoint = single()
    waits = [
        endpoint.judge(Answer(429, b"", text)).wait_seconds
        for text in ("Sun, 06 Nov 1994 08:49:37 GMT", "4000", "nonsense", None)
    ]
    assert waits == [60.0, 300.0, None, None]


def test_judge_masks_what_the_work_carried() -> None:
    """The target's words come back without what was sent."""
    answer = Answer(400, b"no customer C-1234567")
    assert single().judge(answer, LOAN).message == (
        "the target rejects the request: no customer ***"
    )
