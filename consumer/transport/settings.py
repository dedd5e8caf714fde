"""What a transport is told: where to, through whom, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass, field

from yarl import URL

__all__ = ["TransportSettings"]

_SCHEMES = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportSettings:
    """How requests reach the target.

    Attributes:
        base_url: Scheme, host and port of the target; its path is `deliver`'s.
        timeout_seconds: One deadline for the whole call: waiting for a connection,
            name, TCP, proxy, TLS, request and answer.
        max_connections: The most connections that are open at once.
        keepalive_seconds: How long an unused connection is kept.
        proxy: URL of an HTTP proxy, with user and password if it asks for them.
        ca_file: PEM file with the only authorities that are trusted; None for the
            system's.
        max_answer_bytes: Largest answer that is read.
    """

    base_url: str
    timeout_seconds: float = 10.0
    max_connections: int = 64
    keepalive_seconds: float = 15.0
    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    max_answer_bytes: int = 65_536

    def __post_init__(self) -> None:
        """Refuse what no call could be made with.

        Raises:
            ValueError: A URL is not HTTP's, carries what it may not, or a bound is not
                positive. No message repeats a URL.
        """
        base = _http_url("base_url", self.base_url)
        if base.user is not None or base.query_string or base.fragment:
            raise ValueError("base_url has a user, a query or a fragment")
        if self.proxy is not None:
            _http_url("proxy", self.proxy)
        for name in (
            "timeout_seconds",
            "max_connections",
            "keepalive_seconds",
            "max_answer_bytes",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0")


def _http_url(name: str, text: str) -> URL:
    try:
        url = URL(text)
    except ValueError:
        raise ValueError(f"{name} is not a URL") from None  # the cause would show it
    if url.scheme not in _SCHEMES or not url.host:
        raise ValueError(f"{name} is not an http or https URL with a host")
    return url
