"""W3C trace context in headers."""

import random

import pytest

from consumer.telemetry.context import extract, formatted, parse_traceparent

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
GOOD = f"00-{TRACE}-{SPAN}-01".encode()


def test_a_context_is_read_and_written() -> None:
    """A well-formed header gives the publisher's context, and writes the same text."""
    found = extract((("other", b"x"), ("traceparent", GOOD)))
    assert found is not None
    assert (found.trace_id, found.span_id) == (int(TRACE, 16), int(SPAN, 16))
    assert found.is_remote
    assert found.trace_flags.sampled
    assert formatted(found) == GOOD.decode()


def test_the_last_header_counts() -> None:
    """Kafka's `lastHeader` convention: what was added last says who wrote last."""
    other = GOOD.replace(b"-01", b"-00")
    found = extract((("traceparent", GOOD), ("traceparent", other)))
    assert found is not None
    assert not found.trace_flags.sampled


def test_random_flag_is_no_harm() -> None:
    """Flags `03` (sampled, random trace id) are sampled."""
    found = parse_traceparent(GOOD.replace(b"-01", b"-03"))
    assert found is not None
    assert found.trace_flags.sampled
    assert formatted(found).endswith("-03")


def test_the_state_is_carried() -> None:
    """`tracestate` comes along when it is short ASCII, and is dropped otherwise."""
    found = extract((("traceparent", GOOD), ("tracestate", b"a=1,b=2")))
    assert found is not None
    assert dict(found.trace_state) == {"a": "1", "b": "2"}
    for bad in (b"\xff", b"a=1," * 200):
        dropped = extract((("traceparent", GOOD), ("tracestate", bad)))
        assert dropped is not None
        assert dict(dropped.trace_state) == {}


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\xff\xfe" * 30,
        GOOD[:-1],
        GOOD + b"-x",
        GOOD + b"0",
        GOOD.upper(),
        b"ff" + GOOD[2:],
        b"00-" + b"0" * 32 + GOOD[35:],
        GOOD[:36] + b"0" * 16 + b"-01",
        GOOD.replace(b"-", b"_"),
        GOOD + b"\n",
    ],
)
def test_a_malformed_header_is_no_trace(value: bytes) -> None:
    """What is not well formed is ignored, never an error."""
    assert extract((("traceparent", value),)) is None


def test_no_header_is_no_trace() -> None:
    """Without the header, or with a null one, there is no context."""
    assert extract(()) is None
    assert extract((("traceparent", None), ("tracestate", b"a=1"))) is None


def test_a_later_version_may_be_longer() -> None:
    """A version that is not known yet may go on after a hyphen."""
    assert parse_traceparent(b"01" + GOOD[2:] + b"-more") is not None


def test_any_bytes_are_harmless() -> None:
    """Random bytes never raise."""
    source = random.Random(1)  # noqa: S311 - a fixed seed is the point
    for _ in range(2000):
        value = bytearray(GOOD)
        for _ in range(source.randrange(4)):
            value[source.randrange(len(value))] = source.randrange(256)
        found = parse_traceparent(bytes(value), bytes(value))
        assert found is None or found.is_valid
