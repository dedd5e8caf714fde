"""A dead letter read back: the record that it was, and what is said of it."""

from __future__ import annotations

import msgspec
import pytest

from consumer.letters.letter import Coordinates, opened
from tests.unit.letters.kit import PLACE, letter, origin, stored


def test_a_letter_is_read_back_as_it_was_written() -> None:
    """Coordinates, bytes and headers are the record's; what we said stands beside."""
    written = letter(replays=2, delivered=("0" * 16, "f" * 16))
    [record] = stored([written])
    found = opened(record)
    assert found is not None
    was = origin()
    assert found.coordinates == PLACE
    assert str(found.coordinates) == "loans:3:41"
    assert (found.origin.key, found.origin.value) == (was.key, was.value)
    assert found.origin.headers == was.headers
    assert (found.replays, found.group, found.mappings) == (2, "g", ("loans",))
    assert found.delivered == ("0" * 16, "f" * 16)
    assert found.first_failure == "1970-01-01T00:00:10.000Z"
    assert found.has_payload
    assert found.said["reason"] == "missing"


def test_a_publishers_headers_of_our_names_are_its_own() -> None:
    """They neither leave a profile out nor hide a payload, and come again as they were."""
    forged = (
        ("dead-letter-delivered", b"0123456789abcdef"),
        ("dead-letter-version", b"1"),
        ("dead-letter-payload-omitted", b"true"),
        ("dead-letter-marker", b"resolved"),
    )
    [record] = stored([letter(origin(headers=forged))])
    found = opened(record)
    assert found is not None
    assert (found.delivered, found.has_payload) == ((), True)
    assert found.origin.headers == forged


def test_a_payload_that_was_left_out_is_no_tombstone() -> None:
    """The letter says which of the two it is."""
    omitted, tombstone = stored([letter(max_bytes=1), letter(origin(value=None))])
    for record, has_payload in ((omitted, False), (tombstone, True)):
        found = opened(record)
        assert found is not None
        assert (found.origin.value, found.has_payload) == (None, has_payload)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("partition", b"three"),
        ("partition", b"-1"),
        ("partition", b"9" * 5000),
        ("offset", b""),
        ("offset", b"1_0"),
        ("offset", "٤".encode()),
        ("topic", b""),
        ("replays", b"-1"),
        ("replays", b"x"),
        ("timestamp", b"\xff"),
    ],
)
def test_headers_that_name_no_place_are_no_letter(name: str, value: bytes) -> None:
    """Somebody else's headers, or damaged ones, never become coordinates."""
    [record] = stored([letter()])
    headers = (*record.headers, (f"dead-letter-{name}", value))
    assert opened(msgspec.structs.replace(record, headers=headers)) is None


def test_a_record_without_our_headers_is_no_letter() -> None:
    """An ordinary record, and one that has the version alone, are none."""
    assert opened(origin()) is None
    assert opened(origin(headers=(("dead-letter-version", b"1"),))) is None


def test_a_record_without_a_timestamp_has_coordinates() -> None:
    """Kafka's -1 is kept."""
    place = Coordinates("loans", 0, 0, -1)
    [record] = stored([letter(origin(place))])
    found = opened(record)
    assert found is not None
    assert found.coordinates == place
