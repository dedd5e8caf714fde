"""aiohttp's exceptions become our values, here and once.

No detail repeats what an exception says of itself: aiohttp's texts carry URLs.
"""

from __future__ import annotations

import os
import ssl

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from consumer.model import Answer, Fault, FaultKind

__all__ = [
    "CLOSED",
    "FOREIGN",
    "LEASE_LAPSED",
    "OVERSIZE",
    "SWITCHED",
    "TIMED_OUT",
    "UNUSABLE_TOKEN",
    "fault_of",
]

FOREIGN = (aiohttp.ClientError, HttpProcessingError, OSError, UnicodeError)

CLOSED = Fault(FaultKind.CONNECT, "the transport is closed")
SWITCHED = Fault(FaultKind.PROTOCOL, "the other side wants another protocol")
LEASE_LAPSED = Fault(FaultKind.LEASE, "the right to send lapsed before the first byte")
OVERSIZE = Fault(FaultKind.OVERSIZE, "the answer is larger than any of the target's")
TIMED_OUT = Fault(FaultKind.TIMEOUT, "no whole answer in time")
UNUSABLE_TOKEN = Fault(
    FaultKind.PROTOCOL,
    "nothing sent: the token has characters that no header may carry",
)

_CUT = "the connection ended before the answer began"
_HALF = "the connection ended in the middle of the answer"


def fault_of(
    error: Exception, *, has_begun: bool, peer: str = "target"
) -> Answer | Fault:
    """Return what `error` means.

    Args:
        error: One of `FOREIGN`.
        has_begun: True when bytes of the request may have left.
        peer: Whom we connect to, for the message.

    Returns:
        A fault, or the answer that a proxy gave in the target's place.
    """
    if isinstance(error, aiohttp.ClientHttpProxyError):
        headers = error.headers
        retry_after = headers.get("Retry-After") if headers is not None else None
        return Answer(error.status, retry_after=retry_after)
    if has_begun:
        return _of_exchange(error)
    return _of_connecting(error, peer)


def _of_connecting(error: Exception, peer: str) -> Fault:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        why = getattr(error.certificate_error, "verify_message", "")
        return Fault(FaultKind.TLS, f"the certificate is not trusted: {why}")
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return Fault(FaultKind.TLS, f"no TLS: {_reason(error)}")
    who = "proxy" if isinstance(error, aiohttp.ClientProxyConnectionError) else peer
    if isinstance(error, aiohttp.ClientConnectorDNSError | UnicodeError):
        return Fault(FaultKind.CONNECT, f"the {who}'s name does not resolve")
    return Fault(FaultKind.CONNECT, f"no connection to the {who}: {_errno_text(error)}")


def _of_exchange(error: Exception) -> Fault:
    if isinstance(error, aiohttp.ClientPayloadError):
        return Fault(FaultKind.TRUNCATED, _HALF)
    if isinstance(error, aiohttp.ServerDisconnectedError):
        # It carries the head as far as it came, else a text.
        if isinstance(error.message, str) or error.message is None:
            return Fault(FaultKind.RESET, _CUT)
        return Fault(FaultKind.TRUNCATED, _HALF)
    if isinstance(error, HttpProcessingError | aiohttp.ClientResponseError):
        return Fault(FaultKind.PROTOCOL, "the answer is not HTTP, or its head too long")
    return Fault(FaultKind.RESET, _CUT)


def _reason(error: Exception) -> str:
    """Return OpenSSL's own word, such as `wrong version number`."""
    inner = getattr(error, "os_error", error)
    reason = getattr(inner, "reason", None) or "the handshake failed"
    return str(reason).replace("_", " ").lower()


def _errno_text(error: Exception) -> str:
    inner = getattr(error, "os_error", error)
    number = getattr(inner, "errno", None)
    return os.strerror(number).lower() if number else "it was closed"
