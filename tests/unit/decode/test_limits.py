"""Unit tests of `consumer/decode/limits.py`."""

from __future__ import annotations

import pytest

from consumer.decode.limits import DecodeLimits


def test_a_limit_that_would_refuse_everything_is_refused() -> None:
    """A bound of nothing is a mistake."""
    with pytest.raises(ValueError, match="max_depth must be at least 1"):
        DecodeLimits(max_depth=0)
