"""An event's bytes, walked beside the schema that wrote them and written anew.

Rules:
- What a value is stays: its type, null or not, the branch of a union, the symbol of an
  enum, a boolean, how many elements there are. What it says is masked.
- Paths that are kept are copied with all that is below them; so are their keys, where
  other keys of maps are texts.
- The bytes must have passed the check: nothing here is bounded.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from consumer.decode.masking import Masking
from consumer.decode.nodes import (
    Array,
    Enumeration,
    Fixed,
    Logical,
    Map,
    Node,
    Primitive,
    Structure,
    Union,
)
from consumer.decode.varint import varint

__all__ = ["masked_event"]

DAYS = 20_000  # dates become days from 1970 to 2024
YEAR_2000_MS, THIRTY_YEARS_MS = 946_684_800_000, 946_771_200_000
DAY_MS = 86_400_000
PER_MS = {"millis": 1, "micros": 1_000, "nanos": 1_000_000}
INT, LONG = 2**31 - 1, 2**63 - 1
FLOATS = {"float": "<f", "double": "<d"}
WIDTHS = {"null": 0, "boolean": 1, "float": 4, "double": 8}


def masked_event(
    masking: Masking, value: bytes, start: int, writer: Structure
) -> bytes:
    """Return a record's value with other values in its event.

    Args:
        masking: How.
        value: The record's value; its event passed the check.
        start: Where the event begins; what stands before it is copied.
        writer: The schema that wrote it.
    """
    copy = Copy(masking, value, start, bytearray(value[:start]))
    copy.node(writer, "", keep=False)
    return bytes(copy.out)


@dataclass(slots=True)
class Copy:
    """One event on its way. Owned by `masked_event`.

    Attributes:
        masking: How values become others.
        data: What is read.
        at: How far.
        out: What was written.
    """

    masking: Masking
    data: bytes
    at: int
    out: bytearray

    def node(self, node: Node, path: str, *, keep: bool) -> None:
        """Copy or mask one value."""
        keep = keep or self.masking.keeps(path)
        match node:
            case Structure():
                for one in node.fields:
                    self.node(one.type, below(path, one.name), keep=keep)
            case Union():
                self.node(node.branches[self.copied_number()], path, keep=keep)
            case Array():
                self.blocks(node.items, path, keep=keep, is_map=False)
            case Map():
                self.blocks(node.values, path, keep=keep, is_map=True)
            case Enumeration():
                self.copied_number()
            case Fixed():
                raw = self.take(node.size)
                self.out += raw if keep else self.fixed(raw, node.logical)
            case _:  # what is left is primitive
                self.primitive(node, keep=keep)

    def blocks(self, item: Node, path: str, *, keep: bool, is_map: bool) -> None:
        """Copy the blocks of an array or map, without their sizes in bytes."""
        while True:
            count = self.number()
            if count < 0:
                count = -count
                self.number()
            self.out += zigzag(count)
            if not count:
                return
            for _ in range(count):
                inner = path
                if is_map:
                    inner = self.entry_key(path, keep=keep)
                self.node(item, inner, keep=keep)

    def entry_key(self, path: str, *, keep: bool) -> str:
        """Copy or mask the key of a map's entry, and return the path of its value."""
        raw = self.take(self.number())
        text = raw.decode(errors="replace")
        inner = below(path, text)
        is_kept = keep or self.masking.keeps(inner)
        self.sized(raw if is_kept else self.masking.text(text).encode())
        return inner

    def primitive(self, node: Primitive, *, keep: bool) -> None:
        """Copy or mask a value of a primitive type."""
        if node.kind in {"int", "long"}:
            number = self.number()
            self.out += zigzag(number if keep else self.whole(number, node))
        elif node.kind in {"string", "bytes"}:
            raw = self.take(self.number())
            self.sized(raw if keep else self.sized_value(raw, node))
        else:
            raw = self.take(WIDTHS[node.kind])
            is_float = node.kind in FLOATS and not keep
            self.out += self.floating(raw, FLOATS[node.kind]) if is_float else raw

    # -- values

    def whole(self, number: int, node: Primitive) -> int:
        """Return another whole number, date, time or timestamp."""
        name = node.logical.name if node.logical is not None else ""
        drawn = f"{name}:{number}".encode()
        unit = PER_MS.get(name.rpartition("-")[2], 1)
        if name == "date":
            return self.masking.number(drawn, DAYS)
        if name.startswith("time-"):
            return self.masking.number(drawn, DAY_MS * unit)
        if "timestamp" in name:
            moment = self.masking.number(drawn, THIRTY_YEARS_MS * unit)
            return YEAR_2000_MS * unit + moment
        found = int(self.masking.digits(str(abs(number))))
        if found > (INT if node.kind == "int" else LONG):
            tens = 10 ** (len(str(found)) - 1)
            found = tens + found % tens  # as many digits, the first of them 1
        return found if number >= 0 else -found

    def sized_value(self, raw: bytes, node: Primitive) -> bytes:
        """Return another text, UUID, decimal or run of bytes."""
        name = node.logical.name if node.logical is not None else ""
        if node.kind == "string":
            text = raw.decode(errors="replace")
            found = self.masking.uuid(text) if name == "uuid" else None
            return (found or self.masking.text(text)).encode()
        if name != "decimal":
            return self.masking.raw(raw)
        number = self.unscaled(raw)
        return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)

    def fixed(self, raw: bytes, logical: Logical | None) -> bytes:
        """Return another fixed value."""
        if logical is None or logical.name != "decimal":
            return self.masking.raw(raw)
        number = self.unscaled(raw)
        size = abs(number) % (1 << (8 * len(raw) - 1))  # as much as the bytes hold
        found = size if number >= 0 else -size
        return found.to_bytes(len(raw), "big", signed=True)

    def unscaled(self, raw: bytes) -> int:
        """Return other digits for those of a decimal."""
        number = int.from_bytes(raw, "big", signed=True)
        found = int(self.masking.digits(str(abs(number))))
        return found if number >= 0 else -found

    def floating(self, raw: bytes, form: str) -> bytes:
        """Return another floating number of the same sign and size."""
        [number] = struct.unpack(form, raw)
        if not number or not math.isfinite(number):
            return raw
        mantissa, e, exponent = repr(abs(number)).partition("e")
        found = float(self.masking.digits(mantissa) + e + exponent)
        try:
            return struct.pack(form, math.copysign(found, number))
        except OverflowError:  # more than the largest of 32 bits
            return raw

    # -- bytes

    def take(self, size: int) -> bytes:
        """Read some bytes."""
        found = self.data[self.at : self.at + size]
        self.at += size
        return found

    def number(self) -> int:
        """Read a number."""
        raw, self.at = varint(self.data, self.at)
        return (raw >> 1) ^ -(raw & 1)

    def copied_number(self) -> int:
        """Read a number and write it."""
        number = self.number()
        self.out += zigzag(number)
        return number

    def sized(self, raw: bytes) -> None:
        """Write bytes behind their length."""
        self.out += zigzag(len(raw)) + raw


def below(path: str, name: str) -> str:
    """Return the path of a field."""
    return f"{path}.{name}" if path else name


def zigzag(number: int) -> bytes:
    """Return a number as Avro writes it."""
    raw = (number << 1) ^ (number >> 63)
    found = bytearray()
    while raw > 127:  # noqa: PLR2004 - seven bits in a byte
        found.append(raw & 127 | 128)
        raw >>= 7
    found.append(raw)
    return bytes(found)
