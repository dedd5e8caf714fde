"""HTTP requests out of bytes, in pieces of any size."""

import pytest

from consumer.sandbox.wire import MAX_HEAD_BYTES, BadRequestError, Reader

POST = (
    b"POST /a/b?c=d HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
    b"Connection: close\r\n\r\nhello"
)
CHUNKED = (
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"
)


def test_a_request_is_taken_apart() -> None:
    """Method, path, query, headers and body are as they were sent."""
    reader = Reader()
    reader.feed(POST, 1.0)
    request = reader.next(2.0)
    assert request is not None
    assert request == (
        "POST",
        "/a/b",
        "c=d",
        {"host": "x", "content-length": "5", "connection": "close"},
        b"hello",
        1.0,
        2.0,
    )
    assert request.closes
    assert reader.next(3.0) is None


@pytest.mark.parametrize("whole", [POST, CHUNKED])
def test_a_request_may_come_byte_by_byte(whole: bytes) -> None:
    """A request is there with its last byte, not before, and remembers its first."""
    reader = Reader()
    for place in range(len(whole) - 1):
        reader.feed(whole[place : place + 1], float(place))
        assert reader.next(float(place)) is None
    reader.feed(whole[-1:], 900.0)
    request = reader.next(901.0)
    assert request is not None
    assert (request.body, request.first_byte_at, request.read_at) == (
        b"hello",
        0.0,
        901.0,
    )


def test_requests_may_come_together() -> None:
    """Several requests in one piece are taken one by one."""
    reader = Reader()
    reader.feed(POST + CHUNKED + POST, 1.0)
    bodies = [request.body for _ in range(3) if (request := reader.next(1.0))]
    assert bodies == [b"hello"] * 3
    assert reader.next(1.0) is None


def test_an_expectation_is_told_once() -> None:
    """`Expect: 100-continue` is answered once, while the body is awaited."""
    reader = Reader()
    reader.feed(
        b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", 1.0
    )
    assert reader.next(1.0) is None
    assert reader.take_expectation()
    assert not reader.take_expectation()
    reader.feed(b"x", 1.0)
    assert reader.next(1.0) is not None


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 413),
        (b"x" * (MAX_HEAD_BYTES + 1), 431),
    ],
)
def test_what_is_not_a_request_is_refused(sent: bytes, status: int) -> None:
    """Bytes that are not a request end with a status."""
    reader = Reader()
    reader.feed(sent, 1.0)
    with pytest.raises(BadRequestError) as caught:
        reader.next(1.0)
    assert caught.value.status == status
