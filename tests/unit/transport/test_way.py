"""The way to the target, with and without a proxy."""

from __future__ import annotations

from pathlib import Path

import pytest
from yarl import URL

from consumer.errors import ConfigurationError
from consumer.transport.settings import TransportSettings
from consumer.transport.way import way_of


def test_direct() -> None:
    """Without a proxy nothing is forwarded and nothing tunnelled."""
    way = way_of(TransportSettings(base_url="http://gw.example.com:81/prefix"))
    assert (way.target, way.proxy, way.trust) == (
        URL("http://gw.example.com:81"),
        None,
        None,
    )
    assert (way.is_forwarded, way.tunnel_headers) == (False, None)


def test_a_forwarding_proxy() -> None:
    """Its credentials are decoded from its URL, and are not part of the URL kept."""
    way = way_of(
        TransportSettings(base_url="http://a", proxy="http://us%40er:p%3Aw@proxy:3128")
    )
    assert (way.is_forwarded, way.proxy) == (True, URL("http://proxy:3128"))
    assert way.proxy_authorization == "Basic dXNAZXI6cDp3"
    assert way.tunnel_headers is None


def test_a_tunnel() -> None:
    """The request for a tunnel carries the credentials and the target's host."""
    way = way_of(
        TransportSettings(base_url="https://acme:8443", proxy="http://user@proxy")
    )
    assert way.is_forwarded is False
    assert way.tunnel_headers is not None
    assert dict(way.tunnel_headers) == {
        "Proxy-Authorization": "Basic dXNlcjo=",
        "Host": "acme:8443",
    }


def test_a_tunnel_without_credentials() -> None:
    """Nothing is added for a proxy that has no user."""
    way = way_of(TransportSettings(base_url="https://acme", proxy="http://proxy"))
    assert (way.proxy_authorization, way.tunnel_headers) == (None, None)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file or directory"), ("no certificate", "not a PEM file")],
)
def test_a_bad_ca_file(tmp_path: Path, content: str | None, message: str) -> None:
    """It is a fault of the configuration, with its file and a mend."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigurationError, match=message) as caught:
        way_of(TransportSettings(base_url="https://a", ca_file=str(file)))
    (fault,) = caught.value.faults
    assert (fault.file, bool(fault.mend)) == (str(file), True)


def test_old_tls_is_refused() -> None:
    """TLS 1.2 is the least, as the target demands."""
    way = way_of(TransportSettings(base_url="https://a"))
    assert way.trust is not None
    assert way.trust.minimum_version.name == "TLSv1_2"
