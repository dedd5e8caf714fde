"""What is done beyond the committed offset, as text that fits into a commit's metadata.

    M1 base64url(crc32(4) base(8) deflate(bitmap))    without padding; big-endian

Bit i of the bitmap, the least significant first, stands for the offset base + i: 1 for
done, or for a gap below an offset that was seen. Trailing zero bytes are cut. The CRC is
of what follows it; the base is the committed offset.

Rules:
    - A reader believes nothing: what is foreign, damaged, too long or of another base is
      no map, and no map only repeats records.
    - A writer whose map does not fit cuts it off at the high end, which only repeats.

Kafka bounds the text: `offset.metadata.max.bytes`, 4096 by default ("The maximum size
for a metadata entry associated with an offset commit", Apache Kafka broker
configuration).
"""

from __future__ import annotations

import binascii
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

__all__ = [
    "MARK",
    "METADATA_CHARACTERS",
    "MOST_BYTES",
    "MOST_OFFSETS",
    "NO_MAP",
    "Written",
    "base_of",
    "read_map",
    "written_map",
]

# The broker takes 4096 bytes by default, and librdkafka sends a closing zero with them;
# halved when it refuses a map.
METADATA_CHARACTERS = 4095
MARK = "M1"
CRC_BYTES, BASE_BYTES = 4, 8
MOST_OFFSETS = 1_000_000
MOST_BYTES = MOST_OFFSETS // 8
RAW_DEFLATE = -zlib.MAX_WBITS
BASE64_ALPHABET = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)


class Written(NamedTuple):
    """A map as text.

    Attributes:
        text: For the commit's metadata; empty when there is nothing to say.
        is_cut: True when not all of it fitted.
    """

    text: str
    is_cut: bool


NO_MAP = Written("", is_cut=False)


def written_map(base: int, bitmap: bytes, most_characters: int) -> Written:
    """Return the text of `bitmap`, cut off where it would be longer than allowed.

    Args:
        base: The offset of its first bit; at least 0.
        bitmap: Done offsets.
        most_characters: The longest text.
    """
    wanted = bitmap[:MOST_BYTES].rstrip(b"\0")
    is_cut = len(bitmap.rstrip(b"\0")) > MOST_BYTES
    while wanted:
        text = text_of(base, wanted)
        if len(text) <= most_characters:
            return Written(text, is_cut=is_cut)
        is_cut = True
        fitting = len(wanted) * most_characters // len(text)
        wanted = wanted[: min(fitting, len(wanted) * 7 // 8)].rstrip(b"\0")
    return Written("", is_cut=is_cut)


def read_map(text: str, base: int) -> bytes:
    """Return the bitmap in `text`; empty when it is no map of `base`."""
    rest = checked(text)
    if rest is None or int.from_bytes(rest[:BASE_BYTES], "big") != base:
        return b""
    return inflated(rest[BASE_BYTES:])


def base_of(text: str) -> int | None:
    """Return the offset that the map in `text` is of; None when it is no whole map."""
    rest = checked(text)
    return None if rest is None else int.from_bytes(rest[:BASE_BYTES], "big")


def checked(text: str) -> bytes | None:
    """Return base and bitmap's code; None when `text` is foreign or damaged."""
    body = body_of(text)
    if body is None or len(body) < CRC_BYTES + BASE_BYTES:
        return None
    crc, rest = body[:CRC_BYTES], body[CRC_BYTES:]
    return rest if int.from_bytes(crc, "big") == zlib.crc32(rest) else None


def text_of(base: int, bitmap: bytes) -> str:
    """Return a map's text, however long."""
    deflater = zlib.compressobj(wbits=RAW_DEFLATE)
    rest = base.to_bytes(BASE_BYTES, "big")
    rest += deflater.compress(bitmap) + deflater.flush()
    body = zlib.crc32(rest).to_bytes(CRC_BYTES, "big") + rest
    return MARK + urlsafe_b64encode(body).rstrip(b"=").decode()


def body_of(text: str) -> bytes | None:
    """Return what is behind the mark; None when it is not ours."""
    if not text.startswith(MARK) or not text.isascii():
        return None
    code = text[len(MARK) :].encode()
    if not BASE64_ALPHABET.issuperset(code):  # else the decoder would pass over it
        return None
    try:
        return urlsafe_b64decode(code + b"=" * (-len(code) % 4))
    except binascii.Error:
        return None


def inflated(code: bytes) -> bytes:
    """Return the bitmap of `code`; empty when it is damaged, or longer than allowed."""
    inflater = zlib.decompressobj(RAW_DEFLATE)
    try:
        bitmap = inflater.decompress(code, MOST_BYTES + 1)
    except zlib.error:
        return b""
    is_whole = inflater.eof and not inflater.unused_data
    return bitmap if is_whole and len(bitmap) <= MOST_BYTES else b""
