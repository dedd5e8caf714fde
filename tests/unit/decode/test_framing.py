"""Unit tests of `consumer/decode/framing.py`."""

from __future__ import annotations

import pytest

from consumer.decode.framing import Framing, frame, key_of, schema_id
from consumer.decode.reasons import BytesRefusedError
from consumer.model import Header, SchemaId

CONFLUENT = b"\x00\x00\x00\x01\x02body"
SINGLE = b"\xc3\x01" + bytes(range(8)) + b"body"
GUID = b"\x01" + bytes(range(16))
NAMED = "__value_schema_id"
AN_ID = "the mapping's source wants 00 and an id of four bytes (Confluent)"
A_PRINT = "the mapping's source wants C3 01 and a fingerprint of eight (single object)"
A_HEADER = f"the mapping's source wants a header, and there is no header `{NAMED}`"
NONE_OF_THEM = (
    f"no header `{NAMED}`, no 00 and an id of four bytes (Confluent), "
    "no C3 01 and a fingerprint of eight (single object)"
)


@pytest.mark.peer("schema_registry_converter PR 194")
@pytest.mark.parametrize(
    ("value", "headers", "framing", "expected"),
    [
        (CONFLUENT, (), "auto", (CONFLUENT[:5], 5)),
        (CONFLUENT, (), "confluent", (CONFLUENT[:5], 5)),
        (CONFLUENT, ((NAMED, GUID),), "confluent", (CONFLUENT[:5], 5)),
        (SINGLE, (), "auto", (SINGLE[:10], 10)),
        (SINGLE, (), "single_object", (SINGLE[:10], 10)),
        (b"body", ((NAMED, CONFLUENT[:5]),), "auto", (CONFLUENT[:5], 0)),
        (b"body", (("a", b""), (NAMED, GUID)), "header", (GUID, 0)),
        (b"body", (), "bare", (b"", 0)),
        (b"", (), "bare", (b"", 0)),
    ],
)
def test_a_framing_gives_the_key_and_where_the_event_begins(
    value: bytes,
    headers: tuple[Header, ...],
    framing: str,
    expected: tuple[bytes, int],
) -> None:
    """Each framing is found where it is, detected or said."""
    assert frame(value, headers, Framing(framing)) == expected


@pytest.mark.parametrize(
    ("value", "headers", "framing", "expected"),
    [
        (b"", (), "auto", "no_framing"),
        (b"{}", (), "auto", "no_framing"),
        (CONFLUENT[:4], (), "auto", "no_framing"),
        (SINGLE[:9], (), "auto", "no_framing"),
        (SINGLE, (), "confluent", "wrong_framing"),
        (CONFLUENT, (), "single_object", "wrong_framing"),
        (CONFLUENT, (), "header", "wrong_framing"),
        (b"", ((NAMED, None),), "auto", "bad_header"),
        (b"", ((NAMED, b""),), "auto", "bad_header"),
        (b"", ((NAMED, CONFLUENT),), "header", "bad_header"),
        (b"", ((NAMED, GUID[:-1]),), "header", "bad_header"),
        (b"", ((NAMED, b"\x02abcd"),), "header", "bad_header"),
    ],
)
def test_a_record_that_is_not_framed_so_is_refused(
    value: bytes, headers: tuple[Header, ...], framing: str, expected: str
) -> None:
    """The code says whether none fits or the named one does not."""
    with pytest.raises(BytesRefusedError) as caught:
        frame(value, headers, Framing(framing))
    assert caught.value.reason == expected


@pytest.mark.parametrize(
    ("value", "framing", "wanted", "found"),
    [
        (b'{"a": "s3cret"}', "auto", NONE_OF_THEM, "begins like JSON"),
        (b'["s3cret"]', "auto", NONE_OF_THEM, "begins like JSON"),
        (SINGLE, "confluent", AN_ID, "begins like single-object encoding"),
        (CONFLUENT, "single_object", A_PRINT, "begins like Confluent's framing"),
        (b"Obj\x01s3cret", "header", A_HEADER, "is an Avro container file"),
        (b"s3cret", "confluent", AN_ID, "begins like no framing"),
        (b"", "confluent", AN_ID, "is empty"),
        (
            b"\x00\x01",
            "confluent",
            AN_ID,
            "has 2 bytes, too few for what it begins like",
        ),
        (
            SINGLE[:9],
            "auto",
            NONE_OF_THEM,
            "has 9 bytes, too few for what it begins like",
        ),
    ],
)
def test_the_message_says_why_none_fits(
    value: bytes, framing: str, wanted: str, found: str
) -> None:
    """What was wanted and what the value looks like, and not a byte of it."""
    with pytest.raises(BytesRefusedError) as caught:
        frame(value, (("other", b"s3cret"),), Framing(framing))
    assert caught.value.message == f"{wanted}; the value {found}."


@pytest.mark.parametrize(
    "named",
    [
        SchemaId(number=0),
        SchemaId(number=2**32 - 1),
        SchemaId(guid="00" * 15 + "ff"),
        SchemaId(fingerprint=2**64 - 2),
    ],
)
def test_a_key_is_the_id_in_bytes(named: SchemaId) -> None:
    """Key and id say the same."""
    assert schema_id(key_of(named)) == named
