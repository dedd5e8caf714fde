"""aiohttp's exceptions, one by one."""

from __future__ import annotations

import errno
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.http_exceptions import LineTooLong

from consumer.model import Fault, FaultKind
from consumer.transport.faults import FOREIGN, fault_of

KEY = ConnectionKey("secret.example.com", 443, True, True, None, None, None)  # noqa: FBT003  # aiohttp's own order
REFUSED = OSError(errno.ECONNREFUSED, "Connect call failed ('10.0.0.1', 443)")
EOF = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (aiohttp.ClientConnectorError(KEY, REFUSED), FaultKind.CONNECT),
        (aiohttp.ClientProxyConnectionError(KEY, REFUSED), FaultKind.CONNECT),
        (aiohttp.ClientConnectorDNSError(KEY, REFUSED), FaultKind.CONNECT),
        (aiohttp.ClientConnectorSSLError(KEY, EOF), FaultKind.TLS),
        (
            aiohttp.ClientConnectorCertificateError(
                KEY, ssl.SSLCertVerificationError("x")
            ),
            FaultKind.TLS,
        ),
        (EOF, FaultKind.TLS),
        (aiohttp.ServerDisconnectedError(), FaultKind.CONNECT),
        (UnicodeError("label too long"), FaultKind.CONNECT),
        (TimeoutError(), FaultKind.CONNECT),
    ],
)
def test_before_a_byte_was_sent(error: Exception, kind: FaultKind) -> None:
    """What happens while connecting is told as such, without an address."""
    assert isinstance(error, FOREIGN)
    fault = fault_of(error, has_begun=False)
    assert isinstance(fault, Fault)
    assert fault.kind is kind
    assert fault.detail
    assert not {"secret", "10.0.0.1"} & set(fault.detail.replace("'", " ").split())
    assert "secret" not in fault.detail


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (aiohttp.ServerDisconnectedError(), FaultKind.RESET),
        (aiohttp.ClientOSError(errno.ECONNRESET, "reset"), FaultKind.RESET),
        (ConnectionResetError(), FaultKind.RESET),
        (aiohttp.ClientPayloadError("half"), FaultKind.TRUNCATED),
        (LineTooLong(b"x" * 10, 5), FaultKind.PROTOCOL),
        (aiohttp.ClientConnectionError(), FaultKind.RESET),
    ],
)
def test_after_bytes_may_have_left(error: Exception, kind: FaultKind) -> None:
    """What happens afterwards says how far the answer came."""
    assert isinstance(error, FOREIGN)
    fault = fault_of(error, has_begun=True)
    assert isinstance(fault, Fault)
    assert (fault.kind, bool(fault.detail)) == (kind, True)
