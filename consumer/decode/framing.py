"""How a record names the schema that wrote it.

    framing        begins with                     the event begins at
    confluent      00, id (4 bytes, big-endian)    5
    header         the event itself; the header    0
                   `__value_schema_id` has
                   00 + id, or 01 + GUID
    single_object  C3 01, CRC-64-AVRO of the       10
                   schema (8 bytes, little-endian)
    bare           the event itself                0

Sources: Confluent, "Wire format" (the id after a magic byte 0) and
confluent_kafka.schema_registry 2.16 (the header); Avro specification 1.12,
"Single-object encoding".

Whatever the framing, the bytes that name the schema are its key: an id is the same
five bytes in a header and in front of a value.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from consumer.decode.reasons import BytesRefusedError, Reason
from consumer.model import Header, SchemaId

__all__ = ["BARE", "Framing", "fingerprint_key", "frame", "key_of", "schema_id"]

VALUE_SCHEMA_ID = "__value_schema_id"
ID_MARK, GUID_MARK, SINGLE_OBJECT_MARK = b"\x00", b"\x01", b"\xc3\x01"
ID_BYTES, GUID_BYTES, SINGLE_OBJECT_BYTES = 5, 17, 10
BARE = b""
# What a value may begin like, and the least bytes that it must have then.
BEGINNINGS = (
    (ID_MARK, ID_BYTES, "begins like Confluent's framing"),
    (SINGLE_OBJECT_MARK, SINGLE_OBJECT_BYTES, "begins like single-object encoding"),
    (b"{", 0, "begins like JSON"),
    (b"[", 0, "begins like JSON"),
    (b"Obj\x01", 0, "is an Avro container file"),
)


class Framing(enum.StrEnum):
    """How the records of a topic name their schema."""

    AUTO = "auto"  # detected from the record: header, then single_object, confluent
    CONFLUENT = "confluent"
    HEADER = "header"
    SINGLE_OBJECT = "single_object"
    BARE = "bare"


HEADER_WANTED = f"no header `{VALUE_SCHEMA_ID}`"
ID_WANTED = "00 and an id of four bytes (Confluent)"
FINGERPRINT_WANTED = "C3 01 and a fingerprint of eight (single object)"
WANTED = {
    Framing.AUTO: f"{HEADER_WANTED}, no {ID_WANTED}, no {FINGERPRINT_WANTED}",
    Framing.CONFLUENT: f"the mapping's source wants {ID_WANTED}",
    Framing.HEADER: f"the mapping's source wants a header, and there is {HEADER_WANTED}",
    Framing.SINGLE_OBJECT: f"the mapping's source wants {FINGERPRINT_WANTED}",
}


def frame(
    value: bytes, headers: Sequence[Header], framing: Framing
) -> tuple[bytes, int]:
    """Return the key of the writer's schema, and where the event begins.

    Args:
        value: The record's value.
        headers: The record's headers.
        framing: What the mapping's source says.

    Returns:
        Key and position.

    Raises:
        BytesRefusedError: The record is not framed so.
    """
    if framing is Framing.AUTO or framing is Framing.HEADER:
        for name, content in headers:
            if name == VALUE_SCHEMA_ID:
                return header_key(content), 0
    if framing is Framing.BARE:
        return BARE, 0
    is_auto = framing is Framing.AUTO
    if is_auto or framing is Framing.CONFLUENT:
        key = value[:ID_BYTES]
        if key[:1] == ID_MARK and len(key) == ID_BYTES:
            return key, ID_BYTES
    if is_auto or framing is Framing.SINGLE_OBJECT:
        key = value[:SINGLE_OBJECT_BYTES]
        if key[:2] == SINGLE_OBJECT_MARK and len(key) == SINGLE_OBJECT_BYTES:
            return key, SINGLE_OBJECT_BYTES
    reason = Reason.NO_FRAMING if is_auto else Reason.WRONG_FRAMING
    raise BytesRefusedError(reason, unfit(value, framing))


def unfit(value: bytes, framing: Framing) -> str:
    """Return why `value`, or its record, is not framed so, without a byte of it."""
    found = "begins like no framing" if value else "is empty"
    for begin, size, text in BEGINNINGS:
        if value.startswith(begin):
            found = text
            if len(value) < size:
                found = f"has {len(value)} bytes, too few for what it begins like"
    return f"{WANTED[framing]}; the value {found}."


def header_key(content: bytes | None) -> bytes:
    """Return the key that a header holds.

    Raises:
        BytesRefusedError: It holds neither an id nor a GUID.
    """
    if content is not None:
        if content[:1] == ID_MARK and len(content) == ID_BYTES:
            return content
        if content[:1] == GUID_MARK and len(content) == GUID_BYTES:
            return content
    raise BytesRefusedError(Reason.BAD_HEADER)


def schema_id(key: bytes) -> SchemaId:
    """Return what `key`, which is not `BARE`, names."""
    if key[:1] == ID_MARK:
        return SchemaId(number=int.from_bytes(key[1:], "big"))
    if key[:1] == GUID_MARK:
        return SchemaId(guid=key[1:].hex())
    return SchemaId(fingerprint=int.from_bytes(key[2:], "little"))


def key_of(schema_id: SchemaId) -> bytes:
    """Return the key of `schema_id`: the inverse of the function of that name."""
    if schema_id.number is not None:
        return ID_MARK + schema_id.number.to_bytes(4, "big")
    if schema_id.guid is not None:
        return GUID_MARK + bytes.fromhex(schema_id.guid)
    return fingerprint_key(schema_id.fingerprint or 0)


def fingerprint_key(fingerprint: int) -> bytes:
    """Return the key of a single-object fingerprint."""
    return SINGLE_OBJECT_MARK + fingerprint.to_bytes(8, "little")
