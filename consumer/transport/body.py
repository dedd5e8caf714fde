"""Reads an answer's body within a bound, whatever its head promised."""

from __future__ import annotations

from aiohttp import StreamReader

__all__ = ["read_bounded"]


async def read_bounded(payload: StreamReader, limit_bytes: int) -> bytes | None:
    """Return the whole body; None when it has more than `limit_bytes`.

    aiohttp stops reading from the socket when nobody takes what it has read, so a body
    of any size costs no more memory than its buffer and the limit.
    """
    body = await payload.readany()
    if not payload.at_eof():
        parts = [body]
        size = len(body)
        while size <= limit_bytes and not payload.at_eof():
            part = await payload.readany()
            size += len(part)
            parts.append(part)
        body = b"".join(parts)
    return body if len(body) <= limit_bytes else None
