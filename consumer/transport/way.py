"""The way to the target: directly, through a proxy, with which trust."""

from __future__ import annotations

import ssl
from typing import NamedTuple

from aiohttp import encode_basic_auth
from aiohttp.hdrs import HOST, PROXY_AUTHORIZATION
from multidict import CIMultiDict
from yarl import URL

from consumer.errors import ConfigurationError, FileFault
from consumer.transport.settings import TransportSettings

__all__ = ["Way", "way_of"]


class Way(NamedTuple):
    """How a request reaches the target.

    Attributes:
        target: Scheme, host and port.
        proxy: The proxy, without its user; None for none. It tunnels what goes to an
            https target (CONNECT) and forwards the rest.
        proxy_authorization: What its user and password make; None for none.
        trust: Whom to trust; None when nothing is encrypted.
    """

    target: URL
    proxy: URL | None
    proxy_authorization: str | None
    trust: ssl.SSLContext | None

    @property
    def is_forwarded(self) -> bool:
        """True when the proxy reads our requests and sends them on."""
        return self.proxy is not None and self.target.scheme == "http"

    @property
    def tunnel_headers(self) -> CIMultiDict[str] | None:
        """Headers of the request for a tunnel; None when there is none to add.

        The connector adds the Host to what it was given and takes its hash for part of
        a connection's name: so the Host is there from the beginning.
        """
        if self.proxy_authorization is None or self.is_forwarded:
            return None
        return CIMultiDict({
            PROXY_AUTHORIZATION: self.proxy_authorization,
            HOST: self.target.host_port_subcomponent or "",
        })


def way_of(settings: TransportSettings) -> Way:
    """Return the way that `settings` describe.

    Reads `ca_file`: one that cannot be used is a `ConfigurationError`.
    """
    target = URL(settings.base_url).origin()
    proxy = URL(settings.proxy) if settings.proxy is not None else None
    has_tls = "https" in {target.scheme, proxy.scheme if proxy is not None else ""}
    trust = _trust(settings.ca_file) if has_tls else None
    if proxy is None:
        return Way(target, None, None, trust)
    if proxy.user is None:
        return Way(target, proxy.origin(), None, trust)
    pair = encode_basic_auth(proxy.user, proxy.password or "", encoding="utf-8")
    return Way(target, proxy.origin(), pair, trust)


def _trust(ca_file: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        fault = FileFault(
            code="C701",
            file=ca_file or "",
            line=0,
            column=0,
            message=f"target.ca_file cannot be used: {_why(error)}",
            mend="name a PEM file with the certificates of the authorities to trust",
        )
        raise ConfigurationError((fault,)) from error
    # tls-transport-layer-security-encryption.md: TLS 1.2 or later since 2020-03-01
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return "it is not a PEM file of certificates"
    return error.strerror or "it cannot be read"
