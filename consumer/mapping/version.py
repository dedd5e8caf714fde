"""The version of a file: what git calls its content."""

from __future__ import annotations

import hashlib

__all__ = ["blob_id"]


def blob_id(text: str) -> str:
    """Return what git calls a file of this text: `git log --find-object` finds it."""
    raw = text.encode()
    return hashlib.sha1(
        b"blob %d\0" % len(raw) + raw, usedforsecurity=False
    ).hexdigest()
