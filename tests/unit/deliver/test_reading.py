"""Bodies of answers: tolerant of form, strict about the verdict, bounded."""

from __future__ import annotations

import pytest

from consumer.deliver.reading import LOOKED_AT_BYTES, Reading, read

SAMPLE = (
    b"<response><success>true</success><pcId></pcId>"
    b"<message>Request successfully submitted</message></response>"
)


PREFIXED = (
    b'<?xml version="1.0"?>\n<ns:response xmlns:ns="x"><ns:success a="b"> True '
    b"</ns:success><more/></ns:response>"
)
ESCAPED = b"<r><success>false</success><message>A &amp; B</message></r>"
CDATA = b"<r><success>false</success><message><![CDATA[no id]]></message></r>"
COMMENTED = b"<r><!-- <success>true</success> --><success>false</success></r>"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (SAMPLE, "Request successfully submitted"),
        (b"trueRequest successfully submitted", "Request successfully submitted"),
        (b"  \r\nTRUE", ""),
        (b"\xef\xbb\xbf<response><success>true</success></response>", ""),
        (PREFIXED, ""),
    ],
)
def test_true(body: bytes, said: str) -> None:
    """Target's `true` is found in all its spellings."""
    assert read(body) == Reading(success=True, message=said)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"falseInvalid parameter", "Invalid parameter"),
        (ESCAPED, "A & B"),
        (CDATA, "no id"),
        (COMMENTED, ""),
    ],
)
def test_false(body: bytes, said: str) -> None:
    """Target's `false` is found, with the words beside it."""
    assert read(body) == Reading(success=False, message=said)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<response><!-- <success>true</success>", ""),
        (b"<response><success>maybe</success></response>", ""),
        (b"<response><success/></response>", ""),
        (b"<response><pcId>1</pcId></response>", ""),
        (b"<!DOCTYPE html><p><success>true</success>", ""),
        (b"<HTML><success>true</success>", ""),
        (b"", ""),
        (b'{"success": true}', '{"success": true}'),
        (b"\xff\xfe\x00", "\ufffd\ufffd\x00"),
    ],
)
def test_no_verdict(body: bytes, said: str) -> None:
    """Nothing else is taken for Target's word."""
    assert read(body) == Reading(success=None, message=said)


def test_a_verdict_beyond_the_bound_is_not_looked_for() -> None:
    """Only the beginning of a body is read."""
    assert read(b"<a>" + b" " * LOOKED_AT_BYTES + SAMPLE).success is None


@pytest.mark.parametrize(
    "hostile",
    [b"<!--" * 20_000, b"<success>" * 9_000, b"<message>" * 9_000, b"<" * 65_000],
)
def test_hostile_bodies_say_nothing(hostile: bytes) -> None:
    """Patterns that would make a careless reader backtrack end at once."""
    assert read(hostile).success is None
