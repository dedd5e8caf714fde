"""Whether traces are exported, and which are sampled."""

import pytest
from opentelemetry.trace import SpanContext, TraceFlags

from consumer.errors import ConfigurationError
from consumer.telemetry.switch import Sampling, read_switch


def context(flags: int, trace_id: int = 1) -> SpanContext:
    return SpanContext(trace_id, 1, is_remote=True, trace_flags=TraceFlags(flags))


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, set()),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, {"otlp"}),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318"}, {"otlp"}),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, {"otlp"}),
        ({"OTEL_TRACES_EXPORTER": "console, otlp"}, {"otlp", "console"}),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "x"}, set()),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"}, set()),
    ],
)
def test_traces_are_off_unless_asked_for(
    environ: dict[str, str], expected: set[str]
) -> None:
    """Without an endpoint or a named exporter nothing is exported."""
    found = read_switch(environ, 0.5)
    assert found.exporters == expected
    assert found.is_on == bool(expected)


@pytest.mark.parametrize(
    ("name", "argument", "expected"),
    [
        ("", "", Sampling(follows_parent=True, ratio=0.25)),
        ("always_on", "", Sampling(follows_parent=False, ratio=1.0)),
        ("always_off", "", Sampling(follows_parent=False, ratio=0.0)),
        ("traceidratio", "0.1", Sampling(follows_parent=False, ratio=0.1)),
        ("parentbased_always_on", "", Sampling(follows_parent=True, ratio=1.0)),
        ("parentbased_always_off", "", Sampling(follows_parent=True, ratio=0.0)),
        ("parentbased_traceidratio", "0.5", Sampling(follows_parent=True, ratio=0.5)),
        ("parentbased_traceidratio", "", Sampling(follows_parent=True, ratio=1.0)),
    ],
)
def test_the_sampler_variable_wins(
    name: str, argument: str, expected: Sampling
) -> None:
    """`OTEL_TRACES_SAMPLER` stands over the setting."""
    environ = {"OTEL_TRACES_SAMPLER": name, "OTEL_TRACES_SAMPLER_ARG": argument}
    assert read_switch(environ, 0.25).sampling == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin", "must be one of otlp, console, none."),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "must be http/protobuf: no other"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc", "must be http/protobuf: no"),
        ("OTEL_TRACES_SAMPLER", "sometimes", "must be one of always_on, always_off,"),
        ("OTEL_TRACES_SAMPLER_ARG", "2", "must be a number from 0 to 1."),
        ("OTEL_TRACES_SAMPLER_ARG", "x", "must be a number from 0 to 1."),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str, expected: str) -> None:
    """A variable that says what cannot be done is a fault of the configuration."""
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318",
        "OTEL_TRACES_SAMPLER": "traceidratio",
        name: value,
    }
    with pytest.raises(ConfigurationError) as caught:
        read_switch(environ, 0.5)
    assert caught.value.faults[0].message.startswith(f"`{name}` {expected}")


def test_a_wrong_variable_is_no_harm_when_traces_are_off() -> None:
    """What is not used need not be right."""
    assert not read_switch({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, 0.5).is_on


def test_the_publisher_decides() -> None:
    """A parent-based sampling follows the flag, whatever the ratio."""
    sampling = Sampling(follows_parent=True, ratio=0.0)
    assert sampling.decide(context(1), 0.9)
    assert sampling.decide(context(3), 0.9)
    assert not Sampling(follows_parent=True, ratio=1.0).decide(context(2), 0.0)


def test_the_ratio_decides_for_the_others() -> None:
    """Without a publisher's trace, chance decides; `traceidratio` looks at the id."""
    sampling = Sampling(follows_parent=False, ratio=0.5)
    assert sampling.decide(None, 0.49)
    assert not sampling.decide(None, 0.5)
    assert sampling.decide(context(0, (1 << 63) - 1), 0.9)
    assert not sampling.decide(context(1, 1 << 63), 0.1)
    assert not Sampling(follows_parent=True, ratio=0.0).decide(None, 0.0)
