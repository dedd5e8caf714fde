"""The spans, as a collector gets them."""

from collections.abc import Callable, Iterator

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from consumer.model import (
    DELIVERED,
    UNSENT,
    Answer,
    End,
    Failure,
    Fault,
    FaultKind,
    Outcome,
    OutcomeKind,
    Record,
    Settlement,
    SkipReason,
    Stage,
    TopicPartition,
)
from consumer.telemetry.provider import Export
from consumer.telemetry.spans import Peer
from consumer.telemetry.switch import Sampling, read_switch
from consumer.telemetry.tracing import OFF, Tracing
from tests.unit.telemetry.collector import Collected, attributes, collector

SAMPLED = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NOT_SAMPLED = SAMPLED[:-1] + b"0"
PEER = Peer(address="acme.test", port=443, url="https://acme.test/m2/acme/x")
Traced = Callable[..., Tracing]


def record(traceparent: bytes | None = SAMPLED, value: bytes | None = b"v") -> Record:
    headers = () if traceparent is None else (("traceparent", traceparent),)
    return Record(
        source=TopicPartition("crm.loan", 3),
        offset=42,
        timestamp_ms=0,
        key=b"canary-key",
        value=value,
        headers=headers,
        epoch=1,
        size_bytes=2,
    )


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collected]:
    """Return a collector that this process exports to."""
    with collector() as found:
        url = f"http://127.0.0.1:{found.port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
        yield found


def exported() -> tuple[Export, Callable[..., Tracing]]:
    switch = read_switch({"OTEL_TRACES_EXPORTER": "otlp"}, 1.0)
    export = Export.begin(switch, {}, "1.2.3")

    def tracing(*, is_child: bool = True, ratio: float = 0.0) -> Tracing:
        return Tracing(
            tracer=export.tracer,
            sampling=Sampling(follows_parent=True, ratio=ratio),
            is_child=is_child,
            group="g",
            peer=PEER,
            random=lambda: 0.5,
        )

    return export, tracing


def delivered(of: Record) -> Settlement:
    return Settlement(record=of, end=End.DELIVERED, mappings=("loan-funded",))


@pytest.mark.peer("OpenTelemetry Java #14166", "Redpanda Connect #1415")
def test_a_record_and_its_calls(collected: Collected) -> None:
    """A record's span continues the publisher's trace; each attempt is its child."""
    export, tracing = exported()
    one = record()
    span = tracing().begin(one)
    assert span is not None
    retry = Outcome(kind=OutcomeKind.RETRY, reason="http_503")
    for number, (status, outcome) in enumerate([(503, retry), (200, DELIVERED)], 1):
        call = tracing().attempt(
            [span], method="POST", number=number, queue_wait_seconds=0.25
        )
        assert call is not None
        call.end(Answer(status=status), outcome)
    span.end(delivered(one), mapping_set="abc")
    assert export.end()
    spans = collected.spans
    process, post = spans["process crm.loan"], spans["POST"]
    assert process.kind == Span.SpanKind.SPAN_KIND_CONSUMER
    assert process.trace_id.hex() == SAMPLED.decode().split("-")[1]
    assert process.parent_span_id.hex() == SAMPLED.decode().split("-")[2]
    assert [link.span_id for link in process.links] == [process.parent_span_id]
    assert process.status.code == Status.STATUS_CODE_UNSET
    assert attributes(process) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "crm.loan",
        "messaging.destination.partition.id": "3",
        "messaging.consumer.group.name": "g",
        "messaging.kafka.offset": 42,
        "target_consumer.outcome": "delivered",
        "target_consumer.attempts": 2,
        "target_consumer.queue_wait_seconds": 0.5,
        "target_consumer.mappings": attributes(process)["target_consumer.mappings"],
        "target_consumer.mapping_set": "abc",
    }
    assert post.kind == Span.SpanKind.SPAN_KIND_CLIENT
    assert post.parent_span_id == process.span_id
    assert attributes(post) == {
        "http.request.method": "POST",
        "http.request.resend_count": 1,
        "http.response.status_code": 200,
        "server.address": "acme.test",
        "server.port": 443,
        "url.full": "https://acme.test/m2/acme/x",
        "target_consumer.queue_wait_seconds": 0.25,
        "target_consumer.outcome": "delivered",
    }
    assert collected.paths == ["/v1/traces"]
    scope = collected.requests[0].resource_spans[0].scope_spans[0]
    assert scope.schema_url == "https://opentelemetry.io/schemas/1.44.0"


def test_who_we_are(collected: Collected) -> None:
    """The resource names the service, its version and instance, and what was added."""
    export, tracing = exported()
    span = tracing().begin(record())
    assert span is not None
    span.release()
    assert export.end()
    pairs = collected.requests[0].resource_spans[0].resource.attributes
    found = {pair.key: pair.value.string_value for pair in pairs}
    assert found["service.name"] == "target-profile-consumer"
    assert found["service.version"] == "1.2.3"
    assert found["deployment.environment"] == "test"
    assert found["service.instance.id"] != ""


