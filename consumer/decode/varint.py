"""The slow ways of the compiled check: numbers of several bytes, and what is refused.

Avro writes every length, count, index, `int` and `long` as a zig-zag varint. The
compiled check reads those of one byte itself, and calls these functions for the rest.
Each takes the bytes and a position, and returns the position after what it read.
"""

from __future__ import annotations

from typing import NoReturn

from consumer.decode.reasons import BytesRefusedError, Reason

__all__ = [
    "block",
    "refuse",
    "skip_bytes",
    "skip_int",
    "skip_long",
    "skip_wide_decimal",
    "varint",
]

VARINT_BYTES = 10  # 64 bits, seven in a byte
LOW_BITS = 0x7F  # the eighth says that another byte follows
# In so many bytes no number is too large, and nothing but the end has to be found.
SMALL_LONG_BYTES, SMALL_INT_BYTES = 9, 4


def refuse(reason: Reason) -> NoReturn:
    """Refuse the record.

    Raises:
        BytesRefusedError: Always.
    """
    raise BytesRefusedError(reason)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the varint at `at`, still in zig-zag form, and the position after it.

    Raises:
        BytesRefusedError: It is longer than ten bytes or 64 bits.
    """
    raw = shift = 0
    for place in range(at, at + VARINT_BYTES):
        byte = data[place]
        raw |= (byte & LOW_BITS) << shift
        if byte <= LOW_BITS:
            if raw >> 64:
                break
            return raw, place + 1
        shift += 7
    raise BytesRefusedError(Reason.BAD_VARINT)


def skip_long(data: bytes, at: int) -> int:
    """Return the position after the `long` at `at`."""
    for place in range(at, at + SMALL_LONG_BYTES):
        if data[place] <= LOW_BITS:
            return place + 1
    return varint(data, at)[1]


def skip_int(data: bytes, at: int) -> int:
    """Return the position after the `int` at `at`.

    Raises:
        BytesRefusedError: It does not fit into 32 bits.
    """
    for place in range(at, at + SMALL_INT_BYTES):
        if data[place] <= LOW_BITS:
            return place + 1
    raw, at = varint(data, at)
    if raw >> 32:
        raise BytesRefusedError(Reason.INT_RANGE)
    return at


def length(data: bytes, at: int) -> tuple[int, int]:
    """Return the length at `at`, and the position after it.

    Raises:
        BytesRefusedError: It is negative.
    """
    raw, at = varint(data, at)
    if raw & 1:
        raise BytesRefusedError(Reason.BAD_LENGTH)
    return raw >> 1, at


def skip_bytes(data: bytes, at: int) -> int:
    """Return the position after the bytes or the string at `at`."""
    size, at = length(data, at)
    return at + size


def skip_wide_decimal(data: bytes, at: int, max_bytes: int, bound: int) -> int:
    """Return the position after the decimal at `at`.

    Args:
        data: The record's value.
        at: Where the decimal's length stands.
        max_bytes: The longest decimal.
        bound: Ten to the power of the precision.

    Returns:
        The position after it.

    Raises:
        BytesRefusedError: It is too long, or has too many digits: fastavro would round
            it in silence (12345 at precision 3 became 1.23E+4).
    """
    size, at = length(data, at)
    if size > max_bytes:
        raise BytesRefusedError(Reason.DECIMAL_TOO_LONG)
    return skip_fixed_decimal(data, at, size, bound)


def skip_fixed_decimal(data: bytes, at: int, size: int, bound: int) -> int:
    """Return the position after the decimal of `size` bytes at `at`.

    Raises:
        BytesRefusedError: It has too many digits.
    """
    end = at + size
    if not -bound < int.from_bytes(data[at:end], "big", signed=True) < bound:
        raise BytesRefusedError(Reason.DECIMAL_TOO_PRECISE)
    return end


def block(data: bytes, at: int) -> tuple[int, int, int]:
    """Return a block's count, the position of its first item, and that of its end.

    A negative count is followed by the block's length in bytes (Avro specification
    1.12, "Arrays"); without one the end is 0.
    """
    raw, at = varint(data, at)
    if not raw & 1:
        return raw >> 1, at, 0
    size, at = length(data, at)
    return (raw >> 1) + 1, at, at + size
