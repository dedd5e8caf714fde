"""Settings of the single update that could break out of a request are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from consumer.deliver.single_settings import Shape, SingleSettings

GOOD = SingleSettings(client="acme", authority="acme.tt.omtrdc.net")


def test_where_it_goes() -> None:
    """The client code stands in the path, behind a gateway's prefix."""
    assert GOOD.path == "/m2/acme/profile/update"
    assert replace(GOOD, path_prefix="/gw/t-1").path == "/gw/t-1/m2/acme/profile/update"


def test_size_limits_of_the_shapes() -> None:
    """A form may have 60 KB; what stands in a request line 8 KB."""
    sizes = {shape: replace(GOOD, shape=shape).size_limit for shape in Shape}
    assert sizes == {"form": 60_000, "query": 8_000, "get": 8_000}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("client", ""),
        ("client", "a/b"),
        ("client", "acme\r\n"),
        ("client", "../x"),
        ("authority", "host\r\nX: y"),
        ("authority", "user@host"),
        ("path_prefix", "gw"),
        ("path_prefix", "/.."),
        ("path_prefix", "/gw/"),
        ("user_agent", "a\r\nb"),
        ("value_chars", 0),
        ("form_bytes", 0),
        ("query_bytes", -1),
    ],
)
def test_refused(field: str, value: Any) -> None:
    """No setting can add a line, a path segment or a user."""
    with pytest.raises(ValueError, match=r"characters|at least"):
        replace(GOOD, **{field: value})
