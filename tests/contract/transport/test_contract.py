"""What every transport promises: one suite for both fakes and both real ones.

The real ones talk to a server that follows a script byte for byte; the fakes (the plain
one, and that of the simulation) are given what each script means.
"""

from __future__ import annotations

import asyncio

import pytest

from consumer.deliver.single_settings import Shape
from consumer.model import Fault, FaultKind
from tests.contract.transport.cases import ANSWERS, FAULTS, FINE, HANGS, OK
from tests.contract.transport.subjects import Line, always, request_of, subject, until
from tests.fake_transport import HANG
from tests.scripted_server import Step

REQUEST = request_of()
FINE_LINE: Line = (FINE, OK)


@pytest.mark.parametrize("case", ANSWERS)
async def test_whole_answers(kind: str, case: str) -> None:
    """Status, body and `Retry-After` are the server's, and the next call is well."""
    step, means = ANSWERS[case]
    async with subject(kind, [(step, means), FINE_LINE]) as under_test:
        first = await under_test.transport.send(REQUEST, always)
        second = await under_test.transport.send(REQUEST, always)
    assert (first, second) == (means, OK)


@pytest.mark.parametrize("case", FAULTS)
async def test_faults(kind: str, case: str) -> None:
    """What is no whole answer is a fault of its kind, and the next call is well."""
    step, fault_kind = FAULTS[case]
    script: list[Line] = [(step, Fault(fault_kind, "said so")), FINE_LINE]
    async with subject(kind, script) as under_test:
        first = await under_test.transport.send(REQUEST, always)
        second = await under_test.transport.send(REQUEST, always)
    assert isinstance(first, Fault)
    assert (first.kind, second) == (fault_kind, OK)
    assert first.detail


@pytest.mark.parametrize("shape", [Shape.FORM, Shape.GET])
async def test_a_lost_connection_is_never_repeated_in_silence(
    kind: str, shape: Shape
) -> None:
    """Whether to try again is for the scheduler to say, with GET too."""
    request = request_of(shape=shape)
    step, fault_kind = FAULTS["closed without a word"]
    script = [FINE_LINE, (step, Fault(fault_kind)), FINE_LINE]
    async with subject(kind, script) as under_test:
        answers = [await under_test.transport.send(request, always) for _ in range(2)]
        assert len(under_test.sent) == 2
    assert isinstance(answers[1], Fault)


@pytest.mark.parametrize("case", HANGS)
async def test_one_deadline_for_the_whole_call(kind: str, case: str) -> None:
    """Silence and a slow drip end alike, and the next call is well."""
    script = [(HANGS[case], HANG), FINE_LINE]
    async with subject(kind, script, timeout_seconds=0.15) as under_test:
        first = await under_test.transport.send(REQUEST, always)
        second = await under_test.transport.send(REQUEST, always)
    assert isinstance(first, Fault)
    assert (first.kind, second) == (FaultKind.TIMEOUT, OK)


async def test_calls_that_hang_are_cut_together(kind: str) -> None:
    """Each has its own deadline, and none delays another's."""
    script: list[Line] = [(HANGS["silence"], HANG)] * 5
    async with subject(kind, script, timeout_seconds=0.15) as under_test:
        async with asyncio.timeout(2):
            answers = await asyncio.gather(
                *(under_test.transport.send(REQUEST, always) for _ in range(5))
            )
    assert [a.kind for a in answers if isinstance(a, Fault)] == [FaultKind.TIMEOUT] * 5


async def test_a_cancelled_caller_is_cancelled(kind: str) -> None:
    """Cancellation passes, is not taken for a deadline, and the next call is well."""
    async with subject(kind, [(HANGS["silence"], HANG), FINE_LINE]) as under_test:
        task = asyncio.ensure_future(under_test.transport.send(REQUEST, always))
        await until(lambda: bool(under_test.sent))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await under_test.transport.send(REQUEST, always) == OK


async def test_without_a_lease_no_byte_leaves(kind: str) -> None:
    """`may_send` is asked once per call, and its no is final for that call."""
    asked = []

    def lapsed() -> bool:
        asked.append(1)
        return False

    async with subject(kind, [FINE_LINE]) as under_test:
        for shape in Shape:
            request = request_of(shape=shape)
            answer = await under_test.transport.send(request, lapsed)
            assert isinstance(answer, Fault)
            assert answer.kind is FaultKind.LEASE
        assert (under_test.sent, len(asked)) == ([], 3)
        assert await under_test.transport.send(REQUEST, always) == OK


async def test_the_token_of_the_day(kind: str) -> None:
    """A rotated token is used by the next call; none means no line."""
    tokens = iter(["first", "second", None])
    async with subject(kind, [FINE_LINE] * 3, token=lambda: next(tokens)) as under_test:
        for _ in range(3):
            assert await under_test.transport.send(REQUEST, always) == OK
    lines = [
        [line for line in sent.split(b"\r\n") if line.startswith(b"Authorization")]
        for sent in under_test.sent
    ]
    assert lines == [
        [b"Authorization: Bearer first"],
        [b"Authorization: Bearer second"],
        [],
    ]


@pytest.mark.parametrize("token", ["abc\n", "abc\r\nX: y", "\x00", "ü\x7f"])
async def test_a_token_cannot_add_a_line(kind: str, token: str) -> None:
    """A token with a line break is a fault that does not show it; nothing leaves."""
    async with subject(kind, token=lambda: token) as under_test:
        answer = await under_test.transport.send(REQUEST, always)
    assert isinstance(answer, Fault)
    assert (answer.kind, under_test.sent) == (FaultKind.PROTOCOL, [])
    assert token.strip() not in answer.detail


@pytest.mark.parametrize("shape", list(Shape))
async def test_what_the_server_is_sent(kind: str, shape: Shape) -> None:
    """The request line, the header lines and the body are those that deliver made."""
    request = request_of({"a b": "c+d/é", "e": "?#%"}, shape)
    async with subject(kind, [FINE_LINE]) as under_test:
        assert await under_test.transport.send(request, always) == OK
    head, _, body = under_test.sent[0].partition(b"\r\n\r\n")
    line, *headers = head.split(b"\r\n")
    made_line, *made_headers = request.head.removesuffix(b"\r\n").split(b"\r\n")
    assert (line, body) == (made_line, request.body)
    assert sorted(headers) == sorted(made_headers)


async def test_a_large_body_arrives_whole(kind: str) -> None:
    """60 KB is more than one write of a socket."""
    request = request_of({f"a{number}": "v" * 250 for number in range(220)})
    async with subject(kind, [FINE_LINE]) as under_test:
        assert await under_test.transport.send(request, always) == OK
    assert under_test.sent[0].endswith(b"\r\n\r\n" + request.body)


async def test_many_calls_at_once(kind: str) -> None:
    """Calls share the transport, and each has its own answer."""
    script = [(Step(pieces=FINE.pieces), OK) for _ in range(200)]
    async with subject(kind, script) as under_test:
        answers = await asyncio.gather(
            *(under_test.transport.send(REQUEST, always) for _ in range(200))
        )
    assert answers == [OK] * 200


async def test_after_the_end(kind: str) -> None:
    """Closing twice is harmless, and a late call is a fault."""
    async with subject(kind) as under_test:
        await under_test.transport.aclose()
        await under_test.transport.aclose()
        answer = await under_test.transport.send(REQUEST, always)
    assert isinstance(answer, Fault)
    assert answer.kind is FaultKind.CONNECT