@pytest.mark.parametrize(
    ("answer", "outcome", "expected"),
    [
        (Answer(status=503), Outcome(kind=OutcomeKind.RETRY, reason="http_503"), "503"),
        (Answer(status=200), Outcome(kind=OutcomeKind.REJECTED, reason="no"), "no"),
        (
            Fault(kind=FaultKind.TIMEOUT),
            Outcome(kind=OutcomeKind.RETRY, reason="timeout"),
            "timeout",
        ),
        (Answer(status=200), DELIVERED, None),
        (Fault(kind=FaultKind.LEASE), UNSENT, None),
    ],
)
def test_a_call_that_failed(
    collected: Collected, answer: Answer | Fault, outcome: Outcome, expected: str | None
) -> None:
    """A failed call is an error with a low-cardinality type and no description."""
    export, tracing = exported()
    span = tracing().begin(record())
    call = tracing().attempt([span], method="GET", number=1, queue_wait_seconds=0)
    assert call is not None
    call.end(answer, outcome)
    assert export.end()
    found = collected.spans["GET"]
    assert attributes(found).get("error.type") == expected
    assert found.status.message == ""
    is_error = found.status.code == Status.STATUS_CODE_ERROR
    assert is_error == (expected is not None)


def test_a_record_given_up(collected: Collected) -> None:
    """A dead letter's span is the record's child, and its context goes into it."""
    export, tracing = exported()
    one = record(value=None)
    span = tracing().begin(one)
    assert span is not None
    letter = span.letter("g.crm.loan.dead-letters")
    traceparent = letter.traceparent
    letter.end()
    failure = Failure(stage=Stage.DECODE, code="truncated", message="canary-message")
    span.end(Settlement(record=one, end=End.DEAD_LETTERED, failure=failure))
    assert export.end()
    process = collected.spans["process crm.loan"]
    send = collected.spans["send g.crm.loan.dead-letters"]
    assert send.kind == Span.SpanKind.SPAN_KIND_PRODUCER
    assert send.parent_span_id == process.span_id
    expected = f"00-{send.trace_id.hex()}-{send.span_id.hex()}-01"
    assert traceparent == expected
    assert attributes(process)["error.type"] == "truncated"
    assert attributes(process)["messaging.kafka.message.tombstone"] is True
    assert process.status.code == Status.STATUS_CODE_ERROR
    assert not [body for body in collected.bodies if b"canary" in body]


def test_a_letter_that_failed(collected: Collected) -> None:
    """A letter that was not confirmed is an error of its own span."""
    export, tracing = exported()
    span = tracing().begin(record())
    assert span is not None
    span.letter("dead").end("broker_down")
    span.end(
        Settlement(record=record(), end=End.SKIPPED, skipped=SkipReason.NO_PROFILE)
    )
    assert export.end()
    assert attributes(collected.spans["send dead"])["error.type"] == "broker_down"
    process = attributes(collected.spans["process crm.loan"])
    assert process["target_consumer.reason"] == "no_profile"


@pytest.mark.peer("remoulade PR 410")
def test_a_link_only(collected: Collected) -> None:
    """With `link`, the span is a root that links, and follows the publisher's flag."""
    export, tracing = exported()
    linked = tracing(is_child=False)
    assert linked.begin(record(NOT_SAMPLED)) is None
    span = linked.begin(record())
    assert span is not None
    span.release()
    assert export.end()
    found = collected.spans["process crm.loan"]
    assert found.parent_span_id == b""
    assert found.trace_id.hex() != SAMPLED.decode().split("-")[1]
    assert [link.trace_id.hex() for link in found.links] == [
        SAMPLED.decode().split("-")[1]
    ]


@pytest.mark.peer(
    "OpenTelemetry Java #3529",
    "dd-trace-py #17980",
    "OpenTelemetry Python PR 1678",
    "Redpanda Connect #2690",
)
def test_a_merged_call(collected: Collected) -> None:
    """A call of several records is the newest one's child and links to the others."""
    export, tracing = exported()
    older, newer = tracing().begin(record()), tracing(ratio=1.0).begin(record(None))
    assert older is not None
    assert newer is not None
    call = tracing().attempt(
        [older, None, newer], method="POST", number=1, queue_wait_seconds=1, probe=True
    )
    assert call is not None
    call.cancel()
    assert export.end()
    found = collected.spans["POST"]
    assert found.parent_span_id.hex() == f"{newer.context.span_id:016x}"
    assert [link.span_id.hex() for link in found.links] == [
        f"{older.context.span_id:016x}"
    ]
    assert attributes(found)["target_consumer.items"] == 2
    assert attributes(found)["target_consumer.probe"] is True
    assert (older.attempts, newer.attempts) == (1, 1)


def test_an_unsampled_record_makes_nothing(collected: Collected) -> None:
    """Neither a record that is not sampled nor its calls reach the collector."""
    export, tracing = exported()
    assert tracing().begin(record(NOT_SAMPLED)) is None
    assert tracing(ratio=0.5).begin(record(None)) is None
    assert (
        tracing().attempt([None], method="POST", number=1, queue_wait_seconds=0) is None
    )
    assert export.end()
    assert collected.bodies == []


def test_off_is_off() -> None:
    """Without a tracer nothing begins."""
    assert not OFF.enabled
    assert OFF.begin(record()) is None
    assert OFF.attempt([], method="POST", number=1, queue_wait_seconds=0) is None


def test_a_dead_collector_does_not_hold_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The end gives up after its time when nobody answers."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    export, tracing = exported()
    span = tracing().begin(record())
    assert span is not None
    span.release()
    assert export.end(cap_seconds=0.05) is False
    export.provider.shutdown()
