"""HTTP/1.1 requests out of bytes: small, quick, and strict enough for a test.

Theory of operation:
    A `Reader` belongs to one connection. `feed` adds bytes, `next` takes one whole
    request off the front or says that there is none yet. A head is parsed once, even
    when its body comes in many pieces. Nothing here does I/O or reads a clock.
"""

from typing import NamedTuple

__all__ = ["MAX_BODY_BYTES", "MAX_HEAD_BYTES", "BadRequestError", "Reader", "Request"]

# Both are far beyond what Target documents, so that its own limits answer first.
MAX_HEAD_BYTES = 262_144
MAX_BODY_BYTES = 64 * 1024 * 1024


class BadRequestError(Exception):
    """The bytes are not a request; the connection ends with the status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Request(NamedTuple):
    """One whole request.

    Attributes:
        method: Upper case.
        path: Without the query, still percent-encoded.
        query: After the first question mark, still percent-encoded.
        headers: Lower-case name to value; the last of a repeated name.
        body: Whole.
        first_byte_at: When its first byte came, Unix seconds.
        read_at: When its last byte had been read, Unix seconds.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    first_byte_at: float
    read_at: float

    @property
    def closes(self) -> bool:
        """Whether the client wants the connection closed after the answer."""
        return self.headers.get("connection", "").lower() == "close"


class Head(NamedTuple):
    """A parsed head: what is known before the body has come."""

    method: str
    target: str
    headers: dict[str, str]
    length: int | None  # None: chunked


class Reader:
    """Bytes in, requests out. Owned by one connection."""

    def __init__(self) -> None:
        self.first_byte_at = 0.0
        self._buffer = bytearray()
        self._head: Head | None = None

    def feed(self, data: bytes, now: float) -> None:
        """Add bytes that came at `now`, Unix seconds."""
        if not self._buffer and self._head is None:
            self.first_byte_at = now
        self._buffer += data

    def next(self, now: float) -> Request | None:
        """Take the next whole request, or None when it is not there yet.

        Bytes that are not a request raise `BadRequestError`.
        """
        head = self._head or self._take_head()
        if head is None:
            return None
        self._head = head
        body = self._take_body(head)
        if body is None:
            return None
        self._head = None
        path, _, query = head.target.partition("?")
        begun, self.first_byte_at = self.first_byte_at, now
        return Request(head.method, path, query, head.headers, body, begun, now)

    def take_expectation(self) -> bool:
        """Tell, once, whether the client waits for `100 Continue` (RFC 9110, 10.1.1)."""
        return self._head is not None and bool(self._head.headers.pop("expect", None))

    def _take_head(self) -> Head | None:
        end = self._buffer.find(b"\r\n\r\n")
        if self._buffer and not self._buffer[:1].isalpha():  # such as TLS
            raise BadRequestError(400, "not HTTP")
        if end < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise BadRequestError(431, "head too large")
            return None
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        method, target = request_line(lines[0])
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon:
                raise BadRequestError(400, "a header without a colon")
            headers[name.lower()] = value.strip()
        return Head(method, target, headers, body_length(headers))

    def _take_body(self, head: Head) -> bytes | None:
        length = head.length
        if length is None:
            return self._take_chunks()
        if len(self._buffer) < length:
            return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _take_chunks(self) -> bytes | None:
        parts = []
        place = 0
        while True:
            end = self._buffer.find(b"\r\n", place)
            if end < 0:
                return None
            size = chunk_size(bytes(self._buffer[place:end]))
            if len(self._buffer) < end + 4 + size:
                return None
            parts.append(bytes(self._buffer[end + 2 : end + 2 + size]))
            place = end + 4 + size
            if size == 0:
                del self._buffer[:place]
                return b"".join(parts)


def request_line(line: str) -> tuple[str, str]:
    """Return method and target of a request line.

    Raises:
        BadRequestError: It is not one.
    """
    method, _, rest = line.partition(" ")
    target, _, version = rest.partition(" ")
    if not version.startswith("HTTP/1."):
        raise BadRequestError(400, "not a request line")
    return method, target


def body_length(headers: dict[str, str]) -> int | None:
    """Return the body's length in bytes, or None when it comes in chunks.

    Raises:
        BadRequestError: The length is not a number, or beyond the bound.
    """
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return None
    text = headers.get("content-length", "0")
    if not text.isdecimal():
        raise BadRequestError(400, "content-length is not a number")
    if int(text) > MAX_BODY_BYTES:
        raise BadRequestError(413, "body too large")
    return int(text)


def chunk_size(line: bytes) -> int:
    """Return the size of a chunk from its line.

    Raises:
        BadRequestError: The line is not hexadecimal, or the size beyond the bound.
    """
    try:
        size = int(line.split(b";")[0], 16)
    except ValueError as error:
        raise BadRequestError(400, "chunk size is not hexadecimal") from error
    if not 0 <= size <= MAX_BODY_BYTES:
        raise BadRequestError(413, "chunk too large")
    return size
