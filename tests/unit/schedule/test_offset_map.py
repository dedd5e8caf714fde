"""The offset map as text: what is written is read, and nothing else is."""

from __future__ import annotations

import random
import tracemalloc
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.schedule.offset_map import (
    METADATA_CHARACTERS,
    MOST_BYTES,
    NO_MAP,
    read_map,
    text_of,
    written_map,
)

BASES = st.integers(0, 2**63 - 1)
BITMAPS = st.binary(max_size=600) | st.builds(
    lambda part, times: part * times, st.binary(max_size=8), st.integers(0, 2000)
)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(base=BASES, bitmap=BITMAPS, most=st.integers(0, METADATA_CHARACTERS))
def test_what_is_read_is_what_was_written_or_its_beginning(
    base: int, bitmap: bytes, most: int
) -> None:
    """decode(encode(x)) is x, or a part cut off at the high end that fits."""
    text, is_cut = written_map(base, bitmap, most)
    found = read_map(text, base)
    assert len(text) <= most
    assert bitmap.startswith(found)
    assert is_cut is (found != bitmap.rstrip(b"\0"))
    assert read_map(text, base ^ 1) == b""


@settings(max_examples=300, derandomize=True, deadline=None)
@given(text=st.text(max_size=60) | st.text(max_size=60).map("M1".__add__))
def test_any_text_is_a_map_or_none(text: str) -> None:
    """What another tool left there is no fault, and no map."""
    assert read_map(text, 0) == b""


@pytest.mark.peer("Parallel Consumer fork #207")
@settings(max_examples=300, derandomize=True, deadline=None)
@given(data=st.data(), bitmap=st.binary(min_size=1, max_size=50))
def test_a_damaged_map_is_none(data: st.DataObject, bitmap: bytes) -> None:
    """One wrong bit anywhere is found out."""
    whole = bytearray(urlsafe_b64decode(padded(text_of(7, bitmap + b"\1"))))
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[bit >> 3] ^= 1 << (bit & 7)
    assert read_map("M1" + urlsafe_b64encode(whole).decode().rstrip("="), 7) == b""


def test_a_map_of_another_version_is_none() -> None:
    """Its mark is not ours, though the rest is as we would write it."""
    text = written_map(0, b"\1", METADATA_CHARACTERS).text
    assert read_map(text, 0) == b"\1"
    assert read_map("M2" + text[2:], 0) == b""


def test_a_map_of_just_the_length_allowed_is_whole() -> None:
    """One character less cuts it, and no more than an eighth at a time is lost."""
    bitmap = random.Random(1).randbytes(400) + b"\1"  # noqa: S311 - bits
    text = written_map(9, bitmap, METADATA_CHARACTERS).text
    assert written_map(9, bitmap, len(text)) == (text, False)
    cut = written_map(9, bitmap, len(text) - 1)
    assert cut.is_cut
    found = read_map(cut.text, 9)
    assert bitmap.startswith(found)
    assert 401 * 7 // 8 - 1 <= len(found) < 401


def test_what_is_cut_ends_with_a_bit_that_is_set() -> None:
    """Zero bytes at its end would say nothing; those at its beginning say much."""
    noise = random.Random(1).randbytes(30) + b"\1"  # noqa: S311 - bits
    bitmap = b"\0" * 50 + noise + b"\0" * 400 + noise
    found = read_map(written_map(0, bitmap, 80).text, 0)
    assert found == b"\0" * 50 + noise


@pytest.mark.parametrize(
    ("size", "is_cut"), [(MOST_BYTES, False), (MOST_BYTES + 1, True)]
)
def test_a_million_bits_are_the_most(size: int, *, is_cut: bool) -> None:
    """Just so many are written whole."""
    text, cut = written_map(0, b"\xff" * size, METADATA_CHARACTERS)
    assert (cut, read_map(text, 0)) == (is_cut, b"\xff" * MOST_BYTES)


def test_a_text_that_would_inflate_to_much_costs_little() -> None:
    """A reader makes a million bits of it and stops, however long it would be."""
    deflater = zlib.compressobj(wbits=-15)
    code = b"".join(deflater.compress(bytes(1 << 20)) for _ in range(256))
    rest = (0).to_bytes(8, "big") + code + deflater.flush()
    body = zlib.crc32(rest).to_bytes(4, "big") + rest
    text = "M1" + urlsafe_b64encode(body).decode().rstrip("=")
    tracemalloc.start()
    try:
        assert read_map(text, 0) == b""
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def padded(text: str) -> str:
    """Return the Base64 of a map's text with its padding."""
    return text[2:] + "=" * (-len(text[2:]) % 4)


def test_the_text_is_as_the_format_says() -> None:
    """M1, then Base64 for URLs of CRC-32, base and raw deflate, big-endian."""
    text = text_of(258, b"\x05")
    assert text == "M1ywjR6wAAAAAAAAECYwUA"
    body = urlsafe_b64decode(padded(text))
    assert body[4:12] == (258).to_bytes(8, "big")
    assert body[:4] == zlib.crc32(body[4:]).to_bytes(4, "big")
    assert zlib.decompress(body[12:], -15) == b"\x05"


def test_no_reader_inflates_more_than_a_million_bits() -> None:
    """A few bytes can say a gigabyte; a map of ours never does."""
    assert read_map(text_of(0, b"\1" * MOST_BYTES), 0) == b"\1" * MOST_BYTES
    assert read_map(text_of(0, b"\1" * (MOST_BYTES + 1)), 0) == b""
    long = bytes(MOST_BYTES) + b"\1"
    assert written_map(0, long, METADATA_CHARACTERS) == ("", True)


@pytest.mark.parametrize("bitmap", [b"", b"\0\0\0"])
def test_nothing_done_is_no_text(bitmap: bytes) -> None:
    """A commit without a map is the commit of a plain consumer."""
    assert written_map(5, bitmap, METADATA_CHARACTERS) == NO_MAP


@pytest.mark.parametrize("code", [b"c\x04\x00x", b"\xff\xff", b"c"])
def test_code_that_does_not_inflate_is_damage(code: bytes) -> None:
    """With the right CRC, too: code that goes on, is none, or ends too early."""
    body = bytes(8) + code
    whole = zlib.crc32(body).to_bytes(4, "big") + body
    assert read_map("M1" + urlsafe_b64encode(whole).decode().rstrip("="), 0) == b""
