"""What a target may do to a call, byte for byte, and what each means."""

from __future__ import annotations

from consumer.model import Answer, FaultKind
from tests.scripted_server import Ending, Step

__all__ = ["ANSWERS", "BODY", "FAULTS", "FINE", "HANGS", "OK", "plain"]

BODY = b"<response><success>true</success></response>"
OK = Answer(200, BODY)
LIMIT = 65_536


def plain(status: str, body: bytes = b"", *lines: str) -> bytes:
    """Return an answer with its length and `lines`."""
    head = "".join(f"{line}\r\n" for line in lines)
    length = f"Content-Length: {len(body)}\r\n"
    return f"HTTP/1.1 {status}\r\n{head}{length}\r\n".encode() + body


FINE = Step(pieces=(plain("200 OK", BODY),))
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<response>"
UNENDING = b"HTTP/1.1 200 OK\r\n\r\n"

# What the target does, and what that means.
ANSWERS: dict[str, tuple[Step, Answer]] = {
    "plain": (FINE, OK),
    "in small pieces": (
        Step(pieces=tuple(bytes([byte]) for byte in FINE.pieces[0])),
        OK,
    ),
    "chunked": (
        Step(pieces=(CHUNKED, b"2c\r\n" + BODY + b"\r\n", b"0\r\n\r\n")),
        OK,
    ),
    "ended by the connection": (
        Step(pieces=(UNENDING + BODY,), ending=Ending.CLOSE),
        OK,
    ),
    "after interim answers": (
        Step(
            pieces=(
                b"HTTP/1.1 100 Continue\r\n\r\n",
                b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + FINE.pieces[0],
            )
        ),
        OK,
    ),
    "no content": (Step(pieces=(b"HTTP/1.1 204 No Content\r\n\r\n",)), Answer(204)),
    "a wait": (
        Step(pieces=(plain("503 Busy", b"later", "Retry-After: 7"),)),
        Answer(503, b"later", "7"),
    ),
    "a redirect": (
        Step(pieces=(plain("302 Found", b"", "Location: /elsewhere"),)),
        Answer(302),
    ),
    "a cookie": (Step(pieces=(plain("200 OK", BODY, "Set-Cookie: a=b"),)), OK),
    "compressed though nobody asked": (
        Step(pieces=(plain("200 OK", b"\x1f\x8b", "Content-Encoding: gzip"),)),
        Answer(200, b"\x1f\x8b"),
    ),
    "just within the bound": (
        Step(pieces=(plain("200 OK", b"x" * LIMIT),)),
        Answer(200, b"x" * LIMIT),
    ),
}

FAULTS: dict[str, tuple[Step, FaultKind]] = {
    "closed without a word": (Step(ending=Ending.CLOSE), FaultKind.RESET),
    "reset without a word": (Step(ending=Ending.RESET), FaultKind.RESET),
    "half a head": (
        Step(pieces=(HALF[:30],), ending=Ending.CLOSE),
        FaultKind.TRUNCATED,
    ),
    "half a body": (Step(pieces=(HALF,), ending=Ending.CLOSE), FaultKind.TRUNCATED),
    "half a body, reset": (
        Step(pieces=(HALF,), ending=Ending.RESET),
        FaultKind.TRUNCATED,
    ),
    "half a chunk": (
        Step(pieces=(CHUNKED + b"ff\r\n<resp",), ending=Ending.CLOSE),
        FaultKind.TRUNCATED,
    ),
    "no last chunk": (
        Step(pieces=(CHUNKED + b"2c\r\n" + BODY + b"\r\n",), ending=Ending.CLOSE),
        FaultKind.TRUNCATED,
    ),
    "a long header": (
        Step(pieces=(plain("200 OK", BODY, "X: " + "y" * 20_000),)),
        FaultKind.PROTOCOL,
    ),
    "a long reason": (
        Step(pieces=(plain("200 " + "y" * 20_000, BODY),)),
        FaultKind.PROTOCOL,
    ),
    "another protocol": (
        Step(pieces=(b"220 mail.example.com ESMTP\r\n",), ending=Ending.HANG),
        FaultKind.PROTOCOL,
    ),
    "a switch of protocols": (
        Step(
            pieces=(
                b"HTTP/1.1 101 Switching Protocols\r\n",
                b"Upgrade: x\r\nConnection: upgrade\r\n\r\n",
            ),
            ending=Ending.HANG,
        ),
        FaultKind.PROTOCOL,
    ),
    "too large, and it says so": (
        Step(pieces=(plain("200 OK", b"x" * (LIMIT + 1)),)),
        FaultKind.OVERSIZE,
    ),
    "too large in chunks": (
        Step(pieces=(CHUNKED, *([b"4000\r\n" + b"x" * 0x4000 + b"\r\n"] * 6))),
        FaultKind.OVERSIZE,
    ),
    "without an end": (
        Step(pieces=(UNENDING, b"x" * 30_000), is_drip=True),
        FaultKind.OVERSIZE,
    ),
}

HANGS: dict[str, Step] = {
    "silence": Step(ending=Ending.HANG),
    "silence after the head": Step(pieces=(HALF[:38],), ending=Ending.HANG),
    "a head that drips": Step(
        pieces=(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), is_drip=True
    ),
    "a body that drips": Step(pieces=(HALF, b"."), is_drip=True),
}
