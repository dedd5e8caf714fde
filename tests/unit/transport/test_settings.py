"""Settings that no call could be made with are refused, without showing a URL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from consumer.transport.settings import TransportSettings

GOOD = TransportSettings(base_url="https://acme.tt.omtrdc.net")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_url", ""),
        ("base_url", "acme.tt.omtrdc.net"),
        ("base_url", "ftp://acme"),
        ("base_url", "http://"),
        ("base_url", "http://user:secret@acme"),
        ("base_url", "http://acme?secret=1"),
        ("base_url", "http://acme#secret"),
        ("base_url", "http://acme:secret"),
        ("proxy", "socks5://secret"),
        ("proxy", "http://user:secret@:99999"),
        ("timeout_seconds", 0.0),
        ("timeout_seconds", float("nan")),
        ("max_connections", 0),
        ("keepalive_seconds", -1.0),
        ("max_answer_bytes", 0),
    ],
)
def test_refused(field: str, value: Any) -> None:
    """The message names the setting and never its value."""
    with pytest.raises(ValueError, match=field) as caught:
        replace(GOOD, **{field: value})
    assert "secret" not in str(caught.value)


def test_what_is_shown() -> None:
    """A proxy's password is in no repr."""
    assert "hidden" not in repr(replace(GOOD, proxy="http://user:hidden@proxy"))
